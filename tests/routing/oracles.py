"""The same questions answered by slow and independent means: other people's Dijkstra, and plain Python."""

from __future__ import annotations

import math

import networkx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from scipy.sparse.csgraph import dijkstra  # type: ignore[import-untyped]

from routing.graph import UNREACHED_DS, Csr, RoadGraph
from routing.snap import Attachment

NEVER = int(UNREACHED_DS)


def _rounded(x: float) -> int:
    return math.floor(x + 0.5)


def seeds_of(graph: RoadGraph, sites: Attachment, direction: str) -> list[tuple[int, int, int]]:
    """(node, time_ds, site): the ends of each site's road between which and the site one may drive."""
    seeds = []
    for site, (road, fraction, access_m) in enumerate(
        zip(sites.road.tolist(), sites.fraction.tolist(), sites.access_m.tolist(), strict=True)
    ):
        if road < 0:
            continue
        there, back = int(graph.road_forward_ds[road]), int(graph.road_backward_ds[road])
        by_tail, by_head = (there, back) if direction == "arrival" else (back, there)
        walk_ds = _rounded(access_m * 10 / 1.3)
        for node, part, whole in (
            (int(graph.road_tail[road]), fraction, by_tail),
            (int(graph.road_head[road]), 1 - fraction, by_head),
        ):
            if part == 0 or whole != NEVER:
                seeds.append((node, walk_ds + (_rounded(part * whole) if part else 0), site))
    return seeds


def _matrix(graph: RoadGraph, direction: str, seeds: list[tuple[int, int]]) -> csr_matrix:
    """The arcs and one more node, n, from which each seed is reached; of parallel arcs, only the lightest.

    scipy adds parallel arcs up, and reads a weight of 0 as no arc: all times from node n are one too long.
    """
    csr: Csr = graph.backward if direction == "arrival" else graph.forward
    n = graph.node_count
    start = np.concatenate([np.repeat(np.arange(n), np.diff(csr.first_out)), np.full(len(seeds), n)])
    end = np.concatenate([csr.head, np.array([node for node, _ in seeds], np.int64)])
    weight = np.concatenate([csr.weight_ds, np.array([time + 1 for _, time in seeds], np.int64)])
    order = np.lexsort((weight, end, start))
    start, end, weight = start[order], end[order], weight[order]
    lightest = np.ones(len(start), np.bool_)
    lightest[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    return csr_matrix((weight[lightest].astype(float), (start[lightest], end[lightest])), shape=(n + 1, n + 1))


def scipy_times(graph: RoadGraph, sites: Attachment, direction: str) -> NDArray[np.int64]:
    """int64[n], NEVER where unreached."""
    seeds = [(node, time_ds) for node, time_ds, _ in seeds_of(graph, sites, direction)]
    time = dijkstra(_matrix(graph, direction, seeds), indices=graph.node_count)[:-1] - 1
    return np.where(np.isinf(time), NEVER, np.where(np.isinf(time), 0, time)).astype(np.int64)


def networkx_times_and_sites(
    graph: RoadGraph, sites: Attachment, direction: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One search per site, then the minimum, of equal ones the first site: int64[n] twice."""
    twin: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
    twin.add_nodes_from(range(graph.node_count))
    for tail, head, there, back in zip(
        graph.road_tail.tolist(),
        graph.road_head.tolist(),
        graph.road_forward_ds.tolist(),
        graph.road_backward_ds.tolist(),
        strict=True,
    ):
        for start, end, weight in ((tail, head, there), (head, tail, back)):
            if weight != NEVER:
                twin.add_edge(*((end, start) if direction == "arrival" else (start, end)), weight=weight)
    times = np.full((len(sites) + 1, graph.node_count), NEVER, np.int64)
    for node, time_ds, site in seeds_of(graph, sites, direction):
        found = networkx.single_source_dijkstra_path_length(twin, node)
        for reached, further_ds in found.items():
            times[site, reached] = min(times[site, reached], time_ds + further_ds)
    best = times.min(axis=0)
    return best, np.where(best == NEVER, -1, times.argmin(axis=0))
