"""One search a point: the same as the searches one by one, whatever the threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.graph import UNREACHED_DS, RoadGraph
from routing.many import reach_each
from routing.search import Direction, times_from_origins, times_to_sites
from routing.snap import Attachment
from tests.routing.worlds import at, grid_world, random_worlds


@given(random_worlds(), st.sampled_from(["arrival", "departure"]), st.integers(0, 60), st.integers(1, 3))
@settings(max_examples=200, deadline=None)
def test_each_point_reaches_what_it_reaches_alone(
    world: tuple[RoadGraph, Attachment], direction: Direction, limit_ds: int, threads: int
) -> None:
    graph, points = world
    search = times_to_sites if direction == "arrival" else times_from_origins
    found = reach_each(graph, points, limit_ds, direction, threads=threads)
    assert len(found) == len(points)
    for i, reach in enumerate(found):
        time_ds = np.full(graph.node_count, UNREACHED_DS, np.int32)
        time_ds[reach.node] = reach.time_ds
        assert len(np.unique(reach.node)) == len(reach.node)
        np.testing.assert_array_equal(time_ds, search(graph, points.take(np.array([i])), limit_ds).time_ds)


def test_who_is_not_attached_reaches_nothing_and_no_points_give_no_answers() -> None:
    graph = grid_world(4)
    nobody, somebody = reach_each(graph, at((-1, 0.0), (3, 0.5)), 100, "arrival")
    assert (len(nobody.node), len(nobody.time_ds)) == (0, 0)
    assert len(somebody.node) > 0
    assert reach_each(graph, at(), 100, "arrival") == []


def test_no_threads_or_a_negative_limit_is_refused_even_from_a_thread() -> None:
    graph = grid_world(3)
    with pytest.raises(ValueError, match="threads"):
        reach_each(graph, at((0, 0.0)), 10, "arrival", threads=0)
    for threads in (1, 2):
        with pytest.raises(ValueError, match="limit_ds"):
            reach_each(graph, at((0, 0.0), (1, 0.0)), -1, "arrival", threads=threads)
