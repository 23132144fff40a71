"""The times of one question put on the corners of the raster that its roads are nearest to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import float64, int32, int64, types, uint8, uint16
from numpy.typing import NDArray

from routing.compiled import compiled, read_only
from routing.raster import NearestRoads
from routing.reached import RoadEnds

#: Of an edge of the raster beside a corner that is held: half way.
_HALF_WAY: Final = 127


@dataclass(frozen=True, slots=True, eq=False)
class HeldCells:
    """Cells of the raster all of whose corners get these times, if they have none that are less: vectors of one length."""

    column: NDArray[np.int64]
    row: NDArray[np.int64]
    time_ds: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class OnRoad:
    """Sites on their road, by its place in the ``RoadOrder``, with the times of driving it whole from the site outwards: vectors of one length."""

    place: NDArray[np.int32]
    fraction: NDArray[np.float64]
    walk_ds: NDArray[np.int32]
    to_head_ds: NDArray[np.int32]
    to_tail_ds: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """The part of the raster where anything is reached; ``level`` and ``record`` are as ``contour.trace`` takes them.

    first_column, first_row: of its corner (0, 0), counted on the raster of the map.
    """

    first_column: int
    first_row: int
    columns: int
    level: NDArray[np.uint8]  # [rows * columns]
    record: NDArray[np.int32]  # [rows * columns]
    time_ds: NDArray[np.int32]


class Room:
    """Arrays used again from question to question: fresh memory costs more than what is written in it."""

    def __init__(self) -> None:
        self.level = np.empty(0, np.uint8)
        self.record = np.empty(0, np.int32)
        self.ring = np.empty(0, np.int32)
        self.time_ds = np.empty(0, np.int32)
        self.crossing = np.empty(2**16, np.int64)

    def make(self, corners: int, records: int) -> None:
        """Room for so many corners, a third more than asked when it has to grow, and so many records."""
        if corners > len(self.level):
            size = -(-(corners + corners // 3) // 8) * 8
            self.level = np.empty(size, np.uint8)
            self.record, self.ring = np.empty(size, np.int32), np.empty(size, np.int32)
        if records > len(self.time_ds):
            self.time_ds = np.empty(records, np.int32)  # pages nobody writes on take no memory


def paint(
    room: Room,
    near: NearestRoads,
    ends: RoadEnds,
    sites: OnRoad,
    held: HeldCells,
    limits_ds: NDArray[np.int64],
    beyond_ds: int,
) -> Painted:
    """Corners reached before ``beyond_ds`` get their time and the first of the ascending limits that is longer."""
    west, south, east, north = _box(near.box, near.first, ends.place, sites.place, held.column, held.row)
    rows, columns = north - south + 1, -(-(east - west + 1) // 8) * 8
    room.make(rows * columns, len(near.column) + 4 * len(held.row))
    level, record = room.level[: rows * columns], room.record[: rows * columns]
    _paint(
        level, record, room.time_ds, columns, west, south,
        near.first, near.column, near.row, near.fraction,
        ends.place, ends.by_tail_ds, ends.tail_whole_ds, ends.at_tail_ds,
        ends.by_head_ds, ends.head_whole_ds, ends.at_head_ds,
        sites.place, sites.fraction, sites.walk_ds, sites.to_head_ds, sites.to_tail_ds,
        held.column, held.row, held.time_ds, limits_ds, beyond_ds,
    )  # fmt: skip
    return Painted(west, south, columns, level, record, room.time_ds)


_INTS, _LONGS, _SHORTS, _FLOATS = read_only(int32), read_only(int64), read_only(uint16), read_only(float64)


@compiled(types.UniTuple(int64, 4)(types.Array(uint16, 2, "C", readonly=True), *[_INTS] * 3, _LONGS, _LONGS))  # type: ignore[no-untyped-call]
def _box(
    box: NDArray[np.uint16],
    first: NDArray[np.int32],
    place: NDArray[np.int32],
    site_place: NDArray[np.int32],
    held_column: NDArray[np.int64],
    held_row: NDArray[np.int64],
) -> tuple[int, int, int, int]:
    """West, south, east, north of the corners of these roads and cells, and one corner more all round."""
    west, south, east, north = 2**31, 2**31, -(2**31), -(2**31)
    for places in (place, site_place):
        for p in places:
            if first[p + 1] > first[p]:
                west, south = min(west, int(box[p, 0])), min(south, int(box[p, 1]))
                east, north = max(east, int(box[p, 2])), max(north, int(box[p, 3]))
    for h in range(len(held_row)):
        west, south = min(west, int(held_column[h])), min(south, int(held_row[h]))
        east, north = max(east, int(held_column[h]) + 1), max(north, int(held_row[h]) + 1)
    return west - 1, south - 1, east + 1, north + 1


@compiled(types.void(uint8[::1], int32[::1], int32[::1], int64, int64, int64, _LONGS, int64))
def _hold(
    level: NDArray[np.uint8],
    record: NDArray[np.int32],
    time_ds: NDArray[np.int32],
    corner: int,
    at: int,
    time: int,
    limits_ds: NDArray[np.int64],
    beyond_ds: int,
) -> None:
    """Give a corner this time, kept at place ``at``, unless it has one that is no more."""
    if time >= beyond_ds or (level[corner] != 63 and time_ds[record[corner]] <= time):
        return
    record[corner] = at  # whether painted before or not: that depends on how far the search went
    n = 0
    for limit_ds in limits_ds:
        n += time >= limit_ds
    level[corner] = n
    time_ds[at] = time


@compiled(
    types.void(
        uint8[::1], int32[::1], int32[::1], int64, int64, int64,
        _INTS, _SHORTS, _SHORTS, _SHORTS,
        *[_INTS] * 7, _INTS, _FLOATS, _INTS, _INTS, _INTS, _LONGS, _LONGS, _INTS, _LONGS, int64,
    )
)  # fmt: skip
def _paint(  # noqa: PLR0912
    level: NDArray[np.uint8],
    record: NDArray[np.int32],
    time_ds: NDArray[np.int32],
    columns: int,
    west: int,
    south: int,
    first: NDArray[np.int32],
    column: NDArray[np.uint16],
    row: NDArray[np.uint16],
    fraction: NDArray[np.uint16],
    place: NDArray[np.int32],
    by_tail: NDArray[np.int32],
    tail_whole: NDArray[np.int32],
    at_tail: NDArray[np.int32],
    by_head: NDArray[np.int32],
    head_whole: NDArray[np.int32],
    at_head: NDArray[np.int32],
    site_place: NDArray[np.int32],
    site_fraction: NDArray[np.float64],
    site_walk: NDArray[np.int32],
    site_to_head: NDArray[np.int32],
    site_to_tail: NDArray[np.int32],
    held_column: NDArray[np.int64],
    held_row: NDArray[np.int64],
    held_ds: NDArray[np.int32],
    limits_ds: NDArray[np.int64],
    beyond_ds: int,
) -> None:
    """See ``paint``."""
    level[:] = 63
    never = 2147483647
    for p in range(len(place)):
        start, end = first[place[p]], first[place[p] + 1]
        by_tail_ds, by_head_ds = by_tail[p], by_head[p]
        at_tail_ds, at_head_ds = at_tail[p], at_head[p]
        if start == end or min(by_tail_ds, by_head_ds, at_tail_ds, at_head_ds) >= beyond_ds:
            continue
        tail_step, head_step = tail_whole[p] / 65535.0, head_whole[p] / 65535.0
        for c in range(np.uint64(start), np.uint64(end)):
            f = fraction[c]
            time = min(
                np.int32(f * tail_step + 0.5) + np.int64(by_tail_ds),
                np.int32((65535 - f) * head_step + 0.5) + np.int64(by_head_ds),
            )
            if f == 0:
                time = np.int64(at_tail_ds)
            elif f == 65535:
                time = np.int64(at_head_ds)
            if time < beyond_ds:
                n = 0
                for k in range(len(limits_ds)):
                    n += time >= limits_ds[k]
                corner = np.uint64((row[c] - south) * columns + column[c] - west)
                level[corner] = n
                record[corner] = c
                time_ds[c] = time
    # Along the road of a site, without passing by an end.
    for s in range(len(site_place)):
        for c in range(first[site_place[s]], first[site_place[s] + 1]):
            if fraction[c] == 0 or fraction[c] == 65535:  # on a junction: met by its nodes only
                continue
            part = fraction[c] / 65535.0 - site_fraction[s]
            whole = site_to_head[s] if part > 0.0 else site_to_tail[s]
            if whole < never or part == 0.0:
                time = site_walk[s] + np.int64(np.floor(abs(part) * whole + 0.5))
                corner = (row[c] - south) * columns + column[c] - west
                _hold(level, record, time_ds, corner, c, time, limits_ds, beyond_ds)
    for h in range(len(held_row)):
        for k in range(4):
            corner = (held_row[h] - south + k // 2) * columns + held_column[h] - west + k % 2
            at = len(column) + 4 * h + k
            _hold(level, record, time_ds, corner, at, int(held_ds[h]), limits_ds, beyond_ds)
