"""Which road is nearest to each corner of a raster: asked once per graph, so that a question only adds times.

The raster is anchored: its corners stand on multiples of the cell in the CRS of the graph, whatever is asked. For each
corner within a given distance of a road one may stop on, the map keeps that road, where along it the nearest place is,
and, towards each of its four neighbours, where on the way the neighbour's road becomes the nearer one. Corners
are listed by road: a question reads those of the roads it reaches, and no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numba import float64, int32, int64, types, uint16, uint32
from numpy.typing import NDArray

from routing.compiled import compiled, read_only
from routing.graph import RoadGraph
from routing.reached import road_order

#: The value of ``NearestRoads.switch`` that says: no other road comes between, time runs on along one road.
RUNS_ON: Final = 255

#: Fractions along roads are kept in so many steps: 15 mm of a road of one kilometre.
FRACTION_STEPS: Final = 65_535

#: Rows are prepared so many at a time, to hold the working memory to a few dozen megabytes.
_BAND_ROWS: Final = 256

#: Corners of one road whose nearest places are so many cells apart at most, along the road, are neighbours on it.
_NEIGHBOURS_CELLS: Final = 2.5

_HALVINGS: Final = 7


@dataclass(frozen=True, slots=True, eq=False)
class NearestRoads:
    """The c corners near a road; those of the road at place p of the graph's ``RoadOrder`` stand at
    ``first[p]:first[p + 1]``, row by row.

    Corner (column, row) stands at ((first_column + column) * cell_m, (first_row + row) * cell_m) in the CRS of the
    graph. Columns and rows have a margin of one corner at least, where there is no road near.
    """

    cell_m: float
    first_column: int
    first_row: int
    columns: int
    rows: int
    first: NDArray[np.int32]  # [k + 1]
    column: NDArray[np.uint16]  # [c]
    row: NDArray[np.uint16]  # [c]
    fraction: NDArray[np.uint16]  # [c] along the road from its tail, in FRACTION_STEPS
    #: [c] a byte towards east, north, west, south (the lowest first): how much of the way, in 254ths, is nearer to
    #: this road; or RUNS_ON
    switch: NDArray[np.uint32]
    box: NDArray[np.uint16]  # [k, 4] least column and row, largest column and row of the corners of each road

    @property
    def byte_count(self) -> int:
        return sum(a.nbytes for a in (self.first, self.column, self.row, self.fraction, self.switch, self.box))


_maps: WeakKeyDictionary[RoadGraph, dict[tuple[float, float], NearestRoads]] = WeakKeyDictionary()
_lock = Lock()


def nearest_roads(graph: RoadGraph, cell_m: float, beside_m: float) -> NearestRoads:
    """The map of this graph, made at the first call (seconds for a région) and kept as long as the graph.

    ``beside_m``: how far a road gives its time to the land beside it. Raises ValueError for a cell that is not
    positive, or so fine that the raster has more than 65,535 rows or columns.
    """
    if not cell_m > 0 or not beside_m > 0:
        raise ValueError(f"cell and distance must be positive: {cell_m} m, {beside_m} m")
    with _lock:
        maps = _maps.setdefault(graph, {})
        if (cell_m, beside_m) not in maps:
            maps[cell_m, beside_m] = _make(graph, float(cell_m), float(beside_m))
        return maps[cell_m, beside_m]


def _make(graph: RoadGraph, cell_m: float, beside_m: float) -> NearestRoads:
    x, y = graph.shape_x_m / cell_m, graph.shape_y_m / cell_m
    point, road, along = _segments(graph, cell_m)
    reach = beside_m / cell_m
    ends = np.concatenate([point, point + 1])
    low = [int(np.floor(v[ends].min() - reach)) - 1 if len(ends) else 0 for v in (x, y)]
    high = [int(np.ceil(v[ends].max() + reach)) + 1 if len(ends) else 0 for v in (x, y)]
    columns, rows = high[0] - low[0] + 1, high[1] - low[1] + 1
    if max(columns, rows) > np.iinfo(np.uint16).max:
        raise ValueError(f"{columns} x {rows} corners of {cell_m} m: too many for one raster")
    x0, y0, x1, y1 = x[point] - low[0], y[point] - low[1], x[point + 1] - low[0], y[point + 1] - low[1]
    length = np.bincount(road, np.hypot(x1 - x0, y1 - y0), graph.road_count).astype(np.float64)
    parts = []
    for first_row in range(0, rows, _BAND_ROWS):
        end_row = min(first_row + _BAND_ROWS, rows)
        # One row more on either side: neighbours.
        near = np.flatnonzero((np.maximum(y0, y1) >= first_row - 1 - reach) & (np.minimum(y0, y1) <= end_row + reach))
        if len(near):
            starts, stops = (x0[near], y0[near]), (x1[near], y1[near])
            rows_of = (first_row, end_row)
            parts.append(_band(*starts, *stops, road[near], along[near], length, columns, *rows_of, reach))
    none = np.empty(0, np.uint16)
    parts = parts or [(np.empty(0, np.int32), none, none, none, np.empty(0, np.uint32))]
    place = road_order(graph).place[np.concatenate([part[0] for part in parts])]
    corners = [np.concatenate([part[i] for part in parts]) for i in (1, 2, 3)]
    switches = np.concatenate([part[4] for part in parts])
    first, column, row, fraction, switch, box = _by_place(
        place, corners[0], corners[1], corners[2], switches, graph.road_count
    )
    return NearestRoads(cell_m, low[0], low[1], columns, rows, first, column, row, fraction, switch, box)


def _segments(graph: RoadGraph, cell_m: float) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Of the roads one may stop on: first point, road, and distance from the road's tail in cells, of each segment."""
    owner = np.repeat(np.arange(graph.road_count, dtype=np.int32), np.diff(graph.shape_first))
    point = np.flatnonzero((owner[:-1] == owner[1:]) & graph.road_attachable[owner[:-1]]).astype(np.int64)
    road = owner[point]
    length = (
        np.hypot(
            graph.shape_x_m[point + 1] - graph.shape_x_m[point], graph.shape_y_m[point + 1] - graph.shape_y_m[point]
        )
        / cell_m
    )
    so_far = np.cumsum(length) - length
    if len(road) == 0:
        return point, road, so_far
    is_first = np.concatenate([[True], road[1:] != road[:-1]])
    return point, road, so_far - so_far[is_first][np.cumsum(is_first) - 1]


