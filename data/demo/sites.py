"""Some forty reception points of every kind, in the words and with the dirt of the France services list."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.demo import names
from data.demo.network import Network
from data.demo.noise import hash_unit
from data.demo.population import home_cell
from data.demo.relief import COLUMNS as RASTER_COLUMNS
from data.demo.settlements import BOURG, PREFECTURE, TOWN, VILLAGE, Settlements

Row = dict[str, str]
Spec = tuple[int, str, str, str]  # commune, name, format_fs, type_fs
COLUMNS = (
    "id_fs", "insee_dep", "lib_fs", "adresse", "complement_adresse", "insee_com", "code_postal", "lib_com",
    "latitude", "longitude", "mail", "telephone",
    "h_lundi", "h_mardi", "h_mercredi", "h_jeudi", "h_vendredi", "h_samedi",
    "prise_rdv", "commentaire", "type_fs", "format_fs", "groupe_fs", "labellisation_fs",
)  # fmt: skip
UNSERVED_BOURG = "Esquivières-du-Nord"  # the bourg of the north has no site: the greatest gap
_FICTION = "Lieu fictif, territoire de démonstration."
_WEEKS: tuple[tuple[str, ...], ...] = (
    ("09:00 - 12:00 / 13:30 - 17:00",) * 5 + ("",),
    ("13:30 - 17:30", "09:00 - 12:30 / 13:30 - 17:30", "09:00 - 12:30", "09:00 - 12:30 / 13:30 - 17:30",
     "09:00 - 12:30", "09:00 - 12:00"),
    ("08:30 - 12:00 / 13:30 - 18:30",) * 5 + ("09:00 - 12:00",),
    ("", "09:00 - 12:00", "", "14:00 - 17:00", "09:00 - 12:00", ""),
    ("00:00 - 00:00 / 00:00 - 00:00 / 08:30 - 16:00", "00:00 - 00:00 / 08:30 - 12:00 / 13:00 - 16:30",
     "08:30 - 12:00", "08:30 - 16:00", "08:30 - 16:00", "00:00 - 00:00 / 09:00 - 12:00"),
    ("09:00 - 12:00 / 11:00 - 17:00", "09:00 - 12:00 / 09:00 - 12:00", "13:30 - 17:00 / 09:00 - 12:00",
     "09:00 - 12:00 / 14:00 - 17:00", "09:00 - 12:00", ""),
    ("10:00 - 19:00", "10:00 - 19:00", "10:00 - 19:00", "12:00 - 20:00", "10:00 - 19:00", "10:00 - 16:00"),
    ("", "", "", "", "", ""),
    ("14:00 - 17:00", "", "09:00 - 12:00", "", "14:00 - 18:00", ""),
    ("09:00 - 12:00 / 17:00 - 14:00", "09:00 - 12:00", "09:00 - 12:00", "09:00 - 12:00", "09:00 - 12:00", ""),
)  # fmt: skip


def make_sites(net: Network, places: Settlements) -> list[tuple[Row, tuple[float, float]]]:
    """Rows of the list with empty coordinates, and where each site stands (metres in the frame).

    The middle of the département is well served; its capes, the end of the valley and the island are not; a
    site of the neighbour's serves a strip of our side.
    """
    ours = np.array(places.departement) == "00"
    chosen = _prefecture_sites(int(np.nonzero(ours & (places.rank == PREFECTURE))[0][0]))
    for k in np.nonzero(ours & (places.rank == BOURG))[0].tolist():
        town = names.of_place(places.name[k])
        if places.name[k] == UNSERVED_BOURG:
            continue
        chosen.append((k, f"Maison départementale des solidarités {town}", "Fixe", "Principal"))
        chosen.append((k, f"France services {town}", "Fixe_antenne(s)" if k % 2 else "Fixe", "Principal"))
        if k % 2:
            village = _village_near(places, ours, k)
            name = f"Antenne France services {names.of_place(places.name[village])}"
            chosen.append((village, name, "Fixe", "Antenne"))
    for step, k in enumerate(_served_towns(places, ours)):
        chosen.append((k, *_town_site(places.name[k], step)))
    beyond = np.nonzero(~ours & (places.rank <= TOWN))[0]
    near_border = beyond[np.argsort(places.cell[beyond] % RASTER_COLUMNS, kind="stable")]
    for k in near_border[:3].tolist():
        chosen.append((k, f"France services {names.of_place(places.name[k])}", "Fixe", "Principal"))
    return [_row(number + 1, net, places, spec) for number, spec in enumerate(chosen)]


def _village_near(places: Settlements, ours: NDArray[np.bool_], town: int) -> int:
    """The most peopled village less than eight kilometres away."""
    east = places.cell % RASTER_COLUMNS - places.cell[town] % RASTER_COLUMNS
    north = places.cell // RASTER_COLUMNS - places.cell[town] // RASTER_COLUMNS
    near = ours & (places.rank == VILLAGE) & (east * east + north * north < 40 * 40)
    return int(np.argmax(np.where(near, places.population, -1)))


def _prefecture_sites(k: int) -> list[Spec]:
    town = names.of_place(names.PREFECTURE)
    return [
        (k, "France services Les Tilleuls", "Fixe", "Principal"),
        (k, f"CCAS {town} - Accueil social", "Fixe", "Principal"),
        (k, "Pimms Médiation du Val-d'Essai", "Fixe", "Principal"),
        (k, f"Maison départementale des solidarités {town}", "Fixe", "Principal"),
        (k, "Bus France services du Val-d'Essai", "Bus_équivalent", "Principal"),
        (k, "France services Centre social des Remparts", "Multisites", "Principal"),
        (k, "France services La Poste du Champ de Foire", "Fixe", "Antenne"),
    ]


def _served_towns(places: Settlements, ours: NDArray[np.bool_]) -> list[int]:
    """The towns of the middle, then the eight most peopled villages around the préfecture."""
    east_km, north_km = (np.array([home_cell(places, k)[axis] for k in range(len(ours))]) / 1000 for axis in (0, 1))
    middle = ours & (east_km > 40) & (east_km < 77) & (north_km > 31) & (north_km < 70)
    towns = np.nonzero(middle & (places.rank == TOWN))[0]
    villages = np.nonzero(middle & (places.rank == VILLAGE) & (east_km < 68) & (north_km > 42))[0]
    peopled = villages[np.argsort(-places.population[villages], kind="stable")][:8]
    return [*towns.tolist(), *np.sort(peopled).tolist()]


def _town_site(town: str, step: int) -> tuple[str, str, str]:
    kinds = (
        (f"France services {names.of_place(town)}", "Fixe", "Principal"),
        (f"France services La Poste {names.of_place(town)}", "Fixe", "Principal"),
        (f"Antenne France services {names.of_place(town)}", "Fixe", "Antenne"),
        (f"CIAS du Pays {names.of_place(town)} - France services", "Multisites", "Principal"),
        (f"France services Centre social {names.of_place(town)}", "Fixe", "Principal"),
        (f"France services itinérante {names.of_place(town)}", "Itinérante", "Principal"),
    )
    return kinds[step % len(kinds)]


def _row(number: int, net: Network, places: Settlements, spec: Spec) -> tuple[Row, tuple[float, float]]:
    commune, name, form, kind = spec
    row = dict.fromkeys(COLUMNS, "")
    hours = _WEEKS[number * 7 % len(_WEEKS)]
    comment = _FICTION
    if form == "Bus_équivalent":
        small = [k for k in np.argsort(places.population, kind="stable").tolist() if places.departement[k] == "00"]
        stops = [places.name[k] for k in small[6:51:9]]
        days = ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi")
        turn = " / ".join(f"{day} : {stop} (9h30-12h)" for day, stop in zip(days, stops, strict=True))
        comment = f"Tournée du bus : {turn}. {_FICTION}"
        hours = ("09:30 - 12:00",) * 5 + ("",)
    elif number % 11 == 3:
        comment = f"Sur rendez-vous le samedi. {_FICTION}"
    code = places.code[commune]
    row |= {
        "id_fs": str(9000 + number),
        "insee_dep": places.departement[commune],
        "lib_fs": name,
        "adresse": f"{number % 17 + 1} {names.street_name(number)}",
        "insee_com": code,
        "code_postal": f"{code[:2]}{int(code[2:]) // 10 * 10:03d}",
        "lib_com": places.name[commune],
        "prise_rdv": "Oui" if number % 3 == 1 else "Non",
        "commentaire": comment,
        "type_fs": kind,
        "format_fs": form,
        "labellisation_fs": f"Espace labellisé 01/{number % 12 + 1:02d}/202{number % 4}",
    }
    row |= dict(zip(COLUMNS[12:18], hours, strict=True))
    return row, _address(net, places, commune, number)


def _address(net: Network, places: Settlements, commune: int, number: int) -> tuple[float, float]:
    """A few metres from a street near the middle of the town."""
    limit = 0.6 if number % 2 else 0.35
    spots = [home.node for home in net.homes if home.place == commune and home.r < limit]
    if not spots:
        return home_cell(places, commune)
    luck = hash_unit(np.array([number]), np.array([commune]), 181)[0]
    node = spots[int(luck * len(spots))]
    return net.x[node] + 9.0, net.y[node] + 6.0
