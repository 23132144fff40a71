"""Times along roads drawn as areas, for the eye only: people are counted by the time of their own point.

Each cell of a raster takes the time of the road nearest to it, so that a road that is not reached pushes
the line back; the line is then interpolated between cells. Reaching *over* roads that are not reached, as
hulls and buffers do, is what makes an isochrone lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import contourpy
import numpy as np
import shapely
from numba import float64, int32, types
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from routing.compiled import compiled, read_only
from routing.graph import UNREACHED_DS, RoadGraph
from routing.search import ACCESS_WALK_M_PER_S, Reach, times_at
from routing.snap import Attachment, attachment_xy

#: The search must go this much further than the largest limit: the line lies between what is and is not
#: reached.
SEARCH_MARGIN: Final = 1.1

#: How far a road gives its time to the land beside it.
BESIDE_ROAD_M: Final = 400.0

#: The line is drawn this much under the limit. Times are whole and the middle of four of them a multiple of
#: 1/4, so the line meets no corner of the raster and no saddle exactly: rings never touch themselves.
_UNDER_LIMIT_DS: Final = 0.3


@dataclass(frozen=True, slots=True)
class _Raster:
    """rows x columns points, ``cell_m`` apart, the first at (west_m, south_m)."""

    west_m: float
    south_m: float
    cell_m: float
    columns: int
    rows: int


def isochrones(
    graph: RoadGraph,
    reach: Reach,
    sites: Attachment,
    limits_s: Sequence[float],
    cell_m: float = 100.0,
    *,
    walk_m_per_s: float = ACCESS_WALK_M_PER_S,
) -> list[MultiPolygon]:
    """Where one is in strictly less than each limit, one area per limit, in the order given.

    ``reach`` is the search from ``sites``, in either direction, without limit or with one of at least
    ``SEARCH_MARGIN`` times the largest of ``limits_s``. The areas are in the CRS of the graph, valid,
    nested, and hold the places where the sites meet the roads; land further than ``BESIDE_ROAD_M`` from any
    road that one may stop on is left out, and the walk from the road is not counted. An area is empty when
    the walk to the road alone takes longer. Raises ValueError for no limits, a limit that is not positive,
    a search too short.
    """
    limits_ds = np.asarray(limits_s, np.float64) * 10
    if len(limits_ds) == 0 or not (np.isfinite(limits_ds) & (limits_ds > 0)).all() or not cell_m > 0:
        raise ValueError(f"limits and cell must be positive: {list(limits_s)} s, {cell_m} m")
    beyond_ds = round(float(limits_ds.max()) * SEARCH_MARGIN)
    if reach.limit_ds is not None and reach.limit_ds < beyond_ds:
        raise ValueError(f"the search stopped at {reach.limit_ds} ds, drawing needs {beyond_ds} ds")
    attached = sites.take(sites.road >= 0)
    if len(attached) == 0:
        return [MultiPolygon() for _ in limits_ds]

    raster, roads = _frame(graph, reach, attached, beyond_ds, cell_m)
    samples, x_m, y_m = _samples(graph, roads, cell_m / 2)
    sample_ds, _ = times_at(graph, reach, sites, samples, reach.direction, walk_m_per_s=walk_m_per_s)
    time_ds = _nearest_road_ds(
        (x_m - raster.west_m) / cell_m,
        (y_m - raster.south_m) / cell_m,
        np.minimum(sample_ds, beyond_ds).astype(np.int32),
        raster.columns,
        raster.rows,
        BESIDE_ROAD_M / cell_m,
        beyond_ds,
    )
    _hold_sites(graph, raster, time_ds, attached, walk_m_per_s)
    areas = _contours(raster, time_ds, limits_ds)
    return _nested(areas, limits_ds)


def _frame(
    graph: RoadGraph, reach: Reach, sites: Attachment, beyond_ds: int, cell_m: float
) -> tuple[_Raster, NDArray[np.int32]]:
    """The raster round everything reached, and the roads in it that one may stop on: int32[r]."""
    is_reached = reach.time_ds < beyond_ds
    ends_reached = is_reached[graph.road_tail] | is_reached[graph.road_head]
    wanted = ends_reached & graph.road_attachable
    wanted[sites.road] = True
    of_wanted = np.repeat(wanted, np.diff(graph.shape_first))
    x, y = graph.shape_x_m, graph.shape_y_m
    margin_m = BESIDE_ROAD_M + 2 * cell_m
    west, south = float(x[of_wanted].min() - margin_m), float(y[of_wanted].min() - margin_m)
    east, north = float(x[of_wanted].max() + margin_m), float(y[of_wanted].max() + margin_m)
    columns, rows = int((east - west) / cell_m) + 2, int((north - south) / cell_m) + 2
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    touches = np.logical_or.reduceat(inside, graph.shape_first[:-1])
    roads = np.flatnonzero((touches & graph.road_attachable) | wanted).astype(np.int32)
    return _Raster(west, south, cell_m, columns, rows), roads


def _samples(
    graph: RoadGraph, roads: NDArray[np.int32], step_m: float
) -> tuple[Attachment, NDArray[np.float64], NDArray[np.float64]]:
    """Points along the roads, ``step_m`` apart at most, with no walk, and their x_m, y_m."""
    x, y = graph.shape_x_m, graph.shape_y_m
    is_of_roads = np.zeros(graph.road_count, np.bool_)
    is_of_roads[roads] = True
    owner = np.repeat(np.arange(graph.road_count, dtype=np.int32), np.diff(graph.shape_first))
    start = np.flatnonzero((owner[:-1] == owner[1:]) & is_of_roads[owner[:-1]])  # first point of each segment
    owner = owner[start]
    length_m = np.hypot(x[start + 1] - x[start], y[start + 1] - y[start])
    whole_m = np.bincount(owner, length_m, graph.road_count)[owner]
    so_far_m = np.cumsum(length_m) - length_m
    is_first = np.concatenate([[True], owner[1:] != owner[:-1]])
    before_m = so_far_m - so_far_m[is_first][np.cumsum(is_first) - 1]

    count = np.maximum(np.ceil(length_m / step_m).astype(np.int64), 1)
    segment = np.repeat(np.arange(len(start)), count)
    place = np.arange(len(segment)) - np.repeat(np.cumsum(count) - count, count)
    part = (place + 0.5) / count[segment]
    at_m = before_m[segment] + part * length_m[segment]
    total_m = whole_m[segment]
    fraction = np.divide(at_m, total_m, out=np.zeros(len(segment)), where=total_m > 0).clip(0.0, 1.0)
    first = start[segment]
    points = Attachment(owner[segment], fraction, np.zeros(len(segment)))
    return points, x[first] + part * (x[first + 1] - x[first]), y[first] + part * (y[first + 1] - y[first])


def _hold_sites(
    graph: RoadGraph,
    raster: _Raster,
    time_ds: NDArray[np.int32],
    sites: Attachment,
    walk_m_per_s: float,
) -> None:
    """Give the four corners round each site the time of its walk: the site is inside its own area."""
    x_m, y_m = attachment_xy(graph, sites)
    column = ((x_m - raster.west_m) // raster.cell_m).astype(np.int64)
    row = ((y_m - raster.south_m) // raster.cell_m).astype(np.int64)
    walk_ds = np.minimum(sites.access_m * (10 / walk_m_per_s), float(UNREACHED_DS)).astype(np.int32)
    for beside in (0, 1):
        for above in (0, 1):
            np.minimum.at(time_ds, (row + above, column + beside), walk_ds)


def _contours(raster: _Raster, time_ds: NDArray[np.int32], limits_ds: NDArray[np.float64]) -> list[MultiPolygon]:
    x_m = raster.west_m + raster.cell_m * np.arange(raster.columns)
    y_m = raster.south_m + raster.cell_m * np.arange(raster.rows)
    generator = contourpy.contour_generator(
        x_m, y_m, time_ds.astype(np.float64), fill_type=contourpy.FillType.OuterOffset
    )
    areas = []
    for limit_ds in limits_ds:
        filled: Any = generator.filled(-1.0, np.ceil(limit_ds) - _UNDER_LIMIT_DS)
        polygons = [_polygon(xy, cut) for xy, cut in zip(*filled, strict=True)]
        areas.append(_valid(MultiPolygon(polygons)))
    return areas


def _polygon(xy: NDArray[np.float64], ring_first: NDArray[np.uint32]) -> shapely.Polygon:
    """Ring r is ``xy[ring_first[r]:ring_first[r + 1]]``, the first is the outside."""
    shell, *holes = [xy[first:end] for first, end in pairwise(ring_first)]
    return shapely.Polygon(shell, holes)


def _valid(area: shapely.MultiPolygon | shapely.Geometry) -> MultiPolygon:
    """The area itself, or, should rounding ever make it invalid, the polygons of its repair."""
    if not shapely.is_valid(area):
        area = shapely.make_valid(area)
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon" and not part.is_empty]
    return MultiPolygon(parts)


def _nested(areas: list[MultiPolygon], limits_ds: NDArray[np.float64]) -> list[MultiPolygon]:
    """Rounding may leave a smaller area out of a larger one by a hair: then the larger takes it in."""
    order = np.argsort(limits_ds, kind="stable").tolist()
    for small, large in pairwise(order):
        if not (areas[small].is_empty or areas[large].covers(areas[small])):
            areas[large] = _valid(areas[large].union(areas[small]))
    return areas


@compiled(
    int32[:, ::1](
        read_only(float64),
        read_only(float64),
        read_only(int32),
        types.int64,
        types.int64,
        types.float64,
        types.int64,
    )
)
def _nearest_road_ds(  # noqa: PLR0912
    column: NDArray[np.float64],
    row: NDArray[np.float64],
    sample_ds: NDArray[np.int32],
    columns: int,
    rows: int,
    reach_cells: float,
    beyond_ds: int,
) -> NDArray[np.int32]:
    """Time of the sample nearest to each point of the raster: int32[rows, columns], ``beyond_ds`` without
    one.

    Samples stand at (column, row) in cells. Each point first takes the nearest of the samples round it,
    then its neighbours' when that is nearer, in two sweeps up and down (Danielsson 1980, nearly exact).
    """
    nearest = np.full((rows, columns), -1, np.int32)
    for s in range(len(column)):
        middle_i, middle_j = int(np.floor(row[s] + 0.5)), int(np.floor(column[s] + 0.5))
        for i in range(max(middle_i - 1, 0), min(middle_i + 2, rows)):
            for j in range(max(middle_j - 1, 0), min(middle_j + 2, columns)):
                held = nearest[i, j]
                if held >= 0:
                    here = (column[s] - j) ** 2 + (row[s] - i) ** 2
                    there = (column[held] - j) ** 2 + (row[held] - i) ** 2
                    if there < here or (there == here and sample_ds[held] <= sample_ds[s]):
                        continue
                nearest[i, j] = s
    for sweep in range(4):
        up, right = sweep % 2 == 0, sweep < 2
        for a in range(rows):
            i = a if up else rows - 1 - a
            behind = i - 1 if up else i + 1
            for b in range(columns):
                j = b if right else columns - 1 - b
                held = nearest[i, j]
                best = np.inf
                if held >= 0:
                    best = (column[held] - j) ** 2 + (row[held] - i) ** 2
                for k in range(4):
                    ii = i if k == 3 else behind
                    jj = (j - 1 if right else j + 1) if k == 3 else j + k - 1
                    if not (0 <= ii < rows and 0 <= jj < columns) or nearest[ii, jj] < 0:
                        continue
                    other = nearest[ii, jj]
                    distance = (column[other] - j) ** 2 + (row[other] - i) ** 2
                    if distance < best:
                        best = distance
                        held = other
                nearest[i, j] = held
    time_ds = np.full((rows, columns), beyond_ds, np.int32)
    for i in range(rows):
        for j in range(columns):
            held = nearest[i, j]
            if held >= 0 and (column[held] - j) ** 2 + (row[held] - i) ** 2 <= reach_cells**2:
                time_ds[i, j] = sample_ds[held]
    return time_ds
