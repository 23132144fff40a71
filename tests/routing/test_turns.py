"""Every form of turn restriction on drawn junctions; what is refused; what the states cost."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings

from routing.graph import RoadGraph
from routing.search import junction_times, times_at, times_from_origins, times_to_sites
from routing.turns import turn_states
from tests.routing.worlds import (
    CLOSED,
    Road,
    Town,
    at,
    back,
    by_osm_id,
    make_graph,
    node_at,
    random_paths,
    random_towns,
    there,
)

#           3
#           │ road 2           ten deciseconds a road
#   0 ───── 1 ───── 2
#    road 0 │ road 1
#           4  road 3
NODES = [(0.0, 0.0), (100.0, 0.0), (200.0, 0.0), (100.0, 100.0), (100.0, -100.0)]
CROSS = [Road(0, 1, 10), Road(1, 2, 10), Road(1, 3, 10), Road(1, 4, 10)]


def departure(graph: RoadGraph, road: int, fraction: float) -> list[int]:
    reach = times_from_origins(graph, at((road, fraction)))
    return by_osm_id(graph, junction_times(graph, reach)[0])


def states_of(graph: RoadGraph, osm_id: int) -> int:
    return int(np.count_nonzero(graph.node_osm_id == osm_id)) - 1


def test_no_left_turn_sends_one_round_and_bothers_nobody_else() -> None:
    graph = make_graph(NODES, CROSS, [[there(0), there(2)]])
    assert departure(graph, 0, 0.0) == [0, 10, 20, 40, 20]  # to 3: by 2, and back through 1
    assert departure(graph, 1, 1.0) == [20, 10, 0, 20, 20]
    assert (graph.node_count, graph.junction_count, len(graph.forward.head)) == (6, 5, 8 + 3)


def test_only_straight_on_is_a_path_for_each_other_way_out_u_turn_included() -> None:
    graph = make_graph(NODES, CROSS, [[there(0), way] for way in (there(2), there(3), back(0))])
    assert departure(graph, 0, 0.0) == [0, 10, 20, 40, 40]
    half_way = times_from_origins(graph, at((0, 0.5)))
    assert by_osm_id(graph, junction_times(graph, half_way)[0]) == [5, 5, 15, 35, 35]
    assert states_of(graph, 1) == 1


def test_no_u_turn_at_the_end_of_a_dead_end_locks_one_in() -> None:
    graph = make_graph(NODES, CROSS, [[there(1), back(1)]])
    assert departure(graph, 0, 0.0) == [0, 10, 20, 20, 20]
    back_home, _ = times_at(graph, times_to_sites(graph, at((0, 0.0))), at((0, 0.0)), at((1, 0.5), (1, 1.0)), "arrival")
    assert back_home.tolist() == [15, 20]  # from the middle one turns before the end; from the end, no memory


def test_no_turn_by_way_of_a_road_is_for_those_who_came_that_way_only() -> None:
    #   0 ── 1 ── 2 ── 3      from 0 by 1-2 to 4 is forbidden; from 5, or from 1 itself, it is not
    #        │    │
    #        5    4
    nodes = [(0.0, 0.0), (100.0, 0.0), (200.0, 0.0), (300.0, 0.0), (200.0, -100.0), (100.0, -100.0)]
    roads = [Road(0, 1, 10), Road(1, 2, 10), Road(2, 3, 10), Road(2, 4, 10), Road(1, 5, 10)]
    graph = make_graph(nodes, roads, [[there(0), there(1), there(3)]])
    assert departure(graph, 0, 0.0)[4] == 50  # to 3 and back, or to 5 and back
    assert departure(graph, 4, 1.0)[4] == 30
    assert departure(graph, 1, 0.0)[4] == 20
    assert departure(graph, 0, 0.9)[4] == 41
    assert (states_of(graph, 1), states_of(graph, 2)) == (1, 1)


def test_restrictions_that_overlap_are_all_kept() -> None:
    #   0 ── 1 ── 2 ── 3 ── 4    one way; 0-1-2-3 and 2-3-4 are forbidden, 1-2-3 is not
    nodes = [(100.0 * i, 0.0) for i in range(5)]
    line = [Road(i, i + 1, 10, CLOSED) for i in range(4)]
    graph = make_graph(nodes, line, [[there(0), there(1), there(2)], [there(2), there(3)]])
    never = CLOSED
    assert departure(graph, 0, 0.0) == [0, 10, 20, never, never]
    assert departure(graph, 0, 1.0) == [never, 0, 10, 20, never]
    assert departure(graph, 2, 0.0) == [never, never, 0, 10, never]
    assert departure(graph, 2, 1.0) == [never, never, never, 0, 10]


def test_a_path_within_a_path_makes_the_longer_one_useless() -> None:
    longer, shorter = [there(0), there(1), back(1)], [there(0), there(1)]
    one, both = make_graph(NODES, CROSS, [shorter]), make_graph(NODES, CROSS, [longer, shorter, shorter])
    assert both.node_count == one.node_count
    assert departure(one, 0, 0.0) == departure(both, 0, 0.0)


def test_a_road_that_comes_back_to_its_junction_is_remembered() -> None:
    #   0 ── 1 and a loop on 1: whoever has driven the loop may not drive it again, nor go home by road 0
    loop = [Road(0, 1, 10), Road(1, 1, 7, CLOSED, bend=((150, 50), (150, -50)))]
    graph = make_graph(NODES[:2], loop, [[there(1), there(1)], [there(1), back(0)]])
    assert departure(graph, 1, 0.5) == [CLOSED, 4]
    assert departure(graph, 1, 0.0) == [10, 0]


def test_of_two_parallel_roads_only_the_one_named_is_forbidden() -> None:
    graph = make_graph(NODES[:3], [Road(0, 1, 10), Road(1, 2, 10), Road(1, 2, 15)], [[there(0), there(1)]])
    assert departure(graph, 0, 0.0) == [0, 10, 25]


def test_states_that_behave_the_same_are_one() -> None:
    graph = make_graph(NODES, CROSS, [[there(0), there(2)], [back(1), there(2)], [back(3), there(2)]])
    assert states_of(graph, 1) == 1
    assert departure(graph, 3, 1.0) == [20, 10, 20, CLOSED, 0]


def test_states_stand_behind_their_junction_and_junctions_keep_their_roads() -> None:
    graph = make_graph(NODES, CROSS, [[there(0), there(2)], [back(2), there(1)], [there(0), there(3)]])
    one = node_at(graph, 1)
    assert graph.node_junction[one : one + 3].tolist() == [one, one, one]
    assert (graph.node_junction[graph.road_tail] == graph.road_tail).all()
    assert set(graph.road_forward_end[[1, 2, 3]]) == {node_at(graph, 2), node_at(graph, 3), node_at(graph, 4)}
    assert graph.road_forward_end[0] in (one + 1, one + 2)
    assert graph.road_backward_end[2] in (one + 1, one + 2)
    assert len({int(graph.road_forward_end[0]), int(graph.road_backward_end[2]), one}) == 3
    entries = list(zip(graph.entry_road.tolist(), graph.entry_is_forward.tolist(), strict=True))
    assert entries == [(0, False), (0, False), (1, True), (2, True), (3, True)]


def test_the_main_component_is_that_of_drivers_with_a_memory() -> None:
    """A square, a street off it whose end no driver leaves, one to a place where the road back is not taken."""
    nodes = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0), (200.0, 0.0), (200.0, 100.0), (300.0, 100.0)]
    square = [Road(i, (i + 1) % 4, 10) for i in range(4)]
    streets = [Road(1, 4, 10), Road(2, 5, 10, CLOSED), Road(5, 6, 10), Road(6, 2, 10, CLOSED)]
    graph = make_graph(nodes, [*square, *streets], [[there(4), back(4)], [there(6), there(7)]])
    assert by_osm_id(graph, graph.in_main_component) == [1, 1, 1, 1, 0, 0, 0]
    # In the street without an end one turns at one's own door.
    assert graph.road_attachable.tolist() == [True] * 5 + [False] * 3
    doors = at((4, 0.5), (0, 0.5))
    for door in range(2):
        one = doors.take(np.array([door]))
        assert (times_at(graph, times_to_sites(graph, one), one, doors, "arrival")[0] < CLOSED).all()


def test_a_junction_is_in_the_main_component_by_one_of_its_states() -> None:
    """All who come to 1 must go straight on: nobody stands there without a memory."""
    ahead = [[there(0), back(0)], [back(1), there(1)]]
    graph = make_graph(NODES[:3], CROSS[:2], ahead)
    assert by_osm_id(graph, graph.in_main_component) == [1, 1, 1]
    assert graph.road_attachable.all()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ([there(0)], r"forbidden path 1 \[0\]: fewer than two roads"),
        ([], r"forbidden path 1 \[\]: fewer than two"),
        ([there(0), 99], r"forbidden path 1 \[0, 99\]: an unknown road"),
        ([-1, there(0)], r"forbidden path 1 \[-1, 0\]: an unknown road"),
        ([there(0), back(2)], r"forbidden path 1 \[0, 5\]: a road that does not start where"),
        ([there(0), there(1), there(2)], r"forbidden path 1 \[0, 2, 4\]: a road that does not start where"),
        ([there(0), there(4)], r"forbidden path 1 \[0, 8\]: a road closed in that direction"),
    ],
)
def test_paths_that_cannot_be_driven_are_refused_by_name(path: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_graph(NODES, [*CROSS, Road(1, 2, CLOSED, 10)], [[there(0), there(1)], path])


@given(random_towns())
@settings(max_examples=300, deadline=None)
def test_states_and_columns_agree_in_any_town(town: Town) -> None:
    graph = town.graph
    plain = town.rebuilt(paths=[])
    states = np.flatnonzero(graph.node_junction != np.arange(graph.node_count))
    assert (
        graph.node_junction[states]
        == np.maximum.accumulate(
            np.where(graph.node_junction == np.arange(graph.node_count), np.arange(graph.node_count), -1)
        )[states]
    ).all()
    crossed = {town.roads[way // 2].way(way % 2)[1] for path in town.paths for way in path[:-1]}
    assert {int(graph.node_osm_id[state]) for state in states} <= crossed
    assert len(graph.forward.head) == len(plain.forward.head) + len(graph.entry_road)
    assert (np.diff(graph.forward.first_out)[states].sum()) == len(graph.entry_road)
    np.testing.assert_array_equal(graph.node_junction[graph.road_forward_end], graph.road_head)
    np.testing.assert_array_equal(graph.node_junction[graph.road_backward_end], graph.road_tail)
    starts = np.where(graph.entry_is_forward, graph.road_tail[graph.entry_road], graph.road_head[graph.entry_road])
    np.testing.assert_array_equal(graph.node_junction[graph.entry_node], starts)


def test_a_hundred_thousand_paths_on_a_large_town_are_a_matter_of_seconds() -> None:
    """One path per junction of a grid; the states cost their own junction only."""
    side = 100
    ends = [(i, i + 1) for i in range(side * side) if i % side < side - 1]
    ends += [(i, i + side) for i in range(side * (side - 1))]
    start = np.array([node for tail, head in ends for node in (tail, head)])
    end = np.array([node for tail, head in ends for node in (head, tail)])
    roads = [Road(tail, head, 10) for tail, head in ends]
    paths = random_paths(Random(7), roads, 20_000)
    states = turn_states(paths, start, end, np.ones(len(start), np.bool_))
    assert 0 < len(states.junction) < sum(len(path) - 1 for path in paths)
    assert len(states.arc_road) < 4 * len(states.junction)
