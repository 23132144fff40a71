"""Farms, the ferry, the rivers, the names on the map."""

from __future__ import annotations

from math import sqrt

import numpy as np
import shapely

from data.demo import names
from data.demo.network import Home, Network, Tags, Way
from data.demo.noise import Float64, hash_unit, luck
from data.demo.relief import Relief, cells_of, chaikin
from data.demo.settlements import BOURG, PREFECTURE, TOWN, Settlements

_FARM_EVERY_M = 520.0


def add_farms(net: Network, walls: list[shapely.LineString], relief: Relief) -> None:
    """Drives and tracks from minor roads to farms; those that would touch a road or a river are left out."""
    tree = shapely.STRtree([net.line(way) for way in net.ways])
    wall = shapely.union_all([line.buffer(45.0) for line in walls])
    shapely.prepare(wall)
    drives = _drives(net)
    probes = shapely.linestrings([np.array([line[0] + 0.08 * (line[1] - line[0]), *line[1:]]) for _, line in drives])
    touched = np.zeros(len(drives), bool)
    touched[np.unique(tree.query(probes, "intersects")[0])] = True
    touched |= shapely.intersects(wall, probes)
    touched |= ~relief.land.ravel()[cells_of(np.array([line[-1] for _, line in drives]))]
    own = shapely.STRtree(np.asarray(probes))
    one, two = own.query(probes, "intersects")
    touched[np.maximum(one, two)[one != two]] = True
    for k, (node, line) in enumerate(drives):
        if not touched[k]:
            _add_drive(net, node, line, k)


def _drives(net: Network) -> list[tuple[int, Float64]]:
    """About one drive every half kilometre of minor road: the node it leaves, its three points."""
    found = []
    nodes = np.arange(len(net.x))
    lucks = np.stack([hash_unit(nodes, np.full(len(nodes), k), 161) for k in range(5)], 1).tolist()
    for way in net.ways:
        if way.tags["highway"] not in ("tertiary", "unclassified", "secondary") or {
            "bridge",
            "junction",
            "maxspeed",
        } & set(way.tags):
            continue
        gone_m = 260.0
        for before, node, after in zip(way.nodes, way.nodes[1:], way.nodes[2:], strict=False):
            step_x, step_y = net.x[node] - net.x[before], net.y[node] - net.y[before]
            gone_m += sqrt(step_x * step_x + step_y * step_y)
            chance = lucks[node]
            if gone_m < _FARM_EVERY_M * (0.4 + 1.2 * chance[0]):
                continue
            gone_m = 0.0
            ahead = np.array([net.x[after] - net.x[before], net.y[after] - net.y[before]])
            ahead /= np.sqrt((ahead * ahead).sum()) + 1e-9
            side = np.array([-ahead[1], ahead[0]]) * (1.0 if chance[1] < 0.5 else -1.0)
            long_m = 60 + 330 * chance[2] * chance[2]
            start = np.array([net.x[node], net.y[node]])
            elbow = start + 0.5 * long_m * (side + 0.5 * (chance[4] - 0.5) * ahead)
            found.append(
                (
                    node,
                    np.array([start, elbow, elbow + 0.5 * long_m * (side + 1.1 * (chance[3] - 0.5) * ahead)]),
                )
            )
    return found


def _add_drive(net: Network, node: int, line: Float64, k: int) -> None:
    nodes = [node, *net.nodes(line[1:])]
    kind = int(luck(k, 1, 162) * 10)
    tags: Tags = {"highway": "service", "service": "driveway"}
    if kind == 0:
        tags = {"highway": "track", "tracktype": "grade2", "motor_vehicle": "yes"}
    elif kind <= 3:
        tags = {"highway": "unclassified", "name": f"Chemin {names.street_name(k).split(' ', 1)[1]}"}
    elif kind == 4:
        tags["access"] = "private"
    net.ways.append(Way(nodes, tags))
    net.homes.append(Home(nodes[-1], -1, 0.0))


def add_ferry(net: Network, main: Float64, island: Float64) -> None:
    """The car ferry, with its crossing time."""
    middle = (main + island) / 2 + np.array([0.0, -900.0])
    nodes = net.nodes(chaikin(np.array([main, middle, island]), 3))
    net.ways.append(
        Way(
            nodes,
            {
                "route": "ferry",
                "name": names.FERRY,
                "duration": "00:35",
                "motor_vehicle": "yes",
                "foot": "yes",
            },
        )
    )
    for node in (nodes[0], nodes[-1]):
        net.node_tags[node] = {"amenity": "ferry_terminal"}


def add_rivers(net: Network, relief: Relief) -> None:
    """Both rivers, with nodes of their own: a road never shares one."""
    for line, name in ((relief.main_river, names.MAIN_RIVER), (relief.south_river, names.SOUTH_RIVER)):
        points = shapely.get_coordinates(shapely.LineString(line).simplify(6.0))
        nodes = [net.lone_node(float(x), float(y)) for x, y in points]
        net.ways.append(Way(nodes, {"waterway": "river", "name": name}))


def add_places(net: Network, places: Settlements, position: dict[int, Float64]) -> None:
    """A name where each village stands."""
    words = {PREFECTURE: "city", BOURG: "town", TOWN: "town"}
    for k, cell in enumerate(places.cell.tolist()):
        spot = position.get(cell)
        if spot is not None:
            node = net.lone_node(float(spot[0]), float(spot[1]) + 15.0)
            kind = words.get(int(places.rank[k]), "village")
            net.node_tags[node] = {
                "place": kind, "name": places.name[k], "population": str(places.population[k]),
                "note": "Lieu fictif, territoire de démonstration",
            }  # fmt: skip
