"""How a car, a bicycle or a walker travels in France: which ways, which direction, how fast. OSM tags in, rules out.

Speeds are *driven*, not legal: legal speeds without any delay gave only 63 to 72 % of Valhalla's times. Every value
stands in ``routing/profiles/*.toml`` with its source and date, explained to planners in ``docs/profils.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from routing.profiles import access, speeds
from routing.profiles.table import FASTEST_KMH, MODES, ProfileError, Table, load_table, overrides_mode

__all__ = [
    "CLASS_INDEX",
    "FASTEST_KMH",
    "MODES",
    "ROAD_CLASSES",
    "WAY_KEYS",
    "NodeRule",
    "Profile",
    "ProfileError",
    "RoadClass",
    "WayRule",
    "load_profile",
    "overrides_mode",
]


@dataclass(frozen=True, slots=True)
class RoadClass:
    """A kind of way, common to all modes. ``rank`` is for drawing: 0 = motorway, higher is smaller."""

    name: str  # value of highway=*, or "ferry"
    label: str  # what a planner reads
    rank: int


#: Graphs keep the index of a class: add at the end, never in between.
ROAD_CLASSES: Final = (
    RoadClass("motorway", "autoroute", 0),
    RoadClass("motorway_link", "bretelle d'autoroute", 0),
    RoadClass("trunk", "voie rapide", 1),
    RoadClass("trunk_link", "bretelle de voie rapide", 1),
    RoadClass("primary", "route principale", 2),
    RoadClass("primary_link", "bretelle de route principale", 2),
    RoadClass("secondary", "route secondaire", 3),
    RoadClass("secondary_link", "bretelle de route secondaire", 3),
    RoadClass("tertiary", "route tertiaire", 4),
    RoadClass("tertiary_link", "bretelle de route tertiaire", 4),
    RoadClass("unclassified", "petite route", 5),
    RoadClass("residential", "rue", 5),
    RoadClass("living_street", "zone de rencontre", 5),
    RoadClass("road", "route de classe inconnue", 5),
    RoadClass("service", "desserte, parking, allée", 6),
    RoadClass("track", "chemin", 6),
    RoadClass("ferry", "bac", 7),
    RoadClass("pedestrian", "rue piétonne", 8),
    RoadClass("cycleway", "piste cyclable", 8),
    RoadClass("footway", "chemin piéton", 8),
    RoadClass("bridleway", "allée cavalière", 8),
    RoadClass("path", "sentier", 8),
    RoadClass("steps", "escalier", 8),
    RoadClass("platform", "quai", 8),
    RoadClass("corridor", "couloir", 8),
)
CLASS_INDEX: Final = {road_class.name: index for index, road_class in enumerate(ROAD_CLASSES)}

#: Most precise first (OSM wiki, « Relation:restriction », 2026-11). A bare ``restriction`` binds all vehicles.
_RESTRICTION_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "car": ("restriction:motorcar", "restriction:motor_vehicle", "restriction:vehicle", "restriction"),
    "bike": ("restriction:bicycle", "restriction:vehicle", "restriction"),
    "foot": (),
}
#: Values of ``except=*`` that free a mode (the car's are OSRM's too, 2026-11).
_EXCEPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "car": frozenset(("motorcar", "motor_vehicle", "vehicle")),
    "bike": frozenset(("bicycle", "vehicle")),
    "foot": frozenset(("foot",)),
}
#: Which way along its road a signal is turned, most precise first.
_SIGNAL_DIRECTION_KEYS: Final = ("traffic_signals:direction", "direction")


@dataclass(frozen=True, slots=True)
class WayRule:
    """What one way offers. A direction that is closed has no speed.

    ``forward_kmh`` and ``backward_kmh`` hold outside built-up places, the ``_urban_kmh`` ones inside.
    ``crossing_s`` (ferries that say so) is the time of the whole way, whatever its length, and takes the place of the
    speed. ``closed_by`` names what closes both directions, None for an open way. ``unknown`` lists the tags that were
    not understood and were therefore left aside. ``is_winter_closed``: a dated condition closes it on 15 January and
    not on 15 July. ``conditions`` lists the conditional tags that were read and are not applied (hours, weights): to
    be counted and said, not mistakes.
    """

    class_index: int
    forward_kmh: float | None
    backward_kmh: float | None
    is_attachable: bool
    crossing_s: float | None = None
    closed_by: str | None = None
    unknown: tuple[tuple[str, str], ...] = ()
    forward_urban_kmh: float | None = None
    backward_urban_kmh: float | None = None
    is_winter_closed: bool = False
    conditions: tuple[tuple[str, str], ...] = ()
    is_toll: bool = False

    @property
    def is_open(self) -> bool:
        return self.forward_kmh is not None or self.backward_kmh is not None


@dataclass(frozen=True, slots=True)
class NodeRule:
    """What a point of the road does: stops the mode, or costs seconds to who passes along (against) its way.

    ``is_winter_closed`` and ``unknown`` as in WayRule; an unknown barrier stops everybody.
    """

    blocks: bool
    forward_delay_s: float
    backward_delay_s: float
    is_winter_closed: bool = False
    unknown: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The rules of one mode of travel.

    ``urban_*``: a junction is in a built-up place when at least ``urban_junctions_min`` junctions stand within
    ``urban_radius_m``, and then costs ``urban_junction_delay_s``. ``way_keys``: all that ``interpret_way`` reads, so
    that two ways which agree on them share a rule. ``restriction_keys``: keys of turn restrictions that bind this
    mode, most precise first. ``exception_names``: the values of ``except=*`` that free it.
    """

    mode: str
    version: str
    boarding_wait_s: float
    urban_junction_delay_s: float
    urban_radius_m: float
    urban_junctions_min: int
    way_keys: frozenset[str]
    restriction_keys: tuple[str, ...]
    exception_names: frozenset[str]
    table: Table = field(repr=False)

    def interpret_way(self, tags: Mapping[str, str]) -> WayRule | None:
        """The rule of a way with these tags; None when it is no way of this mode (a path for cars, a bus route)."""
        return _interpret_way(self.table, tags)

    def interpret_node(self, tags: Mapping[str, str]) -> NodeRule:
        """What a node with these tags does to who passes: stopped by a bollard, delayed by a signal."""
        return _interpret_node(self.table, tags)

    def blocks(self, tags: Mapping[str, str]) -> bool:
        """Whether a node with these tags stops this mode: a bollard, a private gate."""
        return _interpret_node(self.table, tags).blocks


