"""Times of points along roads, door to door, against an independent reading of the same rules."""

from __future__ import annotations

import math
from random import Random
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.graph import UNREACHED_DS, RoadGraph
from routing.search import times_at, times_from_origins, times_to_sites
from routing.snap import Attachment
from tests.routing.oracles import networkx_times_and_sites, seeds_of
from tests.routing.worlds import CLOSED, Road, at, back, grid_world, make_graph, random_places, random_worlds, there

NEVER = int(UNREACHED_DS)


def arrival(graph: RoadGraph, sites: Attachment, points: Attachment) -> tuple[list[int], list[int]]:
    time_ds, site = times_at(graph, times_to_sites(graph, sites), sites, points, "arrival")
    assert time_ds.dtype == site.dtype == np.int32
    return time_ds.tolist(), site.tolist()


def departure(graph: RoadGraph, sites: Attachment, points: Attachment) -> tuple[list[int], list[int]]:
    time_ds, site = times_at(graph, times_from_origins(graph, sites), sites, points, "departure")
    return time_ds.tolist(), site.tolist()


#   0 ───── 1 ───── 2      two streets of 100 ds, the site in the middle of the first
LINE = make_graph([(0, 0), (100, 0), (200, 0)], [Road(0, 1, 100), Road(1, 2, 100)])


def test_on_the_same_street_one_drives_straight_to_the_door() -> None:
    assert arrival(LINE, at((0, 0.5)), at((0, 0.25), (0, 0.5), (0, 0.75))) == ([25, 0, 25], [0, 0, 0])


def test_half_way_along_the_next_street() -> None:
    assert arrival(LINE, at((0, 0.5)), at((1, 0.0), (1, 0.5), (1, 1.0))) == ([50, 100, 150], [0, 0, 0])


def test_both_walks_count() -> None:
    sites, points = at((0, 0.5), access_m=13.0), at((0, 0.5), (1, 0.5), access_m=[26.0, 26.0])
    assert arrival(LINE, sites, points)[0] == [300, 400]  # 13 m at 1.3 m/s: 100 ds
    reach = times_to_sites(LINE, sites, walk_m_per_s=2.6)
    slow, _ = times_at(LINE, reach, sites, points, "arrival", walk_m_per_s=2.6)
    assert slow.tolist() == [150, 250]


#   0 ──one way 100 ds──> 1, and back by another street of 30 ds
RING = make_graph([(0, 0), (100, 0)], [Road(0, 1, 100, CLOSED), Road(1, 0, 30, CLOSED)])


def test_on_a_one_way_street_one_follows_it_or_goes_round() -> None:
    before_and_after = at((0, 0.25), (0, 0.75))
    assert arrival(RING, at((0, 0.5)), before_and_after)[0] == [25, 25 + 30 + 50]
    assert departure(RING, at((0, 0.5)), before_and_after)[0] == [50 + 30 + 25, 25]


def test_going_round_may_be_quicker_than_driving_along() -> None:
    slow_street = make_graph([(0, 0), (100, 0)], [Road(0, 1, 1000), Road(0, 1, 10)])
    assert arrival(slow_street, at((0, 0.1)), at((0, 0.9)))[0] == [100 + 10 + 100]


def test_along_a_loop_one_takes_the_shorter_side() -> None:
    loop = make_graph([(0, 0)], [Road(0, 0, 100, bend=((50, 50), (100, 0)))])
    assert arrival(loop, at((0, 0.1)), at((0, 0.3), (0, 0.9)))[0] == [20, 20]
    one_way = make_graph([(0, 0)], [Road(0, 0, 100, CLOSED, bend=((50, 50), (100, 0)))])
    assert arrival(one_way, at((0, 0.1)), at((0, 0.3), (0, 0.05)))[0] == [80, 5]


