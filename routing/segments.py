"""A tree of boxes over the segments of lines, for ``routing.standing`` to look in.

A *line* is a run of points ``first[i]:first[i + 1]`` of two coordinate vectors, as the shapes of a graph's roads
are. Lines are cut into *pieces* of a few segments, pieces are put along a Hilbert curve, and boxes are stacked
four by four up to one root. Coordinates are not copied: the tree holds numbers of points and boxes, about 30
bytes a piece, so that the shapes may stay in a mapped file.

Boxes are 32-bit and rounded outwards: they choose what to look at, never the answer.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numba import float32, float64, int32, int64, types, uint8
from numpy.typing import NDArray

from routing.compiled import compiled, read_only

ScalarT = TypeVar("ScalarT", bound=np.generic)

#: Segments in one piece, at most, and boxes in a box: of 2 to 12, and of 2 to 16, near the fastest on Corsica and
#: Midi-Pyrénées (within a tenth of one another; small pieces cost memory, large ones distances).
PIECE_SEGMENTS = 6
FAN = 4
_CURVE_LEVELS = 16


class Lines(NamedTuple):
    """Lines and the tree over some of them; every array is read-only.

    first: int64[lines + 1]; x_m, y_m: float64[points]; piece_line: int32[p], piece_first: int64[p] its first point,
    piece_segments: uint8[p]; box: float32[4 * boxes], min x, min y, max x, max y from (origin_x_m, origin_y_m), those
    of the pieces first, then those of each level above; level_first: int64[levels + 1] in boxes.
    """

    first: NDArray[np.int64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    piece_line: NDArray[np.int32]
    piece_first: NDArray[np.int64]
    piece_segments: NDArray[np.uint8]
    box: NDArray[np.float32]
    level_first: NDArray[np.int64]
    origin_x_m: float
    origin_y_m: float
    fan: int  # boxes in a box

    @property
    def own_bytes(self) -> int:
        """Memory of the tree itself, without the coordinates it points into."""
        own = (self.piece_line, self.piece_first, self.piece_segments, self.box, self.level_first)
        return sum(array.nbytes for array in own)


_I32, _I64, _F64 = read_only(int32), read_only(int64), read_only(float64)
#: ``Lines`` in the signature of a compiled function.
LINES_TYPE = types.NamedTuple(  # type: ignore[no-untyped-call]
    (_I64, _F64, _F64, _I32, _I64, read_only(uint8), read_only(float32), _I64, float64, float64, int64), Lines
)


def index_lines(
    first: NDArray[np.int64], x_m: NDArray[np.float64], y_m: NDArray[np.float64], which: NDArray[np.int32]
) -> Lines:
    """The tree over the lines ``which`` (int32, in any order), each of two points or more."""
    line, point, segments, box = _cut(first, x_m, y_m, which)
    origin_x_m, origin_y_m = (float(box[side::4].min()) if len(box) else 0.0 for side in (0, 1))
    order = np.argsort(along_curve(box), kind="stable")
    inner, level_first = _stack(box.reshape(-1, 4)[order].ravel(), origin_x_m, origin_y_m)
    return Lines(
        first=_frozen(first),
        x_m=_frozen(x_m),
        y_m=_frozen(y_m),
        piece_line=_frozen(line[order]),
        piece_first=_frozen(point[order]),
        piece_segments=_frozen(segments[order]),
        box=_frozen(inner),
        level_first=_frozen(level_first),
        origin_x_m=origin_x_m,
        origin_y_m=origin_y_m,
        fan=FAN,
    )


def _frozen(array: NDArray[ScalarT]) -> NDArray[ScalarT]:
    view = np.ascontiguousarray(array).view()
    view.setflags(write=False)
    return view


@compiled(types.Tuple((int32[::1], int64[::1], uint8[::1], float64[::1]))(_I64, _F64, _F64, _I32))  # type: ignore[no-untyped-call]
def _cut(
    first: NDArray[np.int64], x_m: NDArray[np.float64], y_m: NDArray[np.float64], which: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.uint8], NDArray[np.float64]]:
    """Line, first point, number of segments and box (float64[4 * p]) of each piece, in the order of ``which``."""
    count = 0
    for line in which:
        count += (first[line + 1] - first[line] - 1 + PIECE_SEGMENTS - 1) // PIECE_SEGMENTS
    piece_line, piece_first = np.empty(count, np.int32), np.empty(count, np.int64)
    segments, box = np.empty(count, np.uint8), np.empty(4 * count)
    p = 0
    for line in which:
        whole = first[line + 1] - first[line] - 1
        pieces = (whole + PIECE_SEGMENTS - 1) // PIECE_SEGMENTS
        for part in range(pieces):  # of equal length, give or take one segment
            begin, end = first[line] + whole * part // pieces, first[line] + whole * (part + 1) // pieces
            piece_line[p], piece_first[p], segments[p] = line, begin, end - begin
            box[4 * p] = box[4 * p + 2] = x_m[begin]
            box[4 * p + 1] = box[4 * p + 3] = y_m[begin]
            for i in range(begin + 1, end + 1):
                box[4 * p] = min(box[4 * p], x_m[i])
                box[4 * p + 1] = min(box[4 * p + 1], y_m[i])
                box[4 * p + 2] = max(box[4 * p + 2], x_m[i])
                box[4 * p + 3] = max(box[4 * p + 3], y_m[i])
            p += 1
    return piece_line, piece_first, segments, box


@compiled(int64[::1](_F64))
def along_curve(box: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where a Hilbert curve over the bounding square meets the middle of each box."""
    count = len(box) // 4
    index = np.zeros(count, np.int64)
    if count == 0:
        return index
    x, y = box[0::4] + box[2::4], box[1::4] + box[3::4]
    west, south = x.min(), y.min()
    side = max(x.max() - west, y.max() - south, 1e-9)
    steps = 2**_CURVE_LEVELS - 1
    for i in range(count):
        column, row = int((x[i] - west) / side * steps), int((y[i] - south) / side * steps)
        for level in range(_CURVE_LEVELS - 1, -1, -1):
            half = 1 << level
            right, upper = column & half > 0, row & half > 0
            index[i] += half * half * ((3 * right) ^ upper)
            if not upper:  # inside a lower quadrant the curve is turned
                if right:
                    column, row = half - 1 - (column & (half - 1)), half - 1 - (row & (half - 1))
                column, row = row, column
    return index


