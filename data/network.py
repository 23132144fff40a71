"""Road tables to the road graph: ways cut where roads meet, each piece with its length, shape and times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from data.cutting import Bool, Pieces, cut
from data.errors import BadInputError
from data.junctions import Delays, delays, street_junctions
from data.measure import Float, Int, project, road_lengths_m, seconds_to_ds, segment_lengths_m
from data.network_report import NetworkReport, graph_facts, ways_facts
from data.osm import OsmTables, Tags
from data.restrictions import RoadEnds, forbidden_paths
from data.turning_back import turnings_back
from data.water import water_lines
from routing.graph import UNREACHED_DS, GraphMeta, RoadGraph, build_road_graph
from routing.profile import CLASS_INDEX, NodeRule, Profile, WayRule

ScalarT = TypeVar("ScalarT", bound=np.generic)
_FERRY = CLASS_INDEX["ferry"]
#: A straight road as long is a node that was mistyped (our own choice, 2026-11: no road of France comes near it).
_LONGEST_SEGMENT_M = 50_000.0
_ROUNDABOUTS = ("roundabout", "circular")
_OPEN_TO_FR = {"car": "ouverte aux voitures", "bike": "ouverte aux vélos", "foot": "ouverte aux piétons"}
_SEASON_FR = {"summer": "", "winter": " en hiver"}


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What the graphs of all modes and seasons of a file share: worked out once (see ``survey``)."""

    crs_epsg: int
    x_m: Float  # [nodes of the file]
    y_m: Float
    is_junction: Bool  # [nodes of the file] of streets, whatever the mode
    water: tuple[Int, Float, Float]  # first, x_m, y_m of the lines nobody walks across


@dataclass(frozen=True, slots=True, eq=False)
class _Picked:
    """``values[at]``, made when the graph takes it: the longest columns would else be in memory twice."""

    values: Float
    at: NDArray[np.int32]

    def __array__(self, dtype: np.dtype[Any] | None = None, copy: bool | None = None) -> NDArray[Any]:
        return self.values[self.at].astype(dtype or self.values.dtype, copy=False)


class _OpenRules:
    """The rule of each kept way. Few are different: what is asked of them is asked of those."""

    def __init__(self, rules: list[WayRule]) -> None:
        number: dict[int, int] = {}
        self._number = np.array([number.setdefault(id(rule), len(number)) for rule in rules], np.int64)
        self._different = list({id(rule): rule for rule in rules}.values())

    def column(self, name: str, dtype: type[ScalarT]) -> NDArray[ScalarT]:
        """One value a way, NaN for None."""
        return np.array([getattr(rule, name) for rule in self._different], dtype)[self._number]


def survey(tables: OsmTables, crs_epsg: int) -> Ground:
    """Places of a file in metres of ``crs_epsg``, its junctions and its waters."""
    x_m, y_m = project(tables.node_lon, tables.node_lat, crs_epsg)
    return Ground(crs_epsg, x_m, y_m, street_junctions(tables), water_lines(tables, crs_epsg))