def load_profile(mode: str, overrides: Path | None = None) -> Profile:
    """The rules of a mode of ``MODES``, with the rows of a territory's own file in place of ours.

    The version then ends with a hash of these rows. Raises ProfileError, in French, for an unknown mode or a file
    that cannot be used.
    """
    table = load_table(mode, overrides)
    return Profile(
        mode=mode,
        version=table.version,
        boarding_wait_s=table.setting("boarding_wait_s"),
        urban_junction_delay_s=table.setting("urban_junction_delay_s"),
        urban_radius_m=table.setting("urban_radius_m"),
        urban_junctions_min=int(table.setting("urban_junctions_min")),
        way_keys=_way_keys(mode),
        restriction_keys=_RESTRICTION_KEYS[mode],
        exception_names=_EXCEPTIONS[mode],
        table=table,
    )


def _way_keys(mode: str) -> frozenset[str]:
    own = {"highway", "tunnel", "bridge"} | ({"toll", "motorroad"} if mode == "car" else set())
    return access.keys_read(mode) | speeds.keys_read(mode) | own


#: Keys of all modes together.
WAY_KEYS: Final = frozenset[str]().union(*(_way_keys(mode) for mode in MODES))


def _interpret_way(table: Table, tags: Mapping[str, str]) -> WayRule | None:
    name = _class_name(table, tags)
    if name is None:
        return None
    row, index = table.classes[name], CLASS_INDEX[name]
    unknown: list[tuple[str, str]] = []
    dated = access.on_reference_days(tags, table.mode, unknown)
    why, is_winter_closed, conditions = _closure(table, tags, dated, name, unknown)
    if why == "not_for_mode":
        return None
    direction = access.direction(tags, table.mode, name, unknown)
    if why is None and direction is None:
        why = "oneway"
    if why is not None:
        return WayRule(index, None, None, False, closed_by=why, unknown=_once(unknown), conditions=conditions)
    if name == "ferry":
        forward = backward = speeds.crossing_kmh(table, tags)
    else:
        forward, backward = speeds.driven_kmh(table, tags, name, row, unknown)
    is_forward, is_backward = direction != -1, direction != 1
    return WayRule(
        index,
        forward[0] if is_forward else None,
        backward[0] if is_backward else None,
        row.attachable and _is_on_the_ground(tags, table.mode),
        speeds.crossing_s(tags, unknown) if name == "ferry" else None,
        unknown=_once(unknown),
        forward_urban_kmh=forward[1] if is_forward else None,
        backward_urban_kmh=backward[1] if is_backward else None,
        is_winter_closed=is_winter_closed,
        conditions=conditions,
        is_toll=table.mode == "car" and tags.get("toll") == "yes",
    )


