"""The same questions answered by slow and independent means: other people's Dijkstra, and a driver with a diary."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import networkx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from scipy.sparse.csgraph import dijkstra  # type: ignore[import-untyped]

from routing.arcs import Csr
from routing.graph import UNREACHED_DS, RoadGraph
from routing.snap import Attachment
from tests.routing.worlds import Road

NEVER = int(UNREACHED_DS)


def _rounded(x: float) -> int:
    return math.floor(x + 0.5)


def seeds_of(graph: RoadGraph, sites: Attachment, direction: str) -> list[tuple[int, int, int]]:
    """(node, time_ds, site): the nodes between which and each site one may drive, read off the graph's columns."""
    seeds = []
    for site, (road, fraction, access_m) in enumerate(
        zip(sites.road.tolist(), sites.fraction.tolist(), sites.access_m.tolist(), strict=True)
    ):
        if road < 0:
            continue
        walk_ds = _rounded(access_m * 10 / 1.3)
        tail, head = int(graph.road_tail[road]), int(graph.road_head[road])
        if fraction in (0, 1):
            junction = tail if fraction == 0 else head
            states = np.flatnonzero(graph.node_junction == junction).tolist()
            seeds += [(node, walk_ds, site) for node in (states if direction == "arrival" else [junction])]
            continue
        for is_forward, start, part, whole, delay, end in (
            (True, tail, fraction, graph.road_forward_ds, graph.road_forward_delay_ds, graph.road_forward_end),
            (False, head, 1 - fraction, graph.road_backward_ds, graph.road_backward_delay_ds, graph.road_backward_end),
        ):
            whole_ds, delay_ds = int(whole[road]), int(delay[road])
            if whole_ds == NEVER:
                continue
            if direction == "departure":
                time_ds = _rounded((1 - part) * (whole_ds - delay_ds)) + delay_ds
                seeds.append((int(end[road]), walk_ds + time_ds, site))
                continue
            is_entry = (graph.entry_road == road) & (graph.entry_is_forward == is_forward)
            time_ds = walk_ds + _rounded(part * (whole_ds - delay_ds))
            seeds += [(node, time_ds, site) for node in [start, *graph.entry_node[is_entry].tolist()]]
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
    """One search per site over the nodes, then the minimum, of equal ones the first site: int64[n] twice."""
    csr: Csr = graph.backward if direction == "arrival" else graph.forward
    start = np.repeat(np.arange(graph.node_count), np.diff(csr.first_out))
    twin: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
    twin.add_nodes_from(range(graph.node_count))
    twin.add_weighted_edges_from(zip(start.tolist(), csr.head.tolist(), csr.weight_ds.tolist(), strict=True))
    times = np.full((len(sites) + 1, graph.node_count), NEVER, np.int64)
    for node, time_ds, site in seeds_of(graph, sites, direction):
        found = networkx.single_source_dijkstra_path_length(twin, node)
        for reached, further_ds in found.items():
            times[site, reached] = min(times[site, reached], time_ds + further_ds)
    best = times.min(axis=0)
    return best, np.where(best == NEVER, -1, times.argmin(axis=0))


# --- a driver with a diary: the same towns, without graph, states or columns --------------------------------

Diary = tuple[int, ...]  #: the last roads driven, directed; only as many as the longest path can ask for


class Driver:
    """Drives a town as it was written, and looks the whole drive up among the forbidden paths at each turn."""

    def __init__(self, roads: Sequence[Road], paths: Sequence[Sequence[int]]) -> None:
        self.paths = {tuple(path) for path in paths}
        self.lengths = sorted({len(path) for path in self.paths})
        self.kept = max(self.lengths, default=1) - 1
        self.ways = [road.way(is_back) for road in roads for is_back in (0, 1)]
        self.out: dict[int, list[int]] = {}
        for way, (start, _, time_ds, _) in enumerate(self.ways):
            if time_ds != NEVER:
                self.out.setdefault(start, []).append(way)

    def may_go_on(self, diary: Diary, way: int) -> bool:
        drive = (*diary, way)
        return not any(drive[-length:] in self.paths for length in self.lengths)

    def _noted(self, diary: Diary, way: int) -> Diary:
        return (*diary, way)[-self.kept :] if self.kept else ()

    def drives(self, place: tuple[int, float] | int) -> dict[tuple[int, Diary], int]:
        """Time of being at each junction with each diary, from a junction (int) or from (road, fraction)."""
        best: dict[tuple[int, Diary], int] = {}
        queue = self._starts(place)
        heapq.heapify(queue)
        while queue:
            time_ds, junction, diary = heapq.heappop(queue)
            if (junction, diary) in best:
                continue
            best[junction, diary] = time_ds
            for way in self.out.get(junction, []):
                then = self.ways[way][1], self._noted(diary, way)
                if then not in best and self.may_go_on(diary, way):
                    heapq.heappush(queue, (time_ds + self.ways[way][2], *then))
        return best

    def _starts(self, place: tuple[int, float] | int) -> list[tuple[int, int, Diary]]:
        if isinstance(place, int):
            return [(0, place, ())]
        road, fraction = place
        if fraction in (0, 1):
            return [(0, self.ways[2 * road][int(fraction)], ())]
        starts = []
        for way, ahead in ((2 * road, 1 - fraction), (2 * road + 1, fraction)):
            _, end, time_ds, delay_ds = self.ways[way]
            if time_ds != NEVER:
                starts.append((_rounded(ahead * (time_ds - delay_ds)) + delay_ds, end, self._noted((), way)))
        return starts

    def at_junctions(self, place: tuple[int, float] | int) -> dict[int, int]:
        best: dict[int, int] = {}
        for (junction, _), time_ds in self.drives(place).items():
            best[junction] = min(time_ds, best.get(junction, NEVER))
        return best

    def between(self, place: tuple[int, float] | int, goals: Sequence[tuple[int, float]]) -> list[int]:
        """Times from one place to each goal (road, fraction), NEVER where there is no way."""
        drives = self.drives(place)
        return [self._end(place, drives, road, fraction) for road, fraction in goals]

    def _end(
        self, place: tuple[int, float] | int, drives: dict[tuple[int, Diary], int], road: int, fraction: float
    ) -> int:
        if fraction in (0, 1):
            junction = self.ways[2 * road][int(fraction)]
            return min((time_ds for (at, _), time_ds in drives.items() if at == junction), default=NEVER)
        ends = [NEVER]
        for way, part in ((2 * road, fraction), (2 * road + 1, 1 - fraction)):
            start, _, time_ds, delay_ds = self.ways[way]
            if time_ds == NEVER:
                continue
            driven_ds = _rounded(part * (time_ds - delay_ds))
            ends += [
                at_ds + driven_ds for (at, diary), at_ds in drives.items() if at == start and self.may_go_on(diary, way)
            ]
        return min([*ends, *self._along(place, road, fraction)])

    def _along(self, place: tuple[int, float] | int, road: int, fraction: float) -> list[int]:
        if isinstance(place, int) or place[0] != road or place[1] in (0, 1):
            return []
        if place[1] == fraction:
            return [0]
        _, _, time_ds, delay_ds = self.ways[2 * road + int(place[1] > fraction)]
        return [] if time_ds == NEVER else [_rounded(abs(fraction - place[1]) * (time_ds - delay_ds))]
