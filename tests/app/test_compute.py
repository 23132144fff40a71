"""A run on the row of cells of ``grid_world``: every figure is known before it is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.domain.coverage import SCOPES
from app.errors import NotFoundError, NotReadyError
from app.persistence.models import Commune, PublishedRun, Road, Run, RunCell, RunZone, Site
from app.persistence.run_repository import read_zones
from app.services.compute import compute
from app.services.coverage import get_centres, get_coverage, get_zones
from app.services.gaps import get_gaps
from app.services.import_boundaries import import_communes, import_epcis
from app.services.import_grid import import_grid
from app.services.import_roads import import_roads
from data.store import Store
from tests.app import grid_world


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def world(session: Session, store: Store) -> Iterator[Session]:
    grid_world.load_grid_world(session, store)
    yield session


def times(session: Session, part: str) -> dict[str, float | None]:
    rows = session.execute(select(RunCell.cell_id, getattr(RunCell, f"{part}_s")))
    return {row[0]: row[1] for row in rows}


def people(session: Session, code: str, scope: str) -> tuple[int, int, int, int]:
    row = session.scalars(select(RunZone).where(RunZone.code == code, RunZone.scope == scope)).one()
    return row.people_total, row.people_covered, row.people_uncovered, row.people_unknown


def test_times_of_the_row_are_those_worked_out_by_hand(world: Session, store: Store) -> None:
    compute(world, store, "00")
    found = times(world, "own_fixed")
    assert {cell: found[grid_world.cell_id(cell)] for cell in grid_world.TIME_S} == grid_world.TIME_S


def test_a_cell_without_a_road_is_unknown_and_a_part_without_a_route_is_infinite(world: Session, store: Store) -> None:
    compute(world, store, "00")
    assert times(world, "own_fixed")[grid_world.cell_id(9)] is None
    assert times(world, "neighbour_mobile")[grid_world.cell_id(0)] == float("inf")


def test_strictly_less_than_the_threshold(world: Session, store: Store) -> None:
    """1,799.9 s is covered; 1,800.0 s and 1,800.1 s are not."""
    compute(world, store, "00")
    assert people(world, "00001", "own_fixed") == (15, 15, 0, 0)
    assert people(world, "00002", "own_fixed") == (624, 0, 16 + 32 + 64, 512)


def test_neighbours_and_buses_each_have_their_scope(world: Session, store: Store) -> None:
    compute(world, store, "00")
    # From the neighbour's site: cell 6 is 600 s away, cell 5 1799.9 s, cell 4 1800.0 s.
    assert people(world, "00002", "all_fixed") == (624, 32 + 64, 16, 512)
    # The bus stands on cell 4: cells 4, 5 and 6 are 0, 0.1 and 1,200 s away, cell 3 0.1 s.
    assert people(world, "00002", "own") == (624, 16 + 32 + 64, 0, 512)
    assert people(world, "00002", "all") == (624, 16 + 32 + 64, 0, 512)


def test_a_commune_without_a_cell_is_one_flagged_point(world: Session, store: Store) -> None:
    compute(world, store, "00")
    zone = next(z for z in get_zones(world, "00", "commune")[1] if z.code == "00003")
    assert (zone.total, zone.has_point_cell) == (100, True)
    cell = world.scalars(select(RunCell).where(RunCell.code_insee == "00003")).one()
    assert (cell.cell_id, cell.cell_size_m, cell.people) == ("commune:00003", 0, 100)
    assert cell.own_fixed_s is None, "no junction in the commune: a point of its outline, too far from the row"


def test_every_level_adds_up_in_whole_people(world: Session, store: Store) -> None:
    outcome = compute(world, store, "00")
    for scope in SCOPES:
        sums = {
            level: [
                sum(getattr(zone, name) for zone in read_zones(world, outcome.run_id, level, scope))
                for name in ("total", "covered", "uncovered", "unknown")
            ]
            for level in ("commune", "epci", "departement")
        }
        assert sums["commune"] == sums["epci"] == sums["departement"]
        assert sums["departement"][0] == sum(grid_world.POPULATION.values())


def test_going_to_the_site_respects_one_ways(session: Session, store: Store) -> None:
    """The road from cell 1 down to cell 0 is closed: people go round by the road of 900 s."""
    grid_world.load_grid_world(session, store, one_way=True)
    compute(session, store, "00")
    assert times(session, "own_fixed")[grid_world.cell_id(1)] == 900.0


def test_the_same_question_is_not_computed_twice_and_force_gives_the_same_result(world: Session, store: Store) -> None:
    first = compute(world, store, "00")
    again = compute(world, store, "00")
    assert (again.run_id, again.was_already_done) == (first.run_id, True)
    forced = compute(world, store, "00", force=True)
    assert forced.run_id != first.run_id
    hashes = set(world.scalars(select(Run.result_sha256)))
    assert len(hashes) == 1


def test_a_changed_register_makes_the_published_run_stale_then_a_new_one(world: Session, store: Store) -> None:
    first = compute(world, store, "00")
    assert not get_coverage(world, "00").run.is_stale
    world.execute(update(Site).where(Site.source_id == "west").values(status="closed"))
    assert get_coverage(world, "00").run.is_stale
    second = compute(world, store, "00")
    assert second.run_id != first.run_id
    assert world.scalars(select(PublishedRun.run_id)).one() == second.run_id
    assert world.scalar(select(func.count()).select_from(RunCell).where(RunCell.run_id == first.run_id)), (
        "a run is immutable"
    )


def test_another_threshold_is_counted_from_the_stored_times(world: Session, store: Store) -> None:
    compute(world, store, "00")
    found = get_coverage(world, "00", threshold_s=1201, scope="own_fixed").departement
    assert found.covered == 1 + 2 + 4
    at_thirty = get_coverage(world, "00", threshold_s=1800, scope="own_fixed").departement
    assert found.total == at_thirty.total == found.covered + found.uncovered + found.unknown


def test_gaps_hold_exactly_the_uncovered(world: Session, store: Store) -> None:
    compute(world, store, "00")
    _, gaps = get_gaps(world, "00", scope="own_fixed")
    uncovered = get_coverage(world, "00", scope="own_fixed").departement.uncovered
    assert sum(gap.people for gap in gaps) == uncovered
    row = next(gap for gap in gaps if any(c.code_insee == "00002" for c in gap.communes))
    assert (row.cells, row.people, row.worst_s) == (3, 16 + 32 + 64, 3000.0)
    assert row.missing_s == pytest.approx(0.1), "cell 4 is at the threshold itself"
    assert row.nearest_site is not None
    assert row.nearest_site[1] == "Lieu west"


def test_people_are_those_of_the_commune_even_when_the_grid_counts_fewer(world: Session, store: Store) -> None:
    world.execute(update(Commune).where(Commune.code_insee == "00001").values(population_municipale=20))
    compute(world, store, "00")
    cells = world.execute(select(RunCell.people, RunCell.individuals).where(RunCell.code_insee == "00001")).all()
    assert sum(row.people for row in cells) == 20
    assert sum(row.individuals for row in cells) == 15.0


def test_what_is_missing_is_said(session: Session, store: Store) -> None:
    with pytest.raises(NotReadyError, match="Aucun réseau routier"):
        compute(session, store, "00")
    grid_world.load_grid_world(session, store)
    with pytest.raises(NotFoundError, match="Aucun calcul publié"):
        get_coverage(session, "00")
    with pytest.raises(NotFoundError, match="Départements chargés : 00"):
        get_coverage(session, "2A")
    session.execute(update(Site).values(status="closed"))
    with pytest.raises(NotReadyError, match="Aucun lieu d'accueil"):
        compute(session, store, "00")


def test_communes_without_population_are_named(world: Session, store: Store) -> None:
    world.execute(update(Commune).where(Commune.code_insee == "00002").values(population_municipale=None))
    with pytest.raises(NotReadyError, match="Bêta"):
        compute(world, store, "00")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE run SET threshold_s = 2700",
        "UPDATE run_zone SET people_covered = people_total, people_uncovered = 0, people_unknown = 0",
        "UPDATE run_cell SET own_fixed_s = 0",
        "UPDATE run_site SET name = 'autre'",
    ],
)
def test_the_database_refuses_to_change_a_run(world: Session, store: Store, statement: str) -> None:
    compute(world, store, "00")
    with pytest.raises(DBAPIError, match="un calcul ne change pas"), world.begin_nested():
        world.execute(text(statement))


def test_the_same_files_in_another_database_give_the_same_hashes(session: Session, store: Store) -> None:
    """Sites get other identifiers and come in another order; nothing of the result depends on it."""
    found = []
    for order in ((0, 1, 2), (2, 1, 0)):
        with session.begin_nested() as attempt:
            grid_world.load_grid_world(session, store, site_order=order)
            run = session.get_one(Run, compute(session, store, "00").run_id)
            found.append((run.inputs_sha256, run.result_sha256))
            attempt.rollback()
    assert found[0] == found[1]


def changed_after(session: Session, store: Store, change: Callable[[], object]) -> tuple[str, ...]:
    first = compute(session, store, "00")
    change()
    changed = get_coverage(session, "00").run.changed
    assert compute(session, store, "00").run_id != first.run_id, "another question: another run"
    assert get_coverage(session, "00").run.changed == ()
    return changed


def test_an_out_of_date_run_names_what_has_changed(world: Session, store: Store) -> None:
    communes = grid_world.communes()
    communes.loc[0, "population_municipale"] = 30

    def other_populations() -> None:
        import_communes(world, communes, grid_world.report("communes", 3, "later"), millesime="2027")

    def other_names() -> None:
        epci = grid_world.epcis()
        epci.loc[0, "nom"] = "Autre nom"
        import_epcis(world, epci, grid_world.report("epci", 1, "later"), millesime="2027")

    def other_carrier() -> None:
        world.execute(update(Site).where(Site.source_id == "west").values(carrier="ccas"))

    def other_roads() -> None:
        made = grid_world.graph(one_way=True)
        import_roads(world, store, made, grid_world.report("roads", 9, made.meta.source_sha256))

    assert changed_after(world, store, other_populations) == ("les communes",)
    assert changed_after(world, store, other_names) == ("les EPCI",)
    assert changed_after(world, store, other_carrier) == ("les lieux d'accueil",)
    assert changed_after(world, store, other_roads) == ("le réseau routier",)


def test_going_back_to_earlier_roads_finds_them_drawn(world: Session, store: Store) -> None:
    first = compute(world, store, "00")
    for one_way in (True, False):
        made = grid_world.graph(one_way=one_way)
        import_roads(world, store, made, grid_world.report("roads", 9, made.meta.source_sha256))
    again = compute(world, store, "00")
    assert again.run_id == first.run_id
    network_id = world.get_one(Run, again.run_id).road_network_id
    assert world.scalar(select(func.count()).select_from(Road).where(Road.network_id == network_id)) == 9


def test_scraps_of_a_finer_grid_do_not_silence_the_whole_one(world: Session, store: Store) -> None:
    before = compute(world, store, "00").headline
    x_m, y_m = grid_world.corner_m(0)
    scrap = grid_world.cells().iloc[:1].copy()
    scrap[["cell_id", "cell_size_m", "individuals"]] = [f"CRS3035RES200mN{y_m}E{x_m}", 200, 1.0]
    import_grid(world, scrap, grid_world.report("grid", 1, "scrap"), millesime="2021")
    after = compute(world, store, "00").headline
    assert (after.covered, after.uncovered, after.unknown) == (before.covered, before.uncovered, before.unknown)


def test_the_centre_of_a_commune_is_its_most_populated_cell_near_a_road(world: Session, store: Store) -> None:
    compute(world, store, "00")
    centres = get_centres(world, get_coverage(world, "00").run)
    assert centres["00001"] == pytest.approx(grid_world.centre_wgs84(3), abs=1e-6), "8 people of 15"
    assert centres["00002"] == pytest.approx(grid_world.centre_wgs84(6), abs=1e-6), "cell 9 has 512 and no road"
