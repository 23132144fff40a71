"""Time lost at the end of a road: junctions of built-up places, signals. And which roads are in such a place.

A junction is a node where three road ends or more meet, whoever may use them: service roads, tracks, paths and
streets for walkers are not counted, so that the town is the same for every mode and a closed road changes nothing
around it. A node where all is motorways, expressways and their slip roads is a fork, not a junction.

The time lost at a node is the larger of its signal and its junction, never their sum: the wait at the lights is the
delay of that junction. It is lost once per crossing: where two carriageways cross two others, four nodes stand for one
crossing, and stop lines with their own signals add as many, before it and after it. A crossing is a node and those within
``CROSSING_M`` of it: who goes on within one loses nothing more, who comes into the next one pays again. Crossings do not
chain, however near to each other they stand. On a roundabout one has the right of way: its own roads lose nothing, who
comes to it does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from data.cutting import Bool, Pieces, last_of_runs, middles, runs
from data.measure import Float, Int
from data.osm import OsmTables
from routing.profile import NodeRule, Profile
from routing.urban import has_many_within

#: Nodes of one crossing: Valhalla takes roads of 32 m too (kMaxInternalLength of its graph enhancer, read 2026-11).
CROSSING_M = 32.0
_FAST = frozenset(("motorway", "motorway_link", "trunk", "trunk_link"))
_FORKING = frozenset(("motorway", "motorway_link", "trunk_link"))
_STREETS = _FAST | frozenset(
    (
        *("primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link"),
        *("unclassified", "residential", "living_street", "road"),
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Delays:
    """Seconds lost at the end of each road in both directions, float64[k], and what was counted on the way."""

    forward_s: Float
    backward_s: Float
    is_urban: Bool  # [k] the road is in a built-up place
    urban_junctions: int  # nodes of the graph
    signals: int


def street_junctions(tables: OsmTables) -> Bool:
    """Which nodes of the file are junctions: bool[n]. The same for all modes."""
    names = [tags.get("highway", "") if tags.get("area") != "yes" else "" for tags in tables.way_tags]
    streets = np.array([way for way, name in enumerate(names) if name in _STREETS], np.int64)
    is_fast, is_forking = (
        np.array([names[way] in among for way in streets.tolist()], np.bool_) for among in (_FAST, _FORKING)
    )
    node, way, starts = runs(tables, streets)
    is_last = last_of_runs(starts)
    size = len(tables.node_id)
    # How many road ends meet at each node: a way that passes through has two.
    ends = 2 * np.bincount(node, minlength=size)
    ends -= np.bincount(node[starts], minlength=size)
    ends -= np.bincount(node[is_last], minlength=size)
    is_road = ~(starts & is_last)
    is_fork, is_slow = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    is_fork[node[is_road & is_forking[way]]] = True
    is_slow[node[is_road & ~is_fast[way]]] = True
    return np.asarray((ends >= 3) & (is_slow | ~is_fork))


def delays(
    pieces: Pieces,
    length_m: Float,
    is_roundabout: Bool,
    node_rules: dict[int, NodeRule],
    is_junction: Bool,
    place: tuple[Float, Float],
    profile: Profile,
) -> Delays:
    """What is lost at the end of each of k roads.

    ``length_m``, ``is_roundabout``: [k]. ``node_rules``: by index in the node tables. ``is_junction`` (see
    ``street_junctions``) and ``place`` (x_m, y_m) are of the nodes of the tables.
    """
    x_m, y_m = place
    is_urban_node, is_urban = _built_up(pieces, length_m, is_junction, place, profile)
    junction_s = np.where(is_junction[pieces.node] & is_urban_node, profile.urban_junction_delay_s, 0.0)
    # At each node of the graph, for those who come along their way and for those who come against it.
    signal_s = _signals_s(pieces, node_rules)
    lost_s = np.maximum(junction_s, signal_s)
    belongs = is_junction[pieces.node] | (lost_s.max(axis=0) > 0)
    crossing = _crossings(x_m[pieces.node], y_m[pieces.node], belongs)
    is_within = (crossing[pieces.tail] == crossing[pieces.head]) & (crossing[pieces.tail] >= 0)
    return Delays(
        forward_s=_paid_s(is_within, is_roundabout, lost_s[0], junction_s, pieces.tail, pieces.head),
        backward_s=_paid_s(is_within, is_roundabout, lost_s[1], junction_s, pieces.head, pieces.tail),
        is_urban=is_urban,
        urban_junctions=int(np.count_nonzero(junction_s)),
        signals=int(np.count_nonzero(signal_s.max(axis=0))),
    )


def _signals_s(pieces: Pieces, node_rules: dict[int, NodeRule]) -> Float:
    """What a node of the graph costs by itself, along its way and against it: float64[2, n]."""
    delays_s = {
        node: (rule.forward_delay_s, rule.backward_delay_s)
        for node, rule in sorted(node_rules.items())
        if not rule.blocks and max(rule.forward_delay_s, rule.backward_delay_s) > 0
    }
    signal_s = np.zeros((2, len(pieces.node)))
    if delays_s:
        signals = np.array(list(delays_s))
        at = np.minimum(np.searchsorted(signals, pieces.node), len(signals) - 1)
        is_one = signals[at] == pieces.node
        signal_s[:, is_one] = np.array(list(delays_s.values())).T[:, at[is_one]]
    return signal_s


def _paid_s(is_within: Bool, is_roundabout: Bool, lost_s: Float, junction_s: Float, start: Int, end: Int) -> Float:
    """What is paid at the ``end`` of each road: float64[k].

    Within a crossing nothing more is, unless it was entered where nothing is lost (at the lights of those who come the
    other way) and its junction is met now.
    """
    is_paid = is_within & ((lost_s[start] > 0) | (junction_s[end] == 0))
    return np.where(is_paid | is_roundabout, 0.0, lost_s[end])


def _crossings(x_m: Float, y_m: Float, belongs: Bool) -> Int:
    """The crossing of each node, -1 for one that does not belong to any: int64[n].

    The node with most others within ``CROSSING_M`` takes them with it, then the next of those that are left: no node of a
    crossing is farther than that from its middle one. Of equals, the lowest.
    """
    crossing = np.full(len(x_m), -1, np.int64)
    node = np.flatnonzero(belongs)
    points = np.asarray(shapely.points(x_m[node], y_m[node]), np.object_)
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=CROSSING_M)
    order = np.lexsort((other, one))
    first = np.searchsorted(one[order], np.arange(len(node) + 1))
    near = node[other[order]]
    crossing[node] = node
    taken = np.zeros(len(x_m), np.bool_)
    for middle in np.lexsort((node, -np.diff(first))).tolist():
        if first[middle + 1] - first[middle] == 1:
            break  # this one and all that follow stand alone
        if not taken[node[middle]]:
            members = near[first[middle] : first[middle + 1]]
            members = members[~taken[members]]
            taken[members] = True
            crossing[members] = node[middle]
    return crossing


def _built_up(
    pieces: Pieces, length_m: Float, is_junction: Bool, place: tuple[Float, Float], profile: Profile
) -> tuple[Bool, Bool]:
    """Which nodes of the graph, and which roads, are in a built-up place: bool[n], bool[k].

    A road is in it when both its ends are, and, where it is long enough to have left it between them, its middle too:
    the road from one town to the next starts and ends in a town.
    """
    x_m, y_m = place
    junctions = x_m[is_junction], y_m[is_junction]

    def is_built_up(at_x_m: Float, at_y_m: Float) -> Bool:
        least, radius_m = profile.urban_junctions_min, profile.urban_radius_m
        return has_many_within(at_x_m, at_y_m, *junctions, radius_m=radius_m, least=least)

    is_urban_node = is_built_up(x_m[pieces.node], y_m[pieces.node])
    is_urban = is_urban_node[pieces.tail] & is_urban_node[pieces.head]
    long = np.flatnonzero(is_urban & (length_m > profile.urban_radius_m))
    if len(long):
        is_urban[long] = is_built_up(*middles(pieces, long, x_m, y_m))
    return is_urban_node, is_urban
