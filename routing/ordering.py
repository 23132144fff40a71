"""Puts neighbours on the map side by side in memory, so that a search finds its next nodes in the cache."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEVELS = 16  # 65,536 steps a side: 4 m across a square of 270 km, finer than junctions stand apart


def hilbert_order(x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """The order in which a Hilbert curve over the bounding square meets the points: int64[n], a permutation.

    Points of one same step keep the order they came in, so the answer is the same on every machine.
    """
    if len(x_m) == 0:
        return np.empty(0, np.int64)
    side_m = max(float(np.ptp(x_m)), float(np.ptp(y_m)), 1.0)
    scale = (2**_LEVELS - 1) / side_m
    x = ((x_m - x_m.min()) * scale).astype(np.int64)
    y = ((y_m - y_m.min()) * scale).astype(np.int64)
    return np.argsort(_hilbert_index(x, y), kind="stable")


def _hilbert_index(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position along the curve of each cell (x, y), 0 <= x, y < 2**_LEVELS: quadrant by quadrant."""
    index = np.zeros(len(x), np.int64)
    for level in range(_LEVELS - 1, -1, -1):
        half = 1 << level
        right, upper = (x & half) > 0, (y & half) > 0
        index += half * half * (3 * right ^ upper)
        # Inside a lower quadrant the curve is turned: reflect the lower right one, then swap both lower ones.
        mirror = right & ~upper
        x, y = (
            np.where(mirror, half - 1 - (x & (half - 1)), x),
            np.where(mirror, half - 1 - (y & (half - 1)), y),
        )
        x, y = np.where(upper, x, y), np.where(upper, y, x)
    return index
