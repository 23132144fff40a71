"""The road graph: frozen arrays, checked once, shared by every search.

A *road* is an undirected stretch between two junctions, with its shape. An *arc* is one way along a road.
Times are whole deciseconds (``_ds``), so that sums are exact and two searches can be compared for equality.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.components import largest_strong_component
from routing.ordering import hilbert_order

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
ScalarT = TypeVar("ScalarT", bound=np.generic)

#: "Never": the time of a node no route reaches and of a direction that is closed. Safe as an infinity because
#: every real time is below 2**30 (34 years in deciseconds), so adding two of them cannot overflow 32 bits.
UNREACHED_DS = np.int32(2**31 - 1)

#: Longest time one road may take: eleven days. No ferry needs more, and the search keeps one bucket per
#: decisecond of the heaviest arc, so this bounds its memory too (40 MB).
MAX_ROAD_DS = 10_000_000

#: How far the ends of a shape may stand from the nodes they join.
SHAPE_END_TOLERANCE_M = 0.01

_FORMAT = "accueil30-road-graph-1"
_MANIFEST = "graph.json"
_ARRAYS = (
    "node_x_m", "node_y_m", "node_osm_id", "in_main_component",
    "road_tail", "road_head", "road_length_m", "road_forward_ds", "road_backward_ds", "road_class",
    "road_attachable", "road_way_id", "road_name", "shape_first", "shape_x_m", "shape_y_m",
)  # fmt: skip
_NPY_HEADER_BYTES = 128
_CSR_ARRAYS = ("first_out", "head", "weight_ds", "road")


class BrokenGraphError(ValueError):
    """A folder that does not hold one whole road graph: truncated, mixed, or of another format."""


@dataclass(frozen=True, slots=True, eq=False)
class Csr:
    """Arcs grouped by the node they leave: those of node ``u`` stand at ``first_out[u]:first_out[u + 1]``.

    first_out: int32[n + 1], head: int32[m], weight_ds: int32[m] (>= 1), road: int32[m] (index of the road).
    """

    first_out: Int32
    head: Int32
    weight_ds: Int32
    road: Int32


@dataclass(frozen=True, slots=True)
class GraphMeta:
    """Where a graph comes from; printed beside every figure that was computed on it."""

    name: str
    mode: str
    crs_epsg: int
    source_name: str
    source_sha256: str
    osm_date: str | None  # ISO date of the newest object seen, None when the file does not say
    profile_version: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class RoadGraph:
    """Nodes, roads with their shapes, and the arcs in both directions of search.

    Shapes: n nodes, k roads, m arcs, s shape points. Coordinates are metres in ``meta.crs_epsg``.
    ``forward`` leaves each node along permitted directions; ``backward`` is the same arcs turned round, on
    which a search from a site gives the time needed to *come to* the site.
    """

    meta: GraphMeta
    node_x_m: Float64  # [n]
    node_y_m: Float64  # [n]
    node_osm_id: Int64  # [n]
    in_main_component: Bool  # [n] largest strongly connected component
    road_tail: Int32  # [k]
    road_head: Int32  # [k]
    road_length_m: Float64  # [k]
    road_forward_ds: Int32  # [k] tail -> head; UNREACHED_DS when not permitted
    road_backward_ds: Int32  # [k] head -> tail; UNREACHED_DS when not permitted
    road_class: NDArray[np.uint8]  # [k] index in routing.profile.ROAD_CLASSES
    road_attachable: Bool  # [k] a point may be attached here (main component, no motorway, ferry or tunnel)
    road_way_id: Int64  # [k] OSM way
    road_name: Int32  # [k] index in names, -1 without a name
    names: tuple[str, ...]
    shape_first: Int64  # [k + 1] road r has the points shape_first[r]:shape_first[r + 1], ends included
    shape_x_m: Float64  # [s]
    shape_y_m: Float64  # [s]
    forward: Csr
    backward: Csr

    @property
    def node_count(self) -> int:
        return len(self.node_x_m)

    @property
    def road_count(self) -> int:
        return len(self.road_tail)


def build_road_graph(
    *,
    meta: GraphMeta,
    node_x_m: ArrayLike,
    node_y_m: ArrayLike,
    node_osm_id: ArrayLike,
    road_tail: ArrayLike,
    road_head: ArrayLike,
    road_length_m: ArrayLike,
    road_forward_ds: ArrayLike,
    road_backward_ds: ArrayLike,
    road_class: ArrayLike,
    road_attachable: ArrayLike,
    road_way_id: ArrayLike,
    road_name: ArrayLike,
    names: Sequence[str],
    shape_first: ArrayLike,
    shape_x_m: ArrayLike,
    shape_y_m: ArrayLike,
) -> RoadGraph:
    """Check the roads, put neighbouring nodes side by side in memory, turn every open direction into an arc.

    Arguments have the shapes and units written on ``RoadGraph`` (n nodes, k roads, s shape points), with
    ``road_tail`` and ``road_head`` counting nodes in the order given here. What changes on the way:

    - nodes are **renumbered** along a Hilbert curve (searches are up to three times faster);
      ``node_osm_id`` follows, so a node is found again by its OSM id. Roads and shapes keep their order;
    - ``road_attachable`` is what the class of the road allows; the graph's own is true only where, besides,
      one direction is open and both ends are in the main component: whoever is attached can come and go;
    - times are whole deciseconds of 1 to ``MAX_ROAD_DS``, or ``UNREACHED_DS`` for a closed direction: the
      caller rounds (and lifts 0 to 1). A road closed both ways may stay, for drawing; it carries no arc;
    - parallel roads and loops (tail == head) are welcome. A shape has two points or more, its first on the
      tail and its last on the head (within ``SHAPE_END_TOLERANCE_M``).

    Raises ValueError naming the first road or node at fault. All arrays of the graph are read-only.
    """
    x_m, y_m = _column(node_x_m, np.float64), _column(node_y_m, np.float64)
    osm_id = _column(node_osm_id, np.int64)
    roads: dict[str, NDArray[Any]] = {
        "road_tail": _column(road_tail, np.int64),
        "road_head": _column(road_head, np.int64),
        "road_length_m": _column(road_length_m, np.float64),
        "road_forward_ds": _column(road_forward_ds, np.int64),
        "road_backward_ds": _column(road_backward_ds, np.int64),
        "road_class": _column(road_class, np.uint8),
        "road_attachable": _column(road_attachable, np.bool_),
        "road_way_id": _column(road_way_id, np.int64),
        "road_name": _column(road_name, np.int32),
    }
    shapes: dict[str, NDArray[Any]] = {
        "shape_first": _column(shape_first, np.int64),
        "shape_x_m": _column(shape_x_m, np.float64),
        "shape_y_m": _column(shape_y_m, np.float64),
    }
    _check_nodes(x_m, y_m, osm_id)
    _check_roads(roads, len(x_m), len(names))
    _check_shapes(shapes, roads, x_m, y_m)

    order = hilbert_order(x_m, y_m)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    for end in ("road_tail", "road_head"):
        roads[end] = rank[roads[end]]
    for time in ("road_forward_ds", "road_backward_ds"):
        roads[time] = roads[time].astype(np.int32)
    forward, backward = _both_csr(len(order), roads)
    is_main = largest_strong_component(forward.first_out, forward.head)
    is_open = np.minimum(roads["road_forward_ds"], roads["road_backward_ds"]) < UNREACHED_DS
    roads["road_attachable"] &= is_open & is_main[roads["road_tail"]] & is_main[roads["road_head"]]
    graph = RoadGraph(
        meta=meta,
        node_x_m=x_m[order],
        node_y_m=y_m[order],
        node_osm_id=osm_id[order],
        in_main_component=is_main,
        names=tuple(names),
        forward=forward,
        backward=backward,
        **roads,
        **shapes,
    )
    for array in _named_arrays(graph).values():
        array.setflags(write=False)
    return graph


def save_graph(graph: RoadGraph, folder: Path) -> None:
    """Write the graph as one ``.npy`` per array in ``folder``, whole or not at all.

    The files are written in a folder beside and renamed at the end; a graph already there is replaced, and a
    process that has it open keeps reading the old one.
    """
    aside = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    arrays = _named_arrays(graph)
    sizes = {}
    for name, array in arrays.items():
        path = aside / f"{name}.npy"
        np.save(path, array)
        sizes[name] = path.stat().st_size
    manifest = {"format": _FORMAT, "meta": asdict(graph.meta), "file_bytes": sizes, "names": graph.names}
    (aside / _MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    _swap_in(aside, folder)


def open_graph(folder: Path) -> RoadGraph:
    """Open a saved graph without reading it: arrays are read-only views of the files, paged in when touched.

    Raises FileNotFoundError when there is no such folder, BrokenGraphError when a file is missing, cut short
    or of another graph.
    """
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if manifest.get("format") != _FORMAT:
            raise BrokenGraphError(f"{folder}: format {manifest.get('format')!r}, expected {_FORMAT!r}")
        sizes: dict[str, int] = manifest["file_bytes"]
        arrays = {name: _open_array(folder / f"{name}.npy", size) for name, size in sizes.items()}
        graph = _graph_of(arrays, GraphMeta(**manifest["meta"]), tuple(manifest["names"]))
    except BrokenGraphError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenGraphError(f"{folder}: not a whole road graph ({error})") from error
    _check_lengths(graph, folder)
    return graph


def _column(values: ArrayLike, dtype: type[ScalarT]) -> NDArray[ScalarT]:
    return np.array(values, dtype=dtype, ndmin=1, order="C")


def _refuse(is_wrong: Bool, what: str, why: str) -> None:
    if is_wrong.any():
        raise ValueError(f"{what} {int(np.argmax(is_wrong))}: {why} ({int(is_wrong.sum())} such)")


def _check_nodes(x_m: Float64, y_m: Float64, osm_id: Int64) -> None:
    if not len(x_m) == len(y_m) == len(osm_id):
        raise ValueError(f"node arrays differ in length: {len(x_m)}, {len(y_m)}, {len(osm_id)}")
    if len(x_m) >= UNREACHED_DS:
        raise ValueError(f"{len(x_m)} nodes do not fit 32 bits")
    _refuse(~(np.isfinite(x_m) & np.isfinite(y_m)), "node", "coordinates are not finite")


def _check_roads(roads: dict[str, NDArray[Any]], node_count: int, name_count: int) -> None:
    lengths = {name: len(column) for name, column in roads.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"road arrays differ in length: {lengths}")
    for end in (roads["road_tail"], roads["road_head"]):
        _refuse((end < 0) | (end >= node_count), "road", f"an end is not one of the {node_count} nodes")
    for time_ds in (roads["road_forward_ds"], roads["road_backward_ds"]):
        is_time = (time_ds >= 1) & (time_ds <= MAX_ROAD_DS)
        why = f"time is neither 1 to {MAX_ROAD_DS} ds nor UNREACHED_DS"
        _refuse(~(is_time | (time_ds == UNREACHED_DS)), "road", why)
    length_m, name = roads["road_length_m"], roads["road_name"]
    _refuse(~(np.isfinite(length_m) & (length_m >= 0)), "road", "length is negative or not finite")
    _refuse((name < -1) | (name >= name_count), "road", f"name is not -1 nor one of the {name_count} names")


def _check_shapes(shapes: dict[str, NDArray[Any]], roads: dict[str, NDArray[Any]], x_m: Float64, y_m: Float64) -> None:
    first, shape_x_m, shape_y_m = shapes["shape_first"], shapes["shape_x_m"], shapes["shape_y_m"]
    if len(first) != len(roads["road_tail"]) + 1 or first[0] != 0:
        raise ValueError(f"shape_first: {len(first)} entries for {len(roads['road_tail'])} roads")
    if not first[-1] == len(shape_x_m) == len(shape_y_m):
        raise ValueError(f"shape_first ends at {first[-1]} for {len(shape_x_m)}, {len(shape_y_m)} points")
    _refuse(np.diff(first) < 2, "road", "shape has fewer than two points")
    _refuse(~(np.isfinite(shape_x_m) & np.isfinite(shape_y_m)), "shape point", "coordinates are not finite")
    for node, point in ((roads["road_tail"], first[:-1]), (roads["road_head"], first[1:] - 1)):
        off_m = np.hypot(shape_x_m[point] - x_m[node], shape_y_m[point] - y_m[node])
        _refuse(off_m > SHAPE_END_TOLERANCE_M, "road", "shape does not go from its tail to its head")


def _both_csr(node_count: int, roads: dict[str, NDArray[Any]]) -> tuple[Csr, Csr]:
    """One arc for each open direction of each road, by start in the first table, by end in the second."""
    there = np.flatnonzero(roads["road_forward_ds"] < UNREACHED_DS)
    back = np.flatnonzero(roads["road_backward_ds"] < UNREACHED_DS)
    start = np.concatenate([roads["road_tail"][there], roads["road_head"][back]])
    end = np.concatenate([roads["road_head"][there], roads["road_tail"][back]])
    weight_ds = np.concatenate([roads["road_forward_ds"][there], roads["road_backward_ds"][back]])
    road = np.concatenate([there, back]).astype(np.int32)
    if len(road) >= UNREACHED_DS:
        raise ValueError(f"{len(road)} arcs do not fit 32 bits")
    arcs = np.stack([start, end, weight_ds, road])
    return _csr(node_count, arcs), _csr(node_count, arcs[[1, 0, 2, 3]])


def _csr(node_count: int, arcs: Int32) -> Csr:
    """Group arcs, int32[4, m] rows start, end, weight, road, by start; then by end and road."""
    start, end, _, road = arcs
    first_out = np.zeros(node_count + 1, np.int32)
    np.cumsum(np.bincount(start, minlength=node_count), out=first_out[1:])
    order = np.lexsort((road, end, start))
    return Csr(first_out, *(column[order] for column in arcs[1:]))


def _named_arrays(graph: RoadGraph) -> dict[str, NDArray[Any]]:
    """Every array of the graph under the name of its file."""
    arrays = {name: getattr(graph, name) for name in _ARRAYS}
    for side in ("forward", "backward"):
        arrays |= {f"{side}_{name}": getattr(getattr(graph, side), name) for name in _CSR_ARRAYS}
    return arrays


def _swap_in(aside: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _open_array(path: Path, size_bytes: int) -> NDArray[Any]:
    if path.stat().st_size != size_bytes:
        raise BrokenGraphError(f"{path}: {path.stat().st_size} bytes, expected {size_bytes}")
    if size_bytes - _NPY_HEADER_BYTES <= 0:
        return np.load(path, allow_pickle=False)  # type: ignore[no-any-return]  # nothing to map in an empty array
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _graph_of(arrays: dict[str, NDArray[Any]], meta: GraphMeta, names: tuple[str, ...]) -> RoadGraph:
    forward = Csr(**{name: arrays[f"forward_{name}"] for name in _CSR_ARRAYS})
    backward = Csr(**{name: arrays[f"backward_{name}"] for name in _CSR_ARRAYS})
    plain = {name: arrays[name] for name in _ARRAYS}
    return RoadGraph(meta=meta, names=names, forward=forward, backward=backward, **plain)


def _check_lengths(graph: RoadGraph, folder: Path) -> None:
    """Arrays of one graph agree in length; those of two graphs mixed in one folder seldom do."""
    n, k, s = graph.node_count, graph.road_count, len(graph.shape_x_m)
    m = len(graph.forward.head)
    expected = {name: {"n": n, "r": k, "s": s}[name[0]] for name in _ARRAYS if name != "in_main_component"}
    expected |= {"in_main_component": n, "shape_first": k + 1}
    for side in ("forward", "backward"):
        expected |= {f"{side}_{name}": m for name in _CSR_ARRAYS} | {f"{side}_first_out": n + 1}
    for name, array in _named_arrays(graph).items():
        if array.shape != (expected[name],):
            raise BrokenGraphError(f"{folder}: {name} has shape {array.shape}, expected ({expected[name]},)")
    if not graph.shape_first[-1] == s or not graph.forward.first_out[-1] == graph.backward.first_out[-1] == m:
        raise BrokenGraphError(f"{folder}: the arrays are not of one graph")
