"""Files with mistakes in them: read, never a crash, and every mistake is told in the import report, in French."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest

from data.contract import ReadReport
from data.errors import BadInputError
from data.network_osmnx import graph_from_graphml
from data.osm import read_osm
from data.roads import read_networks, read_roads
from routing.graph import RoadGraph
from routing.profile import load_profile
from tests.data.drawn_map import CRS_EPSG, MapMaker, Turn, drawn_profile

STREET = {"highway": "residential"}
PRIMARY = {"highway": "primary"}


def imported(made: Any) -> tuple[RoadGraph, ReadReport]:
    return read_roads(made.path, name="dessin", crs_epsg=CRS_EPSG)


def says(report: ReadReport, *words: str) -> bool:
    return any(all(word in finding.message for word in words) for finding in report.findings)


@pytest.mark.parametrize("value", ["-30", "signals", "5 knots", "999", "50;70", "cinquante", "", "1e3"])
def test_limit_not_understood_is_told_and_left_aside(a_map: MapMaker, value: str) -> None:
    drawn = a_map("A---------B", ("AB", PRIMARY | {"maxspeed": value}))
    assert drawn.travel_s("A", "B") == 60.0  # the speed of the class
    assert says(imported(drawn)[1], f"maxspeed={value}", "non comprise")


@pytest.mark.parametrize(
    ("value", "kmh"),
    # Nine tenths of the limit: 50 mph is 80.47 km/h; walking pace is 6 km/h; FR:urban is 50.
    [("50", 45.0), ("50 km/h", 45.0), ("50 mph", 0.9 * 50 * 1.609344), ("FR:urban", 45.0), ("walk", 5.4)],
)
def test_limit_in_other_words_is_understood(a_map: MapMaker, value: str, kmh: float) -> None:
    drawn = a_map("A---------B", ("AB", PRIMARY | {"maxspeed": value}))
    assert drawn.travel_s("A", "B") == pytest.approx(3600 / kmh, abs=0.05)
    assert drawn.report.unknown_values == {}


def test_way_of_one_node_is_told(a_map: MapMaker) -> None:
    drawn = a_map("A--B  C", ("AB", STREET), ("C", STREET), ("CC", STREET))
    assert drawn.report.ways_without_road == 2
    report = imported(drawn)[1]
    assert says(report, "2 voie(s)", "un seul nœud")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (3, 1, 2)


def test_way_to_a_mistyped_node_is_named(a_map: MapMaker) -> None:
    """Its length would be driven: hours of road that nobody has built. A ferry may go as far."""
    far = a_map("A--B--C", ("AB", STREET), ("BC", STREET), cell_m=20_000)
    assert says(imported(far)[1], "2 voie(s) avec plus de 50 km", "101, 102")
    near = a_map("A--B--C", ("AB", STREET), ("BC", STREET), cell_m=15_000)
    assert not says(imported(near)[1], "50 km")
    assert near.report.facts()["ways_too_long"] == 0
    boat = a_map("A--B--C", ("AB", {"route": "ferry"}), ("BC", STREET), cell_m=20_000)
    assert says(imported(boat)[1], "1 voie(s) avec plus de 50 km", "102")


def test_way_without_a_single_node_of_the_file(a_map: MapMaker) -> None:
    drawn = a_map("A--B  x--y", ("AB", STREET), ("xy", STREET), absent="xy")
    graph, report = imported(drawn)
    assert graph.road_count == 1
    assert says(report, "2 nœud(s) absent(s)")


def test_unknown_barrier_closes_and_is_told(a_map: MapMaker) -> None:
    drawn = a_map("A--B--C", ("ABC", STREET), points={"B": {"barrier": "gros_caillou"}})
    assert drawn.report.blocked_nodes == 1
    assert says(imported(drawn)[1], "barrier=gros_caillou", "elle ferme la voie")


def test_place_outside_the_globe_is_told(tmp_path: Path) -> None:
    """Written as text: no writer of OpenStreetMap accepts such a place."""
    path = tmp_path / "loin.osm"
    places = {1: (46.5, 2.0), 2: (46.5, 2.01), 3: (95.0, 2.02), 4: (46.5, 2.03), 5: (46.5, 2.04)}
    nodes = "".join(f'<node id="{node}" version="1" lat="{lat}" lon="{lon}"/>' for node, (lat, lon) in places.items())
    refs = "".join(f'<nd ref="{node}"/>' for node in places)
    way = f'<way id="9" version="1">{refs}<tag k="highway" v="residential"/></way>'
    path.write_text(f'<osm version="0.6">{nodes}{way}</osm>', encoding="utf-8")
    graph, report = read_roads(path, name="loin", crs_epsg=CRS_EPSG)
    assert graph.road_count == 2  # cut at the node that is nowhere
    assert says(report, "1 nœud(s) absent(s)", "hors du globe")


def test_members_of_odd_kinds_are_told(tmp_path: Path) -> None:
    """Relations as members, a way as node, no role, the same member twice."""
    path = tmp_path / "membres.osm.pbf"
    odd: list[list[tuple[str, int, str]]] = [
        [],
        [("r", 901, "from"), ("r", 902, "via"), ("r", 903, "to")],
        [("n", 1, "from"), ("n", 2, "via"), ("n", 3, "to")],
        [("w", 101, ""), ("n", 2, ""), ("w", 102, "")],
        [("w", 101, "from"), ("n", 2, "via"), ("n", 2, "via"), ("w", 102, "to")],
        [("w", 101, "from"), ("n", 2, "via"), ("w", 101, "via"), ("w", 102, "to")],
    ]
    with osmium.SimpleWriter(str(path)) as writer:
        for node in (1, 2, 3):
            writer.add_node(osmium.osm.mutable.Node(id=node, location=(2.0 + node / 100, 46.5)))
        for way, nodes in ((101, [1, 2]), (102, [2, 3])):
            writer.add_way(osmium.osm.mutable.Way(id=way, nodes=nodes, tags=STREET))
        for number, members in enumerate(odd, 901):
            tags = {"type": "restriction", "restriction": "no_straight_on"}
            writer.add_relation(osmium.osm.mutable.Relation(id=number, members=members, tags=tags))
    _, report = read_roads(path, name="membres", crs_epsg=CRS_EPSG)
    assert (report.facts["restrictions_read"], report.facts["restrictions_applied"]) == (6, 0)
    assert says(report, "6 interdiction(s) de tourner non appliquée(s)", "901, 902, 903, 904, 905, 906")


def test_restriction_that_forbids_nothing_is_told(a_map: MapMaker) -> None:
    untagged = Turn("AB", "B", "BC", {"type": "restriction"})
    drawn = a_map("A--B--C", ("AB", STREET), ("BC", STREET), turns=[untagged])
    _, report = imported(drawn)
    assert (report.facts["restrictions_read"], report.facts["restrictions_not_applied"]) == (1, 1)
    assert says(report, "1 interdiction(s) de tourner non appliquée(s)", "étiquette « restriction » absente", "901")
    assert drawn.again("foot").report.restrictions.for_others == 1


def test_osmnx_file_is_for_cars_only(tmp_path: Path) -> None:
    path = tmp_path / "nantes_drive.graphml"
    path.write_text("<graphml/>", encoding="utf-8")
    with pytest.raises(BadInputError, match="ne peut servir qu'à la voiture"):
        list(read_networks(path, name="x", modes=("car", "bike")))
    with pytest.raises(BadInputError, match="ne peut servir qu'à la voiture"):
        graph_from_graphml(path, drawn_profile("foot"), name="x", crs_epsg=CRS_EPSG)


# --- real restrictions ------------------------------------------------------------------------------------------


@pytest.mark.real_data
def test_restrictions_of_geneva_are_all_accounted_for(real_data: Path) -> None:
    """583 relations; 69 have lost members (the extract kept the relations whole, not their ways)."""
    path = real_data / "osm-pbf" / "geneve_2025-01.osm.pbf"
    tables = read_osm(path)
    made = list(read_networks(path, name="Genève", crs_epsg=2154, modes=("car", "foot")))
    (car, report), (_, foot) = made
    facts = report.facts
    parts = ("applied", "for_others", "without_object", "not_applied")
    assert sum(int(facts[f"restrictions_{part}"]) for part in parts) == facts["restrictions_read"] == 583
    assert int(facts["restrictions_applied"]) > 400
    assert foot.facts["restrictions_for_others"] == 583
    assert foot.facts["turn_states"] == 0
    # Only the surroundings of restrictions cost anything.
    assert 0 < int(facts["turn_states"]) < 4 * int(facts["restrictions_applied"])
    assert np.count_nonzero(car.in_main_component) > 0.85 * car.node_count
    assert tables.absent_refs == 0


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["andorra_2013-05", "geneve_2025-01", "liechtenstein_2015-07", "monaco"])
def test_real_waters_are_lines_in_metres(real_data: Path, name: str) -> None:
    graph, report = read_roads(real_data / "osm-pbf" / f"{name}.osm.pbf", name=name, crs_epsg=2154)
    assert report.facts["water_lines"] == len(graph.water_first) - 1 > 20
    assert np.diff(graph.water_first).min() >= 2
    points = np.column_stack((graph.water_x_m, graph.water_y_m))
    middle = np.median(np.column_stack((graph.node_x_m, graph.node_y_m)), axis=0)
    assert np.median(np.hypot(*(points - middle).T)) < 60_000


def test_version_of_the_profile_is_in_the_graph(a_map: MapMaker) -> None:
    graph, _ = imported(a_map("A--B", ("AB", STREET)))
    assert graph.meta.profile_version == load_profile("car").version
