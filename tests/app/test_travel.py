"""Modes, seasons, declared roads and causes, from the import to the figures, on the row of ``grid_world``."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.attachment import CAUSE_LABELS_FR
from app.domain.coverage import SCOPES
from app.domain.travel import options_fr, travel_fr, travel_labels, travels_fr
from app.errors import InvalidInputError, NotFoundError, NotReadyError
from app.persistence.data_version import figures_version
from app.persistence.models import PublishedRun, Road, RoadNetwork, Run, RunCell, RunSite
from app.persistence.run_repository import published_travels, read_zones, unattached_sites, unknown_by_cause
from app.services.compute import compute, compute_seasons
from app.services.coverage import get_coverage, get_zones
from app.services.departements import list_departements
from app.services.gaps import get_gaps
from app.services.import_grid import import_grid
from app.services.import_roads import _HASHED_ARRAYS, _sha256, import_networks, import_roads
from app.services.import_sites import import_sites
from app.services.isochrone import isochrones_at, nearest_sites
from app.services.networks import network_at, open_roads
from app.services.runs import find_run
from data.road_edits import RoadEdits, read_road_edits
from data.store import Store
from routing.graph import RoadGraph
from routing.snap import Cause, attach
from tests.app import grid_world


def winter_graph() -> RoadGraph:
    """In winter the road from cell 1 to cell 0 is closed: 15 minutes by the other one instead of 10."""
    return grid_world.graph(one_way=True, season="winter")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def world(session: Session, store: Store) -> Session:
    grid_world.load_grid_world(session, store)
    return session


def bring(
    session: Session,
    store: Store,
    *graphs: RoadGraph,
    modes: tuple[str, ...] = ("car",),
    edits: RoadEdits | None = None,
) -> None:
    report = grid_world.report("roads", 9, graphs[0].meta.source_sha256)
    made = [(graph, dataclasses.replace(report)) for graph in graphs]
    import_networks(session, store, made, name="row", modes=modes, edits=edits)


def current(session: Session) -> set[tuple[str, str]]:
    rows = session.execute(select(RoadNetwork.mode, RoadNetwork.season).where(RoadNetwork.is_current)).all()
    assert len(rows) == len(set(rows)), "at most one of each"
    return {(mode, season) for mode, season in rows}


def time_of(session: Session, run_id: object, cell: int) -> float | None:
    return session.scalar(
        select(RunCell.own_fixed_s).where(RunCell.run_id == run_id, RunCell.cell_id == grid_world.cell_id(cell))
    )


def test_the_pair_is_published_together_and_the_headline_is_summer(world: Session, store: Store) -> None:
    bring(world, store, grid_world.graph(), winter_graph())
    summer, winter = compute_seasons(world, store, "00")
    assert [(run.mode, run.season) for run in (summer, winter)] == [("car", "summer"), ("car", "winter")]
    assert time_of(world, summer.run_id, 1) == 600.0
    assert time_of(world, winter.run_id, 1) == 900.0, "by the slow way round"
    assert (summer.headline.max_s, winter.headline.max_s) == (600.0, 900.0)
    coverage = get_coverage(world, "00")
    assert coverage.run.id == summer.run_id
    assert (coverage.departement.covered, coverage.departement.total) == (summer.headline.covered, 739)
    assert [(v.mode, v.season, v.figures.covered) for v in coverage.variants] == [
        ("car", "summer", summer.headline.covered),
        ("car", "winter", winter.headline.covered),
    ]
    assert get_coverage(world, "00", season="winter").run.id == winter.run_id
    assert get_coverage(world, "00", season="winter").verdict.startswith("En voiture, en hiver : ")


def test_zones_and_gaps_are_those_of_the_season_asked(world: Session, store: Store) -> None:
    bring(world, store, grid_world.graph(), winter_graph())
    compute_seasons(world, store, "00")
    for season in ("summer", "winter"):
        run, zones = get_zones(world, "00", "commune", season=season)
        _, gaps = get_gaps(world, "00", season=season)
        assert run.season == season
        uncovered = get_coverage(world, "00", season=season).departement.uncovered
        assert sum(zone.uncovered for zone in zones) == uncovered == sum(gap.people for gap in gaps)


def test_the_variants_answer_the_threshold_and_the_sites_asked(world: Session, store: Store) -> None:
    bring(world, store, grid_world.graph(), winter_graph())
    compute_seasons(world, store, "00")
    at_10 = get_coverage(world, "00", threshold_s=601, scope="own_fixed")
    # Cell 1 is at exactly 600 s in summer, 900 s in winter: two people.
    summer, winter = (variant.figures for variant in at_10.variants)
    assert summer.covered - winter.covered == 2
    assert summer == at_10.departement


def test_modes_stand_beside_one_another_and_are_never_mixed(world: Session, store: Store) -> None:
    bring(world, store, grid_world.graph(mode="bike", slower=4), modes=("bike",))
    assert current(world) == {("car", "summer"), ("bike", "summer")}
    car = compute(world, store, "00")
    bike = compute(world, store, "00", mode="bike")
    assert time_of(world, bike.run_id, 2) == 4800.0
    assert bike.headline.covered < car.headline.covered
    assert get_coverage(world, "00").departement == car.headline
    assert get_coverage(world, "00", mode="bike").departement == bike.headline
    assert published_travels(world) == {"00": [("car", "summer"), ("bike", "summer")]}
    view = next(view for view in list_departements(world) if view.code == "00")
    assert view.figures == car.headline
    assert view.published == (("car", "summer"), ("bike", "summer"))


def test_only_the_roads_of_cars_in_summer_are_drawn(world: Session, store: Store) -> None:
    drawn = select(RoadNetwork.mode, RoadNetwork.season, func.count()).join(Road).group_by(*_MODE_SEASON)
    bring(world, store, grid_world.graph(), winter_graph())
    bring(world, store, grid_world.graph(mode="foot"), modes=("foot",))
    assert [tuple(row) for row in world.execute(drawn)] == [("car", "summer", 9)]


_MODE_SEASON = (RoadNetwork.mode, RoadNetwork.season)


def test_a_network_without_winter_any_more_withdraws_it(world: Session, store: Store) -> None:
    bring(world, store, grid_world.graph(), winter_graph())
    compute_seasons(world, store, "00")
    bring(world, store, grid_world.graph())
    assert current(world) == {("car", "summer")}
    assert get_coverage(world, "00", season="winter").run.changed == ("le réseau routier",)
    assert get_coverage(world, "00").run.changed == ()
    before = figures_version(world)
    assert [run.season for run in compute_seasons(world, store, "00")] == ["summer"]
    assert world.scalars(select(PublishedRun.season)).all() == ["summer"]
    assert figures_version(world) != before, "what is remembered of the answers is forgotten"
    with pytest.raises(NotFoundError, match=r"en hiver\. Publiés : en voiture\. Aucune route .* ne ferme en hiver"):
        find_run(world, "00", mode="car", season="winter")


def test_importing_a_mode_again_leaves_the_others_alone(world: Session, store: Store) -> None:
    bring(world, store, grid_world.graph(), winter_graph())
    bring(world, store, grid_world.graph(mode="foot"), modes=("foot",))
    assert current(world) == {("car", "summer"), ("car", "winter"), ("foot", "summer")}


def test_a_second_import_of_the_same_is_not_done_again(world: Session, store: Store) -> None:
    bring(world, store, grid_world.graph(), winter_graph())
    count = world.scalar(select(func.count()).select_from(RoadNetwork))
    bring(world, store, grid_world.graph(), winter_graph())
    assert world.scalar(select(func.count()).select_from(RoadNetwork)) == count


def test_what_is_missing_is_said_with_what_to_type(world: Session, store: Store) -> None:
    compute(world, store, "00")
    with pytest.raises(NotReadyError, match=r"\(à vélo\)\. Réseaux chargés : « row » \(en voiture\)\. .*--modes bike"):
        compute(world, store, "00", mode="bike")
    with pytest.raises(NotFoundError, match=r"à vélo\. Publiés : en voiture\. Aucun réseau routier .*--modes bike"):
        find_run(world, "00", mode="bike")
    bring(world, store, grid_world.graph(mode="bike"), modes=("bike",))
    with pytest.raises(NotFoundError, match=r"Lancez : accueil30 compute 00 --mode bike$"):
        find_run(world, "00", mode="bike")
    with pytest.raises(InvalidInputError, match=r"« train »\. Possibles : car, bike, foot"):
        compute(world, store, "00", mode="train")
    with pytest.raises(InvalidInputError, match=r"« spring »\. Possibles : summer, winter"):
        compute(world, store, "00", season="spring")


def test_a_point_is_asked_of_the_network_of_its_mode_and_season(world: Session, store: Store) -> None:
    lon, lat = grid_world.centre_wgs84(3)
    bring(world, store, grid_world.graph(), winter_graph())
    assert network_at(world, lon, lat, mode="car").season == "summer"
    assert network_at(world, lon, lat, mode="car", season="winter").season == "winter"
    with pytest.raises(InvalidInputError, match=r"Aucun réseau à pied .*« row » \(en voiture ; en voiture, en hiver\)"):
        network_at(world, lon, lat, mode="foot")
    bring(world, store, grid_world.graph(mode="foot"), modes=("foot",))
    assert network_at(world, lon, lat, mode="foot", season="winter").season == "summer", "no road closes: one network"


def declared(tmp_path: Path, *, reason: str = "bac", modes: str = "car") -> RoadEdits:
    properties = {
        "action": "open", "osm_way_id": 1, "modes": modes, "reason": reason, "declared_by": "Routes",
        "declared_on": "2026-03-01",
    }  # fmt: skip
    path = tmp_path / "routes-declarees.geojson"
    feature = {"type": "Feature", "geometry": None, "properties": properties}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return read_road_edits(path, as_of=date(2026, 11, 22))


def test_declared_roads_are_among_the_inputs_of_the_run(world: Session, store: Store, tmp_path: Path) -> None:
    without = compute(world, store, "00")
    edits = declared(tmp_path)
    bring(world, store, grid_world.graph(), edits=edits)
    assert get_coverage(world, "00").run.changed == ("les routes déclarées",)
    with_edits = compute(world, store, "00")
    assert with_edits.run_id != without.run_id
    run = get_coverage(world, "00").run
    assert run.inputs["road_edits"]["sha256"] == edits.sha256
    assert "Déclaré par Routes le 01/03/2026" in run.road_edits[0]
    assert edits.sha256[:12] in run.road_edits[-1]
    other = declared(tmp_path, reason="un autre bac")
    bring(world, store, grid_world.graph(), edits=other)
    assert get_coverage(world, "00").run.changed == ("les routes déclarées",), "the same graph, other words"


def test_what_is_declared_for_others_is_no_input_of_a_mode(world: Session, store: Store, tmp_path: Path) -> None:
    bring(world, store, grid_world.graph(), edits=declared(tmp_path, modes="bike"))
    compute(world, store, "00")
    run = get_coverage(world, "00").run
    assert "road_edits" not in run.inputs
    assert run.road_edits == ()


def test_who_is_not_attached_is_counted_by_cause_and_adds_up(world: Session, store: Store) -> None:
    outcome = compute(world, store, "00")
    assert outcome.unknown_by_cause == {"too_far": 612}
    assert sum(outcome.unknown_by_cause.values()) == outcome.headline.unknown
    for scope in SCOPES:
        assert read_zones(world, outcome.run_id, "departement", scope)[0].unknown == 612
    assert any("trop loin de toute route : 612" in warning for warning in outcome.warnings)
    assert get_coverage(world, "00").unknown_by_cause == outcome.unknown_by_cause


def test_people_near_an_island_of_roads_are_said_to_be(world: Session, store: Store) -> None:
    """The road from cell 1 to cell 2 is closed all year: cell 0, its site and its roads are cut from the rest."""
    bring(world, store, grid_world.graph(shuts_west=True))
    run = compute(world, store, "00")
    assert run.unknown_by_cause == {"too_far": 612, "on_an_island": 1}
    assert run.headline.unknown == 613
    assert [(site.name, site.cause) for site in run.unattached_sites] == [("Lieu west", "on_an_island")]


# --- a valley behind a pass: in winter the road from cell 1 to cell 2 is closed -------------------------------


@pytest.fixture
def valley(world: Session, store: Store) -> Session:
    bring(world, store, grid_world.graph(), grid_world.graph(season="winter", shuts_west=True))
    row = (
        grid_world.cells()
        .iloc[[0]]
        .assign(cell_id=f"CRS3035RES1000mN{grid_world.Y0_M}E{grid_world.X0_M + 1400}", x_m=grid_world.X0_M + 1400)
    )
    import_grid(world, row, grid_world.report("grid", 1, "half-way"), millesime="2019")
    return world


def times_of(session: Session, run_id: object) -> dict[str, float | None]:
    """Seconds to the département's own places: of the cells of the row by number, of that of the pass."""
    at_pass = f"CRS3035RES1000mN{grid_world.Y0_M}E{grid_world.X0_M + 1400}"
    names = {grid_world.cell_id(cell): str(cell) for cell in grid_world.PEOPLE} | {at_pass: "pass"}
    rows = session.execute(select(RunCell.cell_id, RunCell.own_fixed_s).where(RunCell.run_id == run_id))
    return {names[cell_id]: time_s for cell_id, time_s in rows if cell_id in names}


