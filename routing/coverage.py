"""People x travel time x zones: who is covered, who is not, and where those who are not live together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from routing.components import strong_components

#: Weights become whole numbers of this many to one individual: fine enough for any published decimal, coarse
#: enough that the product with the largest commune still fits 64 bits.
_PER_INDIVIDUAL = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class ZoneSums:
    """Sums over the cells of each of z zones.

    total, covered, uncovered, unknown: int64[z], people; ``covered + uncovered + unknown == total``.
    individuals_total, individuals_covered: float64[z], as published by the source of the cells.
    median_s, p95_s, max_s: float64[z], times of the people whose time is known: the shortest time within
    which half, 95 % and all of them come; inf when that takes someone no route serves, nan where nobody is
    known.
    """

    total: NDArray[np.int64]
    covered: NDArray[np.int64]
    uncovered: NDArray[np.int64]
    unknown: NDArray[np.int64]
    individuals_total: NDArray[np.float64]
    individuals_covered: NDArray[np.float64]
    median_s: NDArray[np.float64]
    p95_s: NDArray[np.float64]
    max_s: NDArray[np.float64]


def calibrate_people(
    individuals: NDArray[np.float64], commune: NDArray[np.int32], municipal: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Share the official population of each commune among its cells: int64[c], exact sum in every commune.

    ``individuals`` float64[c] are the weights, ``commune`` int32[c] counts in ``municipal`` int64[k]. Each
    cell gets the whole part of its share; the people left over go one by one to the largest remainders, of
    equal ones to the first cell (Hamilton's method, in whole numbers throughout).

    Raises ValueError for a weight or a population that is negative or not finite, a commune out of range,
    and a commune with inhabitants whose weights sum to 0: the caller gives such a commune a cell of its
    own.
    """
    weight = _whole_weights(individuals)
    municipal = np.asarray(municipal, np.int64)
    if len(commune) != len(weight):
        raise ValueError(f"{len(weight)} cells but {len(commune)} communes for them")
    _require((commune >= 0) & (commune < len(municipal)), "cell", "its commune is out of range")
    _require(municipal >= 0, "commune", "its population is negative")
    weight_sum = _sum_by(commune, weight, len(municipal))
    _require((weight_sum > 0) | (municipal == 0), "commune", "has inhabitants and no cell with any weight")
    if (municipal.astype(np.float64) * weight_sum >= 2.0**63).any():
        raise ValueError("a population times its weights does not fit 64 bits")

    divisor = np.maximum(weight_sum, 1)[commune]
    people, remainder = np.divmod(municipal[commune] * weight, divisor)
    left_over = municipal - _sum_by(commune, people, len(municipal))
    order = np.lexsort((-remainder, commune))
    place = np.arange(len(order)) - np.searchsorted(commune[order], commune[order])
    people[order[place < left_over[commune[order]]]] += 1
    return people


