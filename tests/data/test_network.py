"""Tables to graph: lengths, invariants, real networks, and the OSMnx and GraphML doors."""

from __future__ import annotations

import bz2
from collections import Counter
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pyproj
import pytest

from data.errors import BadInputError
from data.measure import project, road_lengths_m, seconds_to_ds, segment_lengths_m
from data.network import graph_from_osm
from data.network_osmnx import graph_from_graphml, graph_from_place, write_graphml
from data.network_report import NetworkReport
from data.osm import read_osm
from routing.graph import UNREACHED_DS
from routing.profile import ROAD_CLASSES, load_profile
from tests.data.drawn_map import draw, drawn_profile, turn

STREET = {"highway": "residential"}
CAR, DRAWN = load_profile("car"), drawn_profile("car")


# --- measures --------------------------------------------------------------------------------------------


def test_lengths_are_true_where_the_projection_stretches() -> None:
    """Ten kilometres due north from Bonifacio: Lambert-93 makes them longer by 2 ‰."""
    north = pyproj.Geod(ellps="WGS84").fwd(9.16, 41.39, 0.0, 10_000)[:2]
    lon, lat = np.array([(9.16, 41.39), north]).T
    assert segment_lengths_m(lon, lat)[0] == pytest.approx(10_000, abs=0.001)
    x_m, y_m = project(lon, lat, 2154)
    assert np.hypot(np.diff(x_m), np.diff(y_m))[0] > 10_015


def test_road_lengths_add_up_their_own_segments_only() -> None:
    lon, lat = np.array([(2.0, 46.0), (2.0, 46.1), (2.0, 46.2), (5.0, 44.0), (5.0, 44.1)]).T
    first = np.array([0, 3, 5])
    segments = segment_lengths_m(lon, lat)
    assert road_lengths_m(lon, lat, first).tolist() == [segments[0] + segments[1], segments[3]]


def test_times_round_half_up_and_are_never_zero() -> None:
    seconds = np.array([0.0, 0.01, 0.1, 0.149, 0.15, 0.25, 0.35, 12.0, np.nan])
    assert seconds_to_ds(seconds).tolist() == [1, 1, 1, 1, 2, 3, 4, 120, int(UNREACHED_DS)]


def test_place_outside_the_projection_is_refused() -> None:
    with pytest.raises(BadInputError, match="EPSG:2154"):
        project(np.array([2.0, 2.0]), np.array([46.0, -90.0]), 2154)


# --- the graph of a file ---------------------------------------------------------------------------------


def test_graph_says_where_it_comes_from(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "carte.osm.pbf", "A--B", [("AB", STREET)])
    meta = drawn.graph.meta
    assert (meta.name, meta.mode, meta.crs_epsg) == ("dessin", "car", 2154)
    assert (meta.source_name, meta.source_sha256) == ("carte.osm.pbf", drawn.tables.sha256)
    assert meta.profile_version == DRAWN.version
    assert meta.season == "summer"
    assert ROAD_CLASSES[drawn.graph.road_class[0]].name == "residential"


def test_every_way_is_accounted_for(tmp_path: Path) -> None:
    ways = [
        ("AB", STREET),
        ("AB", {"highway": "footway"}),
        ("AB", {"highway": "track"}),
        ("AB", STREET | {"access": "private"}),
        ("AB", STREET | {"oneway": "reversible"}),
    ]
    report = draw(tmp_path / "carte.osm.pbf", "A--B", ways).report
    assert report.ways_closed == {"permission": 1, "access": 1, "oneway": 1}
    assert_accounts(report)
    assert report.length_km == pytest.approx(0.3, abs=1e-4)


@pytest.mark.parametrize(
    ("ways", "absent"),
    [
        ([("AB", {"highway": "footway"})], ""),
        ([("AB", STREET | {"access": "private"})], ""),
        ([("AB", STREET)], "B"),
        ([("AA", STREET)], ""),
        ([("AB", STREET)], "AB"),
    ],
)
def test_file_that_leaves_no_road_is_refused(
    tmp_path: Path, ways: list[tuple[str, dict[str, str]]], absent: str
) -> None:
    with pytest.raises(BadInputError, match="aucune route ouverte aux voitures"):
        draw(tmp_path / "carte.osm.pbf", "A--B", ways, absent=absent)


