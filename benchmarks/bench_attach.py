"""Points attached to roads, beside shapely's tree asked for the nearest line; equal point by point beforehand.

Ours gives road, fraction, side, cause and distance, and looks at the water; shapely's only which line and how far.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.bench_search import median_ms
from benchmarks.surroundings import digests, real_file
from benchmarks.tables import Line, Section
from data.roads import read_roads
from routing.graph import RoadGraph
from routing.snap import attach, build_index, count_causes

FILES = {
    "Corsica": "corse/routes/corse_reconstruit_longueurs_vraies.osm.pbf",
    "Midi-Pyrénées": "midi-pyrenees/routes/midi_pyrenees_reconstruit.osm.pbf",
    "Genève": "osm-pbf/geneve_2025-01.osm.pbf",  # the one that has water
}
CRS_EPSG = 2154
COUNTS = (10_000, 100_000)
LIMIT_M = 500.0
#: Spread of the points round the shapes of the roads.
ASIDE_M = 150.0
#: "A few µs or less", and an index "well under a second".
GOAL_US, GOAL_INDEX_MS = 5.0, 500.0


def measure() -> Section:
    """Building and asking, ours beside shapely's. Raises AssertionError for another distance than shapely's."""
    files = {path: real_file(path) for path in FILES.values()}
    section = Section("attach", f"points attached to roads, {LIMIT_M:.0f} m at most", inputs=digests(files))
    for name, path in FILES.items():
        graph, _ = read_roads(files[path], name=name, crs_epsg=CRS_EPSG)
        lines = road_lines(graph)
        section.lines.append(_built(name, graph, lines))
        section.lines += [_asked(name, graph, shapely.STRtree(lines), count) for count in COUNTS]
        section.notes.append(_note(name, graph))
    section.notes.append("One thread. shapely: query_nearest within the limit, lines and points made beforehand.")
    return section


def road_lines(graph: RoadGraph) -> NDArray[np.object_]:
    """The attachable roads as shapely's lines."""
    is_wanted = np.repeat(graph.road_attachable, np.diff(graph.shape_first))
    owner = np.repeat(np.cumsum(graph.road_attachable) - 1, np.diff(graph.shape_first))
    xy = np.column_stack([graph.shape_x_m, graph.shape_y_m])
    return np.asarray(shapely.linestrings(xy[is_wanted], indices=owner[is_wanted]))


def some_points(graph: RoadGraph, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points round the shapes of the roads, in no order: the hardest for the processor's cache."""
    random = np.random.default_rng(30)
    near = random.integers(0, len(graph.shape_x_m), count)
    aside_x_m, aside_y_m = random.normal(0, ASIDE_M, (2, count))
    return graph.shape_x_m[near] + aside_x_m, graph.shape_y_m[near] + aside_y_m


def _built(name: str, graph: RoadGraph, lines: NDArray[np.object_]) -> Line:
    def theirs() -> object:  # the tree is made when it is first asked
        return shapely.STRtree(lines).query(shapely.Point(0, 0))

    ours_ms = median_ms(lambda: build_index(graph), 5)
    return Line(f"{name}: the index", ours_ms, "ms", GOAL_INDEX_MS, {"shapely": median_ms(theirs, 5)})


def _asked(name: str, graph: RoadGraph, tree: shapely.STRtree, count: int) -> Line:
    x_m, y_m = some_points(graph, count)
    points = shapely.points(x_m, y_m)

    def nearest() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        return tree.query_nearest(points, max_distance=LIMIT_M, return_distance=True)

    _check_equal(graph, attach(graph, x_m, y_m, LIMIT_M).access_m, *nearest())
    ours_us = median_ms(lambda: attach(graph, x_m, y_m, LIMIT_M), 5) * 1000 / count
    return Line(
        f"{name}: each of {count:,} points",
        ours_us,
        "µs",
        GOAL_US,
        {"shapely": median_ms(nearest, 3) * 1000 / count},
    )


def _check_equal(
    graph: RoadGraph, ours_m: NDArray[np.float64], asked: NDArray[np.int64], away_m: NDArray[np.float64]
) -> None:
    """The same distances; where there is water, never a shorter one."""
    theirs_m = np.full(len(ours_m), np.inf)
    theirs_m[asked[0]] = away_m
    if len(graph.water_first) > 1:
        theirs_m = np.where(ours_m > theirs_m, ours_m, theirs_m)
    np.testing.assert_allclose(ours_m, theirs_m, atol=1e-9)


def _note(name: str, graph: RoadGraph) -> str:
    index = build_index(graph)
    memory_mb = (index.roads.own_bytes + index.water.own_bytes + index.is_island.nbytes) / 1e6
    causes = count_causes(attach(graph, *some_points(graph, COUNTS[-1]), LIMIT_M))
    said = ", ".join(f"{count} {cause.name}" for cause, count in causes.items() if count)
    return (
        f"{name}: {graph.road_count} roads, {len(graph.shape_x_m)} shape points, {len(graph.water_first) - 1} waters; "
        f"index of {memory_mb:.1f} MB; of the {COUNTS[-1]:,} points {said}."
    )
