"""Isochrones with their polygon: ours beside Valhalla's on the same extract and points, and both hulls' against the truth.

Truth is the network's: of 60,000 points drawn evenly along the metres of roads, those reached but outside (missed) and those
inside but not reached (false), in percent of those reached.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from benchmarks.peers import valhalla_isochrones
from benchmarks.surroundings import MissingDataError, digests, real_file
from benchmarks.tables import Line, Section
from data.roads import read_roads
from routing.graph import RoadGraph
from routing.isochrone import CELL_M, cell_of, isochrones, reached_roads, search_limit_ds
from routing.raster import nearest_roads
from routing.reached import road_order
from routing.search import times_at, times_from_origins
from routing.snap import Attachment, attachment_xy

#: Extract -> minutes: Genève's is 5 km wide, and in 10 minutes one is everywhere.
EXTRACTS: Final = {
    "corse/routes/corse_reconstruit_longueurs_vraies.osm.pbf": 30,
    "midi-pyrenees/routes/midi_pyrenees_reconstruit.osm.pbf": 30,
    "osm-pbf/geneve_2025-01.osm.pbf": 5,
}
ORIGINS: Final = 30
VALHALLA_GOAL: Final = 15.0
MISSED_GOAL_PCT, FALSE_GOAL_PCT = 0.2, 1.0


def measure() -> Section:
    files = {path: real_file(path) for path in EXTRACTS}
    section = Section("isochrone", "one isochrone, search and polygon, and how true it is", inputs=digests(files))
    for path, minutes in EXTRACTS.items():
        name = files[path].name.split("_")[0]
        graph, _ = read_roads(files[path], name=name)
        origins = _along_roads(graph, ORIGINS, seed=5)
        _measure_one(section, name, graph, origins, minutes, _valhalla(section, files[path], graph, origins, minutes))
    section.notes += [
        f"{ORIGINS} origins drawn along the roads of each extract, departures, medians over origins; each the median of 5.",
        "Ours: bounded search, areas in metres. Valhalla: over a kept connection, whose own cost is taken off; its search "
        "goes 10 min beyond the limit and its answer is JSON; each uses its own speeds.",
        "The map of nearest roads is made once per graph (its line says what it costs) and is not in the isochrone.",
        "missed, false: % of the reached metres of road, 60,000 points. concave hull: shapely, ratio 0.1, of reached junctions.",
    ]
    return section


def _measure_one(
    section: Section, name: str, graph: RoadGraph, origins: Attachment, minutes: int, valhalla_ms: list[float] | None
) -> None:
    limit_s, cell_m = 60.0 * minutes, cell_of(graph)
    start_s = time.perf_counter()
    near = nearest_roads(graph, cell_m, 4 * CELL_M[graph.meta.mode])  # the very one that ``isochrones`` uses
    map_ms = 1000 * (time.perf_counter() - start_s)
    road_order(graph)
    each = [origins.take(np.array([which])) for which in range(len(origins))]
    ours_ms = [_median_ms(partial(_ours, graph, site, [limit_s])) for site in each]
    three_ms = [_median_ms(partial(_ours, graph, site, [limit_s / 3, limit_s / 1.5, limit_s])) for site in each]
    edges_ms = [_median_ms(partial(_edges, graph, site, limit_s)) for site in each]
    peers = {} if valhalla_ms is None else {"Valhalla": float(np.median(valhalla_ms))}
    goals = {"Valhalla": VALHALLA_GOAL}
    what = f"{name}: {minutes} min, raster of {cell_m:g} m"
    section.lines.append(Line(what, float(np.median(ours_ms)), "ms", peers=peers, peer_goals=goals))
    mean_peers = {} if valhalla_ms is None else {"Valhalla": float(np.mean(valhalla_ms))}
    section.lines += [
        Line(f"{name}: the same, mean", float(np.mean(ours_ms)), "ms", peers=mean_peers),
        Line(f"{name}: three limits at once", float(np.median(three_ms)), "ms"),
        Line(f"{name}: reached roads with their times", float(np.median(edges_ms)), "ms"),
        Line(f"{name}: map of nearest roads, once", map_ms, "ms", note=f"{near.byte_count / 1e6:.0f} MB"),
    ]
    ours, hull = _scores(graph, each, limit_s)
    section.lines += [
        Line(f"{name}: missed", ours[0], "%", MISSED_GOAL_PCT, {"concave hull": hull[0]}),
        Line(f"{name}: false", ours[1], "%", FALSE_GOAL_PCT, {"concave hull": hull[1]}),
        Line(f"{name}: valid", ours[2], "%", 100.0, at_least=True),
    ]


def _ours(graph: RoadGraph, site: Attachment, limits_s: list[float]) -> list[shapely.MultiPolygon]:
    return isochrones(graph, times_from_origins(graph, site, search_limit_ds(limits_s)), site, limits_s)


def _edges(graph: RoadGraph, site: Attachment, limit_s: float) -> object:
    return reached_roads(graph, times_from_origins(graph, site, round(10 * limit_s)), site, limit_s)


def _valhalla(section: Section, file: Any, graph: RoadGraph, origins: Attachment, minutes: int) -> list[float] | None:
    """What each point takes, the connection's own cost taken off; None, said, where Valhalla is absent."""
    to_degrees = Transformer.from_crs(graph.meta.crs_epsg, 4326, always_xy=True)
    lon_lat = np.column_stack(to_degrees.transform(*attachment_xy(graph, origins)))
    try:
        asked = valhalla_isochrones(file, lon_lat, [float(minutes)], repeats=5)
    except MissingDataError as absent:
        section.notes.append(f"Valhalla: absent ({absent})")
        return None
    return [took - asked.connection_ms for took in asked.took_ms]


