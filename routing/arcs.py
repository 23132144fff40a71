"""The arcs of one direction of a road graph, as the search reads them: one record an arc, grouped by node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import int32, uint64
from numpy.typing import NDArray

from routing.compiled import compiled, read_only

Int32 = NDArray[np.int32]
UInt64 = NDArray[np.uint64]

#: Records at the end that stand for nothing: a search copies four arcs without asking whether there are as many.
SPARE_RECORDS: Final = 4

_LOW, _HALF = np.uint64(2**32 - 1), np.uint64(32)
_WEIGHT, _MARK_AT = np.uint64(2**31 - 1), np.uint64(63)
_INT32S = read_only(int32)


@dataclass(frozen=True, slots=True, eq=False)
class Csr:
    """Arcs grouped by the node they leave: those of node ``u`` stand at ``first_out[u]:first_out[u + 1]``.

    8 bytes an arc and 4 a node. first_out: int32[n + 1]. arc: uint64[m + SPARE_RECORDS],
    ``goes_on << 63 | weight_ds << 32 | head``, weight_ds >= 1; goes_on is 0 where the head leads nowhere but
    back to where the arc comes from (then nobody need go on from it).
    """

    first_out: Int32
    arc: UInt64

    @property
    def node_count(self) -> int:
        return len(self.first_out) - 1

    @property
    def arc_count(self) -> int:
        return len(self.arc) - SPARE_RECORDS

    @property
    def head(self) -> Int32:
        """Where each arc leads: int32[m], read-only, made anew each time."""
        return _only_read((self.arc[: self.arc_count] & _LOW).astype(np.int32))

    @property
    def weight_ds(self) -> Int32:
        """What each arc takes: int32[m], read-only, made anew each time."""
        return _only_read(((self.arc[: self.arc_count] >> _HALF) & _WEIGHT).astype(np.int32))

    @property
    def nbytes(self) -> int:
        return self.first_out.nbytes + self.arc.nbytes


def csr_of(first_out: Int32, head: Int32, weight_ds: Int32) -> Csr:
    """The arcs ``first_out`` int32[n + 1], ``head`` int32[m], ``weight_ds`` int32[m] (1 to 2**31 - 1), as records."""
    if len(weight_ds) and weight_ds.min() < 1:
        raise ValueError("an arc weighs less than 1 ds")
    return Csr(first_out, _records(first_out, head, weight_ds))


def _only_read(array: Int32) -> Int32:
    array.setflags(write=False)
    return array


@compiled(uint64[::1](_INT32S, _INT32S, _INT32S))
def _records(first_out: Int32, head: Int32, weight_ds: Int32) -> UInt64:
    """``Csr.arc``."""
    record = np.zeros(len(head) + SPARE_RECORDS, np.uint64)
    for u in range(len(first_out) - 1):
        for arc in range(first_out[u], first_out[u + 1]):
            v = head[arc]
            goes_on = False
            for onward in range(first_out[v], first_out[v + 1]):
                goes_on |= head[onward] != u
            record[arc] = (np.uint64(goes_on) << _MARK_AT) | (np.uint64(weight_ds[arc]) << _HALF) | np.uint64(v)
    return record
