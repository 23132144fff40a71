"""The nearest site of every node, kept exact while sites are added, moved and closed: only what changes is touched.

- **Add**: a search from the new site that goes on only where it improves.
- **Close**: the cell of the site (the nodes it is nearest to) is emptied, from the site outwards; then a search
  starts from the cell's border, and from the other sites that stand inside it.
- **Move**: both at once.

Labels are ``time << 32 | site`` as in ``routing.dial``, so what remains after any sequence is, to the bit, what a
search from the open sites finds: the same times, and of the sites that come first together the lowest index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import int32, int64, types, uint32, uint64
from numpy.typing import NDArray

from routing.compiled import compiled, read_only
from routing.dial import LONGEST_DS, Workspace, arcs_of
from routing.graph import UNREACHED_DS, RoadGraph
from routing.search import Direction, Reach
from routing.snap import Attachment
from routing.ways import ACCESS_WALK_M_PER_S, ways_from_nodes, ways_to_nodes

Int32 = NDArray[np.int32]
UInt64 = NDArray[np.uint64]
Seeds = tuple[Int32, Int32, Int32]

_HALF, _LOW = np.uint64(32), np.uint64(2**32 - 1)
_NEVER = np.uint64(int(UNREACHED_DS) << 32)
_INT32S, _UINT32S, _UINT64S = read_only(int32), read_only(uint32), read_only(uint64)
_FIVE_INT32S = types.UniTuple(int32[::1], 5)  # type: ignore[no-untyped-call]
_THREE_INT32S = types.UniTuple(int32[::1], 3)  # type: ignore[no-untyped-call]


_NO_SEEDS: Seeds = (np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What one step changed: node int32[c], each once; time_ds and site of each before and after, int32[c].

    UNREACHED_DS and -1 where unreached. site: the index of the site that was added, moved or closed.
    """

    site: int
    node: Int32
    before_ds: Int32
    before_site: Int32
    after_ds: Int32
    after_site: Int32


@dataclass(frozen=True, slots=True)
class _Step:
    """How to go back: the change, and the site's seeds and place before it (none: there was no such site)."""

    change: Change
    own_seeds: Seeds
    place: tuple[int, float, float] | None


