"""Lengths on the WGS 84 ellipsoid between points that are close to each other, millions of them at once.

Gauss's mid-latitude formulas, in closed form with their terms of the third order: C. F. Gauss, "Untersuchungen über
Gegenstände der höhern Geodäsie" II (1846); in today's terms, W. Jordan, O. Eggert, M. Kneissl, "Handbuch der
Vermessungskunde" vol. IV (1959), and R. H. Rapp, "Geometric Geodesy" Part I (Ohio State University, 1991). What they
leave out grows with the length (0.01 µm at 10 km, below 60°) and with the tangent of the latitude: hence the two
bounds, below which they differ from the exact geodesic (Karney's, in PROJ) by 4 nanometres at most, most of
which is what a degree written in float64 can tell. The tests hold them to it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types
from numpy.typing import NDArray

from routing.compiled import compiled, read_only

Float64 = NDArray[np.float64]

SHORT_M = 1_000.0  # longest segment that is measured here, to a fifth of a millimetre: told before its third order
SHORT_LAT_DEG = 85.0  # highest latitude, north or south

# WGS 84, NIMA TR8350.2 (third edition, 2000), table 3.1: the two defining constants of the ellipsoid.
_A_M = 6_378_137.0
_F = 1 / 298.257223563
_E2 = _F * (2 - _F)
_SECOND_E2 = _E2 / (1 - _E2)
_RADIAN = math.pi / 180


def short_lengths_m(lon: Float64, lat: Float64) -> Float64:
    """Geodesic in metres from each point (degrees, float64[s]) to the next: float64[s]; the last, with no next, is 0.

    Infinity where the segment is longer than SHORT_M or touches a latitude above SHORT_LAT_DEG: it is for a general
    solver, to be asked. Otherwise NaN where a coordinate is NaN or a longitude is infinite.
    Longitudes may be on either side of the antimeridian. Raises ValueError unless both arrays have the same length.
    """
    if len(lon) != len(lat):
        raise ValueError(f"{len(lon)} longitudes, {len(lat)} latitudes")
    return _short_lengths(np.ascontiguousarray(lon, np.float64), np.ascontiguousarray(lat, np.float64))


@compiled(types.float64[::1](read_only(types.float64), read_only(types.float64)))
def _short_lengths(lon: Float64, lat: Float64) -> Float64:
    """Names as in the sources: eta2 = e'² cos² B, v2 = 1 + eta2, n_m the radius N, n_m / v2 the radius M."""
    length_m = np.zeros(len(lon))
    for here in range(len(lon) - 1):
        if abs(lat[here]) > SHORT_LAT_DEG or abs(lat[here + 1]) > SHORT_LAT_DEG:
            length_m[here] = np.inf
            continue
        turn_deg = lon[here + 1] - lon[here]
        if abs(turn_deg) > 180:
            turn_deg -= 360 * np.rint(turn_deg / 360)
        turn, rise = turn_deg * _RADIAN, (lat[here + 1] - lat[here]) * _RADIAN
        sin = math.sin((lat[here] + lat[here + 1]) * (_RADIAN / 2))
        sin2 = sin * sin
        cos2 = 1 - sin2
        eta2 = _SECOND_E2 * cos2
        v2 = 1 + eta2
        n_m = _A_M / math.sqrt(1 - _E2 * sin2)
        north_m, east_m = n_m / v2 * rise, n_m * math.sqrt(cos2) * turn
        if north_m * north_m + east_m * east_m > SHORT_M * SHORT_M:
            length_m[here] = np.inf
            continue
        rise2, turn2 = rise * rise, turn * turn
        # (eta * tan)² is e'² sin², and cos² (2 + 3 tan² + 2 eta²) is 2 + sin² + 2 eta² cos²
        bend = (v2 + eta2 * eta2 - 9 * _SECOND_E2 * sin2) / (v2 * v2)
        east_m *= 1 + (bend * rise2 - sin2 * turn2) / 24
        swell = (eta2 - _SECOND_E2 * sin2 + eta2 * (eta2 + 4 * _SECOND_E2 * sin2)) / (
            v2 * v2
        )  # of M'' along the meridian
        north_m *= 1 + swell * rise2 / 8 - (2 + sin2 + 2 * eta2 * cos2) * turn2 / 24
        length_m[here] = math.sqrt(north_m * north_m + east_m * east_m)
    return length_m
