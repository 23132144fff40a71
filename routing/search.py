"""Shortest travel times between every node and the nearest of many sites, and the times of points on roads.

The loop itself is in ``routing.dial``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numba import float64, int32, types
from numpy.typing import NDArray

from routing.compiled import compiled, read_only
from routing.dial import nearest_seed
from routing.graph import UNREACHED_DS, RoadGraph
from routing.snap import Attachment

Direction = Literal["arrival", "departure"]

#: Speed between a point and its road. R5 (Conveyal) takes the same for what lies off the streets.
ACCESS_WALK_M_PER_S: Final = 1.3

#: No search goes further, limit or not: three years, and sums of two times still fit 32 bits.
LONGEST_DS: Final = 2**30 - 1

#: Under this limit the buckets are counted by the limit itself, without looking for the heaviest arc.
_FEW_BUCKETS: Final = 2**16

_INT32S, _FLOAT64S = read_only(int32), read_only(float64)
_TWO_INT32S = types.Tuple((int32[::1], int32[::1]))  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """The answer of one search over n nodes.

    time_ds: int32[n], UNREACHED_DS where no route comes within the limit; the walk between a site and its
    road is counted. site: int32[n], index of the nearest site (the lowest of those at one time), -1 where
    unreached. direction: towards the sites or from them. limit_ds: the longest time looked for, None when
    there was none.
    """

    time_ds: NDArray[np.int32]
    site: NDArray[np.int32]
    direction: Direction
    limit_ds: int | None = None


def times_to_sites(
    graph: RoadGraph,
    sites: Attachment,
    limit_ds: int | None = None,
    *,
    walk_m_per_s: float = ACCESS_WALK_M_PER_S,
) -> Reach:
    """ARRIVAL: from each node, the time needed to come to the nearest site, in at most ``limit_ds``.

    Sites that are not attached are nobody's nearest. Raises ValueError for a negative limit or walking speed.
    """
    return _search(graph, sites, "arrival", limit_ds, walk_m_per_s)


def times_from_origins(
    graph: RoadGraph,
    origins: Attachment,
    limit_ds: int | None = None,
    *,
    walk_m_per_s: float = ACCESS_WALK_M_PER_S,
) -> Reach:
    """DEPARTURE: to each node, the time needed from the nearest origin; otherwise as ``times_to_sites``."""
    return _search(graph, origins, "departure", limit_ds, walk_m_per_s)


def times_at(
    graph: RoadGraph,
    reach: Reach,
    sites: Attachment,
    points: Attachment,
    direction: Direction,
    *,
    walk_m_per_s: float = ACCESS_WALK_M_PER_S,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Time between each point and its nearest site, door to door: (time_ds int32[p], site int32[p]).

    ``reach``, ``sites``, ``direction`` and ``walk_m_per_s`` are those of the search. Both walks count. A site
    on the point's own road is met directly along it where the direction of travel permits, else by going
    round. UNREACHED_DS and -1 for points that are not attached (the caller tells them by
    ``points.road < 0``), that no route serves, or that lie beyond the limit of the search. Raises
    ValueError when ``direction`` is not that of the search.
    """
    if direction != reach.direction:
        raise ValueError(f"direction {direction!r} of a search made for {reach.direction!r}")
    order = np.argsort(sites.road, kind="stable").astype(np.int32)
    limit_ds = LONGEST_DS if reach.limit_ds is None else reach.limit_ds
    time_ds, site = _times_along_roads(
        *_driven(graph, direction),
        graph.road_tail,
        graph.road_head,
        reach.time_ds,
        reach.site,
        sites.road[order],
        sites.fraction[order],
        _walk_ds(sites.access_m, walk_m_per_s)[order],
        order,
        points.road,
        points.fraction,
        _walk_ds(points.access_m, walk_m_per_s),
        limit_ds,
    )
    return time_ds, site


def _search(
    graph: RoadGraph, sites: Attachment, direction: Direction, limit_ds: int | None, walk_m_per_s: float
) -> Reach:
    arcs = graph.backward if direction == "arrival" else graph.forward
    if limit_ds is not None and limit_ds < 0:
        raise ValueError(f"limit_ds is negative: {limit_ds}")
    limit = LONGEST_DS if limit_ds is None else min(limit_ds, LONGEST_DS)
    heaviest = limit
    if limit >= _FEW_BUCKETS:
        heaviest = min(limit, int(arcs.weight_ds.max(initial=0)))
    seeds = _seeds(graph, sites, direction, walk_m_per_s)
    time_ds, site = nearest_seed(arcs.first_out, arcs.head, arcs.weight_ds, *seeds, limit, heaviest)
    return Reach(time_ds, site, direction, limit_ds)


