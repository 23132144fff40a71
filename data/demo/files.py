"""Write the demonstration as the files a real territory comes as: the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import osmium.osm.mutable as osm
import pyproj
import shapely
from numpy.typing import NDArray

from data.contract import Progress
from data.demo import names
from data.demo.network import Network
from data.demo.outlines import commune_polygons
from data.demo.population import Grid, make_grid
from data.demo.relief import CRS_EPSG, FRAME_X_M, FRAME_Y_M, make_relief
from data.demo.roads import make_network
from data.demo.settlements import BOURG, EPCI_COUNT, PREFECTURE, Settlements, make_settlements
from data.demo.sites import COLUMNS, Row, make_sites

_STAMP = "2025-01-01T00:00:00Z"
_NOTICE = "Territoire FICTIF de démonstration : aucun lieu, aucune personne et aucun code n'y est réel."
_STEPS = 7


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """Where the files of the demonstration were written."""

    roads: Path
    communes: Path
    epci: Path
    grid: Path
    sites: Path
    readme: Path


def write_demo(folder: Path, progress: Progress | None = None) -> DemoFiles:
    """Make the fictional département "00" and the edge of its neighbour "0V"; some seconds on one core.

    The folder is created when absent; files of the same names are replaced. Returns where they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tell = progress or _silent
    files = DemoFiles(
        roads=folder / "routes-fictives.osm.pbf",
        communes=folder / "communes-fictives.geojson",
        epci=folder / "epci-fictifs.geojson",
        grid=folder / "filosofi-fictif-200m.csv",
        sites=folder / "france-services-fictives.csv",
        readme=folder / "LISEZMOI.txt",
    )
    relief = make_relief()
    tell(1, _STEPS)
    places = make_settlements(relief)
    tell(2, _STEPS)
    net = make_network(relief, places)
    tell(3, _STEPS)
    write_roads(files.roads, net)
    tell(4, _STEPS)
    write_zones(files.communes, files.epci, places)
    tell(5, _STEPS)
    write_grid(files.grid, make_grid(net, places))
    tell(6, _STEPS)
    write_sites(files.sites, make_sites(net, places))
    _write_text(files.readme, _README)
    tell(7, _STEPS)
    return files


def _silent(done: int, total: int | None) -> None:
    """Nobody asked how it goes."""
    del done, total


