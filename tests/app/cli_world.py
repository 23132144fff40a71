"""Files of a territory so small that its coverage is known: four cells of 1 km, three junctions, one site.

    cell      0 (the site)   10 km east   60 km east   20 km north, far from any road
    people    1              2            4            8
              covered        covered      uncovered    unknown

One road of 60 km at 80 km/h at most joins the first three: 10 km take less than 30 minutes, 60 km do not. Another one
leads north, so that the network has roads near every commune; it ends 4 km from the north cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from pyproj import Transformer

from tests.data import builders, drawn_map

X0_M, Y0_M = 3_040_000, 2_720_000  # EPSG:3035, in the Bay of Biscay: the fictional département
CELLS_KM = {"near": (0, 0), "ten": (10, 0), "sixty": (60, 0), "north": (0, 20)}
PEOPLE = {"near": 1, "ten": 2, "sixty": 4, "north": 8}
COMMUNES = {
    "00001": ("Alpha", 3, [(-1, -1), (11, 1)]),
    "00002": ("Bêta", 4, [(59, -1), (61, 1)]),
    "00003": ("Gamma", 8, [(-1, 19), (1, 21)]),
}
SIREN = "200000001"
_TO_DEGREES = Transformer.from_crs(3035, 4326, always_xy=True)


@dataclass(frozen=True)
class WorldFiles:
    roads: Path
    communes: Path
    epci: Path
    grid: Path
    sites: Path

    def imports(self) -> list[list[str]]:
        """The command lines, in an order that works."""
        return [
            ["import", "roads", str(self.roads), "--name", "dessin"],
            ["import", "epci", str(self.epci), "--millesime", "2026"],
            ["import", "communes", str(self.communes), "--millesime", "2023"],
            ["import", "grid", str(self.grid), "--millesime", "2019"],
            ["import", "sites", str(self.sites)],
        ]


def write_world(folder: Path) -> WorldFiles:
    made = WorldFiles(
        folder / "routes.osm.pbf",
        folder / "communes.geojson",
        folder / "epci.geojson",
        folder / "carreaux.csv",
        folder / "lieux.csv",
    )
    at = {letter: centre(cell) for letter, cell in zip("ABC", CELLS_KM, strict=False)}
    at["D"] = degrees(-4, 20)
    secondary = {"highway": "secondary", "maxspeed": "80"}
    drawn_map.write(made.roads, at, [("ABC", secondary), ("AD", secondary)], points={})
    builders.write_geojson(made.communes, [commune(code) for code in COMMUNES])
    whole = shapely.union_all([outline(code) for code in COMMUNES])
    builders.write_geojson(
        made.epci, [builders.feature(whole, code_siren=SIREN, nom="Communauté du dessin", nature="CC")]
    )
    write_grid(made.grid)
    builders.write_sites(made.sites, [site()])
    return made


def centre(cell: str) -> tuple[float, float]:
    east_km, north_km = CELLS_KM[cell]
    return degrees(east_km + 0.5, north_km + 0.5)


def degrees(east_km: float, north_km: float) -> tuple[float, float]:
    lon, lat = _TO_DEGREES.transform(X0_M + 1000 * east_km, Y0_M + 1000 * north_km)
    return lon, lat


def outline(code: str) -> shapely.Polygon:
    (west, south), (east, north) = COMMUNES[code][2]
    return shapely.Polygon(
        [degrees(*corner) for corner in ((west, south), (east, south), (east, north), (west, north))]
    )


def commune(code: str, *, swapped: bool = False) -> dict[str, Any]:
    nom, people, _ = COMMUNES[code]
    shape = outline(code)
    if swapped:
        shape = shapely.Polygon([(lat, lon) for lon, lat in shape.exterior.coords])
    return builders.commune(code, nom, shape, population=people, siren_epci=SIREN)


def write_grid(
    path: Path, *, epsg: int = 3035, header: tuple[str, ...] = ("idcar_1km", "i_est_1km", "ind", "men", "men_pauv")
) -> Path:
    rows = [
        (builders.cell_id(X0_M + 1000 * east_km, Y0_M + 1000 * north_km, 1000, epsg), 0, PEOPLE[cell], 1, 0)
        for cell, (east_km, north_km) in CELLS_KM.items()
    ]
    return builders.write_grid_csv(path, header, rows)


def site(**changes: str) -> dict[str, str]:
    lon, lat = centre("near")
    here = {
        "id_fs": "1",
        "insee_dep": "00",
        "lib_fs": "France services d'Alpha",
        "insee_com": "00001",
        "code_postal": "00100",
        "lib_com": "Alpha",
        "latitude": f"{lat:.6f}",
        "longitude": f"{lon:.6f}",
    }
    return builders.site(**{**here, **changes})
