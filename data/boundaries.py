"""Communes, EPCI and départements from GeoJSON, under the names that IGN and INSEE give them.

Both generations of ADMIN EXPRESS are read (``insee_com, insee_dep, siren_epci`` and ``code_insee,
code_insee_du_departement, codes_siren_des_epci``), in capital or small letters. In the reports ``line`` is
the rank of the feature in the file, from 1: a GeoJSON has no lines of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry import MultiPolygon

from data.contract import COMMUNE_COLUMNS, EPCI_COLUMNS, Progress, ReadReport
from data.errors import BadInputError
from data.geojson import Feature, bounds_of, is_within, read_features, swapped
from data.outline import cut_at_touches, invalidity, to_multipolygon, touches_itself
from data.store import sha256_file
from data.tables import close_report, refuse_when_nothing_kept, reject
from data.territory import TERRITORIES, ZONE_EXTENTS, Extent, departement_of

DEPARTEMENT_COLUMNS: Final = ("code", "nom", "geometry")
_MARGIN_DEG: Final = 0.3
_CODE_INSEE: Final = re.compile(r"(?:\d{2}|2[AB])\d{3}")
_SIREN: Final = re.compile(r"\d{9}")

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
_NATURES: Final = {
    "CC": "Communauté de communes",
    "CA": "Communauté d'agglomération",
    "CU": "Communauté urbaine",
    "METRO": "Métropole",
    "MET69": "Métropole de Lyon",
}
_NO_EPCI: Final = frozenset({"", "NR", "NC", "NONE", "NULL"})

Row = dict[str, Any]
Names = dict[str, str | None]  # our field -> the file's property, None when the file has none


class _RowError(Exception):
    """A feature that cannot be used."""

    def __init__(self, field: str, value: object, message: str, suggestion: str) -> None:
        super().__init__(message)
        self.field, self.value, self.message, self.suggestion = field, value, message, suggestion


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
        outline = to_multipolygon(shapely.union_all(group.geometry.to_numpy()))
        rows.append({"code": code, "nom": TERRITORIES[str(code)].nom, "geometry": outline})
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
            row["geometry"] = _outline(feature, row["nom"], extents, report)
            code = row[spec.code_column]
            if code in seen:
                raise _RowError(
                    "code", code, f"Le code {code} est en double.", "Garder une seule entité par code."
                )
        except _RowError as error:
            value = None if error.value is None else str(error.value)
            reject(
                report, error.message, error.suggestion, line=feature.number, field=error.field, value=value
            )
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
    names = {
        field: next((name for name in known if name in present), None) for field, known in spec.names.items()
    }
    for field in ("code", "nom"):
        if names[field] is None:
            raise BadInputError(
                f"Colonne absente : {field}.",
                received=f"les colonnes {', '.join(sorted(present)) or '(aucune)'}",
                expected=f"une colonne nommée {' ou '.join(spec.names[field])}",
                action="renommer la colonne, ou vérifier que le fichier est du bon niveau",
            )
    return names


def _text(feature: Feature, name: str | None) -> str:
    value = feature.properties.get(name) if name is not None else None
    return "" if value is None else str(value).strip()


def _commune_row(feature: Feature, names: Names, report: ReadReport) -> tuple[Row, tuple[Extent, ...]]:
    code = _text(feature, names["code"])
    departement = _commune_departement(code, feature, names)
    later = _text(feature, names["code_2026"])
    if names["code_2026"] is not None and later != code:
        report.warning(
            f"La commune {code} n'existe plus sous ce code en 2026.",
            f"Son territoire est dans la commune {later}."
            if later
            else "Chercher la commune qui l'a absorbée.",
            line=feature.number,
            field="code_2026",
            value=later or None,
        )
    row = {
        "code_insee": code,
        "nom": _name(feature, names),
        "departement_code": departement,
        "epci_code": _epci_code(_text(feature, names["epci"])),
        "population_municipale": _population(feature, names["population"]),
    }
    return row, (TERRITORIES[departement].extent,)


def _commune_departement(code: str, feature: Feature, names: Names) -> str:
    if not _CODE_INSEE.fullmatch(code):
        lost_zero = re.fullmatch(r"\d{4}", code)
        hint = (
            f"Écrire « 0{code} » : le zéro de tête a été perdu."
            if lost_zero
            else "Attendu : 5 caractères, comme 01004."
        )
        raise _RowError("code", code, f"Code de commune mal formé : « {code} ».", hint)
    departement = departement_of(code)
    if departement is None:
        raise _RowError(
            "code",
            code,
            f"Département inconnu pour la commune {code}.",
            "Vérifier les deux ou trois premiers caractères.",
        )
    said = _text(feature, names["departement"])
    if said and said.upper().zfill(2) != departement:
        raise _RowError(
            "departement",
            said,
            f"La commune {code} est dite du département « {said} », son code est du {departement}.",
            "Corriger le code de la commune ou celui du département.",
        )
    return departement


def _name(feature: Feature, names: Names) -> str:
    name = _text(feature, names["nom"])
    if not name:
        raise _RowError("nom", None, f"L'entité n° {feature.number} n'a pas de nom.", "Remplir le nom.")
    return name


def _epci_code(text: str) -> str | None:
    first = re.split(r"[/,;|]", text)[0].strip()
    if first.upper() in _NO_EPCI:
        return None
    if not _SIREN.fullmatch(first):
        raise _RowError(
            "epci", text, f"SIREN d'EPCI mal formé : « {text} ».", "Attendu : 9 chiffres, ou vide."
        )
    return first


def _population(feature: Feature, name: str | None) -> int | None:
    text = _text(feature, name)
    if not text:
        return None
    value = feature.properties[name] if name is not None else None
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if isinstance(value, bool) or not number.is_integer() or not 0 <= number < 10_000_000:
        raise _RowError(
            "population", text, f"Population illisible : « {text} ».", "Attendu : un entier positif."
        )
    return int(number)


def _epci_row(feature: Feature, names: Names, report: ReadReport) -> tuple[Row, tuple[Extent, ...]]:  # noqa: ARG001
    code = _text(feature, names["code"])
    if not _SIREN.fullmatch(code):
        raise _RowError("code", code, f"SIREN d'EPCI mal formé : « {code} ».", "Attendu : 9 chiffres.")
    nature = _text(feature, names["nature"])
    return {
        "code_siren": code,
        "nom": _name(feature, names),
        "nature": _NATURES.get(nature.upper(), nature) or None,
    }, ZONE_EXTENTS


def _departement_row(feature: Feature, names: Names, report: ReadReport) -> tuple[Row, tuple[Extent, ...]]:  # noqa: ARG001
    code = _text(feature, names["code"]).upper()
    found = TERRITORIES.get(code)
    if found is None:
        hint = (
            f"Écrire « 0{code} »." if f"0{code}" in TERRITORIES else "Attendu : 01 à 95, 2A, 2B, 971 à 978."
        )
        raise _RowError("code", code, f"Département inconnu : « {code} ».", hint)
    return {"code": code, "nom": _name(feature, names)}, (found.extent,)


def _outline(feature: Feature, nom: str, extents: Iterable[Extent], report: ReadReport) -> MultiPolygon:
    """The feature's outline, valid and where it should be, or _RowError."""
    if feature.geometry is None:
        raise _RowError(
            "geometry", None, f"{nom} : {feature.problem}.", "Fournir un contour (Polygon ou MultiPolygon)."
        )
    outline = to_multipolygon(feature.geometry)
    if outline is None:
        kind = feature.geometry.geom_type
        raise _RowError(
            "geometry", kind, f"{nom} : ce n'est pas une surface.", "Attendu : Polygon ou MultiPolygon."
        )
    _check_place(bounds_of(outline), nom, tuple(extents))
    defect = invalidity(outline)
    if defect is None:
        return outline
    reason, lon, lat = defect
    cut = cut_at_touches(outline) if touches_itself(outline) else None
    where = f"{lon:.5f}, {lat:.5f}"
    if cut is None:
        raise _RowError(
            "geometry",
            where,
            f"Contour invalide pour {nom} : {reason}.",
            f"Corriger le contour près de {where}.",
        )
    report.warning(
        f"{nom} : {reason} ; il a été coupé en ce point, sans déplacer de sommet ni changer la surface.",
        f"Rien à faire, ou corriger le contour près de {where}.",
        line=feature.number,
        field="geometry",
        value=where,
    )
    return cut


