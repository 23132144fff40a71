"""Our searches beside scipy's and networkx's on the same arcs; equality is checked before any clock.

Sites and points of these questions stand on junctions, because the others search from nodes only; turn states,
delays and the walk are in the arcs and the seeds, switched off for nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import networkx
import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from scipy.sparse.csgraph import dijkstra  # type: ignore[import-untyped]

from routing.arcs import Csr
from routing.dial import Arcs, reached
from routing.graph import UNREACHED_DS, RoadGraph
from routing.many import reach_each
from routing.search import seeds, times_to_sites
from routing.snap import Attachment
from routing.whatif import WhatIf

LIMIT_DS = 18_000


def took_ms(work: Callable[[], object]) -> float:
    start_s = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start_s)


def median_ms(work: Callable[[], object], repeats: int = 15) -> float:
    return float(np.median([took_ms(work) for _ in range(repeats)]))


def side_by_side(works: dict[str, tuple[Callable[[], object], int]]) -> dict[str, float]:
    """Median ms of each, taken in turns so that all meet the same company: name -> (work, repeats)."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(max(repeats for _, repeats in works.values())):
        for name, (work, repeats) in works.items():
            if turn < repeats:
                times[name].append(took_ms(work))
    return {name: float(np.median(found)) for name, found in times.items()}


def lightest_matrix(csr: Csr) -> csr_matrix:
    """scipy adds parallel arcs up: keep the lightest of each pair of nodes."""
    n = len(csr.first_out) - 1
    start = np.repeat(np.arange(n), np.diff(csr.first_out))
    order = np.lexsort((csr.weight_ds, csr.head, start))
    start, head, weight = start[order], csr.head[order], csr.weight_ds[order].astype(float)
    first = np.ones(len(start), np.bool_)
    first[1:] = (np.diff(start) != 0) | (np.diff(head) != 0)
    return csr_matrix((weight[first], (start[first], head[first])), shape=(n, n))


def networkx_twin(csr: Csr) -> networkx.MultiDiGraph[int]:
    start = np.repeat(np.arange(len(csr.first_out) - 1), np.diff(csr.first_out))
    twin: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
    twin.add_nodes_from(range(len(csr.first_out) - 1))
    twin.add_weighted_edges_from(zip(start.tolist(), csr.head.tolist(), csr.weight_ds.tolist(), strict=True))
    return twin


def on_junctions(graph: RoadGraph, count: int, seed: int = 0) -> Attachment:
    """Starts of attachable roads drawn at random, on the spot: the others search from nodes only."""
    roads = np.random.default_rng(seed).choice(np.flatnonzero(graph.road_attachable), count)
    return Attachment(roads.astype(np.int32), np.zeros(count), np.zeros(count))


def along_roads(graph: RoadGraph, count: int, seed: int = 1) -> Attachment:
    """Places drawn at random along attachable roads, 20 m off them."""
    random = np.random.default_rng(seed)
    roads = random.choice(np.flatnonzero(graph.road_attachable), count).astype(np.int32)
    return Attachment(roads, random.random(count), np.full(count, 20.0))


def one(points: Attachment, which: int) -> Attachment:
    return points.take(np.array([which]))


def nodes_of(graph: RoadGraph, points: Attachment) -> list[int]:
    """Where the others start: every node one may have come to a point by (its turn states too)."""
    return sorted(set(seeds(graph, points, "arrival").node.tolist()))


def _dense(graph: RoadGraph, node: NDArray[np.int32], time_ds: NDArray[np.int32]) -> NDArray[np.float64]:
    times = np.full(graph.node_count, np.inf)
    times[node] = time_ds
    return times


