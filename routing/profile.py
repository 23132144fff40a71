"""How a car travels in France: which roads, which way, how fast. OSM tags in, a rule for one way out.

Speeds are *driven*, not legal. Legal speeds without any delay gave only 63 to 72 % of Valhalla's times; a
table with 0.88 of the limit where one is known gave 97 % (Porto, 1,173 pairs), 109 % (Andorra, 1,040).
Delays at urban junctions, turn restrictions and hours of access are not in this version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from routing.tag_values import NO_LIMIT, parse_duration_s, parse_maxspeed

#: Changes whenever the same tags may give another time: it is printed beside every figure.
PROFILE_VERSION = "car-fr-2026.11"

#: Driven over legal speed where a limit is known (measured against Valhalla and OSRM; OSRM itself takes 0.8).
LIMIT_SHARE = 0.88
#: Inside a roundabout (IGN, « Rond-Point »: 25 km/h in town and out of it).
ROUNDABOUT_KMH = 25.0
#: A ferry that says nothing of its duration. IGN and OSRM take 5 km/h, manoeuvres included; 10 here, because
#: waiting and boarding are counted apart.
FERRY_KMH = 10.0
#: Waiting and boarding, once per crossing. Five minutes is Valhalla's default ``ferry_cost``, and half the
#: interval of a boat every ten minutes: right for a river ferry, too kind to a sea line (no timetable here).
BOARDING_WAIT_S = 300.0


@dataclass(frozen=True, slots=True)
class RoadClass:
    """One line of the table. ``rank`` is for drawing (0 = motorway); ``car_kmh`` where no limit is known."""

    name: str  # value of highway=*, or "ferry"
    label: str  # what a planner reads
    rank: int
    car_kmh: float
    source: str
    is_attachable: bool = True  # a home or a site may open on it
    needs_permission: bool = False  # closed to cars unless a tag opens it


# Where a speed comes from, and when it was read there.
_IGN = "IGN 2022-09"  # BD TOPO by kind and importance of road: github.com/IGNF/road2_amelioration_des_vitesses
_OSRM = "OSRM 2026-10"  # profiles/car.lua of osrm-backend 26.10
_CDR = "Code de la route 2026-01 x 0,88"  # see routing.tag_values

ROAD_CLASSES: tuple[RoadClass, ...] = (
    RoadClass("motorway", "autoroute", 0, 115, f"{_CDR} : 130 ; {_IGN} : 100 à 125", is_attachable=False),
    RoadClass("motorway_link", "bretelle d'autoroute", 0, 45, f"{_IGN} : bretelle", is_attachable=False),
    RoadClass("trunk", "voie rapide", 1, 70, f"{_CDR} : 80 ; {_IGN} : 67 (une chaussée) ou 80 (deux)"),
    RoadClass("trunk_link", "bretelle de voie rapide", 1, 45, f"{_IGN} : bretelle", is_attachable=False),
    RoadClass("primary", "route principale", 2, 65, f"{_OSRM} ; {_IGN} : 67 hors ville, 50 en ville"),
    RoadClass("primary_link", "bretelle", 2, 40, f"{_IGN} : bretelle 45, arrondi vers le bas"),
    RoadClass("secondary", "route secondaire", 3, 55, f"{_OSRM} ; {_IGN} : 63 hors ville, 45 en ville"),
    RoadClass("secondary_link", "bretelle", 3, 35, f"{_IGN} : bretelle 30 à 45"),
    RoadClass("tertiary", "route tertiaire", 4, 45, f"{_IGN} : 58 hors ville, 40 en ville ; {_OSRM} : 40"),
    RoadClass("tertiary_link", "bretelle", 4, 30, f"{_IGN} : bretelle d'importance 5"),
    RoadClass("unclassified", "petite route", 5, 35, f"{_IGN} : importance 5 hors ville ; {_OSRM} : 25"),
    RoadClass("residential", "rue", 5, 30, f"{_IGN} : importance 5 en ville ; {_OSRM} : 25"),
    RoadClass("living_street", "zone de rencontre", 5, 15, f"{_CDR} : 20 ; {_OSRM} : 10"),
    RoadClass("road", "route de classe inconnue", 5, 25, f"{_OSRM} : la plus lente des routes, 25"),
    RoadClass("service", "desserte, parking, allée", 6, 15, _OSRM),
    RoadClass("track", "chemin", 6, 10, f"{_IGN} : route empierrée", needs_permission=True),
    RoadClass("ferry", "bac", 7, FERRY_KMH, f"{_IGN} et {_OSRM} : 5", is_attachable=False),
    RoadClass("pedestrian", "rue piétonne", 8, 10, f"{_OSRM} : la plus lente", needs_permission=True),
    RoadClass("cycleway", "piste cyclable", 8, 10, f"{_OSRM} : la plus lente", needs_permission=True),
    RoadClass("footway", "chemin piéton", 8, 10, f"{_OSRM} : la plus lente", needs_permission=True),
    RoadClass("bridleway", "allée cavalière", 8, 10, f"{_OSRM} : la plus lente", needs_permission=True),
    RoadClass("path", "sentier", 8, 10, f"{_OSRM} : la plus lente", needs_permission=True),
    RoadClass("steps", "escalier", 8, 10, f"{_OSRM} : la plus lente", needs_permission=True),
)
#: Classes that no car is ever concerned with: neither a road of cars nor a road closed to them.
_NOT_FOR_CARS = frozenset(("pedestrian", "cycleway", "footway", "bridleway", "path", "steps"))
MODES = ("car", "bike", "foot")
CLASS_INDEX = {road_class.name: index for index, road_class in enumerate(ROAD_CLASSES)}

#: From the most to the least precise: the first one that says something wins.
ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
#: ``destination``, ``customers``, ``residents``: who comes for this place may enter, and everybody here does.
OPEN_VALUES = frozenset(
    (
        *("yes", "permissive", "designated", "official", "public", "discouraged"),
        *("destination", "customers", "residents"),
    )
)
CLOSED_VALUES = frozenset(
    (
        *("no", "private", "permit", "military", "employees", "delivery", "agricultural", "forestry"),
        *("emergency", "psv", "bus", "taxi", "hov", "hgv", "goods", "foot", "bicycle", "use_sidepath"),
    )
)
#: Barriers a car drives through unless a tag says otherwise; any other barrier=* stops it (as in OSRM).
PASSABLE_BARRIERS = frozenset(
    (
        *(
            "no",
            "gate",
            "lift_gate",
            "swing_gate",
            "bump_gate",
            "hampshire_gate",
            "cattle_grid",
            "sally_port",
        ),
        *("entrance", "toll_booth", "border_control", "height_restrictor", "arch", "kerb"),
    )
)
_ONEWAY = {
    **dict.fromkeys(("yes", "true", "1"), 1),
    **dict.fromkeys(("-1", "reverse"), -1),
    **dict.fromkeys(("no", "false", "0", "alternating"), 0),
}
_ONEWAY_KEYS = ("oneway:motorcar", "oneway:motor_vehicle", "oneway")
_LIMIT_CONTEXT_KEYS = ("maxspeed:type", "zone:traffic", "zone:maxspeed", "source:maxspeed")
#: Loose surfaces, between IGN's 10 km/h (« route empierrée ») and OSRM's 40; and those where a car crawls.
_LOOSE = ("unpaved", "gravel", "fine_gravel", "pebblestone", "dirt", "ground", "earth", "grass")
_SURFACE_KMH = {**dict.fromkeys(_LOOSE, 30.0), **dict.fromkeys(("mud", "sand", "rock"), 10.0)}
#: All that ``Profile.interpret_way`` reads: two ways that agree on these keys get the same rule.
WAY_KEYS = frozenset(
    (
        *("highway", "route", "junction", "area", "service", "surface", "motorroad", "tunnel", "duration"),
        *("foot", "bicycle", "maxspeed", "maxspeed:forward", "maxspeed:backward"),
        *ACCESS_KEYS,
        *_ONEWAY_KEYS,
        *_LIMIT_CONTEXT_KEYS,
    )
)


@dataclass(frozen=True, slots=True)
class WayRule:
    """What one way offers. A direction that is closed has no speed.

    ``crossing_s`` (ferries that say so) is the time of the whole way, whatever its length, and takes the
    place of the speed. ``closed_by`` names what closes both directions, None for an open way. ``unknown``
    lists the tags that were not understood and were therefore left aside.

    ``forward_kmh`` and ``backward_kmh`` hold outside built-up places, the ``_urban_kmh`` ones inside.
    ``is_winter_closed``: a dated condition closes it on 15 January and not on 15 July. ``conditions`` lists the
    conditional tags that were read and are not applied (hours, weights): to be counted and said, not mistakes.
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
    """What a point of the road does: stops the mode, or costs seconds to who passes along (against) its way."""

    blocks: bool
    forward_delay_s: float
    backward_delay_s: float


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of one mode of travel.

    ``urban_*``: a junction is in a built-up place when at least ``urban_junctions_min`` junctions stand within
    ``urban_radius_m``, and then costs ``urban_junction_delay_s``. ``restriction_keys``: keys of turn restrictions
    that bind this mode, most precise first. ``exception_names``: the values of ``except=*`` that free it.
    """

    mode: str
    version: str
    boarding_wait_s: float = BOARDING_WAIT_S
    urban_junction_delay_s: float = 0.0
    urban_radius_m: float = 500.0
    urban_junctions_min: int = 35
    way_keys: frozenset[str] = WAY_KEYS
    restriction_keys: tuple[str, ...] = ("restriction:motorcar", "restriction:motor_vehicle", "restriction")
    exception_names: frozenset[str] = frozenset(("motorcar", "motor_vehicle", "vehicle"))

    def interpret_way(self, tags: Mapping[str, str]) -> WayRule | None:
        """The rule of a way with these tags; None when it is no road at all (a footpath, a bus route)."""
        return _interpret_way(tags)

    def interpret_node(self, tags: Mapping[str, str]) -> NodeRule:
        """What a node with these tags does to who passes: stopped by a bollard, delayed by a signal."""
        return NodeRule(_blocks(tags), 0.0, 0.0)

    def blocks(self, tags: Mapping[str, str]) -> bool:
        """Whether a node with these tags stops a car: a bollard, a private gate."""
        return _blocks(tags)


def load_profile(mode: str, overrides: Path | None = None) -> Profile:
    """The rules of a mode of ``MODES``, with the rows of a territory's own file in place of ours."""
    if mode != "car" or overrides is not None:
        raise ValueError(f"Moyen de transport inconnu : {mode}. Attendu : car.")
    return Profile(mode="car", version=PROFILE_VERSION)


