"""Times of points along roads, door to door, against an independent reading of the same rules."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.graph import UNREACHED_DS, RoadGraph
from routing.search import times_at, times_from_origins, times_to_sites
from routing.snap import Attachment
from tests.routing.oracles import networkx_times_and_sites
from tests.routing.worlds import CLOSED, Road, at, grid_world, make_graph, random_worlds

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


# --- what must hold in any world ----------------------------------------------------------------------------


def _by_hand(
    graph: RoadGraph, sites: Attachment, direction: str, road: int, fraction: float, walk_m: float
) -> tuple[int, int]:
    """Every way to serve a point, in plain Python: (time, site) of the best."""
    node_ds, node_site = networkx_times_and_sites(graph, sites, direction)
    there, back = int(graph.road_forward_ds[road]), int(graph.road_backward_ds[road])
    ways = []
    towards = {"tail": back, "head": there} if direction == "arrival" else {"tail": there, "head": back}
    for end, node, part in (
        ("tail", graph.road_tail[road], fraction),
        ("head", graph.road_head[road], 1 - fraction),
    ):
        if node_site[node] >= 0 and (part == 0 or towards[end] != NEVER):
            driven = math.floor(part * towards[end] + 0.5) if part else 0
            ways.append((int(node_ds[node]) + driven, int(node_site[node])))
    for site in np.flatnonzero(sites.road == road).tolist():
        ahead = float(sites.fraction[site]) - fraction  # > 0: the site lies towards the head
        whole = towards["head"] if ahead > 0 else towards["tail"]
        if ahead == 0 or whole != NEVER:
            driven = math.floor(abs(ahead) * whole + 0.5) if ahead else 0
            ways.append((math.floor(float(sites.access_m[site]) * 10 / 1.3 + 0.5) + driven, site))
    if not ways:
        return NEVER, -1
    time, site = min(ways)
    return time + math.floor(walk_m * 10 / 1.3 + 0.5), site


@given(random_worlds(max_nodes=6), st.sampled_from(["arrival", "departure"]), st.data())
@settings(max_examples=100, deadline=None)
def test_every_point_has_the_best_of_all_its_ways(
    world: tuple[RoadGraph, Attachment], direction: Literal["arrival", "departure"], data: st.DataObject
) -> None:
    graph, sites = world
    road = data.draw(st.integers(0, graph.road_count - 1))
    fraction = data.draw(st.sampled_from([0.0, 0.25, 0.4, 0.5, 1.0]))
    search = times_to_sites if direction == "arrival" else times_from_origins
    point = at((road, fraction), access_m=2.6)
    time_ds, site = times_at(graph, search(graph, sites), sites, point, direction)
    assert (time_ds[0], site[0]) == _by_hand(graph, sites, direction, road, fraction, 2.6)
