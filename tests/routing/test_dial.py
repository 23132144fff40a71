"""The search loop against a heap in plain Python, where it is weakest: windows, ties, full pools, old labels."""

from __future__ import annotations

import heapq
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from routing import dial
from routing.dial import LONGEST_DS, Arcs, arcs_of, nearest, pack, reached
from routing.graph import MAX_ROAD_DS, UNREACHED_DS
from tests.routing.worlds import grid_world

NEVER = int(UNREACHED_DS)
WINDOW_DS = dial.BUCKETS << dial.BUCKET_BITS
Arc = tuple[int, int, int]
Seed = tuple[int, int, int]


def arcs_from(node_count: int, arcs: list[Arc]) -> Arcs:
    """(tail, head, weight_ds) of each arc, in any order."""
    tail, head, weight = np.array(sorted(arcs), np.int32).reshape(-1, 3).T
    first_out = np.searchsorted(tail, np.arange(node_count + 1)).astype(np.int32)
    return pack(first_out, np.ascontiguousarray(head), np.ascontiguousarray(weight))


def columns(seeds: list[Seed]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    node, time_ds, site = (np.ascontiguousarray(c) for c in np.array(seeds, np.int32).reshape(-1, 3).T)
    return node, time_ds, site


def by_heap(node_count: int, arcs: list[Arc], seeds: list[Seed], limit_ds: int) -> list[tuple[int, int]]:
    """(time_ds, site) of each node: the least pair, with a heap of pairs and no trick at all."""
    out: list[list[tuple[int, int]]] = [[] for _ in range(node_count)]
    for tail, head, weight in arcs:
        out[tail].append((head, weight))
    best = [(NEVER, -1)] * node_count
    done = [False] * node_count
    heap = [(time_ds, site, node) for node, time_ds, site in seeds if time_ds <= limit_ds]
    heapq.heapify(heap)
    while heap:
        time_ds, site, node = heapq.heappop(heap)
        if done[node]:
            continue
        done[node], best[node] = True, (time_ds, site)
        for head, weight in out[node]:
            if time_ds + weight <= limit_ds:
                heapq.heappush(heap, (time_ds + weight, site, head))
    return best


WEIGHTS = st.one_of(
    st.integers(1, 5),
    st.integers(60, 70),
    st.integers(WINDOW_DS - 70, WINDOW_DS + 70),
    st.just(MAX_ROAD_DS),
)
LIMITS = st.one_of(
    st.integers(0, 300), st.just(18_000), st.integers(WINDOW_DS - 70, WINDOW_DS + 70), st.just(LONGEST_DS)
)


@st.composite
def questions(draw: st.DrawFn) -> tuple[int, list[Arc], list[Seed], int]:
    node_count = draw(st.integers(1, 14))
    node = st.integers(0, node_count - 1)
    arcs = draw(st.lists(st.tuples(node, node, WEIGHTS), max_size=4 * node_count))
    when = st.one_of(st.integers(0, 130), st.integers(WINDOW_DS - 5, WINDOW_DS + 5), st.just(LONGEST_DS))
    seeds = draw(st.lists(st.tuples(node, when, st.integers(0, 5)), max_size=8))
    return node_count, arcs, seeds, draw(LIMITS)


@given(questions())
@settings(max_examples=1_000, deadline=None)
def test_times_and_sites_are_those_of_a_plain_heap(question: tuple[int, list[Arc], list[Seed], int]) -> None:
    node_count, arcs, seeds, limit_ds = question
    packed = arcs_from(node_count, arcs)
    expected = by_heap(*question)
    for _ in range(2):  # the second time among the labels of the first
        time_ds, site = nearest(packed, *columns(seeds), limit_ds)
        assert list(zip(time_ds.tolist(), site.tolist(), strict=True)) == expected
        node, reached_ds = reached(packed, *columns(seeds)[:2], limit_ds)
        assert sorted(zip(node.tolist(), reached_ds.tolist(), strict=True)) == [
            (u, then) for u, (then, _) in enumerate(expected) if then < NEVER
        ]


@given(st.lists(st.tuples(questions(), st.integers(0, 1)), min_size=2, max_size=4))
@settings(max_examples=50, deadline=None)
def test_one_workspace_for_searches_of_every_limit_keeps_nothing(asked: list[tuple[Any, int]]) -> None:
    (node_count, arcs, _, _), _ = asked[0]
    packed = arcs_from(node_count, arcs)
    for (_, _, seeds, limit_ds), _ in asked * 3:
        inside = [(node % node_count, time_ds, site) for node, time_ds, site in seeds]
        time_ds, site = nearest(packed, *columns(inside), limit_ds)
        expected = by_heap(node_count, arcs, inside, limit_ds)
        assert list(zip(time_ds.tolist(), site.tolist(), strict=True)) == expected
    assert len(packed._spare) == 1


def star(points: int) -> list[Arc]:
    return [arc for i in range(1, points + 1) for arc in ((0, i, i), (i, 0, 7))]


def test_a_junction_of_three_hundred_streets() -> None:
    packed = arcs_from(301, star(300))
    assert packed.most_out == 300
    time_ds, site = nearest(packed, *columns([(0, 5, 3)]))
    assert time_ds.tolist() == [5 + i for i in range(301)]
    assert set(site.tolist()) == {3}


def test_too_few_chunks_are_made_more_and_the_answer_is_the_same() -> None:
    arcs = [(u, v, 1 + 64 * ((u * 7 + v * 13) % 40)) for u in range(60) for v in range(60) if u != v]
    packed = arcs_from(60, arcs)
    expected = nearest(packed, *columns([(0, 0, 0)]))
    [workspace] = packed._spare
    workspace._make_chunks(3)
    again = nearest(packed, *columns([(0, 0, 0)]))
    assert len(workspace.free) > 3
    np.testing.assert_array_equal(again[0], expected[0])
    assert (np.sort(workspace.free) == np.arange(1, len(workspace.free) + 1)).all()  # every chunk came back
    assert not workspace.end.any()


def test_a_dead_end_is_marked_and_nothing_else_is() -> None:
    #  0 <-> 1 <-> 2, 3 -> 2: from 1 to 0 and to 2 one can only come back; 3 leads on
    packed = arcs_from(4, [(0, 1, 1), (1, 0, 1), (1, 2, 1), (2, 1, 1), (3, 2, 1)])
    goes_on = (packed.record[:5] >> np.uint64(63)).tolist()
    assert goes_on == [1, 0, 0, 1, 1]


def test_weights_out_of_range_and_limits_are_refused() -> None:
    one, zero = np.array([0, 1], np.int32), np.array([0], np.int32)
    for weight in (0, MAX_ROAD_DS + 1):
        with pytest.raises(ValueError, match="weighs"):
            pack(one, zero, np.array([weight], np.int32))
    packed = arcs_from(1, [])
    for limit_ds in (-1, LONGEST_DS + 1):
        with pytest.raises(ValueError, match="limit_ds"):
            nearest(packed, zero, zero, zero, limit_ds)
        with pytest.raises(ValueError, match="limit_ds"):
            reached(packed, zero, zero, limit_ds)


def test_threads_share_the_arcs_and_nothing_that_is_written() -> None:
    graph = grid_world(60)
    packed = arcs_of(graph, "departure")
    assert arcs_of(graph, "departure") is packed
    assert np.shares_memory(packed.record, graph.forward.arc)  # the search reads the graph itself

    def ask(node: int) -> tuple[int, list[int]]:
        found, time_ds = reached(packed, *columns([(node, 0, 0)])[:2], 1_500)
        return node, np.sort(found.astype(np.int64) * 10_000 + time_ds).tolist()

    alone = [ask(node) for node in range(0, 3_600, 60)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(0, 3_600, 60))) == alone
    assert len(packed._spare) <= 4