def _scores(
    graph: RoadGraph, each: list[Attachment], limit_s: float
) -> tuple[tuple[float, float, float], tuple[float, float]]:
    """((missed, false, valid) of ours, (missed, false) of the concave hull), in percent."""
    points = _along_roads(graph, 60_000, seed=6)
    x_m, y_m = attachment_xy(graph, points)
    sums, hull_sums, reached, valid = np.zeros(2), np.zeros(2), 0, 0
    for site in each:
        reach = times_from_origins(graph, site, search_limit_ds([limit_s]))
        is_reached = times_at(graph, reach, site, points, "departure")[0] < 10 * limit_s
        area = isochrones(graph, reach, site, [limit_s])[0]
        node = np.flatnonzero(reach.time_ds < 10 * limit_s)
        hull = shapely.concave_hull(
            shapely.multipoints(np.column_stack([graph.node_x_m[node], graph.node_y_m[node]])), ratio=0.1
        )
        valid += area.is_valid
        reached += int(is_reached.sum())
        sums += _wrong(area, is_reached, x_m, y_m)
        hull_sums += _wrong(hull, is_reached, x_m, y_m)
    missed, false = (100 * sums / reached).tolist()
    hull_missed, hull_false = (100 * hull_sums / reached).tolist()
    return (missed, false, 100 * valid / len(each)), (hull_missed, hull_false)


def _wrong(
    area: Any, is_reached: NDArray[np.bool_], x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    inside = shapely.contains_xy(area, x_m, y_m)
    return np.array([(is_reached & ~inside).sum(), (inside & ~is_reached).sum()], np.float64)


def _along_roads(graph: RoadGraph, count: int, seed: int) -> Attachment:
    random = np.random.default_rng(seed)
    metres = np.where(graph.road_attachable, graph.road_length_m, 0.0)
    road = random.choice(graph.road_count, count, p=metres / metres.sum()).astype(np.int32)
    return Attachment(road, random.random(count), np.zeros(count))


def _median_ms(work: Callable[[], object], repeats: int = 5) -> float:
    work()
    took_s = []
    for _ in range(repeats):
        start_s = time.perf_counter()
        work()
        took_s.append(time.perf_counter() - start_s)
    return 1000 * float(np.median(took_s))
