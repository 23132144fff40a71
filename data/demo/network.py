"""The roads as OpenStreetMap would hold them: nodes, ways, tags, restrictions. And how to cut a way."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely

from data.demo.noise import Float64

Tags = dict[str, str]


@dataclass(slots=True)
class Way:
    """Node numbers in order, and tags."""

    nodes: list[int]
    tags: Tags


@dataclass(slots=True)
class Home:
    """A node people live by: its settlement or hamlet (-1: a farm), its distance to the centre over the radius."""

    node: int
    place: int
    r: float


@dataclass(slots=True)
class Network:
    """Everything the road file holds. Positions are metres in the frame."""

    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    node_tags: dict[int, Tags] = field(default_factory=dict)
    no_turns: list[tuple[int, int, int]] = field(
        default_factory=list
    )  # rank of the way, node, rank of the way
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


def split_way(net: Network, rank: int, spots: list[int]) -> None:
    """Cut way ``rank`` at these positions along it; the first piece keeps the rank, the others go to the end."""
    way = net.ways[rank]
    cuts = sorted({spot for spot in spots if 0 < spot < len(way.nodes) - 1})
    bounds = [0, *cuts, len(way.nodes) - 1]
    pieces = [way.nodes[a : b + 1] for a, b in zip(bounds, bounds[1:], strict=False)]
    net.ways[rank] = Way(pieces[0], way.tags)
    net.ways += [Way(piece, dict(way.tags)) for piece in pieces[1:]]


def raise_bridges(
    net: Network, below: list[shapely.LineString], over: list[int], half_m: float, name: str | None
) -> None:
    """Make a bridge of the short piece of each way of ``over`` that crosses a line of ``below``."""
    segments = [
        (rank, a, b)
        for rank in over
        for a, b in zip(net.ways[rank].nodes, net.ways[rank].nodes[1:], strict=False)
    ]
    ends = net.points()[np.array([(a, b) for _, a, b in segments], np.int64)]
    lines = shapely.linestrings(ends)
    hit, which = shapely.STRtree(below).query(lines, "crosses")
    marks: dict[int, dict[int, tuple[float, float]]] = {}
    first = {rank: k for k, (rank, _, _) in reversed(list(enumerate(segments)))}
    for k, w in sorted(zip(hit.tolist(), which.tolist(), strict=True)):
        rank = segments[k][0]
        at = lines[k].project(shapely.centroid(lines[k].intersection(below[w])))
        found = marks.setdefault(rank, {})
        low, high = found.get(k - first[rank], (at, at))
        found[k - first[rank]] = (min(low, at), max(high, at))
    for rank in sorted(marks):
        count = len(net.ways[rank].nodes) - 1
        _cut_bridges(net, rank, list(lines[first[rank] : first[rank] + count]), marks[rank], half_m, name)


def _cut_bridges(
    net: Network,
    rank: int,
    lines: list[shapely.LineString],
    marks: dict[int, tuple[float, float]],
    half_m: float,
    name: str | None,
) -> None:
    old = net.ways[rank]
    nodes: list[int] = [old.nodes[0]]
    on_bridge: list[bool] = []
    for k, line in enumerate(lines):
        if k in marks:
            low, high = max(marks[k][0] - half_m, 0.0), min(marks[k][1] + half_m, line.length)
            inner = [
                (line.interpolate(d), flag)
                for d, flag in ((low, False), (high, True))
                if 3 < d < line.length - 3
            ]
            for point, flag in inner:
                nodes.append(net.node(point.x, point.y))
                on_bridge.append(flag)
            nodes.append(old.nodes[k + 1])
            on_bridge.append(not (inner and inner[-1][1]))
        else:
            nodes.append(old.nodes[k + 1])
            on_bridge.append(False)
    start, pieces = 0, []
    for k in range(1, len(on_bridge) + 1):
        if k == len(on_bridge) or on_bridge[k] != on_bridge[start]:
            tags = dict(old.tags)
            if on_bridge[start]:
                tags |= {"bridge": "yes", "layer": "1"} | ({"bridge:name": name} if name else {})
            pieces.append(Way(nodes[start : k + 1], tags))
            start = k
    net.ways[rank] = pieces[0]
    net.ways += pieces[1:]