def _class_name(table: Table, tags: Mapping[str, str]) -> str | None:
    name = tags.get("highway")
    if name in table.classes and name != "ferry":
        return name
    return "ferry" if tags.get("route") in table.crossings else None


def _closure(
    table: Table, tags: Mapping[str, str], dated: access.Dated, name: str, unknown: list[tuple[str, str]]
) -> tuple[str | None, bool, tuple[tuple[str, str], ...]]:
    """(what closes the way in summer, whether winter alone closes it, conditions that were not applied).

    A closure of the summer alone is told and not applied: no reference day can stand for it.
    """
    row = table.classes[name]
    if speeds.is_impassable(table, tags):
        return "smoothness", False, dated.kept
    why = access.closed_by(dated.summer, table.mode, name, row, unknown)
    if dated.summer is dated.winter:
        return why, False, dated.kept
    winter_why = access.closed_by(dated.winter, table.mode, name, row, unknown)
    if why is not None and winter_why is None:
        told = tuple((key, value) for key in access.condition_keys(table.mode) if (value := tags.get(key)) is not None)
        return access.closed_by(tags, table.mode, name, row, unknown), False, told
    return why, why is None and winter_why is not None, dated.kept


def _is_on_the_ground(tags: Mapping[str, str], mode: str) -> bool:
    """A home under a viaduct, above a tunnel or beside a motor road does not open onto it."""
    if mode == "car" and tags.get("motorroad") == "yes":
        return False
    return tags.get("tunnel", "no") == "no" and tags.get("bridge", "no") == "no"


def _interpret_node(table: Table, tags: Mapping[str, str]) -> NodeRule:
    unknown: list[tuple[str, str]] = []
    blocks, is_winter_closed = _is_blocked(table, tags, unknown)
    delay_s = table.setting(setting) if (setting := _DELAYS.get(tags.get("highway", ""))) else 0.0
    way = None
    if delay_s and table.mode != "foot":  # walkers wait at a signal whichever way they come
        way = next(
            (value for key in _SIGNAL_DIRECTION_KEYS if (value := tags.get(key)) in ("forward", "backward")), None
        )
    return NodeRule(
        blocks,
        0.0 if way == "backward" else delay_s,
        0.0 if way == "forward" else delay_s,
        is_winter_closed,
        _once(unknown),
    )


_DELAYS: Final = {
    "traffic_signals": "signal_delay_s",
    "stop": "stop_delay_s",
    "give_way": "give_way_delay_s",
}


def _is_blocked(table: Table, tags: Mapping[str, str], unknown: list[tuple[str, str]]) -> tuple[bool, bool]:
    """(blocked in summer, blocked in winter alone). Access tags of a node count only on a barrier."""
    barrier = tags.get("barrier")
    if barrier is None:
        return False, False
    if barrier not in table.barriers:
        unknown.append(("barrier", barrier))
    dated = access.on_reference_days(tags, table.mode, unknown)
    keys = access.ACCESS_KEYS[table.mode]
    summer, winter = (access.may_enter(day, keys, unknown) for day in (dated.summer, dated.winter))
    is_stopping = barrier not in table.barriers or not table.barriers[barrier].passes
    is_rising = tags.get("bollard") == "rising"  # it goes down for cars
    by_itself = tags.get("locked") == "yes" or (is_stopping and not is_rising)
    blocked_summer, blocked_winter = (by_itself if enters is None else not enters for enters in (summer, winter))
    return blocked_summer, blocked_winter and not blocked_summer


def _once(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(pairs))
