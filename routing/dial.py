"""Dijkstra's search from many seeds at once, with buckets of times (Dial 1969) instead of a heap.

What makes it fast, each measured against the plain form (one bucket a decisecond, lists linked node by node):

- **Wide buckets.** One bucket holds 64 ds. A node may then be opened before its time is final; it is opened
  again when it improves. Few arcs are that short, so few nodes are, and the answer is the same.
- **Loops that do not guess.** What waits in a bucket is taken 64 nodes at a time through three short loops (copy
  the arcs out, compare, put into buckets) whose stores happen always and whose counters advance only when they
  should. The processor then never waits for a wrong guess, nor for one node before it fetches the next: half the
  time of the same search written with branches.
- **One word for what is decided together.** A label is ``time << 32 | site``: the lower of two labels is the
  earlier, and of those that come first together the lowest site, whatever the order of discovery. An arc is
  ``weight << 32 | head``, in the order of the nodes.
- **Nothing is cleared.** Labels are counted from a base that falls with each search, so those left behind by
  earlier searches are all later than any new one.

Buckets cover a window of a day from the earliest time; what lies further waits in one more bucket, which is
sorted into the window when all before it is done. So a ferry of twelve hours costs no millions of empty buckets.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Literal
from weakref import WeakKeyDictionary

import numpy as np
from numba import int32, int64, types, uint32, uint64
from numpy.typing import NDArray

from routing.arcs import SPARE_RECORDS, Csr, csr_of
from routing.compiled import compiled, read_only
from routing.graph import MAX_ROAD_DS, UNREACHED_DS, RoadGraph

UInt64 = NDArray[np.uint64]
UInt32 = NDArray[np.uint32]
Int32 = NDArray[np.int32]

#: No search goes further, limit or not: three years, and sums of two times still fit 32 bits.
LONGEST_DS: Final = 2**30 - 1

#: A bucket holds 2**6 ds. Measured from 2**3 to 2**7: 2**6 and 2**7 are the fastest, by little.
BUCKET_BITS: Final = 6
#: Nodes wait in chunks of 2**6: enough to keep the memory busy, few enough to stay in the nearest cache.
CHUNK_BITS: Final = 6
#: Buckets of the window: 2**14 of 64 ds are 29 hours. One more holds all that lies further.
BUCKETS: Final = 2**14
#: Arcs that are copied without asking whether the node has as many: few have more.
_COPIED: Final = SPARE_RECORDS
_FIRST_CHUNKS: Final = 2**11
_BASE_TOP: Final = 2**31 - 1 - MAX_ROAD_DS

_ZERO, _ONE, _TWO, _THREE, _AT_ONCE = (np.uint64(k) for k in range(_COPIED + 1))
_LOW, _HALF = np.uint64(2**32 - 1), np.uint64(32)
_LABEL_TIME = np.uint64((2**31 - 1) << 32)
_MARK, _UNMARKED, _MARK_AT = np.uint64(2**63), np.uint64(2**63 - 1), np.uint64(63)
_WIDTH, _CHUNK = np.uint64(BUCKET_BITS), np.uint64(CHUNK_BITS)
_IN_CHUNK = np.uint64(2**CHUNK_BITS - 1)

_INT32S, _UINT64S = read_only(int32), read_only(uint64)
_TWO_INT32S = types.Tuple((int32[::1], int32[::1]))  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """The arcs of one direction and the workspaces of searches over them; nothing of the arcs is copied.

    first_out: int32[n + 1], record: uint64[m + SPARE_RECORDS], as in ``Csr``. most_out: the most arcs of one node.
    """

    first_out: Int32
    record: UInt64
    most_out: int
    _spare: list[Workspace] = field(default_factory=list)

    @property
    def node_count(self) -> int:
        return len(self.first_out) - 1

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays; workspaces apart."""
        return self.first_out.nbytes + self.record.nbytes

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """One that nobody else is using: kept from an earlier search, or new."""
        try:
            workspace = self._spare.pop()  # a list's pop and append are whole, whatever the threads
        except IndexError:
            workspace = Workspace(self.node_count, self.most_out)
        try:
            yield workspace
        finally:
            self._spare.append(workspace)


