"""What a planner declares on top of OpenStreetMap: a GeoJSON of edits, each with its reason, its author and its date.

An edit changes tags or adds a way, nothing else: the profile then judges it like any other road, so that a declared
river crossing, an opened private road and a road of the map are timed by the same rules. The file is described in
docs/data.md.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, cast

from shapely import LineString

from data.errors import BadInputError
from data.geojson import Feature, read_features
from data.store import sha256_file
from routing.conditions import SUMMER_DAY
from routing.profile import MODES, ROAD_CLASSES
from routing.tag_values import LONGEST_CROSSING_S, PLAUSIBLE_LIMIT_KMH

T = TypeVar("T")
MonthDay = tuple[int, int]

#: action -> its name in French.
ACTIONS_FR: Final = {
    "open": "voie ouverte",
    "close": "voie fermée",
    "close_winter": "fermeture d'hiver",
    "add_crossing": "traversée ajoutée",
    "add_road": "route ajoutée",
}
MODES_FR: Final = {"car": "voiture", "bike": "vélo", "foot": "marche"}
_WAY_ACTIONS: Final = ("open", "close", "close_winter")
_COMMON: Final = ("action", "modes", "reason", "declared_by", "declared_on", "valid_from", "valid_until", "name")
#: action -> the fields it takes besides the common ones.
_FIELDS: Final = {
    "open": ("osm_way_id",),
    "close": ("osm_way_id",),
    "close_winter": ("osm_way_id", "closed_from", "closed_until"),
    "add_crossing": ("minutes",),
    "add_road": ("road_class", "maxspeed_kmh", "oneway"),
}
_WHAT: Final = "une collection GeoJSON de routes déclarées (docs/data.md, « Routes déclarées »)"
_DECLARABLE: Final = tuple(road.name for road in ROAD_CLASSES if road.name != "ferry")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH_DAY: Final = re.compile(r"(\d{2})-(\d{2})", re.ASCII)
_MAX_TEXT: Final = 500
#: A leap year: 29 February is a day one may write.
_LEAP_YEAR: Final = 2024


@dataclass(frozen=True, slots=True)
class RoadEdit:
    """One declaration. ``number`` counts from 1 in the file; ``line`` is lon/lat, empty for an edit of a way.

    ``closed_from`` and ``closed_until`` are (month, day), both included. ``minutes`` is the crossing from bank to
    bank: the profile adds its boarding wait.
    """

    number: int
    action: str
    modes: tuple[str, ...]
    reason: str
    declared_by: str
    declared_on: date
    valid_from: date | None = None
    valid_until: date | None = None
    name: str | None = None
    osm_way_id: int | None = None
    closed_from: tuple[int, int] | None = None
    closed_until: tuple[int, int] | None = None
    minutes: float | None = None
    road_class: str | None = None
    maxspeed_kmh: float | None = None
    oneway: bool = False
    line: tuple[tuple[float, float], ...] = ()

    def holds_on(self, day: date) -> bool:
        """Whether the declaration is valid that day, both ends included."""
        return (self.valid_from or day) <= day <= (self.valid_until or day)

    def said_fr(self) -> str:
        """One sentence: what, for whom, why, who says so and since when."""
        modes = ", ".join(MODES_FR[mode] for mode in self.modes)
        said = f"{ACTIONS_FR[self.action]} {self._object_fr()} ({modes}) : {self.reason.rstrip('.')}"
        until = f", valable jusqu'au {self.valid_until:%d/%m/%Y}" if self.valid_until else ""
        return f"{said}. Déclaré par {self.declared_by} le {self.declared_on:%d/%m/%Y}{until}."

    def _object_fr(self) -> str:
        parts = [f"« {self.name} »"] if self.name else []
        if self.osm_way_id is not None:
            parts.append(f"n° {self.osm_way_id}")
        if self.closed_from and self.closed_until:
            (first_month, first_day), (last_month, last_day) = self.closed_from, self.closed_until
            parts.append(f"du {first_day:02d}/{first_month:02d} au {last_day:02d}/{last_month:02d}")
        if self.minutes is not None:
            parts.append(f"en {self.minutes:g} min".replace(".", ","))
        if self.road_class is not None:
            parts.append(f"de classe {self.road_class}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class RoadEdits:
    """A file of edits as read on ``as_of``: those whose validity does not hold that day are kept and not applied."""

    file: str
    sha256: str
    as_of: date
    edits: tuple[RoadEdit, ...]

    def as_json(self) -> dict[str, Any]:
        """What is kept with the network and with each run made on it."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "as_of": self.as_of.isoformat(),
            "edits": [
                {
                    "number": edit.number,
                    "action": edit.action,
                    "modes": list(edit.modes),
                    "said": edit.said_fr(),
                    "is_applied": edit.holds_on(self.as_of),
                }
                for edit in self.edits
            ],
        }