_FLOATS, _INTS = read_only(float64), read_only(int32)
_BAND_ANSWER = types.Tuple((int32[::1], uint16[::1], uint16[::1], uint16[::1], uint32[::1]))  # type: ignore[no-untyped-call]


@compiled(types.UniTuple(float64, 2)(float64, float64, float64, float64, float64, float64))  # type: ignore[no-untyped-call]
def _to_segment(x: float, y: float, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float]:
    """Squared distance from (x, y) to the segment, and the part of it before the nearest place."""
    dx, dy = x1 - x0, y1 - y0
    squared = dx * dx + dy * dy
    part = 0.0
    if squared > 0.0:
        part = min(max(((x - x0) * dx + (y - y0) * dy) / squared, 0.0), 1.0)
    ex, ey = x - x0 - part * dx, y - y0 - part * dy
    return ex * ex + ey * ey, part


@compiled(_BAND_ANSWER(_FLOATS, _FLOATS, _FLOATS, _FLOATS, _INTS, _FLOATS, _FLOATS, int64, int64, int64, float64))
def _band(  # noqa: PLR0912, PLR0915
    x0: NDArray[np.float64],
    y0: NDArray[np.float64],
    x1: NDArray[np.float64],
    y1: NDArray[np.float64],
    road: NDArray[np.int32],
    along: NDArray[np.float64],
    road_length: NDArray[np.float64],
    columns: int,
    first_row: int,
    end_row: int,
    reach: float,
) -> tuple[NDArray[np.int32], NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint32]]:
    """Corners near a road in these rows: (road, column, row, fraction, switches), row by row.

    Every segment offers itself to every corner within reach; of equal ones, the first keeps it.
    """
    base = first_row - 1
    height = end_row - first_row + 2
    best = np.full((height, columns), np.float32(reach * reach * 1.0000001))
    segment = np.full((height, columns), np.int32(-1))
    for s in range(len(x0)):
        low_i = max(int(np.ceil(min(y0[s], y1[s]) - reach)) - base, 0)
        high_i = min(int(np.floor(max(y0[s], y1[s]) + reach)) - base, height - 1)
        low_j = max(int(np.ceil(min(x0[s], x1[s]) - reach)), 0)
        high_j = min(int(np.floor(max(x0[s], x1[s]) + reach)), columns - 1)
        dx, dy = x1[s] - x0[s], y1[s] - y0[s]
        squared = dx * dx + dy * dy
        scale = 1.0 / squared if squared > 0.0 else 0.0
        for i in range(low_i, high_i + 1):
            py = float(i + base) - y0[s]
            for j in range(low_j, high_j + 1):
                px = float(j) - x0[s]
                part = min(max((px * dx + py * dy) * scale, 0.0), 1.0)
                ex, ey = px - part * dx, py - part * dy
                distance = np.float32(ex * ex + ey * ey)
                if distance < best[i, j]:
                    best[i, j] = distance
                    segment[i, j] = s
    count = 0
    for i in range(1, height - 1):
        for j in range(columns):
            count += segment[i, j] >= 0
    of_road, of_column = np.empty(count, np.int32), np.empty(count, np.uint16)
    of_row, of_fraction, of_switch = np.empty(count, np.uint16), np.empty(count, np.uint16), np.empty(count, np.uint32)
    place = 0
    for i in range(1, height - 1):
        for j in range(1, columns - 1):
            s = segment[i, j]
            if s < 0:
                continue
            x, y = float(j), float(i + base)
            _, part = _to_segment(x, y, x0[s], y0[s], x1[s], y1[s])
            here = along[s] + part * np.hypot(x1[s] - x0[s], y1[s] - y0[s])
            whole = road_length[road[s]]
            fraction = min(here / whole, 1.0) if whole > 0.0 else 0.0
            packed = np.uint32(0)
            for side in range(4):
                step_x = 1 if side == 0 else (-1 if side == 2 else 0)
                step_y = 1 if side == 1 else (-1 if side == 3 else 0)
                o = segment[i + step_y, j + step_x]
                runs_on = o == s
                if o >= 0 and o != s and road[o] == road[s]:
                    _, other_part = _to_segment(x + step_x, y + step_y, x0[o], y0[o], x1[o], y1[o])
                    there = along[o] + other_part * np.hypot(x1[o] - x0[o], y1[o] - y0[o])
                    runs_on = abs(there - here) <= 2.5
                value = 255
                if not runs_on:
                    near, far = 0.0, 1.0
                    for _ in range(7):
                        middle = (near + far) / 2.0
                        mx, my = x + middle * step_x, y + middle * step_y
                        own, _ = _to_segment(mx, my, x0[s], y0[s], x1[s], y1[s])
                        other = reach * reach
                        if o >= 0:
                            other, _ = _to_segment(mx, my, x0[o], y0[o], x1[o], y1[o])
                        if own <= other:
                            near = middle
                        else:
                            far = middle
                    value = int((near + far) / 2.0 * 254.0)
                packed |= np.uint32(value) << np.uint32(8 * side)
            of_road[place] = road[s]
            of_column[place] = j
            of_row[place] = i + base
            of_fraction[place] = int(fraction * 65535.0 + 0.5)
            of_switch[place] = packed
            place += 1
    return of_road[:place], of_column[:place], of_row[:place], of_fraction[:place], of_switch[:place]


