"""The table of a mode: packaged rows, each with its source and date, and a territory's own rows in their place."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

MODES: Final = ("car", "bike", "foot")
#: No row may be faster: half an hour at this speed is the margin road networks are checked for.
FASTEST_KMH: Final = 115.0

Access = Literal["open", "permission", "named"]
Place = Literal["inside", "outside", ""]


class ProfileError(ValueError):
    """A table that cannot be used. The four parts are French and are shown as they stand."""

    def __init__(self, message: str, *, received: str, expected: str, action: str) -> None:
        super().__init__(message)
        self.message = message
        self.received = received
        self.expected = expected
        self.action = action

    def __str__(self) -> str:
        parts = (("Reçu", self.received), ("Attendu", self.expected), ("À faire", self.action))
        return " ".join([self.message, *(f"{label} : {text}." for label, text in parts)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    label: str  # what a planner reads
    source: str
    date: str  # year and month the source was read


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow(Row):
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow(Row):
    """``ceiling_*`` where a limit is known; ``named_kmh`` where a tag names the mode; ``access`` where no tag says."""

    outside_kmh: float
    inside_kmh: float
    access: Access  # open; permission: some access tag must open it; named: a tag of this very mode must
    attachable: bool  # a home or a site may open on it
    ceiling_outside_kmh: float | None = None
    ceiling_inside_kmh: float | None = None
    named_kmh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedRow(Row):
    kmh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CeilingRow(Row):
    """No ceiling: known, and without effect."""

    ceiling_kmh: float | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRow(Row):
    """``kmh`` on a track, ``ceiling_kmh`` on any other class."""

    kmh: float
    ceiling_kmh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierRow(Row):
    passes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow(Row):
    limit_kmh: float
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """All rows of one mode, by the value of the tag they are about."""

    mode: str
    version: str
    settings: Mapping[str, SettingRow]
    classes: Mapping[str, ClassRow]
    services: Mapping[str, SpeedRow]
    crossings: Mapping[str, SpeedRow]
    tracktypes: Mapping[str, TrackRow]
    smoothness: Mapping[str, CeilingRow]
    surfaces: Mapping[str, CeilingRow]
    barriers: Mapping[str, BarrierRow]
    limits: Mapping[str, LimitRow]
    limit_kmh: Mapping[str, float]  # the limits alone, for parse_maxspeed

    def setting(self, name: str) -> float:
        return self.settings[name].value


SECTIONS: Final[Mapping[str, type[Row]]] = {
    "settings": SettingRow,
    "classes": ClassRow,
    "services": SpeedRow,
    "crossings": SpeedRow,
    "tracktypes": TrackRow,
    "smoothness": CeilingRow,
    "surfaces": CeilingRow,
    "barriers": BarrierRow,
    "limits": LimitRow,
}
_Raw = dict[str, Any]
_SHOWN: Final = 12  # names listed in an error
_DATE_LENGTH: Final = len("2026-11")


def load_table(mode: str, overrides: Path | None = None) -> Table:
    """The packaged table of a mode, rows of ``overrides`` in place of ours.

    Raises ProfileError for an unknown mode, or for a file that cannot be read or says what no table can hold.
    """
    if mode not in MODES:
        raise ProfileError(
            "Moyen de transport inconnu.",
            received=f"« {mode} »",
            expected=", ".join(MODES),
            action="choisissez l'un d'eux",
        )
    raw = packaged_rows(mode)
    version = str(raw["version"])
    if overrides is not None:
        own = _read(overrides)
        _merge(raw, own, overrides.name)
        content = json.dumps({key: own[key] for key in own if key != "mode"}, sort_keys=True)
        version += "+" + hashlib.sha256(content.encode()).hexdigest()[:8]
    name = f"{mode}.toml" if overrides is None else overrides.name
    sections: _Raw = {
        section: {key: _row(row_type, value, f"{section}.{key}", name) for key, value in raw.get(section, {}).items()}
        for section, row_type in SECTIONS.items()
    }
    limit_kmh = {key: row.limit_kmh for key, row in sections["limits"].items()}
    return Table(mode=mode, version=version, limit_kmh=limit_kmh, **sections)


def overrides_mode(path: Path) -> str:
    """The mode a territory's file is about. Raises ProfileError as load_table does."""
    mode = _read(path).get("mode")
    if mode not in MODES:
        raise _bad_mode(path.name, mode)
    return str(mode)


def packaged_rows(mode: str) -> _Raw:
    """What the packaged files of a mode hold, unchecked; the limits by rule are common to all modes."""
    folder = Path(__file__).parent
    return _read(folder / f"{mode}.toml") | _read(folder / "limits.toml")


def _read(path: Path) -> _Raw:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ProfileError(
            f"Le tableau de vitesses {path.name} est illisible.",
            received=str(reason),
            expected="un fichier TOML en UTF-8, de même forme que « accueil30 profile show car »",
            action="vérifiez le chemin, puis la ligne indiquée",
        ) from error


