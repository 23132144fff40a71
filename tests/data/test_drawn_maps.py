"""Roads drawn in ASCII through the real import. One character is 100 m; every time is worked out by hand.

A residential street is driven at 30 km/h: 100 m in 12 s. The other speeds are said where they are used; all of them
are those of ``tests/data/drawn/car.toml``. Turns, delays and modes have files of their own.
"""

from __future__ import annotations

import pytest

from tests.data.drawn_map import MapMaker, Tags

STREET = {"highway": "residential"}


def test_crossroads(a_map: MapMaker) -> None:
    drawn = a_map(
        """
        A--B----C
           |
           D
        """,
        ("ABC", STREET),
        ("BD", STREET),
    )
    # AB 3 cells = 300 m = 36 s; BC 5 cells = 60 s; BD 2 rows = 24 s
    assert drawn.arcs() == [
        ("A", "B", 36.0),
        ("B", "A", 36.0),
        ("B", "C", 60.0),
        ("B", "D", 24.0),
        ("C", "B", 60.0),
        ("D", "B", 24.0),
    ]
    assert drawn.travel_s("A", "C") == 96.0
    assert drawn.travel_s("D", "C") == 84.0
    assert drawn.travel_s("C", "C") == 0.0
    assert drawn.graph.node_count == 4


def test_a_bend_is_measured_but_is_no_junction(a_map: MapMaker) -> None:
    drawn = a_map(
        """
        A--b
           |
           C
        """,
        ("AbC", STREET),
    )
    assert drawn.arcs() == [("A", "C", 60.0), ("C", "A", 60.0)]  # 300 m + 200 m
    assert drawn.graph.node_count == 2
    assert drawn.graph.road_length_m[0] == pytest.approx(500, abs=0.05)


def test_one_way_street_is_gone_round(a_map: MapMaker) -> None:
    drawn = a_map(
        """
        A->--B
        |    |
        C----D
        """,
        ("AB", STREET | {"oneway": "yes"}),
        ("ACDB", STREET),
    )
    assert drawn.travel_s("A", "B") == 60.0
    assert drawn.travel_s("B", "A") == 24.0 + 60.0 + 24.0


@pytest.mark.parametrize("value", ["-1", "reverse"])
def test_one_way_against_the_way(a_map: MapMaker, value: str) -> None:
    drawn = a_map("A--B", ("AB", STREET | {"oneway": value}))
    assert drawn.arcs() == [("B", "A", 36.0)]


def test_dead_end_is_left_the_way_it_was_entered(a_map: MapMaker) -> None:
    drawn = a_map(
        """
        A--B--C
           |
           D
        """,
        ("ABC", STREET),
        ("BD", STREET),
    )
    assert drawn.travel_s("D", "A") == drawn.travel_s("A", "D") == 60.0


def test_one_way_dead_end_is_outside_the_main_network(a_map: MapMaker) -> None:
    drawn = a_map("A--B-->--D", ("AB", STREET), ("BD", STREET | {"oneway": "yes"}))
    assert not drawn.is_attached("D")
    assert drawn.report.components == 2
    assert drawn.report.main_component_share == pytest.approx(2 / 3)


def test_island_of_roads_is_not_attached(a_map: MapMaker) -> None:
    drawn = a_map("A--B--C    E--F", ("ABC", STREET), ("EF", STREET), ("BC", {"waterway": "river"}))
    assert drawn.is_attached("A")
    assert not drawn.is_attached("E")
    assert drawn.report.components == 2


def test_private_road_is_not_a_short_cut(a_map: MapMaker) -> None:
    drawn = a_map(
        """
        A----B
        |    |
        C----D
        """,
        ("AB", STREET | {"access": "private"}),
        ("ACDB", STREET),
    )
    assert drawn.travel_s("A", "B") == 108.0
    assert drawn.report.ways_closed == {"access": 1}
    assert drawn.report.ways_kept == 1


def test_destination_road_is_open(a_map: MapMaker) -> None:
    drawn = a_map("A----B", ("AB", STREET | {"access": "no", "motor_vehicle": "destination"}))
    assert drawn.travel_s("A", "B") == 60.0


