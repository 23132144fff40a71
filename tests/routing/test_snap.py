"""Points attached to roads, or said not to be."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from routing import snap
from routing.graph_files import open_graph, save_graph
from routing.snap import Attachment, Cause, attach, attachment_xy, count_causes
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


@pytest.mark.parametrize(
    ("x_m", "limit_m"), [(float("nan"), 10.0), (float("inf"), 10.0), (0.0, -1.0), (0.0, float("nan"))]
)
def test_a_point_nowhere_or_an_impossible_limit_is_refused(x_m: float, limit_m: float) -> None:
    with pytest.raises(ValueError, match=r"finite|max_access_m"):
        attach(GRAPH, [x_m], [0.0], limit_m)


def test_coordinates_go_in_pairs() -> None:
    with pytest.raises(ValueError, match="one length"):
        attach(GRAPH, [1.0, 2.0], [1.0], 10.0)


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


def test_side_is_left_or_right_of_who_goes_from_tail_to_head() -> None:
    #   on the first street, north is left; on the second's northward leg, west is left; 0 m away is no side
    found = attach(GRAPH, [25.0, 25.0, 190.0, 210.0, 50.0, -9.0], [3.0, -3.0, 50.0, 50.0, 0.0, 0.0], 500.0)
    assert found.road.tolist() == [0, 0, 1, 1, 0, 0]
    assert found.side.tolist() == [1, -1, 1, -1, 0, 0]


def test_beyond_a_bend_one_stands_on_its_outside() -> None:
    #   0 ──────┐ 45°: for the point x, the way in alone would say "left", wrongly
    #   1 ────────┘  x
    graph = make_graph([(0, 0), (0, -1)], [Road(0, 1, 10, bend=((100.0, 0.0),))])
    assert attach(graph, [103.0, 103.0, 50.0], [1.0, -1.0, -0.2], 500.0).side.tolist() == [1, 1, -1]
    assert attach(graph, [50.0, 50.0], [5.0, -5.0], 500.0).side.tolist() == [1, 1]


def test_a_doubled_shape_point_has_neither_length_nor_direction() -> None:
    graph = make_graph([(0, 0), (100, 0)], [Road(0, 1, 10, bend=((0.0, 0.0), (50.0, 0.0), (50.0, 0.0), (100.0, 0.0)))])
    found = attach(graph, [-3.0, 50.0, 50.0, 103.0], [4.0, 4.0, -4.0, -4.0], 500.0)
    assert found.access_m.tolist() == [5.0, 4.0, 4.0, 5.0]
    assert found.fraction.tolist() == [0.0, 0.5, 0.5, 1.0]
    assert found.side.tolist() == [1, 1, -1, -1]
    nowhere = make_graph([(0, 0), (0, 0)], [Road(0, 1, 10)])
    found = attach(nowhere, [3.0], [4.0], 500.0)
    assert (found.fraction.tolist(), found.access_m.tolist(), found.side.tolist()) == ([0.0], [5.0], [0])


def test_of_a_dual_carriageway_the_near_one() -> None:
    #   0 <────── 1   two one-way carriageways 20 m apart
    #   2 ──────> 3
    roads = [Road(1, 0, 50, CLOSED), Road(2, 3, 50, CLOSED), Road(0, 2, 5), Road(3, 1, 5)]
    graph = make_graph([(0, 20), (100, 20), (0, 0), (100, 0)], roads)
    found = attach(graph, [30.0, 30.0, 30.0, 30.0], [25.0, 11.0, 9.0, -5.0], 500.0)
    assert found.road.tolist() == [0, 0, 1, 1]
    assert found.fraction.tolist() == [0.7, 0.7, 0.3, 0.3]
    assert found.side.tolist() == [-1, 1, 1, -1]


def test_a_cul_de_sac_is_lived_in_up_to_its_end() -> None:
    graph = make_graph([(0, 0), (100, 0), (50, 80)], [Road(0, 1, 10), Road(1, 2, 10, bend=((50.0, 0.0),))])
    found = attach(graph, [50.0, 53.0], [84.0, 40.0], 10.0)
    assert found.road.tolist() == [1, 1]
    assert found.fraction.tolist() == pytest.approx([1.0, 90 / 130])


def test_an_island_of_roads_is_never_passed_over_in_silence() -> None:
    #   the main street; 30 m north of it a lane that nothing joins; 1,000 m north another one
    nodes = [(0, 0), (100, 0), (200, 0), (0, 30), (100, 30), (0, 1000), (100, 1000)]
    graph = make_graph(nodes, [Road(0, 1, 9), Road(1, 2, 9), Road(3, 4, 9), Road(5, 6, 9)])
    found = attach(graph, [50.0, 50.0, 50.0, 50.0], [10.0, 25.0, 990.0, 600.0], 300.0)
    assert found.road.tolist() == [0, 0, -1, -1]
    assert [Cause(cause) for cause in found.cause] == [
        Cause.ATTACHED,
        Cause.ATTACHED_PAST_AN_ISLAND,
        Cause.ON_AN_ISLAND,
        Cause.TOO_FAR,
    ]
    assert found.access_m.tolist() == [10.0, 25.0, np.inf, np.inf]
    assert found.nearest_m.tolist() == [10.0, 5.0, 10.0, 400.0]
    assert count_causes(found) == {
        Cause.ATTACHED: 1,
        Cause.ATTACHED_PAST_AN_ISLAND: 1,
        Cause.TOO_FAR: 1,
        Cause.ON_AN_ISLAND: 1,
        Cause.ACROSS_WATER: 0,
        Cause.UNSAID: 0,
    }


def test_what_was_not_said_is_unsaid_and_take_carries_what_was() -> None:
    plain = at((0, 0.5), (-1, 0.0))
    assert plain.cause.tolist() == [Cause.ATTACHED, Cause.UNSAID]
    assert plain.side.tolist() == [0, 0]
    assert np.isnan(plain.nearest_m).all()
    found = attach(GRAPH, [25.0, 230.0, 25.0], [30.0, 50.0, -900.0], 500.0).take(np.array([2, 0]))
    assert found.cause.tolist() == [Cause.TOO_FAR, Cause.ATTACHED]
    assert found.side.tolist() == [0, 1]
    assert found.nearest_m.tolist() == [900.0, 30.0]
    with pytest.raises(ValueError, match="cause"):
        Attachment(plain.road, plain.fraction, plain.access_m, cause=np.array([2, 2], np.int8))
    with pytest.raises(ValueError, match="side"):
        Attachment(plain.road, plain.fraction, plain.access_m, side=np.zeros(3, np.int8))


def test_no_road_at_all() -> None:
    found = attach(make_graph([(0, 0)], []), [1.0, 2.0], [0.0, 0.0], np.inf)
    assert found.cause.tolist() == [Cause.TOO_FAR, Cause.TOO_FAR]
    assert found.nearest_m.tolist() == [np.inf, np.inf]


def test_threads_share_one_index_and_agree() -> None:
    graph = grid_world(30)
    x, y = np.random.default_rng(0).uniform(-300, 3200, (2, 20_000))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: attach(graph, x, y, 200.0), range(8)))
    for answer in answers:
        np.testing.assert_array_equal(answer.road, answers[0].road)
        np.testing.assert_array_equal(answer.access_m, answers[0].access_m)


def test_the_index_lives_as_long_as_its_graph() -> None:
    graph = grid_world(3)
    attach(graph, [0.0], [0.0], 1.0)
    seen = weakref.ref(graph)
    assert graph in snap._indexes
    del graph
    gc.collect()
    assert seen() is None


def test_saved_and_mapped_a_graph_attaches_the_same(tmp_path: Path) -> None:
    graph = grid_world(5)
    save_graph(graph, tmp_path / "graph")
    x, y = np.random.default_rng(0).uniform(-100, 500, (2, 50))
    one, other = attach(graph, x, y, 40.0), attach(open_graph(tmp_path / "graph"), x, y, 40.0)
    np.testing.assert_array_equal(one.road, other.road)
    np.testing.assert_array_equal(one.access_m, other.access_m)
