"""Attaches points to roads: which road, where along it, on which side, how far on foot. "Not attached" is an
answer too, with its cause.

A walk to a road is a straight line. It is refused when it meets a line of water (``graph.water_*``) between its
ends; the next nearest road is tried, up to the limit. Its last centimetre does not count: a road along a bank,
or over a culvert, is reached. A walk goes to the nearest place of a straight stretch of road between two points
of its shape or waters that pass under it, not round the end of a water. Bridges are no concern of this module: the profile says that nobody stops there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing import standing
from routing.graph import UNREACHED_DS, RoadGraph
from routing.segments import Lines, along_curve, index_lines, points_along

#: A point this near an end of a road stands on the junction itself, whatever the directions of the road.
JUNCTION_TOLERANCE_M = standing.SAME_PLACE_M
#: Below this many points, putting neighbours together takes longer than it saves.
_WORTH_ORDERING = 1000


class Cause(IntEnum):
    """Why a point is attached, or not. "Roads" are those of the mode, open, on which one may stop."""

    #: To the nearest road without water between, and no road at all was nearer on this side of the water.
    ATTACHED = standing.ATTACHED
    #: To the nearest road of the main network; one that does not lead to it was nearer (``nearest_m``).
    ATTACHED_PAST_AN_ISLAND = standing.ATTACHED_PAST_AN_ISLAND
    #: No road within the limit.
    TOO_FAR = standing.TOO_FAR
    #: Roads within the limit, on this side of the water, but none of the main network on any side.
    ON_AN_ISLAND = standing.ON_AN_ISLAND
    #: The main network is within the limit, across water only; or there are only roads off it, across water.
    ACROSS_WATER = standing.ACROSS_WATER
    #: Not attached, and whoever wrote it so did not say why (a site left out of a search, say).
    UNSAID = 5

    @property
    def is_attached(self) -> bool:
        return self in (Cause.ATTACHED, Cause.ATTACHED_PAST_AN_ISLAND)


@dataclass(frozen=True, slots=True, eq=False)
class Attachment:
    """Where p points meet the roads.

    road: int32[p], -1 when not attached; fraction: float64[p] in 0..1 from ``road_tail`` along the shape (0
    when not attached); access_m: float64[p], from point to road in a straight line, inf when not attached.

    What may be left out: side: int8[p], +1 left of the road going from tail to head, -1 right, 0 on it (to
    JUNCTION_TOLERANCE_M), straight ahead of its end, not attached or unsaid; cause: int8[p] of ``Cause``;
    nearest_m: float64[p], to the nearest road of the mode that is open and that one may stop on, water or not,
    main component or not, within the limit or not: at most access_m; nan when unsaid, inf without such a road.
    """

    road: NDArray[np.int32]
    fraction: NDArray[np.float64]
    access_m: NDArray[np.float64]
    side: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    cause: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    nearest_m: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if not self.road.shape == self.fraction.shape == self.access_m.shape == (len(self.road),):
            raise ValueError("road, fraction and access_m are not vectors of one length")
        if not ((self.fraction >= 0) & (self.fraction <= 1)).all():
            raise ValueError("a fraction is not within 0..1")
        is_attached = self.road >= 0
        if not (np.isfinite(self.access_m[is_attached]) & (self.access_m[is_attached] >= 0)).all():
            raise ValueError("an attached point has an access distance that is negative or not finite")
        unsaid = {
            "side": np.zeros(len(self.road), np.int8),
            "cause": np.where(is_attached, Cause.ATTACHED, Cause.UNSAID).astype(np.int8),
            "nearest_m": np.full(len(self.road), np.nan),
        }
        for name, default in unsaid.items():
            if len(getattr(self, name)) == 0:
                object.__setattr__(self, name, default)
            if getattr(self, name).shape != self.road.shape:
                raise ValueError(f"road and {name} are not vectors of one length")
        if not (np.isin(self.cause, _ATTACHED_CAUSES) == is_attached).all():
            raise ValueError("a cause says attached where there is no road, or the contrary")

    def __len__(self) -> int:
        return len(self.road)

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> Attachment:
        """The points of these indices, or of this mask, in that order."""
        return Attachment(
            *(self.road[which], self.fraction[which], self.access_m[which]),
            *(self.side[which], self.cause[which], self.nearest_m[which]),
        )


_ATTACHED_CAUSES = [cause for cause in Cause if cause.is_attached]


def count_causes(points: Attachment) -> dict[Cause, int]:
    """How many points there are of each cause, those of which there are none included."""
    counts = np.bincount(points.cause, minlength=len(Cause))
    return {cause: int(counts[cause]) for cause in Cause}


@dataclass(frozen=True, slots=True)
class RoadIndex:
    """What ``attach`` looks in."""

    roads: Lines  # those one may stop on, open, on the main component or not
    is_island: NDArray[np.bool_]  # one entry a road: off the main component
    water: Lines


_indexes: WeakKeyDictionary[RoadGraph, RoadIndex] = WeakKeyDictionary()
_lock = Lock()


def attach(graph: RoadGraph, x_m: ArrayLike, y_m: ArrayLike, max_access_m: ArrayLike) -> Attachment:
    """Attach each point to the nearest attachable road that no water parts from it within ``max_access_m``.

    ``x_m, y_m`` float64[p] in the graph's CRS; ``max_access_m`` one distance for all or float64[p], itself near
    enough. Of roads at one distance, the first. The spatial index is made at the first call and kept as long as
    the graph; calls from several threads run side by side. Raises ValueError for a coordinate that is not finite,
    a distance that is negative or not a number, or vectors of two lengths.
    """
    x, y = np.atleast_1d(np.asarray(x_m, np.float64)), np.atleast_1d(np.asarray(y_m, np.float64))
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x_m and y_m are not vectors of one length: {x.shape}, {y.shape}")
    limit_m = np.broadcast_to(np.asarray(max_access_m, np.float64), x.shape)
    if not (limit_m >= 0).all():
        raise ValueError("max_access_m is negative or not a number")
    if not (np.isfinite(x) & np.isfinite(y)).all():
        raise ValueError("a point has no finite coordinates")
    index, count = _index_of(graph), len(x)
    limit_m = np.ascontiguousarray(limit_m)
    x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    road, fraction, access_m = np.empty(count, np.int32), np.empty(count), np.empty(count)
    side, cause, nearest_m = np.empty(count, np.int8), np.empty(count, np.int8), np.empty(count)
    standing.stand(
        *(index.roads, index.is_island, index.water, x, y, limit_m, _neighbours_together(x, y)),
        *(road, fraction, access_m, nearest_m, side, cause),
    )
    return Attachment(road, fraction, access_m, side, cause, nearest_m)


def attachment_xy(graph: RoadGraph, points: Attachment) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where on the roads the attached points stand: x_m, y_m float64[p], nan when not attached."""
    x_m, y_m = np.full(len(points), np.nan), np.full(len(points), np.nan)
    kept = points.road >= 0
    on_x_m, on_y_m = np.empty(int(kept.sum())), np.empty(int(kept.sum()))
    road, fraction = points.road[kept].astype(np.int32), points.fraction[kept].astype(np.float64)
    points_along(graph.shape_first, graph.shape_x_m, graph.shape_y_m, road, fraction, on_x_m, on_y_m)
    x_m[kept], y_m[kept] = on_x_m, on_y_m
    return x_m, y_m


