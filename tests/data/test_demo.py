"""The demonstration département: the same bytes everywhere, a sound map, and fictional in every file."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pyproj
import pytest
import shapely

from data.boundaries import read_communes, read_epci
from data.demo import DemoFiles, names, write_demo
from data.network import graph_from_osm
from data.osm import read_osm
from data.population import read_grid
from data.sites.france_services import read_france_services
from routing.graph import UNREACHED_DS, RoadGraph
from routing.profile import load_profile
from routing.search import times_at, times_to_sites
from routing.snap import attach

COLUMNS_24 = (
    "id_fs,insee_dep,lib_fs,adresse,complement_adresse,insee_com,code_postal,lib_com,latitude,longitude,mail,telephone,"
    "h_lundi,h_mardi,h_mercredi,h_jeudi,h_vendredi,h_samedi,prise_rdv,commentaire,type_fs,format_fs,groupe_fs,"
    "labellisation_fs"
)
ISLAND = "L'Île-d'Orsevenne"
VALLEY_END = "Le Fond-de-Vaurelle"


@dataclass(frozen=True)
class Road:
    nodes: tuple[int, ...]
    points: np.ndarray
    tags: dict[str, str]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    return write_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def ways(demo: DemoFiles) -> list[Road]:
    """Every way of the file, in metres."""
    to_metres = pyproj.Transformer.from_crs(4326, 2154, always_xy=True)
    found = []
    for way in osmium.FileProcessor(str(demo.roads)).with_locations():
        if way.is_way():
            lonlat = np.array([(node.lon, node.lat) for node in way.nodes])
            points = np.stack(to_metres.transform(lonlat[:, 0], lonlat[:, 1]), 1)
            found.append(Road(tuple(node.ref for node in way.nodes), points, dict(way.tags)))
    return found


@pytest.fixture(scope="module")
def graph(demo: DemoFiles) -> RoadGraph:
    return graph_from_osm(read_osm(demo.roads), load_profile("car"), name="demo", crs_epsg=2154)[0]


@pytest.fixture(scope="module")
def communes(demo: DemoFiles) -> list[dict[str, Any]]:
    return list(json.loads(demo.communes.read_text(encoding="utf-8"))["features"])


def _digests(files: DemoFiles) -> dict[str, str]:
    paths = asdict(files)
    return {key: hashlib.sha256(Path(path).read_bytes()).hexdigest() for key, path in sorted(paths.items())}


def test_the_same_bytes_come_out_of_another_process(demo: DemoFiles, tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from data.demo import write_demo; write_demo(Path(sys.argv[1]))"
    root = Path(__file__).resolve().parents[2]
    surroundings = os.environ | {
        "PYTHONHASHSEED": "4242",
        "LC_ALL": "C",
        "TZ": "Pacific/Auckland",
        "PYTHONPATH": str(root),
    }
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=root, env=surroundings)
    again = DemoFiles(**{key: tmp_path / Path(path).name for key, path in asdict(demo).items()})
    assert _digests(again) == _digests(demo)


def test_a_second_write_replaces_the_first_and_tells_how_it_goes(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    files = write_demo(tmp_path / "new" / "folder", lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == list(range(1, len(told) + 1))
    assert told[-1][0] == told[-1][1]
    assert all(Path(path).stat().st_size > 500 for path in asdict(files).values())


def test_files_are_modest(demo: DemoFiles) -> None:
    assert demo.roads.stat().st_size < 2_000_000
    assert sum(Path(path).stat().st_size for path in asdict(demo).values()) < 5_000_000


def test_every_file_says_it_is_fictional(demo: DemoFiles, communes: list[dict[str, Any]]) -> None:
    assert "FICTIF" in demo.readme.read_text(encoding="utf-8")
    for path in (demo.communes, demo.epci):
        assert "FICTIF" in json.loads(path.read_text(encoding="utf-8"))["description"]
    assert all(feature["properties"]["fictif"] is True for feature in communes)
    with demo.grid.open(encoding="utf-8", newline="") as source:
        assert all(row["territoire"] == "fictif" for row in csv.DictReader(source))
    with demo.sites.open(encoding="utf-8", newline="") as source:
        assert all("fictif" in row["commentaire"] for row in csv.DictReader(source))
    assert "fictif" in osmium.io.Reader(str(demo.roads)).header().get("generator")
    others = [Path(path).name for key, path in asdict(demo).items() if key != "readme"]
    assert all("fictif" in name or "fictives" in name for name in others)


def test_no_personal_data_and_no_real_code(demo: DemoFiles, communes: list[dict[str, Any]]) -> None:
    with demo.sites.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    assert all(row["mail"] == "" and row["telephone"] == "" for row in rows)
    assert {row["insee_dep"] for row in rows} == {"00", "0V"}
    assert all(re.fullmatch(r"0[0V]\d{3}", feature["properties"]["insee_com"]) for feature in communes)
    assert all(feature["properties"]["siren_epci"].startswith("000") for feature in communes)


@pytest.mark.real_data
def test_no_commune_has_the_name_of_a_real_one(real_data: Path, communes: list[dict[str, Any]]) -> None:
    with gzip.open(real_data / "france" / "decoupage_2026_communes.json.gz", "rt", encoding="utf-8") as source:
        real = {commune["nom"].casefold() for commune in json.load(source)}
    assert not {feature["properties"]["nom"].casefold() for feature in communes} & real


def test_counts_and_populations(communes: list[dict[str, Any]], demo: DemoFiles) -> None:
    ours = [feature["properties"] for feature in communes if feature["properties"]["insee_dep"] == "00"]
    people = np.sort([commune["population"] for commune in ours])[::-1]
    assert 190 <= len(ours) <= 215
    assert len(communes) - len(ours) >= 10
    assert len({feature["properties"]["insee_com"] for feature in communes}) == len(communes)
    assert len({feature["properties"]["nom"] for feature in communes}) == len(communes)
    assert 320_000 <= people.sum() <= 340_000
    assert 50_000 <= people[0] <= 65_000
    assert 6 <= (people[1:] > 4_300).sum() <= 14
    assert np.median(people) < 1_200
    assert 9 <= len({commune["siren_epci"] for commune in ours}) <= 11


def test_communes_cover_the_land_without_gap_or_overlap(communes: list[dict[str, Any]]) -> None:
    shapes = np.array([shapely.from_geojson(json.dumps(feature["geometry"])) for feature in communes])
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    union = shapely.union_all(shapes)
    assert sum(shapely.area(shapes)) == pytest.approx(union.area, rel=1e-9)
    pieces = shapely.get_parts(union)
    holes = sum(len(piece.interiors) for piece in pieces)
    assert shapely.area(pieces).max() > 0.97 * union.area  # one mainland; the rest: the island, a few islets
    assert holes <= 6  # lagoons


def test_epci_are_the_unions_of_their_communes(demo: DemoFiles, communes: list[dict[str, Any]]) -> None:
    for feature in json.loads(demo.epci.read_text(encoding="utf-8"))["features"]:
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        own = [
            shapely.from_geojson(json.dumps(commune["geometry"]))
            for commune in communes
            if commune["properties"]["siren_epci"] == feature["properties"]["code_siren"]
        ]
        assert shape.is_valid
        assert shapely.symmetric_difference(shape, shapely.union_all(own)).area < 1e-9
        island = any(
            commune["properties"]["nom"] == ISLAND
            for commune in communes
            if commune["properties"]["siren_epci"] == feature["properties"]["code_siren"]
        )
        great = [part for part in shapely.get_parts(shape) if part.area > 2e-4]
        assert len(great) <= (2 if island else 1), feature["properties"]["nom"]


def test_the_real_readers_take_every_row(demo: DemoFiles) -> None:
    _, epci = read_epci(demo.epci)
    table, grid = read_grid(demo.grid)
    assert (epci.rows_rejected, grid.rows_rejected) == (0, 0)
    assert table["is_estimated"].any()
    assert (~table["is_estimated"]).any()
    assert (table["individuals"] % 1 != 0).any()
    communes, outlines = read_communes(demo.communes)
    sites, places = read_france_services(demo.sites)
    assert (outlines.rows_rejected, places.rows_rejected) == (0, 0)
    assert (communes["departement_code"] == "00").sum() >= 190
    assert {"fixed", "branch", "mobile"} <= set(sites["form"])


def test_filosofi_counts_a_little_fewer_people(demo: DemoFiles, communes: list[dict[str, Any]]) -> None:
    municipal = {feature["properties"]["insee_com"]: feature["properties"]["population"] for feature in communes}
    counted: dict[str, float] = dict.fromkeys(municipal, 0.0)
    with demo.grid.open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            counted[row["lcog_geo"][:5]] += float(row["ind"])
            assert re.fullmatch(
                r"CRS3035RES200mN\d{6}[02468]00E\d{6}[02468]00|CRS3035RES200mN\d+E\d+", row["idcar_200m"]
            )
    ours = [code for code in municipal if code.startswith("00")]
    share = sum(counted[code] for code in ours) / sum(municipal[code] for code in ours)
    assert 0.92 <= share <= 0.96
    assert 2 <= sum(counted[code] == 0 for code in ours) <= 8


def test_cells_lie_in_their_commune(demo: DemoFiles, communes: list[dict[str, Any]]) -> None:
    shapes = {
        feature["properties"]["insee_com"]: shapely.from_geojson(json.dumps(feature["geometry"]))
        for feature in communes
    }
    to_lonlat = pyproj.Transformer.from_crs(3035, 4326, always_xy=True)
    far = 0
    with demo.grid.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))[::23]
    for row in rows:
        north, east = (int(part) for part in re.findall(r"[NE](\d+)", row["idcar_200m"].split("RES200m")[1]))
        centre = shapely.Point(to_lonlat.transform(east + 100, north + 100))
        far += shapes[row["lcog_geo"][:5]].distance(centre) > 0.004
    assert far <= len(rows) * 0.01


def test_the_sites_file_has_the_24_columns_and_every_kind(demo: DemoFiles) -> None:
    with demo.sites.open(encoding="utf-8", newline="") as source:
        assert source.readline().strip() == COLUMNS_24
        source.seek(0)
        rows = list(csv.DictReader(source))
    ours = [row for row in rows if row["insee_dep"] == "00"]
    assert 34 <= len(ours) <= 46
    assert 1 <= len(rows) - len(ours) <= 5
    assert {row["format_fs"] for row in rows} == {
        "Fixe",
        "Fixe_antenne(s)",
        "Multisites",
        "Bus_équivalent",
        "Itinérante",
    }
    assert {row["type_fs"] for row in rows} == {"Principal", "Antenne"}
    bus = next(row for row in rows if row["format_fs"] == "Bus_équivalent")
    assert "Tournée" in bus["commentaire"]
    assert bus["commentaire"].count("(9h30-12h)") == 5
    names = " ".join(row["lib_fs"] for row in rows)
    assert all(word in names for word in ("CCAS", "CIAS", "Pimms", "Maison départementale des solidarités", "La Poste"))
    days = [[row[day] for day in row if day.startswith("h_")] for row in rows]
    assert any(not any(week) for week in days)  # hours unknown
    assert any(week[5] for week in days)  # Saturday
    assert any("19:00" in week[0] or "18:30" in week[0] for week in days)  # evening
    assert any("00:00 - 00:00" in hours for week in days for hours in week)  # dirty


def test_size_and_classes_of_the_road_network(ways: list[Road], graph: RoadGraph) -> None:
    kinds = {way.tags.get("highway") for way in ways}
    assert {
        "motorway", "motorway_link", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential",
        "service", "track",
    } <= kinds  # fmt: skip
    assert 25_000 <= len(graph.node_x_m) <= 60_000
    assert any(way.tags.get("junction") == "roundabout" and way.nodes[0] == way.nodes[-1] for way in ways)
    assert any(way.tags.get("oneway") == "-1" for way in ways)
    assert any(way.tags.get("access") == "private" for way in ways)
    assert all(len(set(way.nodes)) >= 2 for way in ways)
    assert all(a != b for way in ways for a, b in pairwise(way.nodes))


def test_roundabouts_turn_anticlockwise(ways: list[Road]) -> None:
    rings = [way for way in ways if way.tags.get("junction") == "roundabout"]
    assert len(rings) >= 20
    for ring in rings:
        assert shapely.LinearRing(ring.points).is_ccw
        assert shapely.Polygon(ring.points).is_valid


def test_rivers_are_crossed_only_on_bridges(ways: list[Road]) -> None:
    rivers = [shapely.LineString(way.points) for way in ways if way.tags.get("waterway") == "river"]
    assert len(rivers) == 2
    assert all(river.is_simple for river in rivers)
    roads = [way for way in ways if "highway" in way.tags]
    lines = [shapely.LineString(way.points) for way in roads]
    hit, _ = shapely.STRtree(rivers).query(lines, "intersects")
    crossing = [roads[k] for k in hit.tolist()]
    assert all(way.tags.get("bridge") == "yes" for way in crossing)
    assert 8 <= len(crossing) <= 20
    assert max(shapely.LineString(way.points).length for way in crossing) < 200


def test_no_road_runs_in_the_sea(ways: list[Road], communes: list[dict[str, Any]]) -> None:
    to_metres = pyproj.Transformer.from_crs(4326, 2154, always_xy=True).transform
    land = shapely.union_all([shapely.from_geojson(json.dumps(feature["geometry"])) for feature in communes])
    land = shapely.transform(land, lambda lonlat: np.stack(to_metres(lonlat[:, 0], lonlat[:, 1]), 1)).buffer(260)
    shapely.prepare(land)
    east = land.bounds[2] - 3_000  # beyond the communes of the neighbour roads go on
    for way in ways:
        if "highway" in way.tags and way.points[:, 0].max() < east:
            assert land.contains(shapely.LineString(way.points)), way.tags


def test_everybody_can_come_and_go_and_only_the_ferry_reaches_the_island(
    graph: RoadGraph, demo: DemoFiles, ways: list[Road], communes: list[dict[str, Any]]
) -> None:
    assert graph.in_main_component.mean() > 0.995
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for way in ways:
        if "highway" in way.tags:
            for a, b in pairwise(way.nodes):
                parent[root(a)] = root(b)
    roads = [way for way in ways if "highway" in way.tags]
    groups = {root(way.nodes[0]) for way in roads}
    assert len(groups) == 2
    (ferry,) = (way for way in ways if way.tags.get("route") == "ferry")
    assert "duration" in ferry.tags
    assert {root(ferry.nodes[0]), root(ferry.nodes[-1])} == groups
    points = shapely.points(np.concatenate([way.points for way in roads]))
    group = np.concatenate([[root(node) for node in way.nodes] for way in roads])
    to_metres = pyproj.Transformer.from_crs(4326, 2154, always_xy=True).transform
    for feature in communes:
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        shape = shapely.transform(shape, lambda lonlat: np.stack(to_metres(lonlat[:, 0], lonlat[:, 1]), 1))
        shapely.prepare(shape)
        own = set(group[shapely.contains(shape, points)].tolist())
        is_island = feature["properties"]["nom"] == ISLAND
        assert own == {root(ferry.nodes[-1]) if is_island else root(ferry.nodes[0])}, feature["properties"]["nom"]


def test_three_passes_close_in_winter(ways: list[Road]) -> None:
    closed = [way for way in ways if "motor_vehicle:conditional" in way.tags]
    assert {way.tags["motor_vehicle:conditional"] for way in closed} == {"no @ (Nov 15-May 01)"}
    assert {(way.tags["ref"], way.tags["name"]) for way in closed} == set(names.PASSES.items())
    assert all(1_000 < sum(_length_m(way) for way in closed if way.tags["ref"] == ref) < 8_000 for ref in names.PASSES)


def _length_m(way: Road) -> float:
    return float(shapely.LineString(way.points).length)


def test_winter_is_worth_looking_at(demo: DemoFiles) -> None:
    """Some hundreds go a longer way round, some lose the place they had within 30 minutes, some are cut off."""
    tables = read_osm(demo.roads)
    summer, winter = (
        graph_from_osm(tables, load_profile("car"), name="demo", crs_epsg=2154, season=season)[0]
        for season in ("summer", "winter")
    )
    with demo.sites.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    to_metres = pyproj.Transformer.from_crs(4326, 2154, always_xy=True)
    place = to_metres.transform([float(row["longitude"]) for row in rows], [float(row["latitude"]) for row in rows])
    sites = attach(summer, *place, 300.0)
    grid, _ = read_grid(demo.grid)
    from_grid = pyproj.Transformer.from_crs(3035, 2154, always_xy=True)
    at = from_grid.transform(grid["x_m"].to_numpy() + 100, grid["y_m"].to_numpy() + 100)
    homes, people = attach(summer, *at, 2_000.0), grid["individuals"].to_numpy()
    before_ds, after_ds = (
        times_at(graph, times_to_sites(graph, sites), sites, homes, "arrival")[0] for graph in (summer, winter)
    )
    is_cut_off = after_ds == UNREACHED_DS
    assert (after_ds >= before_ds).all()
    assert 300 < people[~is_cut_off & (after_ds > before_ds + 600)].sum() < 1_500, "more than a minute longer"
    assert 100 < people[(before_ds < 18_000) & (after_ds >= 18_000)].sum() < 500
    assert 20 < people[is_cut_off].sum() < 200
    assert (after_ds - before_ds)[~is_cut_off].max() > 6_000


def test_coverage_is_worth_looking_at(graph: RoadGraph, demo: DemoFiles, communes: list[dict[str, Any]]) -> None:
    with demo.sites.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    to_metres = pyproj.Transformer.from_crs(4326, 2154, always_xy=True)
    grid, _ = read_grid(demo.grid)
    with demo.grid.open(encoding="utf-8", newline="") as source:
        code = {row["idcar_200m"]: row["lcog_geo"][:5] for row in csv.DictReader(source)}
    commune = np.array([code[cell] for cell in grid["cell_id"]])
    ours = np.char.startswith(commune, "00")
    from_grid = pyproj.Transformer.from_crs(3035, 2154, always_xy=True)
    x_m, y_m = from_grid.transform(grid["x_m"].to_numpy() + 100, grid["y_m"].to_numpy() + 100)
    homes = attach(graph, x_m, y_m, 2_000.0)
    assert (homes.road >= 0).all()

    def seconds(codes: set[str]) -> np.ndarray:
        own = [row for row in rows if row["insee_dep"] in codes]
        place = to_metres.transform([float(row["longitude"]) for row in own], [float(row["latitude"]) for row in own])
        sites = attach(graph, *place, 300.0)
        assert (sites.road >= 0).all()
        time_ds, _ = times_at(graph, times_to_sites(graph, sites), sites, homes, "arrival")
        assert (time_ds < UNREACHED_DS).all()
        return time_ds / 10

    people = grid["individuals"].to_numpy()
    shares = [people[ours & (seconds(codes) < 1800)].sum() / people[ours].sum() for codes in ({"00", "0V"}, {"00"})]
    assert 0.88 <= shares[1] < shares[0] - 0.005 <= 0.96  # the neighbour's site serves our side
    late = seconds({"00", "0V"}) >= 1800
    nom = {feature["properties"]["insee_com"]: feature["properties"]["nom"] for feature in communes}
    by_name = {name: late[commune == found].mean() for found, name in nom.items() if (commune == found).any()}
    assert by_name[ISLAND] == 1.0
    assert by_name[VALLEY_END] > 0.5
