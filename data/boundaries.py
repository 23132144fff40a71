"""Communes, EPCI and départements from GeoJSON, under the names that IGN and INSEE give them.

Both generations of ADMIN EXPRESS are read (``insee_com, insee_dep, siren_epci`` and ``code_insee,
code_insee_du_departement, codes_siren_des_epci``), in capital or small letters. In the reports ``line`` is
the rank of the feature in the file, from 1: a GeoJSON has no lines of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from data.boundary_rows import (
    Names,
    Row,
    RowError,
    commune_row,
    departement_row,
    epci_row,
    outline,
)
from data.contract import COMMUNE_COLUMNS, EPCI_COLUMNS, Progress, ReadReport
from data.errors import BadInputError
from data.geojson import Feature, read_features
from data.outline import to_multipolygon
from data.reporting import close_report, refuse_when_nothing_kept, reject
from data.store import sha256_file
from data.territory import TERRITORIES, Extent

DEPARTEMENT_COLUMNS: Final = ("code", "nom", "geometry")

_COMMUNE_NAMES: Final = {
    "code": ("code_insee", "insee_com", "code", "codgeo"),
    "nom": ("nom_officiel", "nom", "libelle"),
    "departement": ("code_insee_du_departement", "insee_dep", "departement", "codedepartement"),
    "epci": ("codes_siren_des_epci", "code_siren_epci", "siren_epci", "epci_code", "codeepci"),
    "population": ("population_municipale", "population", "population_municipale_2026"),
    "code_2026": ("code_2026",),
}
_EPCI_NAMES: Final = {
    "code": ("code_siren", "siren_epci", "epci_code", "siren", "code"),
    "nom": ("nom_officiel", "nom", "epci_nom"),
    "nature": ("nature", "epci_type", "type"),
}
_DEPARTEMENT_NAMES: Final = {
    "code": ("code_insee", "insee_dep", "code"),
    "nom": ("nom_officiel", "nom", "libelle"),
}


@dataclass(frozen=True, slots=True)
class _Spec:
    kind: str
    what: str
    names: Mapping[str, tuple[str, ...]]
    columns: tuple[str, ...]
    row: Callable[[Feature, Names, ReadReport], tuple[Row, tuple[Extent, ...]]]
    code_column: str


def read_communes(path: Path, progress: Progress | None = None) -> tuple[gpd.GeoDataFrame, ReadReport]:
    """Communes of a GeoJSON (.gz too): COMMUNE_COLUMNS, EPSG:4326, population <NA> where the file has none.

    A commune in several EPCI (Grand Paris) keeps the first code. ``code_2026``, when present, is only
    compared: a commune merged since is kept under the code its outline has, with a warning. Raises
    BadInputError when the file as a whole cannot be used (see data.geojson) or no feature of it can.
    """
    return _read(path, _COMMUNES, progress)


def read_epci(path: Path, progress: Progress | None = None) -> tuple[gpd.GeoDataFrame, ReadReport]:
    """EPCI of a GeoJSON: EPCI_COLUMNS, EPSG:4326. Errors as for read_communes."""
    return _read(path, _EPCI, progress)


def read_departements(path: Path, progress: Progress | None = None) -> tuple[gpd.GeoDataFrame, ReadReport]:
    """Départements of a GeoJSON: code, nom, geometry (EPSG:4326). Errors as for read_communes."""
    return _read(path, _DEPARTEMENTS, progress)


def departements_from_communes(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Outlines of the départements, each the union of its communes; names from the list of territories."""
    rows = []
    for code, group in communes.groupby("departement_code", sort=True):
        whole = to_multipolygon(shapely.union_all(group.geometry.to_numpy()))
        rows.append({"code": code, "nom": TERRITORIES[str(code)].nom, "geometry": whole})
    return gpd.GeoDataFrame(rows, columns=list(DEPARTEMENT_COLUMNS), geometry="geometry", crs="EPSG:4326")


def _read(path: Path, spec: _Spec, progress: Progress | None) -> tuple[gpd.GeoDataFrame, ReadReport]:
    features = read_features(path, what=spec.what, progress=progress)
    report = ReadReport(str(path), sha256_file(path), spec.kind)
    names = _find_names(features, spec)
    report.facts.update(format="GeoJSON", crs="EPSG:4326")
    rows: list[Row] = []
    seen: set[str] = set()
    for feature in features:
        try:
            row, extents = spec.row(feature, names, report)
            row["geometry"] = outline(feature, row["nom"], extents, report)
            code = row[spec.code_column]
            if code in seen:
                raise RowError("code", code, f"Le code {code} est en double.", "Garder une seule entité par code.")
        except RowError as error:
            value = None if error.value is None else str(error.value)
            reject(report, error.message, error.suggestion, line=feature.number, field=error.field, value=value)
            continue
        seen.add(code)
        rows.append(row)
    close_report(report, len(rows))
    refuse_when_nothing_kept(report, spec.what)
    plain = pd.DataFrame(rows, columns=list(spec.columns), dtype=object)  # object: None stays None
    table = gpd.GeoDataFrame(plain, geometry="geometry", crs="EPSG:4326")
    if "population_municipale" in spec.columns:
        table["population_municipale"] = table["population_municipale"].astype("Int64")
        _sum_population(table, names, report)
    return table, report


def _sum_population(table: gpd.GeoDataFrame, names: Names, report: ReadReport) -> None:
    """Total for the report; a total over communes that have none must not pass for the whole."""
    report.facts["population_municipale"] = int(table["population_municipale"].sum())
    without = int(table["population_municipale"].isna().sum())
    if without:
        report.facts["communes_without_population"] = without
        report.warning(
            f"{without} communes sur {len(table)} sans population municipale : elle est inconnue, pas nulle.",
            "Fournir un fichier qui porte la population municipale de chaque commune.",
            field=names["population"],
        )


def _find_names(features: list[Feature], spec: _Spec) -> Names:
    """Which property holds each field; BadInputError when the code or the name has none."""
    present = set().union(*(feature.properties for feature in features))
    names = {field: next((name for name in known if name in present), None) for field, known in spec.names.items()}
    for field in ("code", "nom"):
        if names[field] is None:
            raise BadInputError(
                f"Colonne absente : {field}.",
                received=f"les colonnes {', '.join(sorted(present)) or '(aucune)'}",
                expected=f"une colonne nommée {' ou '.join(spec.names[field])}",
                action="renommer la colonne, ou vérifier que le fichier est du bon niveau",
            )
    return names


_COMMUNES: Final = _Spec(
    kind="communes",
    what="un GeoJSON de communes (ADMIN EXPRESS ou équivalent)",
    names=_COMMUNE_NAMES,
    columns=COMMUNE_COLUMNS,
    row=commune_row,
    code_column="code_insee",
)
_EPCI: Final = _Spec(
    kind="epci",
    what="un GeoJSON d'EPCI (ADMIN EXPRESS ou équivalent)",
    names=_EPCI_NAMES,
    columns=EPCI_COLUMNS,
    row=epci_row,
    code_column="code_siren",
)
_DEPARTEMENTS: Final = _Spec(
    kind="departements",
    what="un GeoJSON de départements",
    names=_DEPARTEMENT_NAMES,
    columns=DEPARTEMENT_COLUMNS,
    row=departement_row,
    code_column="code",
)
