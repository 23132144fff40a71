"""The text the compiled reader leaves (OPL, one object a line), sorted into roads, waters and restrictions."""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.contract import Progress
from routing.profile import WAY_KEYS

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
#: All that anybody reads of a way: left with these, most ways are alike, and share their tags.
_WAY_KEYS: Final = (
    WAY_KEYS | {*ROAD_KEYS, *WATER_KEYS, *(key for key, _ in _COVERS)} | {"name", "ref", "junction", "area"}
)
_MOST_PAIRS = 100_000  # names and references of a large file are many, and mostly met once
_MOST_UNREAD = 5_000  # the same, of keys that nobody reads: lengths and identifiers are never met twice
_MOST_KINDS = 100_000  # of tags of a whole object, likewise
_BLOCK_CHARACTERS = 1 << 20  # read together, and their references turned into numbers together
_ASKED_OF_RELATIONS = re.compile("restriction|natural=|waterway=")  # most are bus lines, borders, buildings
_ESCAPED = re.compile("%([0-9a-f]+)%")


@dataclass(frozen=True, slots=True)
class Restriction:
    """A turn restriction as it stands in the file. Members: (kind "n" | "w" | "r", id, role)."""

    relation_id: int
    tags: Tags
    members: tuple[tuple[str, int, str], ...]


class Lines:
    """Lines of node ids. ``texts`` takes those to come, written "n1,n2,…" (or empty); ``pack`` makes them numbers:
    8 bytes a node where the text takes 11 or more."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._counts: list[NDArray[np.int64]] = []
        self._ids: list[NDArray[np.int64]] = []

    def pack(self) -> None:
        text = ",".join([text for text in self.texts if text]).replace("n", "")
        if text:
            self._ids.append(np.fromstring(text, dtype=np.int64, sep=","))
        self._counts.append(np.array([text.count(",") + 1 if text else 0 for text in self.texts], np.int64))
        self.texts.clear()

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Node ids of all lines end to end, and where each line starts (and the last one ends)."""
        self.pack()
        ids = np.concatenate(self._ids) if self._ids else np.empty(0, np.int64)
        self._ids = [ids]
        return ids, np.concatenate(([0], np.cumsum(np.concatenate(self._counts))))


@dataclass(slots=True)
class Objects:
    """What the lines of text say, before nodes are looked up."""

    node_tags: dict[int, Tags] = field(default_factory=dict)
    way_id: array[int] = field(default_factory=lambda: array("q"))
    way_tags: list[Tags] = field(default_factory=list)  # those of ``_WAY_KEYS``; ways that agree share one: read only
    way_refs: Lines = field(default_factory=Lines)
    water_id: set[int] = field(default_factory=set)  # ways
    water_refs: Lines = field(default_factory=Lines)
    water_members: set[int] = field(default_factory=set)  # ways that border a lake or a river drawn as a relation
    restrictions: list[Restriction] = field(default_factory=list)
    newest: str = ""  # field of the line: "t2026-05-01T10:00:00Z", or "t" alone

    def add_water(self, way_id: int, refs: str) -> None:
        """``refs``: "n1,n2,…"."""
        self.water_id.add(way_id)
        self.water_refs.texts.append(refs)


def read_objects(path: Path, progress: Progress | None = None) -> Objects:
    """Sort the lines by their first letter. Fields of a line never hold a space: OPL escapes it."""
    objects, of_ways, of_others = Objects(), _TagReader(_WAY_KEYS), _TagReader(None)
    for lines in _blocks(path, progress):
        for line in lines:
            fields = line.split(" ")
            if fields[2] == "dD":  # a deletion, in a file that keeps history
                continue
            if line[0] == "w":
                _take_way(objects, of_ways.read(fields[7]), fields)
            elif line[0] == "n":
                objects.node_tags[int(fields[0][1:])] = of_others.read(fields[7])
            elif _ASKED_OF_RELATIONS.search(fields[7]):
                _take_relation(objects, int(fields[0][1:]), of_others.read(fields[7]), _members(fields[8][1:-1]))
        objects.way_refs.pack()
    return objects


def _take_way(objects: Objects, tags: Tags, fields: Sequence[str]) -> None:
    if "highway" in tags or tags.get("route") in BOATS_AND_TRAINS:
        objects.way_id.append(int(fields[0][1:]))
        objects.way_tags.append(tags)
        objects.way_refs.texts.append(fields[8][1:-1])  # between "N" and the end of the line
        objects.newest = max(objects.newest, fields[4])
    elif _is_water(tags):
        objects.add_water(int(fields[0][1:]), fields[8][1:-1])


def _take_relation(objects: Objects, relation_id: int, tags: Tags, members: tuple[tuple[str, int, str], ...]) -> None:
    is_restriction = tags.get("type") == "restriction" or any(key.startswith("restriction") for key in tags)
    if not is_restriction:
        if tags.get("type") == "multipolygon" and _is_water(tags):
            objects.water_members.update(member for kind, member, _ in members if kind == "w")
    else:
        objects.restrictions.append(Restriction(relation_id, tags, members))


def _is_water(tags: Tags) -> bool:
    is_wide = tags.get("waterway") in _WATERWAYS or tags.get("natural") in _SHORES
    return is_wide and all(tags.get(key, "no") in open_values for key, open_values in _COVERS)


def _blocks(path: Path, progress: Progress | None) -> Iterator[list[str]]:
    """The lines, with their ends, some thousands at a time."""
    total, done = path.stat().st_size, 0
    with path.open(encoding="utf-8", newline="\n") as file:
        while lines := file.readlines(_BLOCK_CHARACTERS):
            yield lines
            done += sum(map(len, lines))
            if progress is not None:
                progress(min(done, total), total)
    if progress is not None:
        progress(total, total)


class _TagReader:
    """Tags written "Tkey=value,key=value", those of ``keys`` alone (None: all). Objects that agree share theirs."""

    def __init__(self, keys: frozenset[str] | None) -> None:
        self._pairs = _Pairs(keys)
        self._kinds: dict[tuple[tuple[str, str], ...], Tags] = {}

    def read(self, field: str) -> Tags:
        pairs = self._pairs
        kind = tuple([pair for text in field[1:].split(",") if (pair := pairs[text])])
        tags = self._kinds.get(kind)
        if tags is None:
            tags = dict(kind)
            if len(self._kinds) < _MOST_KINDS:
                self._kinds[kind] = tags
        return tags


class _Pairs(dict[str, tuple[str, str] | None]):
    """Pairs of the file by their text, each decoded and kept once: a few thousand of them make most of the tags.
    None for a key that nobody reads."""

    def __init__(self, keys: frozenset[str] | None) -> None:
        super().__init__({"": None})  # an object without tags
        self._keys = keys
        self._unread = 0

    def __missing__(self, text: str) -> tuple[str, str] | None:
        key, value = text.split("=", 1)
        if "%" in text:
            key, value = _plain(key), _plain(value)
        if self._keys is not None and key not in self._keys:
            if self._unread < _MOST_UNREAD:
                self._unread += 1
                self[text] = None
            return None
        pair = (sys.intern(key), value)
        if len(self) < _MOST_PAIRS:
            self[text] = pair
        return pair


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _members(text: str) -> tuple[tuple[str, int, str], ...]:
    members = (member.split("@", 1) for member in text.split(",") if member)
    return tuple((target[0], int(target[1:]), _plain(role)) for target, role in members)
