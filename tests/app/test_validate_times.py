"""Trips drawn and judged in a perfect town; the whole with the real engines where they are installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.cli import run
from app.services.validate_times import _judge, validate_times
from app.services.validation_pairs import Trips, draw_trips, find_junctions, stand_on
from data.engines.processes import find_engines, free_port
from data.errors import BadInputError
from routing.profile import load_profile
from tests.routing.worlds import Road, grid_world, make_graph


def test_junctions_have_three_ends_or_more_and_towns_are_dense() -> None:
    graph = grid_world(10)  # 100 m blocks: 60 to 79 junctions within 500 m of the middle
    junctions = find_junctions(graph, load_profile("car"))
    assert len(junctions) == 100 - 4  # the four corners have two ends
    assert junctions.is_urban.any()
    sparse = find_junctions(grid_world(10, block_m=1000.0), load_profile("car"))
    assert not sparse.is_urban.any()


def test_standing_on_a_one_way_street_costs_nothing() -> None:
    graph = make_graph([(0, 0), (100, 0), (200, 0)], [Road(0, 1, 50), Road(1, 2, 70), Road(2, 0, 90, 90)])
    at = stand_on(graph, np.arange(graph.node_count))
    assert at.access_m.tolist() == [0.0] * 3
    assert set(at.fraction.tolist()) <= {0.0, 1.0}


def test_drawing_is_the_same_from_one_seed_and_times_are_those_of_the_town() -> None:
    graph = grid_world(8)
    junctions = find_junctions(graph, load_profile("car"))
    one, two = (draw_trips(graph, junctions, 20, np.random.default_rng(3)) for _ in range(2))
    assert one.source.tolist() == two.source.tolist()
    assert one.target.tolist() == two.target.tolist()
    assert len(one) == 200
    assert (one.source != one.target).all()
    column, row = (graph.node_osm_id[junctions.node] % 8, graph.node_osm_id[junctions.node] // 8)
    blocks = abs(column[one.source] - column[one.target]) + abs(row[one.source] - row[one.target])
    np.testing.assert_allclose(one.ours_s, 10.0 * blocks)


def test_a_trip_is_dropped_once_by_its_first_reason() -> None:
    ours = np.array([600.0, 600.0, 600.0, 100.0, 3000.0, 600.0])
    trips = Trips(np.arange(6), np.arange(6), ours)
    times = {"valhalla": np.array([600.0, np.nan, 600.0, 100.0, 3000.0, 10.0]), "osrm": ours.copy()}
    moved = {"valhalla": np.array([0.0, 99.0, 0.0, 0.0, 0.0, 0.0]), "osrm": np.array([30.0, 0.0, 31.0, 0.0, 0.0, 0.0])}
    dropped: dict[str, int] = {}
    assert _judge(trips, times, moved, dropped).tolist() == [True, False, False, False, False, True]
    assert {why: count for why, count in dropped.items() if count} == {
        "valhalla: no route": 1,
        "osrm: moved": 1,
        "too short": 1,
        "too long": 1,
    }


def test_without_the_engines_the_command_says_how_to_get_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["validate", "times", str(tmp_path / "a.osm.pbf"), "--engines", str(tmp_path)]) == 1
    assert "make peers" in capsys.readouterr().err


def test_a_free_port_is_one() -> None:
    assert 1024 <= free_port() <= 65535


@pytest.mark.real_data
def test_the_three_engines_on_andorra(real_data: Path) -> None:
    try:
        find_engines()
    except BadInputError as absent:
        pytest.skip(str(absent))
    found, compared = validate_times(real_data / "osm-pbf" / "andorra_2013-05.osm.pbf", pairs=100, seed=5)
    assert found.kept == 100
    assert set(compared.times_s) == {"ours", "valhalla", "osrm"}
    beside_valhalla = found.scores["valhalla"]["all"]
    assert beside_valhalla is not None
    assert 0.8 < beside_valhalla.median < 1.4
    assert found.drawn == found.kept + sum(found.dropped.values()) or found.drawn > found.kept
