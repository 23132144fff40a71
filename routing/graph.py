"""The road graph: frozen arrays, checked once, shared by every search.

A *road* is an undirected stretch between two junctions, with its shape. An *arc* is one way along a road.
Times are whole deciseconds (``_ds``), so that sums are exact and two searches can be compared for equality.

A *node* is a junction, or one of the *turn states* (``routing.turns``) that double a junction where a driver
must remember where they come from: same place, same OSM id, fewer ways out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, NotRequired, TypedDict, TypeVar, Unpack, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.arcs import Csr, csr_of
from routing.components import largest_strong_component
from routing.ordering import hilbert_order
from routing.turns import TurnStates, turn_states

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

SEASONS: Final = ("summer", "winter")


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
    season: str = "summer"  # or "winter": roads that close in winter are closed


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class RoadGraph:
    """Nodes, roads with their shapes, and the arcs in both directions of search.

    Shapes: n nodes, k roads, m arcs, s shape points, e entries, w water lines of p points. Coordinates are
    metres in ``meta.crs_epsg``. ``forward`` leaves each node along permitted directions; ``backward`` is the
    same arcs turned round, on which a search from a site gives the time needed to *come to* the site.

    The turn states of a junction follow it directly. Who starts at a junction starts at its own node, with no
    memory; who comes to a junction has come there at any of its nodes (``routing.search.junction_times``).
    """

    meta: GraphMeta
    node_x_m: Float64  # [n]
    node_y_m: Float64  # [n]
    node_osm_id: Int64  # [n]
    node_junction: Int32  # [n] the junction a turn state doubles; a junction's own index
    in_main_component: Bool  # [n] largest strongly connected component; a junction's: it or one of its states
    road_tail: Int32  # [k] a junction
    road_head: Int32  # [k] a junction
    road_length_m: Float64  # [k]
    road_forward_ds: Int32  # [k] tail -> head, delay included; UNREACHED_DS when not permitted
    road_backward_ds: Int32  # [k] head -> tail, delay included; UNREACHED_DS when not permitted
    road_forward_delay_ds: Int32  # [k] the part of road_forward_ds paid at its end (signal, urban junction)
    road_backward_delay_ds: Int32  # [k]
    road_forward_end: Int32  # [k] node come to by driving to the head: road_head or one of its turn states
    road_backward_end: Int32  # [k] node come to by driving to the tail: road_tail or one of its turn states
    road_class: NDArray[np.uint8]  # [k] index in routing.profile.ROAD_CLASSES
    road_attachable: Bool  # [k] a point may be attached here (main component, no motorway, ferry or tunnel)
    road_way_id: Int64  # [k] OSM way
    road_name: Int32  # [k] index in names, -1 without a name
    entry_road: Int32  # [e] growing; turn states from which a road may be entered, besides the junction itself
    entry_is_forward: Bool  # [e] entered at its tail (those come first), or at its head
    entry_node: Int32  # [e]
    names: tuple[str, ...]
    shape_first: Int64  # [k + 1] road r has the points shape_first[r]:shape_first[r + 1], ends included
    shape_x_m: Float64  # [s]
    shape_y_m: Float64  # [s]
    water_first: Int64  # [w + 1] lines nobody walks across, as shape_first
    water_x_m: Float64  # [p]
    water_y_m: Float64  # [p]
    forward: Csr
    backward: Csr

    @property
    def node_count(self) -> int:
        """Junctions and turn states."""
        return len(self.node_x_m)

    @property
    def junction_count(self) -> int:
        return int(np.count_nonzero(self.node_junction == np.arange(self.node_count)))

    @property
    def road_count(self) -> int:
        return len(self.road_tail)


class GraphColumns(TypedDict):
    """What ``build_road_graph`` is given, with the shapes and units of ``RoadGraph``; n counts junctions only."""

    node_x_m: ArrayLike
    node_y_m: ArrayLike
    node_osm_id: ArrayLike
    road_tail: ArrayLike
    road_head: ArrayLike
    road_length_m: ArrayLike
    road_forward_ds: ArrayLike
    road_backward_ds: ArrayLike
    road_forward_delay_ds: NotRequired[ArrayLike | None]  # none: no delays
    road_backward_delay_ds: NotRequired[ArrayLike | None]
    road_class: ArrayLike
    road_attachable: ArrayLike
    road_way_id: ArrayLike
    road_name: ArrayLike
    shape_first: ArrayLike
    shape_x_m: ArrayLike
    shape_y_m: ArrayLike
    water_first: NotRequired[ArrayLike | None]  # none: no water
    water_x_m: NotRequired[ArrayLike | None]
    water_y_m: NotRequired[ArrayLike | None]


_DTYPES: Final[dict[str, Any]] = {
    "node_x_m": np.float64, "node_y_m": np.float64, "node_osm_id": np.int64,
    "road_tail": np.int64, "road_head": np.int64, "road_length_m": np.float64,
    "road_forward_ds": np.int64, "road_backward_ds": np.int64,
    "road_forward_delay_ds": np.int64, "road_backward_delay_ds": np.int64,
    "road_class": np.uint8, "road_attachable": np.bool_, "road_way_id": np.int64, "road_name": np.int32,
    "shape_first": np.int64, "shape_x_m": np.float64, "shape_y_m": np.float64,
    "water_first": np.int64, "water_x_m": np.float64, "water_y_m": np.float64,
}  # fmt: skip
_LINE_COLUMNS: Final = ("shape_first", "shape_x_m", "shape_y_m", "water_first", "water_x_m", "water_y_m")
_NO_WATER: Final[dict[str, Any]] = {"water_first": [0], "water_x_m": [], "water_y_m": []}
_Columns = dict[str, NDArray[Any]]


def build_road_graph(
    *,
    meta: GraphMeta,
    names: Sequence[str],
    forbidden_paths: Sequence[Sequence[int]] = (),
    **columns: Unpack[GraphColumns],
) -> RoadGraph:
    """Check the roads, put neighbouring nodes side by side in memory, turn every open direction into an arc.

    Columns have the shapes and units written on ``RoadGraph`` (n junctions, k roads, s shape points), with
    ``road_tail`` and ``road_head`` counting junctions in the order given here. What changes on the way:

    - nodes are **renumbered** along a Hilbert curve (searches are up to three times faster);
      ``node_osm_id`` follows, so a node is found again by its OSM id. Roads and shapes keep their order;
    - ``road_attachable`` is what the class of the road allows; the graph's own is true only where, besides,
      the road is entered from the main component and left into it: whoever is attached can come and go;
    - times are whole deciseconds of 1 to ``MAX_ROAD_DS``, or ``UNREACHED_DS`` for a closed direction: the
      caller rounds (and lifts 0 to 1). A road closed both ways may stay, for drawing; it carries no arc;
    - a delay is a part of its time, and that of a closed direction is put to 0;
    - parallel roads and loops (tail == head) are welcome. A shape has two points or more, its first on the
      tail and its last on the head (within ``SHAPE_END_TOLERANCE_M``);
    - ``forbidden_paths``, each a list of directed roads as in ``routing.turns``, may not be driven: junctions
      where one has to be remembered get turn states, and no path may name a closed direction.

    Raises ValueError naming the first road, node or path at fault, TypeError for a column that is missing or
    unknown. All arrays of the graph are read-only.
    """
    given = _given(cast("Mapping[str, Any]", columns))
    _check_nodes(given)
    _check_roads(given, len(names))
    _check_lines(given, "shape", "road")
    _check_shape_ends(given)
    _check_lines(given, "water", "water line")
    weight_ds = _directed(given["road_forward_ds"], given["road_backward_ds"])
    start = _directed(given["road_tail"], given["road_head"])
    end = _directed(given["road_head"], given["road_tail"])
    turns = turn_states(forbidden_paths, start, end, weight_ds < UNREACHED_DS)
    order, node_of = _in_memory(given["node_x_m"], given["node_y_m"], turns)
    arcs = _arcs(node_of, start, end, weight_ds, turns)
    nodes = _node_columns(given, order, node_of, turns)
    forward, backward = _csr(len(order), arcs), _csr(len(order), arcs[[1, 0, 2, 3]])
    is_main = largest_strong_component(forward.first_out, forward.head)
    graph = RoadGraph(
        meta=meta,
        **nodes,
        in_main_component=is_main | _holds(is_main, nodes["node_junction"]),
        **_road_columns(given, node_of, start, end, turns),
        road_attachable=given["road_attachable"] & _can_come_and_go(is_main, arcs, len(given["road_tail"])),
        **_entries(node_of, turns),
        names=tuple(names),
        **{name: given[name] for name in _LINE_COLUMNS},
        forward=forward,
        backward=backward,
    )
    for array in arrays_of(graph).values():
        array.setflags(write=False)
    return graph


def arrays_of(graph: RoadGraph) -> dict[str, NDArray[Any]]:
    """Every array of the graph by name, those of its tables as ``forward_arc``: what is saved, and hashed."""
    arrays: dict[str, NDArray[Any]] = {}
    for field in fields(RoadGraph):
        value = getattr(graph, field.name)
        if isinstance(value, Csr):
            arrays |= {f"{field.name}_{part.name}": getattr(value, part.name) for part in fields(Csr)}
        elif isinstance(value, np.ndarray):
            arrays[field.name] = value
    return arrays


def _given(columns: Mapping[str, Any]) -> _Columns:
    """The columns as vectors of the types worked with, those that may be left out filled in."""
    no_delay = np.zeros(np.size(columns.get("road_forward_ds", ())), np.int64)
    filled = {"road_forward_delay_ds": no_delay, "road_backward_delay_ds": no_delay} | _NO_WATER
    filled |= {name: column for name, column in columns.items() if column is not None}
    if filled.keys() != _DTYPES.keys():
        raise TypeError(f"columns missing or unknown: {sorted(filled.keys() ^ _DTYPES.keys())}")
    return {name: np.array(filled[name], dtype, ndmin=1, order="C") for name, dtype in _DTYPES.items()}


def _refuse(is_wrong: Bool, what: str, why: str) -> None:
    if is_wrong.any():
        raise ValueError(f"{what} {int(np.argmax(is_wrong))}: {why} ({int(is_wrong.sum())} such)")


def _check_nodes(given: _Columns) -> None:
    x_m, y_m, osm_id = given["node_x_m"], given["node_y_m"], given["node_osm_id"]
    if not len(x_m) == len(y_m) == len(osm_id):
        raise ValueError(f"node arrays differ in length: {len(x_m)}, {len(y_m)}, {len(osm_id)}")
    _refuse(~(np.isfinite(x_m) & np.isfinite(y_m)), "node", "coordinates are not finite")


def _check_roads(given: _Columns, name_count: int) -> None:
    lengths = {name: len(column) for name, column in given.items() if name.startswith("road_")}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"road arrays differ in length: {lengths}")
    node_count = len(given["node_x_m"])
    for end in (given["road_tail"], given["road_head"]):
        _refuse((end < 0) | (end >= node_count), "road", f"an end is not one of the {node_count} nodes")
    for way in ("forward", "backward"):
        time_ds, delay_ds = given[f"road_{way}_ds"], given[f"road_{way}_delay_ds"]
        is_time = (time_ds >= 1) & (time_ds <= MAX_ROAD_DS)
        why = f"time is neither 1 to {MAX_ROAD_DS} ds nor UNREACHED_DS"
        _refuse(~(is_time | (time_ds == UNREACHED_DS)), "road", why)
        _refuse((delay_ds < 0) | (delay_ds > time_ds), "road", "delay is negative or more than its time")
    length_m, name = given["road_length_m"], given["road_name"]
    _refuse(~(np.isfinite(length_m) & (length_m >= 0)), "road", "length is negative or not finite")
    _refuse((name < -1) | (name >= name_count), "road", f"name is not -1 nor one of the {name_count} names")


def _check_lines(given: _Columns, kind: str, what: str) -> None:
    first, x_m, y_m = (given[f"{kind}_{column}"] for column in ("first", "x_m", "y_m"))
    if len(first) == 0 or first[0] != 0:
        raise ValueError(f"{kind}_first does not start at 0")
    if not first[-1] == len(x_m) == len(y_m):
        raise ValueError(f"{kind}_first ends at {first[-1]} for {len(x_m)}, {len(y_m)} points")
    _refuse(np.diff(first) < 2, what, "shape has fewer than two points")
    _refuse(~(np.isfinite(x_m) & np.isfinite(y_m)), f"{kind} point", "coordinates are not finite")


def _check_shape_ends(given: _Columns) -> None:
    first, x_m, y_m = given["shape_first"], given["shape_x_m"], given["shape_y_m"]
    if len(first) != len(given["road_tail"]) + 1:
        raise ValueError(f"shape_first: {len(first)} entries for {len(given['road_tail'])} roads")
    for node, point in ((given["road_tail"], first[:-1]), (given["road_head"], first[1:] - 1)):
        off_m = np.hypot(x_m[point] - given["node_x_m"][node], y_m[point] - given["node_y_m"][node])
        _refuse(off_m > SHAPE_END_TOLERANCE_M, "road", "shape does not go from its tail to its head")


def _directed(forward: NDArray[ScalarT], backward: NDArray[ScalarT]) -> NDArray[ScalarT]:
    """A column over directed roads: 2 * road is the forward one."""
    return np.stack([forward, backward], axis=1).ravel()


def _in_memory(x_m: Float64, y_m: Float64, turns: TurnStates) -> tuple[Int64, Int32]:
    """The order of the nodes in memory, and where each stands: junctions are counted first, then turn states."""
    if len(x_m) + len(turns.junction) >= UNREACHED_DS:
        raise ValueError(f"{len(x_m) + len(turns.junction)} nodes do not fit 32 bits")
    order = hilbert_order(x_m, y_m)
    if len(turns.junction):
        rank = np.empty(len(x_m), np.int64)
        rank[order] = np.arange(len(order))
        order = np.argsort(np.concatenate([rank, rank[turns.junction]]), kind="stable")
    node_of = np.empty(len(order), np.int32)
    node_of[order] = np.arange(len(order), dtype=np.int32)
    return order, node_of


def _state_nodes(node_of: Int32, turns: TurnStates, state: Int64) -> Int32:
    return node_of[len(node_of) - len(turns.junction) + state]


def _come_to(node_of: Int32, end: Int64, turns: TurnStates) -> Int32:
    """Node come to along each directed road with no memory."""
    node = node_of[end]
    node[turns.first_road] = _state_nodes(node_of, turns, turns.first_state)
    return node


def _arcs(node_of: Int32, start: Int64, end: Int64, weight_ds: Int64, turns: TurnStates) -> Int32:
    """int32[4, m], rows start, end, weight and road: one for each open directed road, then those of the states."""
    is_open = weight_ds < UNREACHED_DS
    state_end = node_of[end[turns.arc_road]]
    has_memory = turns.arc_to >= 0
    state_end[has_memory] = _state_nodes(node_of, turns, turns.arc_to[has_memory])
    road = np.concatenate([np.flatnonzero(is_open), turns.arc_road])
    if len(road) >= UNREACHED_DS:
        raise ValueError(f"{len(road)} arcs do not fit 32 bits")
    return np.stack(
        [
            np.concatenate([node_of[start[is_open]], _state_nodes(node_of, turns, turns.arc_state)]),
            np.concatenate([_come_to(node_of, end, turns)[is_open], state_end]),
            weight_ds[road].astype(np.int32),
            (road // 2).astype(np.int32),
        ]
    )


def _csr(node_count: int, arcs: Int32) -> Csr:
    """Group arcs by start; those of one start keep their order."""
    start, end, weight_ds, _ = arcs
    first_out = np.zeros(node_count + 1, np.int32)
    np.cumsum(np.bincount(start, minlength=node_count), out=first_out[1:])
    order = np.argsort(start, kind="stable")
    return csr_of(first_out, end[order], weight_ds[order])


def _holds(is_main: Bool, node_junction: Int32) -> Bool:
    """Junctions of which one node is in the main component."""
    holds = np.zeros(len(is_main), np.bool_)
    holds[node_junction[is_main]] = True
    return holds


def _can_come_and_go(is_main: Bool, arcs: Int32, road_count: int) -> Bool:
    """Roads entered from the main component by one of their arcs, and left into it by one, perhaps another."""
    start, end, _, road = arcs
    is_entered, is_left = np.zeros(road_count, np.bool_), np.zeros(road_count, np.bool_)
    is_entered[road[is_main[start]]] = True
    is_left[road[is_main[end]]] = True
    return is_entered & is_left


def _node_columns(given: _Columns, order: Int64, node_of: Int32, turns: TurnStates) -> _Columns:
    junction = np.concatenate([np.arange(len(given["node_x_m"])), turns.junction])[order]
    columns = {name: given[name][junction] for name in ("node_x_m", "node_y_m", "node_osm_id")}
    return columns | {"node_junction": node_of[junction]}


def _road_columns(given: _Columns, node_of: Int32, start: Int64, end: Int64, turns: TurnStates) -> _Columns:
    come_to = _come_to(node_of, end, turns)
    columns = {name: given[name] for name in ("road_length_m", "road_class", "road_way_id", "road_name")}
    for way in ("road_forward", "road_backward"):
        time_ds, delay_ds = given[f"{way}_ds"], given[f"{way}_delay_ds"]
        delay_ds = np.where(time_ds == UNREACHED_DS, 0, delay_ds)
        columns |= {f"{way}_ds": time_ds.astype(np.int32), f"{way}_delay_ds": delay_ds.astype(np.int32)}
    return columns | {
        "road_tail": node_of[start[::2]],
        "road_head": node_of[end[::2]],
        "road_forward_end": come_to[::2].copy(),
        "road_backward_end": come_to[1::2].copy(),
    }


def _entries(node_of: Int32, turns: TurnStates) -> _Columns:
    node = _state_nodes(node_of, turns, turns.arc_state)
    order = np.lexsort((node, turns.arc_road))
    road = turns.arc_road[order]
    return {"entry_road": (road // 2).astype(np.int32), "entry_is_forward": road % 2 == 0, "entry_node": node[order]}
