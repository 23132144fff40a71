"""A made-up département, always the same: 250,000 junctions, 636,000 arcs, and the plane tiled with it.

Junctions stand 155 m apart on a shaken lattice. Each joins its western or its southern neighbour (so that all
hang together), some join both; every 8th, 32nd and 128th line is a road of a higher class, faster, and whole.
Lanes within five blocks of a crossing of the two highest classes are a town: slower, and junctions cost a delay
there. Some lanes are one-way, some turns are forbidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from routing.arcs import Csr, csr_of
from routing.graph import UNREACHED_DS, GraphMeta, RoadGraph, build_road_graph

SIDE: Final = 500
BLOCK_M: Final = 155.0
#: Share of the junctions that join both neighbours: with the higher roads it makes 2.54 arcs a junction.
BOTH_SHARE: Final = 0.14
ONE_WAY_SHARE: Final = 0.15  # of the lanes nobody needs to come and go
FORBIDDEN_SHARE: Final = 0.004  # of the junctions: as in Porto, 357 restrictions for 63,000 nodes
#: km/h by class of road: lane, 8th, 32nd, 128th line.
SPEED_KMH: Final = np.array([26.0, 42.0, 62.0, 100.0])
TOWN_KMH: Final = np.array([18.0, 30.0, 42.0, 80.0])
TOWN_DELAY_DS: Final = 20
_LINES: Final = (8, 32, 128)


@dataclass(frozen=True, slots=True)
class Lattice:
    """The roads before they are a graph: tail, head int64[k]; class int64[k]; is_needed, is_town bool[k]."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    road_class: NDArray[np.int64]
    is_needed: NDArray[np.bool_]
    is_town: NDArray[np.bool_]


def departement(side: int = SIDE, seed: int = 30) -> RoadGraph:
    """The graph of ``side`` x ``side`` junctions, in metres (EPSG:2154 by name only)."""
    random = np.random.default_rng(seed)
    lattice = _lattice(side, random)
    tail, head = lattice.tail, lattice.head
    length_m = np.hypot(lattice.x_m[head] - lattice.x_m[tail], lattice.y_m[head] - lattice.y_m[tail])
    length_m *= random.uniform(1.0, 1.3, len(length_m))  # bends
    kmh = np.where(lattice.is_town, TOWN_KMH[lattice.road_class], SPEED_KMH[lattice.road_class])
    delay_ds = np.where(lattice.is_town, TOWN_DELAY_DS, 0)
    forward_ds = np.maximum(1, np.rint(length_m / kmh * 36.0)).astype(np.int64) + delay_ds
    is_one_way = ~lattice.is_needed & (random.random(len(tail)) < ONE_WAY_SHARE)
    shape = np.empty(2 * len(tail), np.int64)
    shape[0::2], shape[1::2] = tail, head
    return build_road_graph(
        meta=GraphMeta(f"synthetic {side}x{side}", "car", 2154, "synthetic", "0" * 64, None, "synthetic-1"),
        node_x_m=lattice.x_m,
        node_y_m=lattice.y_m,
        node_osm_id=np.arange(side * side),
        road_tail=tail,
        road_head=head,
        road_length_m=length_m,
        road_forward_ds=forward_ds,
        road_backward_ds=np.where(is_one_way, UNREACHED_DS, forward_ds),
        road_forward_delay_ds=delay_ds,
        road_backward_delay_ds=np.where(is_one_way, 0, delay_ds),
        forbidden_paths=_forbidden(tail, head, round(FORBIDDEN_SHARE * side * side), random),
        road_class=np.zeros(len(tail)),
        road_attachable=lattice.road_class < 3,
        road_way_id=np.arange(len(tail)),
        road_name=np.full(len(tail), -1),
        names=(),
        shape_first=np.arange(len(tail) + 1) * 2,
        shape_x_m=lattice.x_m[shape],
        shape_y_m=lattice.y_m[shape],
    )


def _forbidden(
    tail: NDArray[np.int64], head: NDArray[np.int64], count: int, random: np.random.Generator
) -> list[list[int]]:
    """Turns nobody may take: (road in, road out), both forward, for so many junctions or a few less."""
    road_out = np.full(int(max(tail.max(), head.max())) + 1, -1, np.int64)
    road_out[tail] = np.arange(len(tail))
    road_in = random.choice(len(tail), min(count, len(tail)), replace=False)
    road_in = road_in[road_out[head[road_in]] >= 0]
    return np.column_stack([2 * road_in, 2 * road_out[head[road_in]]]).tolist()  # type: ignore[no-any-return]


