"""Small worlds whose travel times can be worked out by hand, and random ones that nobody thought of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


def make_graph(nodes: Sequence[tuple[float, float]], roads: Sequence[Road], **changes: Any) -> RoadGraph:
    """Nodes get the OSM ids 0, 1, …, so that ``node_at(graph, i)`` finds the i-th again."""
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
    """Values per node, put back in the order the world was written in."""
    ordered = np.empty(len(values), values.dtype)
    ordered[graph.node_osm_id] = values
    return [int(value) for value in ordered]


def at(*places: tuple[int, float], access_m: Sequence[float] | float = 0.0) -> Attachment:
    """Points on (road, fraction); road -1 is a point that is not attached."""
    road = np.array([road for road, _ in places], np.int32)
    fraction = np.array([fraction for _, fraction in places], np.float64)
    walk_m = np.broadcast_to(np.asarray(access_m, np.float64), road.shape)
    return Attachment(road, fraction, np.where(road < 0, np.inf, walk_m))


@st.composite
def random_worlds(draw: st.DrawFn, *, max_nodes: int = 12) -> tuple[RoadGraph, Attachment]:
    """Few nodes, short times (so many ties), one-way, closed and parallel roads, loops, lone nodes."""
    node_count = draw(st.integers(2, max_nodes))
    node = st.integers(0, node_count - 1)
    times = st.one_of(st.integers(1, 12), st.just(CLOSED), st.integers(100_000, 100_010))
    roads = draw(st.lists(st.builds(Road, node, node, times, times), min_size=1, max_size=3 * node_count))
    place = st.tuples(
        st.integers(0, len(roads) - 1),
        st.sampled_from([0.0, 0.25, 0.5, 1.0]),
        st.sampled_from([0.0, 1.3, 13.0]),
    )
    places = draw(st.lists(place, min_size=1, max_size=5))
    nodes = [(float(7 * i % 50), float(11 * i % 30)) for i in range(node_count)]
    sites = at(*[(road, fraction) for road, fraction, _ in places], access_m=[walk for _, _, walk in places])
    return make_graph(nodes, roads), sites
