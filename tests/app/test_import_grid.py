"""A newer grid replaces an older one where it covers a commune, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.persistence.models import GridCell
from app.services.import_boundaries import import_communes
from app.services.import_grid import import_grid
from data.store import Store
from tests.app import grid_world
from tests.app.grid_world import cell_id, report


def cells_of(session: Session, code: str) -> set[str]:
    return set(session.scalars(select(GridCell.cell_id).where(GridCell.code_insee == code)))


def grid(*numbers: int, people: float = 10.0) -> pd.DataFrame:
    table = grid_world.cells()
    table = table[table["cell_id"].isin([cell_id(number) for number in numbers])].copy()
    table["individuals"] = people
    return table


def test_cells_an_earlier_file_had_go_where_the_new_file_covers_the_commune(session: Session, tmp_path: Path) -> None:
    grid_world.load_grid_world(session, Store(tmp_path))
    assert cells_of(session, "00001") == {cell_id(n) for n in (0, 1, 2, 3)}
    outcome = import_grid(session, grid(0, 1, 2), report("grid", 3, "newer"), millesime="2021")
    assert cells_of(session, "00001") == {cell_id(n) for n in (0, 1, 2)}, "cell 3 is empty in the newer file"
    assert outcome.counts["carreaux d'un fichier antérieur retirés"] == 1
    assert cells_of(session, "00002") == {cell_id(n) for n in (4, 5, 6, 9)}, "the newer file says nothing of Bêta"


def test_a_file_cut_at_a_border_leaves_the_neighbours_cells(session: Session, tmp_path: Path) -> None:
    grid_world.load_grid_world(session, Store(tmp_path))
    import_grid(session, grid(0, 1, 2, 3, 4), report("grid", 5, "cut"), millesime="2021")
    assert cells_of(session, "00002") == {cell_id(n) for n in (4, 5, 6, 9)}, "one cell of four does not cover Bêta"


def test_the_same_file_again_changes_nothing(session: Session, tmp_path: Path) -> None:
    grid_world.load_grid_world(session, Store(tmp_path))
    outcome = import_grid(session, grid_world.cells(), report("grid", len(grid_world.PEOPLE)), millesime="2019")
    assert outcome.was_already_done


def test_cells_wait_for_their_commune_whatever_the_order_of_imports(session: Session) -> None:
    import_grid(session, grid_world.cells(), report("grid", len(grid_world.PEOPLE)), millesime="2019")
    assert cells_of(session, "00001") == set()
    import_communes(session, grid_world.communes(), report("communes", 3), millesime="2026")
    assert cells_of(session, "00001") == {cell_id(n) for n in (0, 1, 2, 3)}
