"""Road tables to the road graph: ways cut where roads meet, each piece with its length, shape and times."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import BadInputError
from data.measure import Float, Int, project, road_lengths_m, seconds_to_ds
from data.osm import OsmTables, Tags
from routing.components import strong_components
from routing.graph import GraphMeta, RoadGraph, build_road_graph
from routing.profile import CLASS_INDEX, WAY_KEYS, Profile, WayRule

Bool = NDArray[np.bool_]

_FERRY = CLASS_INDEX["ferry"]


@dataclass(frozen=True, slots=True)
class NetworkReport:
    """What became of a road file; ``ways_read == ways_kept + sum(ways_closed) + ways_not_for_cars``."""

    ways_read: int
    ways_kept: int
    ways_not_for_cars: int  # footpaths, cycleways, works
    ways_closed: dict[str, int]  # by what closes them: access, area, permission, oneway
    unknown_values: dict[str, int]  # "maxspeed=signals": how many kept ways; the tag was left aside
    absent_refs: int  # nodes the file lacks; their ways were cut there
    blocked_nodes: int  # bollards and the like, where the road is cut
    restrictions_not_applied: int
    nodes: int
    roads: int
    arcs: int
    components: int  # strongly connected
    main_component_share: float  # of nodes, 0..1
    length_km: float

    @property
    def warnings(self) -> list[str]:
        """What a planner must know before trusting times computed on this network, in French.

        ``unknown_values`` are told one by one by data.roads.
        """
        said = [
            (
                self.restrictions_not_applied,
                "interdictions de tourner lues mais non appliquées dans cette version",
            ),
            (self.absent_refs, "nœuds absents de l'extrait : les voies y sont coupées"),
        ]
        messages = [f"{count} {text}." for count, text in said if count]
        if self.main_component_share < 0.9:
            share_pct = 100 * self.main_component_share
            messages.append(
                f"Le réseau est morcelé : {share_pct:.0f} % seulement des carrefours communiquent entre eux."
            )
        return messages


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """k roads cut out of the kept ways, and the n graph nodes at their ends."""

    tail: Int  # [k] graph node
    head: Int  # [k] graph node
    way: Int  # [k] index among the kept ways
    shape_first: Int  # [k + 1]
    shape_node: Int  # [s] index in the node tables
    node: Int  # [n] index in the node tables; a blocked node stands there once for each road end


def graph_facts(graph: RoadGraph) -> dict[str, Any]:
    """The part of the report that any graph can tell."""
    component = strong_components(graph.forward.first_out, graph.forward.head)
    return {
        "nodes": graph.node_count,
        "roads": graph.road_count,
        "arcs": len(graph.forward.head),
        "components": int(component.max()) + 1,
        "main_component_share": float(graph.in_main_component.mean()),
        "length_km": float(graph.road_length_m.sum()) / 1000,
    }


def graph_from_osm(tables: OsmTables, profile: Profile, *, name: str, crs_epsg: int) -> tuple[RoadGraph, NetworkReport]:
    """The graph of the ways that ``profile`` opens, in metres of ``crs_epsg``, and what was done to get it.

    Ways are cut at junctions (a node used twice), at barriers that close, and at nodes the file lacks. A
    barrier gives each road that ends on it a graph node of its own, with the same OSM id, so that nobody
    passes. Turn restrictions are counted, not applied. Raises BadInputError when no road is left.
    """
    rules = _rules(tables.way_tags, profile)
    kept = np.array([way for way, rule in enumerate(rules) if rule is not None and rule.is_open], np.int64)
    open_rules = [rule for rule in rules if rule is not None and rule.is_open]
    blocked = np.zeros(len(tables.node_id), np.bool_)
    blocking = [node for node, tags in tables.node_tags.items() if profile.blocks(tags)]
    blocked[np.array(blocking, np.int64)] = True
    pieces = _cut(tables, kept, blocked)
    if len(pieces.tail) == 0:
        raise BadInputError(
            f"Le fichier {tables.source_name} ne contient aucune route ouverte aux voitures.",
            received=f"{len(tables.way_id)} voies, toutes fermées, piétonnes ou incomplètes",
            expected="un extrait OpenStreetMap avec des routes ouvertes à la circulation",
            action="vérifiez que l'extrait n'a pas été filtré et qu'il couvre le département",
        )
    names, way_name = _names([tables.way_tags[way] for way in kept])
    x_m, y_m = project(tables.node_lon, tables.node_lat, crs_epsg)
    shape_node = pieces.shape_node
    length_m = road_lengths_m(tables.node_lon[shape_node], tables.node_lat[shape_node], pieces.shape_first)
    forward_ds, backward_ds = _times_ds(open_rules, pieces, length_m, profile)
    graph = build_road_graph(
        meta=GraphMeta(
            name=name,
            mode=profile.mode,
            crs_epsg=crs_epsg,
            source_name=tables.source_name,
            source_sha256=tables.sha256,
            osm_date=tables.osm_date,
            profile_version=profile.version,
        ),
        node_x_m=x_m[pieces.node],
        node_y_m=y_m[pieces.node],
        node_osm_id=tables.node_id[pieces.node],
        road_tail=pieces.tail,
        road_head=pieces.head,
        road_length_m=length_m,
        road_forward_ds=forward_ds,
        road_backward_ds=backward_ds,
        road_class=np.array([rule.class_index for rule in open_rules], np.uint8)[pieces.way],
        road_attachable=np.array([rule.is_attachable for rule in open_rules])[pieces.way],
        road_way_id=tables.way_id[kept[pieces.way]],
        road_name=way_name[pieces.way],
        names=names,
        shape_first=pieces.shape_first,
        shape_x_m=x_m[shape_node],
        shape_y_m=y_m[shape_node],
    )
    met = np.unique(shape_node)
    return graph, _report(tables, rules, graph, int(np.count_nonzero(blocked[met])))


def _rules(way_tags: list[Tags], profile: Profile) -> list[WayRule | None]:
    """One rule a way. Ways that agree on what the profile reads share it: kinds are far fewer than ways."""
    known: dict[frozenset[tuple[str, str]], WayRule | None] = {}
    rules = []
    for tags in way_tags:
        kind = frozenset((key, value) for key, value in tags.items() if key in WAY_KEYS)
        if kind not in known:
            known[kind] = profile.interpret_way(tags)
        rules.append(known[kind])
    return rules


def _names(way_tags: list[Tags]) -> tuple[list[str], NDArray[np.int32]]:
    """Distinct names (else references) and the index of each way's, -1 without one."""
    index: dict[str, int] = {}
    texts = (tags.get("name") or tags.get("ref") for tags in way_tags)
    way_name = [-1 if text is None else index.setdefault(text, len(index)) for text in texts]
    return list(index), np.array(way_name, np.int32)


