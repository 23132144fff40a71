"""The ways between points on roads and the nodes at the ends of these roads, and what each takes.

One rule for both directions of search, so that going from A to B takes the same whichever end one starts
counting from. A point at fraction 0 or 1 *is* the junction there, whatever the road that names it: leaving it
one remembers no road, and one may come to it with any memory, all delays paid. A point strictly inside a road
is left by driving to either end, the delay at that end included, and come to from either end, along the part
before the point only: no delay, which is paid at the end one does not come to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import boolean, float64, int32, int64, types
from numpy.typing import NDArray

from routing.compiled import compiled, read_only
from routing.dial import LONGEST_DS
from routing.graph import UNREACHED_DS, RoadGraph
from routing.snap import Attachment

#: Speed between a point and its road. R5 (Conveyal) takes the same for what lies off the streets.
ACCESS_WALK_M_PER_S: Final = 1.3

_INT32S, _FLOAT64S = read_only(int32), read_only(float64)
_THREE_INT32S = types.Tuple((int32[::1], int32[::1], int32[::1]))  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """w ways, those of one point side by side, points in growing order; points without a way have none.

    point: int32[w]; node: int32[w]; time_ds: int32[w], the walk between point and road included.
    """

    point: NDArray[np.int32]
    node: NDArray[np.int32]
    time_ds: NDArray[np.int32]


def ways_to_nodes(graph: RoadGraph, points: Attachment, walk_m_per_s: float = ACCESS_WALK_M_PER_S) -> Ways:
    """Leaving each point: the nodes first come to, and when. ValueError for a walking speed that is not positive."""
    found = to_nodes(points.road, points.fraction, walk_ds(points, walk_m_per_s), *columns_to_nodes(graph))
    return Ways(*found)


def ways_from_nodes(graph: RoadGraph, points: Attachment, walk_m_per_s: float = ACCESS_WALK_M_PER_S) -> Ways:
    """Coming to each point: the nodes last left, and how long before; otherwise as ``ways_to_nodes``.

    A turn state from which the point's road may not be entered is not among them.
    """
    columns = *columns_to_nodes(graph)[:6], *columns_from_nodes(graph)
    found = from_nodes(points.road, points.fraction, walk_ds(points, walk_m_per_s), *columns)
    return Ways(*found)


def columns_to_nodes(graph: RoadGraph) -> tuple[NDArray[np.int32], ...]:
    """What ``to_nodes`` reads of the graph; ``from_nodes`` reads the first six too."""
    return (
        graph.road_tail, graph.road_head, graph.road_forward_ds, graph.road_backward_ds,
        graph.road_forward_delay_ds, graph.road_backward_delay_ds, graph.road_forward_end, graph.road_backward_end,
    )  # fmt: skip


def columns_from_nodes(graph: RoadGraph) -> tuple[NDArray[Any], ...]:
    """What ``from_nodes`` reads of the graph besides."""
    return graph.node_junction, graph.entry_road, graph.entry_is_forward, graph.entry_node


def walk_ds(points: Attachment, walk_m_per_s: float = ACCESS_WALK_M_PER_S) -> NDArray[np.int32]:
    """Time of the walk between each point and its road: int32[p], UNREACHED_DS when endless (not attached)."""
    if not walk_m_per_s > 0:
        raise ValueError(f"walk_m_per_s must be positive: {walk_m_per_s}")
    found: NDArray[np.int32] = _walk_ds(np.ascontiguousarray(points.access_m, np.float64), 10.0 / walk_m_per_s)
    return found


def one_walk_ds(access_m: float, walk_m_per_s: float = ACCESS_WALK_M_PER_S) -> int:
    """``walk_ds`` of one point."""
    then = access_m * (10.0 / walk_m_per_s) + 0.5
    return math.floor(then) if then < LONGEST_DS + 1 else int(UNREACHED_DS)


@compiled(int32[::1](_FLOAT64S, float64))
def _walk_ds(access_m: NDArray[np.float64], ds_per_m: float) -> NDArray[np.int32]:
    time_ds = np.full(len(access_m), UNREACHED_DS, np.int32)
    for i in range(len(access_m)):
        then = np.floor(access_m[i] * ds_per_m + 0.5)
        if then <= LONGEST_DS:
            time_ds[i] = np.int32(then)
    return time_ds


@compiled(int64(float64, int32, int32))
def _part_ds(part: float, whole_ds: int, delay_ds: int) -> int:
    """Time of driving this part of a road, without the delay at its end."""
    return np.int64(np.floor(part * (whole_ds - delay_ds) + 0.5))  # type: ignore[return-value]


@compiled(_THREE_INT32S(_INT32S, _FLOAT64S, *[_INT32S] * 9))
def to_nodes(
    road: NDArray[np.int32],
    fraction: NDArray[np.float64],
    walk_ds: NDArray[np.int32],
    road_tail: NDArray[np.int32],
    road_head: NDArray[np.int32],
    forward_ds: NDArray[np.int32],
    backward_ds: NDArray[np.int32],
    forward_delay_ds: NDArray[np.int32],
    backward_delay_ds: NDArray[np.int32],
    forward_end: NDArray[np.int32],
    backward_end: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    point = np.empty(2 * len(road), np.int32)
    node = np.empty(2 * len(road), np.int32)
    time_ds = np.empty(2 * len(road), np.int32)
    w = 0
    for p in range(len(road)):
        r = road[p]
        if r < 0 or walk_ds[p] == UNREACHED_DS:
            continue
        if fraction[p] <= 0.0 or fraction[p] >= 1.0:
            point[w], time_ds[w] = p, walk_ds[p]
            node[w] = road_tail[r] if fraction[p] <= 0.0 else road_head[r]
            w += 1
            continue
        for end, part, whole, delay in (
            (forward_end[r], 1.0 - fraction[p], forward_ds[r], forward_delay_ds[r]),
            (backward_end[r], fraction[p], backward_ds[r], backward_delay_ds[r]),
        ):
            if whole == UNREACHED_DS:
                continue
            then = walk_ds[p] + _part_ds(part, whole, delay) + delay
            if then <= LONGEST_DS:
                point[w], node[w], time_ds[w] = p, end, then
                w += 1
    return point[:w].copy(), node[:w].copy(), time_ds[:w].copy()


@compiled(int64(int32, _INT32S))
def _states_end(junction: int, node_junction: NDArray[np.int32]) -> int:
    """The turn states of a junction stand right behind it: one past the last of them."""
    end = np.int64(junction) + 1
    while end < len(node_junction) and node_junction[end] == junction:
        end += 1
    return end  # type: ignore[return-value]


@compiled(_THREE_INT32S(_INT32S, _FLOAT64S, *[_INT32S] * 9, read_only(boolean), _INT32S))
def from_nodes(  # noqa: PLR0912
    road: NDArray[np.int32],
    fraction: NDArray[np.float64],
    walk_ds: NDArray[np.int32],
    road_tail: NDArray[np.int32],
    road_head: NDArray[np.int32],
    forward_ds: NDArray[np.int32],
    backward_ds: NDArray[np.int32],
    forward_delay_ds: NDArray[np.int32],
    backward_delay_ds: NDArray[np.int32],
    node_junction: NDArray[np.int32],
    entry_road: NDArray[np.int32],
    entry_is_forward: NDArray[np.bool_],
    entry_node: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    room = 0
    for r in road:
        if r >= 0:
            room += _states_end(road_tail[r], node_junction) - road_tail[r]
            room += _states_end(road_head[r], node_junction) - road_head[r]
    point, node, time_ds = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    w = 0
    for p in range(len(road)):
        r = road[p]
        if r < 0 or walk_ds[p] == UNREACHED_DS:
            continue
        if fraction[p] <= 0.0 or fraction[p] >= 1.0:
            junction = road_tail[r] if fraction[p] <= 0.0 else road_head[r]
            for state in range(junction, _states_end(junction, node_junction)):
                point[w], node[w], time_ds[w] = p, state, walk_ds[p]
                w += 1
            continue
        for start, is_forward, part, whole, delay in (
            (road_tail[r], True, fraction[p], forward_ds[r], forward_delay_ds[r]),
            (road_head[r], False, 1.0 - fraction[p], backward_ds[r], backward_delay_ds[r]),
        ):
            if whole == UNREACHED_DS:
                continue
            then = walk_ds[p] + _part_ds(part, whole, delay)
            if then > LONGEST_DS:
                continue
            point[w], node[w], time_ds[w] = p, start, then
            w += 1
            if _states_end(start, node_junction) == start + 1:
                continue
            for e in range(np.searchsorted(entry_road, r), len(entry_road)):
                if entry_road[e] != r:
                    break
                if entry_is_forward[e] == is_forward:
                    point[w], node[w], time_ds[w] = p, entry_node[e], then
                    w += 1
    return point[:w].copy(), node[:w].copy(), time_ds[:w].copy()
