"""The roads as OpenStreetMap would hold them: nodes, ways, tags, restrictions. And how to cut a way."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely

from data.demo.noise import Float64

Tags = dict[str, str]
Marks = dict[int, tuple[float, float]]  # rank of a segment -> where along it a bridge begins and ends, m


@dataclass(slots=True)
class Way:
    """Node numbers in order, and tags."""

    nodes: list[int]
    tags: Tags


@dataclass(slots=True)
class Home:
    """A node people live by: its settlement or hamlet (-1: a farm), how far from the centre."""

    node: int
    place: int
    r: float  # 1 at the edge of the town


@dataclass(slots=True)
class Network:
    """Everything the road file holds. Positions are metres in the frame."""

    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    node_tags: dict[int, Tags] = field(default_factory=dict)
    no_turns: list[tuple[int, int, int]] = field(default_factory=list)  # rank of the way, node, rank of the way
    homes: list[Home] = field(default_factory=list)
    _at: dict[tuple[int, int], int] = field(default_factory=dict)

    def node(self, x: float, y: float) -> int:
        """The node at this place (to the decimetre), a new one when there is none."""
        key = (round(x * 10), round(y * 10))
        found = self._at.get(key)
        if found is None:
            found = self._at[key] = self.lone_node(key[0] / 10, key[1] / 10)
        return found

    def lone_node(self, x: float, y: float) -> int:
        """A node of its own, even where there is one: a river under a road."""
        self.x.append(x)
        self.y.append(y)
        return len(self.x) - 1

    def nodes(self, line: Float64) -> list[int]:
        """The nodes of a line, one after the other, none twice in a row."""
        found = [self.node(float(x), float(y)) for x, y in line]
        return [node for k, node in enumerate(found) if k == 0 or node != found[k - 1]]

    def points(self) -> Float64:
        """float64[n, 2], metres in the frame."""
        return np.stack([np.array(self.x), np.array(self.y)], 1)

    def line(self, way: Way) -> shapely.LineString:
        """The way as a line in the frame."""
        return shapely.LineString([(self.x[node], self.y[node]) for node in way.nodes])


def is_car_road(way: Way) -> bool:
    """A road on wheels: not the ferry, not a river."""
    return "highway" in way.tags


def raise_bridges(
    net: Network, below: list[shapely.LineString], over: list[int], half_m: float, name: str | None
) -> None:
    """Make a bridge of the short piece of each way of ``over`` that crosses a line of ``below``."""
    segments = [(rank, a, b) for rank in over for a, b in pairwise(net.ways[rank].nodes)]
    ends = net.points()[np.array([(a, b) for _, a, b in segments], np.int64)]
    lines = np.asarray(shapely.linestrings(ends))
    hit, which = shapely.STRtree(below).query(lines, "crosses")
    marks: dict[int, Marks] = {}
    first = {rank: k for k, (rank, _, _) in reversed(list(enumerate(segments)))}
    for k, w in sorted(zip(hit.tolist(), which.tolist(), strict=True)):
        rank = segments[k][0]
        at = lines[k].project(shapely.centroid(lines[k].intersection(below[w])))
        found = marks.setdefault(rank, {})
        low, high = found.get(k - first[rank], (at, at))
        found[k - first[rank]] = (min(low, at), max(high, at))
    for rank in sorted(marks):
        count = len(net.ways[rank].nodes) - 1
        own = list(lines[first[rank] : first[rank] + count])
        for bridge in _cut_bridges(net, rank, own, marks[rank], half_m):
            net.ways[bridge].tags |= {"bridge": "yes", "layer": "1"} | ({"bridge:name": name} if name else {})


def _cut_bridges(net: Network, rank: int, lines: list[shapely.LineString], marks: Marks, half_m: float) -> list[int]:
    """Cut way ``rank`` around its marks; the ranks of the pieces that are bridges."""
    old = net.ways[rank]
    nodes: list[int] = [old.nodes[0]]
    on_bridge: list[bool] = []
    for k, line in enumerate(lines):
        is_open = False
        if k in marks:
            low, high = max(marks[k][0] - half_m, 0.0), min(marks[k][1] + half_m, line.length)
            is_open = True
            for at_m, ends in ((low, False), (high, True)):
                if 3 < at_m < line.length - 3:
                    point = line.interpolate(at_m)
                    nodes.append(net.node(point.x, point.y))
                    on_bridge.append(ends)
                    is_open = not ends
        nodes.append(old.nodes[k + 1])
        on_bridge.append(is_open)
    bounds = [0, *(k for k in range(1, len(on_bridge)) if on_bridge[k] != on_bridge[k - 1]), len(on_bridge)]
    pieces = [Way(nodes[a : b + 1], dict(old.tags)) for a, b in pairwise(bounds)]
    ranks = [rank, *range(len(net.ways), len(net.ways) + len(pieces) - 1)]
    net.ways[rank] = pieces[0]
    net.ways += pieces[1:]
    return [ranks[k] for k, start in enumerate(bounds[:-1]) if on_bridge[start]]
