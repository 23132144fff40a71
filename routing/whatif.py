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
from typing import Any, Final

import numpy as np
from numba import boolean, float64, int32, int64, types, uint8, uint32, uint64
from numpy.typing import NDArray

from routing.addresses import address_table, booleans, int32s, uint8s, uint32s, uint64s
from routing.arcs import SPARE_RECORDS
from routing.compiled import compiled, read_only
from routing.dial import LONGEST_DS, Workspace, arcs_of, relax
from routing.graph import UNREACHED_DS, RoadGraph
from routing.search import Direction, Reach
from routing.snap import Attachment
from routing.ways import (
    ACCESS_WALK_M_PER_S,
    Ways,
    columns_from_nodes,
    columns_to_nodes,
    from_nodes,
    one_walk_ds,
    to_nodes,
    ways_from_nodes,
    ways_to_nodes,
)

Int32 = NDArray[np.int32]
UInt64 = NDArray[np.uint64]
UInt32 = NDArray[np.uint32]
Int64 = NDArray[np.int64]

_HALF, _LOW, _ONE, _MARK = np.uint64(32), np.uint64(2**32 - 1), np.uint64(1), np.uint64(2**63)
#: The label of who is served by nobody: every other is less, and its lower half, read as int32, is -1.
_NEVER = np.uint64(int(UNREACHED_DS) << 32 | 2**32 - 1)
_SERVED_BELOW = np.uint64(int(UNREACHED_DS) << 32)
_AT_ONCE: Final = SPARE_RECORDS
#: What is written of a node: an arc comes to it from where none goes back, and twice the number of seeds on it.
_ONE_WAY_IN, _MANY_SEEDS = np.uint8(1), np.uint8(254)

_INT32S, _UINT64S = read_only(int32), read_only(uint64)
_TWO_INT32S = types.UniTuple(int32[::1], 2)  # type: ignore[no-untyped-call]
_NO_SEED_ROWS, _NO_WORK_ROOM = -1, -2

_NOWHERE: Final = (-1, 0.0, np.inf)
#: Sites are come to on arrival and left on departure, as in ``routing.search``; their order does not matter here.
_WAYS: Final = {"arrival": ways_from_nodes, "departure": ways_to_nodes}


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
    """How to go back: the change, and the site's place and seeds before it (none: there was no such site)."""

    change: Change
    place: tuple[int, float, float] | None
    own: tuple[int, int]


class _Seeds:
    """Where the sites stand: ``node``, ``time_ds`` int32[rows], those of ``site`` at ``first[site]``, ``count[site]``.

    Rows are only ever written at the end: to go back, one only needs to know where a site's were.
    """

    def __init__(self, ways: Ways, site_count: int) -> None:
        self.rows = len(ways.node)
        self.node, self.time_ds = _roomy(ways.node), _roomy(ways.time_ds)
        sites = np.arange(site_count + 1)
        first = np.searchsorted(ways.point, sites).astype(np.int32)
        self.first, self.count = _roomy(first[:-1]), _roomy(np.diff(first).astype(np.int32))

    def arrays(self) -> list[Int32]:
        return [self.node, self.time_ds, self.first, self.count]

    def more_rows(self) -> None:
        self.node, self.time_ds = _roomy(self.node), _roomy(self.time_ds)

    def more_sites(self) -> None:
        self.first, self.count = _roomy(self.first), _roomy(self.count)


