"""The roads that are reached, and when: stretches along which time grows evenly, from one end to the other."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numba import float64, int32, int64, types
from numpy.typing import NDArray

from routing.compiled import compiled, read_only
from routing.graph import UNREACHED_DS, RoadGraph
from routing.reached import RoadEnds, road_ends, road_order
from routing.search import Reach
from routing.snap import Attachment
from routing.ways import ACCESS_WALK_M_PER_S, walk_ds

#: (from fraction, to fraction, ds at the first, ds at the second)
_Stretch = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class ReachedRoads:
    """s stretches of roads, the soonest first; between its two ends, time is even along a stretch.

    road: int32[s]; from_fraction, to_fraction: float64[s], from the tail of the road, the first the smaller; from_time_s,
    to_time_s: float64[s] at either end. A road has several when one comes to it by both its ends, or starts on it.
    """

    road: NDArray[np.int32]
    from_fraction: NDArray[np.float64]
    to_fraction: NDArray[np.float64]
    from_time_s: NDArray[np.float64]
    to_time_s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.road)


def reached_roads(
    graph: RoadGraph,
    reach: Reach,
    sites: Attachment,
    limit_s: float,
    *,
    walk_m_per_s: float = ACCESS_WALK_M_PER_S,
) -> ReachedRoads:
    """Where on the roads one is in less than ``limit_s``; motorways and ferries are roads too.

    ``reach`` is the search from ``sites`` in either direction, up to ``limit_s`` at least. A delay at the end of a road is
    in the times of the road; the walk of the sites is counted. Raises ValueError for a limit that is not positive or
    longer than the search.
    """
    limit_ds = limit_s * 10
    if not 0 < limit_ds < np.inf:
        raise ValueError(f"the limit must be positive: {limit_s} s")
    if reach.limit_ds is not None and reach.limit_ds < limit_ds:
        raise ValueError(f"the search stopped at {reach.limit_ds} ds, before {limit_ds:g} ds")
    ends = road_ends(graph, reach, int(np.ceil(limit_ds)))
    road = road_order(graph).road[ends.place]
    with_sites = np.unique(sites.road[sites.road >= 0])
    kept = ~np.isin(road, with_sites)
    parts = _by_ends(ends, road, kept, limit_ds)
    parts.append(_of_sites(graph, ends, road, sites, walk_ds(sites, walk_m_per_s), with_sites, limit_ds, reach))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(np.minimum(columns[3], columns[4]), kind="stable")
    of_road, start, end, from_ds, to_ds = (column[order] for column in columns)
    return ReachedRoads(of_road.astype(np.int32), start, end, from_ds / 10, to_ds / 10)


def _by_ends(
    ends: RoadEnds, road: NDArray[np.int32], kept: NDArray[np.bool_], limit_ds: float
) -> list[tuple[NDArray[np.generic], ...]]:
    """Stretches from the tail, then from the head, of roads without a site: (road, from, to, from_ds, to_ds)."""
    by_tail, by_head = ends.by_tail_ds[kept].astype(np.float64), ends.by_head_ds[kept].astype(np.float64)
    tail_whole, head_whole = ends.tail_whole_ds[kept].astype(np.float64), ends.head_whole_ds[kept].astype(np.float64)
    by_tail[by_tail == UNREACHED_DS], by_head[by_head == UNREACHED_DS] = np.inf, np.inf
    one = np.ones(len(by_tail))
    with np.errstate(invalid="ignore"):
        to_tail = np.divide(limit_ds - by_tail, tail_whole, out=one.copy(), where=tail_whole > 0).clip(0, 1)
        to_head = np.divide(limit_ds - by_head, head_whole, out=one.copy(), where=head_whole > 0).clip(0, 1)
        to_tail, to_head = np.where(by_tail < limit_ds, to_tail, 0), np.where(by_head < limit_ds, to_head, 0)
        both = tail_whole + head_whole
        meet = np.divide(by_head + head_whole - by_tail, both, out=one / 2, where=both > 0).clip(0, 1)
    overlap = to_tail + to_head > 1
    end = np.where(overlap, meet, to_tail)
    start = np.where(overlap, meet, 1 - to_head)
    from_tail, from_head = end > 0, start < 1
    of = road[kept]
    with np.errstate(invalid="ignore"):
        at_end, at_start = by_tail + end * tail_whole, by_head + (1 - start) * head_whole
    return [
        (of[from_tail], np.zeros(from_tail.sum()), end[from_tail], by_tail[from_tail], at_end[from_tail]),
        (of[from_head], start[from_head], np.ones(from_head.sum()), at_start[from_head], by_head[from_head]),
    ]


def _of_sites(
    graph: RoadGraph,
    ends: RoadEnds,
    road: NDArray[np.int32],
    sites: Attachment,
    on_foot_ds: NDArray[np.int32],
    with_sites: NDArray[np.int32],
    limit_ds: float,
    reach: Reach,
) -> tuple[NDArray[np.generic], ...]:
    """The same for the few roads with sites on them, one by one."""
    rows: list[tuple[float, ...]] = []
    for r in with_sites.tolist():
        lines: list[_Stretch] = []
        for at in np.flatnonzero(road == r).tolist():
            if ends.by_tail_ds[at] < UNREACHED_DS:
                start_ds = float(ends.by_tail_ds[at])
                lines.append((0.0, 1.0, start_ds, start_ds + float(ends.tail_whole_ds[at])))
            if ends.by_head_ds[at] < UNREACHED_DS:
                start_ds = float(ends.by_head_ds[at])
                lines.append((0.0, 1.0, start_ds + float(ends.head_whole_ds[at]), start_ds))
        forward, backward = (
            float(whole_ds[r] - delay_ds[r]) if whole_ds[r] < UNREACHED_DS else np.inf
            for whole_ds, delay_ds in (
                (graph.road_forward_ds, graph.road_forward_delay_ds),
                (graph.road_backward_ds, graph.road_backward_delay_ds),
            )
        )
        to_head_ds, to_tail_ds = (backward, forward) if reach.direction == "arrival" else (forward, backward)
        for s in np.flatnonzero(sites.road == r).tolist():
            f, walk = float(sites.fraction[s]), float(on_foot_ds[s])
            if not 0 < f < 1:  # on a junction: it is met by its nodes only
                continue
            if to_head_ds < np.inf:
                lines.append((f, 1.0, walk, walk + (1 - f) * to_head_ds))
            if to_tail_ds < np.inf:
                lines.append((0.0, f, walk + f * to_tail_ds, walk))
        rows += [(r, *stretch) for stretch in _lowest(lines, limit_ds)]
    table = np.array(rows, np.float64).reshape(-1, 5)
    return table[:, 0].astype(np.int32), *table[:, 1:].T


def _lowest(lines: list[_Stretch], limit_ds: float) -> list[_Stretch]:
    """The lower edge of these lines over 0..1, where it is under the limit: between two cuts, one line is the lowest."""
    cuts = {0.0, 1.0}
    for i, (a0, a1, ta0, ta1) in enumerate(lines):
        slope = (ta1 - ta0) / (a1 - a0)
        cuts |= {a0, a1}
        if slope:
            cuts.add(a0 + (limit_ds - ta0) / slope)
        for b0, b1, tb0, tb1 in lines[:i]:
            other = (tb1 - tb0) / (b1 - b0)
            if other != slope:
                cuts.add(((tb0 - other * b0) - (ta0 - slope * a0)) / (slope - other))
    ordered = sorted(cut for cut in cuts if 0 <= cut <= 1)
    found: list[tuple[int, float, float]] = []
    for low, high in itertools.pairwise(ordered):
        middle = (low + high) / 2
        times = [(_at(line, middle), i) for i, line in enumerate(lines) if line[0] <= middle <= line[1]]
        if high - low <= 1e-12 or not times or min(times)[0] >= limit_ds:
            continue
        which = min(times)[1]
        if found and found[-1][0] == which and found[-1][2] == low:
            found[-1] = (which, found[-1][1], high)
        else:
            found.append((which, low, high))
    return [(low, high, _at(lines[i], low), _at(lines[i], high)) for i, low, high in found]


def _at(line: _Stretch, fraction: float) -> float:
    start, end, from_ds, to_ds = line
    return from_ds + (fraction - start) / (end - start) * (to_ds - from_ds)


def shapes_of(
    graph: RoadGraph, stretches: ReachedRoads
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Points of the stretches, at least two each: x_m, y_m float64[p]; those of s stand at ``first[s]:first[s + 1]``."""
    return _cut(
        graph.shape_first,
        graph.shape_x_m,
        graph.shape_y_m,
        stretches.road,
        stretches.from_fraction,
        stretches.to_fraction,
    )


