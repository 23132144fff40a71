"""Roads drawn in ASCII, written as a real .osm.pbf, read by the real import.

A----B----C        one letter is one node; every character, across or down, is ``CELL_M`` metres
     |
     D             lines between letters are for the eye: ``ways`` says what joins what
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium
import pyproj

from data.network import NetworkReport, graph_from_osm
from data.osm import OsmTables, read_osm
from routing.graph import UNREACHED_DS, RoadGraph
from routing.profile import car_profile
from routing.search import times_at, times_to_sites
from routing.snap import Attachment, attach

LETTERS = string.ascii_uppercase + string.ascii_lowercase
CELL_M = 100.0
CRS_EPSG = 2154
_NORTH_WEST = (2.0, 46.5)  # in the middle of France
_WGS84 = pyproj.Geod(ellps="WGS84")
Tags = Mapping[str, str]


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
        lon, lat = np.array([self.lon_lat[letter] for letter in letters]).T
        to_crs = pyproj.Transformer.from_crs(4326, CRS_EPSG, always_xy=True)
        return attach(self.graph, *to_crs.transform(lon, lat), within_m)

    def travel_s(self, origin: str, site: str) -> float | None:
        """From door to door, both on the road: the time of somebody at ``origin`` who comes to ``site``."""
        sites, points = self.attach(site), self.attach(origin)
        assert sites.road[0] >= 0, f"{site} is attached to no road"
        reach = times_to_sites(self.graph, sites)
        time_ds, _ = times_at(self.graph, reach, sites, points, "arrival")
        return None if time_ds[0] == UNREACHED_DS else float(time_ds[0]) / 10

    def is_attached(self, letter: str) -> bool:
        return bool(self.attach(letter).road[0] >= 0)

    def _letter(self, node: int) -> str:
        return LETTERS[int(self.graph.node_osm_id[node]) - 1]


def draw(
    path: Path,
    drawing: str,
    ways: Iterable[tuple[str, Tags]],
    *,
    points: Mapping[str, Tags] | None = None,
    absent: str = "",
) -> DrawnMap:
    """Write ``path`` and import it. ``ways`` are ("ABC", tags); ``points`` gives tags to letters.

    ``absent`` letters stay references of ways, but are not in the file.
    """
    lon_lat = _positions(drawing)
    write(path, lon_lat, ways, points=points or {}, absent=absent)
    tables = read_osm(path)
    graph, report = graph_from_osm(tables, car_profile(), name="dessin", crs_epsg=CRS_EPSG)
    return DrawnMap(path, lon_lat, tables, graph, report)


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
    with osmium.SimpleWriter(str(path)) as writer:
        for letter in sorted(lon_lat, key=LETTERS.index):
            if letter not in absent:
                writer.add_node(
                    osmium.osm.mutable.Node(
                        id=_node_id(letter), location=lon_lat[letter], tags=dict(points.get(letter, {}))
                    )
                )
        for number, (letters, tags) in enumerate(ways, 101):
            nodes = [_node_id(letter) for letter in letters]
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags=dict(tags)))
        for number, (members, tags) in enumerate(relations, 901):
            writer.add_relation(osmium.osm.mutable.Relation(id=number, members=members, tags=dict(tags)))


def _node_id(letter: str) -> int:
    return LETTERS.index(letter) + 1


def _positions(drawing: str) -> dict[str, tuple[float, float]]:
    """Degrees of each letter: down the meridian to its row, then due east along it, on the ellipsoid."""
    found: dict[str, tuple[float, float]] = {}
    for row, line in enumerate(drawing.splitlines()):
        lon, lat, _ = _WGS84.fwd(*_NORTH_WEST, 180.0, row * CELL_M)
        for column, character in enumerate(line):
            if character in LETTERS:
                assert character not in found, f"{character} is drawn twice"
                east_lon, east_lat, _ = _WGS84.fwd(lon, lat, 90.0, column * CELL_M)
                found[character] = (east_lon, east_lat)
    return found