def zone_sums(
    zone: NDArray[np.int32],
    zone_count: int,
    people: NDArray[np.int64],
    individuals: NDArray[np.float64],
    time_s: NDArray[np.float64],
    threshold_s: float,
) -> ZoneSums:
    """Sum the cells of each zone; covered is strictly less than ``threshold_s``.

    All arrays have one entry per cell: zone int32[c] (-1: in no zone), people int64[c], individuals
    float64[c], time_s float64[c] (nan: unknown, its cell could not be attached; inf: no route, counted as
    uncovered). Raises ValueError for arrays of different lengths, a zone out of range, negative people or
    times.
    """
    if len({len(zone), len(people), len(individuals), len(time_s)}) != 1:
        raise ValueError("zone, people, individuals and time_s differ in length")
    _require((zone >= -1) & (zone < zone_count), "cell", f"its zone is neither -1 nor one of {zone_count}")
    _require(people >= 0, "cell", "its people are negative")
    _require(~(time_s < 0), "cell", "its time is negative")
    inside = zone >= 0
    zone, people, individuals, time_s = zone[inside], people[inside], individuals[inside], time_s[inside]
    is_unknown, is_covered = np.isnan(time_s), time_s < threshold_s

    def people_where(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        return _sum_by(zone[mask], people[mask], zone_count)

    known = ~is_unknown & (people > 0)
    quantiles = _weighted_quantiles(zone[known], zone_count, people[known], time_s[known], (50, 95, 100))
    return ZoneSums(
        total=_sum_by(zone, people, zone_count),
        covered=people_where(is_covered),
        uncovered=people_where(~is_covered & ~is_unknown),
        unknown=people_where(is_unknown),
        individuals_total=_float_sum_by(zone, individuals, zone_count),
        individuals_covered=_float_sum_by(zone[is_covered], individuals[is_covered], zone_count),
        median_s=quantiles[0],
        p95_s=quantiles[1],
        max_s=quantiles[2],
    )


def gap_groups(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], size_m: NDArray[np.float64], is_gap: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Number the groups of gap cells that touch, by a side or a corner: int32[c], -1 for the other cells.

    ``x_m, y_m`` float64[c] are the south-west corners and ``size_m`` float64[c] the sides, all in the CRS
    of the grid (reprojected squares no longer touch). Sizes may differ between cells. Groups are numbered
    from 0 in the order of their first cell.
    """
    if len({len(x_m), len(y_m), len(size_m), len(is_gap)}) != 1:
        raise ValueError("x_m, y_m, size_m and is_gap differ in length")
    label = np.full(len(is_gap), -1, np.int32)
    cell = np.flatnonzero(is_gap)
    if len(cell) == 0:
        return label
    west, south, size = (np.asarray(values, np.float64)[cell] for values in (x_m, y_m, size_m))
    squares = np.asarray(shapely.box(west, south, west + size, south + size))
    # The envelope of a square is the square: the tree alone tells which of them touch.
    one, other = shapely.STRtree(squares).query(squares)
    order = np.argsort(one, kind="stable")
    first_out = np.zeros(len(cell) + 1, np.int32)
    np.cumsum(np.bincount(one, minlength=len(cell)), out=first_out[1:])
    group = strong_components(first_out, other[order].astype(np.int32))
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    label[cell] = np.argsort(np.argsort(first))[inverse]
    return label


def _require(is_right: NDArray[np.bool_], what: str, why: str) -> None:
    if not is_right.all():
        raise ValueError(f"{what} {int(np.argmin(is_right))}: {why} ({int((~is_right).sum())} such)")


def _whole_weights(individuals: NDArray[np.float64]) -> NDArray[np.int64]:
    _require(np.isfinite(individuals) & (individuals >= 0), "cell", "its weight is negative or not finite")
    return np.rint(individuals * _PER_INDIVIDUAL).astype(np.int64)


def _sum_by(group: NDArray[np.int32], values: NDArray[np.int64], group_count: int) -> NDArray[np.int64]:
    """Exact sums: ``np.bincount`` with weights would go through floats."""
    sums = np.zeros(group_count, np.int64)
    np.add.at(sums, group, values)
    return sums


def _float_sum_by(group: NDArray[np.int32], values: NDArray[np.float64], group_count: int) -> NDArray[np.float64]:
    return np.bincount(group, values, group_count).astype(np.float64)


def _weighted_quantiles(
    zone: NDArray[np.int32],
    zone_count: int,
    people: NDArray[np.int64],
    time_s: NDArray[np.float64],
    percents: tuple[int, ...],
) -> list[NDArray[np.float64]]:
    """For each percentage, per zone, the shortest time within which that many of the people come."""
    order = np.lexsort((time_s, zone))
    zone, people, time_s = zone[order], people[order], time_s[order]
    total = _sum_by(zone, people, zone_count)
    before = np.concatenate([[0], np.cumsum(total)])
    rank = np.cumsum(people)  # people come in before or with this cell, all zones before included
    answers = []
    for percent in percents:
        wanted = before[:-1] + (total * percent + 99) // 100  # rounded up: the one who completes the share
        quantile = np.full(zone_count, np.nan)
        inhabited = total > 0
        quantile[inhabited] = time_s[np.searchsorted(rank, wanted[inhabited])]
        answers.append(quantile)
    return answers
