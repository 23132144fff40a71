"""Counting junctions around: the same as looking at all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from routing.urban import has_many_within

Metres = NDArray[np.float64]


def looked_at_all(at: Metres, points: Metres, radius_m: float, least: int) -> list[bool]:
    return [bool(np.sum(((points - place) ** 2).sum(axis=1) <= radius_m**2) >= least) for place in at]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 60), st.integers(1, 40), st.integers(0, 8), st.floats(10, 2000))
def test_same_as_looking_at_every_point(seed: int, points: int, places: int, least: int, radius_m: float) -> None:
    rng = np.random.default_rng(seed)
    spread_m = rng.choice([100.0, 1000.0, 50_000.0])
    # Whole metres: points at exactly the radius, and points upon one another, are met.
    there = np.round(rng.normal(600_000, spread_m, (points, 2)))
    here = np.round(rng.normal(600_000, 2 * spread_m, (places, 2)))
    radius_m = float(round(radius_m))
    found = has_many_within(*here.T, *there.T, radius_m=radius_m, least=least)
    assert found.tolist() == looked_at_all(here, there, radius_m, least)


def test_a_point_counts_itself_and_one_at_the_radius() -> None:
    x_m, y_m = np.array([0.0, 300.0, 300.1]), np.array([0.0, 400.0, 400.0])
    assert has_many_within(x_m, y_m, x_m, y_m, radius_m=500.0, least=2).tolist() == [True, True, True]
    assert has_many_within(x_m, y_m, x_m, y_m, radius_m=500.0, least=3).tolist() == [False, True, False]


def test_radius_must_be_positive() -> None:
    with pytest.raises(ValueError, match="radius_m"):
        has_many_within(*[np.zeros(1)] * 4, radius_m=0.0, least=1)
