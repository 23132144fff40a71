"""Nobody walks across water: drawn rivers, lakes and islands."""

from __future__ import annotations

import numpy as np
import pytest

from routing.graph import RoadGraph
from routing.snap import Attachment, Cause, attach
from tests.routing.worlds import Road, make_graph

Line = list[tuple[float, float]]


def graph_with_water(nodes: Line, roads: list[Road], *water: Line) -> RoadGraph:
    return make_graph(
        nodes,
        roads,
        water_first=np.cumsum([0] + [len(line) for line in water]),
        water_x_m=[x for line in water for x, _ in line],
        water_y_m=[y for line in water for _, y in line],
    )


def causes(found: Attachment) -> list[Cause]:
    return [Cause(cause) for cause in found.cause]


#   3 ─────────── 4 ─────────── 5     y = 100, the north bank's street
#  ~~~~~~~~~~~~~~~║~~~~~~~~~~~~~~~    y = 50, the river, and its one bridge, on which nobody stops
#   0 ─────────── 1 ─────────── 2     y = 0, the south bank's
RIVER: Line = [(-500.0, 50.0), (700.0, 50.0)]
BRIDGE = graph_with_water(
    [(0, 0), (100, 0), (200, 0), (0, 100), (100, 100), (200, 100)],
    [Road(0, 1, 9), Road(1, 2, 9), Road(3, 4, 9), Road(4, 5, 9), Road(1, 4, 9, attachable=False)],
    RIVER,
)


def test_a_river_with_one_bridge() -> None:
    found = attach(BRIDGE, [50.0, 50.0, 101.0, 101.0], [49.0, 51.0, 49.0, 51.0], 500.0)
    assert found.road.tolist() == [0, 2, 1, 3]  # beside the bridge too, each on its own bank
    assert found.access_m.tolist() == [49.0, 49.0, 49.0, 49.0]


def test_the_road_of_this_bank_is_taken_even_if_farther() -> None:
    #   the south bank's street is 90 m from the river, the north bank's 10 m
    graph = graph_with_water(
        [(0, 0), (200, 0), (0, 100), (200, 100)],
        [Road(0, 1, 9), Road(2, 3, 9), Road(0, 2, 9, attachable=False)],
        [(-500.0, 90.0), (700.0, 90.0)],
    )
    found = attach(graph, [50.0, 50.0, 50.0], [85.0, 85.0, 95.0], np.array([500.0, 80.0, 80.0]))
    assert found.road.tolist() == [0, -1, 1]
    assert causes(found) == [Cause.ATTACHED, Cause.ACROSS_WATER, Cause.ATTACHED]
    assert found.nearest_m.tolist() == [15.0, 15.0, 5.0]


def test_in_the_middle_of_a_lake_one_is_not_attached() -> None:
    shore = [(10.0, 10.0), (190.0, 10.0), (190.0, 190.0), (10.0, 190.0), (10.0, 10.0)]
    round_the_lake = [Road(0, 1, 9), Road(1, 2, 9), Road(2, 3, 9), Road(3, 0, 9)]
    graph = graph_with_water([(0, 0), (200, 0), (200, 200), (0, 200)], round_the_lake, shore)
    found = attach(graph, [100.0, 11.0, 9.0], [100.0, 50.0, 50.0], 5000.0)
    assert found.road.tolist() == [-1, -1, 3]
    assert causes(found) == [Cause.ACROSS_WATER, Cause.ACROSS_WATER, Cause.ATTACHED]
    assert found.nearest_m.tolist() == [100.0, 11.0, 9.0]