def test_a_valley_behind_a_closed_pass_is_uncovered_not_unknown(valley: Session, store: Store) -> None:
    """The one place is beyond the pass, on cell 3."""
    sites = grid_world.site_table(("plain", 3, "fixed", "00"))
    import_sites(valley, sites, grid_world.report("sites", 1, "plain"), millesime=None, remove_absent=True)
    summer, winter = compute_seasons(valley, store, "00")
    before, after = times_of(valley, summer.run_id), times_of(valley, winter.run_id)
    assert before["0"] == 1799.9
    assert before["pass"] == pytest.approx(360 + 599.9, abs=1), "six tenths of the pass, then the road on"
    cut_off = {"0", "1", "pass"}
    assert {cell for cell, time_s in after.items() if time_s == np.inf} == cut_off
    assert {cell: after[cell] for cell in after if cell not in cut_off} == {
        cell: before[cell] for cell in before if cell not in cut_off
    }
    assert winter.unknown_by_cause == summer.unknown_by_cause == {"too_far": 612}
    lost = summer.headline.covered - winter.headline.covered
    assert winter.headline.uncovered - summer.headline.uncovered == lost > 0
    assert winter.headline.unknown == summer.headline.unknown == 612
    for run in (summer, winter):
        for level in ("departement", "epci", "commune"):
            zones = read_zones(valley, run.run_id, level, "all")
            assert all(zone.covered + zone.uncovered + zone.unknown == zone.total for zone in zones)
            assert sum(zone.total for zone in zones) == 739


