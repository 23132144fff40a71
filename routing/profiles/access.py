"""Who may go where: access tags, one-way tags and dated closures, for the three modes."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from routing.conditions import Clause, parse_conditional
from routing.profiles.table import ClassRow

Tags = Mapping[str, str]
Pairs = list[tuple[str, str]]

#: From the most to the least precise: the first one that says something wins (OSM wiki, « Key:access », 2026-11).
ACCESS_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
    "bike": ("bicycle", "vehicle", "access"),
    "foot": ("foot", "access"),
}
#: The keys among them that name the mode itself: what opens a way made for others.
NAMING_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "car": ("motorcar", "motor_vehicle"),
    "bike": ("bicycle",),
    "foot": ("foot",),
}
ONEWAY_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "car": ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"),
    "bike": ("oneway:bicycle", "oneway:vehicle", "oneway"),
    "foot": ("oneway:foot",),  # a street's one-way sign is not for walkers
}
#: ``destination``, ``customers``, ``residents``: who comes for this place may enter, and everybody here does.
OPEN_VALUES: Final = frozenset(
    (
        *("yes", "permissive", "designated", "official", "public", "discouraged"),
        *("destination", "customers", "residents", "dismount"),
    )
)
CLOSED_VALUES: Final = frozenset(
    (
        *("no", "private", "permit", "military", "employees", "delivery", "agricultural", "forestry"),
        *("emergency", "psv", "bus", "taxi", "hov", "hgv", "goods", "foot", "bicycle", "use_sidepath"),
    )
)
_ONEWAY: Final = {
    **dict.fromkeys(("yes", "true", "1"), 1),
    **dict.fromkeys(("-1", "reverse"), -1),
    **dict.fromkeys(("no", "false", "0", "alternating"), 0),
}
#: Directions that change with the hour: nobody can tell which one is open.
_CHANGING: Final = frozenset(("reversible",))
CONTRAFLOW_KEYS: Final = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
_CONTRAFLOW: Final = frozenset(("opposite", "opposite_lane", "opposite_track", "opposite_share_busway"))
_LANE_ONEWAY_KEYS: Final = ("cycleway:left:oneway", "cycleway:right:oneway")
#: What opens to walkers, or to bicycles, a fast road that is closed to them otherwise.
_SIDEWALKS: Final = frozenset(("both", "left", "right", "yes"))
_CYCLE_LANES: Final = frozenset(("lane", "track", "share_busway", "shared_lane"))
#: Ways whose outline people walk along when they are drawn as areas.
_SQUARES: Final = frozenset(("pedestrian", "footway", "path", "platform", "corridor", "service", "living_street"))


@dataclass(frozen=True, slots=True)
class Dated:
    """The tags as they hold on each reference day; ``kept``: conditions read and not applied."""

    summer: Tags
    winter: Tags
    kept: tuple[tuple[str, str], ...] = ()


def condition_keys(mode: str) -> tuple[str, ...]:
    """The conditional keys read for a mode: its access first, then speed and direction."""
    keys = [f"{key}:conditional" for key in (*ACCESS_KEYS[mode], *ONEWAY_KEYS[mode])]
    if mode != "foot":
        keys += ["maxspeed:conditional", "maxspeed:forward:conditional", "maxspeed:backward:conditional"]
    return tuple(keys)


#: Known when the module is read, so that a way without conditions costs a few lookups.
_CONDITION_KEYS: Final = {mode: condition_keys(mode) for mode in ACCESS_KEYS}


def on_reference_days(tags: Tags, mode: str, unknown: Pairs) -> Dated:
    """Apply the dated access conditions of a way to each reference day. The last clause that holds wins."""
    found = [(key, value) for key in _CONDITION_KEYS[mode] if (value := tags.get(key)) is not None]
    if not found:
        return Dated(tags, tags)
    summer: dict[str, str] = {}
    winter: dict[str, str] = {}
    kept: Pairs = []
    for key, value in found:
        clauses = parse_conditional(value)
        base = key.removesuffix(":conditional")
        if clauses is None:
            unknown.append((key, value))
            continue
        is_access = base in ACCESS_KEYS[mode]
        if not is_access or not all(clause.is_dated for clause in clauses):
            kept.append((key, value))
        if is_access:
            summer |= _last(base, [clause for clause in clauses if clause.is_dated and clause.in_summer])
            winter |= _last(base, [clause for clause in clauses if clause.is_dated and clause.in_winter])
    return Dated(_over(summer, tags), _over(winter, tags), tuple(kept))


def _last(base: str, holding: list[Clause]) -> dict[str, str]:
    return {base: holding[-1].value} if holding else {}


def _over(changed: dict[str, str], tags: Tags) -> Tags:
    # The ChainMap only reads the keys it is asked for, like the tags below it.
    return ChainMap(changed, tags) if changed else tags  # type: ignore[arg-type]


def may_enter(tags: Tags, keys: tuple[str, ...], unknown: Pairs) -> bool | None:
    """True or False as the most precise access tag says, None when none says anything."""
    for key in keys:
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


def closed_by(tags: Tags, mode: str, name: str, row: ClassRow, unknown: Pairs) -> str | None:
    """What shuts a way to a mode in both directions, None for an open way.

    "access": a tag; "area": no line to follow; "permission": no tag opens a way that needs one; "not_for_mode": a
    way made for others that no tag of this mode opens.
    """
    is_named = bool(may_enter(tags, NAMING_KEYS[mode], []))
    if row.access == "named" and not is_named:
        return "not_for_mode"
    if tags.get("area") == "yes" and not (mode == "foot" and name in _SQUARES):
        return "area"
    enters = may_enter(tags, ACCESS_KEYS[mode], unknown)
    if enters is False or (mode == "car" and enters is None and tags.get("service") == "emergency_access"):
        return "access"
    is_shut = (
        (row.access == "permission" and not (enters or _has_own_side(tags, mode)))
        or (mode != "car" and not is_named and tags.get("motorroad") == "yes")
        or (name == "ferry" and not _takes(tags, mode, enters, is_named=is_named))
    )
    return "permission" if is_shut else None


def _has_own_side(tags: Tags, mode: str) -> bool:
    """A pavement for walkers, a lane for bicycles, along a road that is not theirs otherwise."""
    if mode == "foot":
        return tags.get("sidewalk") in _SIDEWALKS
    return mode == "bike" and any(tags.get(key) in _CYCLE_LANES for key in CONTRAFLOW_KEYS)


def _takes(tags: Tags, mode: str, enters: bool | None, *, is_named: bool) -> bool:
    """Does a boat or a shuttle train take this mode? One that names others, slower, and not this one does not."""
    if mode == "car":
        return enters is True or not ("foot" in tags or "bicycle" in tags)
    if tags.get("route") == "shuttle_train":  # people ride it in their cars
        return is_named
    return mode == "foot" or enters is True or "foot" not in tags


def direction(tags: Tags, mode: str, name: str, unknown: Pairs) -> int | None:
    """1 along the way, -1 against it, 0 both, None when nobody can tell (it changes with the hour)."""
    keys = ONEWAY_KEYS[mode]
    for key in keys:
        value = tags.get(key)
        if value is None:
            continue
        if value in _CHANGING:
            return None
        if value not in _ONEWAY:
            unknown.append((key, value))
        elif mode == "bike" and key == "oneway" and _ONEWAY[value] and _has_contraflow(tags):
            return 0
        else:
            return _ONEWAY[value]
    if mode == "foot":
        return 0
    is_implied = name == "motorway" or is_roundabout(tags)
    return 0 if not is_implied or (mode == "bike" and _has_contraflow(tags)) else 1


def _has_contraflow(tags: Tags) -> bool:
    """Bicycles may ride against the traffic of a one-way street: ``cycleway=opposite*``, a lane of its own sense."""
    if any(tags.get(key) in _CONTRAFLOW for key in CONTRAFLOW_KEYS):
        return True
    return any(tags.get(key) in ("-1", "no") for key in _LANE_ONEWAY_KEYS)


def is_roundabout(tags: Tags) -> bool:
    return tags.get("junction") in ("roundabout", "circular")


def keys_read(mode: str) -> frozenset[str]:
    """Every key that the functions above look at for this mode."""
    keys = {*ACCESS_KEYS[mode], *ONEWAY_KEYS[mode], *condition_keys(mode), "area", "route"}
    own = {
        "car": {"service", "junction", "foot", "bicycle"},
        "bike": {*CONTRAFLOW_KEYS, *_LANE_ONEWAY_KEYS, "motorroad", "junction", "foot"},
        "foot": {"sidewalk", "motorroad"},
    }
    return frozenset(keys | own[mode])
