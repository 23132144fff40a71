"""The graph: built, refused, ordered, saved and opened."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest
from hypothesis import given, settings

from routing.arcs import Csr
from routing.components import largest_strong_component, strong_components
from routing.graph import UNREACHED_DS, RoadGraph, build_road_graph
from routing.graph_files import BrokenGraphError, open_graph, save_graph
from routing.ordering import hilbert_order
from tests.routing.worlds import (
    CLOSED,
    META,
    Road,
    back,
    by_osm_id,
    grid_world,
    make_graph,
    node_at,
    random_worlds,
    there,
)


def arcs_of(csr: Csr) -> list[tuple[int, int, int]]:
    start = np.repeat(np.arange(len(csr.first_out) - 1), np.diff(csr.first_out))
    return sorted(zip(start.tolist(), csr.head.tolist(), csr.weight_ds.tolist(), strict=True))


def test_every_open_direction_is_one_arc_and_backward_is_forward_turned_round() -> None:
    roads = [Road(0, 1, 10), Road(0, 1, 12, CLOSED), Road(1, 2, CLOSED, 7), Road(2, 2, 3), Road(0, 2, CLOSED)]
    graph = make_graph([(0, 0), (100, 0), (200, 0)], roads)
    a, b, c = (node_at(graph, i) for i in range(3))
    expected = [(a, b, 10), (b, a, 10), (a, b, 12), (c, b, 7), (c, c, 3), (c, c, 3)]
    assert arcs_of(graph.forward) == sorted(expected)
    assert arcs_of(graph.backward) == sorted((v, u, w) for u, v, w in expected)


def test_nodes_move_but_keep_their_names_and_places() -> None:
    graph = grid_world(16)
    for osm_id in (0, 17, 255):
        node = node_at(graph, osm_id)
        assert (graph.node_x_m[node], graph.node_y_m[node]) == (osm_id % 16 * 100.0, osm_id // 16 * 100.0)
    first = graph.shape_first[:-1]
    np.testing.assert_array_equal(graph.shape_x_m[first], graph.node_x_m[graph.road_tail])


def test_consecutive_nodes_of_a_full_square_are_neighbours() -> None:
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(16), np.arange(16)))
    order = hilbert_order(x, y)
    assert sorted(order.tolist()) == list(range(256))
    steps = np.abs(np.diff(x[order])) + np.abs(np.diff(y[order]))
    assert (steps == 1).all()


def test_the_main_component_is_where_one_can_come_and_go() -> None:
    #  0 <-> 1 <-> 2 ──> 3 <-> 4        5
    roads = [Road(0, 1, 5), Road(1, 2, 5), Road(2, 3, 5, CLOSED), Road(3, 4, 5), Road(0, 1, CLOSED)]
    graph = make_graph([(i, 0.0) for i in range(6)], roads)
    assert by_osm_id(graph, graph.in_main_component) == [1, 1, 1, 0, 0, 0]
    assert graph.road_attachable.tolist() == [True, True, False, False, False]


def test_a_motorway_is_driven_but_nobody_lives_on_it() -> None:
    graph = make_graph([(0, 0), (9, 0)], [Road(0, 1, 5, attachable=False), Road(0, 1, 50)])
    assert graph.road_attachable.tolist() == [False, True]
    assert len(graph.forward.head) == 4


@given(random_worlds())
@settings(max_examples=100, deadline=None)
def test_components_are_those_of_networkx(world: tuple[RoadGraph, object]) -> None:
    graph, _ = world
    twin: networkx.DiGraph[int] = networkx.DiGraph()
    twin.add_nodes_from(range(graph.node_count))
    twin.add_edges_from((u, v) for u, v, _ in arcs_of(graph.forward))
    expected = {frozenset(nodes) for nodes in networkx.strongly_connected_components(twin)}
    label = strong_components(graph.forward.first_out, graph.forward.head)
    assert {frozenset(np.flatnonzero(label == i).tolist()) for i in set(label.tolist())} == expected
    main = largest_strong_component(graph.forward.first_out, graph.forward.head)
    assert main.sum() == max(len(nodes) for nodes in expected)
    assert frozenset(np.flatnonzero(main).tolist()) in expected


def test_a_path_of_many_nodes_needs_no_deep_stack() -> None:
    graph = make_graph([(float(i), 0.0) for i in range(20_000)], [Road(i, i + 1, 1) for i in range(19_999)])
    assert graph.in_main_component.all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"road_tail": [0, 7]}, "road 1: an end is not one of the 3 nodes"),
        ({"road_forward_ds": [0, 5]}, "road 0: time"),
        ({"road_backward_ds": [5, 10_000_001]}, "road 1: time"),
        ({"road_length_m": [1.0, float("nan")]}, "road 1: length"),
        ({"road_name": [0, -1]}, "road 0: name"),
        ({"road_class": [0]}, "differ in length"),
        ({"node_x_m": [0.0, float("inf"), 200.0]}, "node 1: coordinates"),
        ({"node_y_m": [0.0, 0.0]}, "node arrays differ"),
        ({"shape_first": [0, 1, 4]}, "road 0: shape has fewer than two"),
        ({"shape_first": [0, 2, 5]}, "shape_first ends at 5"),
        ({"shape_x_m": [0.0, 100.0, 100.0, 150.0]}, "road 1: shape does not go"),
        ({"shape_y_m": [0.0, 0.0, 1.0, 0.0]}, "road 1: shape does not go"),
        ({"shape_first": []}, "shape_first does not start at 0"),
        ({"road_forward_delay_ds": [0, 6]}, "road 1: delay"),
        ({"road_backward_delay_ds": [-1, 0]}, "road 0: delay"),
        ({"road_backward_delay_ds": [0]}, "differ in length"),
        ({"water_first": [0, 1], "water_x_m": [1.0], "water_y_m": [1.0]}, "water line 0: shape has fewer"),
        ({"water_first": [0, 2], "water_x_m": [1.0], "water_y_m": [1.0]}, "water_first ends at 2"),
        ({"water_first": [0, 2], "water_x_m": [1.0, np.nan], "water_y_m": [1.0, 0.0]}, "water point 1: coord"),
    ],
)
def test_roads_that_cannot_be_are_refused_by_name(changes: dict[str, Any], message: str) -> None:
    nodes = [(0.0, 0.0), (100.0, 0.0), (200.0, 0.0)]
    with pytest.raises(ValueError, match=message):
        make_graph(nodes, [Road(0, 1, 5), Road(1, 2, 5)], **changes)


def test_a_column_nobody_knows_or_that_is_missing_is_refused() -> None:
    with pytest.raises(TypeError, match="road_speed"):
        make_graph([(0.0, 0.0), (1.0, 0.0)], [Road(0, 1, 5)], road_speed=[1])
    with pytest.raises(TypeError, match="node_x_m"):
        build_road_graph(meta=META, names=())  # type: ignore[call-arg]


def test_without_delays_waters_or_forbidden_paths_there_are_none() -> None:
    graph = make_graph([(0.0, 0.0), (1.0, 0.0)], [Road(0, 1, 5)], road_forward_delay_ds=None, water_first=None)
    assert graph.road_forward_delay_ds.tolist() == graph.road_backward_delay_ds.tolist() == [0]
    assert (graph.water_first.tolist(), len(graph.water_x_m), len(graph.entry_road)) == ([0], 0, 0)
    assert graph.node_count == graph.junction_count == 2
    assert graph.meta.season == "summer"


def test_a_closed_direction_has_no_delay() -> None:
    graph = make_graph([(0.0, 0.0), (1.0, 0.0)], [Road(0, 1, 5, CLOSED, there_delay_ds=5, back_delay_ds=7)])
    assert (graph.road_forward_delay_ds[0], graph.road_backward_delay_ds[0]) == (5, 0)


def test_a_graph_cannot_be_changed(tmp_path: Path) -> None:
    graph = grid_world(3)
    save_graph(graph, tmp_path / "g")
    for each in (graph, open_graph(tmp_path / "g")):
        with pytest.raises(ValueError, match="read-only"):
            each.road_forward_ds[0] = 1
        with pytest.raises(ValueError, match="read-only"):
            each.forward.weight_ds[0] = 1


def assert_same(one: RoadGraph, other: RoadGraph) -> None:
    for field in dataclasses.fields(RoadGraph):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, Csr):
            for part in dataclasses.fields(Csr):
                np.testing.assert_array_equal(getattr(a, part.name), getattr(b, part.name))
        elif isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        else:
            assert a == b


def test_what_is_saved_is_what_is_opened(tmp_path: Path) -> None:
    graph = make_graph(
        [(0, 0), (9, 0)],
        [Road(0, 1, 5, there_delay_ds=2)],
        [[there(0), back(0)]],
        names=("Rue de l’Église",),
        road_name=[0],
        water_first=[0, 2],
        water_x_m=[1.0, 2.0],
        water_y_m=[-1.0, 1.0],
        meta=replace(META, season="winter"),
    )
    assert graph.node_count == 3
    save_graph(graph, tmp_path / "deep" / "g")
    opened = open_graph(tmp_path / "deep" / "g")
    assert_same(graph, opened)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["g"]


def test_a_graph_without_any_arc_is_saved_too(tmp_path: Path) -> None:
    graph = make_graph([(0, 0), (9, 0)], [Road(0, 1, CLOSED)])
    save_graph(graph, tmp_path / "g")
    assert_same(graph, open_graph(tmp_path / "g"))


def test_a_new_graph_replaces_the_old_which_stays_readable(tmp_path: Path) -> None:
    save_graph(grid_world(3), tmp_path / "g")
    old = open_graph(tmp_path / "g")
    save_graph(grid_world(4), tmp_path / "g")
    assert open_graph(tmp_path / "g").node_count == 16
    assert old.node_osm_id.sum() == sum(range(9))
    assert [path.name for path in tmp_path.iterdir()] == ["g"]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8])


@pytest.mark.parametrize("name", ["shape_x_m.npy", "forward_arc.npy", "water_first.npy", "graph.json"])
@pytest.mark.parametrize("damage", [_cut, Path.unlink])
def test_a_truncated_folder_is_refused(tmp_path: Path, name: str, damage: Any) -> None:
    save_graph(grid_world(3), tmp_path / "g")
    damage(tmp_path / "g" / name)
    with pytest.raises(BrokenGraphError):
        open_graph(tmp_path / "g")


def test_files_of_two_graphs_are_refused(tmp_path: Path) -> None:
    save_graph(grid_world(3), tmp_path / "a")
    save_graph(grid_world(4), tmp_path / "b")
    (tmp_path / "a" / "node_x_m.npy").write_bytes((tmp_path / "b" / "node_x_m.npy").read_bytes())
    with pytest.raises(BrokenGraphError, match="node_x_m"):
        open_graph(tmp_path / "a")


def test_no_folder_and_another_format_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_graph(tmp_path / "nowhere")
    save_graph(grid_world(2), tmp_path / "g")
    manifest = tmp_path / "g" / "graph.json"
    manifest.write_text(manifest.read_text().replace("road-graph-3", "road-graph-2"))
    with pytest.raises(BrokenGraphError, match="road-graph-2"):
        open_graph(tmp_path / "g")


def test_infinity_survives_the_trip() -> None:
    graph = make_graph([(0, 0), (9, 0)], [Road(0, 1, 5, CLOSED)])
    assert graph.road_backward_ds.dtype == np.int32
    assert graph.road_backward_ds[0] == UNREACHED_DS