def test_a_place_in_the_valley_serves_the_valley_in_winter(valley: Session, store: Store) -> None:
    _, winter = compute_seasons(valley, store, "00")
    times = times_of(valley, winter.run_id)
    assert (times["0"], times["1"]) == (0.0, 600.0)
    assert times["pass"] == pytest.approx(600 + 400 / 1.3, abs=5), "on foot to the open road, 400 m"
    assert {times[cell] for cell in ("2", "3", "4", "5", "6")} == {np.inf}
    assert winter.unattached_sites == ()


def test_who_lives_by_a_closed_road_walks_to_an_open_one_that_is_near(valley: Session, store: Store) -> None:
    """The road between cells 1 and 2: at its end one walks to the open road, in the middle there is none near."""
    network = valley.scalars(select(RoadNetwork).where(RoadNetwork.season == "winter")).one()
    roads = open_roads(valley, store, network)
    graph, shut = roads.homes, 1
    point = slice(int(graph.shape_first[shut]), int(graph.shape_first[shut + 1]))
    ends = np.column_stack([graph.shape_x_m[point], graph.shape_y_m[point]])
    x_m, y_m = (ends[0] + np.array([[0.05], [0.5], [0.95]]) * (ends[1] - ends[0])).T
    assert attach(graph, x_m, y_m, 300).road.tolist() == [shut] * 3
    at = roads.attach(x_m, y_m, 300)
    assert at.road[1] == shut
    assert set(at.road[[0, 2]].tolist()) <= {0, 2, 8}
    assert at.access_m == pytest.approx([50, 0, 50], abs=1)
    assert roads.attach(x_m, y_m, 40).road.tolist() == [shut] * 3, "not further than anybody walks"


