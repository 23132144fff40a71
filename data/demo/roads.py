"""All the roads: the skeleton's lines, streets tied to them, then what makes a map look lived in."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo import names
from data.demo.details import add_farms, add_ferry, add_places, add_rivers
from data.demo.lines import RoadLine, draw_lines
from data.demo.motorway import add_motorway, motorway_axis
from data.demo.network import Home, Network, Tags, Way, is_car_road, raise_bridges
from data.demo.noise import Float64, luck
from data.demo.relief import Relief
from data.demo.settlements import Settlements
from data.demo.skeleton import PRIMARY, SECONDARY, TERTIARY, TRUNK, make_skeleton
from data.demo.streets import Web, make_webs, town_radius_m
from data.demo.traffic import (
    add_bollards,
    add_no_turns,
    add_one_ways,
    add_roundabouts,
    close_passes_in_winter,
    connected_only,
)

Int64 = NDArray[np.int64]
_HIGHWAY = ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified")
_SNAP_M = 27.0
_BRIDGE_HALF_M = 45.0


def make_network(relief: Relief, places: Settlements) -> Network:
    """Draw every road, the ferry and the rivers. Deterministic."""
    plan = make_skeleton(relief, places)
    lines, position = draw_lines(relief, plan)
    rivers = [shapely.LineString(relief.main_river), shapely.LineString(relief.south_river)]
    axis = shapely.LineString(motorway_axis())
    web = make_webs(relief, places, position, [*rivers, axis])
    net = Network()
    _Splice(net, lines, web, places).run()
    _slow_down_in_towns(net, places, position)
    add_motorway(net)
    raise_bridges(net, rivers, [k for k, way in enumerate(net.ways)], _BRIDGE_HALF_M, names.BRIDGE)
    add_roundabouts(net, places, position)
    add_farms(net, [*rivers, axis], relief)
    add_ferry(net, position[plan.ports[0]], position[plan.ports[1]])
    connected_only(net, position[plan.ports[0]])
    add_one_ways(net, places)
    add_bollards(net, places)
    close_passes_in_winter(net, relief)
    add_no_turns(net)
    add_rivers(net, relief)
    add_places(net, places, position)
    return net


class _Splice:
    """Ties streets to the roads they meet: the road gets a node where a street crosses or leaves it."""

    def __init__(self, net: Network, lines: list[RoadLine], web: Web, places: Settlements) -> None:
        self.net, self.lines, self.web, self.places = net, lines, web, places
        self.tail = np.concatenate([line.points[:-1] for line in lines])
        self.head = np.concatenate([line.points[1:] for line in lines])
        self.owner = np.concatenate([np.full(len(line.points) - 1, k) for k, line in enumerate(lines)])
        self.rank = np.concatenate([np.arange(len(line.points) - 1) for line in lines])
        self.added: dict[int, list[tuple[float, int]]] = {}
        self.tree = shapely.STRtree(np.asarray(shapely.linestrings(np.stack([self.tail, self.head], 1))))

    def run(self) -> None:
        """Add roads and streets to the network."""
        corners = np.stack([self.web.x, self.web.y], 1)
        snapped = self._snap_corners(corners)
        corner_node = [snapped.get(k, -1) for k in range(len(corners))]
        used = np.zeros(len(corners), bool)
        used[self.web.side.ravel()] = True
        for k in np.nonzero(used)[0].tolist():
            if corner_node[k] < 0:
                corner_node[k] = self.net.node(float(corners[k, 0]), float(corners[k, 1]))
        cuts = self._cut_sides(corners, snapped)
        for k, line in enumerate(self.lines):
            rows = [(float(p), self.net.node(float(x), float(y))) for p, (x, y) in enumerate(line.points)]
            nodes = [node for _, node in sorted(rows + self.added.get(k, []))]
            nodes = [node for p, node in enumerate(nodes) if p == 0 or node != nodes[p - 1]]
            self.net.ways.append(Way(nodes, _road_tags(line)))
        self._add_streets(corner_node, snapped, cuts)
        for k in np.nonzero(used)[0].tolist():
            self.net.homes.append(Home(corner_node[k], int(self.web.place[k]), float(self.web.r[k])))

    def _on_segment(self, segment: int, part: float) -> int:
        """The node at this part of a road's segment: one of its ends when that is near."""
        a, b = self.tail[segment], self.head[segment]
        length_m = float(np.sqrt(((b - a) * (b - a)).sum()))
        part = 0.0 if part * length_m < 9 else 1.0 if (1 - part) * length_m < 9 else part
        spot = a if part == 0 else b if part == 1 else a + part * (b - a)
        node = self.net.node(float(spot[0]), float(spot[1]))
        if 0 < part < 1:
            self.added.setdefault(int(self.owner[segment]), []).append((int(self.rank[segment]) + part, node))
        return node

    def _snap_corners(self, corners: Float64) -> dict[int, int]:
        """Corners near a road move onto it."""
        points = shapely.points(corners)
        corner, segment = self.tree.query_nearest(points, max_distance=_SNAP_M, all_matches=False)
        found: dict[int, int] = {}
        for k, g in zip(corner.tolist(), segment.tolist(), strict=True):
            a, b = self.tail[g], self.head[g]
            along = float(((corners[k] - a) * (b - a)).sum() / ((b - a) * (b - a)).sum())
            found[k] = self._on_segment(g, min(max(along, 0.0), 1.0))
        return found

    def _cut_sides(self, corners: Float64, snapped: dict[int, int]) -> dict[int, list[tuple[float, int]]]:
        """Where each side crosses roads: (part of the side, node); not at an end already on a road."""
        sides = self.web.side
        a, b = corners[sides[:, 0]], corners[sides[:, 1]]
        side, segment = self.tree.query(shapely.linestrings(np.stack([a, b], 1)), "intersects")
        order = np.lexsort((segment, side))
        side, segment = side[order], segment[order]
        on_side, on_segment = _crossing(a[side], b[side], self.tail[segment], self.head[segment])
        cuts: dict[int, list[tuple[float, int]]] = {}
        for s, g, t, u in zip(side.tolist(), segment.tolist(), on_side.tolist(), on_segment.tolist(), strict=True):
            at_start, at_end = int(sides[s, 0]) in snapped, int(sides[s, 1]) in snapped
            if not ((at_start and t < 0.5) or (at_end and t > 0.5)):
                cuts.setdefault(s, []).append((t, self._on_segment(g, u)))
        return cuts

    def _add_streets(
        self, corner_node: list[int], snapped: dict[int, int], cuts: dict[int, list[tuple[float, int]]]
    ) -> None:
        web = self.web
        street: list[int] = []
        last, avenue = (-1, -1), False
        for k in np.lexsort((web.side_step, web.side_line)).tolist():
            one, two = int(web.side[k, 0]), int(web.side[k, 1])
            here = (int(web.side_line[k]), int(web.side_step[k]))
            if here != (last[0], last[1] + 1):
                self._close_street(street, last[0], avenue)
                street = [corner_node[one]]
            if one in snapped and two in snapped:  # it would run along the road itself
                self._close_street(street, last[0], avenue)
                street = []
            street += [*(node for _, node in sorted(cuts.get(k, []))), corner_node[two]]
            last, avenue = here, bool(web.is_avenue[k])
        self._close_street(street, last[0], avenue)

    def _close_street(self, street: list[int], line: int, avenue: bool) -> None:
        nodes = [node for k, node in enumerate(street) if k == 0 or node != street[k - 1]]
        if len(nodes) < 2 or len(set(nodes)) != len(nodes):
            return
        if avenue and len(nodes) > 3:
            tags = {"highway": "tertiary", "name": names.avenue_name(line), "maxspeed": "50"}
        else:
            tags = {"highway": "residential", "name": names.street_name(line)}
            if luck(line, 0, 201) < 0.12:
                tags["maxspeed"] = "30"
        self.net.ways.append(Way(nodes, tags))