def to_lonlat(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of the frame (n, 2) to longitude and latitude, rounded to 1e-7 degree as in OpenStreetMap."""
    turn = pyproj.Transformer.from_crs(CRS_EPSG, 4326, always_xy=True)
    lon, lat = turn.transform(points[:, 0] + FRAME_X_M, points[:, 1] + FRAME_Y_M)
    return np.round(np.stack([lon, lat], 1), 7)


def write_roads(path: Path, net: Network) -> None:
    """Nodes in use, then ways, as OSM PBF with a fixed date."""
    used = sorted({node for way in net.ways for node in way.nodes} | set(net.node_tags))
    number = {node: k + 1 for k, node in enumerate(used)}
    place = to_lonlat(net.points()[used])
    header = osmium.io.Header()
    header.set("generator", "Accueil30, département fictif 00 (aucune donnée réelle)")
    header.set("osmosis_replication_timestamp", _STAMP)
    header.add_box(osmium.osm.Box(*(float(v) for v in (*place.min(0), *place.max(0)))))
    stamp = datetime.fromisoformat(_STAMP).astimezone(UTC)
    same: dict[str, Any] = {
        "version": 1,
        "timestamp": stamp,
        "changeset": 1,
        "uid": 1,
        "user": "fictif",
        "visible": True,
    }
    path.unlink(missing_ok=True)
    target = osmium.io.File(str(path), "pbf,pbf_compression=zlib")
    with osmium.SimpleWriter(target, header=header) as writer:
        for node, (lon, lat) in zip(used, place.tolist(), strict=True):
            writer.add_node(osm.Node(id=number[node], location=(lon, lat), tags=net.node_tags.get(node, {}), **same))
        for k, way in enumerate(net.ways):
            tags = dict(sorted(way.tags.items()))
            writer.add_way(osm.Way(id=k + 1, nodes=[number[node] for node in way.nodes], tags=tags, **same))
        for k, (origin, node, goal) in enumerate(net.no_turns):
            members = [("w", origin + 1, "from"), ("n", number[node], "via"), ("w", goal + 1, "to")]
            tags = {"type": "restriction", "restriction": "no_left_turn"}
            writer.add_relation(osm.Relation(id=k + 1, members=members, tags=tags, **same))


def write_zones(communes: Path, epci: Path, places: Settlements) -> None:
    """Communes and EPCI as ADMIN EXPRESS gives them; EPCI are the exact unions of their communes."""
    polygons = _lonlat_polygons(commune_polygons(places.commune_raster, len(places.cell)))
    seats = [
        int(np.nonzero(places.epci == k)[0][int(np.argmax(places.population[places.epci == k]))])
        for k in range(EPCI_COUNT + 1)
    ]
    sirens = [f"000{100100 + 37 * k:06d}" for k in range(EPCI_COUNT + 1)]
    features = [
        _feature(_commune_properties(places, k, sirens[int(places.epci[k])]), polygon)
        for k, polygon in enumerate(polygons)
    ]
    _write_collection(communes, "communes_fictives", features)
    features = []
    for k, seat in enumerate(seats):
        nature = "Communauté d'agglomération" if places.rank[seat] == PREFECTURE else "Communauté de communes"
        short = "CA" if nature.endswith("agglomération") else "CC"
        nom = f"{short} du Pays {names.of_place(places.name[seat])} (fictif)"
        union = shapely.coverage_union_all([polygons[c] for c in np.nonzero(places.epci == k)[0].tolist()])
        features.append(_feature({"code_siren": sirens[k], "nom": nom, "nature": nature, "fictif": True}, union))
    _write_collection(epci, "epci_fictifs", features)


def _commune_properties(places: Settlements, k: int, siren: str) -> dict[str, Any]:
    rank = int(places.rank[k])
    status = (
        "Préfecture" if rank == PREFECTURE else "Sous-préfecture" if rank == BOURG and k % 3 == 0 else "Commune simple"
    )
    departement = places.departement[k]
    return {
        "id": f"COMMUNE_FICTIVE_{places.code[k]}", "nom": places.name[k], "nom_m": places.name[k].upper(),
        "insee_com": places.code[k], "statut": status, "population": int(places.population[k]),
        "insee_arr": "1", "insee_dep": departement, "insee_reg": "00", "siren_epci": siren, "fictif": True,
        "nom_dep": names.DEPARTEMENT if departement == "00" else names.NEIGHBOUR,
    }  # fmt: skip


def _lonlat_polygons(polygons: list[shapely.MultiPolygon]) -> list[shapely.Geometry]:
    """To degrees with 6 decimals, vertex by vertex, so that neighbours keep the same vertices."""
    coordinates = shapely.get_coordinates(polygons)
    return list(shapely.set_coordinates(np.array(polygons, object), np.round(to_lonlat(coordinates), 6)))


def _feature(properties: dict[str, Any], shape: shapely.Geometry) -> dict[str, Any]:
    parts = sorted(shapely.get_parts(shapely.normalize(shape)).tolist(), key=lambda part: part.bounds)
    rings = [[[list(p) for p in ring.coords] for ring in (part.exterior, *part.interiors)] for part in parts]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "MultiPolygon", "coordinates": rings},
    }


def _write_collection(path: Path, name: str, features: list[dict[str, Any]]) -> None:
    head = {
        "type": "FeatureCollection", "name": name, "description": _NOTICE,
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
    }  # fmt: skip
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    _write_text(path, json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n' + lines + "\n]}\n")


def write_grid(path: Path, grid: Grid) -> None:
    """The 200 m grid with the names of the 2019 edition, and one column more that says it is fictional."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [
            "idcar_200m",
            "idcar_1km",
            "i_est_200",
            "i_est_1km",
            "lcog_geo",
            "ind",
            "men",
            "men_pauv",
            "men_1ind",
            "men_prop",
            "men_fmp",
            "ind_snv",
            "territoire",
        ]
    )
    for x, y, people, estimated, poor, code in zip(
        grid.x_m.tolist(),
        grid.y_m.tolist(),
        grid.individuals.tolist(),
        grid.is_estimated.tolist(),
        grid.poor_share.tolist(),
        grid.codes,
        strict=True,
    ):
        households = people / 2.15
        cell = f"CRS3035RES200mN{y}E{x}"
        kilometre = f"CRS3035RES1000mN{y // 1000 * 1000}E{x // 1000 * 1000}"
        values = (
            people,
            households,
            households * poor,
            households * 0.34,
            households * 0.6,
            households * 0.09,
        )
        writer.writerow(
            [
                cell,
                kilometre,
                int(estimated),
                0,
                code,
                *(f"{v:.1f}" for v in values),
                f"{people * 22500:.1f}",
                "fictif",
            ]
        )
    _write_text(path, out.getvalue())


def write_sites(path: Path, sites: list[tuple[Row, tuple[float, float]]]) -> None:
    """The 24 columns of the national list; no address of mail, no telephone."""
    place = to_lonlat(np.array([spot for _, spot in sites]))
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for (row, _), (lon, lat) in zip(sites, place.tolist(), strict=True):
        writer.writerow(row | {"latitude": f"{lat:.6f}", "longitude": f"{lon:.6f}"})
    _write_text(path, out.getvalue())


def _write_text(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))


_README = f"""{names.DEPARTEMENT}, code 00
{_NOTICE}

Ces fichiers sont fabriqués par le programme, toujours les mêmes, au format de ceux d'un vrai territoire :
- routes-fictives.osm.pbf : routes, rues, cols fermés l'hiver, bac et rivières, au format d'OpenStreetMap (aucune de ses données) ;
- communes-fictives.geojson, epci-fictifs.geojson : limites, aux champs d'ADMIN EXPRESS (rien de l'IGN) ;
- filosofi-fictif-200m.csv : carreaux de 200 m, aux colonnes de l'INSEE, EPSG:3035 (rien de l'INSEE) ;
- france-services-fictives.csv : lieux d'accueil, aux 24 colonnes de la liste nationale (rien de l'ANCT).

Le département voisin, {names.NEIGHBOUR}, porte le code 0V. Le tout est placé dans l'océan Atlantique.
"""