def car_profile() -> Profile:
    return load_profile("car")


def _interpret_way(tags: Mapping[str, str]) -> WayRule | None:
    name = tags.get("highway")
    if name not in CLASS_INDEX and tags.get("route") in ("ferry", "shuttle_train"):
        name = "ferry"
    if name is None or name not in CLASS_INDEX or name in _NOT_FOR_CARS:
        return None
    index = CLASS_INDEX[name]
    road_class = ROAD_CLASSES[index]
    unknown: list[tuple[str, str]] = []
    closed_by = _closed_by(tags, road_class, unknown)
    direction = _direction(tags, name, unknown)
    if closed_by is None and direction is None:
        closed_by = "oneway"
    if closed_by is not None:
        return WayRule(index, None, None, False, closed_by=closed_by, unknown=tuple(unknown))
    crossing_s = _crossing_s(tags, unknown) if name == "ferry" else None
    forward_kmh = _driven_kmh(tags, road_class, "forward", unknown)
    backward_kmh = _driven_kmh(tags, road_class, "backward", unknown)
    forward_open_kmh = forward_kmh if direction != -1 else None
    backward_open_kmh = backward_kmh if direction != 1 else None
    return WayRule(
        index,
        forward_open_kmh,
        backward_open_kmh,
        road_class.is_attachable and tags.get("motorroad") != "yes" and tags.get("tunnel", "no") == "no",
        crossing_s,
        unknown=tuple(dict.fromkeys(unknown)),
        forward_urban_kmh=forward_open_kmh,
        backward_urban_kmh=backward_open_kmh,
    )