def test_roundabout_goes_one_way_round(a_map: MapMaker) -> None:
    drawn = a_map(
        """
        A--B--C
           |  |
           E--D--F
        """,
        ("BEDCB", {"highway": "tertiary", "junction": "roundabout"}),
        ("AB", STREET),
        ("DF", STREET),
    )
    # At 25 km/h 100 m take 14.4 s. B -> E -> D: 2 rows + 3 columns = 72.0 s; D -> C -> B: the same.
    assert ("B", "D", 72.0) in drawn.arcs()
    assert ("D", "B", 72.0) in drawn.arcs()
    assert len([arc for arc in drawn.arcs() if set(arc[:2]) == {"B", "D"}]) == 2
    assert drawn.travel_s("A", "F") == 36.0 + 72.0 + 36.0
    assert drawn.travel_s("F", "A") == 36.0 + 72.0 + 36.0


@pytest.mark.parametrize(
    "post",
    [
        {"barrier": "bollard"},
        {"barrier": "gate", "access": "private"},
        {"barrier": "block", "foot": "yes"},
        {"barrier": "gate", "locked": "yes"},
    ],
)
def test_bollard_closes_the_street_for_all(a_map: MapMaker, post: Tags) -> None:
    drawn = a_map(
        """
        A--B--C
        |     |
        D-----E
        """,
        ("ABC", STREET),
        ("ADEC", STREET),
        points={"B": post},
    )
    assert drawn.travel_s("A", "C") == 24.0 + 72.0 + 24.0
    assert drawn.graph.node_count == 4  # A, C, and B once on each side
    assert drawn.report.blocked_nodes == 1


@pytest.mark.parametrize(
    "post",
    [
        {"barrier": "gate"},
        {"barrier": "toll_booth"},
        {"barrier": "bollard", "bollard": "rising"},
        {"barrier": "bollard", "motor_vehicle": "yes"},
    ],
)
def test_what_a_car_may_pass(a_map: MapMaker, post: Tags) -> None:
    drawn = a_map("A--B--C", ("ABC", STREET), points={"B": post})
    assert drawn.arcs() == [("A", "C", 72.0), ("C", "A", 72.0)]


def test_bollard_on_a_junction_stops_every_road(a_map: MapMaker) -> None:
    drawn = a_map(
        """
        A--B--C
           |
           D
        """,
        ("ABC", STREET),
        ("BD", STREET),
        points={"B": {"barrier": "bollard"}},
    )
    assert drawn.graph.node_count == 6
    assert drawn.report.components == 3


def test_ferry_takes_its_duration_and_one_wait(a_map: MapMaker) -> None:
    drawn = a_map(
        "A--B====s====C--D",
        ("AB", STREET),
        ("BsC", {"route": "ferry", "duration": "0:20"}),
        ("CD", STREET),
    )
    assert drawn.travel_s("A", "D") == 36.0 + 1200.0 + 300.0 + 36.0
    assert not drawn.is_attached("s")  # nobody lives on the boat


def test_ferry_in_two_ways_waits_once(a_map: MapMaker) -> None:
    drawn = a_map(
        "A--B====s===C--D",
        ("AB", STREET),
        ("Bs", {"route": "ferry", "duration": "PT10M"}),
        ("sC", {"route": "ferry", "duration": "8"}),
        ("CD", STREET),
    )
    assert drawn.travel_s("A", "D") == 36.0 + 600.0 + 480.0 + 300.0 + 36.0


def test_ferry_calling_on_the_way_shares_its_duration_by_length(a_map: MapMaker) -> None:
    drawn = a_map(
        """
        A==B=====C
           |
           D--E
        """,
        ("ABC", {"route": "ferry", "duration": "0:09"}),
        ("BD", {"route": "ferry", "duration": "0:05"}),
        ("DE", STREET),
    )
    # 540 s over 9 cells: 180 s to B, 360 s beyond; only D touches land, where half of the wait is spent.
    assert ("A", "B", 180.0) in drawn.arcs()
    assert ("B", "C", 360.0) in drawn.arcs()
    assert ("B", "D", 300.0 + 150.0) in drawn.arcs()


def test_ferry_without_duration_goes_at_ten_km_per_hour(a_map: MapMaker) -> None:
    drawn = a_map("A--B====C--D", ("AB", STREET), ("BC", {"route": "ferry"}), ("CD", STREET))
    assert drawn.travel_s("B", "C") == 180.0 + 300.0  # 500 m


