"""Travel times held against what they are by definition, in worlds with restrictions, delays, loops and one-ways."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from routing.graph import UNREACHED_DS, RoadGraph
from routing.search import Direction, Reach, junction_times, times_at, times_from_origins, times_to_sites
from routing.snap import Attachment
from tests.routing.oracles import Driver, scipy_times, seeds_of
from tests.routing.worlds import CLOSED, Road, Town, at, by_osm_id, random_places, random_road, random_towns

NEVER = int(UNREACHED_DS)
DIRECTIONS = st.sampled_from(["arrival", "departure"])
SEEDS = st.integers(0, 2**32 - 1)
thousand = settings(max_examples=1000, deadline=None)


def search(graph: RoadGraph, sites: Attachment, direction: Direction, limit_ds: int | None = None) -> Reach:
    return (times_to_sites if direction == "arrival" else times_from_origins)(graph, sites, limit_ds)


def points_of(town: Town, seed: int, count: int = 6) -> Attachment:
    return random_places(Random(seed), len(town.roads), count)


def places_of(points: Attachment) -> list[tuple[int, float]]:
    return list(zip(points.road.tolist(), points.fraction.tolist(), strict=True))


def without_walks(points: Attachment) -> Attachment:
    return at(*places_of(points))


def at_junctions(graph: RoadGraph, reach: Reach) -> list[int]:
    return by_osm_id(graph, junction_times(graph, reach)[0])


def assert_is_shortest(graph: RoadGraph, reach: Reach, seeds: list[tuple[int, int, int]]) -> None:
    """No arc and no seed can improve a time; every time reached comes by a tight arc or from a seed of its site."""
    csr = graph.backward if reach.direction == "arrival" else graph.forward
    start = np.repeat(np.arange(graph.node_count), np.diff(csr.first_out))
    time_ds = reach.time_ds.astype(np.int64)
    by_arc_ds = np.where(time_ds[start] < NEVER, time_ds[start] + csr.weight_ds, NEVER)
    assert (time_ds[csr.head] <= by_arc_ds).all()
    explained = np.zeros(graph.node_count, np.bool_)
    is_tight = (by_arc_ds < NEVER) & (by_arc_ds == time_ds[csr.head]) & (reach.site[start] == reach.site[csr.head])
    explained[csr.head[is_tight]] = True
    for node, seed_ds, site in seeds:
        assert time_ds[node] <= seed_ds
        explained[node] |= time_ds[node] == seed_ds and reach.site[node] == site
    np.testing.assert_array_equal(explained, time_ds < NEVER)
    np.testing.assert_array_equal(reach.site >= 0, time_ds < NEVER)


@given(random_towns(), DIRECTIONS)
@thousand
def test_no_arc_improves_a_time_and_every_time_has_a_witness(town: Town, direction: Direction) -> None:
    reach = search(town.graph, town.sites, direction)
    assert_is_shortest(town.graph, reach, seeds_of(town.graph, town.sites, direction))
    np.testing.assert_array_equal(reach.time_ds, scipy_times(town.graph, town.sites, direction))


@given(random_towns(max_nodes=5, max_roads=8, max_paths=6), DIRECTIONS, SEEDS)
@thousand
def test_a_driver_who_looks_up_every_turn_in_a_diary_needs_the_same_times(
    town: Town, direction: Direction, seed: int
) -> None:
    driver = Driver(town.roads, town.paths)
    sites, points = without_walks(town.sites), without_walks(points_of(town, seed, 3))
    reach = search(town.graph, sites, direction)
    found_ds = times_at(town.graph, reach, sites, points, direction)[0].tolist()
    if direction == "departure":
        from_each = [driver.at_junctions(site) for site in places_of(sites)]
        junctions = [min(times.get(j, NEVER) for times in from_each) for j in range(len(town.nodes))]
        doors = np.min([driver.between(site, places_of(points)) for site in places_of(sites)], axis=0).tolist()
    else:
        junctions = [min(driver.between(j, places_of(sites))) for j in range(len(town.nodes))]
        doors = [min(driver.between(point, places_of(sites))) for point in places_of(points)]
    assert at_junctions(town.graph, reach) == junctions
    assert found_ds == doors


@given(random_towns(), SEEDS)
@thousand
def test_from_a_to_b_takes_the_same_whichever_end_one_counts_from(town: Town, seed: int) -> None:
    points = points_of(town, seed, 3)
    departures = [_door_to_door(town.graph, points, a, "departure") for a in range(len(points))]
    arrivals = [_door_to_door(town.graph, points, b, "arrival") for b in range(len(points))]
    np.testing.assert_array_equal(np.array(departures), np.array(arrivals).T)


def _door_to_door(graph: RoadGraph, points: Attachment, one: int, direction: Direction) -> NDArray[np.int32]:
    site = points.take(np.array([one]))
    return times_at(graph, search(graph, site, direction), site, points, direction)[0]


def _turned_round(town: Town) -> RoadGraph:
    """Every road driven the other way, every forbidden path driven back."""
    roads = [
        replace(
            road,
            there_ds=road.way(1)[2],
            back_ds=road.way(0)[2],
            there_delay_ds=road.back_delay_ds,
            back_delay_ds=road.there_delay_ds,
        )
        for road in town.roads
    ]
    return town.rebuilt(roads, [[way ^ 1 for way in reversed(path)] for path in town.paths])


@given(st.booleans().flatmap(lambda has_delays: random_towns(has_delays=has_delays)), DIRECTIONS)
@thousand
def test_the_reversed_graph_searched_the_other_way_tells_the_same(town: Town, direction: Direction) -> None:
    """With delays, for sites on junctions only: one at the end of a road is none at its start."""
    sites = town.sites
    if any(road.there_delay_ds or road.back_delay_ds for road in town.roads):
        sites = replace(sites, fraction=np.round(sites.fraction))
    other: Direction = "departure" if direction == "arrival" else "arrival"
    turned = _turned_round(town)
    one, two = search(town.graph, sites, direction), search(turned, sites, other)
    for mine, theirs in zip(junction_times(town.graph, one), junction_times(turned, two), strict=True):
        assert by_osm_id(town.graph, mine) == by_osm_id(turned, theirs)


@given(random_towns(), DIRECTIONS, st.tuples(st.integers(0, 60), st.integers(0, 60)), SEEDS)
@thousand
def test_thresholds_are_nested_and_a_limit_only_hides_what_lies_beyond(
    town: Town, direction: Direction, limits: tuple[int, int], seed: int
) -> None:
    points = points_of(town, seed)
    free = search(town.graph, town.sites, direction)
    free_at, site_at = times_at(town.graph, free, town.sites, points, direction)
    reached = []
    for limit_ds in sorted(limits):
        limited = search(town.graph, town.sites, direction, limit_ds)
        np.testing.assert_array_equal(limited.time_ds, np.where(free.time_ds <= limit_ds, free.time_ds, NEVER))
        np.testing.assert_array_equal(limited.site, np.where(free.time_ds <= limit_ds, free.site, -1))
        limited_at = times_at(town.graph, limited, town.sites, points, direction)
        np.testing.assert_array_equal(limited_at[0], np.where(free_at <= limit_ds, free_at, NEVER))
        np.testing.assert_array_equal(limited_at[1], np.where(free_at <= limit_ds, site_at, -1))
        reached.append(limited_at[0] < NEVER)
    assert (reached[0] <= reached[1]).all()


def _all_times(graph: RoadGraph, sites: Attachment, points: Attachment, direction: Direction) -> NDArray[np.int64]:
    reach = search(graph, sites, direction)
    at_points = times_at(graph, reach, sites, points, direction)[0].tolist()
    return np.array(at_junctions(graph, reach) + at_points, np.int64)


@given(random_towns(), DIRECTIONS, SEEDS)
@thousand
def test_one_more_road_makes_nobody_slower(town: Town, direction: Direction, seed: int) -> None:
    """The forbidden paths and the delays are held: those of the other roads do not change."""
    points = points_of(town, seed)
    more = [*town.roads, random_road(Random(seed), len(town.nodes))]
    before = _all_times(town.graph, town.sites, points, direction)
    assert (_all_times(town.rebuilt(more), town.sites, points, direction) <= before).all()


@given(random_towns(), DIRECTIONS, SEEDS)
@thousand
def test_one_more_forbidden_path_makes_nobody_quicker(town: Town, direction: Direction, seed: int) -> None:
    points = points_of(town, seed)
    fewer = town.rebuilt(paths=town.paths[: len(town.paths) // 2])
    before = _all_times(fewer, town.sites, points, direction)
    assert (_all_times(town.graph, town.sites, points, direction) >= before).all()


@given(random_towns(), DIRECTIONS, SEEDS)
@thousand
def test_one_more_site_makes_nobody_slower(town: Town, direction: Direction, seed: int) -> None:
    points = points_of(town, seed)
    fewer = town.sites.take(np.arange(len(town.sites) - 1))
    before = _all_times(town.graph, fewer, points, direction)
    assert (_all_times(town.graph, town.sites, points, direction) <= before).all()


@given(random_towns(), DIRECTIONS, SEEDS)
@thousand
def test_the_order_of_the_sites_matters_to_nobody(town: Town, direction: Direction, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(town.sites))
    points, shuffled = points_of(town, seed), town.sites.take(order)
    one, other = search(town.graph, town.sites, direction), search(town.graph, shuffled, direction)
    np.testing.assert_array_equal(one.time_ds, other.time_ds)
    one_at = times_at(town.graph, one, town.sites, points, direction)
    other_at = times_at(town.graph, other, shuffled, points, direction)
    np.testing.assert_array_equal(one_at[0], other_at[0])
    # Among sites at one time the lowest index wins: told apart by nothing else than their own times.
    each = np.stack([_of_one(town, site, points, direction) for site in range(len(town.sites))])
    reached = one_at[0] < NEVER
    np.testing.assert_array_equal(one_at[1][reached], each.argmin(axis=0)[reached])
    np.testing.assert_array_equal(other_at[1][reached], each[order].argmin(axis=0)[reached])


def _of_one(town: Town, which: int, points: Attachment, direction: Direction) -> NDArray[np.int32]:
    site = town.sites.take(np.array([which]))
    return times_at(town.graph, search(town.graph, site, direction), site, points, direction)[0]


@given(random_towns())
@thousand
def test_who_is_attached_can_come_and_go(town: Town) -> None:
    """Between any two attachable roads, from inside to inside, there is a way there and a way back."""
    roads = np.flatnonzero(town.graph.road_attachable).tolist()
    points = at(*[(road, 0.5) for road in roads[:1] + roads[-1:]])
    for one in range(len(points)):
        assert (_door_to_door(town.graph, points, one, "departure") < NEVER).all()


def test_the_random_towns_have_what_they_are_meant_to_have() -> None:
    """Overlapping and nested paths, U-turns, via ways, delays, and turns that are really refused."""
    met: set[str] = set()

    @given(random_towns())
    @settings(max_examples=200, deadline=None, database=None)
    def look(town: Town) -> None:
        graph = town.graph
        met.update(f"path of {len(path)}" for path in town.paths)
        met.update("U-turn" for path in town.paths for a, b in pairwise(path) if a == b ^ 1)
        states = graph.node_count - graph.junction_count
        met.update(["turn states"] * (states > 0), ["many states"] * int(np.bincount(graph.node_junction).max() > 3))
        met.update(["delays"] * bool(graph.road_forward_delay_ds.any()))
        met.update("loop" for road in town.roads if road.tail == road.head)
        met.update("one way" for road in town.roads if CLOSED in (road.there_ds, road.back_ds))
        free = _all_times(town.rebuilt(paths=[]), town.sites, town.sites, "arrival")
        kept = _all_times(graph, town.sites, town.sites, "arrival")
        met.update(["slower"] * bool(((kept > free) & (kept < NEVER)).any()), ["cut off"] * bool((kept > free).any()))

    look()
    assert met >= {"path of 2", "path of 3", "path of 4", "U-turn", "turn states", "many states", "delays"}
    assert met >= {"loop", "one way", "slower", "cut off"}


def test_a_road_of_one_town_is_driven_both_ways() -> None:
    assert Driver([Road(0, 1, 5, 7)], []).between((0, 0.0), [(0, 1.0)]) == [5]
    assert Driver([Road(0, 1, 5, 7)], []).between((0, 1.0), [(0, 0.0)]) == [7]
