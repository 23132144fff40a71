"""Shortest travel times between every node and the nearest of many sites, and the times of points on roads.

The loop itself is in ``routing.dial``, where a search begins and how a point is served in ``routing.ways``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import float64, int32, types
from numpy.typing import NDArray

from routing.compiled import compiled, read_only
from routing.dial import LONGEST_DS, arcs_of, nearest
from routing.graph import UNREACHED_DS, RoadGraph
from routing.snap import Attachment
from routing.ways import ACCESS_WALK_M_PER_S, Ways, walk_ds, ways_from_nodes, ways_to_nodes

__all__ = [
    "ACCESS_WALK_M_PER_S",
    "LONGEST_DS",
    "Direction",
    "Reach",
    "junction_times",
    "seeds",
    "times_at",
    "times_from_origins",
    "times_to_sites",
]

Direction = Literal["arrival", "departure"]
_FourColumns = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]

_INT32S, _FLOAT64S = read_only(int32), read_only(float64)
_TWO_INT32S = types.Tuple((int32[::1], int32[::1]))  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """The answer of one search over n nodes.

    time_ds: int32[n], UNREACHED_DS where no route comes within the limit; the walk between a site and its
    road is counted. site: int32[n], index of the nearest site (the lowest of those at one time), -1 where
    unreached. direction: towards the sites or from them. limit_ds: the longest time looked for, None when
    there was none. A node may be a turn state: for the times of junctions see ``junction_times``.
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


def seeds(graph: RoadGraph, sites: Attachment, direction: Direction, walk_m_per_s: float = ACCESS_WALK_M_PER_S) -> Ways:
    """Where a search begins: the ways between the sites and their nodes (``point`` is the site), the quickest first."""
    ways = _ways_of_sites(graph, sites, direction, walk_m_per_s)
    order = np.argsort(ways.time_ds, kind="stable")
    return Ways(ways.point[order], ways.node[order], ways.time_ds[order])


