"""One wave over the raster from many seeds at once: distances, territories, and roads on the way back.

Everything is whole numbers, so that the same territories and the same roads come out of every machine.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from routing.compiled import compiled, read_only

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
_I64 = read_only(types.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """Flat rasters: cost from the nearest seed (2**62: none), its label (-1), the cell before (-1)."""

    cost: Int64
    label: Int64
    parent: Int64


def spread(cost: Int64, altitude_dm: Int64, closed: Bool, seeds: Int64, columns: int) -> Wave:
    """Least cost from each seed (flat cell numbers; their rank is the label) to every open cell.

    cost: int64[cells], about 100 where the ground is easy; closed: bool[cells], never entered. A move pays
    its length in metres times the mean cost, and much more when it climbs.
    """
    closed_i = np.ascontiguousarray(closed.astype(np.int64))
    out = _spread(np.ascontiguousarray(cost), np.ascontiguousarray(altitude_dm), closed_i, seeds, columns)
    return Wave(*out)


_THREE: Any = types.UniTuple(types.int64[::1], 3)  # type: ignore[no-untyped-call]


@compiled(_THREE(_I64, _I64, _I64, _I64, types.int64))
def _spread(cost: Int64, altitude_dm: Int64, closed: Int64, seeds: Int64, columns: int) -> tuple[Int64, Int64, Int64]:
    cells = len(cost)
    rows = cells // columns
    best = np.full(cells, 2**62, np.int64)
    label = np.full(cells, -1, np.int64)
    parent = np.full(cells, -1, np.int64)
    heap = [np.int64(0) for _ in range(0)]
    for rank in range(len(seeds)):
        best[seeds[rank]] = 0
        label[seeds[rank]] = rank
        heapq.heappush(heap, np.int64(seeds[rank]))
    while len(heap) > 0:
        key = heapq.heappop(heap)
        here, paid = key & 0xFFFFF, key >> 20
        if paid > best[here]:
            continue
        row, column = here // columns, here % columns
        for down in range(-1, 2):
            for right in range(-1, 2):
                r, c = row + down, column + right
                if (down == 0 and right == 0) or r < 0 or c < 0 or r >= rows or c >= columns:
                    continue
                there = r * columns + c
                if closed[there] != 0:
                    continue
                if down != 0 and right != 0 and (closed[row * columns + c] != 0 or closed[r * columns + column] != 0):
                    continue
                length_m = 283 if (down != 0 and right != 0) else 200
                grade = abs(altitude_dm[there] - altitude_dm[here]) * 100 // length_m  # per thousand
                climb = min(grade * grade * 2 // 5, 40_000)
                total = paid + length_m * (cost[here] + cost[there]) // 200 * (1000 + climb) // 1000
                if total < best[there]:
                    best[there] = total
                    label[there] = label[here]
                    parent[there] = here
                    heapq.heappush(heap, (total << 20) | there)
    return best, label, parent
