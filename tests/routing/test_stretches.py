"""The roads that are reached: every place of them in time, every place in time among them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.graph import UNREACHED_DS, RoadGraph
from routing.isochrone import reached_roads
from routing.search import Direction, times_at, times_to_sites
from routing.snap import Attachment
from routing.stretches import shapes_of
from tests.routing.test_isochrone_rings import SEARCH, directions, some_sites, towns
from tests.routing.worlds import CLOSED, Road, at, make_graph


def test_a_road_from_both_ends_meets_itself_on_the_way() -> None:
    #  0 ── 10 s ── 1 ──────── 40 s ──────── 2 ── 20 s ── 0 : round trip; from node 0
    graph = make_graph([(0, 0), (100, 0), (500, 0)], [Road(0, 1, 100), Road(1, 2, 400), Road(2, 0, 200)])
    found = reached_roads(graph, times_to_sites(graph, at((0, 0.0))), at((0, 0.0)), 60.0)
    rows = {
        (road, round(start, 6), round(end, 6)): (round(at_start, 6), round(at_end, 6))
        for road, start, end, at_start, at_end in zip(
            found.road.tolist(), found.from_fraction.tolist(), found.to_fraction.tolist(),
            found.from_time_s.tolist(), found.to_time_s.tolist(), strict=True,
        )
    }  # fmt: skip
    assert rows == {
        (0, 0.0, 1.0): (0.0, 10.0),
        (1, 0.0, 0.625): (10.0, 35.0),
        (1, 0.625, 1.0): (35.0, 20.0),
        (2, 0.0, 1.0): (20.0, 0.0),
    }
    x_m, _, first = shapes_of(graph, found)
    cut = int(np.flatnonzero((found.road == 1) & (found.to_fraction < 1))[0])
    assert x_m[first[cut] : first[cut + 1]].tolist() == [100.0, 350.0]


def test_a_limit_half_way_cuts_the_road() -> None:
    graph = make_graph([(0, 0), (1000, 0)], [Road(0, 1, 1000, CLOSED), Road(1, 0, 5000)])
    found = reached_roads(graph, times_to_sites(graph, at((0, 1.0))), at((0, 1.0)), 25.0)  # arrival: against traffic
    which = int(np.flatnonzero(found.road == 0)[0])
    assert (found.from_fraction[which], found.to_fraction[which]) == (0.75, 1.0)
    assert (found.from_time_s[which], found.to_time_s[which]) == (25.0, 0.0)


def test_limits_that_cannot_be() -> None:
    graph = make_graph([(0, 0), (1000, 0)], [Road(0, 1, 1000)])
    site = at((0, 0.5))
    for limit_s in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="positive"):
            reached_roads(graph, times_to_sites(graph, site), site, limit_s)
    with pytest.raises(ValueError, match="stopped"):
        reached_roads(graph, times_to_sites(graph, site, 100), site, 20.0)


@given(towns, st.integers(0, 10_000), st.integers(5, 200), directions)
@settings(max_examples=60, deadline=None)
def test_every_place_has_its_time_and_no_other_is_there(
    graph: RoadGraph, seed: int, limit_s: int, direction: Direction
) -> None:
    sites = some_sites(graph, seed, 1 + seed % 3)
    reach = SEARCH[direction](graph, sites)
    found = reached_roads(graph, reach, sites, float(limit_s))
    assert (found.from_fraction < found.to_fraction).all()
    assert (np.diff(np.minimum(found.from_time_s, found.to_time_s)) >= 0).all()
    road = np.repeat(np.arange(graph.road_count, dtype=np.int32), 23)
    fraction = np.tile((np.arange(23) + 0.5) / 23, graph.road_count)
    time_ds, _ = times_at(graph, reach, sites, Attachment(road, fraction, np.zeros(len(road))), direction)
    said_s = np.full(len(road), np.inf)
    for r, start, end, from_s, to_s in zip(
        found.road, found.from_fraction, found.to_fraction, found.from_time_s, found.to_time_s, strict=True
    ):
        held = (road == r) & (fraction >= start) & (fraction <= end)
        said_s[held] = np.minimum(said_s[held], from_s + (fraction[held] - start) / (end - start) * (to_s - from_s))
    time_s = np.where(time_ds == UNREACHED_DS, np.inf, time_ds / 10)
    sure = np.abs(time_s - limit_s) > 0.2
    np.testing.assert_array_equal(np.isfinite(said_s[sure]), time_s[sure] < limit_s)
    both = np.isfinite(said_s) & (time_s < limit_s)
    assert np.abs(said_s[both] - time_s[both]).max(initial=0) <= 0.11
