"""The road network as OpenStreetMap would hold it: nodes, ways, tags."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo import names
from data.demo.lines import RoadLine, draw_lines
from data.demo.noise import Float64, hash_unit
from data.demo.relief import Relief, chaikin, resample
from data.demo.settlements import BOURG, TOWN, Settlements
from data.demo.skeleton import PRIMARY, SECONDARY, TERTIARY, TRUNK, UNCLASSIFIED, Skeleton, make_skeleton
from data.demo.streets import Web, make_webs, town_radius_m

Int64 = NDArray[np.int64]
Tags = dict[str, str]
_HIGHWAY = ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified")


@dataclass(slots=True)
class Way:
    """Node numbers in order, and tags."""

    nodes: list[int]
    tags: Tags


@dataclass(slots=True)
class Network:
    """Everything the road file holds. Positions are metres in the frame."""

    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    node_tags: dict[int, Tags] = field(default_factory=dict)
    at: dict[tuple[int, int], int] = field(default_factory=dict)
    home_node: list[int] = field(default_factory=list)  # nodes people live by ...
    home_place: list[int] = field(default_factory=list)  # ... the settlement or hamlet (-1: a farm) ...
    home_r: list[float] = field(default_factory=list)  # ... and the distance to its centre over its radius

    def node(self, x: float, y: float) -> int:
        """The node at this place (to the decimetre), a new one when there is none."""
        key = (round(x * 10), round(y * 10))
        found = self.at.get(key)
        if found is None:
            found = self.at[key] = len(self.x)
            self.x.append(key[0] / 10)
            self.y.append(key[1] / 10)
        return found

    def points(self) -> Float64:
        return np.stack([np.array(self.x), np.array(self.y)], 1)


def make_network(relief: Relief, places: Settlements) -> Network:
    """Draw every road. Deterministic."""
    plan = make_skeleton(relief, places)
    lines, position = draw_lines(relief, plan)
    rivers = [shapely.LineString(relief.main_river), shapely.LineString(relief.south_river)]
    web = make_webs(relief, places, position, rivers, [line.points for line in lines])
    net = Network()
    _add_lines_and_streets(net, lines, web, places)
    _add_farms(net, lines, rivers)
    _add_ferry(net, plan, position)
    _add_rivers(net, relief)
    _keep_connected(net, plan, position)
    return net


def _add_lines_and_streets(net: Network, lines: list[RoadLine], web: Web, places: Settlements) -> None:
    """Streets that cross a road share a node with it; the road's shape gets that node."""
    tail = np.concatenate([line.points[:-1] for line in lines])
    head = np.concatenate([line.points[1:] for line in lines])
    owner = np.concatenate([np.full(len(line.points) - 1, k) for k, line in enumerate(lines)])
    rank = np.concatenate([np.arange(len(line.points) - 1) for line in lines])
    corners = np.stack([web.x, web.y], 1)
    a, b = corners[web.side[:, 0]], corners[web.side[:, 1]]
    tree = shapely.STRtree(shapely.linestrings(np.stack([tail, head], 1)))
    side, segment = tree.query(shapely.linestrings(np.stack([a, b], 1)), "intersects")
    order = np.lexsort((segment, side))
    side, segment = side[order], segment[order]
    on_side, on_segment = _crossing(a[side], b[side], tail[segment], head[segment])
    span = np.sqrt(((head - tail) ** 2).sum(1))
    steps = np.maximum(1, np.round(span[segment] / 18.0))
    on_segment = np.round(on_segment * steps) / steps
    added: dict[int, list[tuple[int, float]]] = {}
    cuts: dict[int, list[tuple[float, int]]] = {}
    for s, g, t, u in zip(
        side.tolist(), segment.tolist(), on_side.tolist(), on_segment.tolist(), strict=True
    ):
        if lines[owner[g]].is_bridge:
            continue
        spot = tail[g] + u * (head[g] - tail[g])
        node = net.node(float(spot[0]), float(spot[1]))
        cuts.setdefault(s, []).append((t, node))
        if 0 < u < 1:
            added.setdefault(int(owner[g]), []).append((int(rank[g]) + u, node))
    for k, line in enumerate(lines):
        net.ways.append(Way(_nodes_of(net, line.points, added.get(k, [])), _road_tags(line, places)))
    _add_streets(net, web, cuts, places)


