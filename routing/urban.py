"""Where a town is: places with many junctions around."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from routing.compiled import compiled, read_only

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


def has_many_within(
    at_x_m: Float64, at_y_m: Float64, x_m: Float64, y_m: Float64, *, radius_m: float, least: int
) -> Bool:
    """Whether ``least`` of the points (x_m, y_m float64[j]) stand within ``radius_m`` of each place: bool[q].

    ``at_x_m``, ``at_y_m`` float64[q] are the places; a point at exactly the radius counts, and so does the place
    itself when it is one of the points. Raises ValueError unless the radius is positive.
    """
    if not radius_m > 0:
        raise ValueError(f"radius_m must be positive, not {radius_m}")
    if len(x_m) == 0:
        return np.full(len(at_x_m), least <= 0)
    west_m, south_m = float(x_m.min()), float(y_m.min())
    column, row = _cells(x_m - west_m, radius_m), _cells(y_m - south_m, radius_m)
    width = int(column.max()) + 3  # with an empty column on either side, no row runs into the next
    key = row * width + column + 1
    order = np.argsort(key, kind="stable")
    at_column = np.clip(_cells(at_x_m - west_m, radius_m), -1, width - 2)
    at_row = _cells(at_y_m - south_m, radius_m)
    return _count(
        key[order],
        x_m[order],
        y_m[order],
        np.ascontiguousarray(at_x_m),
        np.ascontiguousarray(at_y_m),
        at_row * width + at_column + 1,
        width,
        float(radius_m),
        int(least),
    )


def _cells(metres: Float64, size_m: float) -> NDArray[np.int64]:
    return np.asarray(np.floor(metres / size_m), np.int64)


@compiled(
    types.boolean[::1](
        *(read_only(types.int64), read_only(types.float64), read_only(types.float64)),
        *(read_only(types.float64), read_only(types.float64), read_only(types.int64)),
        *(types.int64, types.float64, types.int64),
    )
)
def _count(
    key: NDArray[np.int64],
    x_m: Float64,
    y_m: Float64,
    at_x_m: Float64,
    at_y_m: Float64,
    at_key: NDArray[np.int64],
    width: int,
    radius_m: float,
    least: int,
) -> Bool:
    """Three cells in each of three rows hold all that is within a cell's size; those of a row are one stretch of the
    sorted keys. The count stops when it is enough."""
    has_enough = np.zeros(len(at_key), np.bool_)
    for place in range(len(at_key)):
        found = 0
        for row in range(-1, 2):
            first_key = at_key[place] + row * width - 1
            at = np.searchsorted(key, first_key)
            while at < len(key) and key[at] <= first_key + 2 and found < least:
                dx_m, dy_m = x_m[at] - at_x_m[place], y_m[at] - at_y_m[place]
                found += 1 if dx_m * dx_m + dy_m * dy_m <= radius_m * radius_m else 0
                at += 1
        has_enough[place] = found >= least
    return has_enough
