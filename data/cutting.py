"""Ways cut into roads: at junctions, at closed barriers, at signals, and where the file lacks a node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.measure import Float, Int
from data.osm import OsmTables

Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """k roads cut out of the kept ways, and the n graph nodes at their ends. Those of one way stand together."""

    tail: Int  # [k] graph node
    head: Int  # [k] graph node
    way: Int  # [k] index among the kept ways, ascending
    shape_first: Int  # [k + 1]
    shape_node: Int  # [s] index in the node tables
    node: Int  # [n] index in the node tables; a blocked node stands there once for each road end

    @property
    def tail_place(self) -> Int:
        """[k] index in the node tables of the node at the tail."""
        return self.node[self.tail]

    @property
    def head_place(self) -> Int:
        return self.node[self.head]


def cut(tables: OsmTables, kept: Int, blocked: Bool, stops: Bool) -> Pieces:
    """Cut the ways ``kept`` (indices) where they meet, and at nodes of the file that are ``blocked`` (a bollard) or
    ``stops`` (a signal), both bool[nodes of the file].

    A blocked node is another graph node for each road that ends on it, so that nobody passes.
    """
    node, way, starts = runs(tables, kept)
    uses = np.bincount(node, minlength=len(tables.node_id))
    is_last = last_of_runs(starts)
    cuts = np.flatnonzero(starts | is_last | (uses[node] > 1) | blocked[node] | stops[node])
    run = np.cumsum(starts)
    is_road = run[cuts[:-1]] == run[cuts[1:]]
    first, last = cuts[:-1][is_road], cuts[1:][is_road]
    ends = node[np.concatenate((first, last))]
    place = np.where(blocked[ends], len(blocked) + np.arange(len(ends)), ends)
    _, at, number = np.unique(place, return_index=True, return_inverse=True)
    counts = last - first + 1
    return Pieces(
        tail=number[: len(first)],
        head=number[len(first) :],
        way=way[first],
        shape_first=np.concatenate(([0], np.cumsum(counts))),
        shape_node=node[ranges(first, counts)],
        node=ends[at],
    )


def runs(tables: OsmTables, kept: Int) -> tuple[Int, Int, Bool]:
    """Nodes of the kept ways end to end, the (kept) way of each, and where unbroken runs of nodes start."""
    counts = np.diff(tables.way_first)[kept]
    way = np.repeat(np.arange(len(kept)), counts)
    node = tables.way_node[ranges(tables.way_first[kept], counts)].astype(np.int64)
    starts = np.ones(len(node), np.bool_)
    starts[1:] = (way[1:] != way[:-1]) | (node[:-1] < 0)
    # A node written twice in a row would be a road of no length from itself to itself.
    is_repeated = np.zeros(len(node), np.bool_)
    is_repeated[1:] = ~starts[1:] & (node[1:] == node[:-1])
    keep = (node >= 0) & ~is_repeated
    return node[keep], way[keep], starts[keep]


def last_of_runs(starts: Bool) -> Bool:
    is_last = np.ones(len(starts), np.bool_)
    is_last[:-1] = starts[1:]
    return is_last


def ranges(start: Int, count: Int) -> Int:
    """start[0], start[0] + 1, … count[0] of them, then those of start[1], …"""
    before = np.cumsum(count) - count
    found: Int = np.arange(int(count.sum())) + np.repeat(start - before, count)
    return found


def middles(pieces: Pieces, x_m: Float, y_m: Float) -> tuple[Float, Float]:
    """The point half-way along each road: x_m, y_m float64[k]; ``x_m``, ``y_m`` are those of the node tables."""
    shape_x_m, shape_y_m = x_m[pieces.shape_node], y_m[pieces.shape_node]
    step_m = np.hypot(np.diff(shape_x_m, prepend=shape_x_m[:1]), np.diff(shape_y_m, prepend=shape_y_m[:1]))
    step_m[pieces.shape_first[:-1]] = 0.0  # from the end of a road to the start of the next
    along_m = np.cumsum(step_m)
    first, last = pieces.shape_first[:-1], pieces.shape_first[1:] - 1
    half_m = (along_m[first] + along_m[last]) / 2
    after = np.clip(np.searchsorted(along_m, half_m), first + 1, last)
    share = np.divide(half_m - along_m[after - 1], step_m[after], out=np.zeros(len(first)), where=step_m[after] > 0)
    return (
        shape_x_m[after - 1] + share * (shape_x_m[after] - shape_x_m[after - 1]),
        shape_y_m[after - 1] + share * (shape_y_m[after] - shape_y_m[after - 1]),
    )