def test_questions_of_one_place_in_winter_start_from_the_road_of_summer(valley: Session, store: Store) -> None:
    here, beyond = grid_world.centre_wgs84(1), grid_world.centre_wgs84(2)
    nearest = nearest_sites(valley, store, *here, season="winter")
    assert [(site.name, site.time_s) for site in nearest.sites] == [
        ("Lieu west", 600.0), ("Lieu beyond", np.inf), ("Lieu bus", np.inf),
    ]  # fmt: skip
    areas = {
        season: isochrones_at(valley, store, *grid_world.centre_wgs84(0), [30], season=season).polygons[0][1]
        for season in ("summer", "winter")
    }
    assert all(area.covers(shapely.Point(here)) for area in areas.values())
    assert [areas[season].covers(shapely.Point(beyond)) for season in ("summer", "winter")] == [True, False]


@pytest.mark.parametrize("lost", ["source", "roads"])
def test_a_winter_without_its_summer_is_refused(world: Session, store: Store, lost: str) -> None:
    winter = winter_graph()
    if lost == "source":
        other = dataclasses.replace(winter, meta=dataclasses.replace(winter.meta, source_sha256="another file"))
    else:
        other = dataclasses.replace(winter, road_way_id=winter.road_way_id + 1)
    bring(world, store, other)
    with pytest.raises(
        NotReadyError, match=r"Le réseau d'été importé avec le réseau « row » .*Réimportez .*--modes car"
    ):
        compute(world, store, "00", season="winter")


