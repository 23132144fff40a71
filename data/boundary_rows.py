"""One feature of a boundary file: its codes, its name, its outline, or why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from shapely.geometry import MultiPolygon

from data.contract import ReadReport
from data.geojson import Feature, bounds_of, is_within, swapped
from data.outline import cut_at_touches, invalidity, to_multipolygon, touches_itself
from data.territory import CODE_INSEE, TERRITORIES, ZONE_EXTENTS, Extent, departement_of

_MARGIN_DEG: Final = 0.3
_SIREN: Final = re.compile(r"\d{9}")

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


class RowError(Exception):
    """A feature that cannot be used."""

    def __init__(self, field: str, value: object, message: str, suggestion: str) -> None:
        super().__init__(message)
        self.field, self.value, self.message, self.suggestion = field, value, message, suggestion


def _text(feature: Feature, name: str | None) -> str:
    value = feature.properties.get(name) if name is not None else None
    return "" if value is None else str(value).strip()


def commune_row(feature: Feature, names: Names, report: ReadReport) -> tuple[Row, tuple[Extent, ...]]:
    code = _text(feature, names["code"])
    departement = _commune_departement(code, feature, names)
    later = _text(feature, names["code_2026"])
    if names["code_2026"] is not None and later != code:
        report.warning(
            f"La commune {code} n'existe plus sous ce code en 2026.",
            f"Son territoire est dans la commune {later}." if later else "Chercher la commune qui l'a absorbée.",
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
    if not CODE_INSEE.fullmatch(code):
        lost_zero = re.fullmatch(r"\d{4}", code)
        hint = (
            f"Écrire « 0{code} » : le zéro de tête a été perdu."
            if lost_zero
            else "Attendu : 5 caractères, comme 01004."
        )
        raise RowError("code", code, f"Code de commune mal formé : « {code} ».", hint)
    departement = departement_of(code)
    if departement is None:
        raise RowError(
            "code",
            code,
            f"Département inconnu pour la commune {code}.",
            "Vérifier les deux ou trois premiers caractères.",
        )
    said = _text(feature, names["departement"])
    if said and said.upper().zfill(2) != departement:
        raise RowError(
            "departement",
            said,
            f"La commune {code} est dite du département « {said} », son code est du {departement}.",
            "Corriger le code de la commune ou celui du département.",
        )
    return departement


def _name(feature: Feature, names: Names) -> str:
    name = _text(feature, names["nom"])
    if not name:
        raise RowError("nom", None, f"L'entité n° {feature.number} n'a pas de nom.", "Remplir le nom.")
    return name


def _epci_code(text: str) -> str | None:
    first = re.split(r"[/,;|]", text)[0].strip()
    if first.upper() in _NO_EPCI:
        return None
    if not _SIREN.fullmatch(first):
        raise RowError("epci", text, f"SIREN d'EPCI mal formé : « {text} ».", "Attendu : 9 chiffres, ou vide.")
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
        raise RowError("population", text, f"Population illisible : « {text} ».", "Attendu : un entier positif.")
    return int(number)


def epci_row(feature: Feature, names: Names, report: ReadReport) -> tuple[Row, tuple[Extent, ...]]:  # noqa: ARG001
    code = _text(feature, names["code"])
    if not _SIREN.fullmatch(code):
        raise RowError("code", code, f"SIREN d'EPCI mal formé : « {code} ».", "Attendu : 9 chiffres.")
    nature = _text(feature, names["nature"])
    return {
        "code_siren": code,
        "nom": _name(feature, names),
        "nature": _NATURES.get(nature.upper(), nature) or None,
    }, ZONE_EXTENTS


def departement_row(feature: Feature, names: Names, report: ReadReport) -> tuple[Row, tuple[Extent, ...]]:  # noqa: ARG001
    code = _text(feature, names["code"]).upper()
    found = TERRITORIES.get(code)
    if found is None:
        hint = f"Écrire « 0{code} »." if f"0{code}" in TERRITORIES else "Attendu : 01 à 95, 2A, 2B, 971 à 978."
        raise RowError("code", code, f"Département inconnu : « {code} ».", hint)
    return {"code": code, "nom": _name(feature, names)}, (found.extent,)


def outline(feature: Feature, nom: str, extents: Iterable[Extent], report: ReadReport) -> MultiPolygon:
    """The feature's outline, valid and where it should be, or RowError."""
    if feature.geometry is None:
        raise RowError("geometry", None, f"{nom} : {feature.problem}.", "Fournir un contour (Polygon ou MultiPolygon).")
    outline = to_multipolygon(feature.geometry)
    if outline is None:
        kind = feature.geometry.geom_type
        raise RowError("geometry", kind, f"{nom} : ce n'est pas une surface.", "Attendu : Polygon ou MultiPolygon.")
    _check_place(bounds_of(outline), nom, tuple(extents))
    defect = invalidity(outline)
    if defect is None:
        return outline
    reason, lon, lat = defect
    cut = cut_at_touches(outline) if touches_itself(outline) else None
    where = f"{lon:.5f}, {lat:.5f}"
    if cut is None:
        raise RowError(
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
        raise RowError("geometry", where, f"{nom} : longitude et latitude inversées.", "Échanger les deux coordonnées.")
    raise RowError(
        "geometry",
        where,
        f"{nom} : le contour est hors de son territoire.",
        "Vérifier le code et les coordonnées.",
    )