def junction_times(graph: RoadGraph, reach: Reach) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Times and sites of the junctions: (time_ds int32[n], site int32[n]); turn states get their junction's.

    From a junction one starts with no memory; to a junction one has come when one has come to any of its
    nodes. Both are the least over the junction and its turn states, the lowest site of those at that time.
    """
    return _least_of_junctions(graph.node_junction, reach.time_ds, reach.site)


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
    towards: Direction = "departure" if direction == "arrival" else "arrival"
    ways = _ways_of_sites(graph, points, towards, walk_m_per_s)
    order = np.argsort(sites.road, kind="stable").astype(np.int32)
    time_ds, site = _best_ways(
        ways.point,
        ways.node,
        ways.time_ds,
        reach.time_ds,
        reach.site,
        *_driven(graph, direction),
        sites.road[order],
        sites.fraction[order],
        walk_ds(sites, walk_m_per_s)[order],
        order,
        points.road,
        points.fraction,
        walk_ds(points, walk_m_per_s),
        LONGEST_DS if reach.limit_ds is None else reach.limit_ds,
    )
    return time_ds, site


def _search(
    graph: RoadGraph, sites: Attachment, direction: Direction, limit_ds: int | None, walk_m_per_s: float
) -> Reach:
    if limit_ds is not None and limit_ds < 0:
        raise ValueError(f"limit_ds is negative: {limit_ds}")
    limit = LONGEST_DS if limit_ds is None else min(limit_ds, LONGEST_DS)
    start = seeds(graph, sites, direction, walk_m_per_s)
    time_ds, site = nearest(arcs_of(graph, direction), start.node, start.time_ds, start.point, limit)
    return Reach(time_ds, site, direction, limit_ds)


def _ways_of_sites(graph: RoadGraph, sites: Attachment, direction: Direction, walk_m_per_s: float) -> Ways:
    """Sites are come to on arrival and left on departure; the points they are asked for, the other way round."""
    if direction == "arrival":
        return ways_from_nodes(graph, sites, walk_m_per_s)
    if direction == "departure":
        return ways_to_nodes(graph, sites, walk_m_per_s)
    raise ValueError(f"direction: {direction!r}, expected 'arrival' or 'departure'")


def _driven(graph: RoadGraph, direction: Direction) -> _FourColumns:
    """Per road, the time and the delay of driving from a site's side outwards: to the head, then to the tail.

    Towards the sites the search runs against the traffic: going out from tail to head is coming from head to
    tail.
    """
    forward_ds, forward_delay_ds = graph.road_forward_ds, graph.road_forward_delay_ds
    backward_ds, backward_delay_ds = graph.road_backward_ds, graph.road_backward_delay_ds
    if direction == "arrival":
        return backward_ds, backward_delay_ds, forward_ds, forward_delay_ds
    return forward_ds, forward_delay_ds, backward_ds, backward_delay_ds


@compiled(_TWO_INT32S(_INT32S, _INT32S, _INT32S))
def _least_of_junctions(
    node_junction: NDArray[np.int32], node_ds: NDArray[np.int32], node_site: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    time_ds, site = node_ds.copy(), node_site.copy()
    for u in range(len(node_junction)):
        j = node_junction[u]
        if time_ds[u] < time_ds[j]:
            time_ds[j], site[j] = time_ds[u], site[u]
        elif time_ds[u] == time_ds[j] and site[u] < site[j]:
            site[j] = site[u]
    for u in range(len(node_junction)):
        time_ds[u], site[u] = time_ds[node_junction[u]], site[node_junction[u]]
    return time_ds, site


@compiled(_TWO_INT32S(*[_INT32S] * 10, _FLOAT64S, _INT32S, _INT32S, _INT32S, _FLOAT64S, _INT32S, types.int64))
def _best_ways(
    way_point: NDArray[np.int32],
    way_node: NDArray[np.int32],
    way_ds: NDArray[np.int32],
    node_ds: NDArray[np.int32],
    node_site: NDArray[np.int32],
    to_head_ds: NDArray[np.int32],
    to_head_delay_ds: NDArray[np.int32],
    to_tail_ds: NDArray[np.int32],
    to_tail_delay_ds: NDArray[np.int32],
    site_road: NDArray[np.int32],
    site_fraction: NDArray[np.float64],
    site_walk_ds: NDArray[np.int32],
    site_index: NDArray[np.int32],
    point_road: NDArray[np.int32],
    point_fraction: NDArray[np.float64],
    point_walk_ds: NDArray[np.int32],
    limit_ds: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Best of: by a node, along the road from a site on it (``site_*`` sorted by road), both inside the road."""
    best_ds = np.full(len(point_road), UNREACHED_DS, np.int32)
    best_site = np.full(len(point_road), -1, np.int32)
    w = 0
    for p in range(len(point_road)):
        time = np.int64(UNREACHED_DS)
        site = np.int32(-1)
        while w < len(way_point) and way_point[w] == p:
            node = way_node[w]
            if node_site[node] >= 0:
                then = np.int64(node_ds[node]) + way_ds[w]
                if then < time or (then == time and node_site[node] < site):
                    time = then
                    site = node_site[node]
            w += 1
        road, fraction = point_road[p], point_fraction[p]
        first = len(site_road)
        if road >= 0 and 0.0 < fraction < 1.0 and point_walk_ds[p] != UNREACHED_DS:
            first = np.searchsorted(site_road, road)
        for s in range(first, len(site_road)):
            if site_road[s] != road:
                break
            if not 0.0 < site_fraction[s] < 1.0:
                continue
            part = fraction - site_fraction[s]
            whole = to_head_ds[road] if part > 0.0 else to_tail_ds[road]
            delay = to_head_delay_ds[road] if part > 0.0 else to_tail_delay_ds[road]
            if whole == UNREACHED_DS and part != 0.0:
                continue
            along = np.int64(np.floor(abs(part) * (whole - delay) + 0.5))
            then = np.int64(site_walk_ds[s]) + along + point_walk_ds[p]
            if then < time or (then == time and site_index[s] < site):
                time = then
                site = site_index[s]
        if site >= 0 and time <= limit_ds:
            best_ds[p] = time
            best_site[p] = site
    return best_ds, best_site
