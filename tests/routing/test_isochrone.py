"""Isochrones against the truth of the network: who is reached is inside, who is not is outside."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from routing.graph import RoadGraph
from routing.isochrone import isochrones
from routing.search import times_at, times_from_origins, times_to_sites
from routing.snap import Attachment, attach, attachment_xy
from tests.routing.worlds import CLOSED, Road, at, grid_world, make_graph


def drawn(graph: RoadGraph, sites: Attachment, limits_s: list[float], cell_m: float = 100.0) -> list[MultiPolygon]:
    return isochrones(graph, times_to_sites(graph, sites), sites, limits_s, cell_m)


def along_roads(graph: RoadGraph, count: int) -> Attachment:
    """Points drawn uniformly along the metres of all roads that one may stop on."""
    random = np.random.default_rng(1)
    metres = np.where(graph.road_attachable, graph.road_length_m, 0.0)
    road = random.choice(graph.road_count, count, p=metres / metres.sum()).astype(np.int32)
    return Attachment(road, random.random(count), np.zeros(count))


def errors_pct(
    graph: RoadGraph, sites: Attachment, area: MultiPolygon, limit_s: float, points: Attachment
) -> tuple[float, float]:
    """(reached but outside, inside but not reached), in percent of those reached."""
    time_ds, _ = times_at(graph, times_to_sites(graph, sites), sites, points, "arrival")
    is_reached: NDArray[np.bool_] = time_ds < limit_s * 10
    inside = shapely.contains_xy(area, *attachment_xy(graph, points))
    assert is_reached.sum() > 100
    return (
        100 * float((is_reached & ~inside).sum() / is_reached.sum()),
        100 * float((inside & ~is_reached).sum() / is_reached.sum()),
    )


def assert_sound(graph: RoadGraph, sites: Attachment, areas: list[MultiPolygon]) -> None:
    assert all(isinstance(area, MultiPolygon) and area.is_valid for area in areas)
    for small, large in pairwise(areas):
        assert small.difference(large).area < 1e-6 * (small.area + 1)
    for x, y in zip(*attachment_xy(graph, sites.take(sites.road >= 0)), strict=True):
        assert all(area.covers(shapely.Point(x, y)) for area in areas)


TOWN = grid_world(40, block_m=250.0, block_ds=200)


def test_in_a_perfect_town_it_is_the_diamond_of_equal_blocks() -> None:
    centre = attach(TOWN, [5000.0], [5000.0], 10.0)
    areas = drawn(TOWN, centre, [100.0, 200.0, 300.0])
    assert_sound(TOWN, centre, areas)
    for limit_s, area in zip([100.0, 200.0, 300.0], areas, strict=True):
        reach_m = limit_s / 20 * 250
        for turn in ((1, 0), (0, 1), (-1, 0), (0, -1)):
            inside, outside = (
                shapely.Point(5000 + turn[0] * d, 5000 + turn[1] * d) for d in (reach_m - 110, reach_m + 110)
            )
            assert area.covers(inside)
            assert not area.covers(outside)
        missed_pct, false_pct = errors_pct(TOWN, centre, area, limit_s, along_roads(TOWN, 20_000))
        assert missed_pct < 4
        assert false_pct < 4


def test_a_finer_raster_is_nearer_the_truth() -> None:
    centre, points = attach(TOWN, [5000.0], [5000.0], 10.0), along_roads(TOWN, 20_000)
    coarse, fine = (drawn(TOWN, centre, [200.0], cell_m)[0] for cell_m in (100.0, 25.0))
    assert sum(errors_pct(TOWN, centre, fine, 200.0, points)) < sum(errors_pct(TOWN, centre, coarse, 200.0, points))


#   0 ═══════ fast road ═══════ 1        300 m above it, a slow one joined at its far end only:
#   2 ─────── slow road ─────── 3        beside what is reached, and not reached
#                               │
BESIDE = make_graph(
    [(0, 0), (4000, 0), (0, 300), (4000, 300)],
    [Road(0, 1, 1200), Road(2, 3, 6000), Road(1, 3, 3000)],
)


def test_a_road_that_is_not_reached_is_outside_though_the_next_one_is_reached() -> None:
    site = at((0, 0.0))
    area = drawn(BESIDE, site, [150.0])[0]
    for x in range(0, 4000, 100):
        assert area.covers(shapely.Point(x, 0)), x
        assert not area.covers(shapely.Point(x, 300)), x
    assert not area.covers(shapely.Point(2000, -600))  # land further than 400 m from any road


def test_a_long_road_is_cut_half_way() -> None:
    area = drawn(BESIDE, at((0, 0.0)), [60.0])[0]  # 120 s for 4 km
    assert area.covers(shapely.Point(1900, 0))
    assert not area.covers(shapely.Point(2100, 0))


def test_a_motorway_gives_no_time_to_the_land_beside_it() -> None:
    #  0 ─── 1 ═══ no stopping ═══ 2 ─── 3
    nodes = [(0, 0), (1000, 0), (9000, 0), (10_000, 0)]
    graph = make_graph(nodes, [Road(0, 1, 300), Road(1, 2, 600, attachable=False), Road(2, 3, 300)])
    area = drawn(graph, at((0, 0.0)), [110.0])[0]
    for x, is_inside in ((500, True), (5000, False), (9500, True)):
        assert area.covers(shapely.Point(x, 0)) == is_inside


def test_one_way_streets_make_arrival_and_departure_differ() -> None:
    nodes = [(0, 0), (2000, 0), (2000, 2000), (0, 2000)]
    ring = make_graph(nodes, [Road(i, (i + 1) % 4, 600, CLOSED) for i in range(4)])
    site = at((0, 0.0))
    before = isochrones(ring, times_to_sites(ring, site), site, [50.0])[0]
    after = isochrones(ring, times_from_origins(ring, site), site, [50.0])[0]
    assert [before.covers(shapely.Point(*p)) for p in ((0, 1000), (1000, 0))] == [True, False]
    assert [after.covers(shapely.Point(*p)) for p in ((0, 1000), (1000, 0))] == [False, True]


def test_a_walk_longer_than_the_limit_leaves_nothing() -> None:
    far = at((0, 0.5), access_m=100.0)  # 77 s on foot
    areas = drawn(BESIDE, far, [60.0, 90.0])
    assert areas[0].is_empty
    assert areas[1].covers(shapely.Point(2000, 0))
    assert all(area.is_empty for area in drawn(BESIDE, at((-1, 0.0)), [60.0]))


def test_areas_come_in_the_order_asked() -> None:
    areas = drawn(TOWN, at((0, 0.0)), [300.0, 100.0, 200.0])
    assert areas[1].area < areas[2].area < areas[0].area


def test_a_search_too_short_or_no_limit_is_refused() -> None:
    site = at((0, 0.0))
    short = times_to_sites(BESIDE, site, 600)
    with pytest.raises(ValueError, match="780"):
        isochrones(BESIDE, short, site, [60.0])
    assert isochrones(BESIDE, times_to_sites(BESIDE, site, 780), site, [60.0])[0].area > 0
    for limits in ([], [0.0], [-5.0], [float("nan")], [float("inf")]):
        with pytest.raises(ValueError, match="positive"):
            drawn(BESIDE, site, limits)


@given(st.integers(0, 10_000), st.integers(1, 4), st.lists(st.integers(1, 120), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_any_town_any_sites_sound(seed: int, site_count: int, limits_s: list[int]) -> None:
    random = np.random.default_rng(seed)
    side, count = 9, int(random.integers(40, 140))
    nodes = [(x * 170.0, y * 170.0) for y in range(side) for x in range(side)]
    start = random.integers(0, side * side - side - 1, count)
    end = start + random.choice([1, side, side + 1], count)
    times = random.integers(1, 400, count).tolist()
    graph = make_graph(nodes, [Road(*r) for r in zip(start.tolist(), end.tolist(), times, strict=True)])
    sites = at(*[(int(r), float(random.random())) for r in random.integers(0, count, site_count)])
    assert_sound(graph, sites, drawn(graph, sites, sorted(float(limit) for limit in limits_s)))