class Workspace:
    """What one search at a time writes in; as many as there are searches at once."""

    def __init__(self, node_count: int, most_out: int, *, keeps_log: bool = False) -> None:
        self.label = np.full(node_count, UNREACHED_DS.astype(np.uint64) << _HALF, np.uint64)
        self.base_ds = _BASE_TOP
        self.first_chunk = np.zeros(BUCKETS + 1, np.uint32)
        self.end = np.zeros(BUCKETS + 1, np.uint32)
        candidates = (max(most_out, _COPIED) << CHUNK_BITS) + _COPIED
        self.candidate = np.empty((2, candidates), np.uint64)
        self.met = np.empty(node_count + candidates, np.uint32)
        self.was = np.empty(len(self.met) if keeps_log else 1, np.uint64)
        self._make_chunks(_FIRST_CHUNKS + (candidates >> 3))

    def _make_chunks(self, count: int) -> None:
        self.pool = np.empty((count + 1) << CHUNK_BITS, np.uint64)
        self.next_chunk = np.empty(count + 1, np.uint32)
        self.free = np.arange(count, 0, -1, dtype=np.uint32)  # chunk 0 is none

    def lower_base(self, limit_ds: int) -> None:
        """Every label of before is now beyond the limit; once in thousands of searches, by clearing them."""
        self.base_ds -= limit_ds + 1
        if self.base_ds < 0:
            self.label.fill(UNREACHED_DS.astype(np.uint64) << _HALF)
            self.base_ds = _BASE_TOP - (limit_ds + 1)

    def search(self, arcs: Arcs, seeds: tuple[Int32, Int32, Int32], limit_ds: int) -> int:
        """How many nodes were met; ``label``, ``met`` and ``base_ds`` then say which and when."""
        while True:
            self.lower_base(limit_ds)
            met_count = self._run(arcs, seeds, limit_ds, self.base_ds)
            if met_count >= 0:
                return met_count
            self.grow()

    def improve(self, arcs: Arcs, seeds: tuple[Int32, Int32, Int32], limit_ds: int) -> int:
        """Lower the labels that stand (base 0) by what comes from the seeds; how many times one was lowered.

        ``met`` and ``was`` then say which and from what, in order (``keeps_log``); a node may come again.
        """
        while True:
            count = self._run(arcs, seeds, limit_ds, 0)
            if count >= 0:
                return count
            done = -1 - count
            self.label[self.met[:done][::-1]] = self.was[:done][::-1]  # of one node, the first is written last
            self.grow()

    def _run(self, arcs: Arcs, seeds: tuple[Int32, Int32, Int32], limit_ds: int, base_ds: int) -> int:
        count: int = relax(
            arcs.first_out, arcs.record, *seeds, limit_ds, base_ds, self.label, self.met, self.was, self.first_chunk,
            self.end, self.pool, self.next_chunk, self.free, self.candidate[0], self.candidate[1],
        )  # fmt: skip
        return count

    def grow(self) -> None:
        """Room for four times as many nodes that wait, and twice as long a log. Nothing may be waiting."""
        self.end.fill(0)
        self._make_chunks(4 * len(self.free))
        if len(self.was) > 1:
            self.met = np.empty(2 * len(self.met), np.uint32)
            self.was = np.empty(len(self.met), np.uint64)


def pack(first_out: Int32, head: Int32, weight_ds: Int32) -> Arcs:
    """The arcs ``first_out`` int32[n + 1], ``head`` int32[m], ``weight_ds`` int32[m] (1 to MAX_ROAD_DS), packed."""
    if len(weight_ds) and not (weight_ds.min() >= 1 and weight_ds.max() <= MAX_ROAD_DS):
        raise ValueError(f"an arc weighs neither 1 nor up to {MAX_ROAD_DS} ds")
    return ready(csr_of(first_out, head, weight_ds))


def ready(csr: Csr) -> Arcs:
    """``csr`` ready to be searched: a view."""
    return Arcs(csr.first_out, csr.arc, int(np.diff(csr.first_out).max(initial=0)))


_ready: WeakKeyDictionary[RoadGraph, dict[str, Arcs]] = WeakKeyDictionary()
_making_ready = Lock()


def arcs_of(graph: RoadGraph, direction: Literal["arrival", "departure"]) -> Arcs:
    """The graph's arcs against the traffic (arrival) or with it; their workspaces are kept as long as the graph."""
    with _making_ready:
        both = _ready.setdefault(graph, {})
        if direction not in both:
            csr = {"arrival": graph.backward, "departure": graph.forward}[direction]
            both[direction] = ready(csr)
        return both[direction]