def read_road_edits(path: Path, *, as_of: date | None = None) -> RoadEdits:
    """The edits of a GeoJSON file (.geojson, .geojson.gz); ``as_of`` is the day they are judged on, today by default.

    Raises BadInputError at the first edit that cannot be used: an edit left out in silence would be a road too many
    or too few in every figure.
    """
    day = as_of or datetime.now(UTC).date()
    edits = tuple(_Reading(path, feature, day).edit() for feature in read_features(path, what=_WHAT))
    _refuse_contradictions(path, edits)
    return RoadEdits(path.name, sha256_file(path), day, edits)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One feature being read; every refusal names the file, the edit and the field."""

    path: Path
    feature: Feature
    day: date

    def edit(self) -> RoadEdit:
        action = self._one_of("action", ACTIONS_FR)
        self._refuse_unknown_fields(action)
        declared_on = self._required("declared_on", self._day("declared_on"))
        if declared_on > self.day:
            self._refuse("declared_on", "la date de la déclaration est dans le futur", "une date passée, AAAA-MM-JJ")
        valid_from, valid_until = self._day("valid_from"), self._day("valid_until")
        if valid_from and valid_until and valid_until < valid_from:
            self._refuse("valid_until", "la validité finit avant de commencer", "une date après valid_from")
        is_winter, is_crossing, is_road = (
            action == name for name in ("close_winter", "add_crossing", "add_road")
        )  # fmt: skip
        closed_from, closed_until = self._closure() if is_winter else (None, None)
        return RoadEdit(
            number=self.feature.number,
            action=action,
            modes=self._modes(),
            reason=self._required("reason", self._text("reason")),
            declared_by=self._required("declared_by", self._text("declared_by")),
            declared_on=declared_on,
            valid_from=valid_from,
            valid_until=valid_until,
            name=self._text("name"),
            osm_way_id=self._way_id() if action in _WAY_ACTIONS else None,
            closed_from=closed_from,
            closed_until=closed_until,
            minutes=self._number("minutes", 0, LONGEST_CROSSING_S / 60, is_required=True) if is_crossing else None,
            road_class=self._one_of("road_class", _DECLARABLE) if is_road else None,
            maxspeed_kmh=self._number("maxspeed_kmh", *PLAUSIBLE_LIMIT_KMH) if is_road else None,
            oneway=self._flag("oneway") if is_road else False,
            line=() if action in _WAY_ACTIONS else self._line(),
        )

    def _refuse(self, field: str, wrong: str, expected: str) -> NoReturn:
        value = self.feature.properties.get(field)
        raise BadInputError(
            f"{self.path.name}, route déclarée n° {self.feature.number}, « {field} » : {wrong}. Rien n'a été importé.",
            received="rien" if value is None else f"« {str(value)[:80]} »",
            expected=expected,
            action="corriger cette déclaration (docs/data.md donne tous les champs), puis réimporter les routes",
        )

    def _required(self, field: str, value: T | None) -> T:
        if value is None:
            self._refuse(field, "champ obligatoire absent", "une valeur")
        return value

    def _refuse_unknown_fields(self, action: str) -> None:
        allowed = (*_COMMON, *_FIELDS[action])
        for field, value in self.feature.properties.items():
            if field not in allowed and value is not None:
                self._refuse(field, f"champ inconnu pour l'action « {action} »", f"un de : {', '.join(allowed)}")

    def _text(self, field: str) -> str | None:
        value = self.feature.properties.get(field)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or len(value) > _MAX_TEXT:
            self._refuse(field, "texte vide, trop long ou d'un autre type", f"un texte d'au plus {_MAX_TEXT} signes")
        return " ".join(value.split())

    def _one_of(self, field: str, allowed: Mapping[str, str] | tuple[str, ...]) -> str:
        value = self.feature.properties.get(field)
        if not isinstance(value, str) or value not in allowed:
            wrong = "champ obligatoire absent" if value is None else "valeur inconnue"
            self._refuse(field, wrong, f"un de : {', '.join(allowed)}")
        return value

    def _modes(self) -> tuple[str, ...]:
        value = self.feature.properties.get("modes")
        names = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if not isinstance(names, list) or not names or any(name not in MODES for name in names):
            self._refuse("modes", "moyens de transport absents ou inconnus", f"une liste de : {', '.join(MODES)}")
        return tuple(mode for mode in MODES if mode in names)

    def _day(self, field: str) -> date | None:
        value = self.feature.properties.get(field)
        if value is None:
            return None
        if not isinstance(value, str) or not _DAY.fullmatch(value):  # ISO 8601 has other forms: "2026-W01-1"
            self._not_a_day(field)
        try:
            return date.fromisoformat(value)
        except ValueError:
            self._not_a_day(field)

    def _not_a_day(self, field: str) -> NoReturn:
        self._refuse(field, "ce n'est pas une date", "une date AAAA-MM-JJ, par exemple 2026-01-31")

    def _closure(self) -> tuple[MonthDay, MonthDay]:
        """First and last day; they leave open at least the day the summer is judged on."""
        first, last = self._month_day("closed_from"), self._month_day("closed_until")
        is_summer = first <= SUMMER_DAY <= last if first <= last else first <= SUMMER_DAY or last >= SUMMER_DAY
        if is_summer:
            self._refuse(
                "closed_until",
                "la fermeture comprend le 15 juillet, jour où l'été est jugé : ce n'est pas une fermeture d'hiver",
                "des dates qui laissent la voie ouverte le 15 juillet, ou l'action « close » pour la fermer toute l'année",
            )
        return first, last

    def _month_day(self, field: str) -> MonthDay:
        value = self._required(field, self.feature.properties.get(field))
        match = _MONTH_DAY.fullmatch(value) if isinstance(value, str) else None
        month, day = (int(match[1]), int(match[2])) if match else (0, 0)
        if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(_LEAP_YEAR, month)[1]:
            self._refuse(field, "ce n'est pas un jour de l'année", "un mois et un jour MM-JJ, par exemple 11-15")
        return month, day

    def _number(self, field: str, low: float, high: float, *, is_required: bool = False) -> float | None:
        value = self.feature.properties.get(field)
        if value is None and not is_required:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not max(0.0, low) <= value <= high:
            value = None
        if not value:
            self._refuse(
                field, "nombre absent ou invraisemblable", f"un nombre de {low:g} à {high:g}, plus grand que 0"
            )
        return float(value)

    def _flag(self, field: str) -> bool:
        value = self.feature.properties.get(field)
        if not isinstance(value, bool | None):
            self._refuse(field, "ni vrai ni faux", "true ou false")
        return bool(value)

    def _way_id(self) -> int:
        value = self.feature.properties.get("osm_way_id")
        if isinstance(value, bool) or not isinstance(value, int):
            self._refuse("osm_way_id", "identifiant absent ou d'un autre type", "le numéro d'une voie OpenStreetMap")
        return value

    def _line(self) -> tuple[tuple[float, float], ...]:
        geometry = self.feature.geometry
        if not isinstance(geometry, LineString) or geometry.length == 0:
            received = self.feature.problem or f"une géométrie « {geometry.geom_type if geometry else 'absente'} »"
            raise BadInputError(
                f"{self.path.name}, route déclarée n° {self.feature.number} : la géométrie ne convient pas. "
                "Rien n'a été importé.",
                received=received,
                expected="une ligne (LineString) de deux points au moins, en longitude et latitude",
                action="dessiner la ligne d'une route à l'autre, puis réimporter les routes",
            )
        return tuple((float(point[0]), float(point[1])) for point in geometry.coords)


def _refuse_contradictions(path: Path, edits: tuple[RoadEdit, ...]) -> None:
    """A way may be opened and close in winter; declared twice otherwise, which one holds would depend on the order."""
    seen: dict[tuple[int, str, str], RoadEdit] = {}
    for edit in edits:
        for mode in edit.modes if edit.osm_way_id is not None else ():
            kind = "winter" if edit.action == "close_winter" else "access"
            other = seen.setdefault((cast(int, edit.osm_way_id), mode, kind), edit)
            if other is not edit:
                raise BadInputError(
                    f"{path.name} déclare deux fois la voie {edit.osm_way_id} ({MODES_FR[mode]}). Rien n'a été importé.",
                    received=f"les déclarations n° {other.number} ({other.action}) et n° {edit.number} ({edit.action})",
                    expected="une seule déclaration par voie et par moyen de transport",
                    action="garder celle qui vaut, puis réimporter les routes",
                )
