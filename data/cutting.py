"""Ways cut into roads: at junctions, at closed barriers, at signals, and where the file lacks a node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.measure import Float, Int
from data.osm import OsmTables

Bool = NDArray[np.bool_]
Int32 = NDArray[np.int32]  # for columns as long as the file: they make the memory an import takes


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """k roads cut out of the kept ways, and the n graph nodes at their ends. Those of one way stand together."""

    tail: Int  # [k] graph node
    head: Int  # [k] graph node
    way: Int  # [k] index among the kept ways, ascending
    shape_first: Int  # [k + 1]
    shape_node: Int32  # [s] index in the node tables
    node: Int  # [n] index in the node tables; a blocked node stands there once for each road end


def cut(tables: OsmTables, kept: Int, blocked: Bool, stops: Bool) -> Pieces:
    """Cut the ways ``kept`` (indices) where they meet, and at nodes of the file that are ``blocked`` (a bollard) or
    ``stops`` (a signal), both bool[nodes of the file].

    A blocked node is another graph node for each road that ends on it, so that nobody passes.
    """
    node, way, starts = runs(tables, kept)
    is_cut = (np.bincount(node, minlength=len(tables.node_id)) > 1) | blocked | stops
    cuts = np.flatnonzero(starts | last_of_runs(starts) | is_cut[node])
    run = np.cumsum(starts, dtype=np.int32)
    is_road = run[cuts[:-1]] == run[cuts[1:]]
    first, last = cuts[:-1][is_road], cuts[1:][is_road]
    ends = node[np.concatenate((first, last))]
    place = np.where(blocked[ends], len(blocked) + np.arange(len(ends)), ends)
    _, at, number = np.unique(place, return_index=True, return_inverse=True)
    counts = last - first + 1
    return Pieces(
        tail=number[: len(first)],
        head=number[len(first) :],
        way=way[first].astype(np.int64),
        shape_first=np.concatenate(([0], np.cumsum(counts))),
        shape_node=node[ranges(first, counts)],
        node=ends[at],
    )


def runs(tables: OsmTables, kept: Int) -> tuple[Int32, Int32, Bool]:
    """Nodes of the kept ways end to end, the (kept) way of each, and where unbroken runs of nodes start."""
    counts = np.diff(tables.way_first)[kept]
    way = np.repeat(np.arange(len(kept), dtype=np.int32), counts)
    node = tables.way_node[ranges(tables.way_first[kept], counts)]
    starts = np.ones(len(node), np.bool_)
    starts[1:] = (way[1:] != way[:-1]) | (node[:-1] < 0)
    # A node written twice in a row would be a road of no length from itself to itself.
    keep = node >= 0
    keep[1:] &= starts[1:] | (node[1:] != node[:-1])
    if keep.all():
        return node, way, starts
    return node[keep], way[keep], starts[keep]


def last_of_runs(starts: Bool) -> Bool:
    is_last = np.ones(len(starts), np.bool_)
    is_last[:-1] = starts[1:]
    return is_last


def ranges(start: Int, count: Int) -> Int:
    """start[0], start[0] + 1, … count[0] of them, then those of start[1], …"""
    start, count = start[count > 0], count[count > 0]
    found = np.ones(int(count.sum()), np.int64)
    found[:1] = start[:1]
    # From the last of one range to the first of the next.
    found[np.cumsum(count[:-1])] = start[1:] - (start[:-1] + count[:-1] - 1)
    return np.cumsum(found, out=found)


def middles(pieces: Pieces, roads: Int, x_m: Float, y_m: Float) -> tuple[Float, Float]:
    """The point half-way along each of ``roads``: x_m, y_m float64; ``x_m``, ``y_m`` are those of the node tables."""
    counts = np.diff(pieces.shape_first)[roads]
    shape_node = pieces.shape_node[ranges(pieces.shape_first[roads], counts)]
    last = np.cumsum(counts) - 1
    first = last - counts + 1
    shape_x_m, shape_y_m = x_m[shape_node], y_m[shape_node]
    step_m = np.hypot(np.diff(shape_x_m, prepend=shape_x_m[:1]), np.diff(shape_y_m, prepend=shape_y_m[:1]))
    step_m[first] = 0.0  # from the end of a road to the start of the next
    along_m = np.cumsum(step_m)
    half_m = (along_m[first] + along_m[last]) / 2
    after = np.clip(np.searchsorted(along_m, half_m), first + 1, last)
    share = np.divide(half_m - along_m[after - 1], step_m[after], out=np.zeros(len(first)), where=step_m[after] > 0)
    return (
        shape_x_m[after - 1] + share * (shape_x_m[after] - shape_x_m[after - 1]),
        shape_y_m[after - 1] + share * (shape_y_m[after] - shape_y_m[after - 1]),
    )
