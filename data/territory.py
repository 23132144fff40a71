"""The départements: code, name, region, projected coordinate system, neighbours, rough extent.

Constants, with no file behind them. Names and regions: INSEE's geographic code as of 2026. Neighbours and
extents were computed once from the outlines of IGN Admin Express COG 2018: two départements whose outlines
are less than 0.01 degree apart (04 and 13, 590 m apart once simplified, are the only pair that does not
touch); bounds rounded outwards to 0.1 degree.

``00`` is the fictional demonstration département. It lies in the Bay of Biscay, where there is no land, so
that no figure of it can be taken for a real one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, Literal

from data.errors import BadInputError

#: west, south, east, north in degrees
Extent = tuple[float, float, float, float]
Kind = Literal["departement", "collectivite", "fictional"]

FICTIONAL_CODE: Final = "00"
#: Its neighbour, of which only the edge exists: one of its sites serves people of 00.
FICTIONAL_NEIGHBOUR_CODE: Final = "0V"
FICTIONAL_EXTENT: Final[Extent] = (-7.5, 45.0, -4.5, 47.2)
#: Everything of France that EPSG:2154 serves, the fictional département included.
METROPOLE_EXTENT: Final[Extent] = (-7.5, 41.2, 9.8, 51.3)

METROPOLE_EPSG: Final = 2154
#: RGAF09 UTM 20N, RGFG95 UTM 22N, RGR92 UTM 40S, RGM04 UTM 38S: the legal systems of each territory.
_OVERSEAS_EPSG: Final = {
    "971": 5490,
    "972": 5490,
    "973": 2972,
    "974": 2975,
    "976": 4471,
    "977": 5490,
    "978": 5490,
}
#: Five characters: the département's two (or three overseas), then the commune.
CODE_INSEE: Final = re.compile(r"(?:\d{2}|2[AB]|0V)\d{3}")


@dataclass(frozen=True, slots=True)
class Territory:
    """One département (or collectivity with its powers)."""

    code: str
    nom: str
    crs_epsg: int
    region_nom: str
    neighbours: tuple[str, ...]
    extent: Extent
    kind: Kind

    @property
    def is_fictional(self) -> bool:
        return self.kind == "fictional"


def territory(code: str) -> Territory:
    """The département of that code ("2A", "974", "00"); BadInputError when there is none."""
    found = TERRITORIES.get(code)
    if found is None:
        near = f"0{code}" if f"0{code}" in TERRITORIES else code.upper()
        hint = f"écrire « {near} »" if near in TERRITORIES else "vérifier le code dans la liste des départements"
        raise BadInputError(
            f"Département inconnu : « {code} ».",
            received=code or "rien",
            expected="un code de département tel que 01, 2A ou 974 (00 pour la démonstration)",
            action=hint,
        )
    return found


def departement_of(code_insee: str) -> str | None:
    """Département a commune code belongs to; None when the code is malformed or the département unknown."""
    if not CODE_INSEE.fullmatch(code_insee):
        return None
    code = code_insee[:3] if code_insee.startswith("97") else code_insee[:2]
    return code if code in TERRITORIES else None


def commune_of(code_insee: str) -> str:
    """The commune of a municipal arrondissement (75112 -> 75056); any other code as it is."""
    for low, high, commune in (
        ("75101", "75120", "75056"),
        ("69381", "69389", "69123"),
        ("13201", "13216", "13055"),
    ):
        if low <= code_insee <= high:
            return commune
    return code_insee


def contains(extent: Extent, lon: float, lat: float, margin_deg: float = 0.0) -> bool:
    """True when the point is within the extent widened by the margin; False for NaN and infinity."""
    west, south, east, north = extent
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return False
    return west - margin_deg <= lon <= east + margin_deg and south - margin_deg <= lat <= north + margin_deg


def is_in_france(lon: float, lat: float, margin_deg: float = 0.1) -> bool:
    """True when the point lies in the extent of the metropole or of one overseas territory."""
    return any(contains(extent, lon, lat, margin_deg) for extent in ZONE_EXTENTS)


_PACA: Final = "Provence-Alpes-Côte d'Azur"
# fmt: off
_ROWS: Final[tuple[tuple[str, str, str, str, Extent], ...]] = (
    ("00", "Val-d'Essai (département fictif)", "Région fictive", "0V", FICTIONAL_EXTENT),
    ("0V", "Haute-Fiction (département fictif)", "Région fictive", "00", FICTIONAL_EXTENT),
    ("01", "Ain", "Auvergne-Rhône-Alpes", "38 39 69 71 73 74", (4.7, 45.6, 6.2, 46.6)),
    ("02", "Aisne", "Hauts-de-France", "08 51 59 60 77 80", (2.9, 48.8, 4.3, 50.1)),
    ("03", "Allier", "Auvergne-Rhône-Alpes", "18 23 42 58 63 71", (2.2, 45.9, 4.1, 46.9)),
    ("04", "Alpes-de-Haute-Provence", _PACA, "05 06 13 26 83 84", (5.4, 43.6, 7.0, 44.7)),
    ("05", "Hautes-Alpes", _PACA, "04 26 38 73", (5.4, 44.1, 7.1, 45.2)),
    ("06", "Alpes-Maritimes", _PACA, "04 83", (6.6, 43.4, 7.8, 44.4)),
    ("07", "Ardèche", "Auvergne-Rhône-Alpes", "26 30 38 42 43 48 84", (3.8, 44.2, 4.9, 45.4)),
    ("08", "Ardennes", "Grand Est", "02 51 55", (4.0, 49.2, 5.4, 50.2)),
    ("09", "Ariège", "Occitanie", "11 31 66", (0.8, 42.5, 2.2, 43.4)),
    ("10", "Aube", "Grand Est", "21 51 52 77 89", (3.3, 47.9, 4.9, 48.8)),
    ("11", "Aude", "Occitanie", "09 31 34 66 81", (1.6, 42.6, 3.3, 43.5)),
    ("12", "Aveyron", "Occitanie", "15 30 34 46 48 81 82", (1.8, 43.6, 3.5, 45.0)),
    ("13", "Bouches-du-Rhône", _PACA, "04 30 83 84", (4.2, 43.1, 5.9, 44.0)),
    ("14", "Calvados", "Normandie", "27 50 61", (-1.2, 48.7, 0.5, 49.5)),
    ("15", "Cantal", "Auvergne-Rhône-Alpes", "12 19 43 46 48 63", (2.0, 44.6, 3.4, 45.5)),
    ("16", "Charente", "Nouvelle-Aquitaine", "17 24 79 86 87", (-0.5, 45.1, 1.0, 46.2)),
    ("17", "Charente-Maritime", "Nouvelle-Aquitaine", "16 24 33 79 85", (-1.6, 45.0, 0.1, 46.4)),
    ("18", "Cher", "Centre-Val de Loire", "03 23 36 41 45 58", (1.7, 46.4, 3.1, 47.7)),
    ("19", "Corrèze", "Nouvelle-Aquitaine", "15 23 24 46 63 87", (1.2, 44.9, 2.6, 45.8)),
    ("21", "Côte-d'Or", "Bourgogne-Franche-Comté", "10 39 52 58 70 71 89", (4.0, 46.9, 5.6, 48.1)),
    ("22", "Côtes-d'Armor", "Bretagne", "29 35 56", (-3.7, 48.0, -1.9, 49.0)),
    ("23", "Creuse", "Nouvelle-Aquitaine", "03 18 19 36 63 87", (1.3, 45.6, 2.7, 46.5)),
    ("24", "Dordogne", "Nouvelle-Aquitaine", "16 17 19 33 46 47 87", (-0.1, 44.5, 1.5, 45.8)),
    ("25", "Doubs", "Bourgogne-Franche-Comté", "39 70 90", (5.6, 46.5, 7.1, 47.6)),
    ("26", "Drôme", "Auvergne-Rhône-Alpes", "04 05 07 38 84", (4.6, 44.1, 5.9, 45.4)),
    ("27", "Eure", "Normandie", "14 28 60 61 76 78 95", (0.2, 48.6, 1.9, 49.5)),
    ("28", "Eure-et-Loir", "Centre-Val de Loire", "27 41 45 61 72 78 91", (0.7, 47.9, 2.0, 49.0)),
    ("29", "Finistère", "Bretagne", "22 56", (-5.2, 47.7, -3.3, 48.8)),
    ("2A", "Corse-du-Sud", "Corse", "2B", (8.5, 41.3, 9.5, 42.4)),
    ("2B", "Haute-Corse", "Corse", "2A", (8.5, 41.8, 9.6, 43.1)),
    ("30", "Gard", "Occitanie", "07 12 13 34 48 84", (3.2, 43.4, 4.9, 44.5)),
    ("31", "Haute-Garonne", "Occitanie", "09 11 32 65 81 82", (0.4, 42.6, 2.1, 44.0)),
    ("32", "Gers", "Occitanie", "31 40 47 64 65 82", (-0.3, 43.3, 1.3, 44.1)),
    ("33", "Gironde", "Nouvelle-Aquitaine", "17 24 40 47", (-1.3, 44.1, 0.4, 45.6)),
    ("34", "Hérault", "Occitanie", "11 12 30 81", (2.5, 43.2, 4.2, 44.0)),
    ("35", "Ille-et-Vilaine", "Bretagne", "22 44 49 50 53 56", (-2.3, 47.6, -1.0, 48.8)),
    ("36", "Indre", "Centre-Val de Loire", "18 23 37 41 86 87", (0.8, 46.3, 2.3, 47.3)),
    ("37", "Indre-et-Loire", "Centre-Val de Loire", "36 41 49 72 86", (0.0, 46.7, 1.4, 47.8)),
    ("38", "Isère", "Auvergne-Rhône-Alpes", "01 05 07 26 42 69 73", (4.7, 44.6, 6.4, 45.9)),
    ("39", "Jura", "Bourgogne-Franche-Comté", "01 21 25 70 71", (5.2, 46.2, 6.3, 47.4)),
    ("40", "Landes", "Nouvelle-Aquitaine", "32 33 47 64", (-1.6, 43.4, 0.2, 44.6)),
    ("41", "Loir-et-Cher", "Centre-Val de Loire", "18 28 36 37 45 72", (0.5, 47.1, 2.3, 48.2)),
    ("42", "Loire", "Auvergne-Rhône-Alpes", "03 07 38 43 63 69 71", (3.6, 45.2, 4.8, 46.3)),
    ("43", "Haute-Loire", "Auvergne-Rhône-Alpes", "07 15 42 48 63", (3.0, 44.7, 4.5, 45.5)),
    ("44", "Loire-Atlantique", "Pays de la Loire", "35 49 56 85", (-2.7, 46.8, -0.9, 47.9)),
    ("45", "Loiret", "Centre-Val de Loire", "18 28 41 58 77 89 91", (1.5, 47.4, 3.2, 48.4)),
    ("46", "Lot", "Occitanie", "12 15 19 24 47 82", (0.9, 44.2, 2.3, 45.1)),
    ("47", "Lot-et-Garonne", "Nouvelle-Aquitaine", "24 32 33 40 46 82", (-0.2, 43.9, 1.1, 44.8)),
    ("48", "Lozère", "Occitanie", "07 12 15 30 43", (2.9, 44.1, 4.0, 45.0)),
    ("49", "Maine-et-Loire", "Pays de la Loire", "35 37 44 53 72 79 85 86", (-1.4, 46.9, 0.3, 47.9)),
    ("50", "Manche", "Normandie", "14 35 53 61", (-2.0, 48.4, -0.7, 49.8)),
    ("51", "Marne", "Grand Est", "02 08 10 52 55 77", (3.3, 48.5, 5.1, 49.5)),
    ("52", "Haute-Marne", "Grand Est", "10 21 51 55 70 88", (4.6, 47.5, 5.9, 48.7)),
    ("53", "Mayenne", "Pays de la Loire", "35 49 50 61 72", (-1.3, 47.7, 0.0, 48.6)),
    ("54", "Meurthe-et-Moselle", "Grand Est", "55 57 67 88", (5.4, 48.3, 7.2, 49.6)),
    ("55", "Meuse", "Grand Est", "08 51 52 54 88", (4.8, 48.4, 5.9, 49.7)),
    ("56", "Morbihan", "Bretagne", "22 29 35 44", (-3.8, 47.2, -2.0, 48.3)),
    ("57", "Moselle", "Grand Est", "54 67", (5.8, 48.5, 7.7, 49.6)),
    ("58", "Nièvre", "Bourgogne-Franche-Comté", "03 18 21 45 71 89", (2.8, 46.6, 4.3, 47.6)),
    ("59", "Nord", "Hauts-de-France", "02 62 80", (2.0, 49.9, 4.3, 51.1)),
    ("60", "Oise", "Hauts-de-France", "02 27 76 77 80 95", (1.6, 49.0, 3.2, 49.8)),
    ("61", "Orne", "Normandie", "14 27 28 50 53 72", (-0.9, 48.1, 1.0, 49.0)),
    ("62", "Pas-de-Calais", "Hauts-de-France", "59 80", (1.5, 50.0, 3.2, 51.1)),
    ("63", "Puy-de-Dôme", "Auvergne-Rhône-Alpes", "03 15 19 23 42 43", (2.3, 45.2, 4.0, 46.3)),
    ("64", "Pyrénées-Atlantiques", "Nouvelle-Aquitaine", "32 40 65", (-1.8, 42.7, 0.1, 43.6)),
    ("65", "Hautes-Pyrénées", "Occitanie", "31 32 64", (-0.4, 42.6, 0.7, 43.7)),
    ("66", "Pyrénées-Orientales", "Occitanie", "09 11", (1.7, 42.3, 3.2, 43.0)),
    ("67", "Bas-Rhin", "Grand Est", "54 57 68 88", (6.9, 48.1, 8.3, 49.1)),
    ("68", "Haut-Rhin", "Grand Est", "67 88 90", (6.8, 47.4, 7.7, 48.4)),
    ("69", "Rhône", "Auvergne-Rhône-Alpes", "01 38 42 71", (4.2, 45.4, 5.2, 46.4)),
    ("70", "Haute-Saône", "Bourgogne-Franche-Comté", "21 25 39 52 88 90", (5.3, 47.2, 6.9, 48.1)),
    ("71", "Saône-et-Loire", "Bourgogne-Franche-Comté", "01 03 21 39 42 58 69", (3.6, 46.1, 5.5, 47.2)),
    ("72", "Sarthe", "Pays de la Loire", "28 37 41 49 53 61", (-0.5, 47.5, 1.0, 48.5)),
    ("73", "Savoie", "Auvergne-Rhône-Alpes", "01 05 38 74", (5.6, 45.0, 7.2, 46.0)),
    ("74", "Haute-Savoie", "Auvergne-Rhône-Alpes", "01 73", (5.8, 45.6, 7.1, 46.5)),
    ("75", "Paris", "Île-de-France", "92 93 94", (2.2, 48.8, 2.5, 49.0)),
    ("76", "Seine-Maritime", "Normandie", "27 60 80", (0.0, 49.2, 1.8, 50.1)),
    ("77", "Seine-et-Marne", "Île-de-France", "02 10 45 51 60 89 91 93 94 95", (2.3, 48.1, 3.6, 49.2)),
    ("78", "Yvelines", "Île-de-France", "27 28 91 92 95", (1.4, 48.4, 2.3, 49.1)),
    ("79", "Deux-Sèvres", "Nouvelle-Aquitaine", "16 17 49 85 86", (-1.0, 45.9, 0.3, 47.2)),
    ("80", "Somme", "Hauts-de-France", "02 59 60 62 76", (1.3, 49.5, 3.3, 50.4)),
    ("81", "Tarn", "Occitanie", "11 12 31 34 82", (1.5, 43.3, 3.0, 44.3)),
    ("82", "Tarn-et-Garonne", "Occitanie", "12 31 32 46 47 81", (0.7, 43.7, 2.1, 44.4)),
    ("83", "Var", _PACA, "04 06 13 84", (5.6, 42.9, 7.0, 43.9)),
    ("84", "Vaucluse", _PACA, "04 07 13 26 30 83", (4.6, 43.6, 5.8, 44.5)),
    ("85", "Vendée", "Pays de la Loire", "17 44 49 79", (-2.5, 46.2, -0.5, 47.1)),
    ("86", "Vienne", "Nouvelle-Aquitaine", "16 36 37 49 79 87", (-0.2, 46.0, 1.3, 47.2)),
    ("87", "Haute-Vienne", "Nouvelle-Aquitaine", "16 19 23 24 36 86", (0.6, 45.4, 2.0, 46.5)),
    ("88", "Vosges", "Grand Est", "52 54 55 67 68 70 90", (5.3, 47.8, 7.2, 48.6)),
    ("89", "Yonne", "Bourgogne-Franche-Comté", "10 21 45 58 77", (2.8, 47.3, 4.4, 48.4)),
    ("90", "Territoire de Belfort", "Bourgogne-Franche-Comté", "25 68 70 88", (6.7, 47.4, 7.2, 47.9)),
    ("91", "Essonne", "Île-de-France", "28 45 77 78 92 94", (1.9, 48.2, 2.6, 48.8)),
    ("92", "Hauts-de-Seine", "Île-de-France", "75 78 91 93 94 95", (2.1, 48.7, 2.4, 49.0)),
    ("93", "Seine-Saint-Denis", "Île-de-France", "75 77 92 94 95", (2.2, 48.8, 2.7, 49.1)),
    ("94", "Val-de-Marne", "Île-de-France", "75 77 91 92 93", (2.3, 48.6, 2.7, 48.9)),
    ("95", "Val-d'Oise", "Île-de-France", "27 60 77 78 92 93", (1.6, 48.9, 2.6, 49.3)),
    ("971", "Guadeloupe", "Guadeloupe", "", (-61.9, 15.8, -61.0, 16.6)),
    ("972", "Martinique", "Martinique", "", (-61.3, 14.3, -60.8, 14.9)),
    ("973", "Guyane", "Guyane", "", (-54.7, 2.1, -51.6, 5.8)),
    ("974", "La Réunion", "La Réunion", "", (55.2, -21.4, 55.9, -20.8)),
    ("976", "Mayotte", "Mayotte", "", (45.0, -13.1, 45.3, -12.6)),
    ("977", "Saint-Barthélemy", "Saint-Barthélemy", "", (-63.0, 17.8, -62.7, 18.0)),
    ("978", "Saint-Martin", "Saint-Martin", "", (-63.2, 18.0, -62.9, 18.2)),
)
# fmt: on


def _kind(code: str) -> Kind:
    if code in (FICTIONAL_CODE, FICTIONAL_NEIGHBOUR_CODE):
        return "fictional"
    return "collectivite" if code in ("977", "978") else "departement"


TERRITORIES: Final[dict[str, Territory]] = {
    code: Territory(
        code,
        nom,
        _OVERSEAS_EPSG.get(code, METROPOLE_EPSG),
        region,
        tuple(neighbours.split()),
        extent,
        _kind(code),
    )
    for code, nom, region, neighbours, extent in _ROWS
}
#: The 101 départements proper, without the fictional one and the two collectivities.
DEPARTEMENT_CODES: Final = tuple(code for code, item in TERRITORIES.items() if item.kind == "departement")
#: One rough extent per coordinate system's land: the metropole, then each overseas territory.
ZONE_EXTENTS: Final = (METROPOLE_EXTENT, *(TERRITORIES[code].extent for code in _OVERSEAS_EPSG))
