"""The road graph: frozen arrays, checked once, shared by every search.

A *road* is an undirected stretch between two junctions, with its shape. An *arc* is one way along a road.
Times are whole deciseconds (``_ds``), so that sums are exact and two searches can be compared for equality.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

#: "Never": the time of a node no route reaches and of a direction that is closed. Safe as an infinity because
#: every real time is below 2**30 (34 years in deciseconds), so adding two of them cannot overflow 32 bits.
UNREACHED_DS = np.int32(2**31 - 1)


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


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """Nodes, roads with their shapes, and the arcs in both directions of search.

    Shapes: n nodes, k roads, m arcs, s shape points. Coordinates are metres in ``meta.crs_epsg``.
    ``forward`` leaves each node along permitted directions; ``backward`` is the same arcs turned round, on which
    a search from a site gives the time needed to *come to* the site.
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
    shape_first: Int64  # [k + 1] the shape of road r stands at shape_first[r]:shape_first[r + 1], both ends included
    shape_x_m: Float64  # [s]
    shape_y_m: Float64  # [s]
    forward: Csr
    backward: Csr
