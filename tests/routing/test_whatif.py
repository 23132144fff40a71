"""After any sequence of adding, moving, closing and undoing: the same, to the bit, as a search from scratch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.roads import read_roads
from routing.graph import UNREACHED_DS, RoadGraph
from routing.search import Direction, Reach, times_at, times_from_origins, times_to_sites
from routing.snap import Attachment
from routing.whatif import Change, WhatIf
from tests.routing.worlds import at, grid_world, random_worlds

DIRECTIONS: list[Direction] = ["arrival", "departure"]


def from_scratch(graph: RoadGraph, sites: Attachment, direction: Direction, limit_ds: int | None) -> Reach:
    return (times_to_sites if direction == "arrival" else times_from_origins)(graph, sites, limit_ds)


def assert_is_a_whole_search(state: WhatIf, graph: RoadGraph, direction: Direction, limit_ds: int | None) -> None:
    expected = from_scratch(graph, state.sites, direction, limit_ds)
    np.testing.assert_array_equal(state.reach.time_ds, expected.time_ds)
    np.testing.assert_array_equal(state.reach.site, expected.site)


def assert_tells_what_changed(change: Change, before: Reach, after: Reach) -> None:
    is_changed = (before.time_ds != after.time_ds) | (before.site != after.site)
    assert sorted(change.node.tolist()) == np.flatnonzero(is_changed).tolist()
    np.testing.assert_array_equal(change.before_ds, before.time_ds[change.node])
    np.testing.assert_array_equal(change.before_site, before.site[change.node])
    np.testing.assert_array_equal(change.after_ds, after.time_ds[change.node])
    np.testing.assert_array_equal(change.after_site, after.site[change.node])


def moment(state: WhatIf) -> Reach:
    return Reach(state.reach.time_ds.copy(), state.reach.site.copy(), state.reach.direction, state.reach.limit_ds)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "close", "move", "undo"]),
        st.integers(0, 10**6),
        st.sampled_from([0.0, 0.25, 0.5, 1.0]),
        st.sampled_from([0.0, 1.3, 13.0]),
        st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=8,
)


def take(state: WhatIf, step: tuple[str, int, float, float, int], road_count: int, steps_taken: int) -> Change | None:
    what, road, fraction, walk_m, site = step
    site_count = len(state.sites)
    point = at((road % (road_count + 1) - 1, fraction if road % (road_count + 1) else 0.0), access_m=walk_m)
    if what == "add":
        return state.add(point)
    if what == "undo":
        return state.undo() if steps_taken else None
    if site_count == 0:
        return None
    return state.close(site % site_count) if what == "close" else state.move(site % site_count, point)


@given(random_worlds(), st.sampled_from(DIRECTIONS), st.one_of(st.none(), st.integers(0, 60)), STEPS)
@settings(max_examples=1_000, deadline=None)
def test_any_sequence_is_a_search_from_scratch(
    world: tuple[RoadGraph, Attachment], direction: Direction, limit_ds: int | None, steps: list[Any]
) -> None:
    graph, sites = world
    state = WhatIf(graph, sites, direction, limit_ds)
    assert_is_a_whole_search(state, graph, direction, limit_ds)
    taken = 0
    for step in steps:
        before = moment(state)
        change = take(state, step, graph.road_count, taken)
        if change is None:
            continue
        taken += -1 if step[0] == "undo" else 1
        assert_tells_what_changed(change, before, state.reach)
        assert_is_a_whole_search(state, graph, direction, limit_ds)


def test_undoing_everything_comes_back_to_the_start() -> None:
    graph = grid_world(12)
    state = WhatIf(graph, at((0, 0.0), (200, 0.5)), "arrival")
    start = moment(state)
    state.add(at((100, 0.3)))
    state.close(0)
    state.move(1, at((50, 0.9)))
    state.move(0, at((90, 0.1)))
    for _ in range(4):
        state.undo()
    np.testing.assert_array_equal(state.reach.time_ds, start.time_ds)
    np.testing.assert_array_equal(state.reach.site, start.site)
    assert len(state.sites) == 2
    with pytest.raises(IndexError):
        state.undo()


def test_the_last_site_closed_leaves_nobody_served_and_the_next_one_serves_all() -> None:
    graph = grid_world(9)
    state = WhatIf(graph, at((3, 0.5)), "arrival")
    change = state.close(0)
    assert len(change.node) == graph.node_count
    assert (state.reach.time_ds == UNREACHED_DS).all()
    assert (state.reach.site == -1).all()
    assert len(state.close(0).node) == 0
    state.add(at((3, 0.5)))
    assert (state.reach.site == 1).all()


def test_points_on_roads_have_the_times_of_the_sites_that_are_open() -> None:
    graph = grid_world(9)
    points = at((5, 0.5), (20, 0.25), (3, 0.75))
    state = WhatIf(graph, at((3, 0.5), (60, 0.5)), "arrival")
    state.close(0)
    found = times_at(graph, state.reach, state.sites, points, "arrival")
    expected = times_at(graph, times_to_sites(graph, at((60, 0.5))), at((60, 0.5)), points, "arrival")
    np.testing.assert_array_equal(found[0], expected[0])
    assert set(found[1].tolist()) == {1}


def test_what_it_shows_cannot_be_written_and_a_wrong_site_is_refused() -> None:
    state = WhatIf(grid_world(3), at((0, 0.0)), "arrival")
    with pytest.raises(ValueError, match="read-only"):
        state.reach.time_ds[0] = 1
    for site in (-1, 1):
        with pytest.raises(IndexError):
            state.close(site)
        with pytest.raises(IndexError):
            state.move(site, at((0, 0.0)))
    with pytest.raises(ValueError, match="expected one"):
        state.add(at((0, 0.0), (1, 0.0)))
    with pytest.raises(ValueError, match="limit_ds"):
        WhatIf(grid_world(3), at((0, 0.0)), "arrival", -1)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_three_hundred_sites_at_one_place_inside_the_cell_of_another(direction: Direction) -> None:
    graph = grid_world(12)
    same_place = [(100, 0.5)] * 300  # more seeds on a node than are counted, more rows than there is room for
    state = WhatIf(graph, at((100, 0.5), *same_place[:200]), direction)
    for _ in range(100):
        state.add(at(same_place[0]))
    for site in (0, 1, 2, 150):
        state.close(site)
        assert_is_a_whole_search(state, graph, direction, None)
    state.move(3, at((7, 0.25)))
    assert_is_a_whole_search(state, graph, direction, None)
    for site in range(4, 301):
        state.close(site)
    assert_is_a_whole_search(state, graph, direction, None)
    for _ in range(250):
        state.undo()
    assert_is_a_whole_search(state, graph, direction, None)


@pytest.mark.parametrize("chunks", [1, 3])
def test_a_full_pool_in_the_middle_of_a_step_loses_nothing(chunks: int) -> None:
    graph = grid_world(40)
    state = WhatIf(graph, at((0, 0.0)), "arrival")
    state._work._make_chunks(chunks)
    state._work.met = state._work.met[:300].copy()
    state._work.was = state._work.was[:300].copy()
    state._address()
    before = moment(state)
    change = state.add(at((1_500, 0.5)))
    assert_tells_what_changed(change, before, state.reach)
    assert_is_a_whole_search(state, graph, "arrival", None)
    assert len(state._work.free) > chunks


@pytest.mark.real_data
def test_forty_steps_on_corsica(real_data: Path) -> None:
    graph, _ = read_roads(real_data / "corse/routes/corse_reconstruit_longueurs_vraies.osm.pbf", name="corse")
    random = np.random.default_rng(4)
    roads = np.flatnonzero(graph.road_attachable)

    def places(count: int) -> Attachment:
        road = random.choice(roads, count).astype(np.int32)
        return at(*zip(road.tolist(), random.random(count).tolist(), strict=True), access_m=20.0)

    for direction in DIRECTIONS:
        state = WhatIf(graph, places(40), direction)
        for step in range(20):
            site = int(random.integers(0, len(state.sites)))
            [lambda: state.add(places(1)), lambda: state.close(site), lambda: state.move(site, places(1))][step % 3]()  # noqa: B023
            assert_is_a_whole_search(state, graph, direction, None)
        while state._steps:
            state.undo()
        assert_is_a_whole_search(state, graph, direction, None)
