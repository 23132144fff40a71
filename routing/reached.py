"""Times along whole roads: what a road takes from its two ends, which roads are reached, and how far along."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numba import boolean, int32, int64, types
from numpy.typing import NDArray

from routing.compiled import compiled, read_only
from routing.graph import RoadGraph
from routing.search import Reach

_FACTS: Final = (
    "road_tail", "road_head", "road_forward_ds", "road_backward_ds",
    "road_forward_delay_ds", "road_backward_delay_ds", "road_forward_end", "road_backward_end",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class RoadOrder:
    """The k roads of a graph by their tail, so that roads of one place are read together.

    road: int32[k]; place: int32[k], where each road stands in ``road``; first: int32[n + 1], roads that begin at node u
    stand at ``first[u]:first[u + 1]``; first_into, into: int32[n + 1], int32[k], places of the roads that end at each node.
    facts: int32[k, 8], in this order: tail, head, forward and backward time, their delays, forward and backward end.
    """

    road: NDArray[np.int32]
    place: NDArray[np.int32]
    first: NDArray[np.int32]
    first_into: NDArray[np.int32]
    into: NDArray[np.int32]
    into_tail: NDArray[np.int32]
    facts: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class RoadEnds:
    """Of r roads with an end that is reached, the times by either end: int32[r] each.

    At fraction f of a road, from its tail, one is at ``by_tail_ds + round(f * tail_whole_ds)`` or at ``by_head_ds +
    round((1 - f) * head_whole_ds)``, whichever is less; but on the very ends, at ``at_tail_ds`` or ``at_head_ds``.
    UNREACHED_DS where one does not come that way. Delays at the ends of roads and turn states are in.
    """

    place: NDArray[np.int32]  # in the order of the roads
    by_tail_ds: NDArray[np.int32]
    tail_whole_ds: NDArray[np.int32]
    at_tail_ds: NDArray[np.int32]
    by_head_ds: NDArray[np.int32]
    head_whole_ds: NDArray[np.int32]
    at_head_ds: NDArray[np.int32]


_orders: WeakKeyDictionary[RoadGraph, RoadOrder] = WeakKeyDictionary()
_lock = Lock()


def road_order(graph: RoadGraph) -> RoadOrder:
    """Made at the first call, kept as long as the graph: 52 bytes a road."""
    with _lock:
        found = _orders.get(graph)
        if found is None:
            found = _orders[graph] = _make_order(graph)
        return found


def road_ends(graph: RoadGraph, reach: Reach, before_ds: int) -> RoadEnds:
    """The roads with an end where one is before ``before_ds``, and the times by their ends."""
    order = road_order(graph)
    is_arrival = reach.direction == "arrival"
    at_ds = reach.time_ds
    if len(graph.entry_road) and not is_arrival:  # to come to a junction is to come to any of its states
        at_ds = at_ds.copy()
        state = np.flatnonzero(graph.node_junction != np.arange(graph.node_count))
        np.minimum.at(at_ds, graph.node_junction[state], reach.time_ds[state])
    return RoadEnds(
        *_road_ends(
            np.flatnonzero(at_ds < before_ds),
            reach.time_ds,
            at_ds,
            before_ds,
            is_arrival,
            order.first,
            order.first_into,
            order.into,
            order.into_tail,
            order.facts,
            order.place[graph.entry_road],
            graph.entry_is_forward,
            graph.entry_node,
        )
    )


def _make_order(graph: RoadGraph) -> RoadOrder:
    n, k = graph.node_count, graph.road_count
    road = np.argsort(graph.road_tail, kind="stable").astype(np.int32)
    place = np.empty(k, np.int32)
    place[road] = np.arange(k, dtype=np.int32)
    head = graph.road_head[road]
    into = np.argsort(head, kind="stable").astype(np.int32)
    first, first_into = np.zeros(n + 1, np.int32), np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(graph.road_tail, minlength=n), out=first[1:])
    np.cumsum(np.bincount(head, minlength=n), out=first_into[1:])
    facts = np.column_stack([getattr(graph, name) for name in _FACTS])[road]
    return RoadOrder(road, place, first, first_into, into, graph.road_tail[road][into], np.ascontiguousarray(facts))


_INTS = read_only(int32)
_TABLE = types.Array(int32, 2, "C", readonly=True)


@compiled(
    types.UniTuple(int32[::1], 7)(  # type: ignore[no-untyped-call]
        read_only(int64),
        _INTS,
        _INTS,
        int64,
        boolean,
        _INTS,
        _INTS,
        _INTS,
        _INTS,
        _TABLE,
        _INTS,
        read_only(boolean),
        _INTS,
    )
)
def _road_ends(  # noqa: PLR0912
    node: NDArray[np.int64],
    node_ds: NDArray[np.int32],
    at_ds: NDArray[np.int32],
    before_ds: int,
    is_arrival: bool,
    first: NDArray[np.int32],
    first_into: NDArray[np.int32],
    into: NDArray[np.int32],
    into_tail: NDArray[np.int32],
    facts: NDArray[np.int32],
    entry_place: NDArray[np.int32],
    entry_is_forward: NDArray[np.bool_],
    entry_node: NDArray[np.int32],
) -> tuple[
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
]:
    """See ``RoadEnds``: the roads that begin at a node that is reached, and those that only end at one."""
    never = np.int32(2147483647)
    place = np.empty(1024, np.int32)
    count = 0
    for u in node:
        while count + first[u + 1] - first[u] + first_into[u + 1] - first_into[u] > len(place):
            place = np.concatenate((place, np.empty_like(place)))
        for p in range(first[u], first[u + 1]):
            place[count] = p
            count += 1
        for k in range(first_into[u], first_into[u + 1]):
            if at_ds[into_tail[k]] >= before_ds:
                place[count] = into[k]
                count += 1
    place = place[:count].copy()
    by_tail, tail_whole, at_tail = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int32)
    by_head, head_whole, at_head = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int32)
    for r in range(count):
        p = place[r]
        tail, head = facts[p, 0], facts[p, 1]
        at_tail[r], at_head[r] = at_ds[tail], at_ds[head]
        forward, backward, forward_delay, backward_delay = facts[p, 2], facts[p, 3], facts[p, 4], facts[p, 5]
        if is_arrival:
            to_head, to_tail = node_ds[facts[p, 6]], node_ds[facts[p, 7]]
            by_tail[r] = to_tail + backward_delay if backward < never and to_tail < never else never
            by_head[r] = to_head + forward_delay if forward < never and to_head < never else never
            tail_whole[r] = backward - backward_delay if by_tail[r] < never else 0
            head_whole[r] = forward - forward_delay if by_head[r] < never else 0
        else:
            by_tail[r] = node_ds[tail] if forward < never else never
            by_head[r] = node_ds[head] if backward < never else never
            tail_whole[r] = forward - forward_delay if forward < never else 0
            head_whole[r] = backward - backward_delay if backward < never else 0
    if not is_arrival and len(entry_place):
        slot = np.zeros(len(into), np.int32)
        for r in range(count):
            slot[place[r]] = r + 1
        for e in range(len(entry_place)):
            r = slot[entry_place[e]] - 1
            if r >= 0 and entry_is_forward[e] and facts[entry_place[e], 2] < never:
                by_tail[r] = min(by_tail[r], node_ds[entry_node[e]])
            elif r >= 0 and not entry_is_forward[e] and facts[entry_place[e], 3] < never:
                by_head[r] = min(by_head[r], node_ds[entry_node[e]])
    return place, by_tail, tail_whole, at_tail, by_head, head_whole, at_head