def assert_accounts(report: NetworkReport) -> None:
    assert report.ways_read == report.ways_kept + report.ways_not_for_mode + sum(report.ways_closed.values())


# --- real networks ---------------------------------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "crs_epsg", "least_share"),
    [
        ("andorra_2013-05", 2154, 0.97),
        ("geneve_2025-01", 2154, 0.90),
        ("liechtenstein_2015-07", 32632, 0.97),
        ("monaco", 2154, 0.90),
        # A quarter of a square of 2 km is one-way streets that leave the extract and never come back.
        ("paris_marais", 2154, 0.70),
        # A corridor of scattered pieces, not a network: it must be read, and said to be in pieces.
        ("saint-brieuc_loudeac_22", 2154, 0.05),
    ],
)
def test_genuine_extracts(real_data: Path, name: str, crs_epsg: int, least_share: float) -> None:
    tables = read_osm(real_data / "osm-pbf" / f"{name}.osm.pbf")
    graph, report = graph_from_osm(tables, CAR, name=name, crs_epsg=crs_epsg)
    assert report.main_component_share >= least_share
    assert any("morcelé" in warning for warning in report.warnings) == (least_share < 0.9)
    assert_accounts(report)
    # Nobody is faster than the fastest class or the fastest limit, 0.88 x 130.
    for time_ds in (graph.road_forward_ds, graph.road_backward_ds):
        is_open = (time_ds < UNREACHED_DS) & (graph.road_length_m > 100)
        assert (3.6 * graph.road_length_m[is_open] / (time_ds[is_open] / 10)).max() <= 115.5


@pytest.mark.real_data
def test_cutting_agrees_with_a_plain_walk_along_each_way(real_data: Path) -> None:
    """The slow twin: ways walked node by node in plain Python, on Monaco and the coast beside it."""
    tables = read_osm(real_data / "osm-pbf" / "monaco.osm.pbf")
    graph, _ = graph_from_osm(tables, CAR, name="monaco", crs_epsg=2154)
    walks = []
    for way, tags in enumerate(tables.way_tags):
        rule = CAR.interpret_way(tags)
        if rule is not None and rule.is_open:
            span = slice(tables.way_first[way], tables.way_first[way + 1])
            walks.append((int(tables.way_id[way]), tables.way_node[span].tolist()))
    uses = Counter(node for _, nodes in walks for node in nodes)
    rules = {node: CAR.interpret_node(tags) for node, tags in tables.node_tags.items()}
    stops = {
        node
        for node, rule in rules.items()
        if rule.blocks or rule.is_winter_closed or rule.forward_delay_s > 0 or rule.backward_delay_s > 0
    }
    expected: Counter[tuple[int, int, int, int]] = Counter()
    for way_id, nodes in walks:
        start = 0
        for place in range(1, len(nodes)):
            is_end = place == len(nodes) - 1
            if is_end or uses[nodes[place]] > 1 or nodes[place] in stops:
                ends = tables.node_id[[nodes[start], nodes[place]]].tolist()
                expected[(way_id, *ends, place - start + 1)] += 1
                start = place
    osm_id, points = graph.node_osm_id, np.diff(graph.shape_first)
    rows = (graph.road_way_id, osm_id[graph.road_tail], osm_id[graph.road_head], points)
    assert Counter(zip(*(row.tolist() for row in rows), strict=True)) == expected


@pytest.fixture(scope="module")
def corsica_path(real_data: Path) -> Path:
    return real_data / "corse" / "routes" / "corse_reconstruit_longueurs_vraies.osm.pbf"


@pytest.mark.real_data
def test_corsica_has_the_nodes_and_arcs_of_its_source(corsica_path: Path) -> None:
    """PROVENANCE: 31,333 nodes, 65,009 arcs, one component, 7,718 km measured; access tags apart.

    Eight pieces of roundabout carry no ``oneway`` tag and count there both ways; a roundabout has one way.
    """
    tables = read_osm(corsica_path)
    no_access = [{key: tags[key] for key in tags if key not in _ACCESS} for tags in tables.way_tags]
    graph, report = graph_from_osm(replace(tables, way_tags=no_access), CAR, name="corse", crs_epsg=2154)
    assert (graph.node_count, len(graph.forward.head)) == (31_333, 65_009 - 8)
    assert report.roads == 34_461
    assert report.components == 1
    assert report.length_km == pytest.approx(7_718, rel=0.001)


