"""The search in hand-made worlds and against two other implementations; what it must be, in test_definition."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.graph import UNREACHED_DS, RoadGraph
from routing.graph_files import open_graph, save_graph
from routing.search import Reach, times_from_origins, times_to_sites
from routing.snap import Attachment
from tests.routing.oracles import networkx_times_and_sites, scipy_times, seeds_of
from tests.routing.test_definition import assert_is_shortest
from tests.routing.worlds import CLOSED, Road, at, by_osm_id, grid_world, make_graph, random_worlds

Direction = Literal["arrival", "departure"]
DIRECTIONS: list[Direction] = ["arrival", "departure"]
NEVER = int(UNREACHED_DS)


def search(graph: RoadGraph, sites: Attachment, direction: Direction, limit_ds: int | None = None) -> Reach:
    return (times_to_sites if direction == "arrival" else times_from_origins)(graph, sites, limit_ds)


# --- worlds whose answers are known -------------------------------------------------------------------------


def test_in_a_perfect_town_the_time_is_the_number_of_blocks() -> None:
    graph = grid_world(9, block_ds=100)
    reach = times_to_sites(graph, at((0, 0.0)))  # road 0 starts at the corner (0, 0)
    assert by_osm_id(graph, reach.time_ds) == [100 * (c + r) for r in range(9) for c in range(9)]


def test_in_a_perfect_town_of_many_ties_the_lowest_of_the_nearest_wins() -> None:
    side = 9
    graph = grid_world(side)
    road_from = {int(graph.node_osm_id[tail]): road for road, tail in enumerate(graph.road_tail.tolist())}
    junctions = [40, 2, 60, 38, 8, 42, 6, 74, 40]
    for order in (junctions, junctions[::-1]):
        reach = times_to_sites(graph, at(*[(road_from[j], 0.0) for j in order]))
        blocks = [[abs(i % side - j % side) + abs(i // side - j // side) for j in order] for i in range(side * side)]
        assert by_osm_id(graph, reach.time_ds) == [100 * min(row) for row in blocks]
        assert by_osm_id(graph, reach.site) == [row.index(min(row)) for row in blocks]


def test_a_site_half_way_along_a_road_is_reached_by_both_ends() -> None:
    graph = grid_world(3, block_ds=100)
    reach = times_to_sites(graph, at((0, 0.25), access_m=13.0))  # 13 m at 1.3 m/s: 100 ds
    assert by_osm_id(graph, reach.time_ds)[:3] == [125, 175, 275]


#   0 ──> 1 ──> 2 ──> 0      every street one way, the site at 0
def test_arrival_drives_with_the_traffic_and_departure_too() -> None:
    ring = [Road(0, 1, 10, CLOSED), Road(1, 2, 20, CLOSED), Road(2, 0, 40, CLOSED)]
    graph = make_graph([(0, 0), (100, 0), (50, 80)], ring)
    assert by_osm_id(graph, times_to_sites(graph, at((0, 0.0))).time_ds) == [0, 60, 40]
    assert by_osm_id(graph, times_from_origins(graph, at((0, 0.0))).time_ds) == [0, 10, 30]


def test_a_site_inside_a_one_way_street_is_entered_by_its_start_only() -> None:
    graph = make_graph([(0, 0), (100, 0)], [Road(0, 1, 100, CLOSED), Road(0, 1, 7)])
    reach = times_to_sites(graph, at((0, 0.75)))
    assert by_osm_id(graph, reach.time_ds) == [75, 82]  # from the far end: back by the other street


def test_at_the_very_end_of_a_one_way_street_one_stands_on_the_junction() -> None:
    graph = make_graph([(0, 0), (100, 0)], [Road(0, 1, 100, CLOSED), Road(0, 1, 7)])
    assert by_osm_id(graph, times_to_sites(graph, at((0, 1.0))).time_ds) == [7, 0]
    assert by_osm_id(graph, times_from_origins(graph, at((0, 1.0))).time_ds) == [7, 0]


def test_a_ferry_of_twelve_hours_and_the_longest_road_allowed() -> None:
    ferry, longest = 12 * 36_000, 10_000_000
    graph = make_graph(
        [(0, 0), (1, 0), (2, 0), (3, 0)],
        [Road(0, 1, 3), Road(1, 2, ferry), Road(2, 3, longest), Road(3, 3, 5)],
    )
    reach = times_to_sites(graph, at((0, 0.0)))
    assert by_osm_id(graph, reach.time_ds) == [0, 3, 3 + ferry, 3 + ferry + longest]


def test_what_no_road_joins_is_never_reached_and_belongs_to_nobody() -> None:
    graph = make_graph([(0, 0), (1, 0), (5, 5), (6, 5)], [Road(0, 1, 3), Road(2, 3, 3), Road(1, 2, CLOSED)])
    reach = times_to_sites(graph, at((0, 0.0)))
    assert by_osm_id(graph, reach.time_ds)[2:] == [NEVER, NEVER]
    assert by_osm_id(graph, reach.site) == [0, 0, -1, -1]


def test_no_sites_or_none_attached_reaches_nobody() -> None:
    graph = grid_world(3)
    for sites in (at(), at((-1, 0.0))):
        reach = times_to_sites(graph, sites)
        assert (reach.time_ds == UNREACHED_DS).all()
        assert (reach.site == -1).all()


def test_sites_at_one_place_share_nothing_the_first_has_all() -> None:
    reach = times_to_sites(grid_world(4), at((-1, 0.0), (5, 0.5), (5, 0.5)))
    assert set(reach.site.tolist()) == {1}


def test_a_negative_limit_or_walk_is_refused() -> None:
    graph = grid_world(2)
    with pytest.raises(ValueError, match="limit_ds"):
        times_to_sites(graph, at((0, 0.0)), -1)
    with pytest.raises(ValueError, match="walk_m_per_s"):
        times_to_sites(graph, at((0, 0.0)), walk_m_per_s=0.0)


def test_searches_from_a_saved_graph_and_from_threads_give_the_same(tmp_path: Path) -> None:
    graph = grid_world(30)
    save_graph(graph, tmp_path / "graph")
    opened = open_graph(tmp_path / "graph")
    sites = at((3, 0.3), (700, 0.6))
    expected = times_to_sites(graph, sites)

    def search_once(_: int) -> Reach:
        return times_to_sites(opened, sites)

    with ThreadPoolExecutor(4) as pool:
        for answer in pool.map(search_once, range(8)):
            np.testing.assert_array_equal(answer.time_ds, expected.time_ds)
            np.testing.assert_array_equal(answer.site, expected.site)


# --- what must hold in any world ----------------------------------------------------------------------------


@given(random_worlds(), st.sampled_from(DIRECTIONS))
@settings(max_examples=100, deadline=None)
def test_every_node_has_the_time_and_site_that_others_find(
    world: tuple[RoadGraph, Attachment], direction: Direction
) -> None:
    graph, sites = world
    reach = search(graph, sites, direction)
    time_ds, site = networkx_times_and_sites(graph, sites, direction)
    np.testing.assert_array_equal(reach.time_ds, time_ds)
    np.testing.assert_array_equal(reach.site, site)
    np.testing.assert_array_equal(reach.time_ds, scipy_times(graph, sites, direction))


def test_a_large_random_world_agrees_at_every_node() -> None:
    random = np.random.default_rng(3)
    nodes = [(float(x), float(y)) for x, y in random.uniform(0, 50_000, (4_000, 2))]
    ends = random.integers(0, len(nodes), (9_000, 2))
    times = np.where(random.random((9_000, 2)) < 0.2, CLOSED, random.integers(1, 3_000, (9_000, 2)))
    times[:20] = random.integers(100_000, 400_000, (20, 2))
    graph = make_graph(nodes, [Road(*e, *t) for e, t in zip(ends.tolist(), times.tolist(), strict=True)])
    sites = at(*zip(random.integers(0, 9_000, 37).tolist(), random.random(37).tolist(), strict=True))
    for direction in DIRECTIONS:
        reach = search(graph, sites, direction)
        np.testing.assert_array_equal(reach.time_ds, scipy_times(graph, sites, direction))
        assert_is_shortest(graph, reach, seeds_of(graph, sites, direction))
