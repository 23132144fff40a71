"""Tables as files: CSV, XLSX, GeoJSON. Each says where its figures come from.

The run, the question asked and the sources are columns, the same on every line, rather than a comment line or an
HTTP header: a comment breaks the readers that expect a table, and a header does not follow the file once it is saved.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final, Literal

import xlsxwriter

from app.api.answers import Answer
from app.api.info import Info, attribution_text, minutes
from app.domain.coverage import SCOPE_LABELS_FR, Scope
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON, travel_fr

Cell = str | int | float | bool | None
GEOJSON: Final = "application/geo+json"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Separator = Literal["comma", "semicolon"]
#: A spreadsheet runs a text that starts so (OWASP, « CSV Injection »).
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
#: The columns after the figures: which run, of when, how people travel, at which threshold, counting which sites; then
#: the sources.
_ORIGIN_COLUMNS: Final = ("calcul", "calcule_le", "trajet", "seuil_s", "lieux_comptes")
_SOURCES_COLUMN: Final = "sources"


@dataclass(frozen=True, slots=True)
class Origin:
    """What follows a figure out of the service; ``info`` says of which run, ``scope`` for which sites."""

    info: Info
    scope: Scope

    def cells(self) -> list[Cell]:
        run_id, created_at = self.info.run_id, self.info.run_created_at
        return [
            None if run_id is None else str(run_id),
            None if created_at is None else created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            travel_fr(self.info.mode, self.info.season),
            None if self.info.threshold_min is None else round(self.info.threshold_min * 60),
            SCOPE_LABELS_FR[self.scope],
        ]


def csv_answer(
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    origin: Origin,
    *,
    separator: Separator = "comma",
    bom: bool = False,
) -> Answer:
    """UTF-8, RFC 4180. With semicolons, decimals take a comma: a French spreadsheet opens it as it is."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter="," if separator == "comma" else ";")
    decimal = "." if separator == "comma" else ","
    last = [*origin.cells(), attribution_text(origin.info)]
    writer.writerow([*columns, *_ORIGIN_COLUMNS, _SOURCES_COLUMN])
    writer.writerows([_csv_cell(value, decimal) for value in (*row, *last)] for row in rows)
    content = stream.getvalue().encode("utf-8-sig" if bom else "utf-8")
    return Answer(content, "text/csv; charset=utf-8", f"{name}.csv")


def xlsx_answer(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], origin: Origin) -> Answer:
    """Two sheets: the figures with their run, and where they come from. No text is ever a formula or a link."""
    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("Chiffres")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, [*columns, *_ORIGIN_COLUMNS], bold)
        last = origin.cells()
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate((*row, *last)):
                _write_cell(sheet, number, column, value)
        sheet.autofit()
        _write_sources(book.add_worksheet("Sources"), origin, bold)
    return Answer(stream.getvalue(), XLSX, f"{name}.xlsx")


def geojson_answer(features: list[dict[str, Any]], info: Info, **members: Any) -> Answer:
    """A FeatureCollection (RFC 7946) with ``info`` beside its features."""
    collection = {
        "type": "FeatureCollection",
        **members,
        "info": info.model_dump(mode="json"),
        "features": features,
    }
    content = json.dumps(collection, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Answer(content.encode(), GEOJSON)


def file_name(code: str, what: str, info: Info) -> str:
    """accueil30-2A-commune, accueil30-2A-commune-bike-winter: two files saved side by side must not look alike."""
    extras = [
        value for value, headline in ((info.mode, HEADLINE_MODE), (info.season, HEADLINE_SEASON)) if value != headline
    ]
    return "-".join(["accueil30", code, what, *extras])


def inert(text: str) -> str:
    """The text as a spreadsheet will show it, without running it."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def minutes_cell(time_s: float | None, threshold_s: int) -> Cell:
    """Minutes as the page shows them: to 0.1, never rounded across the threshold; infinite without a route."""
    shown = minutes(time_s, threshold_s)
    return math.inf if isinstance(shown, str) else shown


def seconds_cell(time_s: float | None) -> Cell:
    """Seconds to the tenth, which is how they are computed: nothing is lost but the dust of binary fractions."""
    return time_s if time_s is None or math.isinf(time_s) else round(time_s, 1)


def _csv_cell(value: Cell, decimal: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return "aucune route" if math.isinf(value) else f"{value!r}".replace(".", decimal)
    return inert(value) if isinstance(value, str) else str(value)


def _write_cell(sheet: Any, row: int, column: int, value: Cell) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_string(row, column, "oui" if value else "non")
    elif isinstance(value, float) and math.isinf(value):
        sheet.write_string(row, column, "aucune route")
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, value)


def _write_sources(sheet: Any, origin: Origin, bold: Any) -> None:
    info = origin.info
    lines: list[tuple[str, str]] = [
        ("Calcul", f"{info.run_id} du {info.run_created_at:%d/%m/%Y}" if info.run_created_at else "aucun"),
        ("Trajet", travel_fr(info.mode, info.season)),
        ("Règle", info.threshold_rule),
        ("Lieux comptés", SCOPE_LABELS_FR[origin.scope]),
        ("Version du service", info.service_version),
        *(("Source", f"{item.attribution} – {item.producer} – {item.licence}") for item in info.attributions),
    ]
    if info.is_fictional:
        lines.append(("Attention", "Département fictif : aucun de ces chiffres n’est réel"))
    for row, (term, text) in enumerate(lines):
        sheet.write_string(row, 0, term, bold)
        sheet.write_string(row, 1, text)
    sheet.autofit()