def _check_place(box: Extent, nom: str, extents: tuple[Extent, ...]) -> None:
    if is_within(box, extents, _MARGIN_DEG):
        return
    where = ", ".join(f"{value:.3f}" for value in box)
    if is_within(swapped(box), extents, _MARGIN_DEG):
        raise _RowError(
            "geometry", where, f"{nom} : longitude et latitude inversées.", "Échanger les deux coordonnées."
        )
    raise _RowError(
        "geometry",
        where,
        f"{nom} : le contour est hors de son territoire.",
        "Vérifier le code et les coordonnées.",
    )


_COMMUNES: Final = _Spec(
    kind="communes",
    what="un GeoJSON de communes (ADMIN EXPRESS ou équivalent)",
    names=_COMMUNE_NAMES,
    columns=COMMUNE_COLUMNS,
    row=_commune_row,
    code_column="code_insee",
)
_EPCI: Final = _Spec(
    kind="epci",
    what="un GeoJSON d'EPCI (ADMIN EXPRESS ou équivalent)",
    names=_EPCI_NAMES,
    columns=EPCI_COLUMNS,
    row=_epci_row,
    code_column="code_siren",
)
_DEPARTEMENTS: Final = _Spec(
    kind="departements",
    what="un GeoJSON de départements",
    names=_DEPARTEMENT_NAMES,
    columns=DEPARTEMENT_COLUMNS,
    row=_departement_row,
    code_column="code",
)
