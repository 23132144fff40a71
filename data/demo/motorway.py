"""The motorway of the plain: two carriageways, and slip roads where it meets greater roads."""

from __future__ import annotations

import numpy as np
import shapely

from data.demo import names
from data.demo.network import Network, Way, is_car_road, raise_bridges
from data.demo.noise import Float64, layered_noise
from data.demo.relief import chaikin, resample

_START_KM, _END_KM = (56.5, 48.6), (103.2, 48.3)
AXIS_KM = (
    (58.6, 47.6),
    (63, 47.7),
    (69, 49.3),
    (76, 47.6),
    (81.5, 44.6),
    (88, 44.2),
    (94.5, 46.2),
    (100, 45.6),
)
_HALF_M = 11.0
_EXITS_KM = (64.5, 73.0, 88.5, 97.0)  # the crossing road nearest to each of these eastings gets slip roads


def motorway_axis(start: Float64 | None = None, end: Float64 | None = None) -> Float64:
    """The middle of the motorway, metres in the frame, between two nodes (about there when not given)."""
    first = np.array(_START_KM) * 1000.0 if start is None else start
    last = np.array(_END_KM) * 1000.0 if end is None else end
    line = resample(chaikin(np.concatenate([[first], np.array(AXIS_KM) * 1000.0, [last]]), 4), 120.0)
    x, y = line[:, 0] / 3000, line[:, 1] / 3000
    ease = np.minimum(np.minimum(np.arange(len(line)), np.arange(len(line))[::-1]) / 15.0, 1.0)
    bend = np.stack([layered_noise(x, y, 211, 2), layered_noise(x, y, 212, 2)], 1)
    return chaikin(line + 260 * bend * ease[:, None], 1)


def add_motorway(net: Network) -> None:
    """Both carriageways from the préfecture to the neighbour, exits, and the roads carried over."""
    others = [k for k, way in enumerate(net.ways) if is_car_road(way)]
    start, end = (_nearest_main_node(net, others, np.array(spot) * 1000.0) for spot in (_START_KM, _END_KM))
    points = net.points()
    axis = motorway_axis(points[start], points[end])
    east = _carriageway(net, axis[3:-3], start, end)
    west = _carriageway(net, axis[3:-3][::-1], end, start)
    for exit_km in _EXITS_KM:
        _interchange(net, others, (east, west), shapely.LineString(axis), exit_km * 1000.0)
    carriageways = [shapely.LineString([(net.x[n], net.y[n]) for n in nodes[2:-2]]) for nodes in (east, west)]
    for nodes, sense in ((east, names.EASTBOUND), (west, names.WESTBOUND)):
        tags = {
            "highway": "motorway",
            "oneway": "yes",
            "ref": "A 900",
            "name": sense,
            "maxspeed": "130",
            "lanes": "2",
        }
        net.ways.append(Way(nodes, tags))
    raise_bridges(net, carriageways, others, 24.0, None)


def _nearest_main_node(net: Network, ways: list[int], spot: Float64) -> int:
    nodes = [n for k in ways if net.ways[k].tags["highway"] in ("primary", "secondary") for n in net.ways[k].nodes]
    gap = net.points()[nodes] - spot
    return nodes[int(np.argmin((gap * gap).sum(1)))]


def _carriageway(net: Network, axis: Float64, start: int, end: int) -> list[int]:
    """Nodes of the right-hand side of the axis, tied at both ends to a road."""
    along = np.gradient(axis, axis=0)
    along /= np.sqrt((along * along).sum(1))[:, None]
    side = np.stack([along[:, 1], -along[:, 0]], 1)
    return [start, *net.nodes(axis + _HALF_M * side), end]


def _interchange(
    net: Network,
    others: list[int],
    carriageways: tuple[list[int], list[int]],
    axis: shapely.LineString,
    east_m: float,
) -> None:
    """Four slip roads to the crossing of a road of some rank that is nearest to ``east_m``."""
    best: tuple[float, int, int] | None = None
    for rank in others:
        way = net.ways[rank]
        if way.tags["highway"] not in ("primary", "secondary", "tertiary"):
            continue
        line = net.line(way)
        if line.crosses(axis):
            spot = shapely.get_coordinates(line.intersection(axis))[0]
            gap = abs(float(spot[0]) - east_m)
            far = [
                abs(line.project(shapely.Point(net.x[n], net.y[n])) - line.project(shapely.Point(spot)))
                for n in way.nodes
            ]
            if (best is None or gap < best[0]) and gap < 6000:
                best = (gap, rank, int(np.argmin(far)))
    if best is None:
        return
    way = net.ways[best[1]]
    at = shapely.Point(net.x[way.nodes[best[2]]], net.y[way.nodes[best[2]]])
    for nodes in carriageways:
        _slip_roads(net, way, nodes, at)


def _slip_roads(net: Network, way: Way, carriageway: list[int], at: shapely.Point) -> None:
    """One way off before the crossing and one way on after it, on the side of this carriageway."""
    spots = np.array([(net.x[n], net.y[n]) for n in carriageway])
    k = int(np.argmin(((spots - np.array([at.x, at.y])) ** 2).sum(1)))
    reach = 6
    if k < reach + 2 or k > len(carriageway) - reach - 3:
        return
    ahead = spots[k + 1] - spots[k - 1]
    right = np.array([ahead[1], -ahead[0]]) / np.sqrt((ahead * ahead).sum())
    offsets = [(float(((np.array([net.x[n], net.y[n]]) - spots[k]) * right).sum()), n) for n in way.nodes]
    beside = [(abs(offset - 85.0), n) for offset, n in offsets if 35.0 < offset < 260.0]
    if not beside:
        return
    landing = min(beside)[1]
    goal = np.array([net.x[landing], net.y[landing]])
    for node, back in ((carriageway[k - reach], False), (carriageway[k + reach], True)):
        foot = np.array([net.x[node], net.y[node]])
        bend = foot + 0.55 * (spots[k] - foot) + right * 32.0
        line = chaikin(np.array([foot, bend, goal]), 2)
        inner = net.nodes(line[1:-1])
        nodes = [node, *inner, landing]
        net.ways.append(
            Way(
                nodes[::-1] if back else nodes,
                {"highway": "motorway_link", "oneway": "yes", "maxspeed": "70"},
            )
        )
