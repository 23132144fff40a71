"""Points attached to roads, or said not to be."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.snap import Attachment, attach, attachment_xy
from tests.routing.worlds import CLOSED, Road, at, grid_world, make_graph

#   0 ────── 1          a street of 100 m, then a bent one: 100 m east, 100 m north
#            └──┐
#               2
GRAPH = make_graph([(0, 0), (100, 0), (200, 100)], [Road(0, 1, 10), Road(1, 2, 20, bend=((200.0, 0.0),))])


def test_beside_a_road_with_the_foot_of_the_perpendicular() -> None:
    found = attach(GRAPH, [25.0, 230.0], [30.0, 50.0], 500.0)
    assert found.road.tolist() == [0, 1]
    assert found.fraction.tolist() == [0.25, 0.75]
    assert found.access_m.tolist() == [30.0, 30.0]
    assert [v.tolist() for v in attachment_xy(GRAPH, found)] == [[25.0, 200.0], [0.0, 50.0]]


def test_too_far_is_not_attached_and_the_limit_itself_is_near_enough() -> None:
    found = attach(GRAPH, [50.0, 50.0], [30.0, 30.001], 30.0)
    assert found.road.tolist() == [0, -1]
    assert found.access_m.tolist() == [30.0, np.inf]
    assert np.isnan(attachment_xy(GRAPH, found)[0]).tolist() == [False, True]
    assert attach(GRAPH, [50.0], [0.0], 0.0).road.tolist() == [0]


def test_each_point_may_have_its_own_limit() -> None:
    assert attach(GRAPH, [50.0, 50.0], [30.0, 30.0], np.array([10.0, 40.0])).road.tolist() == [-1, 0]


def test_near_an_end_one_stands_on_the_junction() -> None:
    assert attach(GRAPH, [-5.0, 0.004, 99.999], [0.0, 3.0, 3.0], 500.0).fraction.tolist() == [0.0, 0.0, 1.0]


def test_only_roads_that_one_may_stop_on() -> None:
    #  the motorway passes the door; the dead end beyond the one-way cannot be left
    roads = [
        Road(0, 1, 5, attachable=False),
        Road(2, 3, 50),
        Road(3, 4, 5, CLOSED),
        Road(0, 2, 9),
        Road(1, 3, 9),
    ]
    graph = make_graph([(0, 0), (100, 0), (0, 80), (100, 80), (200, 80)], roads)
    found = attach(graph, [50.0, 180.0], [1.0, 80.0], 500.0)
    assert found.road.tolist() == [3, 1]
    assert found.access_m.tolist() == [50.0, 80.0]


def test_nothing_to_attach_and_nothing_to_attach_to() -> None:
    assert len(attach(GRAPH, [], [], 10.0)) == 0
    closed = make_graph([(0, 0), (9, 0)], [Road(0, 1, CLOSED)])
    assert attach(closed, [0.0], [0.0], 10.0).road.tolist() == [-1]


@pytest.mark.parametrize(("x_m", "limit_m"), [(float("nan"), 10.0), (0.0, -1.0), (0.0, float("nan"))])
def test_a_point_nowhere_or_an_impossible_limit_is_refused(x_m: float, limit_m: float) -> None:
    with pytest.raises(ValueError, match=r"finite|max_access_m"):
        attach(GRAPH, [x_m], [0.0], limit_m)


def test_an_attachment_that_contradicts_itself_is_refused() -> None:
    road, zero = np.array([0], np.int32), np.zeros(1)
    for bad in (
        (road, zero + 1.5, zero),
        (road, zero, zero - 1),
        (road, zero, zero + np.inf),
        (road, zero, np.zeros(2)),
    ):
        with pytest.raises(ValueError, match=r"fraction|access|length"):
            Attachment(*bad)
    assert at((-1, 0.0)).access_m.tolist() == [np.inf]


def test_of_streets_as_near_the_first() -> None:
    graph = make_graph([(0, 0), (100, 0)], [Road(0, 1, 9), Road(0, 1, 5)])
    assert attach(graph, [50.0], [7.0], 10.0).road.tolist() == [0]


@given(st.lists(st.tuples(st.floats(-300, 700), st.floats(-300, 700)), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_nearest_is_nearest_of_all(places: list[tuple[float, float]]) -> None:
    graph = grid_world(5)
    x, y = np.array(places).T
    lines = [
        shapely.LineString(np.column_stack([graph.shape_x_m[a:b], graph.shape_y_m[a:b]]))
        for a, b in zip(graph.shape_first[:-1], graph.shape_first[1:], strict=True)
    ]
    every = np.array([[line.distance(shapely.Point(*place)) for line in lines] for place in places])
    found = attach(graph, x, y, 200.0)
    near = every.min(axis=1) <= 200.0
    np.testing.assert_array_equal(found.road, np.where(near, every.argmin(axis=1), -1))
    np.testing.assert_allclose(found.access_m, np.where(near, every.min(axis=1), np.inf))
    foot_x, foot_y = attachment_xy(graph, found)
    np.testing.assert_allclose(np.hypot(x - foot_x, y - foot_y)[near], found.access_m[near], atol=0.02)
