"""Roads drawn in ASCII, written as a real .osm.pbf, read by the real import.

A----B----C        one letter is one node; every character, across or down, is ``CELL_M`` metres
     |
     D             lines between letters are for the eye: ``ways`` says what joins what

Speeds are those of ``tests/data/drawn/*.toml``: round figures, read as a territory's own table.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import osmium
import pyproj

from data.network import graph_from_osm
from data.network_report import NetworkReport
from data.osm import OsmTables, read_osm
from data.road_edits import RoadEdits, apply_road_edits
from routing.graph import UNREACHED_DS, RoadGraph
from routing.profile import Profile, load_profile
from routing.search import times_at, times_to_sites
from routing.snap import Attachment, attach

LETTERS = string.ascii_uppercase + string.ascii_lowercase
CELL_M = 100.0
CRS_EPSG = 2154
FIRST_WAY_ID, FIRST_RELATION_ID = 101, 901
_NORTH_WEST = (2.0, 46.5)  # in the middle of France
_WGS84 = pyproj.Geod(ellps="WGS84")
_TABLES = Path(__file__).parent / "drawn"
Tags = Mapping[str, str]


@lru_cache
def drawn_profile(mode: str) -> Profile:
    return load_profile(mode, _TABLES / f"{mode}.toml")


@dataclass(frozen=True)
class Turn:
    """A turn restriction by the letters of its ways, several of them parted by spaces; ``via`` of one letter is a
    node, "" is none."""

    start: str
    via: str
    goal: str
    tags: Tags

    def members(self, way_ids: Mapping[str, int]) -> list[tuple[str, int, str]]:
        def ways(letters: str, role: str) -> list[tuple[str, int, str]]:
            return [("w", way_ids.get(way, _ABSENT_ID), role) for way in letters.split()]

        via = [("n", _node_id(self.via), "via")] if len(self.via) == 1 else ways(self.via, "via")
        return [*ways(self.start, "from"), *via, *ways(self.goal, "to")]


_ABSENT_ID = 999_999


def turn(value: str, start: str, via: str, goal: str, *, key: str = "restriction", **more: str) -> Turn:
    """``turn("no_left_turn", "AB", "B", "BC")``; ``except_`` stands for except=*. A way unknown here is absent."""
    tags = {name.rstrip("_"): text for name, text in more.items()}
    return Turn(start, via, goal, {"type": "restriction", key: value} | tags)


@dataclass(frozen=True)
class DrawnMap:
    """A drawing, its file, and the graph the import made of it. Times are in seconds, None without a way."""

    path: Path
    lon_lat: dict[str, tuple[float, float]]
    tables: OsmTables = field(repr=False)
    graph: RoadGraph = field(repr=False)
    report: NetworkReport

    def arcs(self) -> list[tuple[str, str, float]]:
        """Every open direction of every road: (from, to, seconds), sorted."""
        graph, found = self.graph, []
        for road in range(graph.road_count):
            tail, head = self._letter(graph.road_tail[road]), self._letter(graph.road_head[road])
            forward_ds, backward_ds = graph.road_forward_ds[road], graph.road_backward_ds[road]
            found += [(tail, head, forward_ds / 10)] if forward_ds < UNREACHED_DS else []
            found += [(head, tail, backward_ds / 10)] if backward_ds < UNREACHED_DS else []
        return sorted(found)

    def attach(self, letters: str, within_m: float = 1.0) -> Attachment:
        x_m, y_m = metres(np.array([self.lon_lat[letter] for letter in letters]))
        return attach(self.graph, x_m, y_m, within_m)

    def travel_s(self, origin: str, site: str) -> float | None:
        """From door to door, both on the road: the time of somebody at ``origin`` who comes to ``site``."""
        sites, points = self.attach(site), self.attach(origin)
        assert sites.road[0] >= 0, f"{site} is attached to no road"
        reach = times_to_sites(self.graph, sites)
        time_ds, _ = times_at(self.graph, reach, sites, points, "arrival")
        return None if time_ds[0] == UNREACHED_DS else float(time_ds[0]) / 10

    def again(self, mode: str = "car", season: str = "summer") -> DrawnMap:
        """The same file for another mode or season."""
        graph, report = graph_from_osm(
            self.tables, drawn_profile(mode), name="dessin", crs_epsg=CRS_EPSG, season=season
        )
        return replace(self, graph=graph, report=report)

    def is_attached(self, letter: str) -> bool:
        return bool(self.attach(letter).road[0] >= 0)

    def _letter(self, node: int) -> str:
        return LETTERS[int(self.graph.node_osm_id[node]) - 1]


#: The ``a_map`` fixture: a drawing, its ways, and the keyword arguments of ``draw``.
MapMaker = Callable[..., DrawnMap]


def draw(
    path: Path,
    drawing: str,
    ways: Iterable[tuple[str, Tags]],
    *,
    points: Mapping[str, Tags] | None = None,
    absent: str = "",
    turns: Iterable[Turn] = (),
    lakes: Iterable[tuple[str, str]] = (),
    mode: str = "car",
    season: str = "summer",
    edits: RoadEdits | None = None,
    cell_m: float = CELL_M,
) -> DrawnMap:
    """Write ``path`` and import it. ``ways`` are ("ABC", tags); ``points`` gives tags to letters.

    ``absent`` letters stay references of ways, but are not in the file. ``lakes`` are ("outer ways", "inner ways").
    """
    lon_lat, ways = positions(drawing, cell_m), list(ways)
    way_ids = {letters: number for number, (letters, _) in enumerate(ways, FIRST_WAY_ID)}
    relations = [(each.members(way_ids), each.tags) for each in turns]
    for sides in lakes:
        roles = zip(sides, ("outer", "inner"), strict=True)
        members = [("w", way_ids[way], role) for letters, role in roles for way in letters.split()]
        relations.append((members, {"type": "multipolygon", "natural": "water"}))
    write(path, lon_lat, ways, points=points or {}, absent=absent, relations=relations)
    tables = read_osm(path)
    if edits is not None:
        tables, _ = apply_road_edits(tables, edits)
    graph, report = graph_from_osm(tables, drawn_profile(mode), name="dessin", crs_epsg=CRS_EPSG, season=season)
    return DrawnMap(path, lon_lat, tables, graph, report)


def metres(lon_lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees [p, 2] in metres of the drawings' projection."""
    x_m, y_m = pyproj.Transformer.from_crs(4326, CRS_EPSG, always_xy=True).transform(*np.transpose(lon_lat))
    return np.asarray(x_m), np.asarray(y_m)


