"""People shared out exactly, summed by zone, and gaps put together."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from routing.coverage import ZoneSums, calibrate_people, gap_groups, zone_sums

INF, NAN = float("inf"), float("nan")


def calibrated(individuals: list[float], commune: list[int], municipal: list[int]) -> list[int]:
    people = calibrate_people(np.array(individuals), np.array(commune, np.int32), np.array(municipal, np.int64))
    assert people.dtype == np.int64
    return [int(count) for count in people]


# --- calibrate_people ---------------------------------------------------------------------------------------


def test_shares_worked_out_by_hand() -> None:
    # 10 people for 1 : 1 : 1 -> 3.33 each, the one left over goes to the first of equal remainders
    assert calibrated([5.0, 5.0, 5.0], [0, 0, 0], [10]) == [4, 3, 3]
    # 7 for 0.5 : 1.5 : 2 -> 0.875, 2.625, 3.5 -> whole parts 0, 2, 3; two left over, to .875 and .625
    assert calibrated([0.5, 1.5, 2.0], [0, 0, 0], [7]) == [1, 3, 3]


def test_communes_do_not_mix_whatever_the_order_of_cells() -> None:
    assert calibrated([1.0, 3.0, 1.0, 1.0], [1, 0, 1, 0], [8, 3]) == [2, 6, 1, 2]


def test_an_empty_commune_may_have_cells_or_none() -> None:
    assert calibrated([2.0, 0.0], [0, 2], [5, 0, 0]) == [5, 0]
    assert calibrated([], [], [0]) == []


@pytest.mark.parametrize(
    ("individuals", "commune", "municipal", "message"),
    [
        ([1.0], [0], [5, 2], "commune 1: has inhabitants and no cell"),
        ([1.0, 0.0], [0, 1], [5, 2], "commune 1: has inhabitants and no cell"),
        ([1.0, -1.0], [0, 0], [5], "cell 1: its weight"),
        ([1.0, NAN], [0, 0], [5], "cell 1: its weight"),
        ([1.0], [1], [5], "cell 0: its commune"),
        ([1.0], [0], [-5], "commune 0: its population"),
        ([1.0, 1.0], [0], [5], "2 cells but 1 communes"),
        ([1e9], [0], [10**9], "64 bits"),
    ],
)
def test_what_cannot_be_shared_is_refused(
    individuals: list[float], commune: list[int], municipal: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        calibrated(individuals, commune, municipal)


cells = st.lists(st.tuples(st.integers(1, 50_000), st.integers(0, 3)), min_size=1, max_size=40)


@given(cells, st.lists(st.integers(0, 3_000_000), min_size=4, max_size=4))
def test_every_sum_is_exact_and_no_cell_is_a_person_off_its_share(
    cells: list[tuple[int, int]], municipal: list[int]
) -> None:
    municipal = [count if any(k == c for _, c in cells) else 0 for k, count in enumerate(municipal)]
    # Tenths of individuals, as they are published, are not whole in binary: shares hold to the weights' step.
    people = calibrated([tenths / 10 for tenths, _ in cells], [c for _, c in cells], municipal)
    for commune in range(4):
        mine = [i for i, (_, c) in enumerate(cells) if c == commune]
        assert sum(people[i] for i in mine) == municipal[commune]
        weight = sum(cells[i][0] for i in mine)
        for i in mine:
            share = Fraction(municipal[commune] * cells[i][0], weight)
            assert abs(people[i] - share) < 1 + Fraction(municipal[commune], 2**18)


# --- zone_sums ----------------------------------------------------------------------------------------------


def sums(rows: list[tuple[int, int, float]], zone_count: int, threshold_s: float = 1800.0) -> ZoneSums:
    """Rows of (zone, people, time); individuals are half the people."""
    zone, people, time_s = (np.array(column) for column in zip(*rows, strict=True))
    return zone_sums(
        zone.astype(np.int32),
        zone_count,
        people.astype(np.int64),
        people / 2,
        time_s.astype(float),
        threshold_s,
    )


def test_people_as_powers_of_two_tell_who_was_counted_where() -> None:
    rows = [
        (0, 1, 0.0),
        (0, 2, 1799.9),
        (0, 4, 1800.0),
        (0, 8, INF),
        (0, 16, NAN),
        (1, 32, 60.0),
        (-1, 64, 60.0),
    ]
    found = sums(rows, 3)
    assert found.covered.tolist() == [1 + 2, 32, 0]
    assert found.uncovered.tolist() == [4 + 8, 0, 0]  # strictly less than the threshold
    assert found.unknown.tolist() == [16, 0, 0]
    assert found.total.tolist() == [31, 32, 0]
    assert found.individuals_total.tolist() == [15.5, 16.0, 0.0]
    assert found.individuals_covered.tolist() == [1.5, 16.0, 0.0]
    assert all(getattr(found, name).dtype == np.int64 for name in ("total", "covered", "uncovered", "unknown"))


def test_times_weigh_people_not_cells() -> None:
    found = sums([(0, 1, 100.0), (0, 1, 200.0), (0, 98, 300.0), (1, 50, 10.0), (1, 50, 20.0)], 2)
    assert found.median_s.tolist() == [300.0, 10.0]  # the 50th of 100 people in zone 1 still comes in 10 s
    assert found.p95_s.tolist() == [300.0, 20.0]
    assert found.max_s.tolist() == [300.0, 20.0]


def test_those_no_route_serves_are_the_last_and_the_unknown_do_not_weigh() -> None:
    found = sums([(0, 94, 5.0), (0, 6, INF), (1, 95, 5.0), (1, 5, INF), (2, 7, 5.0), (2, 900, NAN), (3, 9, NAN)], 4)
    np.testing.assert_array_equal(found.p95_s, [INF, 5.0, 5.0, NAN])
    np.testing.assert_array_equal(found.max_s, [INF, INF, 5.0, NAN])
    np.testing.assert_array_equal(found.median_s, [5.0, 5.0, 5.0, NAN])


def test_empty_cells_have_no_say_in_the_times() -> None:
    found = sums([(0, 0, 9000.0), (0, 5, 10.0), (1, 0, 10.0)], 2)
    np.testing.assert_array_equal(found.max_s, [10.0, NAN])


@pytest.mark.parametrize(
    ("row", "message"),
    [((2, 1, 0.0), "zone"), ((-2, 1, 0.0), "zone"), ((0, -1, 0.0), "people"), ((0, 1, -1.0), "time")],
)
def test_cells_that_cannot_be_are_refused(row: tuple[int, int, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sums([row], 2)


times = st.one_of(st.integers(0, 40).map(float), st.just(INF), st.just(NAN))
rows_of_cells = st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 9), times), min_size=1, max_size=30)


@given(rows_of_cells, st.integers(0, 40), st.integers(0, 40))
def test_zones_add_up_and_a_longer_threshold_never_covers_fewer(
    rows: list[tuple[int, int, float]], one_s: int, other_s: int
) -> None:
    short, long = (sums(rows, 4, float(t)) for t in sorted((one_s, other_s)))
    np.testing.assert_array_equal(short.covered + short.uncovered + short.unknown, short.total)
    assert (short.covered <= long.covered).all()
    assert (short.individuals_covered <= long.individuals_covered).all()
    everyone = sums([(min(zone, 0), people, time) for zone, people, time in rows], 1)
    assert everyone.total[0] == short.total.sum()


@given(rows_of_cells)
def test_quantiles_are_those_of_people_in_a_queue(rows: list[tuple[int, int, float]]) -> None:
    found = sums(rows, 4)
    for zone in range(4):
        queue = sorted(t for z, people, t in rows for _ in range(people) if z == zone and t == t)
        for name, percent in (("median_s", 50), ("p95_s", 95), ("max_s", 100)):
            expected = queue[-(-len(queue) * percent // 100) - 1] if queue else NAN
            np.testing.assert_equal(getattr(found, name)[zone], expected)


# --- gap_groups ---------------------------------------------------------------------------------------------


def groups(squares: list[tuple[int, int, int]], is_gap: list[bool] | None = None) -> list[int]:
    x, y, size = np.array(squares, np.float64).T
    mask: NDArray[Any] = np.array(is_gap if is_gap is not None else [True] * len(squares))
    return [int(group) for group in gap_groups(x, y, size, mask)]


def test_squares_touch_by_a_side_or_a_corner_and_through_gaps_only() -> None:
    #  4 .        2 and 4 touch by the corner only; 3 is covered; 5 is alone
    #  . 2
    #  0 3 . 5
    squares = [(0, 0, 200), (900, 900, 200), (200, 200, 200), (200, 0, 200), (0, 400, 200), (600, 0, 200)]
    assert groups(squares, [True, False, True, False, True, True]) == [0, -1, 0, -1, 0, 1]


def test_cells_of_two_sizes_touch_too() -> None:
    assert groups([(0, 0, 1000), (1000, 400, 200), (1200, 600, 200), (1600, 600, 200)]) == [0, 0, 0, 1]


def test_no_gap_no_group() -> None:
    assert groups([(0, 0, 200)], [False]) == [-1]
    none = np.empty(0)
    assert gap_groups(none, none, none, np.empty(0, np.bool_)).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 3)), min_size=1, max_size=25))
@settings(max_examples=60, deadline=None)
def test_groups_are_the_components_of_touching(squares: list[tuple[int, int, int]]) -> None:
    twin: networkx.Graph[int] = networkx.Graph()
    twin.add_nodes_from(range(len(squares)))
    for i, (x, y, size) in enumerate(squares):
        for j, (u, v, other) in enumerate(squares):
            if x <= u + other and u <= x + size and y <= v + other and v <= y + size:
                twin.add_edge(i, j)
    expected = sorted((sorted(nodes) for nodes in networkx.connected_components(twin)), key=min)
    label = groups(squares)
    assert [[i for i, g in enumerate(label) if g == k] for k in range(max(label) + 1)] == expected