_ACCESS = ("access", "vehicle", "motor_vehicle", "motorcar")


@pytest.mark.real_data
def test_corsica_with_its_closed_roads(corsica_path: Path) -> None:
    _, report = graph_from_osm(read_osm(corsica_path), CAR, name="corse", crs_epsg=2154)
    assert report.ways_closed == {"access": 113}
    assert report.main_component_share > 0.995


@pytest.mark.real_data
def test_gers_with_its_true_shapes(real_data: Path) -> None:
    path = real_data / "midi-pyrenees" / "routes" / "dep32_tampon40km.osm.pbf"
    graph, report = graph_from_osm(read_osm(path), CAR, name="gers", crs_epsg=2154)
    assert graph.node_count == pytest.approx(90_337, abs=50)
    assert len(graph.shape_x_m) > 4 * graph.node_count
    assert report.main_component_share > 0.95


# --- OSMnx and GraphML -----------------------------------------------------------------------------------


@pytest.mark.real_data
def test_osmnx_file_of_nantes(real_data: Path) -> None:
    path = real_data / "osm-pbf" / "nantes_drive_4km_osmnx.graphml.bz2"
    graph, report = graph_from_graphml(path, CAR, name="Nantes", crs_epsg=2154)
    assert report.ways_read == 16_760  # arcs
    assert report.ways_closed == {"access": 13}
    assert len(graph.forward.head) == 16_760 - 13
    # 12,778 arcs are said to go both ways: nearly all of them found their mirror and make one road of two.
    both = (graph.road_forward_ds < UNREACHED_DS) & (graph.road_backward_ds < UNREACHED_DS)
    assert int(both.sum()) == pytest.approx(12_778 / 2, abs=10)
    assert report.main_component_share > 0.99
    assert "Rue de la Riveterie" in graph.names


@pytest.mark.parametrize("suffix", [".graphml", ".graphml.bz2"])
def test_graphml_out_gives_networkx_the_same_times(tmp_path: Path, suffix: str) -> None:
    drawn = draw(
        tmp_path / "carte.osm.pbf",
        """
        A--B---C--D
           |   |
           E---F
        """,
        [
            ("ABC", STREET | {"oneway": "yes", "name": "Rue d'Été"}),
            ("BEFC", {"highway": "primary", "maxspeed": "100"}),
            ("CD", STREET),
        ],
    )
    graph, path = drawn.graph, tmp_path / f"sortie{suffix}"
    write_graphml(graph, path)
    with (bz2.open if suffix.endswith("bz2") else open)(path, "rb") as stream:
        read = nx.read_graphml(stream, node_type=int, force_multigraph=True)
    of_letter = {node: index for index, node in enumerate(graph.node_osm_id.tolist())}
    b, c, d = (of_letter["ABCD".index(letter) + 1] for letter in "BCD")
    # B -> C along the street: 400 m, 48 s, against 800 m at 90 km/h, 32 s; C -> B has no other way.
    for start, end, seconds in ((b, d, 32.0 + 36.0), (d, b, 36.0 + 32.0)):
        found = nx.shortest_path_length(read, start, end, weight="time_s")
        assert found == pytest.approx(seconds)
    assert read.number_of_edges() == len(graph.forward.head) == 6
    streets = [edge for *_, edge in read.edges(data=True) if edge.get("name") == "Rue d'Été"]
    assert sorted(edge["length_m"] for edge in streets) == pytest.approx([300, 400], abs=0.05)
    assert {edge["highway"] for edge in streets} == {"residential"}
    assert all(edge["geometry"].startswith("LINESTRING (2.") for edge in streets)
    lon, lat = drawn.lon_lat["C"]
    assert (read.nodes[c]["x"], read.nodes[c]["y"]) == pytest.approx((lon, lat), abs=2e-7)