def test_of_two_sites_as_near_the_first_and_points_nowhere_belong_to_nobody() -> None:
    assert arrival(LINE, at((0, 0.75), (0, 0.25)), at((0, 0.5), (-1, 0.0)))[1] == [0, -1]
    assert arrival(LINE, at((-1, 0.0), (0, 0.25), (0, 0.25)), at((0, 0.25), (1, 1.0)))[1] == [1, 1]
    assert arrival(LINE, at((-1, 0.0)), at((0, 0.5))) == ([NEVER], [-1])


def test_a_limit_is_met_to_the_decisecond() -> None:
    sites, points = at((0, 0.0)), at((1, 0.49), (1, 0.5), (1, 0.51))
    reach = times_to_sites(LINE, sites, 150)
    assert times_at(LINE, reach, sites, points, "arrival")[0].tolist() == [149, 150, NEVER]


def test_a_reach_of_the_other_direction_is_refused() -> None:
    reach = times_to_sites(LINE, at((0, 0.0)))
    with pytest.raises(ValueError, match="direction"):
        times_at(LINE, reach, at((0, 0.0)), at((0, 0.0)), "departure")


def test_people_as_powers_of_two_tell_exactly_who_comes_in_time() -> None:
    """A town of 5 x 5 junctions, 100 ds a block, the site at the corner; one point at each junction."""
    graph = grid_world(5)
    corner = at((0, 0.0))
    starts = {int(graph.node_osm_id[tail]): road for road, tail in enumerate(graph.road_tail.tolist())}
    junctions = sorted(starts)  # all but the last one, where no street starts
    time_ds, _ = arrival(graph, corner, at(*[(starts[j], 0.0) for j in junctions]))
    in_time = sum(1 << j for j, time in zip(junctions, time_ds, strict=True) if time < 300)
    #                 0      1      2      5      6      10
    assert in_time == 2**0 + 2**1 + 2**2 + 2**5 + 2**6 + 2**10


# --- delays: paid at the end of a road, by who comes to that end --------------------------------------------

#   0 ───── 1 ───── 2      100 ds of driving a street, and 20 ds at the signal on 1, whichever street one comes by
SIGNAL = make_graph(
    [(0, 0), (100, 0), (200, 0)],
    [Road(0, 1, 120, 100, there_delay_ds=20), Road(1, 2, 100, 120, back_delay_ds=20)],
)


def test_a_delay_is_paid_at_the_end_and_only_by_who_comes_to_it() -> None:
    assert arrival(SIGNAL, at((1, 0.5)), at((0, 0.0), (0, 0.5), (0, 1.0), (1, 0.25)))[0] == [170, 120, 50, 25]
    assert departure(SIGNAL, at((1, 0.5)), at((0, 0.0), (0, 0.5), (0, 1.0), (1, 0.25)))[0] == [170, 120, 70, 25]


def test_before_the_signal_one_has_not_waited_yet() -> None:
    assert arrival(SIGNAL, at((0, 0.75)), at((0, 0.0), (0, 0.25), (1, 0.5)))[0] == [75, 50, 50 + 20 + 25]


def test_who_comes_to_the_junction_itself_has_waited_whichever_road_names_it() -> None:
    for door in ((0, 1.0), (1, 0.0)):
        assert arrival(SIGNAL, at(door), at((0, 0.25), (1, 0.75), (0, 1.0), (1, 0.0)))[0] == [95, 95, 0, 0]
        assert departure(SIGNAL, at((0, 0.25)), at(door))[0] == [95]


def test_a_road_that_is_all_delay_costs_nothing_to_enter() -> None:
    graph = make_graph([(0, 0), (1, 0)], [Road(0, 1, 9, 9, there_delay_ds=9)])
    assert departure(graph, at((0, 0.0)), at((0, 0.7), (0, 1.0)))[0] == [0, 9]


# --- turns: the road of the door counts too -----------------------------------------------------------------

