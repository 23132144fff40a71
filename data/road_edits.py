"""Declared edits put into the tables of an OSM file: tags changed, ways added; the graph is made from the result."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from itertools import chain
from typing import Final

import numpy as np
import pyproj
from numpy.typing import NDArray

from data.contract import Finding
from data.errors import BadInputError
from data.osm import OsmTables, Tags
from data.road_edit_file import MODES_FR, RoadEdit, RoadEdits, read_road_edits
from routing.profile import Profile, load_profile

__all__ = ["JOIN_WITHIN_M", "RoadEdit", "RoadEdits", "apply_road_edits", "read_road_edits"]

#: The ends of a declared line join the nearest point of a road at most this far: wider than a quay and its car park,
#: narrower than the river it crosses.
JOIN_WITHIN_M: Final = 100.0
#: Declared ways and points are numbered from here: no object of OpenStreetMap is (14 thousand million nodes in 2026).
FIRST_DECLARED_ID: Final = 1 << 40
#: mode -> the most precise access tag that speaks of it, and the dated one.
_ACCESS_KEYS: Final = {"car": "motorcar", "bike": "bicycle", "foot": "foot"}
_DATED_KEYS: Final = {"car": "motor_vehicle:conditional", "bike": "bicycle:conditional", "foot": "foot:conditional"}
#: As OpenStreetMap writes them in conditions.
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WGS84 = pyproj.Geod(ellps="WGS84")
ProfileOf = Callable[[str], Profile]


def apply_road_edits(tables: OsmTables, edits: RoadEdits) -> tuple[OsmTables, list[Finding]]:
    """New tables with the edits in them, and one finding an edit: what was done, or why it was not.

    Ways are opened and closed first, so that a line may join a road that was just opened; lines then come in the
    order of the file and may join one another. Raises BadInputError for a way the file lacks, an edit that could not
    have its effect, a line whose end is farther than ``JOIN_WITHIN_M`` from any road its modes may use.
    """
    work = _Work(tables, edits.file)
    order = sorted(edits.edits, key=lambda edit: (edit.osm_way_id is None, edit.number))
    findings = {edit.number: _apply(work, edit, edits) for edit in order}
    return work.tables(), [findings[number] for number in sorted(findings)]


def _apply(work: _Work, edit: RoadEdit, edits: RoadEdits) -> Finding:
    if not edit.holds_on(edits.as_of):
        notes = [f"Hors de sa période de validité le {edits.as_of:%d/%m/%Y} : elle n'est pas appliquée."]
    elif edit.osm_way_id is not None:
        notes = work.change_way(edit)
    else:
        notes = work.add_line(edit)
    message = " ".join([f"Route déclarée n° {edit.number}, {edit.said_fr()}", *notes])
    todo = "Vérifier chaque année que la déclaration vaut encore."
    return Finding("warning", None, None, None, message, todo)


class _Work:
    """The tables being changed; those received stay as they are."""

    def __init__(self, tables: OsmTables, file: str) -> None:
        self._before = tables
        self._file = file
        self._profile: ProfileOf = cache(load_profile)
        self._way_tags: list[Tags] = list(tables.way_tags)
        self._node_tags: dict[int, Tags] = dict(tables.node_tags)
        self._new_lon_lat: list[tuple[float, float]] = []
        self._new_way_id: list[int] = []
        self._new_nodes: list[list[int]] = []

    def tables(self) -> OsmTables:
        old = self._before
        new_lon, new_lat = np.array(self._new_lon_lat, np.float64).reshape(-1, 2).T
        first_id = max(FIRST_DECLARED_ID, int(old.node_id[-1]) + 1 if len(old.node_id) else 0)
        counts = np.array([len(nodes) for nodes in self._new_nodes], np.int64)
        ends = old.way_first[-1] + np.cumsum(counts)
        return dataclasses.replace(
            old,
            node_id=np.concatenate((old.node_id, first_id + np.arange(len(new_lon), dtype=np.int64))),
            node_lon=np.concatenate((old.node_lon, new_lon)),
            node_lat=np.concatenate((old.node_lat, new_lat)),
            node_tags=self._node_tags,
            way_id=np.concatenate((old.way_id, np.array(self._new_way_id, np.int64))),
            way_tags=self._way_tags,
            way_first=np.concatenate((old.way_first, ends)),
            way_node=np.concatenate((old.way_node, np.array([*chain(*self._new_nodes)], np.int32))),
        )

    def change_way(self, edit: RoadEdit) -> list[str]:
        """Open it, close it, or close it in winter; what must be said besides the declaration itself."""
        found = np.flatnonzero(self._before.way_id == edit.osm_way_id)
        if len(found) == 0:
            raise BadInputError(
                f"{self._file}, route déclarée n° {edit.number} : la voie {edit.osm_way_id} n'est pas dans "
                f"{self._before.source_name}. Rien n'a été importé.",
                received=f"la voie {edit.osm_way_id}",
                expected="une route ou un bac de cet extrait",
                action="vérifier le numéro sur openstreetmap.org : la voie a pu être redécoupée et changer de numéro",
            )
        way = int(found[0])
        before = self._way_tags[way]
        self._way_tags[way] = {**before, **_tags_of(edit)}
        if edit.action == "open":
            return self._check_opened(edit, way, before)
        return self._check_closed(edit, way, before)

    def _check_opened(self, edit: RoadEdit, way: int, before: Tags) -> list[str]:
        notes = []
        for mode in edit.modes:
            if not self._is_open(self._way_tags[way], mode):
                kind = before.get("highway") or before.get("route")
                raise BadInputError(
                    f"{self._file}, route déclarée n° {edit.number} : la voie {edit.osm_way_id} ne peut pas être "
                    f"ouverte ({MODES_FR[mode]}). Rien n'a été importé.",
                    received=f"une voie « {kind} »",
                    expected="une voie que ce moyen de transport emprunte quand rien ne la ferme",
                    action="retirer ce moyen de la déclaration, ou ajouter une route (action « add_road »)",
                )
            if self._is_open(before, mode):
                notes.append(f"Elle était déjà ouverte ({MODES_FR[mode]}).")
        barriers = sum(self._open_barrier(int(node), edit.modes) for node in np.unique(self._nodes_of(way)))
        return [*notes, *([f"{barriers} barrière(s) sur la voie ouverte(s) avec elle."] if barriers else [])]

    def _check_closed(self, edit: RoadEdit, way: int, before: Tags) -> list[str]:
        notes = []
        for mode in edit.modes:
            if not self._is_open(before, mode):
                notes.append(f"Elle était déjà fermée ({MODES_FR[mode]}).")
            elif edit.action == "close_winter" and not self._closes_in_winter(way, mode):
                notes.append(f"Sans effet ({MODES_FR[mode]}) : l'hiver est jugé au 15 janvier, l'été au 15 juillet.")
        return notes

    def _open_barrier(self, node: int, modes: tuple[str, ...]) -> bool:
        tags = self._node_tags.get(node, {})
        stopped = [mode for mode in modes if self._profile(mode).interpret_node(tags).blocks]
        if stopped:
            self._node_tags[node] = {**tags, **{_ACCESS_KEYS[mode]: "yes" for mode in stopped}, "locked": "no"}
        return bool(stopped)

    def add_line(self, edit: RoadEdit) -> list[str]:
        """A new way between two roads of the file, or of the lines added before it."""
        tags = _tags_of(edit)
        self._refuse_useless(edit, tags)
        (start, start_m), (end, end_m) = self._join(edit, edit.line[0]), self._join(edit, edit.line[-1])
        if start == end:
            raise BadInputError(
                f"{self._file}, route déclarée n° {edit.number} : ses deux bouts rejoignent le même point d'une route. "
                "Rien n'a été importé.",
                received=f"une ligne de {edit.line[0]} à {edit.line[-1]}",
                expected="une ligne qui mène d'une route à une autre",
                action="dessiner chaque bout plus près de la route qu'il rejoint",
            )
        between = [self._add_node(place) for place in edit.line[1:-1]]
        self._new_way_id.append(max(FIRST_DECLARED_ID, int(self._before.way_id.max()) + 1) + len(self._new_way_id))
        self._new_nodes.append([start, *between, end])
        self._way_tags.append(tags)
        notes = [f"Ses bouts rejoignent les routes à {start_m:.0f} m et {end_m:.0f} m."]
        if edit.action == "add_crossing":
            wait_min = self._profile(edit.modes[0]).boarding_wait_s / 60
            notes.append(f"L'attente à l'embarquement ({f'{wait_min:g}'.replace('.', ',')} min) s'ajoute.")
        return notes

    def _refuse_useless(self, edit: RoadEdit, tags: Tags) -> None:
        """A line said to be added must be a road for every mode it is declared for."""
        for mode in edit.modes:
            if not self._is_open(tags, mode):
                raise BadInputError(
                    f"{self._file}, route déclarée n° {edit.number}, « road_class » : aucun trajet "
                    f"({MODES_FR[mode]}) n'emprunte une telle voie, même ouverte. Rien n'a été importé.",
                    received=f"« {edit.road_class} » pour : {', '.join(edit.modes)}",
                    expected="une classe de voie que chacun des moyens de transport déclarés emprunte",
                    action="retirer ce moyen de la déclaration, ou choisir une autre classe de voie",
                )

    def _join(self, edit: RoadEdit, place: tuple[float, float]) -> tuple[int, float]:
        """The nearest point of a road open to all the modes of the edit, and how far it is."""
        near, distance_m = self._near(place)
        for node, metres in zip(near.tolist(), distance_m.tolist(), strict=True):
            tags = [self._way_tags[way] for way in self._ways_at(node)]
            if all(any(self._is_open(of, mode) for of in tags) for mode in edit.modes):
                return node, metres
        modes = ", ".join(MODES_FR[mode] for mode in edit.modes)
        raise BadInputError(
            f"{self._file}, route déclarée n° {edit.number} : un de ses bouts ne rejoint aucune route. "
            "Rien n'a été importé.",
            received=f"un bout à lon={place[0]:.5f}, lat={place[1]:.5f}, sans point de route à {JOIN_WITHIN_M:.0f} m",
            expected=f"un bout à moins de {JOIN_WITHIN_M:.0f} m d'un point d'une route ouverte ({modes})",
            action="prolonger la ligne jusqu'à un carrefour ou un point de la route dans OpenStreetMap",
        )

    def _near(self, place: tuple[float, float]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Points within reach of a place, the nearest first, then those of the lowest index."""
        old = self._before
        new_lon, new_lat = np.array(self._new_lon_lat, np.float64).reshape(-1, 2).T
        lon, lat = np.concatenate((old.node_lon, new_lon)), np.concatenate((old.node_lat, new_lat))
        # Degrees of latitude are 111 km; those of longitude shrink with the cosine: a first sieve, twice too wide.
        margin_deg = 2 * JOIN_WITHIN_M / 111_000
        wide_deg = margin_deg / max(0.01, float(np.cos(np.radians(place[1]))))
        sieved = np.flatnonzero((np.abs(lat - place[1]) <= margin_deg) & (np.abs(lon - place[0]) <= wide_deg))
        here = np.full(len(sieved), place[0]), np.full(len(sieved), place[1])
        distance_m = np.asarray(_WGS84.inv(*here, lon[sieved], lat[sieved])[2]) if len(sieved) else np.empty(0)
        order = np.argsort(distance_m, kind="stable")
        order = order[distance_m[order] <= JOIN_WITHIN_M]
        return sieved[order], distance_m[order]

    def _ways_at(self, node: int) -> list[int]:
        at = np.flatnonzero(self._before.way_node == node)
        ways = np.unique(np.searchsorted(self._before.way_first, at, side="right") - 1).tolist()
        added = [len(self._before.way_id) + number for number, nodes in enumerate(self._new_nodes) if node in nodes]
        return [*ways, *added]

    def _nodes_of(self, way: int) -> NDArray[np.int32]:
        nodes = self._before.way_node[self._before.way_first[way] : self._before.way_first[way + 1]]
        return nodes[nodes >= 0]

    def _add_node(self, place: tuple[float, float]) -> int:
        self._new_lon_lat.append(place)
        return len(self._before.node_id) + len(self._new_lon_lat) - 1

    def _is_open(self, tags: Mapping[str, str], mode: str) -> bool:
        rule = self._profile(mode).interpret_way(tags)
        return rule is not None and rule.is_open

    def _closes_in_winter(self, way: int, mode: str) -> bool:
        rule = self._profile(mode).interpret_way(self._way_tags[way])
        return rule is not None and rule.is_winter_closed


def _tags_of(edit: RoadEdit) -> Tags:
    """The tags that say what the edit says."""
    if edit.action in ("open", "close"):
        return {_ACCESS_KEYS[mode]: "yes" if edit.action == "open" else "no" for mode in edit.modes}
    if edit.closed_from and edit.closed_until:
        first, last = (f"{_MONTHS[month - 1]} {day:02d}" for month, day in (edit.closed_from, edit.closed_until))
        return {_DATED_KEYS[mode]: f"no @ ({first}-{last})" for mode in edit.modes}
    tags = {key: "yes" if mode in edit.modes else "no" for mode, key in _ACCESS_KEYS.items()}
    if edit.name:
        tags["name"] = edit.name
    if edit.minutes is not None:
        return {"route": "ferry", "duration": f"PT{max(1, round(edit.minutes * 60))}S", **tags}
    tags["highway"] = str(edit.road_class)
    if edit.maxspeed_kmh is not None:
        tags["maxspeed"] = f"{edit.maxspeed_kmh:g}"
    return {**tags, "oneway": "yes" if edit.oneway else "no"}
