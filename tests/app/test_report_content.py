"""What the report says of a run: its own threshold, its own day, the sources it really had."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.errors import ConflictError
from app.persistence.models import Commune, Departement, GridCell, ImportBatch, Run
from app.report.content import ReportContent
from app.report.render import render_pdf
from app.services.compute import compute
from app.services.report import build_content
from app.settings import Settings
from data.store import Store
from tests.app import grid_world

TOTAL, UNKNOWN = 739, 612  # the cell in the north and the commune without a cell have no road within reach


@pytest.fixture
def world(session: Session, tmp_path: Path) -> Session:
    grid_world.load_grid_world(session, Store(tmp_path))
    return session


def report(session: Session, tmp_path: Path, year: int | None = None) -> ReportContent:
    """Computed, then written for the year of the run or another."""
    run = session.get_one(Run, compute(session, Store(tmp_path), "00").run_id)
    return build_content(session, Settings(store=tmp_path), "00", run.created_at.year if year is None else year)


def words(content: ReportContent) -> str:
    return json.dumps(dataclasses.asdict(content), ensure_ascii=False, default=str)


def test_every_figure_is_counted_at_the_threshold_that_is_printed(
    world: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run kept from another threshold: in strictly less than 600 s, cells 0, 3, 4 and 5; not 1, 2 and 6."""
    monkeypatch.setattr("app.services.compute.THRESHOLD_S", 600)
    content = report(world, tmp_path)
    assert content.threshold_min == 10
    head = content.headline
    assert (head.total, head.covered, head.uncovered, head.unknown) == (TOTAL, 1 + 8 + 16 + 32, 2 + 4 + 64, UNKNOWN)
    assert sum(point.people for point in content.map.points if point.kind == "uncovered") == head.uncovered
    assert sum(line.uncovered for line in content.uncovered_communes) == head.uncovered
    assert sum(zone.uncovered for zone in content.epcis) == head.uncovered
    assert "moins de 10 minutes" in content.verdict
    assert "30" not in next(line.text for line in content.method if line.term == "Question posée")
    assert render_pdf(content).startswith(b"%PDF-")


@pytest.mark.parametrize("is_fictional", [True, False])
def test_without_a_grid_none_is_cited(world: Session, tmp_path: Path, is_fictional: bool) -> None:
    world.execute(delete(GridCell))
    world.execute(update(Departement).values(is_fictional=is_fictional))
    content = report(world, tmp_path)
    assert content.individuals_total == 0
    assert "chaque commune est comptée en un seul point" in content.population_source_note
    assert "Aucune grille de population n'est chargée" in content.population_source_note
    for said in ("Filosofi", "Grille", "()", "carreau", "0 individus"):
        assert said not in words(content).replace("sans carreau habité", "")
    assert len(content.sources) == 3
    assert all(zone.is_flagged for zone in content.communes)


def test_with_a_grid_both_files_keep_their_own_millesime(world: Session, tmp_path: Path) -> None:
    world.execute(update(Departement).values(is_fictional=False))
    content = report(world, tmp_path)
    assert content.population_label == "population municipale (2026)"
    assert "grid.made, millésime 2019" in content.individuals_label
    assert "grid.made, millésime 2019" in content.population_source_note
    vintages = {line.name: line.vintage for line in content.sources}
    assert vintages["Données carroyées Filosofi"] == "grid.made, millésime 2019"
    assert vintages["Limites administratives Admin Express COG"] == "communes.made, millésime 2026"


@pytest.mark.parametrize(("later", "is_said"), [(-2, True), (-1, False), (0, False), (1, True)])
def test_figures_of_another_year_are_said_to_be(world: Session, tmp_path: Path, later: int, is_said: bool) -> None:
    """The report of a year is written within it or within the next one."""
    year = report(world, tmp_path).run_created_at.year + later
    content = report(world, tmp_path, year)
    if not is_said:
        assert content.alert is None
        assert not any("pas de l'année" in warning for warning in content.warnings)
        return
    assert content.alert is not None
    assert content.alert.startswith("Les chiffres sont ceux du calcul du ")
    assert content.alert.endswith(f", pas de l'année {year}.")
    assert content.warnings[0] == content.alert


def test_figures_that_do_not_add_up_are_a_conflict_and_say_what_to_do(world: Session, tmp_path: Path) -> None:
    """A commune imported after the run is on the map, and in no table of the run."""
    report(world, tmp_path)
    alpha = world.get_one(Commune, "00001")
    batch = ImportBatch(kind="communes", file_name="plus-tard.geojson", sha256="later", millesime="2027", report={})
    world.add(batch)
    world.flush()
    columns: dict[str, Any] = {"nom": "Delta", "departement_code": "00", "geometry": alpha.geometry}
    world.add(Commune(code_insee="00004", population_municipale=1, batch_id=batch.id, **columns))
    world.flush()
    with pytest.raises(ConflictError) as refused:
        report_again = world.scalars(select(Run)).one()
        build_content(world, Settings(store=tmp_path), "00", report_again.created_at.year)
    said = refused.value.detail
    assert "la carte et le tableau diffèrent pour 00004 Delta" in said
    assert "les communes" in said and "accueil30 compute 00" in said


def test_what_changed_since_the_run_is_named(world: Session, tmp_path: Path) -> None:
    before = report(world, tmp_path)
    assert not any("ont changé" in warning for warning in before.warnings)
    batch = ImportBatch(kind="grid", file_name="autre.csv", sha256="other", millesime="2021", report={})
    world.add(batch)
    world.flush()
    world.execute(update(GridCell).values(batch_id=batch.id))
    run = world.scalars(select(Run)).one()
    after = build_content(world, Settings(store=tmp_path), "00", run.created_at.year)
    assert "Depuis ce calcul ont changé : les carreaux de population." in after.warnings[-1]
