"""Every junction of Corsica, from the 37 France services: scipy, networkx and theory agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import shapely

from data.measure import project
from data.roads import read_roads
from routing.graph import UNREACHED_DS, RoadGraph
from routing.graph_files import open_graph, save_graph
from routing.isochrone import isochrones
from routing.search import times_at, times_from_origins, times_to_sites
from routing.snap import Attachment, attach, attachment_xy
from tests.routing.oracles import networkx_times_and_sites, scipy_times, seeds_of
from tests.routing.test_definition import assert_is_shortest

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def corsica(real_data: Path) -> RoadGraph:
    roads = real_data / "corse" / "routes" / "corse_reconstruit_longueurs_vraies.osm.pbf"
    return read_roads(roads, name="Corse")[0]


@pytest.fixture(scope="module")
def sites(real_data: Path, corsica: RoadGraph) -> Attachment:
    file = real_data / "corse" / "points" / "points_corse_geolocalises.geojson"
    features = json.loads(file.read_text(encoding="utf-8"))["features"]
    lon, lat = np.array(
        [
            feature["geometry"]["coordinates"]
            for feature in features
            if feature["properties"]["source"] == "france-services-2024-08-01"
        ]
    ).T
    assert len(lon) == 37
    return attach(corsica, *project(lon, lat, corsica.meta.crs_epsg), 1000.0)


def test_the_graph_is_that_of_the_file(corsica: RoadGraph, sites: Attachment) -> None:
    assert corsica.node_count > 31_000
    assert corsica.in_main_component.mean() > 0.99
    assert (sites.road >= 0).all()


@pytest.mark.parametrize("direction", ["arrival", "departure"])
def test_every_junction_to_the_decisecond(
    corsica: RoadGraph, sites: Attachment, direction: Literal["arrival", "departure"]
) -> None:
    search = times_to_sites if direction == "arrival" else times_from_origins
    reach = search(corsica, sites)
    np.testing.assert_array_equal(reach.time_ds, scipy_times(corsica, sites, direction))
    assert_is_shortest(corsica, reach, seeds_of(corsica, sites, direction))
    assert (reach.time_ds[corsica.in_main_component] < UNREACHED_DS).all()


def test_the_nearest_site_is_that_of_one_search_per_site(corsica: RoadGraph, sites: Attachment) -> None:
    some = sites.take(np.arange(0, 37, 9))
    reach = times_to_sites(corsica, some)
    time_ds, site = networkx_times_and_sites(corsica, some, "arrival")
    np.testing.assert_array_equal(reach.time_ds, time_ds)
    np.testing.assert_array_equal(reach.site, site)


def test_saved_and_mapped_it_answers_the_same(corsica: RoadGraph, sites: Attachment, tmp_path: Path) -> None:
    save_graph(corsica, tmp_path / "corsica")
    mapped = times_to_sites(open_graph(tmp_path / "corsica"), sites)
    np.testing.assert_array_equal(mapped.time_ds, times_to_sites(corsica, sites).time_ds)


def test_isochrones_tell_the_truth_of_the_network(corsica: RoadGraph, sites: Attachment) -> None:
    """Of the metres reached from five sites: under 0.5 % are outside; under 2 % as many others are inside."""
    random = np.random.default_rng(2)
    metres = np.where(corsica.road_attachable, corsica.road_length_m, 0.0)
    road = random.choice(corsica.road_count, 60_000, p=metres / metres.sum()).astype(np.int32)
    points = Attachment(road, random.random(len(road)), np.zeros(len(road)))
    x_m, y_m = attachment_xy(corsica, points)
    reached = missed = false = 0
    for which in range(0, 37, 8):
        site = sites.take(np.array([which]))
        reach = times_to_sites(corsica, site, 19_800)
        areas = isochrones(corsica, reach, site, [600.0, 1200.0, 1800.0])
        assert all(area.is_valid for area in areas)
        assert all(area.covers(shapely.Point(*np.ravel(attachment_xy(corsica, site)))) for area in areas)
        inside = shapely.contains_xy(areas[2], x_m, y_m)
        is_reached = times_at(corsica, reach, site, points, "arrival")[0] < 18_000
        reached += int(is_reached.sum())
        missed += int((is_reached & ~inside).sum())
        false += int((inside & ~is_reached).sum())
    assert reached > 10_000
    assert missed / reached < 0.005
    assert false / reached < 0.02
