"""Arrays handed over to compiled code by their addresses: thirty arguments cost ten microseconds, one costs none.

Whoever makes the table keeps the arrays alive, and makes it anew when one of them is replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import boolean, int32, int64, types, uint8, uint32, uint64
from numba.extending import intrinsic
from numba.np.numpy_support import carray
from numpy.typing import NDArray

from routing.compiled import compiled

Int64 = NDArray[np.int64]


def address_table(arrays: Sequence[NDArray[Any]]) -> Int64:
    """int64[2 * arrays]: where each starts and how long it is. Raises ValueError for one that is not one vector."""
    if not all(array.ndim == 1 and array.flags.c_contiguous for array in arrays):
        raise ValueError("an array is not one vector without gaps")
    return np.array([word for array in arrays for word in (array.ctypes.data, len(array))], np.int64)


def _pointer_to(_typing: Any, _address: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), generate


_pointer: Any = intrinsic(_pointer_to)


@compiled(int32[::1](int64[::1], int64))
def int32s(table: Int64, which: int) -> NDArray[np.int32]:
    return carray(_pointer(table[2 * which]), table[2 * which + 1], np.int32)


@compiled(uint32[::1](int64[::1], int64))
def uint32s(table: Int64, which: int) -> NDArray[np.uint32]:
    return carray(_pointer(table[2 * which]), table[2 * which + 1], np.uint32)


@compiled(uint64[::1](int64[::1], int64))
def uint64s(table: Int64, which: int) -> NDArray[np.uint64]:
    return carray(_pointer(table[2 * which]), table[2 * which + 1], np.uint64)


@compiled(uint8[::1](int64[::1], int64))
def uint8s(table: Int64, which: int) -> NDArray[np.uint8]:
    return carray(_pointer(table[2 * which]), table[2 * which + 1], np.uint8)


@compiled(boolean[::1](int64[::1], int64))
def booleans(table: Int64, which: int) -> NDArray[np.bool_]:
    return carray(_pointer(table[2 * which]), table[2 * which + 1], np.bool_)
