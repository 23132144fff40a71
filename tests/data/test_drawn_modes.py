"""Bicycles, walkers, winters and waters, drawn. 100 m: a car 12 s, a bicycle 24 s (pushed 90 s), a walker 72 s."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import BadInputError
from data.roads import read_networks, read_roads
from routing.graph import UNREACHED_DS, RoadGraph
from routing.search import times_at, times_to_sites
from routing.snap import Cause
from tests.data.drawn_map import CRS_EPSG, MapMaker, Tags

STREET = {"highway": "residential"}
ONEWAY = STREET | {"oneway": "yes"}
LOOP = """
A----B
|    |
C----D
"""


# --- modes ---------------------------------------------------------------------------------------------------


def test_one_way_street_binds_cars_and_bicycles_not_walkers(a_map: MapMaker) -> None:
    drawn = a_map(LOOP, ("AB", ONEWAY), ("ACDB", STREET))
    # B -> A: round by D and C, 24 + 60 + 24, or straight on foot: 500 m
    assert drawn.travel_s("B", "A") == 108.0
    assert drawn.again("bike").travel_s("B", "A") == 216.0
    assert drawn.again("foot").travel_s("B", "A") == 360.0


@pytest.mark.parametrize(
    "tags", [{"oneway:bicycle": "no"}, {"cycleway": "opposite"}, {"cycleway:left": "opposite_lane"}]
)
def test_contraflow_for_bicycles(a_map: MapMaker, tags: dict[str, str]) -> None:
    drawn = a_map(LOOP, ("AB", ONEWAY | tags), ("ACDB", STREET))
    assert drawn.travel_s("B", "A") == 108.0
    assert drawn.again("bike").travel_s("B", "A") == 120.0


def test_cycleway_and_footway_are_short_cuts_for_some(a_map: MapMaker) -> None:
    drawing = """
    A-----B
    |     |
    |     |
    C-----D
    """
    ways = (("ACDB", STREET), ("AB", {"highway": "cycleway"}))
    assert a_map(drawing, *ways).travel_s("A", "B") == 36.0 + 72.0 + 36.0
    assert a_map(drawing, *ways, mode="bike").travel_s("A", "B") == 144.0
    ways = (("ACDB", STREET), ("AB", {"highway": "footway"}))
    # Round by the streets, 1,200 m in 288 s, is quicker than pushing for 600 m (540 s).
    assert a_map(drawing, *ways, mode="bike").travel_s("A", "B") == 288.0
    assert a_map(drawing, *ways, mode="foot").travel_s("A", "B") == 432.0


def test_bollard_stops_cars_alone(a_map: MapMaker) -> None:
    drawn = a_map("A--B--C", ("ABC", STREET), points={"B": {"barrier": "bollard"}})
    assert not (drawn.is_attached("A") and drawn.is_attached("C"))
    assert drawn.again("bike").travel_s("A", "C") == 144.0
    assert drawn.again("foot").travel_s("A", "C") == 432.0
    assert drawn.again("foot").report.blocked_nodes == 0


def test_motorway_is_for_cars(a_map: MapMaker) -> None:
    drawn = a_map(LOOP, ("AB", {"highway": "motorway", "oneway": "no", "maxspeed": "100"}), ("ACDB", STREET))
    assert drawn.travel_s("A", "B") == 20.0  # 500 m at 90 km/h
    assert drawn.again("bike").travel_s("A", "B") == 216.0
    assert drawn.again("foot").travel_s("A", "B") == 648.0


# --- seasons ------------------------------------------------------------------------------------------------


PASS = STREET | {"motor_vehicle:conditional": "no @ (Nov-Apr)"}


def test_pass_is_closed_in_winter(a_map: MapMaker) -> None:
    drawn = a_map(LOOP, ("AB", PASS), ("ACDB", STREET))
    assert drawn.travel_s("A", "B") == 60.0
    winter = drawn.again(season="winter")
    assert winter.travel_s("A", "B") == 108.0
    assert winter.graph.meta.season == "winter"
    assert (drawn.report.ways_closed_in_winter, drawn.report.ways_closed) == (1, {})
    assert winter.report.ways_closed == {"winter": 1}
    assert (winter.report.ways_read, winter.report.ways_kept) == (2, 1)
    assert winter.report.length_km == pytest.approx(0.9, abs=1e-3)
    assert (winter.report.roads, winter.report.components) == (1, 1)
    assert winter.report.main_component_share == 1.0


def assert_same_roads(summer: RoadGraph, winter: RoadGraph) -> None:
    """Road r of one is road r of the other; only times and the numbers of nodes differ."""
    for name in ("road_way_id", "road_length_m", "road_class", "road_name", "shape_first", "shape_x_m", "shape_y_m"):
        assert np.array_equal(getattr(summer, name), getattr(winter, name)), name
    for end in ("road_tail", "road_head"):
        ids = [graph.node_osm_id[getattr(graph, end)] for graph in (summer, winter)]
        assert np.array_equal(*ids), end


def test_roads_keep_their_numbers_when_ways_and_gates_close_in_winter(a_map: MapMaker) -> None:
    """The pass B-E, cut by a street that nothing else joins to the rest, and the gate G on the way round."""
    gate = {"barrier": "gate", "motor_vehicle:conditional": "no @ (Dec-Mar)"}
    drawn = a_map("""