def _crossing(a: Float64, b: Float64, c: Float64, d: Float64) -> tuple[Float64, Float64]:
    """Where segments ab and cd cross, as parts of each."""
    ab, cd, ac = b - a, d - c, c - a
    cross = ab[:, 0] * cd[:, 1] - ab[:, 1] * cd[:, 0]
    cross = np.where(np.abs(cross) < 1e-9, 1e-9, cross)
    t = (ac[:, 0] * cd[:, 1] - ac[:, 1] * cd[:, 0]) / cross
    u = (ac[:, 0] * ab[:, 1] - ac[:, 1] * ab[:, 0]) / cross
    return np.clip(t, 0, 1), np.clip(u, 0, 1)


def _road_tags(line: RoadLine) -> Tags:
    tags = {"highway": _HIGHWAY[line.road_class]}
    if line.road_class == TRUNK:
        tags |= {"ref": "N 900", "name": names.RING_ROAD, "maxspeed": "90"}
    elif line.road_class == PRIMARY:
        tags |= {"ref": f"D {900 + line.number}", "maxspeed": "80"}
    elif line.road_class == SECONDARY:
        tags |= {"ref": f"D {line.number}"}
    elif line.road_class == TERTIARY:
        tags |= {"ref": f"D {100 + line.number}"}
    return tags


def _slow_down_in_towns(net: Network, places: Settlements, position: dict[int, Float64]) -> None:
    """50 km/h on the part of a road that runs through a village or a town, under the name of a street."""
    seats = [(position[cell], k) for k, cell in enumerate(places.cell.tolist()) if cell in position]
    tree = shapely.STRtree(np.asarray(shapely.points(np.array([seat for seat, _ in seats]))))
    radius = town_radius_m(places.population)
    points = net.points()
    near = tree.query_nearest(shapely.points(points), all_matches=False)[1]
    place = np.array([k for _, k in seats])[near]
    gap = points - np.array([seat for seat, _ in seats])[near]
    inside = np.sqrt((gap * gap).sum(1)) < 0.95 * radius[place]
    ways, net.ways = net.ways, []
    for way in ways:
        if way.tags["highway"] == "residential" or way.tags.get("maxspeed") == "50" or way.tags["highway"] == "trunk":
            net.ways.append(way)
            continue
        start = 0
        flags = inside[np.array(way.nodes)]
        for k in range(1, len(way.nodes)):
            if k == len(way.nodes) - 1 or (flags[k] and flags[k + 1]) != (flags[start] and flags[start + 1]):
                tags = dict(way.tags)
                if flags[start] and flags[start + 1]:
                    tags |= {"maxspeed": "50", "name": names.main_street_name(int(place[way.nodes[start]]))}
                net.ways.append(Way(way.nodes[start : k + 1], tags))
                start = k
    assert all(is_car_road(way) for way in net.ways)
