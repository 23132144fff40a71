"""Areas against the truth of the network: 60,000 points drawn evenly along the metres of real roads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from data.roads import read_roads
from routing.graph import RoadGraph
from routing.isochrone import isochrones, reached_roads, search_limit_ds
from routing.search import times_at, times_to_sites
from routing.snap import Attachment, attachment_xy

pytestmark = pytest.mark.real_data

#: Goals of the service, % of what is reached: left outside, held though not reached.
MISSED_PCT, FALSE_PCT = 0.2, 1.0
FILES = {
    "corse": "corse/routes/corse_reconstruit_longueurs_vraies.osm.pbf",
    "geneve": "osm-pbf/geneve_2025-01.osm.pbf",
}


def along_roads(graph: RoadGraph, count: int) -> Attachment:
    random = np.random.default_rng(11)
    metres = np.where(graph.road_attachable, graph.road_length_m, 0.0)
    road = random.choice(graph.road_count, count, p=metres / metres.sum()).astype(np.int32)
    return Attachment(road, random.random(count), np.zeros(count))


# The extract of Genève is 5 km wide: in 10 minutes one is everywhere, and there is no line to draw.
@pytest.mark.parametrize(("name", "minutes"), [("corse", 30), ("geneve", 8), ("geneve", 5)])
def test_what_is_reached_is_inside_and_what_is_not_outside(real_data: Path, name: str, minutes: int) -> None:
    graph = read_roads(real_data / FILES[name], name=name)[0]
    points = along_roads(graph, 60_000)
    x_m, y_m = attachment_xy(graph, points)
    limits_s = [20.0 * minutes, 40.0 * minutes, 60.0 * minutes]
    origins = along_roads(graph, 20)
    reached = missed = false = 0
    for which in range(len(origins)):
        site = origins.take(np.array([which]))
        reach = times_to_sites(graph, site, search_limit_ds(limits_s))
        areas = isochrones(graph, reach, site, limits_s)
        assert all(area.is_valid for area in areas)
        assert all(area.contains(shapely.Point(*np.ravel(attachment_xy(graph, site)))) for area in areas)
        assert areas[1].covers(areas[0]) and areas[2].covers(areas[1])
        alone = isochrones(graph, times_to_sites(graph, site, search_limit_ds(limits_s[1:2])), site, limits_s[1:2])
        assert shapely.to_wkb(alone[0]) == shapely.to_wkb(areas[1])
        inside = shapely.contains_xy(areas[2], x_m, y_m)
        is_reached = times_at(graph, reach, site, points, "arrival")[0] < 600 * minutes
        reached += int(is_reached.sum())
        missed += int((is_reached & ~inside).sum())
        false += int((inside & ~is_reached).sum())
    assert reached > 20_000
    assert 100 * missed / reached <= MISSED_PCT
    assert 100 * false / reached <= FALSE_PCT


def test_reached_roads_add_up_to_the_metres_that_are_reached(real_data: Path) -> None:
    graph = read_roads(real_data / FILES["corse"], name="corse")[0]
    site = along_roads(graph, 1)
    reach = times_to_sites(graph, site, 18_000)
    found = reached_roads(graph, reach, site, 1800.0)
    metres = (
        (found.to_fraction - found.from_fraction) * graph.road_length_m[found.road] * graph.road_attachable[found.road]
    )
    points = along_roads(graph, 60_000)
    share = (times_at(graph, reach, site, points, "arrival")[0] < 18_000).mean()
    total_m = graph.road_length_m[graph.road_attachable].sum()
    assert metres.sum() == pytest.approx(share * total_m, rel=0.02)
    assert found.to_time_s.max() <= 1800.0
