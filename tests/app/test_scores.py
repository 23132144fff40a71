"""Scores of two sets of times, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.domain.scores import error_score, ratio_score, telling_threshold_s


def test_a_constant_ratio_is_perfect_agreement() -> None:
    theirs = np.linspace(300.0, 2400.0, 50)
    score = ratio_score(1.2 * theirs, theirs, threshold_s=1800.0)
    assert score is not None
    assert score.median == pytest.approx(1.2)
    assert (score.within_band, score.agreement) == (1.0, 1.0)


def test_the_band_is_round_the_median_ratio_its_ends_included() -> None:
    theirs = np.full(5, 1000.0)
    score = ratio_score(np.array([800.0, 875.0, 1000.0, 1125.0, 1300.0]), theirs, threshold_s=None)
    assert score is not None
    assert (score.median, score.within_band, score.agreement) == (1.0, 0.6, None)


def test_agreement_is_strictly_under_the_threshold_after_scaling() -> None:
    theirs = np.array([1700.0, 1800.0, 1900.0])
    score = ratio_score(np.array([3400.0, 3599.0, 3800.0]), theirs, threshold_s=1800.0)
    assert score is not None
    assert score.median == 2.0
    assert score.agreement == pytest.approx(2 / 3)  # 3599 / 2 is under, 1800 is not


def test_the_threshold_needs_five_per_cent_on_each_side() -> None:
    assert telling_threshold_s(np.array([100.0] * 95 + [1800.0] * 5)) == 1800.0
    assert telling_threshold_s(np.array([100.0] * 90 + [700.0] * 6 + [1800.0] * 4)) == 600.0
    assert telling_threshold_s(np.array([100.0] * 100)) is None
    assert telling_threshold_s(np.array([1900.0] * 100)) is None
    assert telling_threshold_s(np.zeros(0)) is None


def test_nothing_to_score_is_none() -> None:
    nothing = np.zeros(0)
    assert ratio_score(nothing, nothing, threshold_s=None) is None
    assert error_score(nothing, nothing, threshold_s=1800.0) is None


def test_errors_in_minutes() -> None:
    score = error_score(np.array([660.0, 1740.0, 1860.0]), np.array([600.0, 1860.0, 1800.0]), threshold_s=1800.0)
    assert score is not None
    assert score.bias_min == pytest.approx(0.0)  # +1 -2 +1
    assert score.mae_min == pytest.approx(4 / 3)
    assert score.agreement == pytest.approx(2 / 3)
