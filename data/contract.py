"""What each reader of a file gives back: column names, types, units, and the report of the reading.

Tables are GeoDataFrames in EPSG:4326 unless said otherwise. Codes are text. Every reader returns
``(table, ReadReport)`` and raises ``BadInputError`` when the file as a whole cannot be used; a row that cannot be
used is left out of the table and named in the report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

#: Called with (done, total) as a reading advances; total is None while it is unknown.
Progress = Callable[[int, int | None], None]

COMMUNE_COLUMNS = (
    "code_insee",  # text, "2A041"
    "nom",
    "departement_code",  # text, "2A"
    "epci_code",  # SIREN text or None
    "population_municipale",  # Int64, <NA> when the file has none
    "geometry",  # MultiPolygon
)
EPCI_COLUMNS = ("code_siren", "nom", "nature", "geometry")
GRID_COLUMNS = (
    "cell_id",  # "CRS3035RES200mN2030000E4252000": south-west corner in EPSG:3035
    "cell_size_m",  # 200 or 1000
    "x_m",  # int, EPSG:3035, south-west corner
    "y_m",  # int, EPSG:3035, south-west corner
    "individuals",  # float, fractional as published
    "households",  # float or NaN
    "poor_households",  # float or NaN
    "is_estimated",  # bool: imputed by INSEE to protect secrecy
)  # a plain DataFrame: geometry follows from the id
SITE_COLUMNS = (
    "source",  # "france-services"
    "source_id",
    "name",
    "carrier",  # app.domain.site.CARRIERS
    "form",  # fixed | branch | outpost | mobile | phone
    "address",
    "postal_code",
    "commune_nom",
    "code_insee",
    "departement_code",
    "opening_hours",  # OSM opening_hours, None = unknown
    "opening_hours_raw",  # dict of the columns as received
    "by_appointment",  # True / False / None = unknown
    "comment",
    "accreditation",
    "geometry",  # Point, lon/lat
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing seen in a file: where, what was there, what is wrong, what to do (both in French)."""

    severity: Literal["error", "warning"]
    line: int | None
    field: str | None
    value: str | None
    message: str
    suggestion: str


@dataclass(slots=True)
class ReadReport:
    """What happened to each row of a file. ``rows_read == rows_kept + rows_rejected`` always holds."""

    path: str
    sha256: str
    kind: str
    rows_read: int = 0
    rows_kept: int = 0
    rows_rejected: int = 0
    facts: dict[str, str | int | float] = field(default_factory=dict)  # format seen, encoding, CRS, totals
    findings: list[Finding] = field(default_factory=list)

    def error(
        self,
        message: str,
        suggestion: str,
        *,
        line: int | None = None,
        field: str | None = None,
        value: str | None = None,
    ) -> None:
        self.findings.append(Finding("error", line, field, value, message, suggestion))

    def warning(
        self,
        message: str,
        suggestion: str,
        *,
        line: int | None = None,
        field: str | None = None,
        value: str | None = None,
    ) -> None:
        self.findings.append(Finding("warning", line, field, value, message, suggestion))