def nearest(
    arcs: Arcs, seed_node: Int32, seed_ds: Int32, seed_site: Int32, limit_ds: int = LONGEST_DS
) -> tuple[Int32, Int32]:
    """The nearest site of every node within the limit: (time_ds int32[n], site int32[n]).

    Seeds int32[s], in any order: where a search starts, when, for which site. UNREACHED_DS and -1 where none
    comes in ``limit_ds`` (0 to LONGEST_DS); of those that come first together, the lowest site.
    """
    _check_limit(limit_ds)
    with arcs.workspace() as workspace:
        workspace.search(arcs, (seed_node, seed_ds, seed_site), limit_ds)
        both: tuple[Int32, Int32] = _everywhere(workspace.label, workspace.base_ds, limit_ds)
        return both


def reached(arcs: Arcs, seed_node: Int32, seed_ds: Int32, limit_ds: int) -> tuple[Int32, Int32]:
    """The nodes one comes to in ``limit_ds`` at most: (node int32[r], time_ds int32[r]), each once, in no order.

    Costs what is reached, not what there is.
    """
    _check_limit(limit_ds)
    with arcs.workspace() as workspace:
        met_count = workspace.search(arcs, (seed_node, seed_ds, np.zeros(len(seed_node), np.int32)), limit_ds)
        both: tuple[Int32, Int32] = _where_met(workspace.label, workspace.met, met_count, workspace.base_ds)
        return both


def _check_limit(limit_ds: int) -> None:
    if not 0 <= limit_ds <= LONGEST_DS:
        raise ValueError(f"limit_ds is not within 0..{LONGEST_DS}: {limit_ds}")


@compiled(_TWO_INT32S(_UINT64S, int64, int64))
def _everywhere(label: UInt64, base_ds: int, limit_ds: int) -> tuple[Int32, Int32]:
    time_ds = np.full(len(label), UNREACHED_DS, np.int32)
    site = np.full(len(label), -1, np.int32)
    for node in range(len(label)):
        then = np.int64(label[node] >> _HALF) - base_ds
        if then <= limit_ds:
            time_ds[node] = then
            site[node] = np.int32(label[node] & _LOW)
    return time_ds, site


@compiled(_TWO_INT32S(_UINT64S, read_only(uint32), int64, int64))
def _where_met(label: UInt64, met: UInt32, met_count: int, base_ds: int) -> tuple[Int32, Int32]:
    node = np.empty(met_count, np.int32)
    time_ds = np.empty(met_count, np.int32)
    for i in range(met_count):
        node[i] = met[i]
        time_ds[i] = np.int64(label[met[i]] >> _HALF) - base_ds
    return node, time_ds


@compiled(uint64(uint64, uint64, _UINT64S, read_only(uint32), _UINT64S))
def _earliest(chunk: np.uint64, end: np.uint64, pool: UInt64, next_chunk: UInt32, label: UInt64) -> np.uint64:
    """The earliest time of what still waits in a chain of chunks; all bits set when nothing does."""
    earliest = uint64(2**64 - 1)
    while True:
        start = chunk << _CHUNK
        is_last = (end - _ONE) >> _CHUNK == chunk
        stop = end if is_last else start + _IN_CHUNK + _ONE
        while start < stop:
            then = pool[start] >> _HALF
            if label[pool[start] & _LOW] >> _HALF == then:
                earliest = min(earliest, then)
            start += _ONE
        if is_last:
            return earliest
        chunk = uint64(next_chunk[chunk])