def _roomy(column: Int32) -> Int32:
    return np.concatenate([column, np.zeros(len(column) + 64, np.int32)])


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
        self._direction, self._asked_limit_ds = direction, limit_ds
        self._limit_ds = LONGEST_DS if limit_ds is None else min(limit_ds, LONGEST_DS)
        if self._limit_ds < 0:
            raise ValueError(f"limit_ds is negative: {limit_ds}")
        if not walk_m_per_s > 0:
            raise ValueError(f"walk_m_per_s must be positive: {walk_m_per_s}")
        self._walk_m_per_s = walk_m_per_s
        arcs, against = arcs_of(graph, direction), arcs_of(graph, "departure" if direction == "arrival" else "arrival")
        self._places = list(zip(sites.road.tolist(), sites.fraction.tolist(), sites.access_m.tolist(), strict=True))
        ways = _WAYS[direction](graph, sites, walk_m_per_s)
        self._seeds = _Seeds(ways, len(sites))
        self._work = Workspace(arcs.node_count, arcs.most_out, keeps_log=True)
        self._work.label.fill(_NEVER)
        self._work.improve(arcs, (ways.node, ways.time_ds, ways.point), self._limit_ds)
        self._about = _about_nodes(arcs.first_out, arcs.record, against.first_out, against.record)
        _count_seeds(self._about, ways.node, 1)
        room = arcs.node_count + max(arcs.most_out, _AT_ONCE)
        self._before: list[NDArray[Any]] = [
            arcs.first_out, arcs.record, against.first_out, against.record, self._about, self._work.label,
            np.empty(room, np.uint32), np.empty(room, np.uint64), np.empty(room, np.uint32),
        ]  # fmt: skip
        self._behind: list[NDArray[Any]] = [*columns_to_nodes(graph), *columns_from_nodes(graph)]
        self._address()
        self._steps: list[_Step] = []
        self._untold: list[Change] = []
        self._time_ds, self._site = _both(self._work.label)

    @property
    def reach(self) -> Reach:
        """The state as the answer of a search, as it is now. The next ``reach`` may reuse its arrays: copy to keep."""
        if 4 * sum(len(change.node) for change in self._untold) > len(self._time_ds):
            self._time_ds, self._site = _both(self._work.label)
        else:
            for change in self._untold:
                self._time_ds[change.node], self._site[change.node] = change.after_ds, change.after_site
        self._untold.clear()
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
        place, site = _the_place(point), len(self._places)
        if site == len(self._seeds.first):
            self._seeds.more_sites()
            self._address()
        self._seeds.first[site] = self._seeds.count[site] = 0
        self._places.append(_NOWHERE)
        return self._replace(site, place, is_new=True)

    def close(self, site: int) -> Change:
        """The site serves nobody any more. Raises IndexError when there is no such site; closing twice is nothing."""
        return self._replace(self._checked(site), _NOWHERE)

    def move(self, site: int, point: Attachment) -> Change:
        """The site stands elsewhere (open again if it was closed). Raises IndexError when there is no such site."""
        return self._replace(self._checked(site), _the_place(point))

    def undo(self) -> Change:
        """Take the last step back; what that changed. Raises IndexError when there is none."""
        step = self._steps.pop()
        was, seeds = step.change, self._seeds
        _count_seeds(self._about, seeds.node[seeds.first[was.site] :][: seeds.count[was.site]], -1)
        seeds.first[was.site], seeds.count[was.site] = step.own
        _count_seeds(self._about, seeds.node[step.own[0] :][: step.own[1]], 1)
        if step.place is None:
            self._places.pop()
        else:
            self._places[was.site] = step.place
        _put_back(was.node, was.before_ds, was.before_site, self._work.label)
        back = Change(was.site, was.node, was.after_ds, was.after_site, was.before_ds, was.before_site)
        self._untold.append(back)
        return back

    def _replace(self, site: int, place: tuple[int, float, float], *, is_new: bool = False) -> Change:
        seeds = self._seeds
        own = (int(seeds.first[site]), int(seeds.count[site]))
        road, fraction, access_m = place
        walk = one_walk_ds(access_m, self._walk_m_per_s)
        is_arrival, site_count = self._direction == "arrival", len(self._places)
        while True:
            found, count = _step(
                self._table, is_arrival, road, fraction, walk, site, site_count, seeds.rows, self._limit_ds
            )
            if count >= 0:
                break
            if count == _NO_SEED_ROWS:
                seeds.more_rows()
            else:
                self._work.grow()
            self._address()
        seeds.rows += int(seeds.count[site])
        change = Change(site, *found[:, :count])
        self._steps.append(_Step(change, None if is_new else self._places[site], own))
        self._untold.append(change)
        self._places[site] = place
        return change

    def _address(self) -> None:
        """To be done again whenever an array was replaced by a larger one."""
        work = self._work
        self._arrays = [
            *self._before, work.met, work.was, work.first_chunk, work.end, work.pool, work.next_chunk, work.free,
            *work.candidate, *self._seeds.arrays(), *self._behind,
        ]  # fmt: skip
        self._table = address_table(self._arrays)

    def _checked(self, site: int) -> int:
        if not 0 <= site < len(self._places):
            raise IndexError(f"site {site} of {len(self._places)}")
        return site