def graph_from_osm(
    tables: OsmTables,
    profile: Profile,
    *,
    name: str,
    crs_epsg: int,
    season: str = "summer",
    ground: Ground | None = None,
) -> tuple[RoadGraph, NetworkReport]:
    """The graph of the ways that ``profile`` opens, in metres of ``crs_epsg``, and what was done to get it.

    Ways are cut at junctions (a node used twice), at barriers that close, at signals, and at nodes the file lacks. A
    barrier gives each road that ends on it a graph node of its own, with the same OSM id, so that nobody
    passes. In "winter", the ways that a dated condition closes then stay as roads closed both ways, without an arc, and
    ways are cut at the gates of either season: road r of the summer graph is road r of the winter one, so that whoever
    lives by a road does in both seasons. Turn restrictions are respected (see
    ``data.restrictions``); one may turn round at any node of the graph, at no cost, but not to dodge one of them
    (``data.turning_back``). Times hold the delays of ``data.junctions``. ``ground`` is ``survey(tables, crs_epsg)``, made here when it is not given.
    Raises BadInputError when no road is left.
    """
    ground = ground or survey(tables, crs_epsg)
    is_winter = season == "winter"
    rules = _rules(tables.way_tags, profile)
    kept = np.array([way for way, rule in enumerate(rules) if rule is not None and rule.is_open], np.int64)
    open_rules = _OpenRules([rule for rule in rules if rule is not None and rule.is_open])
    is_closed = open_rules.column("is_winter_closed", np.bool_) & is_winter
    node_rules = _node_rules(tables, profile, is_winter)
    blocked, stops = _special_nodes(node_rules, len(tables.node_id))
    pieces = cut(tables, kept, blocked, stops)
    if is_closed[pieces.way].all():
        raise _no_road(tables, profile.mode, season)
    shape = pieces.shape_node
    length_m = road_lengths_m(tables.node_lon[shape], tables.node_lat[shape], pieces.shape_first)
    place = (ground.x_m, ground.y_m)
    is_roundabout = np.array([tables.way_tags[way].get("junction") in _ROUNDABOUTS for way in kept])[pieces.way]
    lost = delays(pieces, length_m, is_roundabout, node_rules, ground.is_junction, place, profile)
    forward_ds, backward_ds = _times_ds(open_rules, pieces, length_m, lost, profile)
    forward_ds[is_closed[pieces.way]] = backward_ds[is_closed[pieces.way]] = UNREACHED_DS
    ends = RoadEnds(tables, pieces, kept, forward_ds < UNREACHED_DS, backward_ds < UNREACHED_DS, length_m, *place)
    forbidden, restrictions = forbidden_paths(ends, profile)
    meta = GraphMeta(
        name=name,
        mode=profile.mode,
        crs_epsg=crs_epsg,
        source_name=tables.source_name,
        source_sha256=tables.sha256,
        osm_date=tables.osm_date,
        profile_version=profile.version,
        season=season,
    )
    graph = build_road_graph(
        meta=meta,
        road_length_m=length_m,
        road_forward_ds=forward_ds,
        road_backward_ds=backward_ds,
        road_forward_delay_ds=_delay_ds(lost.forward_s),
        road_backward_delay_ds=_delay_ds(lost.backward_s),
        forbidden_paths=[*forbidden, *turnings_back(ends, forbidden)] if forbidden else [],
        **_lie_of_the_roads(tables, pieces, ground),
        **_kinds_of_roads(tables, pieces, kept, open_rules),
    )
    is_met = np.zeros(len(tables.node_id), np.bool_)
    is_met[pieces.shape_node] = True
    return graph, NetworkReport(
        **ways_facts(rules, [rule for node, rule in node_rules.items() if is_met[node]], is_winter=is_winter),
        **graph_facts(graph),
        ways_without_road=_without_road(pieces, is_closed),
        ways_too_long=_too_long(tables, pieces, kept, open_rules, length_m),
        absent_refs=tables.absent_refs,
        blocked_nodes=int(np.count_nonzero(blocked & is_met)),
        signals=lost.signals,
        urban_junctions=lost.urban_junctions,
        urban_km=float(length_m[lost.is_urban].sum()) / 1000,
        restrictions=restrictions,
        forbidden_paths=len(forbidden),
        water_lines=len(ground.water[0]) - 1,
    )


def _without_road(pieces: Pieces, is_closed: Bool) -> int:
    """How many of the kept ways that are open this season have given no road."""
    is_left = ~is_closed
    is_left[pieces.way] = False
    return int(np.count_nonzero(is_left))


def _too_long(tables: OsmTables, pieces: Pieces, kept: Int, rules: _OpenRules, length_m: Float) -> list[int]:
    """Ids of the ways, ferries left out, that go farther than ``_LONGEST_SEGMENT_M`` from one node to the next."""
    is_ferry = (rules.column("class_index", np.uint8) == _FERRY)[pieces.way]
    ways = set()
    for road in np.flatnonzero((length_m > _LONGEST_SEGMENT_M) & ~is_ferry):
        shape = pieces.shape_node[pieces.shape_first[road] : pieces.shape_first[road + 1]]
        if segment_lengths_m(tables.node_lon[shape], tables.node_lat[shape]).max() > _LONGEST_SEGMENT_M:
            ways.add(int(tables.way_id[kept[pieces.way[road]]]))
    return sorted(ways)


def _lie_of_the_roads(tables: OsmTables, pieces: Pieces, ground: Ground) -> dict[str, Any]:
    """Columns of the graph that say where things are."""
    water_first, water_x_m, water_y_m = ground.water
    return {
        "node_x_m": ground.x_m[pieces.node],
        "node_y_m": ground.y_m[pieces.node],
        "node_osm_id": tables.node_id[pieces.node],
        "road_tail": pieces.tail,
        "road_head": pieces.head,
        "shape_first": pieces.shape_first,
        "shape_x_m": _Picked(ground.x_m, pieces.shape_node),
        "shape_y_m": _Picked(ground.y_m, pieces.shape_node),
        "water_first": water_first,
        "water_x_m": water_x_m,
        "water_y_m": water_y_m,
    }


def _kinds_of_roads(tables: OsmTables, pieces: Pieces, kept: Int, rules: _OpenRules) -> dict[str, Any]:
    """Columns of the graph that say what a road is, by the way it was cut from."""
    names, way_name = _names([tables.way_tags[way] for way in kept])
    return {
        "names": names,
        "road_name": way_name[pieces.way],
        "road_way_id": tables.way_id[kept[pieces.way]],
        "road_class": rules.column("class_index", np.uint8)[pieces.way],
        "road_attachable": rules.column("is_attachable", np.bool_)[pieces.way],
    }


