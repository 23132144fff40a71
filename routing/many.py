"""One bounded search for each of many points, on several processors at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from routing.dial import arcs_of, reached
from routing.graph import RoadGraph
from routing.search import Direction, seeds
from routing.snap import Attachment
from routing.ways import ACCESS_WALK_M_PER_S


@dataclass(frozen=True, slots=True, eq=False)
class PointReach:
    """The nodes within the limit of one point: node int32[r], each once, in no order; time_ds int32[r].

    Empty for a point that is not attached. The walk between the point and its road is counted.
    """

    node: NDArray[np.int32]
    time_ds: NDArray[np.int32]


def reach_each(
    graph: RoadGraph,
    points: Attachment,
    limit_ds: int,
    direction: Direction,
    *,
    threads: int | None = None,
    walk_m_per_s: float = ACCESS_WALK_M_PER_S,
) -> list[PointReach]:
    """What lies within ``limit_ds`` of each point, the points apart: one ``PointReach`` a point, in their order.

    "arrival": from where one comes to the point in time; "departure": to where one comes from it. ``threads``:
    None for one a processor. Costs what is reached, not the size of the graph; the same whatever the threads.
    Raises ValueError for a limit that is negative or beyond ``LONGEST_DS``, or for no threads.
    """
    workers = len(os.sched_getaffinity(0)) if threads is None else threads
    if workers < 1:
        raise ValueError(f"threads: {threads}, expected 1 or more")
    arcs = arcs_of(graph, direction)
    start = seeds(graph, points, direction, walk_m_per_s)
    order = np.argsort(start.point, kind="stable")
    node, time_ds = start.node[order], start.time_ds[order]
    first = np.searchsorted(start.point[order], np.arange(len(points) + 1)).tolist()

    def search(point: int) -> PointReach:
        mine = slice(first[point], first[point + 1])
        return PointReach(*reached(arcs, node[mine], time_ds[mine], limit_ds))

    return _each(search, len(points), min(workers, max(1, len(points))))


def _each(search: Callable[[int], PointReach], point_count: int, workers: int) -> list[PointReach]:
    """Every worker takes the next point that nobody has taken: long searches keep nobody waiting."""
    if workers == 1:
        return [search(point) for point in range(point_count)]
    found: list[PointReach | None] = [None] * point_count
    tickets = count()  # its next() is one step for the interpreter

    def work() -> None:
        while (point := next(tickets)) < point_count:
            found[point] = search(point)

    with ThreadPoolExecutor(workers) as pool:
        for task in [pool.submit(work) for _ in range(workers)]:
            task.result()
    return [reach for reach in found if reach is not None]