def test_ferry_for_walkers_carries_no_car(a_map: MapMaker) -> None:
    drawn = a_map(
        "A--B====C--D--E",
        ("AB", STREET),
        ("BC", {"route": "ferry", "motor_vehicle": "no"}),
        ("BC", {"route": "ferry", "foot": "yes"}),
        ("CD", STREET),
        ("DE", STREET),
    )
    assert drawn.report.ways_closed == {"access": 1, "permission": 1}
    assert not drawn.is_attached("A")


def test_parallel_roads_stay_two_and_the_faster_is_taken(a_map: MapMaker) -> None:
    drawn = a_map(
        """
        A------B
        |      |
        c------d
        """,
        ("AB", STREET),
        ("AcdB", {"highway": "primary"}),
    )
    # 700 m at 30 km/h = 84 s; 1,100 m at 60 km/h = 66 s
    assert drawn.arcs() == [("A", "B", 66.0), ("A", "B", 84.0), ("B", "A", 66.0), ("B", "A", 84.0)]
    assert drawn.travel_s("A", "B") == 66.0


def test_loop_that_comes_back_to_its_start(a_map: MapMaker) -> None:
    drawn = a_map(
        """
        A--B--c
           |  |
           e--d
        """,
        ("AB", STREET),
        ("BcdeB", STREET),
    )
    loop = [arc for arc in drawn.arcs() if arc[0] == arc[1]]
    assert loop == [("B", "B", 120.0), ("B", "B", 120.0)]  # 3 + 2 + 3 + 2 cells
    assert drawn.travel_s("c", "A") == 36.0 + 36.0
    assert drawn.travel_s("e", "A") == 24.0 + 36.0


def test_way_is_cut_at_a_node_the_extract_lacks(a_map: MapMaker) -> None:
    drawn = a_map("A--B--x--C--D", ("ABxCD", STREET), absent="x")
    assert drawn.arcs() == [("A", "B", 36.0), ("B", "A", 36.0), ("C", "D", 36.0), ("D", "C", 36.0)]
    assert drawn.tables.absent_refs == drawn.report.absent_refs == 1
    assert any("absent(s) de l'extrait" in warning for warning in drawn.report.warnings)


def test_way_with_a_single_node_left_is_no_road(a_map: MapMaker) -> None:
    drawn = a_map("A--B  x--C--y", ("AB", STREET), ("xCy", STREET), absent="xy")
    assert drawn.report.roads == 1


def test_node_written_twice_in_a_row_changes_nothing(a_map: MapMaker) -> None:
    drawn = a_map("A--B--C", ("ABBC", STREET))
    assert drawn.arcs() == [("A", "C", 72.0), ("C", "A", 72.0)]


def test_speed_limit_is_driven_at_nine_tenths_each_way(a_map: MapMaker) -> None:
    drawn = a_map("A---------B", ("AB", {"highway": "primary", "maxspeed": "50", "maxspeed:backward": "20"}))
    # 1,000 m at 45 km/h = 80 s; at 18 km/h = 200 s
    assert drawn.arcs() == [("A", "B", 80.0), ("B", "A", 200.0)]


def test_what_is_not_understood_is_told(a_map: MapMaker) -> None:
    drawn = a_map(
        "A--B--C",
        ("AB", STREET | {"maxspeed": "signals"}),
        ("BC", STREET | {"maxspeed": "5 knots"}),
    )
    assert drawn.report.unknown_values == {"maxspeed=signals": 1, "maxspeed=5 knots": 1}
    assert drawn.travel_s("A", "C") == 72.0


def test_names_follow_their_roads(a_map: MapMaker) -> None:
    drawn = a_map(
        "A--B--C--D",
        ("AB", STREET | {"name": "Rue Émile, l'été"}),
        ("BC", STREET | {"ref": "D 1"}),
        ("CD", STREET),
    )
    graph = drawn.graph
    names = [graph.names[index] if index >= 0 else None for index in graph.road_name]
    assert names == ["Rue Émile, l'été", "D 1", None]
    assert graph.road_way_id.tolist() == [101, 102, 103]