def test_a_site_off_the_network_is_listed_with_its_cause_and_how_far(world: Session, store: Store) -> None:
    sites = grid_world.site_table(("west", 0, "fixed", "00"), ("lost", 9, "fixed", "00"))
    import_sites(world, sites, grid_world.report("sites", 2, "later"), millesime=None)
    outcome = compute(world, store, "00")
    [lost] = outcome.unattached_sites
    assert (lost.name, lost.departement_code, lost.cause) == ("Lieu lost", "00", "too_far")
    assert lost.nearest_m == pytest.approx(10_000, rel=0.01)
    assert any("Lieu lost (trop loin de toute route)" in warning for warning in outcome.warnings)
    assert get_coverage(world, "00").unattached_sites == outcome.unattached_sites
    counted = world.scalar(select(func.count()).select_from(RunSite).where(RunSite.run_id == outcome.run_id))
    assert counted == get_coverage(world, "00").run.sites_counted + 1


def test_a_run_of_before_says_that_the_cause_was_not_kept(world: Session, store: Store) -> None:
    """As the migration leaves the rows of an earlier version."""
    run_id = compute(world, store, "00").run_id
    world.connection().exec_driver_sql("alter table run_cell disable trigger all")
    world.connection().exec_driver_sql("update run_cell set cause = null")
    assert unknown_by_cause(world, run_id) == {"not_recorded": 612}
    assert unattached_sites(world, run_id) == []


def test_every_cause_has_its_words() -> None:
    assert {cause.name.lower() for cause in Cause if not cause.is_attached} <= set(CAUSE_LABELS_FR)


@pytest.mark.parametrize("name", _HASHED_ARRAYS)
def test_two_graphs_that_differ_anywhere_are_not_taken_for_one(name: str) -> None:
    made = grid_world.graph()
    array = getattr(made, name)
    if array.dtype == np.bool_:
        other = np.append(array, True) if len(array) == 0 else ~array
    else:
        other = np.append(array, array.dtype.type(1)) if len(array) == 0 else array + array.dtype.type(1)
    changed: dict[str, Any] = {name: other}
    assert _sha256(dataclasses.replace(made, **changed)) != _sha256(made)


def test_season_and_mode_tell_graphs_apart() -> None:
    hashes = {
        _sha256(grid_world.graph(mode=mode, season=season))
        for mode in ("car", "bike")
        for season in ("summer", "winter")
    }
    assert len(hashes) == 4


def test_words() -> None:
    assert travel_fr("bike", "summer") == "à vélo"
    assert travel_fr("car", "winter") == "en voiture, en hiver"
    assert travels_fr([("foot", "summer"), ("car", "winter"), ("car", "summer")]) == (
        "en voiture ; en voiture, en hiver ; à pied"
    )
    assert travels_fr([]) == "aucun"
    assert travel_labels([("car", "summer"), ("car", "winter"), ("bike", "summer")]) == {
        ("car", "summer"): "en voiture, en été",
        ("car", "winter"): "en voiture, en hiver",
        ("bike", "summer"): "à vélo",
    }
    assert options_fr("car", "summer") == ""
    assert options_fr("foot", "winter") == " --mode foot --season winter"


def test_a_graph_without_a_road_is_refused_by_its_mode(world: Session, store: Store) -> None:
    made = grid_world.graph(mode="bike")
    empty = dataclasses.replace(made, road_tail=made.road_tail[:0])
    with pytest.raises(InvalidInputError, match=r"Aucune route ouverte \(à vélo\)"):
        import_roads(world, store, empty, grid_world.report("roads", 0))


def test_runs_keep_their_season(world: Session, store: Store) -> None:
    bring(world, store, grid_world.graph(), winter_graph())
    compute_seasons(world, store, "00")
    assert sorted(world.scalars(select(Run.season))) == ["summer", "winter"]