def _stack(box: NDArray[np.float64], x_m: float, y_m: float) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Boxes from the origin on, rounded outwards, and above them the boxes of each FAN, up to one."""
    level = np.empty((len(box) // 4, 4), np.float32)
    for side, origin, outwards in ((0, x_m, -np.inf), (1, y_m, -np.inf), (2, x_m, np.inf), (3, y_m, np.inf)):
        level[:, side] = np.nextafter((box[side::4] - origin).astype(np.float32), np.float32(outwards))
    levels = [level]
    while len(level) > 1:
        starts = np.arange(0, len(level), FAN)
        low = np.minimum.reduceat(level[:, :2], starts, axis=0)
        level = np.hstack([low, np.maximum.reduceat(level[:, 2:], starts, axis=0)])
        levels.append(level)
    level_first = np.cumsum([0] + [len(level) for level in levels], dtype=np.int64)
    return np.concatenate(levels).ravel(), level_first


@compiled(types.void(_I64, _F64, _F64, _I32, _F64, float64[::1], float64[::1]))
def points_along(
    first: NDArray[np.int64],
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    line: NDArray[np.int32],
    fraction: NDArray[np.float64],
    at_x_m: NDArray[np.float64],
    at_y_m: NDArray[np.float64],
) -> None:
    """Fill the two last with the places at these fractions of the length of these lines."""
    for p in range(len(line)):
        begin, last = first[line[p]], first[line[p] + 1] - 1
        whole_m = 0.0
        for i in range(begin, last):
            whole_m += np.hypot(x_m[i + 1] - x_m[i], y_m[i + 1] - y_m[i])
        left_m, i = fraction[p] * whole_m, begin
        length_m = np.hypot(x_m[i + 1] - x_m[i], y_m[i + 1] - y_m[i])
        while left_m > length_m and i < last - 1:
            left_m -= length_m
            i += 1
            length_m = np.hypot(x_m[i + 1] - x_m[i], y_m[i + 1] - y_m[i])
        share = min(left_m / length_m, 1.0) if length_m > 0.0 else 0.0
        at_x_m[p] = x_m[i] + share * (x_m[i + 1] - x_m[i])
        at_y_m[p] = y_m[i] + share * (y_m[i + 1] - y_m[i])