_FLOATS = read_only(float64)


@compiled(
    types.Tuple((float64[::1], float64[::1], int64[::1]))(  # type: ignore[no-untyped-call]
        read_only(int64), _FLOATS, _FLOATS, read_only(int32), _FLOATS, _FLOATS
    )
)
def _cut(
    shape_first: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    road: NDArray[np.int32],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    most = 0
    for r in road:
        most += shape_first[r + 1] - shape_first[r] + 2
    to_x, to_y, first = np.empty(most), np.empty(most), np.zeros(len(road) + 1, np.int64)
    at = 0
    for s in range(len(road)):
        low, high = shape_first[road[s]], shape_first[road[s] + 1]
        whole = 0.0
        for i in range(low, high - 1):
            whole += np.hypot(x[i + 1] - x[i], y[i + 1] - y[i])
        from_m, to_m = start[s] * whole, end[s] * whole
        so_far = 0.0
        for i in range(low, high - 1):
            length = np.hypot(x[i + 1] - x[i], y[i + 1] - y[i])
            is_last = i == high - 2
            if at == first[s] and (from_m < so_far + length or is_last):
                part = min((from_m - so_far) / length, 1.0) if length > 0.0 else 0.0
                to_x[at], to_y[at] = x[i] + part * (x[i + 1] - x[i]), y[i] + part * (y[i + 1] - y[i])
                at += 1
            if at > first[s] and (to_m <= so_far + length or is_last):
                part = min((to_m - so_far) / length, 1.0) if length > 0.0 else 1.0
                to_x[at], to_y[at] = x[i] + part * (x[i + 1] - x[i]), y[i] + part * (y[i + 1] - y[i])
                at += 1
                break
            if at > first[s]:
                to_x[at], to_y[at] = x[i + 1], y[i + 1]
                at += 1
            so_far += length
        first[s + 1] = at
    return to_x[:at], to_y[:at], first
