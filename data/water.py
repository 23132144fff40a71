"""The lines nobody walks across, in metres: rivers, canals, shores of lakes and of the sea."""

from __future__ import annotations

import numpy as np
import shapely

from data.measure import Float, Int, project
from data.osm import OsmTables

#: A bank is drawn to a few metres at best: no finer line is kept.
TOLERANCE_M = 5.0
#: A closed water smaller than this (a pond of 100 m by 100 m) is walked round, and stops nobody. Our own choice.
SMALLEST_M2 = 10_000.0


def water_lines(tables: OsmTables, crs_epsg: int) -> tuple[Int, Float, Float]:
    """Lines in metres of ``crs_epsg``: first int64[w + 1], x_m and y_m float64; ponds left out, shapes simplified.

    The border of a lake drawn in several ways is several lines, each of them kept whatever the size of the lake.
    """
    if len(tables.water_lon) == 0:
        return np.zeros(1, np.int64), np.empty(0), np.empty(0)
    points = np.column_stack(project(tables.water_lon, tables.water_lat, crs_epsg))
    counts = np.diff(tables.water_first)
    lines = np.asarray(shapely.linestrings(points, indices=np.repeat(np.arange(len(counts)), counts)))
    is_pond = shapely.is_closed(lines) & (_ring_areas_m2(tables.water_first, *points.T) < SMALLEST_M2)
    lines = np.asarray(shapely.simplify(lines[~is_pond], TOLERANCE_M, preserve_topology=False))
    lines = lines[~shapely.is_empty(lines) & (shapely.length(lines) > 0)]
    coordinates = shapely.get_coordinates(lines)
    first = np.concatenate(([0], np.cumsum(shapely.get_num_coordinates(lines))))
    return first.astype(np.int64), coordinates[:, 0].copy(), coordinates[:, 1].copy()


def _ring_areas_m2(first: Int, x_m: Float, y_m: Float) -> Float:
    """Area inside each closed line (the trapezoids between its sides and the axis, which cancel outside)."""
    side_m2 = np.zeros(len(x_m))
    side_m2[:-1] = (x_m[1:] - x_m[:-1]) * (y_m[1:] + y_m[:-1] - 2 * y_m[0]) / 2
    side_m2[first[1:] - 1] = 0.0  # from the end of a line to the start of the next
    areas_m2: Float = np.abs(np.add.reduceat(side_m2, first[:-1]))
    return areas_m2