@compiled(
    int64(
        _INT32S, _UINT64S, _INT32S, _INT32S, _INT32S, int64, int64, uint64[::1], uint32[::1], uint64[::1],
        uint32[::1], uint32[::1], uint64[::1], uint32[::1], uint32[::1], uint64[::1], uint64[::1],
    )
)  # fmt: skip
def relax(  # noqa: PLR0912, PLR0915  one loop: every call would cost
    first_out: Int32,
    record: UInt64,
    seed_node: Int32,
    seed_ds: Int32,
    seed_site: Int32,
    limit_ds: int,
    base_ds: int,
    label: UInt64,
    met: UInt32,
    was: UInt64,
    first_chunk: UInt32,
    end: UInt32,
    pool: UInt64,
    next_chunk: UInt32,
    free: UInt32,
    candidate: UInt64,
    candidate_site: UInt64,
) -> int:
    """Lower the labels of all that is reached; how many nodes were met, or -1 - that when there is no room left.

    All is unsigned: an index that cannot be negative needs no test for it. ``label[v] >= beyond`` says that v
    has not been met in this search. When ``was`` has the room, every label lowered counts as met, and what it
    was is kept.
    """
    base = uint64(base_ds)
    beyond = (base + uint64(limit_ds) + _ONE) << _HALF
    now = base  # where the window of buckets starts
    far = uint64(len(end) - 1)
    bucket, chunk, stop_all = _ZERO, _ZERO, _ZERO
    is_far = False
    seed, seed_count = _ZERO, uint64(len(seed_node))
    met_count = _ZERO
    free_count = uint64(len(free))
    waiting = _ZERO
    keeps_log = len(was) > 1
    met_from = _ZERO if keeps_log else beyond
    log_bits = ~_ZERO if keeps_log else _ZERO
    while True:
        count = _ZERO
        if seed < seed_count:  # as if arcs led to the seeds
            while seed < seed_count and count <= _IN_CHUNK:
                then = base + uint64(min(seed_ds[seed], limit_ds + 1))
                candidate[count] = _MARK | (then << _HALF) | uint64(seed_node[seed])
                candidate_site[count] = uint64(seed_site[seed])
                seed += _ONE
                count += _ONE
        elif chunk == _ZERO:  # on to the next bucket
            if waiting == _ZERO:
                return int64(met_count)  # type: ignore[return-value]  # numba
            stop_all = uint64(end[bucket])
            if stop_all == _ZERO:
                bucket += _ONE
                continue
            chunk = uint64(first_chunk[bucket])
            end[bucket] = 0
            is_far = bucket == far
            if is_far:
                now = min(_earliest(chunk, stop_all, pool, next_chunk, label), beyond >> _HALF)
                bucket = _ZERO
            continue
        else:
            i = chunk << _CHUNK
            is_last = (stop_all - _ONE) >> _CHUNK == chunk
            stop = stop_all if is_last else i + _IN_CHUNK + _ONE
            waiting -= stop - i
            if is_far:  # what has waited beyond the window goes into its bucket
                while i < stop:
                    candidate[count] = pool[i]
                    count += uint64(label[pool[i] & _LOW] >> _HALF == pool[i] >> _HALF)
                    i += _ONE
            while i < stop:  # copy the arcs out of the nodes that have not improved since they were put here
                entry = pool[i]
                i += _ONE
                u = entry & _LOW
                arc = uint64(first_out[u])
                out = uint64(first_out[u + _ONE]) - arc
                here = label[u]
                out = out if here >> _HALF == entry >> _HALF else _ZERO
                then = entry - u
                site = here & _LOW
                candidate[count] = record[arc] + then
                candidate[count + _ONE] = record[arc + _ONE] + then
                candidate[count + _TWO] = record[arc + _TWO] + then
                candidate[count + _THREE] = record[arc + _THREE] + then
                candidate_site[count] = site
                candidate_site[count + _ONE] = site
                candidate_site[count + _TWO] = site
                candidate_site[count + _THREE] = site
                k = _AT_ONCE
                while k < out:
                    candidate[count + k] = record[arc + k] + then
                    candidate_site[count + k] = site
                    k += _ONE
                count += out
            free[free_count] = chunk
            free_count += _ONE
            chunk = _ZERO if is_last else uint64(next_chunk[chunk])
        if met_count + count > uint64(len(met)):
            return int64(-1) - int64(met_count)  # type: ignore[return-value]
        if not is_far:
            better_count = _ZERO
            i = _ZERO
            while i < count:  # lower the labels, and keep those one must go on from
                reach = candidate[i]
                new = (reach & _LABEL_TIME) | candidate_site[i]
                i += _ONE
                v = reach & _LOW
                old = label[v]
                is_better = uint64(new < min(old, beyond))
                label[v] = new if is_better else old
                met[met_count] = v
                was[met_count & log_bits] = old
                met_count += is_better & uint64(old >= met_from)
                candidate[better_count] = reach & _UNMARKED
                better_count += is_better & (reach >> _MARK_AT)
            count = better_count
        if free_count < count:
            return int64(-1) - int64(met_count)  # type: ignore[return-value]
        waiting += count
        i = _ZERO
        while i < count:  # put them at the end of their buckets
            entry = candidate[i]
            i += _ONE
            where = min(((entry >> _HALF) - now) >> _WIDTH, far)
            place = uint64(end[where])
            if place & _IN_CHUNK == _ZERO:  # its last chunk is full, or there is none
                free_count -= _ONE
                fresh = uint64(free[free_count])
                if place == _ZERO:
                    first_chunk[where] = fresh
                else:
                    next_chunk[(place - _ONE) >> _CHUNK] = fresh
                place = fresh << _CHUNK
            pool[place] = entry
            end[where] = place + _ONE
