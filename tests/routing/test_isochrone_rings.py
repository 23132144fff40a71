"""Areas on worlds nobody thought of: valid as they come, nested, alone as together, with the origin inside."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from routing.contour import NO_LEVEL, trace
from routing.graph import RoadGraph
from routing.isochrone import isochrones, search_limit_ds
from routing.raster import FRACTION_STEPS, nearest_roads
from routing.reached import road_ends, road_order
from routing.search import Direction, times_at, times_from_origins, times_to_sites
from routing.snap import Attachment, attachment_xy
from tests.routing.worlds import CLOSED, Road, at, grid_world, make_graph

DELAY = 30


def any_town(seed: int) -> RoadGraph:
    """Streets of random times, one-way ones, delays, forbidden turns, bends and streets one may not stop on."""
    random = np.random.default_rng(seed)
    side, count = 9, int(random.integers(40, 140))
    nodes = [(x * 170.0 + 3 * y, y * 170.0) for y in range(side) for x in range(side)]
    start = random.integers(0, side * side - side - 1, count)
    end = start + random.choice([1, side, side + 1], count)
    there, back = random.integers(DELAY + 1, 900, count), random.integers(DELAY + 1, 900, count)
    back[random.random(count) < 0.2] = CLOSED
    roads = [
        Road(int(a), int(b), int(t), int(u), attachable=bool(random.random() < 0.9))
        for a, b, t, u in zip(start, end, there, back, strict=True)
    ]
    leaving: dict[int, list[int]] = {}
    for r, road in enumerate(roads):
        leaving.setdefault(road.tail, []).append(2 * r)
    turns = [(2 * r, onward) for r, road in enumerate(roads) for onward in leaving.get(road.head, ())]
    paths = [turns[i] for i in random.permutation(len(turns))[:12]]
    delays: dict[str, Any] = {
        f"road_{way}_delay_ds": random.choice([0, DELAY], count) for way in ("forward", "backward")
    }
    delays["road_backward_delay_ds"][back == CLOSED] = 0
    return make_graph(nodes, roads, forbidden_paths=paths, **delays)


def some_sites(graph: RoadGraph, seed: int, count: int) -> Attachment:
    random = np.random.default_rng(seed)
    road = random.choice(np.flatnonzero(graph.road_attachable), count)
    places = [(int(r), float(random.choice([0.0, 0.3, 1.0, random.random()]))) for r in road]
    return at(*places, access_m=random.choice([0.0, 13.0], count).tolist())


towns = st.integers(0, 10_000).map(any_town).filter(lambda graph: bool(graph.road_attachable.any()))
limits = st.lists(st.integers(1, 150).map(float), min_size=1, max_size=5)
directions: st.SearchStrategy[Direction] = st.sampled_from(["arrival", "departure"])
SEARCH = {"arrival": times_to_sites, "departure": times_from_origins}


@given(towns, st.integers(0, 10_000), limits, directions, st.sampled_from([25.0, 60.0, 100.0]))
@settings(max_examples=80, deadline=None)
def test_sound_alone_as_together(
    graph: RoadGraph, seed: int, limits_s: list[float], direction: Direction, cell_m: float
) -> None:
    sites = some_sites(graph, seed, 1 + seed % 3)
    reach = SEARCH[direction](graph, sites)
    areas = isochrones(graph, reach, sites, limits_s, cell_m)
    x_m, y_m = attachment_xy(graph, sites)
    for limit_s, area in zip(limits_s, areas, strict=True):
        assert area.is_valid
        short = SEARCH[direction](graph, sites, search_limit_ds([limit_s]))
        alone = isochrones(graph, short, sites, [limit_s], cell_m)[0]
        assert shapely.to_wkb(alone) == shapely.to_wkb(area)  # to the bit
        assert shapely.is_valid(shapely.transform(area, lambda xy: np.round(xy, 1)))
        assert all(shapely.is_ccw(part.exterior) for part in area.geoms)
        near_enough = sites.access_m / 1.3 < limit_s
        assert shapely.contains_xy(area, x_m[near_enough], y_m[near_enough]).all()
    by_time = [areas[i] for i in np.argsort(limits_s, kind="stable")]
    for small, large in pairwise(by_time):
        assert small.is_empty or small.difference(large).area < 1e-6


@given(towns, st.integers(0, 10_000), directions)
@settings(max_examples=40, deadline=None)
def test_corners_take_the_time_of_their_place_on_the_road(graph: RoadGraph, seed: int, direction: Direction) -> None:
    """By the ends of roads, delays and turn states included, as ``times_at`` says it of each point."""
    sites = some_sites(graph, seed, 1)
    reach = SEARCH[direction](graph, sites)
    ends, order = road_ends(graph, reach, 2**30), road_order(graph)
    near = nearest_roads(graph, 100.0, 400.0)
    for i, place in enumerate(ends.place.tolist()):
        road = int(order.road[place])
        if road == sites.road[0]:
            continue
        steps = near.fraction[near.first[place] : near.first[place + 1]].astype(np.float64)
        points = at(*[(road, step / FRACTION_STEPS) for step in steps.tolist()]) if len(steps) else None
        if points is None:
            continue
        wanted, _ = times_at(graph, reach, sites, points, direction)
        by_tail = ends.by_tail_ds[i] + np.floor(steps * (ends.tail_whole_ds[i] / FRACTION_STEPS) + 0.5)
        by_head = ends.by_head_ds[i] + np.floor(
            (FRACTION_STEPS - steps) * (ends.head_whole_ds[i] / FRACTION_STEPS) + 0.5
        )
        found = np.minimum(by_tail, by_head)
        found = np.where(steps == 0, ends.at_tail_ds[i], found)
        found = np.where(steps == FRACTION_STEPS, ends.at_head_ds[i], found)
        assert np.abs(np.minimum(found, CLOSED) - wanted).max() <= 1  # halves may be rounded to either side


@given(st.integers(3, 12), st.integers(3, 20), st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
@settings(max_examples=200, deadline=None)
def test_rings_round_any_spots(rows: int, columns: int, seed: int, share: float) -> None:
    """Every pattern of corners, saddles and all: one valid area, with exactly the inside corners in it."""
    inside = np.random.default_rng(seed).random((rows, columns)) < share
    width = -(-(columns + 2) // 8) * 8
    level = np.full((rows + 2, width), NO_LEVEL, np.uint8)
    level[1 : rows + 1, 1 : columns + 1][inside] = 0
    size = level.size
    xy, ring_first, polygon_first = trace(
        level.ravel(), width, np.arange(size, dtype=np.int32), np.empty(size, np.int32), np.empty(4, np.int64),
        np.zeros(size, np.int32), np.full(size, 0x7F7F7F7F, np.uint32), 0, 100, 110, 5, 0.02, 0.0, 0, 0,
    )  # fmt: skip
    before = level.copy()
    assert np.isin(before, [0, NO_LEVEL]).all()  # no mark is left behind
    if not inside.any():
        assert len(polygon_first) == 1
        return
    offsets = (ring_first, polygon_first, np.array([0, len(polygon_first) - 1]))
    area = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, xy, offsets)[0]
    assert area.is_valid
    row, column = np.indices((rows, columns))
    np.testing.assert_array_equal(shapely.contains_xy(area, column + 1, row + 1), inside)
    signed = [shapely.Polygon(ring).area for part in area.geoms for ring in part.interiors]
    assert all(hole > 0 for hole in signed)


RING = make_graph(
    [(0, 0), (3000, 0), (3000, 3000), (0, 3000), (1500, 1500), (1500, 1600)],
    [Road(0, 1, 100), Road(1, 2, 100), Road(2, 3, 100), Road(3, 0, 100), Road(4, 5, 9000), Road(5, 0, 9000)],
)


def test_a_block_nobody_reaches_is_a_hole() -> None:
    site = at((0, 0.0))
    area = isochrones(RING, times_to_sites(RING, site), site, [60.0])[0]
    assert len(area.geoms) == 1
    assert len(area.geoms[0].interiors) == 1
    assert not area.covers(shapely.Point(1500, 1500))


def test_the_origin_is_inside_however_far_from_the_road() -> None:
    graph = grid_world(3, block_m=3000.0, block_ds=3000)
    site = at((0, 0.5), access_m=600.0)
    x_m, y_m = (float(v[0]) for v in attachment_xy(graph, site))
    origin = [[x_m + 10.0, y_m + 600.0]]
    reach = times_to_sites(graph, site)
    small, large = isochrones(graph, reach, site, [60.0, 900.0], origins_xy_m=origin)
    for area in (small, large):
        assert area.contains(shapely.Point(origin[0]))
    assert not small.contains(shapely.Point(x_m, y_m))  # 462 s on foot
    assert large.contains(shapely.LineString([origin[0], (x_m, y_m)]))
    assert len(large.geoms) == 1


def test_put_in_degrees_it_stays_valid() -> None:
    town = grid_world(30, block_m=130.0, block_ds=110)
    moved = make_graph(
        [(x + 600_000, y + 6_500_000) for x, y in zip(town.node_x_m.tolist(), town.node_y_m.tolist(), strict=True)],
        [Road(int(a), int(b), 110 + 7 * (int(a) % 50)) for a, b in zip(town.road_tail, town.road_head, strict=True)],
    )
    to_wgs84 = Transformer.from_crs(2154, 4326, always_xy=True)
    for r in range(0, moved.road_count, 97):
        site = at((r, 0.5))
        for area in isochrones(moved, times_to_sites(moved, site), site, [60.0, 120.0, 240.0]):
            turned = shapely.transform(area, lambda xy: np.round(np.column_stack(to_wgs84.transform(*xy.T)), 6))
            assert turned.is_valid


def test_cells_must_be_positive_and_not_too_many() -> None:
    site = at((0, 0.5))
    reach = times_to_sites(RING, site)
    with pytest.raises(ValueError, match="positive"):
        isochrones(RING, reach, site, [60.0], 0.0)
    with pytest.raises(ValueError, match="too many"):
        isochrones(RING, reach, site, [60.0], 0.01)
    with pytest.raises(ValueError, match="limits"):
        isochrones(RING, reach, site, [float(i + 1) for i in range(61)])