def tiled(graph: RoadGraph, columns: int, rows: int, side: int = SIDE) -> Csr:
    """The forward arcs of ``columns`` x ``rows`` copies of the département, side by side and joined.

    Node ``u`` of copy ``c`` is ``c * n + u``; the copies are numbered row by row. Each junction of an edge is
    joined to the one that faces it in the next copy, both ways, in the time of one block of a lane.
    """
    n, copies = graph.node_count, columns * rows
    tail, head = _seams(graph, columns, rows, side)
    seam_ds = round(BLOCK_M / SPEED_KMH[0] * 36.0)
    template = graph.forward
    degree, template_head, template_ds = np.diff(template.first_out), template.head, template.weight_ds
    first_out = np.zeros(copies * n + 1, np.int32)
    out_degree = np.tile(degree, copies) + np.bincount(tail, minlength=copies * n).astype(np.int32)
    np.cumsum(out_degree, out=first_out[1:])
    heads = np.empty(first_out[-1], np.int32)
    weights = np.full(first_out[-1], seam_ds, np.int32)
    within = np.arange(len(template_head), dtype=np.int32) - np.repeat(template.first_out[:-1], degree)
    for copy in range(copies):
        slot = np.repeat(first_out[copy * n : (copy + 1) * n], degree) + within
        heads[slot] = template_head + np.int32(copy * n)
        weights[slot] = template_ds
    order = np.argsort(tail, kind="stable")
    tail, head = tail[order], head[order]
    rank = np.arange(len(tail)) - np.searchsorted(tail, tail)
    heads[first_out[tail + 1] - 1 - rank] = head
    return csr_of(first_out, heads, weights)


def _lattice(side: int, random: np.random.Generator) -> Lattice:
    row, column = np.divmod(np.arange(side * side), side)
    x_m = (column + random.uniform(-0.35, 0.35, side * side)) * BLOCK_M
    y_m = (row + random.uniform(-0.35, 0.35, side * side)) * BLOCK_M
    chooses_west = (row == 0) | ((random.random(side * side) < 0.5) & (column > 0))
    joins_both = random.random(side * side) < BOTH_SHARE
    parts = []
    for is_west, line, along, step in ((True, row, column, 1), (False, column, row, side)):
        road_class = sum((line % every == every // 2).astype(np.int64) for every in _LINES)
        is_needed = (chooses_west == is_west) | (road_class > 0)
        tail = np.flatnonzero((along > 0) & (is_needed | joins_both))
        parts.append((tail, tail - step, road_class[tail], is_needed[tail]))
    tail, head, classes, needed = (np.concatenate(column) for column in zip(*parts, strict=True))
    every = _LINES[1]
    off = [np.abs(part % every - every // 2) for part in (row, column)]
    is_town = (off[0] <= 5) & (off[1] <= 5)
    return Lattice(x_m, y_m, tail, head, classes, needed, is_town[tail] & is_town[head])


def _seams(graph: RoadGraph, columns: int, rows: int, side: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Arcs between copies that touch, both ways: (tail, head), numbered over all copies."""
    node_of: NDArray[np.int64] = np.empty(side * side, np.int64)
    junction = np.flatnonzero(graph.node_junction == np.arange(graph.node_count))
    node_of[graph.node_osm_id[junction]] = junction
    lattice = node_of.reshape(side, side)
    copy = np.arange(columns * rows).reshape(rows, columns) * graph.node_count
    seams: list[Any] = []
    for one, other, near, far in (
        (copy[:, :-1], copy[:, 1:], lattice[:, -1], lattice[:, 0]),
        (copy[:-1, :], copy[1:, :], lattice[-1, :], lattice[0, :]),
    ):
        a = (one.reshape(-1, 1) + near).ravel()
        b = (other.reshape(-1, 1) + far).ravel()
        seams += [(a, b), (b, a)]
    tail, head = (np.concatenate(ends) for ends in zip(*seams, strict=True))
    return tail, head