A--B--F--E
|     |  |
C--G--H  D
""", ("AB", STREET), ("BFE", PASS), ("FH", STREET), ("ACGH", STREET), ("ED", STREET), points={"G": gate})  # fmt: skip
    winter = drawn.again(season="winter")
    assert_same_roads(drawn.graph, winter.graph)
    assert drawn.travel_s("A", "D") == 12.0 * 11
    assert winter.arcs() == [arc for arc in drawn.arcs() if set(arc[:2]) not in ({"B", "F"}, {"F", "E"})]
    # Who lives by the pass, or beyond it, lives there in winter too, and goes nowhere.
    sites, homes = drawn.attach("A"), drawn.attach("CFEDB")
    assert (homes.road >= 0).all()
    time_ds, _ = times_at(winter.graph, times_to_sites(winter.graph, sites), sites, homes, "arrival")
    assert (time_ds < UNREACHED_DS).tolist() == [True, False, False, False, True]


def test_nothing_left_in_winter_is_refused(a_map: MapMaker) -> None:
    drawn = a_map(LOOP, ("AB", PASS), ("ACDB", PASS))
    with pytest.raises(BadInputError, match="aucune route ouverte aux voitures en hiver"):
        drawn.again(season="winter")


def test_hours_are_told_not_applied(a_map: MapMaker) -> None:
    hours = "no @ (22:00-06:00)"
    drawn = a_map(LOOP, ("AB", STREET | {"motor_vehicle:conditional": hours}), ("ACDB", STREET))
    assert drawn.travel_s("A", "B") == 60.0
    assert drawn.report.conditions == {f"motor_vehicle:conditional={hours}": 1}
    _, report = read_roads(drawn.path, name="dessin", crs_epsg=CRS_EPSG)
    assert any("condition lue et non appliquée" in finding.message for finding in report.findings)


def test_gate_closed_in_winter(a_map: MapMaker) -> None:
    gate = {"barrier": "gate", "motor_vehicle:conditional": "no @ (Dec-Mar)"}
    drawn = a_map("""
A--G--B
|     |
C-----D
""", ("AGB", STREET), ("ACDB", STREET), points={"G": gate})  # fmt: skip
    assert drawn.travel_s("A", "B") == 72.0
    assert drawn.again(season="winter").travel_s("A", "B") == 24.0 + 72.0 + 24.0
    assert (drawn.report.nodes_closed_in_winter, drawn.report.blocked_nodes) == (1, 0)


def test_networks_of_a_file_are_made_where_they_differ(a_map: MapMaker) -> None:
    """The pass closes to motors alone: the car has a winter graph, bicycle and walker have none."""
    path = a_map(LOOP, ("AB", PASS), ("ACDB", STREET)).path
    made = list(read_networks(path, name="dessin", crs_epsg=CRS_EPSG, modes=("car", "bike", "foot")))
    kinds = [(graph.meta.mode, graph.meta.season) for graph, _ in made]
    assert kinds == [("car", "summer"), ("car", "winter"), ("bike", "summer"), ("foot", "summer")]
    assert [report.facts["season"] for _, report in made] == ["summer", "winter", "summer", "summer"]
    alone, _ = read_roads(path, name="dessin", crs_epsg=CRS_EPSG, mode="car", season="winter")
    assert alone.road_forward_ds.tolist() == made[1][0].road_forward_ds.tolist()


def test_mode_without_a_road_is_refused_in_french(a_map: MapMaker) -> None:
    path = a_map("A--B", ("AB", {"highway": "motorway"})).path
    with pytest.raises(BadInputError, match="aucune route ouverte aux vélos"):
        read_roads(path, name="dessin", crs_epsg=CRS_EPSG, mode="bike")


# --- waters -------------------------------------------------------------------------------------------------

#: The house H is 200 m from the street AB, across the river rs, and 400 m from CD.
BANKS = """
A---------B
r---------s
     H


     h