_UINT16S = read_only(uint16)


@compiled(
    types.Tuple((int32[::1], uint16[::1], uint16[::1], uint16[::1], uint32[::1], uint16[:, ::1]))(  # type: ignore[no-untyped-call]
        _INTS, _UINT16S, _UINT16S, _UINT16S, read_only(uint32), int64
    )
)
def _by_place(
    place: NDArray[np.int32],
    column: NDArray[np.uint16],
    row: NDArray[np.uint16],
    fraction: NDArray[np.uint16],
    switch: NDArray[np.uint32],
    road_count: int,
) -> tuple[
    NDArray[np.int32],
    NDArray[np.uint16],
    NDArray[np.uint16],
    NDArray[np.uint16],
    NDArray[np.uint32],
    NDArray[np.uint16],
]:
    """The same corners by place, otherwise in their order: (first, column, row, fraction, switch, box)."""
    first = np.zeros(road_count + 1, np.int32)
    box = np.empty((road_count, 4), np.uint16)
    box[:, :2] = 65535
    box[:, 2:] = 0
    for c in range(len(place)):
        p = place[c]
        first[p + 1] += 1
        box[p, 0] = min(box[p, 0], column[c])
        box[p, 1] = min(box[p, 1], row[c])
        box[p, 2] = max(box[p, 2], column[c])
        box[p, 3] = max(box[p, 3], row[c])
    for p in range(road_count):
        first[p + 1] += first[p]
    free = first[:-1].copy()
    to_column, to_row = np.empty(len(place), np.uint16), np.empty(len(place), np.uint16)
    to_fraction, to_switch = np.empty(len(place), np.uint16), np.empty(len(place), np.uint32)
    for c in range(len(place)):
        at = free[place[c]]
        free[place[c]] = at + 1
        to_column[at] = column[c]
        to_row[at] = row[c]
        to_fraction[at] = fraction[c]
        to_switch[at] = switch[c]
    return first, to_column, to_row, to_fraction, to_switch, box