def _crossing(a: Float64, b: Float64, c: Float64, d: Float64) -> tuple[Float64, Float64]:
    """Where segments ab and cd cross, as fractions of each."""
    ab, cd, ac = b - a, d - c, c - a
    cross = ab[:, 0] * cd[:, 1] - ab[:, 1] * cd[:, 0]
    cross = np.where(np.abs(cross) < 1e-9, 1e-9, cross)
    t = (ac[:, 0] * cd[:, 1] - ac[:, 1] * cd[:, 0]) / cross
    u = (ac[:, 0] * ab[:, 1] - ac[:, 1] * ab[:, 0]) / cross
    return np.clip(t, 0, 1), np.clip(u, 0, 1)


def _nodes_of(
    net: Network, points: Float64, added: list[tuple[int, float]] | list[tuple[float, int]]
) -> list[int]:
    rows = [(float(k), net.node(float(x), float(y))) for k, (x, y) in enumerate(points)]
    rows += [(float(at), int(node)) for at, node in added]
    rows.sort()
    nodes = [node for _, node in rows]
    return [node for k, node in enumerate(nodes) if k == 0 or node != nodes[k - 1]]


def _road_tags(line: RoadLine, places: Settlements) -> Tags:
    tags = {"highway": _HIGHWAY[line.road_class]}
    if line.road_class == TRUNK:
        tags |= {"ref": f"N {900 + line.number % 10}", "maxspeed": "110"}
    elif line.road_class == PRIMARY:
        tags |= {"ref": f"D {900 + line.number}", "maxspeed": "80"}
    elif line.road_class == SECONDARY:
        tags |= {"ref": f"D {line.number}", "maxspeed": "80"}
    elif line.road_class == TERTIARY:
        tags |= {"ref": f"D {100 + line.number}"}
    if line.is_bridge:
        tags |= {"bridge": "yes", "layer": "1", "name": "Pont de l'Essai"}
    return tags


def _add_streets(
    net: Network, web: Web, cuts: dict[int, list[tuple[float, int]]], places: Settlements
) -> None:
    order = np.lexsort((web.side_step, web.side_line))
    corner_node = [net.node(float(x), float(y)) for x, y in zip(web.x, web.y, strict=True)]
    street: list[int] = []
    last = (-1, -1)
    for k in order.tolist():
        here = (int(web.side_line[k]), int(web.side_step[k]))
        a, b = corner_node[web.side[k, 0]], corner_node[web.side[k, 1]]
        middle = [node for _, node in sorted(cuts.get(k, []))]
        if here != (last[0], last[1] + 1):
            _close_street(net, street, last[0], web, places)
            street = [a]
        street += [*middle, b]
        last = here
    _close_street(net, street, last[0], web, places)
    used = np.zeros(len(web.x), bool)
    used[web.side.ravel()] = True
    for k in np.nonzero(used)[0].tolist():
        net.home_node.append(corner_node[k])
        net.home_place.append(int(web.place[k]))
        net.home_r.append(float(web.r[k]))


def _close_street(net: Network, street: list[int], line: int, web: Web, places: Settlements) -> None:
    nodes = [node for k, node in enumerate(street) if k == 0 or node != street[k - 1]]
    if len(nodes) < 2:
        return
    tags = {"highway": "residential", "name": names.street_name(line)}
    net.ways.append(Way(nodes, tags))


