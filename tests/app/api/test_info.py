"""What stands beside figures: sums of a grid to the tenth, and no source that was not used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.api.info import run_info
from app.api.schemas_coverage import coverage_out
from app.persistence.models import Departement, GridCell
from app.services.compute import compute
from app.services.coverage import Coverage, get_coverage
from data.store import Store
from tests.app import grid_world


def coverage(session: Session, folder: Path, *, with_grid: bool) -> Coverage:
    grid_world.load_grid_world(session, Store(folder))
    session.execute(update(Departement).values(is_fictional=False))
    if not with_grid:
        session.execute(delete(GridCell))
    compute(session, Store(folder), "00")
    return get_coverage(session, "00")


@pytest.mark.parametrize("with_grid", [True, False])
def test_a_grid_is_cited_where_it_was_used_and_nowhere_else(session: Session, tmp_path: Path, with_grid: bool) -> None:
    info = run_info(coverage(session, tmp_path, with_grid=with_grid).run, 1800)
    assert any("Filosofi" in item.attribution for item in info.attributions) is with_grid
    assert any("OpenStreetMap" in item.attribution for item in info.attributions)
    assert info.population is not None
    assert info.population.source == "communes.made"
    assert info.population.grid.source == ("grid.made" if with_grid else None)
    assert info.population.grid.millesime == ("2019" if with_grid else None)


def test_individuals_of_the_grid_are_shown_to_the_tenth(session: Session, tmp_path: Path) -> None:
    """Sums of tenths come back with the dust of binary fractions: 0.1 + 0.2 is 0.30000000000000004."""
    found = coverage(session, tmp_path, with_grid=True)
    dusty = replace(found.departement, individuals_total=1000.1 + 0.2, individuals_covered=0.1 + 0.2)
    shown = coverage_out(replace(found, departement=dusty)).filosofi.model_dump_json()
    assert '"individuals_total":1000.3,"individuals_covered":0.3,' in shown