def _cut(tables: OsmTables, kept: Int, blocked: Bool) -> _Pieces:
    """Cut the kept ways into roads."""
    node, way, starts = _runs(tables, kept)
    uses = np.bincount(node, minlength=len(tables.node_id))
    is_last = np.ones(len(starts), np.bool_)
    is_last[:-1] = starts[1:]
    cuts = np.flatnonzero(starts | is_last | (uses[node] > 1) | blocked[node])
    run = np.cumsum(starts)
    is_road = run[cuts[:-1]] == run[cuts[1:]]
    first, last = cuts[:-1][is_road], cuts[1:][is_road]
    ends = node[np.concatenate((first, last))]
    # A blocked node is a different node for each road that ends on it.
    place = np.where(blocked[ends], len(blocked) + np.arange(len(ends)), ends)
    _, at, number = np.unique(place, return_index=True, return_inverse=True)
    counts = last - first + 1
    return _Pieces(
        tail=number[: len(first)],
        head=number[len(first) :],
        way=way[first],
        shape_first=np.concatenate(([0], np.cumsum(counts))),
        shape_node=node[_ranges(first, counts)],
        node=ends[at],
    )


def _runs(tables: OsmTables, kept: Int) -> tuple[Int, Int, Bool]:
    """Nodes of the kept ways end to end, the (kept) way of each, and where unbroken runs of nodes start."""
    counts = np.diff(tables.way_first)[kept]
    way = np.repeat(np.arange(len(kept)), counts)
    node = tables.way_node[_ranges(tables.way_first[kept], counts)].astype(np.int64)
    starts = np.ones(len(node), np.bool_)
    starts[1:] = (way[1:] != way[:-1]) | (node[:-1] < 0)
    # A node written twice in a row would be a road of no length from itself to itself.
    is_repeated = np.zeros(len(node), np.bool_)
    is_repeated[1:] = ~starts[1:] & (node[1:] == node[:-1])
    keep = (node >= 0) & ~is_repeated
    return node[keep], way[keep], starts[keep]