def test_graphml_out_holds_junctions_alone(tmp_path: Path) -> None:
    ways = [("AB", STREET), ("BC", STREET), ("BD", STREET)]
    drawn = draw(
        tmp_path / "carte.osm.pbf", "A--B--C\n   |\n   D", ways, turns=[turn("no_right_turn", "AB", "B", "BD")]
    )
    assert drawn.report.turn_states > 0
    write_graphml(drawn.graph, tmp_path / "sortie.graphml")
    read = nx.read_graphml(tmp_path / "sortie.graphml", node_type=int, force_multigraph=True)
    assert read.number_of_nodes() == 4
    assert min(degree for _, degree in read.degree()) > 0
    assert read.graph["turn_restrictions"] == "left out"


def osmnx_file(folder: Path, *arcs: tuple[int, int, dict[str, object]]) -> Path:
    """A small file as OSMnx writes it, three nodes 100 m apart on a parallel, everything as text."""
    geod = pyproj.Geod(ellps="WGS84")
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs="epsg:4326", created_date="2026-03-04 05:06:07")
    for node in (1, 2, 3):
        lon, lat, _ = geod.fwd(2.0, 46.5, 90.0, 100.0 * (node - 1))
        graph.add_node(node, x=str(lon), y=str(lat))
    for start, end, tags in arcs:
        graph.add_edge(start, end, **{"osmid": "5", "oneway": "False", "length": "100"} | tags)
    path = folder / "petit.graphml"
    nx.write_graphml(graph, path)
    return path


def test_osmnx_arcs_go_the_way_they_are_drawn(tmp_path: Path) -> None:
    path = osmnx_file(
        tmp_path,
        (1, 2, {"highway": "residential"}),
        (2, 1, {"highway": "residential"}),
        # oneway=-1 in OpenStreetMap: OSMnx has already turned the arc, and says oneway
        (3, 2, {"highway": "residential", "oneway": "True"}),
    )
    graph, report = graph_from_graphml(path, CAR, name="petit", crs_epsg=2154)
    assert report.roads == 2
    assert graph.road_forward_ds.tolist() == [120, 120]
    assert graph.road_backward_ds.tolist() == [120, int(UNREACHED_DS)]
    assert graph.node_osm_id[graph.road_tail[1]] == 3
    assert graph.meta.osm_date == "2026-03-04"


def test_osmnx_merged_arc_takes_the_slowest(tmp_path: Path) -> None:
    path = osmnx_file(tmp_path, (1, 2, {"highway": "['primary', 'living_street']"}), (2, 3, {"highway": "primary"}))
    graph, _ = graph_from_graphml(path, DRAWN, name="petit", crs_epsg=2154)
    assert graph.road_forward_ds.tolist() == [240, 60]  # 100 m at 15 and at 60 km/h


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("absent.graphml", None),
        ("texte.graphml", b"bonjour"),
        ("court.graphml.bz2", bz2.compress(b"<graphml/>" * 50)[:-8]),
        ("faux.graphml.bz2", b"<graphml/>"),
        ("vide.graphml", b'<graphml xmlns="http://graphml.graphdrawing.org/xmlns"/>'),
    ],
)
def test_bad_graphml_is_refused(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInputError, match="réseau OSMnx") as caught:
        graph_from_graphml(path, CAR, name="x", crs_epsg=2154)
    assert caught.value.received


def test_graphml_of_another_tool_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "autre.graphml"
    nx.write_graphml(nx.path_graph(3), path)
    with pytest.raises(BadInputError, match="réseau OSMnx"):
        graph_from_graphml(path, CAR, name="x", crs_epsg=2154)


def test_area_by_name_without_internet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")  # nobody listens on the discard port
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)  # OSMnx keeps its cache in the current folder
    with pytest.raises(BadInputError) as caught:
        graph_from_place("Ajaccio, France", CAR, name="x", crs_epsg=2154, keep_as=tmp_path / "a.graphml")
    assert "ne répondent pas" in caught.value.message
    assert "Internet" in caught.value.expected
    assert not (tmp_path / "a.graphml").exists()
