"""Catalogue of the sources: who made what, under which licence, and the words to print beside it.

The report, the page and the API's ``info.attributions`` all read it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LICENCE_OUVERTE: Final = "Licence Ouverte 2.0"
LICENCE_OUVERTE_URL: Final = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
ODBL: Final = "ODbL 1.0"
ODBL_URL: Final = "https://opendatacommons.org/licenses/odbl/1-0/"


@dataclass(frozen=True, slots=True)
class Source:
    """One source of data. ``attribution`` is the French text its licence asks to show."""

    key: str
    name: str
    producer: str
    licence: str
    licence_url: str
    attribution: str
    url: str
    is_share_alike: bool = False  # what is derived from it keeps the same licence


def source(key: str) -> Source:
    """The source of that key; KeyError when there is none (a mistake in the code, not in a file)."""
    return SOURCES[key]


_ALL: Final = (
    Source(
        key="osm",
        name="Réseau routier OpenStreetMap",
        producer="Contributeurs d'OpenStreetMap",
        licence=ODBL,
        licence_url=ODBL_URL,
        attribution="© les contributeurs d'OpenStreetMap (ODbL)",
        url="https://www.openstreetmap.org/copyright",
        is_share_alike=True,
    ),
    Source(
        key="filosofi",
        name="Données carroyées Filosofi",
        producer="INSEE",
        licence=LICENCE_OUVERTE,
        licence_url=LICENCE_OUVERTE_URL,
        attribution="Source : INSEE, dispositif Filosofi, données carroyées",
        url="https://www.insee.fr/fr/statistiques/7655475",
    ),
    Source(
        key="admin-express",
        name="Limites administratives Admin Express COG",
        producer="IGN",
        licence=LICENCE_OUVERTE,
        licence_url=LICENCE_OUVERTE_URL,
        attribution="Source : IGN, Admin Express COG",
        url="https://geoservices.ign.fr/adminexpress",
    ),
    Source(
        key="populations",
        name="Populations municipales de référence",
        producer="INSEE",
        licence=LICENCE_OUVERTE,
        licence_url=LICENCE_OUVERTE_URL,
        attribution="Source : INSEE, populations de référence",
        url="https://www.insee.fr/fr/information/2008354",
    ),
    Source(
        key="france-services",
        name="Liste des structures France services",
        producer="ANCT",
        licence=LICENCE_OUVERTE,
        licence_url=LICENCE_OUVERTE_URL,
        attribution="Source : ANCT, liste des structures France services",
        url="https://www.data.gouv.fr/datasets/liste-des-structures-france-services",
    ),
    Source(
        key="demonstration",
        name="Département de démonstration",
        producer="Accueil30",
        licence="Données fictives, libres d'usage",
        licence_url="",
        attribution="Données fictives : aucun lieu, aucune personne, aucun chiffre n'est réel",
        url="",
    ),
)
SOURCES: Final[dict[str, Source]] = {item.key: item for item in _ALL}
