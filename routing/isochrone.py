"""Times along roads drawn as areas, for the eye only: people are counted by the time of their own point.

Each corner of a raster takes the time of the road nearest to it, so that a road that is not reached pushes the line
back (``raster``, ``paint``); the line is then drawn between corners (``contour``): where time jumps from one road to
another, where the other road becomes the nearer one; where time runs on, where it is the limit. Reaching *over* roads
that are not reached, as hulls and buffers do, is what makes an isochrone lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import MultiPolygon

from routing.contour import LEVELS, trace
from routing.graph import UNREACHED_DS, RoadGraph
from routing.paint import HeldCells, OnRoad, Painted, Room, paint
from routing.raster import NearestRoads, nearest_roads
from routing.reached import road_ends, road_order
from routing.search import Reach
from routing.snap import Attachment, attachment_xy
from routing.stretches import ReachedRoads, reached_roads
from routing.ways import ACCESS_WALK_M_PER_S, walk_ds

__all__ = ["CELL_M", "SEARCH_MARGIN", "ReachedRoads", "cell_of", "isochrones", "reached_roads", "search_limit_ds"]

#: The search must go this much further than the largest limit: the line lies between what is and is not
#: reached.
SEARCH_MARGIN: Final = 1.1

#: Cells of the raster, by mode: how finely the line is drawn.
CELL_M: Final = {"car": 100.0, "bike": 50.0, "foot": 25.0}

#: How far a road gives its time to the land beside it, in cells of the mode: 400 m for cars.
_BESIDE_CELLS: Final = 4.0

#: Between neighbouring corners, a larger step of time is a jump from one road to another: 100 m by car at 20 km/h, 25 m on
#: foot at 5 km/h; in proportion on finer rasters, but never less than the delay of a junction.
_JUMP_DS: Final = 180
_LEAST_JUMP_DS: Final = 60

#: Towns are drawn more finely: the cell of the mode is halved, three times at most, while the raster keeps so few corners.
_FEW_CORNERS: Final = 400_000
_MOST_HALVINGS: Final = 3

#: The line keeps this far from the corners of the raster, in metres and at least in part of a cell: coordinates may then be
#: rounded to a decimetre or put in another CRS, and rings still touch neither themselves nor each other.
_NEAREST_END_M: Final = 1.0
_NEAREST_END: Final = 0.02

#: The line is drawn this part of a cell too far out: of what is reached less is then missed than is held in excess, and
#: both stay small (measured in docs/benchmarks.md).
_OUTWARD: Final = 0.05


Rings = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]  # xy in cells, ring_first, polygon_first

#: Rooms nobody is working in; as many as questions were ever asked at once.
_rooms: list[Room] = []


def search_limit_ds(limits_s: Sequence[float]) -> int:
    """How far the search must go for areas of these limits."""
    longest_ds = max(limits_s) * 10
    return round(max(longest_ds * SEARCH_MARGIN, longest_ds + _JUMP_DS))


def cell_of(graph: RoadGraph) -> float:
    """The cell areas on this graph are drawn with, in metres: that of its mode, finer on a small territory."""
    cell_m = _mode_cell_m(graph)
    x, y = graph.shape_x_m, graph.shape_y_m
    box_m2 = float((np.ptp(x) + 1) * (np.ptp(y) + 1)) if len(x) else 1.0
    for _ in range(_MOST_HALVINGS):
        if box_m2 / (cell_m / 2) ** 2 > _FEW_CORNERS:
            break
        cell_m /= 2
    return cell_m


def _mode_cell_m(graph: RoadGraph) -> float:
    return CELL_M.get(graph.meta.mode, CELL_M["car"])


def isochrones(
    graph: RoadGraph,
    reach: Reach,
    sites: Attachment,
    limits_s: Sequence[float],
    cell_m: float | None = None,
    *,
    walk_m_per_s: float = ACCESS_WALK_M_PER_S,
    origins_xy_m: ArrayLike | None = None,
) -> list[MultiPolygon]:
    """Where one is in strictly less than each limit, one area per limit, in the order given.

    ``reach`` is the search from ``sites``, in either direction, without limit or with one of at least
    ``search_limit_ds(limits_s)``. The areas are in the CRS of the graph, valid as they come, nested, the same whichever
    limits are asked together, and hold the places where the sites meet the roads; and, when ``origins_xy_m`` float64[s, 2]
    says where the sites themselves stand, those too, with the way to the road. Land further than four cells of
    the mode from any road that one may stop on is left out. ``cell_m`` is ``cell_of(graph)`` unless said. The walk of the sites is counted, that of those who come to them is not.
    Raises ValueError for no limits, more than 60, a limit that is not positive, a search too short.
    """
    limits_ds = np.asarray(limits_s, np.float64) * 10
    if not 0 < len(limits_ds) <= LEVELS or not (np.isfinite(limits_ds) & (limits_ds > 0)).all():
        raise ValueError(f"1 to {LEVELS} limits are wanted, all positive: {list(limits_s)} s")
    cell_m = cell_of(graph) if cell_m is None else cell_m
    beyond_ds = search_limit_ds(limits_s)
    if reach.limit_ds is not None and reach.limit_ds < beyond_ds:
        raise ValueError(f"the search stopped at {reach.limit_ds} ds, drawing needs {beyond_ds} ds")
    attached = sites if (sites.road >= 0).all() else sites.take(sites.road >= 0)
    if len(attached) == 0:
        return [MultiPolygon() for _ in limits_ds]
    near = nearest_roads(graph, cell_m, _BESIDE_CELLS * _mode_cell_m(graph))
    on_foot_ds = walk_ds(attached, walk_m_per_s)
    places = None if origins_xy_m is None else np.asarray(origins_xy_m, np.float64)[sites.road >= 0]
    held = _held_cells(graph, near, attached, on_foot_ds, places)
    on_road = _on_road(graph, attached, on_foot_ds, is_arrival=reach.direction == "arrival")
    whole_ds = np.ceil(limits_ds).astype(np.int64).tolist()
    ascending = sorted(set(whole_ds))
    ends = road_ends(graph, reach, beyond_ds)
    jump_ds = round(min(max(_JUMP_DS * cell_m / _mode_cell_m(graph), _LEAST_JUMP_DS), _JUMP_DS))
    with _room() as room:
        painted = paint(room, near, ends, on_road, held, np.array(ascending, np.int64), beyond_ds)
        rings = _rings(room, near, painted, ascending, jump_ds)
    areas = {limit_ds: _area(own, cell_m) for limit_ds, own in zip(ascending, rings, strict=True)}
    return [areas[limit_ds] for limit_ds in whole_ds]


def _rings(room: Room, near: NearestRoads, painted: Painted, ascending_ds: list[int], jump_ds: int) -> list[Rings]:
    """Those of each limit."""
    nearest_end = max(_NEAREST_END, _NEAREST_END_M / near.cell_m)
    return [
        trace(
            painted.level,
            painted.columns,
            painted.record,
            room.ring,
            room.crossing,
            painted.time_ds,
            near.switch,
            index,
            limit_ds,
            search_limit_ds([limit_ds / 10]),
            jump_ds,
            nearest_end,
            _OUTWARD,
            near.first_column + painted.first_column,
            near.first_row + painted.first_row,
        )
        for index, limit_ds in enumerate(ascending_ds)
    ]


@contextmanager
def _room() -> Iterator[Room]:
    """Room to work in, that nobody else is using."""
    try:
        room = _rooms.pop()
    except IndexError:
        room = Room()
    try:
        yield room
    finally:
        _rooms.append(room)


def _on_road(graph: RoadGraph, sites: Attachment, on_foot_ds: NDArray[np.int32], *, is_arrival: bool) -> OnRoad:
    """The sites that are met along their own road: those that do not stand on a junction."""
    within = (sites.fraction > 0) & (sites.fraction < 1)
    sites, on_foot_ds = sites.take(within), on_foot_ds[within]
    forward, backward = (
        np.where(whole_ds[sites.road] < UNREACHED_DS, whole_ds[sites.road] - delay_ds[sites.road], UNREACHED_DS)
        for whole_ds, delay_ds in (
            (graph.road_forward_ds, graph.road_forward_delay_ds),
            (graph.road_backward_ds, graph.road_backward_delay_ds),
        )
    )
    to_head, to_tail = (backward, forward) if is_arrival else (forward, backward)
    return OnRoad(road_order(graph).place[sites.road], sites.fraction, on_foot_ds, to_head, to_tail)


def _held_cells(
    graph: RoadGraph,
    near: NearestRoads,
    sites: Attachment,
    on_foot_ds: NDArray[np.int32],
    places: NDArray[np.float64] | None,
) -> HeldCells:
    """The cells of the way from each site to its road, by the time it takes to come there on foot from the site."""
    x_m, y_m = attachment_xy(graph, sites)
    foot = np.column_stack([x_m, y_m]) / near.cell_m - [near.first_column, near.first_row]
    if places is None:
        column, row = np.floor(foot).astype(np.int64).T
        return HeldCells(column.copy(), row.copy(), on_foot_ds)
    site = places / near.cell_m - [near.first_column, near.first_row]
    count = np.ceil(np.hypot(*(foot - site).T) * 4).astype(np.int64) + 1
    of = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    part = step / np.maximum(count - 1, 1)[of]
    column, row = np.floor(site[of] + part[:, None] * (foot - site)[of]).astype(np.int64).T
    return HeldCells(column.copy(), row.copy(), np.floor(part * on_foot_ds[of]).astype(np.int32))


def _area(rings: Rings, cell_m: float) -> MultiPolygon:
    """The area of rings in cells."""
    xy, ring_first, polygon_first = rings
    if len(polygon_first) == 1:
        return MultiPolygon()
    offsets = (ring_first, polygon_first, np.array([0, len(polygon_first) - 1]))
    area: MultiPolygon = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, xy * cell_m, offsets)[0]
    return area