def _closed_by(tags: Mapping[str, str], road_class: RoadClass, unknown: list[tuple[str, str]]) -> str | None:
    """What shuts the way to cars in both directions: "access", "area", "permission", or None."""
    if tags.get("area") == "yes":
        return "area"
    may_enter = _may_enter(tags, unknown)
    if may_enter is None and tags.get("service") == "emergency_access":
        return "access"
    if may_enter is None and road_class.name == "ferry" and ("foot" in tags or "bicycle" in tags):
        # A boat that names walkers or cyclists and no vehicle carries only those.
        return "permission"
    if may_enter is None and road_class.needs_permission:
        return "permission"
    return "access" if may_enter is False else None


def _may_enter(tags: Mapping[str, str], unknown: list[tuple[str, str]]) -> bool | None:
    """True or False as the most precise access tag says, None when none says anything."""
    for key in ACCESS_KEYS:
        value = tags.get(key)
        if value is None or value == "unknown":
            continue
        words = {word.strip() for word in value.split(";")}
        if words & OPEN_VALUES:
            return True
        if words <= CLOSED_VALUES:
            return False
        unknown.append((key, value))
    return None


def _direction(tags: Mapping[str, str], name: str, unknown: list[tuple[str, str]]) -> int | None:
    """1 along the way, -1 against it, 0 both, None when nobody can tell (it changes with the hour)."""
    for key in _ONEWAY_KEYS:
        value = tags.get(key)
        if value == "reversible":
            return None
        if value in _ONEWAY:
            return _ONEWAY[value]
        if value is not None:
            unknown.append((key, value))
    return 1 if name == "motorway" or _is_roundabout(tags) else 0