class WhatIf:
    """The state of one direction, for one user at a time (no two threads at once).

    Indices of sites never change: a closed site keeps its own, an added one takes the next.
    """

    def __init__(
        self,
        graph: RoadGraph,
        sites: Attachment,
        direction: Direction,
        limit_ds: int | None = None,
        *,
        walk_m_per_s: float = ACCESS_WALK_M_PER_S,
    ) -> None:
        """Starts with one whole search. Raises ValueError for a limit or a speed out of range."""
        self._graph, self._direction, self._asked_limit_ds = graph, direction, limit_ds
        self._limit_ds = LONGEST_DS if limit_ds is None else min(limit_ds, LONGEST_DS)
        if self._limit_ds < 0:
            raise ValueError(f"limit_ds is negative: {limit_ds}")
        self._walk_m_per_s = walk_m_per_s
        self._arcs = arcs_of(graph, direction)
        self._against = arcs_of(graph, "departure" if direction == "arrival" else "arrival")
        self._places = list(zip(sites.road.tolist(), sites.fraction.tolist(), sites.access_m.tolist(), strict=True))
        self._seeds = self._seeds_of(sites)
        self._work = Workspace(self._arcs.node_count, self._arcs.most_out, keeps_log=True)
        self._work.label.fill(_NEVER)
        self._stamp = np.zeros(self._arcs.node_count, np.uint32)
        self._steps_done = 0
        self._steps: list[_Step] = []
        self._work.improve(self._arcs, self._seeds, self._limit_ds)
        label = self._work.label
        self._time_ds = (label >> _HALF).astype(np.int32)
        self._site = np.where(label >= _NEVER, -1, (label & _LOW).astype(np.int32)).astype(np.int32)

    @property
    def reach(self) -> Reach:
        """The state as the answer of a search. It shows the present: copy its arrays to keep a moment."""
        time_ds, site = self._time_ds.view(), self._site.view()
        time_ds.setflags(write=False)
        site.setflags(write=False)
        return Reach(time_ds, site, self._direction, self._asked_limit_ds)

    @property
    def sites(self) -> Attachment:
        """Every site ever, closed ones not attached: what ``times_at`` asks for beside ``reach``."""
        road, fraction, access_m = zip(*self._places, strict=True) if self._places else ((), (), ())
        return Attachment(np.array(road, np.int32), np.array(fraction, np.float64), np.array(access_m, np.float64))

    def add(self, point: Attachment) -> Change:
        """One more site, open from now on; its index is the number of sites before it."""
        place = _the_place(point)
        self._places.append((-1, 0.0, np.inf))
        return self._replace(len(self._places) - 1, place, point, is_new=True)

    def close(self, site: int) -> Change:
        """The site serves nobody any more. Raises IndexError when there is no such site; closing twice is nothing."""
        return self._replace(self._checked(site), (-1, 0.0, np.inf), None)

    def move(self, site: int, point: Attachment) -> Change:
        """The site stands elsewhere (open again if it was closed). Raises IndexError when there is no such site."""
        return self._replace(self._checked(site), _the_place(point), point)

    def undo(self) -> Change:
        """Take the last step back; what that changed. Raises IndexError when there is none."""
        step = self._steps.pop()
        was = step.change
        _, others = self._parted(was.site)
        self._seeds = _joined(others, step.own_seeds)
        if step.place is None:
            self._places.pop()
        else:
            self._places[was.site] = step.place
        _put_back(was.node, was.before_ds, was.before_site, self._work.label, self._time_ds, self._site)
        return Change(was.site, was.node, was.after_ds, was.after_site, was.before_ds, was.before_site)

    def _replace(
        self, site: int, place: tuple[int, float, float], point: Attachment | None, *, is_new: bool = False
    ) -> Change:
        own, others = (_NO_SEEDS, self._seeds) if is_new else self._parted(site)
        new = _NO_SEEDS if point is None else self._seeds_of(point, site)
        start = new
        work = self._work
        emptied, emptied_from = np.empty(0, np.uint32), np.empty(0, np.uint64)
        if len(own[0]):
            emptied, emptied_from = _empty_cell(self._arcs.first_out, self._arcs.record, own[0], site, work.label)
            border = _border(
                self._against.first_out, self._against.record, emptied, *others, self._limit_ds, work.label
            )
            start = _joined(border, start)
        lowered = work.improve(self._arcs, start, self._limit_ds)
        self._steps_done += 1
        change = Change(
            site,
            *_changes(
                emptied, emptied_from, work.met, work.was, lowered, work.label, self._steps_done,
                self._stamp, self._time_ds, self._site,
            ),
        )  # fmt: skip
        self._steps.append(_Step(change, own, None if is_new else self._places[site]))
        self._seeds = _joined(others, new)
        self._places[site] = place
        return change

    def _checked(self, site: int) -> int:
        if not 0 <= site < len(self._places):
            raise IndexError(f"site {site} of {len(self._places)}")
        return site

    def _seeds_of(self, points: Attachment, site: int = 0) -> Seeds:
        ways = ways_from_nodes if self._direction == "arrival" else ways_to_nodes  # as search.seeds, not sorted
        found = ways(self._graph, points, self._walk_m_per_s)
        return found.node, found.time_ds, found.point + np.int32(site)

    def _parted(self, site: int) -> tuple[Seeds, Seeds]:
        """The seeds of the site, and those of all others."""
        node, time_ds, site_of = self._seeds
        mine = site_of == site
        return (node[mine], time_ds[mine], site_of[mine]), (node[~mine], time_ds[~mine], site_of[~mine])


def _joined(one: Seeds, other: Seeds) -> Seeds:
    return (
        np.concatenate([one[0], other[0]]),
        np.concatenate([one[1], other[1]]),
        np.concatenate([one[2], other[2]]),
    )


def _the_place(point: Attachment) -> tuple[int, float, float]:
    if len(point) != 1:
        raise ValueError(f"{len(point)} points, expected one")
    return int(point.road[0]), float(point.fraction[0]), float(point.access_m[0])