def _merge(raw: _Raw, own: _Raw, name: str) -> None:
    """Put the territory's rows over ours, key by key; every row of theirs says its own source and date."""
    mode = own.get("mode")
    if mode != raw["mode"]:
        raise _bad_mode(name, mode, raw["mode"])
    for section, rows in own.items():
        if section == "mode":
            continue
        known = raw.get(section) if section in SECTIONS else None
        if known is None:
            raise _unknown(name, section, [key for key in SECTIONS if key in raw], "tableau")
        if not isinstance(rows, dict):
            raise _bad_value(name, section, rows, "des lignes, par exemple primary = { … }")
        for key, row in rows.items():
            place = f"{section}.{key}"
            if key not in known:
                raise _unknown(name, place, list(known), "ligne")
            if not isinstance(row, dict):
                raise _bad_value(name, place, row, "une ligne entre accolades")
            for needed in ("source", "date"):
                if needed not in row:
                    raise _bad_value(name, f"{place}.{needed}", "rien", "d'où vient la ligne, et quand elle a été lue")
            known[key] = known[key] | row


def _row(row_type: type[Row], raw: _Raw, place: str, name: str) -> Row:
    """A checked row. Its type says which values it must and may hold."""
    known: dict[str, Field[Any]] = {field.name: field for field in fields(row_type)}
    for key in raw:
        if key not in known:
            raise _unknown(name, f"{place}.{key}", list(known), "valeur")
    for key, field in known.items():
        if key not in raw and field.default is MISSING:
            raise _bad_value(name, f"{place}.{key}", "rien", "cette valeur est obligatoire")
    return row_type(**{key: _value(key, value, place, name) for key, value in raw.items()})


def _value(key: str, value: Any, place: str, name: str) -> Any:
    if key in _CHOICES:
        if value not in _CHOICES[key]:
            raise _bad_value(name, f"{place}.{key}", value, " ou ".join(f"« {one} »" for one in _CHOICES[key]))
        return value
    if key in ("label", "source", "date"):
        if not isinstance(value, str) or not value.strip():
            raise _bad_value(name, f"{place}.{key}", value, "un texte")
        if key == "date" and not _is_date(value):
            raise _bad_value(name, f"{place}.{key}", value, "une année et un mois, par exemple 2026-11")
        return value
    if key in ("attachable", "passes", "closed"):
        if not isinstance(value, bool):
            raise _bad_value(name, f"{place}.{key}", value, "true ou false")
        return value
    is_allowed, expected = _range_of(place.rsplit(".", maxsplit=1)[-1] if key == "value" else key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not is_allowed(value):
        raise _bad_value(name, f"{place}.{key}", value, expected)
    return float(value)


_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "access": ("open", "permission", "named"),
    "place": ("inside", "outside", ""),
}


def _range_of(name: str) -> tuple[Callable[[float], bool], str]:
    """What a number may be, by the unit its name ends with. NaN passes no comparison."""
    if name == "limit_kmh":
        return lambda value: 5 <= value <= 150, "une limite de 5 à 150 km/h"
    if name.endswith("_s"):
        return lambda value: 0 <= value <= 3600, "de 0 à 3600 secondes"
    if name.endswith("_share"):
        return lambda value: 0.1 <= value <= 1, "une part de 0,1 à 1"
    if name.endswith("_m"):
        return lambda value: 50 <= value <= 5000, "de 50 à 5000 mètres"
    if name.endswith("_min"):
        return lambda value: 1 <= value <= 1000 and math.floor(value) == value, "un nombre entier de 1 à 1000"
    return lambda value: 1 <= value <= FASTEST_KMH, f"une vitesse de 1 à {FASTEST_KMH:.0f} km/h"


def _is_date(text: str) -> bool:
    year, dash, month = text[:4], text[4:5], text[5:7]
    is_month = dash == "-" and month.isdecimal() and 1 <= int(month) <= 12
    return len(text) >= _DATE_LENGTH and year.isdecimal() and is_month


def _bad_mode(name: str, mode: object, wanted: str | None = None) -> ProfileError:
    return ProfileError(
        f"Le fichier {name} n'est pas pour ce moyen de transport.",
        received="aucun mode" if mode is None else f"mode = « {mode} »",
        expected=f"mode = « {wanted} »" if wanted else " ou ".join(f"mode = « {one} »" for one in MODES),
        action="écrivez le moyen de transport en tête du fichier",
    )


def _unknown(name: str, place: str, known: list[str], what: str) -> ProfileError:
    shown = ", ".join(known[:_SHOWN]) + (", …" if len(known) > _SHOWN else "")
    return ProfileError(
        f"Le fichier {name} contient une {what} inconnue."
        if what != "tableau"
        else f"Le fichier {name} contient un tableau inconnu.",
        received=place,
        expected=shown,
        action="corrigez le nom ; « accueil30 profile show » les donne tous",
    )


def _bad_value(name: str, place: str, value: object, expected: str) -> ProfileError:
    return ProfileError(
        f"Le fichier {name} contient une valeur inutilisable.",
        received=f"{place} = {value}",
        expected=expected,
        action="corrigez cette valeur ou retirez la ligne",
    )