def _is_roundabout(tags: Mapping[str, str]) -> bool:
    return tags.get("junction") in ("roundabout", "circular")


def _crossing_s(tags: Mapping[str, str], unknown: list[tuple[str, str]]) -> float | None:
    value = tags.get("duration")
    seconds = parse_duration_s(value) if value is not None else None
    if value is not None and seconds is None:
        unknown.append(("duration", value))
    return seconds


def _driven_kmh(
    tags: Mapping[str, str], road_class: RoadClass, direction: str, unknown: list[tuple[str, str]]
) -> float:
    if road_class.name == "ferry":
        return road_class.car_kmh
    limit_kmh = _limit_kmh(tags, direction, unknown)
    speed_kmh = road_class.car_kmh if limit_kmh is None else LIMIT_SHARE * limit_kmh
    if _is_roundabout(tags):
        speed_kmh = min(speed_kmh, ROUNDABOUT_KMH)
    return min(speed_kmh, _SURFACE_KMH.get(tags.get("surface", ""), speed_kmh))


def _limit_kmh(tags: Mapping[str, str], direction: str, unknown: list[tuple[str, str]]) -> float | None:
    """Legal limit in one direction, None when unknown or absent."""
    for key in (f"maxspeed:{direction}", "maxspeed"):
        value = tags.get(key)
        if value is None:
            continue
        if value == NO_LIMIT:
            return None
        limit_kmh = parse_maxspeed(value)
        if limit_kmh is not None:
            return limit_kmh
        unknown.append((key, value))
    # These keys hold many things ("sign", "survey"); only a rule of the road is of use here.
    contexts = (tags[key] for key in _LIMIT_CONTEXT_KEYS if tags.get(key, "").startswith("FR:"))
    return next((limit for limit in map(parse_maxspeed, contexts) if limit is not None), None)


def _blocks(tags: Mapping[str, str]) -> bool:
    barrier = tags.get("barrier")
    if barrier is None:
        return False
    may_enter = _may_enter(tags, [])
    if may_enter is not None:
        return not may_enter
    is_rising = tags.get("bollard") == "rising"
    return tags.get("locked") == "yes" or not (barrier in PASSABLE_BARRIERS or is_rising)
