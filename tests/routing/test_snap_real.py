"""Real roads: the same answer as shapely's nearest line, point by point."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from data.roads import read_roads
from routing.graph import RoadGraph
from routing.snap import Cause, attach

pytestmark = pytest.mark.real_data

FILES = {"geneve": "osm-pbf/geneve_2025-01.osm.pbf", "corse": "corse/routes/corse_reconstruit_longueurs_vraies.osm.pbf"}
LIMIT_M = 300.0


@pytest.fixture(scope="module", params=FILES)
def graph(request: pytest.FixtureRequest, real_data: Path) -> RoadGraph:
    return read_roads(real_data / FILES[request.param], name=request.param, crs_epsg=2154)[0]


def lines_of(graph: RoadGraph, roads: NDArray[np.int64]) -> NDArray[np.object_]:
    shapes = np.split(np.column_stack([graph.shape_x_m, graph.shape_y_m]), graph.shape_first[1:-1])
    return np.array([shapely.LineString(shapes[road]) for road in roads], np.object_)


def water_of(graph: RoadGraph) -> NDArray[np.object_]:
    xy = np.column_stack([graph.water_x_m, graph.water_y_m])
    owner = np.repeat(np.arange(len(graph.water_first) - 1), np.diff(graph.water_first))
    return np.asarray(shapely.linestrings(xy, indices=owner))


def some_points(graph: RoadGraph, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(30)
    near = random.integers(0, len(graph.shape_x_m), count)
    x_m, y_m = graph.shape_x_m[near], graph.shape_y_m[near]
    return x_m + random.normal(0, 150, count), y_m + random.normal(0, 150, count)


def test_the_nearest_road_of_shapely_where_no_water_is_between(graph: RoadGraph) -> None:
    roads = np.flatnonzero(graph.road_attachable)
    lines = lines_of(graph, roads)
    x_m, y_m = some_points(graph, 20_000)
    found = attach(graph, x_m, y_m, LIMIT_M)
    points = shapely.points(x_m, y_m)
    (asked, near), away_m = shapely.STRtree(lines).query_nearest(points, return_distance=True)
    first = np.unique(asked, return_index=True)[1]
    shapely_m = away_m[first]
    kept = found.road >= 0

    assert (found.access_m >= shapely_m - 1e-9).all()
    is_wet = found.access_m > shapely_m + 1e-9
    if len(graph.water_first) == 1:
        np.testing.assert_array_equal(is_wet, shapely_m > LIMIT_M)
    water = shapely.multilinestrings(water_of(graph)) if len(graph.water_first) > 1 else shapely.MultiLineString()
    shortest = shapely.shortest_line(points, lines[near[first]])
    assert shapely.intersects(shortest[is_wet & (shapely_m <= LIMIT_M)], water).all()
    assert not kept[shapely_m > LIMIT_M].any()
    assert not (found.cause[kept] > Cause.ATTACHED_PAST_AN_ISLAND).any()

    own = lines[np.searchsorted(roads, found.road[kept])]
    dry = ~is_wet[kept]
    np.testing.assert_allclose(shapely.distance(own, points[kept])[dry], found.access_m[kept][dry], atol=1e-9)
    there = shapely.line_interpolate_point(own, found.fraction[kept], normalized=True)
    np.testing.assert_allclose(shapely.distance(there, points[kept]), found.access_m[kept], atol=0.0101)


def test_no_walk_crosses_water(graph: RoadGraph) -> None:
    if len(graph.water_first) == 1:
        pytest.skip("no water in this extract")
    x_m, y_m = some_points(graph, 5_000)
    found = attach(graph, x_m, y_m, LIMIT_M)
    kept = found.road >= 0
    foot = shapely.line_interpolate_point(lines_of(graph, found.road[kept]), found.fraction[kept], normalized=True)
    walk = shapely.shortest_line(shapely.points(x_m[kept], y_m[kept]), foot)
    start, end = (shapely.line_interpolate_point(walk, m) for m in (0.03, np.maximum(found.access_m[kept] - 0.03, 0.0)))
    inner = shapely.shortest_line(start, end)
    long_enough = found.access_m[kept] > 0.1
    assert len(shapely.STRtree(water_of(graph)).query(inner[long_enough], predicate="intersects")[0]) == 0
    assert (found.cause == Cause.ACROSS_WATER).any()