def _the_place(point: Attachment) -> tuple[int, float, float]:
    if len(point) != 1:
        raise ValueError(f"{len(point)} points, expected one")
    return int(point.road[0]), float(point.fraction[0]), float(point.access_m[0])


def _both(label: UInt64) -> tuple[Int32, Int32]:
    """(time_ds int32[n], site int32[n])."""
    return (label >> _HALF).astype(np.int32), (label & _LOW).astype(np.uint32).view(np.int32)


@compiled(uint8[::1](*[_INT32S, _UINT64S] * 2))
def _about_nodes(first_out: Int32, record: UInt64, first_in: Int32, record_in: UInt64) -> NDArray[np.uint8]:
    """uint8[n]: _ONE_WAY_IN where an arc comes in from a node to which none goes out."""
    about = np.zeros(len(first_out) - 1, np.uint8)
    for v in range(len(about)):
        for arc_in in range(first_in[v], first_in[v + 1]):
            goes_back = False
            for arc in range(first_out[v], first_out[v + 1]):
                goes_back |= (record[arc] ^ record_in[arc_in]) & _LOW == 0
            if not goes_back:
                about[v] = _ONE_WAY_IN
    return about


@compiled(types.void(uint8[::1], _INT32S, int64))
def _count_seeds(about: NDArray[np.uint8], node: Int32, by: int) -> None:
    """One seed more (``by`` 1) or less (-1) on each; a node with too many to count keeps "many" for ever."""
    for v in node:
        if about[v] < _MANY_SEEDS:
            about[v] = about[v] + by * 2


@compiled(types.Tuple((int64, int64, boolean))(  # type: ignore[no-untyped-call]
    _INT32S, _UINT64S, uint8[::1], uint64[::1], uint32[::1], uint64[::1], uint32[::1], _INT32S, int64
))  # fmt: skip
def _empty_cell(
    first_out: Int32,
    record: UInt64,
    about: NDArray[np.uint8],
    label: UInt64,
    emptied: UInt32,
    emptied_from: UInt64,
    edge: UInt32,
    seed_node: Int32,
    site: int,
) -> tuple[int, int, bool]:
    """Forget the label of the site's nodes, which hang together from its seeds: (how many, at the edge, has guests).

    The edge: those from which an arc leads to another site's node, or to which one comes where none goes back. Guests: seeds of other sites.
    Like the search, without guessing: what is not wanted is overwritten by the next.
    """
    mine = uint64(site)
    count, done, edges = uint64(0), uint64(0), uint64(0)
    all_about = uint64(0)
    for s in range(len(seed_node)):
        v = uint64(seed_node[s])
        emptied[count], emptied_from[count] = v, label[v]
        is_mine = label[v] & _LOW == mine
        label[v] = _NEVER if is_mine else label[v]
        count += uint64(is_mine)
    while done < count:
        u = uint64(emptied[done])
        done += _ONE
        arc = uint64(first_out[u])
        out = uint64(first_out[u + _ONE]) - arc
        is_edge = uint64(about[u]) & _ONE
        all_about |= uint64(about[u])
        k = uint64(0)
        while k < max(out, uint64(_AT_ONCE)):
            v = record[arc + k] & _LOW
            here = label[v]
            is_arc = uint64(k < out)
            is_mine = is_arc & uint64(here & _LOW == mine)
            emptied[count], emptied_from[count] = v, here
            label[v] = _NEVER if is_mine else here
            count += is_mine
            is_edge |= is_arc & ~is_mine & uint64(here < _SERVED_BELOW)
            k += _ONE
        edge[edges] = u
        edges += is_edge
    return int64(count), int64(edges), all_about > _ONE  # type: ignore[return-value]  # numba


