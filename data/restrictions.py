"""Turn restrictions: the relations of a file -> sequences of roads that nobody may drive.

A directed road is written ``2 * road`` (tail to head) or ``2 * road + 1``. A forbidden path is a tuple of two
directed roads or more, each starting where the one before ends: who has driven all but the last, in that order, may
not go on by the last. ``routing.graph`` makes the graph respect them.

Relations follow the wiki of OpenStreetMap (Relation:restriction, read 2026-11). Where it is silent:

- ``only_*`` through ways: all of the path is mandatory. Who enters it cannot leave it before its end. This is how
  GraphHopper reads it too. The road turned back upon is another way out, and closed like the others.
- several ``only_*`` from one road at one junction are alternatives: each of their ways out stays open.
- a way that passes *through* the junction, where the mapper should have split it, gives several readings. One-way
  roads mostly leave one; else the one turn that agrees with the name ("left", "right"...) is taken; else the
  restriction is not applied, and is reported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from data.cutting import Bool, Pieces
from data.measure import Float, Int
from data.osm import OsmTables
from data.osm_text import Restriction
from routing.profile import Profile

Path = tuple[int, ...]

#: What became of a restriction that asks something of this mode and is not applied. Keys of ``RestrictionReport``.
REFUSALS_FR: Final = {
    "dated": "qui ne valent qu'à certaines heures ou dates, ou pour certains véhicules",
    "value": "d'une forme inconnue",
    "untagged": "qui ne disent pas ce qu'elles interdisent (étiquette « restriction » absente)",
    "members": "dont les membres « from », « via » et « to » manquent ou sont de trop",
    "absent": "dont un membre est absent de l'extrait ou n'est pas une route",
    "apart": "dont les membres ne se touchent pas",
    "ambiguous": "qu'on peut lire de plusieurs façons (voie non coupée au carrefour)",
    "sealed": "dont la seule sortie permise est fermée à ce moyen de transport",
}
_TURNS: Final = ("left_turn", "right_turn", "straight_on", "u_turn")
_VALUES: Final = frozenset((*(f"{kind}_{turn}" for kind in ("no", "only") for turn in _TURNS), "no_entry", "no_exit"))
#: Hours of the first years of OpenStreetMap, in tags of their own.
_OLD_HOURS: Final = frozenset(("day_on", "day_off", "hour_on", "hour_off"))
#: Turns that agree with a name, in degrees from straight ahead, to the left: used only to choose between readings.
_DEGREES: Final = {"left_turn": (30, 165), "right_turn": (-165, -30), "straight_on": (-45, 45)}
_U_TURN_DEGREES: Final = 150.0
_MOST_READINGS: Final = 64
_LONGEST_PATH: Final = 200  # roads


@dataclass(slots=True)
class RestrictionReport:
    """What became of the restrictions of a file for one mode; ``read`` is the sum of all the others."""

    read: int = 0
    applied: int = 0
    for_others: int = 0  # for lorries, or with an exception for this mode, or for a mode that none binds
    without_object: int = 0  # what they forbid is impossible here already: closed or one-way road
    refused: dict[str, list[int]] = field(default_factory=dict)  # key of REFUSALS_FR -> ids of the relations
    partly: list[int] = field(default_factory=list)  # among the applied: some of their many members do not fit


class _NotAppliedError(Exception):
    """Raised with a key of ``REFUSALS_FR``, or with one of the two below."""


_FOR_OTHERS, _WITHOUT_OBJECT = "for_others", "without_object"


@dataclass(slots=True, eq=False)
class RoadEnds:
    """Roads as restrictions see them: by way, with the graph nodes and the bearings of their ends."""

    tables: OsmTables
    pieces: Pieces
    kept: Int  # index in the tables of each kept way
    forward_is_open: Bool  # [k]
    backward_is_open: Bool
    length_m: Float  # [k]
    x_m: Float  # of the nodes of the tables
    y_m: Float

    def start(self, directed: int) -> int:
        ends = self.pieces.head if directed & 1 else self.pieces.tail
        return int(ends[directed >> 1])

    def end(self, directed: int) -> int:
        return self.start(directed ^ 1)

    def is_open(self, directed: int) -> bool:
        return bool((self.backward_is_open if directed & 1 else self.forward_is_open)[directed >> 1])

    def of_way(self, kept_way: int) -> list[int]:
        """Both directions of every road of a kept way."""
        first, last = np.searchsorted(self.pieces.way, (kept_way, kept_way + 1))
        return [directed for road in range(int(first), int(last)) for directed in (2 * road, 2 * road + 1)]

    def place(self, graph_node: int) -> int:
        return int(self.pieces.node[graph_node])

    def turn_degrees(self, first: int, last: int) -> float:
        """From the direction in which ``first`` ends to that in which ``last`` starts: left is positive."""
        into, out = self._bearing(first ^ 1) + 180.0, self._bearing(last)
        return (out - into + 180.0) % 360.0 - 180.0

    def _bearing(self, directed: int) -> float:
        """Direction of the first step of a directed road, counter-clockwise from the east."""
        first, last = self.pieces.shape_first[directed >> 1], self.pieces.shape_first[(directed >> 1) + 1] - 1
        here, there = (last, last - 1) if directed & 1 else (first, first + 1)
        a, b = self.pieces.shape_node[here], self.pieces.shape_node[there]
        return math.degrees(math.atan2(self.y_m[b] - self.y_m[a], self.x_m[b] - self.x_m[a]))


def forbidden_paths(roads: RoadEnds, profile: Profile) -> tuple[list[Path], RestrictionReport]:
    """The paths that the restrictions of the file forbid to this mode, sorted, and what became of each relation."""
    reader = _Reader(roads, profile)
    report = reader.report
    forbidden: set[Path] = set()
    mandatory: list[tuple[Restriction, list[Path]]] = []
    for restriction in roads.tables.restrictions:
        try:
            value, paths = reader.read(restriction)
        except _NotAppliedError as why:
            _count(report, restriction, str(why))
            continue
        if value.startswith("only_"):
            mandatory.append((restriction, paths))
        else:
            forbidden.update(paths)
            report.applied += 1
    closed = _ways_out_closed(roads, [path for _, paths in mandatory for path in paths])
    for restriction, paths in mandatory:
        has_effect = any(closed[path[:length]] for path in paths for length in range(1, len(path)))
        _count(report, restriction, "applied" if has_effect else _WITHOUT_OBJECT)
    forbidden.update(path for paths in closed.values() for path in paths)
    return sorted(forbidden), report


def _count(report: RestrictionReport, restriction: Restriction, outcome: str) -> None:
    if outcome in REFUSALS_FR:
        report.refused.setdefault(outcome, []).append(restriction.relation_id)
    else:
        setattr(report, outcome, getattr(report, outcome) + 1)


def _ways_out_closed(roads: RoadEnds, mandatory: list[Path]) -> dict[Path, list[Path]]:
    """For each beginning of a mandatory path, the ways out that are not on one of the paths that begin so."""
    allowed: dict[Path, set[int]] = {}
    for path in mandatory:
        for length in range(1, len(path)):
            allowed.setdefault(path[:length], set()).add(path[length])
    leaving = _leaving(roads, {roads.end(start[-1]) for start in allowed})
    return {
        start: [(*start, out) for out in leaving[roads.end(start[-1])] if out not in ways_out]
        for start, ways_out in allowed.items()
    }


def _leaving(roads: RoadEnds, nodes: set[int]) -> dict[int, list[int]]:
    """Open directed roads that start at each of these graph nodes."""
    found: dict[int, list[int]] = {node: [] for node in nodes}
    wanted = np.fromiter(nodes, np.int64, len(nodes))
    for ends, is_open, way in (
        (roads.pieces.tail, roads.forward_is_open, 0),
        (roads.pieces.head, roads.backward_is_open, 1),
    ):
        for road in np.flatnonzero(np.isin(ends, wanted) & is_open).tolist():
            found[int(ends[road])].append(2 * road + way)
    return found


class _Reader:
    """Restrictions of one file for one mode."""

    def __init__(self, roads: RoadEnds, profile: Profile) -> None:
        self._roads = roads
        self._profile = profile
        self.report = RestrictionReport(read=len(roads.tables.restrictions))
        named = {ref for relation in roads.tables.restrictions for kind, ref, _ in relation.members if kind == "w"}
        at = np.flatnonzero(np.isin(roads.tables.way_id, np.fromiter(named, np.int64, len(named))))
        kept_number = {way: number for number, way in enumerate(roads.kept.tolist())} if named else {}
        #: way id -> number among the kept ways, None for a way that is closed to this mode
        self._way: Mapping[int, int | None] = {
            int(roads.tables.way_id[way]): kept_number.get(way) for way in at.tolist()
        }

    def read(self, restriction: Restriction) -> tuple[str, list[Path]]:
        """Value of the restriction and the paths it names (forbidden, or mandatory for only_*)."""
        value = self._value(restriction.tags)
        from_ways, via_ways, to_ways = (self._ways(restriction, role) for role in ("from", "via", "to"))
        via_nodes = [ref for kind, ref, role in restriction.members if kind == "n" and role == "via"]
        is_only = value.startswith("only_")
        if not (from_ways and to_ways) or (len(via_nodes) != 1 if not via_ways else bool(via_nodes)):
            raise _NotAppliedError("members")
        if is_only and (len(from_ways), len(to_ways)) != (1, 1):
            raise _NotAppliedError("members")
        if any(way not in self._way for way in (*from_ways, *via_ways, *to_ways)):
            raise _NotAppliedError("absent")
        if self._way[from_ways[0]] is None and len(from_ways) == 1:
            raise _NotAppliedError(_WITHOUT_OBJECT)
        paths, faults = self._paths(value, from_ways, via_nodes, via_ways, to_ways)
        if not paths:
            raise _NotAppliedError(faults[0] if faults else _WITHOUT_OBJECT)
        if faults:
            self.report.partly.append(restriction.relation_id)
        return value, paths

    def _paths(
        self, value: str, from_ways: list[int], via_nodes: list[int], via_ways: list[int], to_ways: list[int]
    ) -> tuple[list[Path], list[str]]:
        """One path for each way of departure and each way of arrival (several are for no_entry and no_exit), and
        what is at fault in the others."""
        paths: list[Path] = []
        faults: list[str] = []
        for start in from_ways:
            for goal in to_ways:
                try:
                    paths.append(self._path(value, start, via_nodes, via_ways, goal))
                except _NotAppliedError as why:
                    faults += [str(why)] if str(why) != _WITHOUT_OBJECT else []
        return paths, faults

    def _value(self, tags: Mapping[str, str]) -> str:
        keys = self._profile.restriction_keys
        exceptions = {name.strip() for name in tags.get("except", "").split(";")}
        if exceptions & self._profile.exception_names:
            raise _NotAppliedError(_FOR_OTHERS)
        value = next((tags[key] for key in keys if key in tags), None)
        if value is None and keys and not any(key.startswith("restriction") for key in tags):
            raise _NotAppliedError("untagged")
        if value is None:
            is_dated = any(f"{key}:conditional" in tags for key in keys)
            raise _NotAppliedError("dated" if is_dated else _FOR_OTHERS)
        if _OLD_HOURS & tags.keys():
            raise _NotAppliedError("dated")
        if value == "none":  # an exception of this mode, written the other way round
            raise _NotAppliedError(_FOR_OTHERS)
        if value not in _VALUES:
            raise _NotAppliedError("value")
        return value

    def _ways(self, restriction: Restriction, role: str) -> list[int]:
        return list(dict.fromkeys(ref for kind, ref, of in restriction.members if kind == "w" and of == role))

    def _path(self, value: str, start: int, via_nodes: list[int], via_ways: list[int], goal: int) -> Path:
        ways = [self._way[way] for way in (start, *via_ways, goal)]
        if ways[0] is None:
            raise _NotAppliedError(_WITHOUT_OBJECT)
        blank = "sealed" if value.startswith("only_") else _WITHOUT_OBJECT
        if any(way is None for way in ways):
            raise _NotAppliedError(blank)
        first, *between, last = (self._roads.of_way(way) for way in ways if way is not None)
        via = self._via_place(via_nodes[0], start, goal) if via_nodes else None
        readings = self._readings(first, between, last, via, only_open=True)
        if readings:
            return self._choose(value, readings)
        readings = self._readings(first, between, last, via, only_open=False)
        if not readings and via is None:
            raise _NotAppliedError("apart")
        # Without a reading, the via node is a barrier, or stands in the middle of a road, where nobody turns.
        can_arrive = any(self._roads.is_open(path[0]) for path in readings)
        raise _NotAppliedError(blank if can_arrive else _WITHOUT_OBJECT)

    def _via_place(self, node_id: int, *ways: int) -> int:
        """Index of the via node in the tables; it must be on both ways."""
        tables = self._roads.tables
        at = int(np.searchsorted(tables.node_id, node_id))
        if at == len(tables.node_id) or tables.node_id[at] != node_id:
            raise _NotAppliedError("absent")
        for way in ways:
            number = self._way[way]
            assert number is not None
            span = self._roads.kept[number]
            if not np.any(tables.way_node[tables.way_first[span] : tables.way_first[span + 1]] == at):
                raise _NotAppliedError("apart")
        return at

    def _readings(
        self, first: list[int], between: list[list[int]], last: list[int], via: int | None, *, only_open: bool
    ) -> list[Path]:
        """Every path from a road of ``first`` to one of ``last``: through the node ``via``, or through a road or more
        of each way ``between``, no road twice."""
        roads = self._roads
        if only_open:
            first, last = ([directed for directed in of if roads.is_open(directed)] for of in (first, last))
            between = [[directed for directed in of if roads.is_open(directed)] for of in between]
        starting: dict[int, list[int]] = {}
        for directed in last:
            starting.setdefault(roads.start(directed), []).append(directed)
        if via is not None:
            arriving = [directed for directed in first if roads.place(roads.end(directed)) == via]
            return [(a, b) for a in arriving for b in starting.get(roads.end(a), [])]
        found: list[Path] = []
        for directed in first:
            self._walk((directed,), frozenset(), between, starting, found)
        return found

    def _walk(
        self,
        path: Path,
        crossed: frozenset[int],
        between: list[list[int]],
        starting: Mapping[int, list[int]],
        found: list[Path],
    ) -> None:
        """Go on from the end of ``path``; ``crossed`` are the ways between already driven on."""
        here = self._roads.end(path[-1])
        if len(crossed) == len(between):
            found.extend((*path, goal) for goal in starting.get(here, []))
        driven = {directed >> 1 for directed in path}
        for number, way in enumerate(between):
            for directed in way:
                is_next = self._roads.start(directed) == here and directed >> 1 not in driven
                if is_next and len(found) < _MOST_READINGS and len(path) < _LONGEST_PATH:
                    self._walk((*path, directed), crossed | {number}, between, starting, found)

    def _choose(self, value: str, readings: list[Path]) -> Path:
        turn = value.split("_", 1)[1]
        if turn != "u_turn":
            # Turning back on the spot is never what the other names mean, where they can mean anything else.
            readings = [path for path in readings if path[0] ^ 1 != path[-1]] or readings
        if len(readings) > 1:
            readings = [path for path in readings if self._agrees(turn, path)]
        if len(readings) != 1:
            raise _NotAppliedError("ambiguous")
        return readings[0]

    def _agrees(self, turn: str, path: Path) -> bool:
        degrees = self._roads.turn_degrees(path[0], path[-1])
        if turn == "u_turn":
            return abs(degrees) >= _U_TURN_DEGREES
        low, high = _DEGREES.get(turn, (1.0, 0.0))  # no_entry and no_exit say nothing of the angle
        return low <= degrees <= high