@compiled(types.Tuple((uint32[::1], uint64[::1]))(_INT32S, _UINT64S, _INT32S, int64, uint64[::1]))  # type: ignore[no-untyped-call]
def _empty_cell(
    first_out: Int32, record: UInt64, seed_node: Int32, site: int, label: UInt64
) -> tuple[NDArray[np.uint32], UInt64]:
    """Forget the label of every node of the site: (nodes, what they were). A cell hangs together from its seeds."""
    room = 1024
    node = np.empty(room, np.uint32)
    was = np.empty(room, np.uint64)
    count = 0
    for s in range(len(seed_node)):
        v = seed_node[s]
        if label[v] < _NEVER and np.int64(label[v] & _LOW) == site:
            node[count], was[count] = v, label[v]
            label[v] = _NEVER
            count += 1
    done = 0
    while done < count:
        u = np.uint64(node[done])
        done += 1
        for arc in range(first_out[u], first_out[u + np.uint64(1)]):
            v = record[arc] & _LOW
            if label[v] < _NEVER and np.int64(label[v] & _LOW) == site:
                if count == room:
                    room *= 2
                    wider, earlier = np.empty(room, np.uint32), np.empty(room, np.uint64)
                    wider[:count], earlier[:count] = node, was
                    node, was = wider, earlier
                node[count], was[count] = v, label[v]
                label[v] = _NEVER
                count += 1
    return node[:count].copy(), was[:count].copy()


@compiled(
    _THREE_INT32S(_INT32S, _UINT64S, _UINT32S, _INT32S, _INT32S, _INT32S, int64, _UINT64S)
)  # fmt: skip
def _border(
    first_in: Int32,
    record: UInt64,
    emptied: NDArray[np.uint32],
    seed_node: Int32,
    seed_ds: Int32,
    seed_site: Int32,
    limit_ds: int,
    label: UInt64,
) -> tuple[Int32, Int32, Int32]:
    """Where a search into the emptied nodes starts: (node, time_ds, site), one way in a node, and the other seeds."""
    room = len(emptied) + len(seed_node)
    node, time_ds, site = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    count = 0
    beyond = np.uint64(limit_ds + 1) << _HALF
    for v in emptied:
        best = beyond
        for arc in range(first_in[v], first_in[np.uint64(v) + np.uint64(1)]):
            there = label[record[arc] & _LOW]
            if there < _NEVER:
                weight_ds = (record[arc] >> _HALF) & np.uint64(2**31 - 1)
                best = min(best, there + (weight_ds << _HALF))
        if best < beyond:
            node[count], time_ds[count], site[count] = v, best >> _HALF, best & _LOW
            count += 1
    for s in range(len(seed_node)):
        if label[seed_node[s]] == _NEVER and seed_ds[s] <= limit_ds:
            node[count], time_ds[count], site[count] = seed_node[s], seed_ds[s], seed_site[s]
            count += 1
    return node[:count].copy(), time_ds[:count].copy(), site[:count].copy()


@compiled(
    _FIVE_INT32S(_UINT32S, _UINT64S, _UINT32S, _UINT64S, int64, _UINT64S, int64, uint32[::1], int32[::1], int32[::1])
)
def _changes(
    emptied: NDArray[np.uint32],
    emptied_from: UInt64,
    met: NDArray[np.uint32],
    was: UInt64,
    lowered: int,
    label: UInt64,
    step: int,
    stamp: NDArray[np.uint32],
    state_ds: Int32,
    state_site: Int32,
) -> tuple[Int32, Int32, Int32, Int32, Int32]:
    """Every node whose label is not what it was, once; the state as arrays follows."""
    room = len(emptied) + lowered
    node = np.empty(room, np.int32)
    before_ds, before_site = np.empty(room, np.int32), np.empty(room, np.int32)
    after_ds, after_site = np.empty(room, np.int32), np.empty(room, np.int32)
    count = 0
    for i in range(room):
        v = emptied[i] if i < len(emptied) else met[i - len(emptied)]
        if stamp[v] == np.uint32(step):
            continue
        stamp[v] = np.uint32(step)
        before = emptied_from[i] if i < len(emptied) else was[i - len(emptied)]
        after = label[v]
        if after == before:
            continue
        node[count] = v
        before_ds[count], before_site[count] = state_ds[v], state_site[v]
        state_ds[v] = np.int32(after >> _HALF)
        state_site[v] = np.int32(after & _LOW) if after < _NEVER else np.int32(-1)
        after_ds[count], after_site[count] = state_ds[v], state_site[v]
        count += 1
    return node[:count], before_ds[:count], before_site[:count], after_ds[:count], after_site[:count]


@compiled(types.void(_INT32S, _INT32S, _INT32S, uint64[::1], int32[::1], int32[::1]))
def _put_back(node: Int32, time_ds: Int32, site: Int32, label: UInt64, state_ds: Int32, state_site: Int32) -> None:
    for i in range(len(node)):
        v = node[i]
        state_ds[v], state_site[v] = time_ds[i], site[i]
        label[v] = _NEVER if site[i] < 0 else (np.uint64(time_ds[i]) << _HALF) | np.uint64(site[i])
