"""The text the compiled reader leaves (OPL, one object a line), sorted into roads, waters and restrictions."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from data.contract import Progress

Tags = dict[str, str]

#: A restriction on lorries or buses is read too: the report says that it was left aside, and why.
_KINDS: Final = (
    *("", ":motorcar", ":motor_vehicle", ":vehicle", ":bicycle", ":foot"),
    *(":hgv", ":goods", ":bus", ":psv", ":coach", ":motorcycle", ":moped", ":caravan", ":emergency"),
)
RESTRICTION_KEYS: Final = tuple(f"restriction{kind}{dated}" for kind in _KINDS for dated in ("", ":conditional"))
ROAD_KEYS: Final = ("highway", "route")
WATER_KEYS: Final = ("waterway", "natural")
BOATS_AND_TRAINS: Final = ("ferry", "shuttle_train")  # values of route=* that carry people as a road does
#: Waters nobody walks across. Streams and ditches are stepped over.
_WATERWAYS: Final = frozenset(("river", "canal", "riverbank"))
_SHORES: Final = frozenset(("water", "coastline"))
#: Under the ground, or under a slab: one walks above.
_COVERS: Final = (("tunnel", ("no",)), ("covered", ("no",)))
_REPORT_EVERY = 20_000  # lines between two calls of progress
_MOST_PAIRS = 100_000  # names and references of a large file are many, and mostly met once
_ESCAPED = re.compile("%([0-9a-f]+)%")


@dataclass(frozen=True, slots=True)
class Restriction:
    """A turn restriction as it stands in the file. Members: (kind "n" | "w" | "r", id, role)."""

    relation_id: int
    tags: Tags
    members: tuple[tuple[str, int, str], ...]


@dataclass(slots=True)
class Objects:
    """What the lines of text say, before nodes are looked up. References are written "n1,n2,…"."""

    node_tags: dict[int, Tags] = field(default_factory=dict)
    way_id: list[int] = field(default_factory=list)
    way_tags: list[Tags] = field(default_factory=list)
    way_refs: list[str] = field(default_factory=list)
    water_refs: dict[int, str] = field(default_factory=dict)  # by id of way
    water_members: set[int] = field(default_factory=set)  # ways that border a lake or a river drawn as a relation
    restrictions: list[Restriction] = field(default_factory=list)
    newest: str = ""


def read_objects(path: Path, progress: Progress | None = None) -> Objects:
    """Sort the lines by their first letter. Fields of a line never hold a space: OPL escapes it."""
    objects, pairs = Objects(), _Pairs()
    for line in _lines(path, progress):
        fields = line.split(" ")
        if fields[2] == "dD":  # a deletion, in a file that keeps history
            continue
        object_id, text = int(fields[0][1:]), fields[7][1:]
        tags = dict([pairs[pair] for pair in text.split(",")]) if text else {}
        if line[0] == "n":
            objects.node_tags[object_id] = tags
        elif line[0] == "w":
            _take_way(objects, object_id, tags, fields)
        else:
            _take_relation(objects, object_id, tags, _members(fields[8][1:]))
    return objects


def _take_way(objects: Objects, way_id: int, tags: Tags, fields: list[str]) -> None:
    if "highway" in tags or tags.get("route") in BOATS_AND_TRAINS:
        objects.way_id.append(way_id)
        objects.way_tags.append(tags)
        objects.way_refs.append(fields[8][1:])
        objects.newest = max(objects.newest, fields[4][1:11])
    elif _is_water(tags):
        objects.water_refs[way_id] = fields[8][1:]


def _take_relation(objects: Objects, relation_id: int, tags: Tags, members: tuple[tuple[str, int, str], ...]) -> None:
    if not any(key.startswith("restriction") for key in tags):
        if tags.get("type") == "multipolygon" and _is_water(tags):
            objects.water_members.update(member for kind, member, _ in members if kind == "w")
    else:
        objects.restrictions.append(Restriction(relation_id, tags, members))


def _is_water(tags: Tags) -> bool:
    is_wide = tags.get("waterway") in _WATERWAYS or tags.get("natural") in _SHORES
    return is_wide and all(tags.get(key, "no") in open_values for key, open_values in _COVERS)


def _lines(path: Path, progress: Progress | None) -> Iterator[str]:
    total, done = path.stat().st_size, 0
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            yield line[:-1]
            done += len(line)
            if progress is not None and number % _REPORT_EVERY == 0:
                progress(min(done, total), total)
    if progress is not None:
        progress(total, total)


class _Pairs(dict[str, tuple[str, str]]):
    """Pairs of the file by their text, each decoded and kept once: a few thousand of them make most of the tags."""

    def __missing__(self, text: str) -> tuple[str, str]:
        key, value = text.split("=", 1)
        pair = (sys.intern(_plain(key)), _plain(value)) if "%" in text else (sys.intern(key), value)
        if len(self) < _MOST_PAIRS:
            self[text] = pair
        return pair


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _members(text: str) -> tuple[tuple[str, int, str], ...]:
    members = (member.split("@", 1) for member in text.split(",") if member)
    return tuple((target[0], int(target[1:]), _plain(role)) for target, role in members)