def write(
    path: Path,
    lon_lat: Mapping[str, tuple[float, float]],
    ways: Iterable[tuple[str, Tags]],
    *,
    points: Mapping[str, Tags],
    absent: str = "",
    relations: Iterable[tuple[list[tuple[str, int, str]], Tags]] = (),
) -> None:
    """The file itself: letter A is node 1, B node 2 …; ways are numbered from 101, relations from 901."""
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for letter in sorted(lon_lat, key=LETTERS.index):
            if letter not in absent:
                writer.add_node(
                    osmium.osm.mutable.Node(
                        id=_node_id(letter), location=lon_lat[letter], tags=dict(points.get(letter, {}))
                    )
                )
        for number, (letters, tags) in enumerate(ways, FIRST_WAY_ID):
            nodes = [_node_id(letter) for letter in letters]
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags=dict(tags)))
        for number, (members, tags) in enumerate(relations, FIRST_RELATION_ID):
            writer.add_relation(osmium.osm.mutable.Relation(id=number, members=members, tags=dict(tags)))


def _node_id(letter: str) -> int:
    return LETTERS.index(letter) + 1


def positions(drawing: str, cell_m: float = CELL_M) -> dict[str, tuple[float, float]]:
    """Degrees of each letter: down the meridian to its row, then due east along it, on the ellipsoid."""
    found: dict[str, tuple[float, float]] = {}
    for row, line in enumerate(drawing.splitlines()):
        lon, lat, _ = _WGS84.fwd(*_NORTH_WEST, 180.0, row * cell_m)
        for column, character in enumerate(line):
            if character in LETTERS:
                assert character not in found, f"{character} is drawn twice"
                east_lon, east_lat, _ = _WGS84.fwd(lon, lat, 90.0, column * cell_m)
                found[character] = (east_lon, east_lat)
    return found
