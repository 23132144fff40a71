"""Attaches points to roads: which road, where along it, how far on foot. "Not attached" is an answer too."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from routing.graph import RoadGraph

#: A point this near an end of a road stands on the junction itself, whatever the directions of the road.
JUNCTION_TOLERANCE_M = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Attachment:
    """Where p points meet the roads.

    road: int32[p], -1 when not attached; fraction: float64[p] in 0..1 from ``road_tail`` along the shape (0
    when not attached); access_m: float64[p], from point to road in a straight line, inf when not attached.
    """

    road: NDArray[np.int32]
    fraction: NDArray[np.float64]
    access_m: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not self.road.shape == self.fraction.shape == self.access_m.shape == (len(self.road),):
            raise ValueError("road, fraction and access_m are not vectors of one length")
        if not ((self.fraction >= 0) & (self.fraction <= 1)).all():
            raise ValueError("a fraction is not within 0..1")
        is_attached = self.road >= 0
        if not (np.isfinite(self.access_m[is_attached]) & (self.access_m[is_attached] >= 0)).all():
            raise ValueError("an attached point has an access distance that is negative or not finite")

    def __len__(self) -> int:
        return len(self.road)

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> Attachment:
        """The points of these indices, or of this mask, in that order."""
        return Attachment(self.road[which], self.fraction[which], self.access_m[which])


@dataclass(frozen=True, slots=True)
class _RoadIndex:
    road: NDArray[np.int32]  # the attachable roads, in the order of the tree
    line: NDArray[np.object_]
    tree: shapely.STRtree


_indexes: WeakKeyDictionary[RoadGraph, _RoadIndex] = WeakKeyDictionary()
_lock = Lock()


def attach(graph: RoadGraph, x_m: ArrayLike, y_m: ArrayLike, max_access_m: ArrayLike) -> Attachment:
    """Attach each point to the nearest attachable road, if there is one within ``max_access_m``.

    ``x_m, y_m`` float64[p] in the graph's CRS; ``max_access_m`` one distance for all or float64[p]. Of roads
    at one distance, the first. The spatial index is made at the first call and kept as long as the graph.
    Raises ValueError for a coordinate that is not finite or a distance that is negative.
    """
    x, y = np.atleast_1d(np.asarray(x_m, np.float64)), np.atleast_1d(np.asarray(y_m, np.float64))
    limit_m = np.broadcast_to(np.asarray(max_access_m, np.float64), x.shape)
    if not (limit_m >= 0).all():
        raise ValueError("max_access_m is negative or not a number")
    if not (np.isfinite(x) & np.isfinite(y)).all():
        raise ValueError("a point has no finite coordinates")
    road = np.full(len(x), -1, np.int32)
    fraction = np.zeros(len(x))
    access_m = np.full(len(x), np.inf)
    index = _index_of(graph)
    if len(x) == 0 or len(index.road) == 0:
        return Attachment(road, fraction, access_m)

    points = np.asarray(shapely.points(x, y), np.object_)
    near, distance_m = _nearest(index.tree, points, float(limit_m.max()))
    kept = (near >= 0) & (distance_m <= limit_m)
    line = index.line[near[kept]]
    road[kept] = index.road[near[kept]]
    fraction[kept] = _fraction_along(line, points[kept])
    access_m[kept] = distance_m[kept]
    return Attachment(road, fraction, access_m)


def attachment_xy(graph: RoadGraph, points: Attachment) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where on the roads the attached points stand: x_m, y_m float64[p], nan when not attached."""
    x_m, y_m = np.full(len(points), np.nan), np.full(len(points), np.nan)
    kept = np.flatnonzero(points.road >= 0)
    lines = _lines(graph, points.road[kept])
    on_road = shapely.line_interpolate_point(lines, points.fraction[kept], normalized=True)
    x_m[kept], y_m[kept] = shapely.get_x(on_road), shapely.get_y(on_road)
    return x_m, y_m


def _index_of(graph: RoadGraph) -> _RoadIndex:
    with _lock:
        index = _indexes.get(graph)
        if index is None:
            road = np.flatnonzero(graph.road_attachable).astype(np.int32)
            line = _lines(graph, road)
            index = _indexes[graph] = _RoadIndex(road, line, shapely.STRtree(line))
        return index


def _lines(graph: RoadGraph, road: NDArray[np.int32]) -> NDArray[np.object_]:
    """The shapes of these roads as line strings: object[len(road)]."""
    if len(road) == 0:
        return np.empty(0, np.object_)
    first, count = graph.shape_first[road], np.diff(graph.shape_first)[road]
    owner = np.repeat(np.arange(len(road)), count)
    before = np.concatenate([[0], np.cumsum(count)[:-1]])
    point = np.arange(len(owner)) + np.repeat(first - before, count)
    xy = np.column_stack([graph.shape_x_m[point], graph.shape_y_m[point]])
    return np.asarray(shapely.linestrings(xy, indices=owner))


def _nearest(
    tree: shapely.STRtree, points: NDArray[np.object_], limit_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Nearest line of each point, the first of those at one distance; -1 and inf beyond ``limit_m``."""
    near, distance_m = np.full(len(points), -1, np.int64), np.full(len(points), np.inf)
    # A distance of zero is no distance to shapely, and the limit itself must count: search a little further.
    reach_m = limit_m * (1 + 1e-9) + 1e-6
    (asked, found), at_m = tree.query_nearest(points, max_distance=reach_m, return_distance=True)
    order = np.lexsort((found, asked))
    first = order[np.unique(asked[order], return_index=True)[1]]
    near[asked[first]], distance_m[asked[first]] = found[first], at_m[first]
    return near, distance_m


def _fraction_along(lines: NDArray[np.object_], points: NDArray[np.object_]) -> NDArray[np.float64]:
    length_m = shapely.length(lines)
    along_m = shapely.line_locate_point(lines, points)
    along_m = np.where(along_m <= JUNCTION_TOLERANCE_M, 0.0, along_m)
    along_m = np.where(along_m >= length_m - JUNCTION_TOLERANCE_M, length_m, along_m)
    return np.divide(along_m, length_m, out=np.zeros(len(lines)), where=length_m > 0).clip(0.0, 1.0)