@compiled(int64(_INT32S, _UINT64S, uint64[::1], uint32[::1], int64, int64, int32[::1], int32[::1], int32[::1]))
def _border(
    first_in: Int32,
    record_in: UInt64,
    label: UInt64,
    edge: UInt32,
    edges: int,
    limit_ds: int,
    start_node: Int32,
    start_ds: Int32,
    start_site: Int32,
) -> int:
    """Where a search into the emptied nodes starts: the best way into each of the edge; how many."""
    beyond = uint64(limit_ds + 1) << _HALF
    count = 0
    for i in range(edges):
        v = uint64(edge[i])
        best = beyond
        for arc in range(first_in[v], first_in[v + _ONE]):
            way = record_in[arc]
            best = min(best, label[way & _LOW] + ((way & ~_MARK) & ~_LOW))
        start_node[count], start_ds[count], start_site[count] = v, best >> _HALF, best & _LOW
        count += int(best < beyond)
    return count


@compiled(int64(uint64[::1], read_only(uint32), _UINT64S, int32[:, ::1], int64))
def _tell(label: UInt64, node: UInt32, was: UInt64, found: Int32, count: int) -> int:
    """Write the nodes whose label is not what it was behind the ``count`` that are, each once, and mark them."""
    for i in range(len(node)):
        v = node[i]
        before, after = was[i], label[v]
        label[v] = after | _MARK
        found[0, count] = v
        found[1, count], found[2, count] = before >> _HALF, before & _LOW
        found[3, count], found[4, count] = after >> _HALF, after & _LOW
        count += (after != before) & (after < _MARK)
    return count


@compiled(_TWO_INT32S(int64[::1], boolean, int32, float64, int32))
def _ways_of_point(table: Int64, is_arrival: bool, road: int, fraction: float, walk_ds: int) -> tuple[Int32, Int32]:
    """``routing.ways`` for one point: (node, time_ds)."""
    roads, fractions, walks = np.full(1, road, np.int32), np.full(1, fraction), np.full(1, walk_ds, np.int32)
    tail, head, forward_ds, backward_ds = int32s(table, 22), int32s(table, 23), int32s(table, 24), int32s(table, 25)
    delay_ds, back_delay_ds = int32s(table, 26), int32s(table, 27)
    if is_arrival:
        _, node, time_ds = from_nodes(
            roads, fractions, walks, tail, head, forward_ds, backward_ds, delay_ds, back_delay_ds,
            int32s(table, 30), int32s(table, 31), booleans(table, 32), int32s(table, 33),
        )  # fmt: skip
    else:
        _, node, time_ds = to_nodes(
            roads, fractions, walks, tail, head, forward_ds, backward_ds, delay_ds, back_delay_ds,
            int32s(table, 28), int32s(table, 29),
        )  # fmt: skip
    return node, time_ds


