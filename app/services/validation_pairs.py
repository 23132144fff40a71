"""Trips to compare engines on: from junction to junction, inside the main component, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from routing.graph import UNREACHED_DS, RoadGraph
from routing.profile import CLASS_INDEX, Profile
from routing.search import times_at, times_from_origins
from routing.snap import Attachment
from routing.urban import has_many_within

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

TARGETS_PER_SOURCE: Final = 10
#: Targets are drawn among the junctions that we reach in this time: beyond, a trip is too long for whoever's clock.
LONGEST_DRAWN_DS: Final = 36_000
_MINOR: Final = (CLASS_INDEX["service"], CLASS_INDEX["track"])


@dataclass(frozen=True, slots=True, eq=False)
class Junctions:
    """j junctions of the main component: three ends of road or more, service roads and tracks not counted."""

    node: Int  # [j] node of the graph
    at: Attachment  # [j] standing on them
    lon_lat: Float  # [j, 2]
    is_urban: Bool  # [j] in a built-up place, by the profile's density of junctions

    def __len__(self) -> int:
        return len(self.node)


@dataclass(frozen=True, slots=True, eq=False)
class Trips:
    """p trips. source, target: int64[p], indices of junctions; ours_s: float64[p], departure at the source."""

    source: Int
    target: Int
    ours_s: Float

    def __len__(self) -> int:
        return len(self.source)


def find_junctions(graph: RoadGraph, profile: Profile) -> Junctions:
    """The junctions of a graph, at most 0 of them."""
    every = _crossings(graph)
    is_urban = is_built_up(graph, profile, graph.node_x_m[every], graph.node_y_m[every])
    is_kept = graph.in_main_component[every]
    node = every[is_kept]
    to_wgs84 = Transformer.from_crs(graph.meta.crs_epsg, 4326, always_xy=True)
    lon_lat = np.column_stack(to_wgs84.transform(graph.node_x_m[node], graph.node_y_m[node]))
    return Junctions(node, stand_on(graph, node), lon_lat, is_urban[is_kept])


def is_built_up(graph: RoadGraph, profile: Profile, x_m: Float, y_m: Float) -> Bool:
    """Whether these places, in the graph's CRS, are among many junctions, by the density of the profile."""
    every = _crossings(graph)
    return has_many_within(
        np.ascontiguousarray(x_m, np.float64),
        np.ascontiguousarray(y_m, np.float64),
        graph.node_x_m[every],
        graph.node_y_m[every],
        radius_m=profile.urban_radius_m,
        least=profile.urban_junctions_min,
    )


def _crossings(graph: RoadGraph) -> Int:
    """Nodes with three ends of road or more; turn states stand on theirs and are not counted again."""
    is_counted = ~np.isin(graph.road_class, _MINOR)
    ends = np.concatenate((graph.road_tail[is_counted], graph.road_head[is_counted]))
    return np.flatnonzero(np.bincount(ends, minlength=graph.node_count) >= 3)


def stand_on(graph: RoadGraph, node: Int) -> Attachment:
    """Points that stand on these nodes: at the tail or at the head of a road that ends there, without any walk."""
    road = np.full(graph.node_count, -1, np.int32)
    fraction = np.zeros(graph.node_count)
    every = np.arange(graph.road_count, dtype=np.int32)
    road[graph.road_head], fraction[graph.road_head] = every, 1.0
    road[graph.road_tail], fraction[graph.road_tail] = every, 0.0
    return Attachment(road[node], fraction[node], np.where(road[node] >= 0, 0.0, np.inf))


def draw_trips(graph: RoadGraph, junctions: Junctions, sources: int, random: np.random.Generator) -> Trips:
    """Ten trips from each of ``sources`` junctions drawn apart, as far as there are that many, and their times."""
    chosen = random.choice(len(junctions), size=min(sources, len(junctions)), replace=False)
    drawn = [_from_one(graph, junctions, int(source), random) for source in chosen]
    source, target, ours_s = (np.concatenate(column) for column in zip(*drawn, strict=True))
    return Trips(source, target, ours_s)


def _from_one(
    graph: RoadGraph, junctions: Junctions, source: int, random: np.random.Generator
) -> tuple[Int, Int, Float]:
    origin = junctions.at.take(np.array([source]))
    reach = times_from_origins(graph, origin, LONGEST_DRAWN_DS)
    time_ds, _ = times_at(graph, reach, origin, junctions.at, "departure")
    is_reached = time_ds < UNREACHED_DS
    is_reached[source] = False
    reached = np.flatnonzero(is_reached)
    target = random.choice(reached, size=min(TARGETS_PER_SOURCE, len(reached)), replace=False)
    return np.full(len(target), source, np.int64), target.astype(np.int64), time_ds[target] / 10.0