def _driven(graph: RoadGraph, direction: Direction) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Per road, the time of driving from a site's side outwards: (tail to head, head to tail).

    Towards the sites the search runs against the traffic: going out from tail to head is coming from head to
    tail.
    """
    if direction == "arrival":
        return graph.road_backward_ds, graph.road_forward_ds
    if direction == "departure":
        return graph.road_forward_ds, graph.road_backward_ds
    raise ValueError(f"direction: {direction!r}, expected 'arrival' or 'departure'")


def _walk_ds(access_m: NDArray[np.float64], walk_m_per_s: float) -> NDArray[np.int32]:
    if not walk_m_per_s > 0:
        raise ValueError(f"walk_m_per_s must be positive: {walk_m_per_s}")
    walk_ds = np.floor(access_m * (10.0 / walk_m_per_s) + 0.5)
    return np.where(walk_ds <= LONGEST_DS, walk_ds, UNREACHED_DS).astype(np.int32)


def _part_ds(fraction: NDArray[np.float64], whole_ds: NDArray[np.int32]) -> NDArray[np.int64]:
    """Time of a part of a road; none when there is nothing to drive, even where driving is forbidden."""
    part = np.floor(fraction * whole_ds + 0.5).astype(np.int64)
    return np.where(fraction == 0, 0, np.where(whole_ds == UNREACHED_DS, UNREACHED_DS, part))


def _seeds(
    graph: RoadGraph, sites: Attachment, direction: Direction, walk_m_per_s: float
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Where the search starts: (node, time_ds, site), up to two per site, by time."""
    site = np.flatnonzero(sites.road >= 0)
    road, fraction = sites.road[site], sites.fraction[site]
    walk_ds = _walk_ds(sites.access_m[site], walk_m_per_s).astype(np.int64)
    to_head_ds, to_tail_ds = _driven(graph, direction)
    node = np.concatenate([graph.road_tail[road], graph.road_head[road]])
    time_ds = np.concatenate(
        [_part_ds(fraction, to_tail_ds[road]) + walk_ds, _part_ds(1 - fraction, to_head_ds[road]) + walk_ds]
    )
    both = np.concatenate([site, site])
    order = np.argsort(time_ds, kind="stable")
    order = order[time_ds[order] <= LONGEST_DS]
    return node[order], time_ds[order].astype(np.int32), both[order].astype(np.int32)


@compiled(_TWO_INT32S(*[_INT32S] * 7, _FLOAT64S, _INT32S, _INT32S, _INT32S, _FLOAT64S, _INT32S, types.int64))
def _times_along_roads(
    to_head_ds: NDArray[np.int32],
    to_tail_ds: NDArray[np.int32],
    road_tail: NDArray[np.int32],
    road_head: NDArray[np.int32],
    node_ds: NDArray[np.int32],
    node_site: NDArray[np.int32],
    site_road: NDArray[np.int32],
    site_fraction: NDArray[np.float64],
    site_walk_ds: NDArray[np.int32],
    site_index: NDArray[np.int32],
    point_road: NDArray[np.int32],
    point_fraction: NDArray[np.float64],
    point_walk_ds: NDArray[np.int32],
    limit_ds: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Best of: by the tail, by the head, along the road from a site on it (``site_*`` sorted by road)."""
    best_ds = np.full(len(point_road), UNREACHED_DS, np.int32)
    best_site = np.full(len(point_road), -1, np.int32)
    for p in range(len(point_road)):
        road = point_road[p]
        if road < 0:
            continue
        fraction = point_fraction[p]
        time = np.int64(UNREACHED_DS)
        site = np.int32(-1)
        for node, part, whole in (
            (road_tail[road], fraction, to_head_ds[road]),
            (road_head[road], 1.0 - fraction, to_tail_ds[road]),
        ):
            if node_site[node] < 0 or (whole == UNREACHED_DS and part > 0.0):
                continue
            then = node_ds[node] + np.int64(np.floor(part * whole + 0.5))
            if then < time or (then == time and node_site[node] < site):
                time = then
                site = node_site[node]
        for s in range(np.searchsorted(site_road, road), len(site_road)):
            if site_road[s] != road:
                break
            part = fraction - site_fraction[s]
            whole = to_head_ds[road] if part > 0.0 else to_tail_ds[road]
            if whole == UNREACHED_DS and part != 0.0:
                continue
            then = site_walk_ds[s] + np.int64(np.floor(abs(part) * whole + 0.5))
            if then < time or (then == time and site_index[s] < site):
                time = then
                site = site_index[s]
        time += point_walk_ds[p]
        if site >= 0 and time <= limit_ds:
            best_ds[p] = time
            best_site[p] = site
    return best_ds, best_site