def test_an_island_of_a_river_is_not_the_mainland() -> None:
    shore = [(40.0, 40.0), (60.0, 40.0), (60.0, 60.0), (40.0, 60.0), (40.0, 40.0)]
    nodes: Line = [(0, 0), (100, 0), (200, 0), (45, 50), (55, 50)]
    mainland = [Road(0, 1, 9), Road(1, 2, 9)]
    bare = graph_with_water(nodes, mainland, shore)
    assert causes(attach(bare, [50.0], [52.0], 500.0)) == [Cause.ACROSS_WATER]
    with_a_lane = graph_with_water(nodes, [*mainland, Road(3, 4, 9)], shore)
    found = attach(with_a_lane, [50.0, 50.0], [52.0, 52.0], np.array([500.0, 30.0]))
    assert causes(found) == [Cause.ACROSS_WATER, Cause.ON_AN_ISLAND]  # 30 m: the mainland is not even in sight
    assert found.nearest_m.tolist() == [2.0, 2.0]
    # From the mainland, the island's lane across the water is no nearer road that was passed over.
    assert causes(attach(with_a_lane, [50.0], [30.0], 500.0)) == [Cause.ATTACHED]


def test_a_road_off_the_network_across_water_is_across_water() -> None:
    nodes: Line = [(0, 0), (100, 0), (200, 0), (0, 1000), (100, 1000)]
    graph = graph_with_water(nodes, [Road(0, 1, 9), Road(1, 2, 9), Road(3, 4, 9)], [(-9.0, 990.0), (109.0, 990.0)])
    assert causes(attach(graph, [50.0, 50.0], [985.0, 995.0], 100.0)) == [Cause.ACROSS_WATER, Cause.ON_AN_ISLAND]


@pytest.mark.parametrize("road_y_m", [50.0, 50.0 + 1e-9, 49.995])
def test_a_road_on_the_bank_itself_is_reached(road_y_m: float) -> None:
    graph = graph_with_water([(0, road_y_m), (100, road_y_m)], [Road(0, 1, 9)], RIVER)
    assert attach(graph, [20.0, 20.0], [20.0, 60.0], 100.0).road.tolist() == [0, 0]


def test_a_road_over_a_culvert_is_reached_on_either_side_of_the_stream() -> None:
    #   a street goes north across a stream that runs east: who lives on one side meets it on that side
    graph = graph_with_water([(0, 0), (0, 100)], [Road(0, 1, 9)], [(-80.0, 40.0), (80.0, 60.0)])
    found = attach(graph, [20.0, 20.0, 20.0], [20.0, 45.0, 80.0], 100.0)
    assert found.access_m.tolist() == [20.0, 20.0, 20.0]
    # At 51 m the stream passes between the house and the street: one walks to where it goes under the street.
    found = attach(graph, [0.0, -20.0, 20.0], [50.0, 45.1, 51.0], 100.0)
    assert found.access_m.tolist() == pytest.approx([0.0, 20.0, np.hypot(20.0, 1.0)])
    assert found.fraction.tolist() == pytest.approx([0.5, 0.451, 0.5])
    assert found.side.tolist() == [0, 1, -1]


def test_through_the_corner_of_two_waters_nobody_slips() -> None:
    #   two lines that only share their end, exactly on the way to the road; and one that ends there
    for water in ([[(0.0, 50.0), (50.0, 40.0)], [(50.0, 40.0), (100.0, 50.0)]], [[(50.0, 40.0), (90.0, 90.0)]]):
        graph = graph_with_water([(0, 0), (100, 0)], [Road(0, 1, 9)], *water)
        assert causes(attach(graph, [50.0, 49.9], [60.0, 30.0], 100.0)) == [Cause.ACROSS_WATER, Cause.ATTACHED]


def test_a_long_street_is_met_where_the_walk_is_dry() -> None:
    #   one road along both banks: its near stretch is across the river, another stretch on this side
    street = Road(0, 1, 9, bend=((200.0, 0.0), (200.0, 60.0), (0.0, 60.0)))
    graph = graph_with_water([(0, 0), (0, 61)], [street], [(-50.0, 50.0), (150.0, 50.0)])
    found = attach(graph, [50.0], [45.0], 100.0)
    assert found.access_m.tolist() == [45.0]
    assert found.side.tolist() == [1]