def bounded(graph: RoadGraph, points: Attachment, networkx_points: int = 5) -> tuple[dict[str, float], float, float]:
    """One 30-minute search: (ms by name, mean nodes reached, mean arcs looked at), all equal at every node."""
    matrix, twin = lightest_matrix(graph.backward), networkx_twin(graph.backward)
    starts = [nodes_of(graph, one(points, i)) for i in range(len(points))]
    found = reach_each(graph, points, LIMIT_DS, "arrival", threads=1)
    for i, (start, reach) in enumerate(zip(starts, found, strict=True)):
        ours = _dense(graph, reach.node, reach.time_ds)
        np.testing.assert_array_equal(ours, dijkstra(matrix, indices=start, limit=LIMIT_DS, min_only=True))
        if i < networkx_points:
            theirs = networkx.multi_source_dijkstra_path_length(twin, set(start), cutoff=LIMIT_DS)
            assert theirs == dict(zip(reach.node.tolist(), reach.time_ds.tolist(), strict=True))

    def scipy_each() -> None:
        for start in starts:
            if len(start) == 1:  # what it is fastest at
                dijkstra(matrix, indices=start[0], limit=LIMIT_DS)
            else:
                dijkstra(matrix, indices=start, limit=LIMIT_DS, min_only=True)

    def networkx_each() -> None:
        for start in starts[:networkx_points]:
            networkx.multi_source_dijkstra_path_length(twin, set(start), cutoff=LIMIT_DS)

    def ours_each() -> None:
        reach_each(graph, points, LIMIT_DS, "arrival", threads=1)

    total = side_by_side({"ours": (ours_each, 9), "scipy": (scipy_each, 5), "networkx": (networkx_each, 2)})
    degree = np.diff(graph.backward.first_out)
    arcs = float(np.mean([degree[reach.node].sum() for reach in found]))
    each = {name: ms / (networkx_points if name == "networkx" else len(points)) for name, ms in total.items()}
    return each, float(np.mean([len(reach.node) for reach in found])), arcs


def nearest(graph: RoadGraph, sites: Attachment) -> tuple[dict[str, float], NDArray[np.float64]]:
    """The nearest site of every node: (ms by name, times float64[n]), all equal at every node."""
    matrix, twin, starts = lightest_matrix(graph.backward), networkx_twin(graph.backward), nodes_of(graph, sites)
    ours = times_to_sites(graph, sites).time_ds.astype(float)
    ours[ours == UNREACHED_DS] = np.inf
    np.testing.assert_array_equal(ours, dijkstra(matrix, indices=starts, min_only=True))
    found = networkx.multi_source_dijkstra_path_length(twin, set(starts))
    np.testing.assert_array_equal(ours, [found.get(node, np.inf) for node in range(graph.node_count)])
    took = side_by_side(
        {
            "ours": (lambda: times_to_sites(graph, sites), 15),
            "scipy": (lambda: dijkstra(matrix, indices=starts, min_only=True), 5),
            "networkx": (lambda: networkx.multi_source_dijkstra_path_length(twin, set(starts)), 1),
        }
    )
    return took, ours


def what_if(graph: RoadGraph, sites: Attachment, steps: int = 100) -> tuple[dict[str, NDArray[np.float64]], float]:
    """(ms of each add, move, close; ms of recomputing, median), bit-identical to a whole search beforehand."""
    state = WhatIf(graph, sites, "arrival")
    places = along_roads(graph, 2 * steps, seed=2)
    took: dict[str, list[float]] = {"add": [], "move": [], "close": []}
    recomputing = []
    random = np.random.default_rng(3)
    for step in range(steps):
        for what, times in took.items():
            site = int(random.integers(0, len(sites)))
            place = one(places, 2 * step + (what == "move"))
            work: dict[str, Callable[[], Any]] = {
                "add": partial(state.add, place),
                "move": partial(state.move, site, place),
                "close": partial(state.close, site),
            }
            times.append(took_ms(work[what]))
            if step < 5:
                whole = times_to_sites(graph, state.sites)
                np.testing.assert_array_equal(whole.time_ds, state.reach.time_ds)
                np.testing.assert_array_equal(whole.site, state.reach.site)
            state.undo()
        if step % 7 == 0:
            recomputing.append(took_ms(lambda: times_to_sites(graph, sites)))
    return {what: np.array(found) for what, found in took.items()}, float(np.median(recomputing))


def random_access_ns(words: int, accesses: int = 2_000_000) -> float:
    """One independent read at a random place of uint64[words], ns: the least that looking at one arc may cost."""
    random = np.random.default_rng(0)
    array, where = random.integers(0, 2**40, words), random.integers(0, words, accesses).astype(np.uint32)
    _gather(array, where)
    return 1e6 / accesses * median_ms(lambda: _gather(array, where), 9)


@njit(nogil=True)
def _gather(array: NDArray[np.int64], where: NDArray[np.uint32]) -> int:
    total = 0
    for i in range(len(where)):
        total ^= array[where[i]]
    return total


def bounded_from_nodes(arcs: Arcs, nodes: NDArray[np.int32]) -> tuple[float, list[NDArray[np.int32]]]:
    """(ms of one 30-minute search, sorted times of each), from nodes."""
    zero = np.zeros(1, np.int32)

    def each() -> list[NDArray[np.int32]]:
        return [reached(arcs, nodes[i : i + 1], zero, LIMIT_DS)[1] for i in range(len(nodes))]

    times = [np.sort(time_ds) for time_ds in each()]
    return median_ms(each, 7) / len(nodes), times