def _rules(way_tags: list[Tags], profile: Profile) -> list[WayRule | None]:
    """One rule a way. Ways that agree on what the profile reads share it: kinds are far fewer than ways."""
    known: dict[frozenset[tuple[str, str]], WayRule | None] = {}
    of_tags: dict[int, WayRule | None] = {}  # by identity: the reader of the file gives ways that agree the same tags
    for tags in way_tags:
        if id(tags) not in of_tags:
            kind = frozenset((key, value) for key, value in tags.items() if key in profile.way_keys)
            if kind not in known:
                known[kind] = profile.interpret_way(tags)
            of_tags[id(tags)] = known[kind]
    return [of_tags[id(tags)] for tags in way_tags]


def _node_rules(tables: OsmTables, profile: Profile, is_winter: bool) -> dict[int, NodeRule]:
    """By index of node; in winter, what a dated condition closes then blocks."""
    rules = {node: profile.interpret_node(tags) for node, tags in tables.node_tags.items()}
    if not is_winter:
        return rules
    return {node: replace(rule, blocks=rule.blocks or rule.is_winter_closed) for node, rule in rules.items()}


def _special_nodes(node_rules: dict[int, NodeRule], node_count: int) -> tuple[Bool, Bool]:
    """Nodes that stop this mode, and others where ways are cut, as they cost it time or stop it in the other season:
    two bool[node_count]."""
    blocked, stops = np.zeros(node_count, np.bool_), np.zeros(node_count, np.bool_)
    for node, rule in node_rules.items():
        blocked[node] = rule.blocks
        stops[node] = rule.is_winter_closed or max(rule.forward_delay_s, rule.backward_delay_s) > 0
    return blocked, stops


def _no_road(tables: OsmTables, mode: str, season: str) -> BadInputError:
    return BadInputError(
        f"Le fichier {tables.source_name} ne contient aucune route {_OPEN_TO_FR[mode]}{_SEASON_FR[season]}.",
        received=f"{len(tables.way_id)} voies, toutes fermées à ce moyen de transport ou incomplètes",
        expected="un extrait OpenStreetMap avec des routes ouvertes à la circulation",
        action="vérifiez que l'extrait n'a pas été filtré et qu'il couvre le département",
    )


def _names(way_tags: list[Tags]) -> tuple[list[str], NDArray[np.int32]]:
    """Distinct names (else references) and the index of each way's, -1 without one."""
    index: dict[str, int] = {}
    texts = (tags.get("name") or tags.get("ref") for tags in way_tags)
    way_name = [-1 if text is None else index.setdefault(text, len(index)) for text in texts]
    return list(index), np.array(way_name, np.int32)


def _times_ds(rules: _OpenRules, pieces: Pieces, length_m: Float, lost: Delays, profile: Profile) -> tuple[Int, Int]:
    """Deciseconds of each road both ways, what is lost at its end included."""
    crossing_s = rules.column("crossing_s", np.float64)[pieces.way]
    # A crossing is shared among the pieces of its way by length.
    way_length_m = np.bincount(pieces.way, length_m)[pieces.way]
    share = np.divide(length_m, way_length_m, out=np.ones_like(length_m), where=way_length_m > 0)
    wait_s = _waits_s(rules, pieces, profile.boarding_wait_s)
    times = []
    for way, lost_s in (("forward", lost.forward_s), ("backward", lost.backward_s)):
        kmh, urban_kmh = (rules.column(f"{way}_{kind}", np.float64)[pieces.way] for kind in ("kmh", "urban_kmh"))
        driven_kmh = np.where(lost.is_urban & ~np.isnan(kmh) & ~np.isnan(urban_kmh), urban_kmh, kmh)
        drive_s = np.where(np.isnan(crossing_s), length_m * 3.6 / driven_kmh, crossing_s * share)
        whole_ds = seconds_to_ds(np.where(np.isnan(kmh), np.nan, drive_s + wait_s))
        times.append(np.where(whole_ds == UNREACHED_DS, whole_ds, whole_ds + _delay_ds(lost_s)))
    return times[0], times[1]


def _delay_ds(seconds: Float) -> Int:
    return np.floor(seconds * 10 + 0.5).astype(np.int64)


def _waits_s(rules: _OpenRules, pieces: Pieces, boarding_wait_s: float) -> Float:
    """Half of the boarding wait at each end of a ferry that touches land, so that a crossing drawn as several
    ways, or with a stop at sea, waits once."""
    is_ferry = (rules.column("class_index", np.uint8) == _FERRY)[pieces.way]
    is_land = np.zeros(len(pieces.node), np.bool_)
    is_land[pieces.tail[~is_ferry]] = True
    is_land[pieces.head[~is_ferry]] = True
    touched = is_land[pieces.tail].astype(np.int64) + is_land[pieces.head]
    return np.where(is_ferry, touched * boarding_wait_s / 2, 0.0)
