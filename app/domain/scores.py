"""How two sets of travel times agree: ratios, shares within a band, the same side of a threshold, plain errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

#: The band round the median ratio, and what is asked of it (the service's own targets, September 2026).
BAND: Final = 0.15
BAND_TARGET: Final = 0.90
AGREEMENT_TARGET: Final = 0.98
#: Our median ratio must lie within [0.9 x Valhalla, 1.1 x OSRM]: engines themselves differ by 15 to 24 %.
LEAST_OF_VALHALLA: Final = 0.9
MOST_OF_OSRM: Final = 1.1

#: A threshold tells two sets apart only where enough trips stand on each of its sides.
THRESHOLDS_S: Final = (1800.0, 600.0)
LEAST_SIDE_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class RatioScore:
    """Ratios ours / theirs over ``pairs`` trips. ``agreement``: share on the same side of ``threshold_s`` once our
    times are divided by the median ratio; None without a threshold."""

    pairs: int
    median: float
    p10: float
    p90: float
    within_band: float  # share, 0..1, within BAND of the median ratio
    agreement: float | None
    threshold_s: float | None


@dataclass(frozen=True, slots=True)
class ErrorScore:
    """Differences ours - theirs, in minutes, over ``count`` cells; ``agreement`` on "strictly under ``threshold_s``"."""

    count: int
    bias_min: float
    mae_min: float
    p95_min: float  # of the absolute difference
    agreement: float
    threshold_s: float


def ratio_score(ours_s: Float, theirs_s: Float, *, threshold_s: float | None) -> RatioScore | None:
    """Score of p trips, both float64[p], finite, positive; None without any trip."""
    if len(ours_s) == 0:
        return None
    ratio = ours_s / theirs_s
    p10, median, p90 = np.quantile(ratio, [0.1, 0.5, 0.9])
    agreement = None
    if threshold_s is not None:
        agreement = float(np.mean((ours_s / median < threshold_s) == (theirs_s < threshold_s)))
    within = float(np.mean(np.abs(ratio / median - 1) <= BAND))
    return RatioScore(len(ratio), float(median), float(p10), float(p90), within, agreement, threshold_s)


def telling_threshold_s(theirs_s: Float) -> float | None:
    """The first of ``THRESHOLDS_S`` with at least ``LEAST_SIDE_SHARE`` of the trips on each side; None if none has."""
    for threshold_s in THRESHOLDS_S:
        share = float(np.mean(theirs_s >= threshold_s)) if len(theirs_s) else 0.0
        if LEAST_SIDE_SHARE <= share <= 1 - LEAST_SIDE_SHARE:
            return threshold_s
    return None


def error_score(ours_s: Float, theirs_s: Float, *, threshold_s: float) -> ErrorScore | None:
    """Score of c cells, both float64[c], finite; None without any cell."""
    if len(ours_s) == 0:
        return None
    difference_min = (ours_s - theirs_s) / 60
    return ErrorScore(
        count=len(ours_s),
        bias_min=float(difference_min.mean()),
        mae_min=float(np.abs(difference_min).mean()),
        p95_min=float(np.quantile(np.abs(difference_min), 0.95)),
        agreement=float(np.mean((ours_s < threshold_s) == (theirs_s < threshold_s))),
        threshold_s=threshold_s,
    )
