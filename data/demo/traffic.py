"""What cars meet: roundabouts, one-way streets, bollards, forbidden turns, snow; and no bit of road left alone."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from data.demo import names
from data.demo.network import Network, Way, is_car_road
from data.demo.noise import Float64, luck
from data.demo.relief import Relief, cells_of
from data.demo.settlements import TOWN, Settlements
from data.demo.streets import town_radius_m
from routing.components import largest_strong_component

_MAIN = ("trunk", "primary", "secondary")
_RING_M = 19.0
#: Above this height these roads are closed in winter: three passes round the upper valley of the Vaurelle.
_SNOW_ABOVE_M = {"D 503": 600.0, "D 510": 650.0, "D 514": 900.0}
#: As real passes are tagged: to motor vehicles. Bicycles and walkers have no winter here.
_WINTER_CLOSURE = {"motor_vehicle:conditional": "no @ (Nov 15-May 01)"}


def connected_only(net: Network, start: Float64) -> None:
    """Leave out the bits of street that no road touches, and the homes on them."""
    root = _roots(net)
    main = root[net.node(float(start[0]), float(start[1]))]
    net.ways = [way for way in net.ways if root[way.nodes[0]] == main]
    kept = {node for way in net.ways for node in way.nodes}
    net.homes = [home for home in net.homes if home.node in kept]


def _roots(net: Network) -> list[int]:
    parent = list(range(len(net.x)))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for way in net.ways:
        for a, b in zip(way.nodes, way.nodes[1:], strict=False):
            parent[root(a)] = root(b)
    return [root(k) for k in range(len(parent))]


def add_roundabouts(net: Network, places: Settlements, position: dict[int, Float64]) -> None:
    """Where two great roads meet out of the centre, and where one enters a town."""
    arms = _arms(net)
    spots = []
    for node in sorted(arms):
        great = [way for way, _ in arms[node] if net.ways[way].tags["highway"] in _MAIN]
        ends = sum(1 if at in (0, len(net.ways[way].nodes) - 1) else 2 for way, at in arms[node])
        if (
            len(set(great)) >= 2
            and 3 <= ends <= 5
            and sum(1 if at in (0, len(net.ways[way].nodes) - 1) else 2 for way, at in arms[node] if way in great) >= 3
        ):
            spots.append(node)
    spots += _town_gates(net, places, position)
    touching = {node: {rank for rank, _ in found} for node, found in arms.items()}
    taken: list[tuple[float, float]] = []
    for node in spots:
        here = (net.x[node], net.y[node])
        if all((here[0] - x) ** 2 + (here[1] - y) ** 2 > 350.0**2 for x, y in taken):
            taken.append(here)
            _make_ring(net, node, touching)


def _arms(net: Network) -> dict[int, list[tuple[int, int]]]:
    """Of each node: the ways through it and its position along them."""
    arms: dict[int, list[tuple[int, int]]] = {}
    for rank, way in enumerate(net.ways):
        for at, node in enumerate(way.nodes):
            arms.setdefault(node, []).append((rank, at))
    return arms


def _town_gates(net: Network, places: Settlements, position: dict[int, Float64]) -> list[int]:
    """The nodes where great roads pass the edge of each town."""
    radius = town_radius_m(places.population)
    main = [way for way in net.ways if way.tags["highway"] in _MAIN and "bridge" not in way.tags]
    ends = np.array(
        [way.nodes[end] for way in main for end in (0, -1) if way.tags.get("maxspeed") == "50" and len(way.nodes) > 3]
    )
    points = net.points()[ends]
    gates: set[int] = set()
    for k in np.nonzero(places.rank <= TOWN)[0].tolist():
        gap = points - position[int(places.cell[k])]
        part = np.sqrt((gap * gap).sum(1)) / radius[k]
        gates.update(ends[(part > 0.8) & (part < 1.1)].tolist())
    return sorted(gates)


def _make_ring(net: Network, node: int, touching: dict[int, set[int]]) -> None:
    """Put a roundabout in the place of a node: ways through it are cut, their ends moved onto the ring."""
    ranks = sorted(rank for rank in touching[node] if node in net.ways[rank].nodes)
    if any(
        way.nodes.count(node) > 1 or "bridge" in way.tags or "junction" in way.tags
        for way in (net.ways[r] for r in ranks)
    ):
        return
    centre = np.array([net.x[node], net.y[node]])
    arms = [arm for rank in ranks for arm in _outward(net, rank, node)]
    ways_out = [_first_outside(net, arm, centre) for arm in arms]
    if any(way is None for way in ways_out):
        return
    angles = [np.arctan2(spot[1] - centre[1], spot[0] - centre[0]) for _, spot in (w for w in ways_out if w)]
    order = np.sort(np.array(angles))
    gaps = np.append(order[1:], order[0] + 2 * np.pi) - order
    if len(arms) < 2 or gaps.min() < 0.45:
        return
    ring: list[tuple[float, int]] = []
    for way in ways_out:
        assert way is not None
        unit = (way[1] - centre) / np.sqrt(((way[1] - centre) ** 2).sum())
        spot = centre + _RING_M * unit
        ring.append((float(np.arctan2(unit[1], unit[0])), net.node(float(spot[0]), float(spot[1]))))
    best = min(
        (net.ways[rank].tags["highway"] for rank in ranks if net.ways[rank].tags["highway"] in _MAIN),
        key=_MAIN.index,
    )
    pieces = []
    for (rank, nodes), way, (_, on_ring) in zip(arms, ways_out, ring, strict=True):
        assert way is not None
        pieces.append((rank, Way([on_ring, *nodes[way[0] :]], dict(net.ways[rank].tags))))
    _replace(net, ranks, pieces, node, touching)
    net.ways.append(Way(_close_ring(net, centre, ring), {"highway": best, "junction": "roundabout", "maxspeed": "30"}))


def _outward(net: Network, rank: int, node: int) -> list[tuple[int, list[int]]]:
    nodes = net.ways[rank].nodes
    at = nodes.index(node)
    halves = [nodes[at::-1], nodes[at:]]
    return [(rank, half) for half in halves if len(half) > 1]


def _first_outside(net: Network, arm: tuple[int, list[int]], centre: Float64) -> tuple[int, Float64] | None:
    for k, node in enumerate(arm[1][1:], start=1):
        spot = np.array([net.x[node], net.y[node]])
        if float(np.sqrt(((spot - centre) ** 2).sum())) > _RING_M + 6:
            return (k, spot) if k == 1 else None  # a node between would be lost, with the streets it holds
    return None


def _replace(
    net: Network, ranks: list[int], pieces: list[tuple[int, Way]], node: int, touching: dict[int, set[int]]
) -> None:
    """Put the pieces where their ways were, the right way round; the second half of a way goes to the end."""
    for rank in ranks:
        own = [way for r, way in pieces if r == rank]
        if net.ways[rank].nodes[0] != node:
            own[0] = Way(own[0].nodes[::-1], own[0].tags)
        net.ways[rank] = own[0]
        for way in own[1:]:
            for end in way.nodes:
                touching.setdefault(end, set()).add(len(net.ways))
            net.ways.append(way)


def _close_ring(net: Network, centre: Float64, ring: list[tuple[float, int]]) -> list[int]:
    """Counter-clockwise, as in France, with points between the arms so that it is round."""
    ring = sorted(ring)
    nodes: list[int] = []
    for k, (angle, node) in enumerate(ring):
        nodes.append(node)
        gap = (ring[(k + 1) % len(ring)][0] - angle) % (2 * np.pi) or 2 * np.pi
        extra = int(gap / 0.7)
        for step in range(1, extra + 1):
            turn = angle + gap * step / (extra + 1)
            spot = centre + _RING_M * np.array([np.cos(turn), np.sin(turn)])
            nodes.append(net.node(float(spot[0]), float(spot[1])))
    return [*nodes, nodes[0]]


def add_one_ways(net: Network, places: Settlements) -> None:
    """Some streets of the towns, as long as everybody can still come and go."""
    home = {h.node: h.place for h in net.homes}
    chosen = []
    for rank, way in enumerate(net.ways):
        if way.tags.get("highway") != "residential" or len(way.nodes) < 4:
            continue
        place = max((home.get(node, -1) for node in way.nodes), default=-1)
        if 0 <= place < len(places.cell) and places.population[place] > 2500:
            chance = luck(rank, 3, 221)
            if chance < 0.3:
                way.tags["oneway"] = "-1" if chance < 0.02 else "yes"
                chosen.append(rank)
    for _ in range(6):
        stuck = _stuck_nodes(net)
        loosened = [rank for rank in chosen if "oneway" in net.ways[rank].tags and stuck & set(net.ways[rank].nodes)]
        for rank in loosened:
            del net.ways[rank].tags["oneway"]
        if not loosened:
            return


def _stuck_nodes(net: Network) -> set[int]:
    """Nodes one cannot both come to and leave from."""
    arcs: list[tuple[int, int]] = []
    for way in net.ways:
        if is_car_road(way) or "route" in way.tags:
            sense = way.tags.get("oneway", "yes" if way.tags.get("junction") == "roundabout" else "no")
            if sense != "-1":
                arcs += zip(way.nodes, way.nodes[1:], strict=False)
            if sense != "yes":
                arcs += zip(way.nodes[1:], way.nodes, strict=False)
    tail, head = np.array(sorted(arcs), np.int32).T
    first_out = np.searchsorted(tail, np.arange(len(net.x) + 1)).astype(np.int32)
    main = largest_strong_component(first_out, np.ascontiguousarray(head))
    return set(np.unique(tail[~main[tail]]).tolist()) | set(np.unique(head[~main[head]]).tolist())


def add_bollards(net: Network, places: Settlements) -> None:
    """A bollard in the middle of a few streets of the towns."""
    home = {h.node: h.place for h in net.homes}
    done: set[int] = set()
    for way in net.ways:
        if way.tags.get("highway") != "residential" or "oneway" in way.tags or len(way.nodes) < 5:
            continue
        place = home.get(way.nodes[2], -1)
        if not 0 <= place < len(places.cell) or places.rank[place] > 1 or place in done:
            continue
        done.add(place)
        a, b = way.nodes[2], way.nodes[3]
        node = net.node((net.x[a] + net.x[b]) / 2, (net.y[a] + net.y[b]) / 2)
        way.nodes.insert(3, node)
        net.node_tags[node] = {"barrier": "bollard"}


def close_passes_in_winter(net: Network, relief: Relief) -> None:
    """Cut the roads over the passes at the snow line, and close what is above it in winter.

    The first piece stays in the place of its way and the others go to the end, so that other ways keep theirs.
    """
    altitude_m = relief.altitude_m.ravel()[cells_of(net.points())].tolist()
    for rank, way in enumerate(net.ways[:]):
        road = way.tags.get("ref", "")
        if road not in _SNOW_ABOVE_M:
            continue
        is_high = [altitude_m[node] >= _SNOW_ABOVE_M[road] for node in way.nodes]
        pieces = []
        start = 0
        for is_closed, steps in groupby(is_high[k] and is_high[k + 1] for k in range(len(way.nodes) - 1)):
            end = start + len(list(steps))
            tags = {"name": names.PASSES[road], **_WINTER_CLOSURE} if is_closed else {}
            pieces.append(Way(way.nodes[start : end + 1], way.tags | tags))
            start = end
        net.ways[rank] = pieces[0]
        net.ways += pieces[1:]


def add_no_turns(net: Network) -> None:
    """A dozen forbidden left turns, where three roads end at one node."""
    ends: dict[int, list[int]] = {}
    for rank, way in enumerate(net.ways):
        if way.tags.get("highway") in ("primary", "secondary", "tertiary") and "junction" not in way.tags:
            for node in {way.nodes[0], way.nodes[-1]}:
                ends.setdefault(node, []).append(rank)
    for node in sorted(ends):
        if len(ends[node]) == 3 and luck(node, 0, 231) < 0.03 and len(net.no_turns) < 12:
            net.no_turns.append((ends[node][0], node, ends[node][1]))