C---------D
"""
ROADS = (("AB", STREET), ("CD", STREET), ("AC", STREET))


@pytest.mark.parametrize(
    ("river", "is_crossed"),
    [
        ({"waterway": "river"}, False),
        ({"waterway": "canal"}, False),
        ({"natural": "coastline"}, False),
        ({"waterway": "stream"}, True),
        ({"waterway": "river", "tunnel": "culvert"}, True),
        ({"waterway": "canal", "covered": "yes"}, True),
    ],
)
def test_nobody_walks_across_a_river(a_map: MapMaker, river: Tags, is_crossed: bool) -> None:
    drawn = a_map(BANKS, *ROADS, ("rs", river))
    found = drawn.attach("H", within_m=600.0)
    way_id = drawn.graph.road_way_id[found.road[0]]
    assert way_id == (101 if is_crossed else 102)
    assert found.access_m[0] == pytest.approx(200.0 if is_crossed else 400.0, abs=0.5)
    assert drawn.attach("h", within_m=600.0).access_m[0] == pytest.approx(100.0, abs=0.5)
    assert drawn.report.water_lines == (0 if is_crossed else 1)
    within = drawn.attach("H", within_m=300.0)
    assert within.cause[0] == (Cause.ATTACHED if is_crossed else Cause.ACROSS_WATER)


@pytest.mark.parametrize("small_bytes", [10 << 20, 0])  # the file is small, or large enough for the filter of ids
def test_lake_drawn_as_a_relation_of_untagged_ways(
    a_map: MapMaker, monkeypatch: pytest.MonkeyPatch, small_bytes: int
) -> None:
    """Its borders carry no tag: a second reading of the file finds them, the island's shore too."""
    monkeypatch.setattr("data.osm._LARGE_FILE_BYTES", small_bytes)
    drawing = """
    A---------B
    r---------s
    |  u---v  |
    |  | H |  |
    |  x---w  |
    z---------t
    C---------D
    """
    shores: list[tuple[str, Tags]] = [("rst", {}), ("tzr", {}), ("uvwxu", {})]
    drawn = a_map(drawing, *ROADS, *shores, lakes=[("rst tzr", "uvwxu")])
    assert drawn.report.water_lines == 3
    assert drawn.attach("H", within_m=1000.0).cause[0] == Cause.ACROSS_WATER
    dry = a_map(drawing, *ROADS, *shores)
    assert dry.report.water_lines == 0
    assert dry.is_attached("A")


def test_pond_is_walked_round(a_map: MapMaker) -> None:
    """A closed water under a hectare stops nobody: cells of 20 m, 60 m by 40 m."""
    drawing = """
    A---------B
       p--q
       |  |
       s--r
        H
    C---------D
    """
    drawn = a_map(drawing, ("AB", STREET), ("CD", STREET), ("pqrsp", {"natural": "water"}), cell_m=20.0)
    assert drawn.report.water_lines == 0
    drawn = a_map(drawing, ("AB", STREET), ("CD", STREET), ("pqrsp", {"natural": "water"}))
    assert drawn.report.water_lines == 1  # 300 m by 200 m


def test_line_of_water_is_cut_where_the_file_lacks_a_node(a_map: MapMaker) -> None:
    drawn = a_map("A--B\nr--s--x--t--u", ("AB", STREET), ("rsxtu", {"waterway": "river"}), absent="x")
    assert drawn.tables.water_first.tolist() == [0, 2, 4]
    assert drawn.tables.absent_refs == 0  # roads alone are counted


def test_bridges_and_tunnels_are_driven_not_stopped_on(a_map: MapMaker) -> None:
    drawn = a_map("A--B-m-C--D", ("AB", STREET), ("BmC", STREET | {"bridge": "yes"}), ("CD", STREET))
    assert drawn.travel_s("A", "D") == 36.0 + 48.0 + 36.0
    assert not drawn.is_attached("m")
