"""Some forty reception points of every kind, in the words and with the dirt of the France services list."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.demo import names
from data.demo.noise import hash_unit
from data.demo.population import home_cell
from data.demo.roads import Network
from data.demo.settlements import BOURG, PREFECTURE, TOWN, VALLEY_KM, Settlements

Row = dict[str, str]
COLUMNS = (
    "id_fs", "insee_dep", "lib_fs", "adresse", "complement_adresse", "insee_com", "code_postal", "lib_com", "latitude",
    "longitude", "mail", "telephone", "h_lundi", "h_mardi", "h_mercredi", "h_jeudi", "h_vendredi", "h_samedi",
    "prise_rdv", "commentaire", "type_fs", "format_fs", "groupe_fs", "labellisation_fs",
)  # fmt: skip
_FICTION = "Lieu fictif, territoire de démonstration."
_WEEKS: tuple[tuple[str, ...], ...] = (
    ("09:00 - 12:00 / 13:30 - 17:00",) * 5 + ("",),
    ("13:30 - 17:30", "09:00 - 12:30 / 13:30 - 17:30", "09:00 - 12:30", "09:00 - 12:30 / 13:30 - 17:30", "09:00 - 12:30", "09:00 - 12:00"),
    ("08:30 - 12:00 / 13:30 - 18:30",) * 5 + ("09:00 - 12:00",),
    ("", "09:00 - 12:00", "", "14:00 - 17:00", "09:00 - 12:00", ""),
    ("00:00 - 00:00 / 00:00 - 00:00 / 08:30 - 16:00", "00:00 - 00:00 / 08:30 - 12:00 / 13:00 - 16:30", "08:30 - 12:00", "08:30 - 16:00", "08:30 - 16:00", "00:00 - 00:00 / 09:00 - 12:00"),
    ("09:00 - 12:00 / 11:00 - 17:00", "09:00 - 12:00 / 09:00 - 12:00", "13:30 - 17:00 / 09:00 - 12:00", "09:00 - 12:00 / 14:00 - 17:00", "09:00 - 12:00", ""),
    ("10:00 - 19:00", "10:00 - 19:00", "10:00 - 19:00", "12:00 - 20:00", "10:00 - 19:00", "10:00 - 16:00"),
    ("", "", "", "", "", ""),
    ("14:00 - 17:00", "", "09:00 - 12:00", "", "14:00 - 18:00", ""),
    ("09:00 - 12:00 / 17:00 - 14:00", "09:00 - 12:00", "09:00 - 12:00", "09:00 - 12:00", "09:00 - 12:00", ""),
)  # fmt: skip


def make_sites(net: Network, places: Settlements) -> list[tuple[Row, tuple[float, float]]]:
    """Rows of the list with empty coordinates, and where each site stands (metres in the frame)."""
    ours = np.array(places.departement) == "00"
    rank = places.rank
    chosen: list[tuple[int, str, str, str]] = []  # commune, name, format, type
    prefecture = int(np.nonzero(ours & (rank == PREFECTURE))[0][0])
    town = names.PREFECTURE
    chosen += [
        (prefecture, f"France services {town} - Les Tilleuls", "Fixe", "Principal"),
        (prefecture, f"CCAS de {town} - Accueil social", "Fixe", "Principal"),
        (prefecture, "Pimms Médiation du Val-d'Essai", "Fixe", "Principal"),
        (prefecture, f"Maison départementale des solidarités de {town}", "Fixe", "Principal"),
        (prefecture, "Bus France services du Val-d'Essai", "Bus_équivalent", "Principal"),
    ]
    for k in np.nonzero(ours & (rank == BOURG))[0].tolist():
        chosen.append((k, f"Maison départementale des solidarités de {places.name[k]}", "Fixe", "Principal"))
        kind = "Fixe_antenne(s)" if k % 2 else "Fixe"
        chosen.append((k, f"France services de {places.name[k]}", kind, "Principal"))
    for step, k in enumerate(_served_towns(places, ours)):
        chosen.append((k, *_town_site(places.name[k], step)))
    neighbours = np.nonzero(~ours & (rank <= TOWN))[0]
    for step, k in enumerate(neighbours[:3].tolist()):
        chosen.append((k, f"France services de {places.name[k]}", "Fixe", "Principal"))
        assert step < 3
    return [_row(number + 1, net, places, *spec) for number, spec in enumerate(chosen)]


def _served_towns(places: Settlements, ours: NDArray[np.bool_]) -> list[int]:
    """Towns, then a few villages far from any other site; neither the island, nor the valley, nor the two capes."""
    left_out = {names.ISLAND_COMMUNE, names.VALLEY_END}
    found = []
    for k in np.nonzero(ours & (places.rank == TOWN))[0].tolist():
        x, y = home_cell(places, k)
        is_cape = (x > 78_000 and y < 21_500) or (x < 37_000 and y > 79_000)
        in_valley = x > (VALLEY_KM[0][0] - 2) * 1000 and y > 66_000
        if not is_cape and not in_valley and places.name[k] not in left_out:
            found.append(k)
    return found[:22]


def _town_site(town: str, step: int) -> tuple[str, str, str]:
    kinds = (
        (f"France services de {town}", "Fixe", "Principal"),
        (f"France services La Poste de {town}", "Fixe", "Principal"),
        (f"Antenne France services de {town}", "Fixe", "Antenne"),
        (f"CIAS du Pays de {town} - France services", "Multisites", "Principal"),
        (f"France services Centre social de {town}", "Fixe", "Principal"),
        (f"France services itinérante de {town}", "Itinérante", "Principal"),
    )
    return kinds[step % len(kinds)]


def _row(
    number: int, net: Network, places: Settlements, commune: int, name: str, form: str, kind: str
) -> tuple[Row, tuple[float, float]]:
    row = dict.fromkeys(COLUMNS, "")
    hours = _WEEKS[number * 7 % len(_WEEKS)]
    comment = _FICTION
    if form == "Bus_équivalent":
        stops = [
            places.name[k]
            for k in np.argsort(places.population, kind="stable")[6:60:9].tolist()
            if places.departement[k] == "00"
        ]
        days = ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi")
        turn = " / ".join(f"{day} : {stop} (9h30-12h)" for day, stop in zip(days, stops, strict=False))
        comment = f"Tournée du bus : {turn}. {_FICTION}"
        hours = ("09:30 - 12:00",) * 5 + ("",)
    elif number % 11 == 3:
        comment = f"Sur rendez-vous le samedi. {_FICTION}"
    row |= {
        "id_fs": str(9000 + number), "insee_dep": places.departement[commune], "lib_fs": name,
        "adresse": f"{number % 17 + 1} {names.street_name(number)}", "insee_com": places.code[commune],
        "code_postal": f"{places.departement[commune]}{int(places.code[commune][2:]) // 10 * 10:03d}",
        "lib_com": places.name[commune], "prise_rdv": "Oui" if number % 3 == 1 else "Non", "commentaire": comment,
        "type_fs": kind, "format_fs": form, "labellisation_fs": f"Espace labellisé 01/{number % 12 + 1:02d}/202{number % 4}",
    }  # fmt: skip
    row |= dict(zip(COLUMNS[12:18], hours, strict=True))
    return row, _address(net, places, commune, number)


def _address(net: Network, places: Settlements, commune: int, number: int) -> tuple[float, float]:
    """A few metres from a street near the middle of the town."""
    spots = [
        k
        for k, place in enumerate(net.home_place)
        if place == commune and net.home_r[k] < (0.6 if number % 2 else 0.35)
    ]
    if not spots:
        return home_cell(places, commune)
    luck = hash_unit(np.array([number]), np.array([commune]), 181)[0]
    node = net.home_node[spots[int(luck * len(spots))]]
    return net.x[node] + 9.0, net.y[node] + 6.0