def _index_of(graph: RoadGraph) -> RoadIndex:
    with _lock:
        index = _indexes.get(graph)
        if index is None:
            index = _indexes[graph] = build_index(graph)
        return index


def build_index(graph: RoadGraph) -> RoadIndex:
    """A new index of a graph; ``attach`` keeps its own, one a graph."""
    is_island = _is_island(graph)
    wanted = np.flatnonzero(graph.road_attachable | is_island).astype(np.int32)
    water = _index_water(graph)
    roads = index_lines(graph.shape_first, graph.shape_x_m, graph.shape_y_m, wanted)
    segment, share = standing.meetings(roads, water)
    if len(segment):
        roads = index_lines(*_cut_shapes(graph, segment, share), wanted)
    return RoadIndex(roads, is_island, water)


def _cut_shapes(
    graph: RoadGraph, segment: NDArray[np.int64], share: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """The shapes of the roads with one more point wherever a segment meets water.

    A walk goes to the nearest place of a segment. Where a stream passes under a street, each bank has a nearest
    place of its own.
    """
    order = np.lexsort((share, segment))
    segment, share = segment[order], share[order]
    first = graph.shape_first + np.searchsorted(segment, graph.shape_first)
    x_m, y_m = (
        np.insert(along, segment + 1, along[segment] + share * (along[segment + 1] - along[segment]))
        for along in (graph.shape_x_m, graph.shape_y_m)
    )
    return first, x_m, y_m


def _is_island(graph: RoadGraph) -> NDArray[np.bool_]:
    """Roads one may drive and stop on, that cannot both be come to and left on the main network: bool[k]."""
    is_open = np.minimum(graph.road_forward_ds, graph.road_backward_ds) < UNREACHED_DS
    allows_stop = getattr(graph, "road_allows_stop", None)
    if allows_stop is None:
        is_main = graph.in_main_component
        allows_stop = ~(is_main[graph.road_tail] & is_main[graph.road_head])
    is_island: NDArray[np.bool_] = is_open & allows_stop & ~graph.road_attachable
    return is_island


def _index_water(graph: RoadGraph) -> Lines:
    every = np.arange(len(graph.water_first) - 1, dtype=np.int32)
    return index_lines(graph.water_first, graph.water_x_m, graph.water_y_m, every)


def _neighbours_together(x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """An order in which a point finds in the processor's cache what the one before it looked at: int64[p]."""
    if len(x_m) < _WORTH_ORDERING:
        return np.arange(len(x_m))
    return np.argsort(along_curve(np.column_stack([x_m, y_m, x_m, y_m]).ravel()))
