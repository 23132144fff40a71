"""What every register of sites needs: personal data out, a point to trust, a commune that exists."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from data.errors import BadInputError
from data.tables import parse_number
from data.territory import TERRITORIES, commune_of, contains, departement_of, is_in_france

REMOVED: Final = "[contact retiré]"
_EMAIL: Final = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+|[\w.+%-]{2,64}@[\w-]{3,63}")
#: 01 23 45 67 89, 0123456789, 01.23.45.67.89, +33 1 23 45 67 89, 0694.37.90.64
_PHONE: Final = re.compile(r"(?<!\d)(?:(?:\+|00)33[ .\-]?(?:\(0\))?|0)[ .\-]?[1-9](?:[ .\-/]{0,2}\d\d){4}(?!\d)")
_FAR_DEG: Final = 0.1


class RowError(Exception):
    """A row of a register that cannot be used; ``message`` and ``suggestion`` are French."""

    def __init__(self, field: str, value: str | None, message: str, suggestion: str) -> None:
        super().__init__(message)
        self.field, self.value, self.message, self.suggestion = field, value, message, suggestion


def remove_contacts(text: str) -> tuple[str, int]:
    """The text without e-mail addresses and French telephone numbers, and how many were taken out.

    Names of persons cannot be told from names of places: they are not looked for.
    """
    without_mails, mails = _EMAIL.subn(REMOVED, text)
    without_phones, phones = _PHONE.subn(REMOVED, without_mails)
    return without_phones, mails + phones


def point(latitude: str, longitude: str) -> tuple[float, float]:
    """(lon, lat) from two texts, decimal point or comma; RowError when absent, unreadable, out of France."""
    if not latitude.strip() or not longitude.strip():
        raise RowError(
            "latitude",
            None,
            "Coordonnées absentes.",
            "Géocoder l'adresse, puis remplir latitude et longitude.",
        )
    lat, lon = parse_number(latitude), parse_number(longitude)
    for field, text, number in (("latitude", latitude, lat), ("longitude", longitude, lon)):
        if number is None:
            raise RowError(field, text, f"{field.capitalize()} illisible : « {text} ».", "Attendu : 41.9192 (degrés).")
    assert lat is not None
    assert lon is not None
    if is_in_france(lon, lat):
        return lon, lat
    where = f"{latitude.strip()}, {longitude.strip()}"
    if is_in_france(lat, lon):
        raise RowError(
            "latitude",
            where,
            "Latitude et longitude sont inversées.",
            "Échanger les valeurs des deux colonnes.",
        )
    hint = "ce sont des mètres, convertir en WGS 84" if max(abs(lat), abs(lon)) > 360 else "vérifier les coordonnées"
    raise RowError("latitude", where, "Le point est hors de France.", f"{hint.capitalize()}.")


def refuse_if_swapped(points: Iterable[tuple[str, str]], path_name: str) -> None:
    """BadInputError when more than half of the (latitude, longitude) texts only make sense exchanged."""
    read = [(parse_number(lat), parse_number(lon)) for lat, lon in points]
    pairs = [(lat, lon) for lat, lon in read if lat is not None and lon is not None]
    swapped = [(lat, lon) for lat, lon in pairs if not is_in_france(lon, lat) and is_in_france(lat, lon)]
    if pairs and 2 * len(swapped) > len(pairs):
        raise BadInputError(
            f"Latitude et longitude sont inversées dans {path_name}.",
            received=f"{len(swapped)} lignes sur {len(pairs)}, par exemple latitude {swapped[0][0]} "
            f"et longitude {swapped[0][1]}",
            expected="latitude entre 41 et 52, longitude entre -6 et 10 en France métropolitaine",
            action="échanger les noms des deux colonnes, puis relire le fichier",
        )


def is_far_from_departement(departement_code: str, lon: float, lat: float) -> bool:
    """True when the point is clearly outside the rough extent of its département."""
    return not contains(TERRITORIES[departement_code].extent, lon, lat, _FAR_DEG)


class CommuneIndex:
    """The communes that exist, to check codes against. ``known`` maps code to name, or only lists codes.

    A code is judged only where the index knows its département: with Corsica alone loaded, nothing is said of
    Brest.
    """

    def __init__(self, known: Mapping[str, str] | Collection[str] | None) -> None:
        self._names: dict[str, str] = dict(known) if isinstance(known, Mapping) else dict.fromkeys(known or (), "")
        self._departements = {departement_of(code) for code in self._names}

    def check(self, code_insee: str, commune_nom: str) -> tuple[str, str]:
        """(code of the commune, code of its département); RowError when malformed, unknown or gone.

        An arrondissement of Paris, Lyon or Marseille becomes its commune, unless the index holds it as such.
        """
        departement = departement_of(code_insee)
        if departement is None:
            padded = f"0{code_insee}"
            hint = f"Écrire « {padded} »." if departement_of(padded) else "Attendu : 5 caractères, comme 2A004."
            raise RowError("insee_com", code_insee, f"Code de commune mal formé : « {code_insee} ».", hint)
        code = code_insee if code_insee in self._names else commune_of(code_insee)
        if departement in self._departements and code not in self._names:
            raise RowError(
                "insee_com",
                code_insee,
                f"La commune {code_insee} ({commune_nom or 'sans nom'}) n'existe pas ou n'existe plus.",
                self._suggestion(commune_nom, departement),
            )
        return code, departement

    def _suggestion(self, commune_nom: str, departement: str) -> str:
        """The commune of the same or a near name in the département; a near code would mean nothing."""
        here = {code: name for code, name in self._names.items() if departement_of(code) == departement}
        folded = {fold(name): code for code, name in here.items() if name}
        near = difflib.get_close_matches(fold(commune_nom), folded, n=1, cutoff=0.8) if commune_nom else []
        if near:
            code = folded[near[0]]
            return f"Peut-être {code} ({here[code]}) ; sinon chercher la commune qui l'a absorbée."
        return "Chercher dans le code officiel géographique la commune qui l'a absorbée."


def fold(name: str) -> str:
    """A name for comparing: no accents, no capitals, no punctuation, "st" and "ste" spelt out."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode("ascii")
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)