@compiled(types.Tuple((int32[:, ::1], int64))(int64[::1], boolean, int32, float64, int32, *[int64] * 4))  # type: ignore[no-untyped-call]
def _step(
    table: Int64,
    is_arrival: bool,
    road: int,
    fraction: float,
    walk_ds: int,
    site: int,
    site_count: int,
    seed_rows: int,
    limit_ds: int,
) -> tuple[Int32, int]:
    """The site, open or not, stands at this point from now on: (rows of ``Change``, how many columns of them are).

    A road of -1 closes it. ``table``: the addresses of ``WhatIf._arrays``. Without room for more seeds
    (_NO_SEED_ROWS columns) or in the workspace (_NO_WORK_ROOM), all stays as before.
    """
    first_out, record, first_in, record_in = int32s(table, 0), uint64s(table, 1), int32s(table, 2), uint64s(table, 3)
    about, label, met, was = uint8s(table, 4), uint64s(table, 5), uint32s(table, 9), uint64s(table, 10)
    emptied, emptied_from, edge = uint32s(table, 6), uint64s(table, 7), uint32s(table, 8)
    seed_node, seed_ds = int32s(table, 18), int32s(table, 19)
    seed_first, seed_count = int32s(table, 20), int32s(table, 21)
    new_node, new_ds = _ways_of_point(table, is_arrival, road, fraction, walk_ds)
    if seed_rows + len(new_node) > len(seed_node):
        return np.empty((5, 0), np.int32), _NO_SEED_ROWS
    own = seed_node[seed_first[site] : seed_first[site] + seed_count[site]]
    count, edges, has_guests = 0, 0, False
    if len(own):
        _count_seeds(about, own, -1)
        count, edges, has_guests = _empty_cell(
            first_out, record, about, label, emptied, emptied_from, edge, own, site
        )  # fmt: skip
    start = np.empty((3, edges + (len(seed_node) if has_guests else 0) + len(new_node)), np.int32)
    starts = _border(first_in, record_in, label, edge, edges, limit_ds, start[0], start[1], start[2])
    if has_guests:  # other sites stand inside the cell
        for other in range(site_count):
            for row in range(seed_first[other], seed_first[other] + seed_count[other] * (other != site)):
                if label[seed_node[row]] >= _SERVED_BELOW:
                    start[0, starts], start[1, starts], start[2, starts] = seed_node[row], seed_ds[row], other
                    starts += 1
    for row in range(len(new_node)):
        start[0, starts], start[1, starts], start[2, starts] = new_node[row], new_ds[row], site
        starts += 1
    lowered = relax(
        first_out, record, start[0][:starts], start[1][:starts], start[2][:starts], limit_ds, 0, label, met, was,
        uint32s(table, 11), uint32s(table, 12), uint64s(table, 13), uint32s(table, 14), uint32s(table, 15),
        uint64s(table, 16), uint64s(table, 17),
    )  # fmt: skip
    if lowered < 0:
        for i in range(-2 - lowered, -1, -1):  # of one node, the first is written last
            label[met[i]] = was[i]
        for i in range(count):
            label[emptied[i]] = emptied_from[i]
        _count_seeds(about, own, 1)
        return np.empty((5, 0), np.int32), _NO_WORK_ROOM
    _count_seeds(about, new_node, 1)
    seed_first[site], seed_count[site] = seed_rows, len(new_node)
    seed_node[seed_rows : seed_rows + len(new_node)] = new_node
    seed_ds[seed_rows : seed_rows + len(new_node)] = new_ds
    found = np.empty((5, count + lowered), np.int32)
    changed = _tell(label, emptied[:count], emptied_from, found, 0)
    changed = _tell(label, met[:lowered], was, found, changed)
    for v in emptied[:count]:
        label[v] &= ~_MARK
    for v in met[:lowered]:
        label[v] &= ~_MARK
    return found, changed


@compiled(types.void(_INT32S, _INT32S, _INT32S, uint64[::1]))
def _put_back(node: Int32, time_ds: Int32, site: Int32, label: UInt64) -> None:
    for i in range(len(node)):
        label[node[i]] = (np.uint64(time_ds[i]) << _HALF) | (np.uint64(site[i]) & _LOW)
