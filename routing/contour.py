"""Lines of equal time on a raster, traced as rings that are valid as they come out: nothing is repaired afterwards.

A ring passes between corners that are inside and corners that are not, and crosses each edge of the raster once at
most, away from its ends: rings meet neither themselves nor each other. Where only two corners face to face across a cell
are inside, they are joined, whatever the limit; so what is inside for a limit is inside for every longer one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import float64, int32, int64, types, uint8, uint32
from numpy.typing import NDArray

from routing.compiled import compiled, read_only

#: Bits of a level: which limit is the first that holds the corner, and the marks of the tracer.
LEVELS: Final = 60
NO_LEVEL: Final = 63
_LEFT_MARK: Final = 64
_RIGHT_MARK: Final = 128
_NOTHING: Final = np.uint64(0x3F3F3F3F3F3F3F3F)  # eight corners without a level


@compiled(types.UniTuple(int64[::1], 2)(int32[::1]))  # type: ignore[no-untyped-call]
def _by_polygon(ring_shell: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(first of each polygon, rings in order): each outside, then its holes. An outside is traced before its holes."""
    ring_count = len(ring_shell)
    polygon = np.empty(ring_count, np.int64)
    polygon_count = 0
    for r in range(ring_count):
        if ring_shell[r] == r:
            polygon[r] = polygon_count
            polygon_count += 1
        else:
            polygon[r] = polygon[ring_shell[r]]
    polygon_first = np.zeros(polygon_count + 1, np.int64)
    for r in range(ring_count):
        polygon_first[polygon[r] + 1] += 1
    for q in range(polygon_count):
        polygon_first[q + 1] += polygon_first[q]
    place = polygon_first[:-1].copy()
    ring_of = np.empty(ring_count, np.int64)
    for r in range(ring_count):
        ring_of[place[polygon[r]]] = r
        place[polygon[r]] += 1
    return polygon_first, ring_of


@compiled(
    types.Tuple((float64[:, ::1], int64[::1], int64[::1]))(  # type: ignore[no-untyped-call]
        uint8[::1], int64, read_only(int32), int32[::1], int64[::1], read_only(int32), read_only(uint32),
        int64, int64, int64, int64, float64, float64, int64, int64,
    )
)  # fmt: skip
def trace(  # noqa: PLR0912, PLR0915
    level: NDArray[np.uint8],
    columns: int,
    record: NDArray[np.int32],
    ring_at: NDArray[np.int32],
    crossing: NDArray[np.int64],
    time_ds: NDArray[np.int32],
    switch: NDArray[np.uint32],
    limit_index: int,
    limit_ds: int,
    beyond_ds: int,
    jump_ds: int,
    nearest_end: float,
    outward: float,
    west: int,
    south: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Rings round the corners whose level is ``limit_index`` at most: (xy, ring_first, polygon_first), in cells.

    west, south: column and row of the first corner, added before the rest: what is drawn does not depend on the frame.
    level: uint8[rows * columns], columns a multiple of 8, NO_LEVEL where nothing was painted, and all along the border.
    record: of a painted corner, its place in ``time_ds`` and ``switch``. A ring crosses the edge between a corner inside
    and one outside at ``switch`` when time jumps there by more than ``jump_ds``, else where time, taken as even between
    the two, is ``limit_ds``; never nearer to a corner than ``nearest_end`` of the edge. ring_at, crossing: room to work.
    """
    step_of = np.array([1, columns, -1, -columns])  # east, north, west, south
    size = 0
    ring_first = np.zeros(256, np.int64)
    ring_shell = np.empty(256, np.int32)  # the ring itself when it is an outside, else the outside it is a hole of
    ring_count = 0
    words = level.view(np.uint64)
    word = words[0]
    for w in range(len(words)):
        held = word
        word = words[w + 1] if w + 1 < len(words) else _NOTHING
        if held == (held >> np.uint64(8)) | (word << np.uint64(56)):
            continue  # each of the eight is as the one after it
        for first in range(8 * w, min(8 * w + 8, len(level) - 1)):
            here = level[first]
            if (here & 63) > limit_index or (level[first + 1] & 63) <= limit_index or here & _RIGHT_MARK:
                continue
            # A ring not met yet: follow it from inside corner to inside corner, the outside one on the right hand.
            if ring_count + 2 > len(ring_shell):
                ring_first = np.concatenate((ring_first, np.zeros(len(ring_first), np.int64)))
                ring_shell = np.concatenate((ring_shell, np.empty(len(ring_shell), np.int32)))
            corner, side, turns = first, 0, 0
            while True:
                if size == len(crossing):
                    crossing = np.concatenate((crossing, np.empty_like(crossing)))
                crossing[size] = corner * 4 + side
                size += 1
                if side == 0:
                    level[corner] |= _RIGHT_MARK
                    ring_at[corner] = ring_count
                elif side == 2:
                    level[corner - 1] |= _LEFT_MARK
                    ring_at[corner - 1] = ring_count
                ahead = (side + 1) & 3
                left = corner + step_of[ahead]
                right = left + step_of[side]
                if (level[right] & 63) <= limit_index:
                    corner = right
                    side = (side + 3) & 3
                    turns -= 1
                elif (level[left] & 63) <= limit_index:
                    corner = left
                else:
                    side = ahead
                    turns += 1
                if corner == first and side == 0:
                    break
            ring_shell[ring_count] = ring_count
            if turns < 0:
                # A hole: it lies in what the last edge before it, on this row, belongs to.
                before = first - 1
                while not level[before] & _LEFT_MARK:
                    before -= 1
                ring_shell[ring_count] = ring_shell[ring_at[before]]
            ring_count += 1
            ring_first[ring_count] = size
        word = words[w + 1] if w + 1 < len(words) else _NOTHING
    polygon_first, ring_of = _by_polygon(ring_shell[:ring_count])
    xy = np.empty((size + ring_count, 2), np.float64)
    to_first = np.empty(ring_count + 1, np.int64)
    point = 0
    for place in range(ring_count):
        r = ring_of[place]
        to_first[place] = point
        for c in range(ring_first[r], ring_first[r + 1]):
            corner, side = crossing[c] >> 2, crossing[c] & 3
            other_corner = corner + step_of[side]
            of = record[corner]
            own, other = int(time_ds[of]), beyond_ds
            if level[other_corner] & 63 != NO_LEVEL:
                other = min(int(time_ds[record[other_corner]]), beyond_ds)
            way = np.uint32(127)  # a corner that is held, with no road near it: half way
            if of < len(switch):
                way = (switch[of] >> np.uint32(8 * side)) & np.uint32(255)
            part = float(way) / 254.0
            if way == 255 or other - own <= jump_ds:
                part = (limit_ds - own) / (other - own)
            part = min(max(part + outward, nearest_end), 1.0 - nearest_end)
            xy[point, 0] = float(west + corner % columns) + (part if side == 0 else (-part if side == 2 else 0.0))
            xy[point, 1] = float(south + corner // columns) + (part if side == 1 else (-part if side == 3 else 0.0))
            point += 1
        xy[point] = xy[to_first[place]]
        point += 1
    to_first[ring_count] = point
    for c in range(size):
        corner = crossing[c] >> 2
        level[corner] &= 63
        if crossing[c] & 3 == 2:
            level[corner - 1] &= 63
    return xy, to_first, polygon_first