def _ranges(start: Int, count: Int) -> Int:
    """start[0], start[0] + 1, … count[0] of them, then those of start[1], …"""
    before = np.cumsum(count) - count
    ranges: Int = np.arange(int(count.sum())) + np.repeat(start - before, count)
    return ranges


def _times_ds(rules: list[WayRule], pieces: _Pieces, length_m: Float, profile: Profile) -> tuple[Int, Int]:
    forward_kmh = np.array([rule.forward_kmh for rule in rules], np.float64)[pieces.way]
    backward_kmh = np.array([rule.backward_kmh for rule in rules], np.float64)[pieces.way]
    crossing_s = np.array([rule.crossing_s for rule in rules], np.float64)[pieces.way]
    # A crossing is shared among the pieces of its way by length.
    way_length_m = np.bincount(pieces.way, length_m)[pieces.way]
    share = np.divide(length_m, way_length_m, out=np.ones_like(length_m), where=way_length_m > 0)
    wait_s = _waits_s(rules, pieces, profile.boarding_wait_s)
    times = []
    for kmh in (forward_kmh, backward_kmh):
        drive_s = np.where(np.isnan(crossing_s), length_m * 3.6 / kmh, crossing_s * share)
        times.append(seconds_to_ds(np.where(np.isnan(kmh), np.nan, drive_s + wait_s)))
    return times[0], times[1]


def _waits_s(rules: list[WayRule], pieces: _Pieces, boarding_wait_s: float) -> Float:
    """Half of the boarding wait at each end of a ferry that touches land, so that a crossing drawn as several
    ways, or with a stop at sea, waits once."""
    is_ferry = np.array([rule.class_index == _FERRY for rule in rules], np.bool_)[pieces.way]
    is_land = np.zeros(len(pieces.node), np.bool_)
    is_land[pieces.tail[~is_ferry]] = True
    is_land[pieces.head[~is_ferry]] = True
    touched = is_land[pieces.tail].astype(np.int64) + is_land[pieces.head]
    return np.where(is_ferry, touched * boarding_wait_s / 2, 0.0)


def _report(tables: OsmTables, rules: list[WayRule | None], graph: RoadGraph, blocked_nodes: int) -> NetworkReport:
    understood = [rule for rule in rules if rule is not None]
    kept = [rule for rule in understood if rule.is_open]
    closed = Counter(rule.closed_by for rule in understood if rule.closed_by is not None)
    unknown = Counter(f"{key}={value}" for rule in kept for key, value in rule.unknown)
    return NetworkReport(
        ways_read=len(rules),
        ways_kept=len(kept),
        ways_not_for_cars=len(rules) - len(understood),
        ways_closed=dict(closed.most_common()),
        unknown_values=dict(unknown.most_common()),
        absent_refs=tables.absent_refs,
        blocked_nodes=blocked_nodes,
        restrictions_not_applied=len(tables.restrictions),
        **graph_facts(graph),
    )
