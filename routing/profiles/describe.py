"""A table as text for planners, in French: what ``accueil30 profile show`` prints and ``docs/profils.md`` holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from routing.profiles.table import (
    BarrierRow,
    CeilingRow,
    ClassRow,
    LimitRow,
    Row,
    SettingRow,
    SpeedRow,
    Table,
    TrackRow,
)

MODE_NAMES: Final = {"car": "Voiture", "bike": "Vélo", "foot": "Marche"}
_ACCESS: Final = {
    "open": "ouverte",
    "permission": "si une étiquette l'ouvre",
    "named": "si une étiquette nomme ce mode",
}
_PLACES: Final = {"inside": "en agglomération", "outside": "hors agglomération", "": "non dit"}
_UNITS: Final = {"_s": "s", "_kmh": "km/h", "_m": "m", "_min": "carrefours", "_share": ""}


@dataclass(frozen=True, slots=True)
class Section:
    """One table: each row has as many cells as there are ``headers``."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sections(table: Table) -> Iterator[Section]:
    """The tables of a mode that have rows, from what a planner asks first."""
    yield _section("Voies", table.classes, "highway", _CLASS_HEADERS[table.mode])
    yield _section("Réglages", table.settings, "nom", ("valeur",))
    yield _section("Traversées sans durée indiquée", table.crossings, "route", ("km/h",))
    if table.services:
        yield _section("Dessertes", table.services, "service", ("km/h",))
    if table.tracktypes:
        yield _section("Chemins", table.tracktypes, "tracktype", ("km/h sur un chemin", "plafond ailleurs"))
    if table.smoothness:
        yield _section("Planéité", table.smoothness, "smoothness", ("plafond, km/h",))
    yield _section("Revêtements", table.surfaces, "surface", ("plafond, km/h",))
    yield _section("Barrières", table.barriers, "barrier", ("passage",))
    if table.mode != "foot":
        yield _section("Limites données par une règle", table.limits, "valeur", ("km/h", "lieu"))


_CLASS_HEADERS: Final = {
    "car": (
        "hors agglo.",
        "en agglo.",
        "plafond hors agglo.",
        "plafond en agglo.",
        "sans étiquette d'accès",
        "adresses",
    ),
    "bike": ("km/h", "si le vélo est nommé", "sans étiquette d'accès", "adresses"),
    "foot": ("km/h", "sans étiquette d'accès", "adresses"),
}


def number(value: float | None) -> str:
    """French decimals; nothing for no number."""
    return "" if value is None else f"{value:g}".replace(".", ",")


def _section(title: str, rows: Mapping[str, Row], key: str, headers: tuple[str, ...]) -> Section:
    return Section(
        title,
        (key, "désignation", *headers, "source", "lue en"),
        tuple((name, row.label, *_cells(name, row, headers), row.source, row.date) for name, row in rows.items()),
    )


def _cells(name: str, row: Row, headers: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(row, ClassRow):
        return _class_cells(row, headers)
    if isinstance(row, SettingRow):
        unit = next(unit for ending, unit in _UNITS.items() if name.endswith(ending))
        return (f"{number(row.value)} {unit}".strip(),)
    if isinstance(row, CeilingRow):
        return ("fermée" if row.closed else number(row.ceiling_kmh) or "sans effet",)
    if isinstance(row, LimitRow):
        return number(row.limit_kmh), _PLACES[row.place]
    return _short_cells(row)


def _short_cells(row: Row) -> tuple[str, ...]:
    if isinstance(row, TrackRow):
        return number(row.kmh), number(row.ceiling_kmh)
    if isinstance(row, SpeedRow):
        return (number(row.kmh),)
    if isinstance(row, BarrierRow):
        return ("passe" if row.passes else "arrête",)
    raise TypeError(f"no cells for {type(row).__name__}")


def _class_cells(row: ClassRow, headers: tuple[str, ...]) -> tuple[str, ...]:
    all_cells = {
        "hors agglo.": number(row.outside_kmh),
        "en agglo.": number(row.inside_kmh),
        "plafond hors agglo.": number(row.ceiling_outside_kmh),
        "plafond en agglo.": number(row.ceiling_inside_kmh),
        "km/h": number(row.outside_kmh),
        "si le vélo est nommé": number(row.named_kmh),
        "sans étiquette d'accès": _ACCESS[row.access],
        "adresses": "oui" if row.attachable else "non",
    }
    return tuple(all_cells[header] for header in headers)
