"""The real files of Corsica, and the commands that take them in."""

from __future__ import annotations

from typing import Final

from benchmarks.surroundings import real_file

FILES: Final = {
    "roads": "corse/routes/corse_reconstruit_longueurs_vraies.osm.pbf",
    "epci": "corse/limites/epci_corse.geojson",
    "communes": "corse/limites/communes_corse.geojson",
    "grid": "corse/population/filosofi_2015_carreaux_1km_corse.gpkg",
    "sites": "france/france_services_2024-08-01.csv",
}
DEPARTEMENTS: Final = ("2A", "2B")


def steps() -> list[tuple[str, list[str]]]:
    """(what, arguments of ``accueil30``) from the files to the published runs, in order. Raises MissingDataError."""
    path = {kind: str(real_file(name)) for kind, name in FILES.items()}
    return [
        ("import roads (PBF)", ["import", "roads", path["roads"], "--name", "corse"]),
        ("import epci", ["import", "epci", path["epci"]]),
        ("import communes", ["import", "communes", path["communes"]]),
        ("import grid (gpkg, 1 km)", ["import", "grid", path["grid"], "--millesime", "2015"]),
        ("import sites (all of France)", ["import", "sites", path["sites"], "--format", "france-services"]),
        ("compute 2A and 2B", ["compute", *DEPARTEMENTS]),
    ]
