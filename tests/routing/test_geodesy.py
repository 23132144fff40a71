"""Short lengths against PROJ's exact geodesic (Karney), which knows nothing of Gauss's formulas."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyproj
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from data.measure import road_lengths_m, segment_lengths_m
from data.osm import read_osm
from routing.geodesy import SHORT_LAT_DEG, SHORT_M, short_lengths_m

WGS84 = pyproj.Geod(ellps="WGS84")
#: Asked for everywhere; the formulas and float64 degrees give 4e-9.
CLOSE_M = 1e-6
#: Where the limit of SHORT_M itself is not told exactly.
EDGE_M = 1e-3


def exact_m(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(WGS84.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])


def pair(here: tuple[float, float], there: tuple[float, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon, lat = np.array([here, there], np.float64).T.copy()
    return lon, lat


@settings(max_examples=1_000, deadline=None)
@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-SHORT_LAT_DEG, SHORT_LAT_DEG),
    azimuth=st.floats(0, 360),
    far_m=st.floats(0, SHORT_M - EDGE_M),
)
@example(lon=180.0, lat=-16.8, azimuth=90.0, far_m=800.0)  # Taveuni, Fiji: a road crosses the antimeridian
@example(lon=-180.0, lat=66.0, azimuth=270.0, far_m=999.0)
@example(lon=2.0, lat=84.99, azimuth=90.0, far_m=999.9)
@example(lon=2.0, lat=0.0, azimuth=45.0, far_m=999.9)
def test_short_segments_are_those_of_the_exact_solver(lon: float, lat: float, azimuth: float, far_m: float) -> None:
    to_lon, to_lat, _ = WGS84.fwd(lon, lat, azimuth, far_m)
    assume(abs(to_lat) <= SHORT_LAT_DEG)
    lons, lats = pair((lon, lat), (to_lon, to_lat))
    short_m = short_lengths_m(lons, lats)
    assert short_m[0] == pytest.approx(exact_m(lons, lats)[0], rel=0, abs=CLOSE_M)
    assert short_m[0] == short_lengths_m(lons[::-1], lats[::-1])[0]
    assert short_m[1] == 0.0


def test_nanometres_over_the_whole_globe() -> None:
    """The figure written in the module: two hundred thousand segments, half of them of a whole kilometre."""
    chance, count = np.random.default_rng(20261122), 200_000
    lon, lat = chance.uniform(-180, 180, count), chance.uniform(-84.98, 84.98, count)
    far_m = np.where(chance.random(count) < 0.5, SHORT_M - EDGE_M, 10 ** chance.uniform(-3, 3, count))
    to_lon, to_lat, _ = WGS84.fwd(lon, lat, chance.uniform(0, 360, count), np.minimum(far_m, SHORT_M - EDGE_M))
    short_m = short_lengths_m(np.stack((lon, to_lon), 1).ravel(), np.stack((lat, to_lat), 1).ravel())[::2]
    assert np.abs(short_m - WGS84.inv(lon, lat, to_lon, to_lat)[2]).max() < 4e-9


@settings(max_examples=1_000, deadline=None)
@given(
    here=st.tuples(st.floats(-180, 180), st.floats(-90, 90)), there=st.tuples(st.floats(-180, 180), st.floats(-90, 90))
)
@example(here=(0.0, 85.1), there=(0.0, 85.1))
@example(here=(10.0, 0.0), there=(-170.0, 0.0))
@example(here=(10.0, 84.9), there=(-170.0, 84.9))  # over the pole: a turn of half a circle
def test_any_two_points_are_measured_by_one_or_the_other(here: tuple[float, float], there: tuple[float, float]) -> None:
    lons, lats = pair(here, there)
    exact = exact_m(lons, lats)[0]
    is_left = math.isinf(short_lengths_m(lons, lats)[0])
    if max(abs(lats)) > SHORT_LAT_DEG or exact > SHORT_M + EDGE_M:
        assert is_left
    elif exact < SHORT_M - EDGE_M:
        assert not is_left
    assert segment_lengths_m(lons, lats)[0] == pytest.approx(exact, rel=0, abs=CLOSE_M)


def test_either_end_beyond_85_degrees_leaves_the_segment_to_the_solver() -> None:
    below, above = (2.0, 84.999), (2.0, 85.001)
    assert short_lengths_m(*pair(below, below))[0] == 0.0
    for here, there in ((below, above), (above, below), (above, above)):
        assert math.isinf(short_lengths_m(*pair(here, there))[0])
        south = short_lengths_m(*pair((here[0], -here[1]), (there[0], -there[1])))
        assert math.isinf(south[0])


@pytest.mark.parametrize("at", [(9.1, 42.3), (0.0, 0.0), (180.0, 85.0), (-60.9, 14.6)])
def test_a_point_is_at_zero_from_itself(at: tuple[float, float]) -> None:
    assert short_lengths_m(*pair(at, at)).tolist() == [0.0, 0.0]


def test_both_sides_of_the_antimeridian_are_one_place() -> None:
    assert short_lengths_m(*pair((180.0, -16.8), (-180.0, -16.8)))[0] == 0.0
    across_m = short_lengths_m(*pair((179.999, -16.8), (-179.999, -16.8)))[0]
    assert across_m == pytest.approx(short_lengths_m(*pair((10.001, -16.8), (10.003, -16.8)))[0], abs=1e-7)


@pytest.mark.parametrize("there", [(math.nan, 42.0), (9.0, math.nan), (math.inf, 42.0), (9.0, math.inf), (9.0, 95.0)])
def test_what_is_no_place_has_no_length_and_spoils_no_other(there: tuple[float, float]) -> None:
    lon, lat = np.array([(9.0, 42.0), (9.001, 42.0), there, (9.0, 42.0), (9.001, 42.0)]).T.copy()
    measured_m = segment_lengths_m(lon, lat)
    assert np.isnan(measured_m).tolist() == [False, True, True, False, False]
    assert measured_m[0] == measured_m[3] > 0


def test_none_and_one_point_and_arrays_that_do_not_match() -> None:
    assert short_lengths_m(np.empty(0), np.empty(0)).tolist() == []
    assert short_lengths_m(np.ones(1), np.ones(1)).tolist() == [0.0]
    with pytest.raises(ValueError, match="2 longitudes, 1 latitudes"):
        short_lengths_m(np.ones(2), np.ones(1))


def test_the_way_from_a_road_to_the_next_is_not_measured() -> None:
    """Two short roads at the ends of the earth: neither has a piece of what lies between them."""
    lon, lat = np.array([(9.0, 42.0), (9.001, 42.0), (-170.0, -42.0), (-170.001, -42.0), (-170.2, -42.0)]).T.copy()
    exact = exact_m(lon, lat)
    roads_m = road_lengths_m(lon, lat, np.array([0, 2, 5]))
    assert roads_m == pytest.approx([exact[0], exact[2] + exact[3]], rel=0, abs=CLOSE_M)


@pytest.mark.real_data
@pytest.mark.parametrize(
    "file",
    [
        "corse/routes/corse_reconstruit_longueurs_vraies.osm.pbf",
        "midi-pyrenees/routes/midi_pyrenees_reconstruit.osm.pbf",
    ],
)
def test_real_ways_have_the_lengths_of_the_exact_solver(real_data: Path, file: str) -> None:
    """Every way of the file, some of them with segments over a kilometre."""
    tables = read_osm(real_data / file)
    is_known = tables.way_node >= 0
    known = np.flatnonzero(is_known)
    way = np.repeat(np.arange(len(tables.way_id)), np.diff(tables.way_first))[known]
    first = np.append(np.flatnonzero(np.diff(way, prepend=-1)), len(way))
    lon, lat = (column[tables.way_node[known]] for column in (tables.node_lon, tables.node_lat))
    exact = exact_m(lon, lat)
    exact[first[1:-1] - 1] = 0.0
    expected_m = np.add.reduceat(np.append(exact, 0.0), first[:-1])
    assert len(expected_m) > 10_000
    assert np.abs(road_lengths_m(lon, lat, first) - expected_m).max() < 1e-7
