"""How fast: the table's speeds, legal limits, surfaces and the rest, outside and inside built-up places."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from routing.profiles.access import NAMING_KEYS, Pairs, Tags, is_roundabout, may_enter
from routing.profiles.table import CeilingRow, ClassRow, Table
from routing.tag_values import NO_LIMITS, parse_duration_s, parse_maxspeed

#: Keys that say which rule of the road holds. They hold many other things ("sign", "survey", a decree).
CONTEXT_KEYS: Final = ("maxspeed:type", "zone:maxspeed", "source:maxspeed", "zone:traffic")
_RULE: Final = re.compile(r"[A-Z]{2}(?:-[A-Z]{2,3})?:.+")
#: Roads with a limit of their own, which the rule of the land around them does not give.
_OWN_LIMIT: Final = frozenset(("motorway", "motorway_link", "trunk", "trunk_link"))

Speeds = tuple[float, float]  # km/h outside, inside built-up places


def driven_kmh(table: Table, tags: Tags, name: str, row: ClassRow, unknown: Pairs) -> tuple[Speeds, Speeds]:
    """Speeds along the way and against it."""
    cap_kmh = _cap_kmh(table, tags, name, unknown)
    if table.mode == "foot":
        speeds = (min(row.outside_kmh, cap_kmh), min(row.inside_kmh, cap_kmh))
        return speeds, speeds
    place = _place(table, tags, name)
    own_kmh = _own_kmh(table, tags, name, row, unknown)
    forward, backward = (
        _one_way_kmh(table, row, own_kmh, _limit_kmh(table, tags, name, direction, unknown), cap_kmh)
        for direction in ("forward", "backward")
    )
    return _in_place(forward, place), _in_place(backward, place)


def crossing_kmh(table: Table, tags: Tags) -> Speeds:
    """The speed of a boat or a shuttle train that says nothing of its duration."""
    kmh = table.crossings["shuttle_train" if tags.get("route") == "shuttle_train" else "ferry"].kmh
    return kmh, kmh


def crossing_s(tags: Tags, unknown: Pairs) -> float | None:
    value = tags.get("duration")
    seconds = parse_duration_s(value) if value is not None else None
    if value is not None and seconds is None:
        unknown.append(("duration", value))
    return seconds


def _in_place(speeds: Speeds, place: str) -> Speeds:
    """A way whose tags say where it is keeps one speed, whatever stands around it."""
    if place == "inside":
        return speeds[1], speeds[1]
    return (speeds[0], speeds[0]) if place == "outside" else speeds


def _one_way_kmh(table: Table, row: ClassRow, own_kmh: float | None, limit_kmh: float | None, cap_kmh: float) -> Speeds:
    outside_kmh, inside_kmh = (own_kmh, own_kmh) if own_kmh is not None else (row.outside_kmh, row.inside_kmh)
    if limit_kmh is not None and table.mode == "car":
        driven = table.setting("limit_share") * limit_kmh
        outside_kmh = min(driven, own_kmh or row.ceiling_outside_kmh or outside_kmh)
        inside_kmh = min(driven, own_kmh or row.ceiling_inside_kmh or inside_kmh)
    elif limit_kmh is not None:
        outside_kmh, inside_kmh = min(outside_kmh, limit_kmh), min(inside_kmh, limit_kmh)
    return min(outside_kmh, cap_kmh), min(inside_kmh, cap_kmh)


def _own_kmh(table: Table, tags: Tags, name: str, row: ClassRow, unknown: Pairs) -> float | None:
    """A speed that takes the place of the class's: a parking aisle, a kind of track, a bicycle that is pushed."""
    if table.mode == "bike":
        if tags.get("bicycle") == "dismount":
            return min(row.outside_kmh, table.setting("pushing_kmh"))
        is_named = row.named_kmh is not None and bool(may_enter(tags, NAMING_KEYS["bike"], []))
        return row.named_kmh if is_named else None
    if name == "track":
        track = table.tracktypes.get(tags.get("tracktype", ""))
        return None if track is None else track.kmh
    service = tags.get("service") if name == "service" else None
    if service is None or service == "emergency_access":
        return None
    if service not in table.services:
        unknown.append(("service", service))
        return None
    return table.services[service].kmh


def _cap_kmh(table: Table, tags: Tags, name: str, unknown: Pairs) -> float:
    """The slowest of what slows a way, whatever its class and limit."""
    cap_kmh = math.inf
    if table.mode == "car":
        if is_roundabout(tags):
            cap_kmh = table.setting("roundabout_kmh")
        cap_kmh = min(cap_kmh, _ceiling_kmh(table.smoothness, "smoothness", tags, unknown))
        kind = tags.get("tracktype")
        if kind is not None and kind not in table.tracktypes:
            unknown.append(("tracktype", kind))
        elif kind is not None and name != "track":
            cap_kmh = min(cap_kmh, table.tracktypes[kind].ceiling_kmh)
    return min(cap_kmh, _ceiling_kmh(table.surfaces, "surface", tags, unknown))


def _ceiling_kmh(rows: Mapping[str, CeilingRow], key: str, tags: Tags, unknown: Pairs) -> float:
    value = tags.get(key)
    if value is None:
        return math.inf
    if value not in rows:
        unknown.append((key, value))
        return math.inf
    ceiling_kmh = rows[value].ceiling_kmh
    return math.inf if ceiling_kmh is None else ceiling_kmh


def is_impassable(table: Table, tags: Tags) -> bool:
    row = table.smoothness.get(tags.get("smoothness", "")) if table.smoothness else None
    return row is not None and row.closed


def _limit_kmh(table: Table, tags: Tags, name: str, direction: str, unknown: Pairs) -> float | None:
    """Legal limit in one direction, None when unknown or absent."""
    for key in (f"maxspeed:{direction}", "maxspeed"):
        value = tags.get(key)
        if value is None:
            continue
        if value in NO_LIMITS:
            return None
        limit_kmh = parse_maxspeed(value, table.limit_kmh)
        if limit_kmh is not None:
            return limit_kmh
        unknown.append((key, value))
    for key in CONTEXT_KEYS:
        value = tags.get(key)
        if value is None or value in NO_LIMITS or not _is_rule(key, value):
            continue
        limit_kmh = parse_maxspeed(value, table.limit_kmh)
        if limit_kmh is None:
            unknown.append((key, value))
        elif not (key == "zone:traffic" and name in _OWN_LIMIT):
            return limit_kmh
    return None


def _is_rule(key: str, value: str) -> bool:
    return _RULE.fullmatch(value) is not None or (key == "zone:maxspeed" and value.isdecimal())


def _place(table: Table, tags: Tags, name: str) -> str:
    """ "inside" or "outside" a built-up place when a tag says so, "" when none does."""
    if name in _OWN_LIMIT:
        return ""
    for key in ("maxspeed", *CONTEXT_KEYS):
        row = table.limits.get(tags.get(key, ""))
        if row is not None and row.place:
            return row.place
    return ""


def keys_read(mode: str) -> frozenset[str]:
    """Every key that the functions above look at for this mode."""
    keys = {"surface", "route", "duration"}
    if mode != "foot":
        keys |= {"maxspeed", "maxspeed:forward", "maxspeed:backward", *CONTEXT_KEYS}
    own = {"car": {"service", "tracktype", "smoothness", "junction"}, "bike": {"bicycle"}, "foot": set()}
    return frozenset(keys | own[mode])