#           3
#           │ road 2       roads 0, 1, 2, 3 of 10 ds each; from 0 one may not turn left into road 2,
#   0 ───── 1 ───── 2      and turns round at 2 or 4 instead
#           │ road 3
#           4
CROSS = [Road(0, 1, 10), Road(1, 2, 10), Road(1, 3, 10), Road(1, 4, 10)]
CROSSING = [(0.0, 0.0), (100.0, 0.0), (200.0, 0.0), (100.0, 100.0), (100.0, -100.0)]


def test_a_door_along_a_road_is_not_entered_by_a_forbidden_turn() -> None:
    graph = make_graph(CROSSING, CROSS, [[there(0), there(2)]])
    assert arrival(graph, at((2, 0.5)), at((0, 0.0), (0, 0.5), (1, 0.5)))[0] == [35, 30, 10]
    assert departure(graph, at((0, 0.5)), at((2, 0.5), (2, 1.0), (1, 0.5)))[0] == [30, 35, 10]


def test_standing_on_the_junction_one_turns_as_one_likes() -> None:
    graph = make_graph(CROSSING, CROSS, [[there(0), there(2)]])
    for door in ((0, 1.0), (2, 0.0)):
        assert departure(graph, at(door), at((2, 0.5)))[0] == [5]
        assert arrival(graph, at((2, 0.5)), at(door))[0] == [5]
        assert arrival(graph, at(door), at((0, 0.5)))[0] == [5]


def test_a_street_one_may_only_leave_ahead_is_left_ahead_from_its_middle_too() -> None:
    graph = make_graph(CROSSING, CROSS, [[there(0), way] for way in (there(2), there(3), back(0))])
    assert departure(graph, at((0, 0.5)), at((1, 1.0), (3, 1.0)))[0] == [15, 15 + 20]
    assert departure(graph, at((0, 1.0)), at((1, 1.0), (3, 1.0)))[0] == [10, 10]


# --- what must hold in any world ----------------------------------------------------------------------------


@given(random_worlds(max_nodes=6), st.sampled_from(["arrival", "departure"]), st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_every_point_has_the_best_of_all_its_ways(
    world: tuple[RoadGraph, Attachment], direction: Literal["arrival", "departure"], seed: int
) -> None:
    """A way goes by a node, as the other direction's seeds tell, or along the road from a site inside it."""
    graph, sites = world
    points = random_places(Random(seed), graph.road_count, 4)
    search = times_to_sites if direction == "arrival" else times_from_origins
    node_ds, node_site = networkx_times_and_sites(graph, sites, direction)
    ways: list[list[tuple[int, int]]] = [[(NEVER, -1)] for _ in range(len(points))]
    for node, driven_ds, point in seeds_of(graph, points, "departure" if direction == "arrival" else "arrival"):
        if node_site[node] >= 0:
            ways[point].append((int(node_ds[node]) + driven_ds, int(node_site[node])))
    for point in range(len(points)):
        for site in range(len(sites)):
            ways[point] += [(time_ds, site) for time_ds in _along(graph, sites, site, points, point, direction)]
    found = times_at(graph, search(graph, sites), sites, points, direction)
    assert list(zip(*(column.tolist() for column in found), strict=True)) == [min(each) for each in ways]


def _along(graph: RoadGraph, sites: Attachment, site: int, points: Attachment, point: int, direction: str) -> list[int]:
    road, f, g = int(points.road[point]), float(points.fraction[point]), float(sites.fraction[site])
    if sites.road[site] != road or f in (0, 1) or g in (0, 1):
        return []
    walk_ds = [math.floor(float(at.access_m[i]) * 10 / 1.3 + 0.5) for at, i in ((sites, site), (points, point))]
    if f == g:
        return [sum(walk_ds)]
    is_forward = (f < g) == (direction == "arrival")
    whole, delay = (
        (graph.road_forward_ds, graph.road_forward_delay_ds)
        if is_forward
        else (graph.road_backward_ds, graph.road_backward_delay_ds)
    )
    if whole[road] == NEVER:
        return []
    return [sum(walk_ds) + math.floor(abs(f - g) * int(whole[road] - delay[road]) + 0.5)]