def _add_farms(net: Network, lines: list[RoadLine], rivers: list[shapely.LineString]) -> None:
    """Drives and tracks from minor roads to farms; those that would touch another road are left out."""
    shapes = shapely.linestrings(
        [
            [(net.x[a], net.y[a]), (net.x[b], net.y[b])]
            for way in net.ways
            for a, b in zip(way.nodes, way.nodes[1:], strict=False)
        ]
    )
    tree = shapely.STRtree(shapes)
    wall = shapely.union_all([river.buffer(30.0) for river in rivers])
    shapely.prepare(wall)
    drives: list[tuple[int, Float64]] = []
    for k, way in enumerate(list(net.ways)):
        if way.tags["highway"] not in ("tertiary", "unclassified") or "bridge" in way.tags:
            continue
        inner = way.nodes[2:-2:7]
        for node in inner:
            luck = hash_unit(np.array([node, node, node, node]), np.array([k, 1, 2, 3]), 161)
            if luck[0] < 0.75:
                at = way.nodes.index(node)
                before, after = way.nodes[at - 1], way.nodes[at + 1]
                dx, dy = net.x[after] - net.x[before], net.y[after] - net.y[before]
                size = float(np.sqrt(dx * dx + dy * dy)) + 1e-9
                sign = 1.0 if luck[1] < 0.5 else -1.0
                nx, ny = -dy / size * sign, dx / size * sign
                long = 70 + 260 * luck[2] * luck[2]
                lean = (luck[3] - 0.5) * 0.9
                p = np.array([net.x[node], net.y[node]])
                q = p + 0.5 * long * np.array([nx, ny])
                end = q + 0.5 * long * np.array([nx + lean * dx / size, ny + lean * dy / size])
                drives.append((node, np.array([p, q, end])))
    probes = shapely.linestrings([[d[0] + 0.06 * (d[1] - d[0]), d[1], d[2]] for _, d in drives])
    touched = np.zeros(len(drives), bool)
    touched[np.unique(tree.query(probes, "intersects")[0])] = True
    touched |= shapely.intersects(wall, probes)
    for k, (node, line) in enumerate(drives):
        if not touched[k]:
            _add_drive(net, node, line, k)


def _add_drive(net: Network, node: int, line: Float64, k: int) -> None:
    nodes = [node, *(net.node(float(x), float(y)) for x, y in line[1:])]
    kind = k % 10
    tags: Tags = (
        {"highway": "track", "tracktype": "grade2"}
        if kind == 3
        else {"highway": "service", "service": "driveway"}
    )
    if kind in (5, 8):
        tags["access"] = "private"
    elif kind in (0, 1, 2, 4):
        tags = {"highway": "unclassified", "name": f"Chemin {names.street_name(k).split(' ', 1)[1]}"}
    net.ways.append(Way(nodes, tags))
    net.home_node.append(nodes[-1])
    net.home_place.append(-1)
    net.home_r.append(0.0)


def _add_ferry(net: Network, plan: Skeleton, position: dict[int, Float64]) -> None:
    a, b = position[plan.ports[0]], position[plan.ports[1]]
    middle = (a + b) / 2 + np.array([0.0, -900.0])
    line = chaikin(np.array([a, middle, b]), 3)
    nodes = [net.node(float(x), float(y)) for x, y in line]
    tags = {
        "route": "ferry",
        "name": "Bac de l'Île-d'Orsevenne (liaison fictive)",
        "duration": "00:35",
        "motor_vehicle": "yes",
        "motorcar": "yes",
        "foot": "yes",
    }
    net.ways.append(Way(nodes, tags))
    for node in (nodes[0], nodes[-1]):
        net.node_tags[node] = {"amenity": "ferry_terminal"}


def _add_rivers(net: Network, relief: Relief) -> None:
    for line, name in ((relief.main_river, names.MAIN_RIVER), (relief.south_river, names.SOUTH_RIVER)):
        points = shapely.get_coordinates(shapely.LineString(line).simplify(6.0))
        nodes = []
        for x, y in points:
            net.x.append(float(x))
            net.y.append(float(y))
            nodes.append(len(net.x) - 1)
        net.ways.append(Way(nodes, {"waterway": "river", "name": name}))


def _keep_connected(net: Network, plan: Skeleton, position: dict[int, Float64]) -> None:
    """Leave out the bits of street that no road touches."""
    parent = list(range(len(net.x)))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for way in net.ways:
        for a, b in zip(way.nodes, way.nodes[1:], strict=False):
            parent[root(a)] = root(b)
    port = position[plan.ports[0]]
    main = root(net.node(float(port[0]), float(port[1])))
    net.ways = [way for way in net.ways if "waterway" in way.tags or root(way.nodes[0]) == main]
    keep = [k for k, node in enumerate(net.home_node) if root(node) == main]
    net.home_node = [net.home_node[k] for k in keep]
    net.home_place = [net.home_place[k] for k in keep]
    net.home_r = [net.home_r[k] for k in keep]
