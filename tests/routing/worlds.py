"""Small worlds whose travel times can be worked out by hand, and random ones that nobody thought of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from routing.graph import UNREACHED_DS, GraphMeta, RoadGraph, build_road_graph
from routing.snap import Attachment

CLOSED = int(UNREACHED_DS)
META = GraphMeta("monde d'essai", "car", 2154, "world.osm.pbf", "0" * 64, "2026-01-01", "test-1")


@dataclass(frozen=True)
class Road:
    """From ``tail`` to ``head``; ``back_ds`` as ``there_ds`` unless said; a straight line unless bent."""

    tail: int
    head: int
    there_ds: int
    back_ds: int | None = None
    bend: tuple[tuple[float, float], ...] = ()
    attachable: bool = True
    there_delay_ds: int = 0
    back_delay_ds: int = 0

    def way(self, is_back: int) -> tuple[int, int, int, int]:
        """(start, end, time_ds, delay_ds) of driving it there (0) or back (1)."""
        if is_back:
            return self.head, self.tail, self.there_ds if self.back_ds is None else self.back_ds, self.back_delay_ds
        return self.tail, self.head, self.there_ds, self.there_delay_ds


def there(road: int) -> int:
    """A road driven from its tail to its head, in a forbidden path."""
    return 2 * road


def back(road: int) -> int:
    return 2 * road + 1


def make_graph(
    nodes: Sequence[tuple[float, float]], roads: Sequence[Road], paths: Sequence[Sequence[int]] = (), **changes: Any
) -> RoadGraph:
    """Nodes get the OSM ids 0, 1, …, so that ``node_at(graph, i)`` finds the i-th again; ``paths`` are forbidden."""
    shapes = [np.array([nodes[r.tail], *r.bend, nodes[r.head]], np.float64) for r in roads]
    points = np.concatenate(shapes) if shapes else np.empty((0, 2))
    lengths = [float(np.hypot(*np.diff(shape, axis=0).T).sum()) for shape in shapes]
    columns: dict[str, Any] = {
        "meta": META,
        "node_x_m": [x for x, _ in nodes],
        "node_y_m": [y for _, y in nodes],
        "node_osm_id": np.arange(len(nodes)),
        "road_tail": [r.tail for r in roads],
        "road_head": [r.head for r in roads],
        "road_length_m": lengths,
        "road_forward_ds": [r.there_ds for r in roads],
        "road_backward_ds": [r.there_ds if r.back_ds is None else r.back_ds for r in roads],
        "road_forward_delay_ds": [r.there_delay_ds for r in roads],
        "road_backward_delay_ds": [r.back_delay_ds for r in roads],
        "forbidden_paths": paths,
        "road_class": np.zeros(len(roads)),
        "road_attachable": [r.attachable for r in roads],
        "road_way_id": np.arange(len(roads)) + 1000,
        "road_name": np.full(len(roads), -1),
        "names": (),
        "shape_first": np.cumsum([0] + [len(shape) for shape in shapes]),
        "shape_x_m": points[:, 0],
        "shape_y_m": points[:, 1],
    }
    return build_road_graph(**(columns | changes))


def grid_world(side: int, *, block_m: float = 100.0, block_ds: int = 100) -> RoadGraph:
    """A perfect town of ``side`` x ``side`` junctions; (column, row) has the OSM id column + row * side."""
    nodes = [(column * block_m, row * block_m) for row in range(side) for column in range(side)]
    east = [Road(i, i + 1, block_ds) for i in range(side * side) if i % side < side - 1]
    north = [Road(i, i + side, block_ds) for i in range(side * (side - 1))]
    return make_graph(nodes, east + north)


def node_at(graph: RoadGraph, osm_id: int) -> int:
    return int(np.flatnonzero(graph.node_osm_id == osm_id)[0])


def by_osm_id(graph: RoadGraph, values: NDArray[Any]) -> list[int]:
    """Values of the junctions, put back in the order the world was written in."""
    junction = np.flatnonzero(graph.node_junction == np.arange(graph.node_count))
    ordered = np.empty(len(junction), values.dtype)
    ordered[graph.node_osm_id[junction]] = values[junction]
    return [int(value) for value in ordered]


def at(*places: tuple[int, float], access_m: Sequence[float] | float = 0.0) -> Attachment:
    """Points on (road, fraction); road -1 is a point that is not attached."""
    road = np.array([road for road, _ in places], np.int32)
    fraction = np.array([fraction for _, fraction in places], np.float64)
    walk_m = np.broadcast_to(np.asarray(access_m, np.float64), road.shape)
    return Attachment(road, fraction, np.where(road < 0, np.inf, walk_m))


@dataclass(frozen=True)
class Town:
    """A world as it was written, the graph made of it, and sites on it."""

    nodes: list[tuple[float, float]]
    roads: list[Road]
    paths: list[list[int]]
    graph: RoadGraph
    sites: Attachment

    def rebuilt(self, roads: Sequence[Road] | None = None, paths: Sequence[Sequence[int]] | None = None) -> RoadGraph:
        return make_graph(self.nodes, self.roads if roads is None else roads, self.paths if paths is None else paths)


@st.composite
def random_towns(
    draw: st.DrawFn, *, max_nodes: int = 12, max_roads: int = 28, max_paths: int = 8, has_delays: bool = True
) -> Town:
    """Few nodes, short times (so many ties), one-way, closed and parallel roads, loops, lone nodes; delays;
    forbidden paths of two to four roads that overlap, begin, end and contain one another, and U-turns.

    Sizes are hypothesis's to shrink; what fills them comes from a generator it seeds, far quicker.
    """
    node_count = draw(st.integers(2, max_nodes))
    road_count = draw(st.integers(1, min(2 * node_count + 4, max_roads)))
    path_count = draw(st.integers(0, max_paths))
    site_count = draw(st.integers(1, 5))
    random = Random(draw(st.integers(0, 2**32 - 1)))
    nodes = [(float(7 * i % 50), float(11 * i % 30)) for i in range(node_count)]
    roads = [random_road(random, node_count, has_delays) for _ in range(road_count)]
    paths = random_paths(random, roads, path_count)
    sites = random_places(random, road_count, site_count)
    return Town(nodes, roads, paths, make_graph(nodes, roads, paths), sites)


@st.composite
def random_worlds(draw: st.DrawFn, *, max_nodes: int = 12) -> tuple[RoadGraph, Attachment]:
    town = draw(random_towns(max_nodes=max_nodes))
    return town.graph, town.sites


def random_road(random: Random, node_count: int, has_delays: bool = True) -> Road:
    tail, head = random.randrange(node_count), random.randrange(node_count)
    times, delays = [], []
    for _ in range(2):
        kind = random.random()
        time_ds = CLOSED if kind < 0.2 else random.randrange(1, 13) + (100_000 if kind > 0.95 else 0)
        times.append(time_ds)
        is_delayed = has_delays and time_ds < CLOSED and random.random() < 0.4
        delays.append(random.randrange(min(time_ds, 9) + 1) if is_delayed else 0)
    return Road(tail, head, times[0], times[1], there_delay_ds=delays[0], back_delay_ds=delays[1])


def random_paths(random: Random, roads: Sequence[Road], count: int) -> list[list[int]]:
    """Drives of two to four roads; half of them begin somewhere on the one before; some come as an only_*."""
    ways = {2 * r + b: road.way(b) for r, road in enumerate(roads) for b in (0, 1) if road.way(b)[2] < CLOSED}
    out: dict[int, list[int]] = {}
    for d, (start, *_) in ways.items():
        out.setdefault(start, []).append(d)
    every = list(ways)
    paths: list[list[int]] = []
    while len(paths) < count and ways:
        path = [random.choice(every)]
        if paths and random.random() < 0.5:
            before = paths[-1]
            path = before[random.randrange(len(before)) :][:3]
        for _ in range(random.randrange(1, 4)):
            ways_out = out.get(ways[path[-1]][1], [])
            if not ways_out:
                break
            path.append(random.choice(ways_out))
        if len(path) < 2:
            count -= 1
        elif random.random() < 0.2:
            paths += [[*path[:-1], other] for other in out[ways[path[-2]][1]] if other != path[-1]]
        else:
            paths.append(path[:4])
    return paths


def random_places(random: Random, road_count: int, count: int) -> Attachment:
    places = [(random.randrange(road_count), random.choice([0.0, 0.25, 0.5, 0.7, 1.0])) for _ in range(count)]
    return at(*places, access_m=[random.choice([0.0, 1.3, 13.0]) for _ in range(count)])
