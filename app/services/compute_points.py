"""A commune without a populated cell is counted at one point: its inhabited centre.

Neither the grid nor our commune files say where a handful of people live, but streets do: the centre is the place on a
small road of the commune with the most metres of small road around it, residential streets counting most. Only what
lies in the commune is looked at, so the place does not depend on how far the extract goes. Without any road, it is a
point of the outline. Such communes are flagged wherever they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from app.services.compute_inputs import CellInput, CommuneInput
from routing.graph import RoadGraph
from routing.profile import CLASS_INDEX

#: About the radius of a village. Chosen, with the weights, on Corsica, where the grid tells (docs/decisions, 9).
CLUSTER_RADIUS_M = 500.0
#: Long roads are cut into pieces of at most this length, each standing at its middle.
PIECE_M = 100.0
#: What a metre of road says of people living along it.
CLASS_WEIGHTS = {"residential": 1.0, "living_street": 1.0, "unclassified": 0.2, "tertiary": 0.2, "secondary": 0.1}


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Pieces of small road on the graph's plane: middles [p], weighted metres [p], OSM way [p], and their index."""

    middle: np.ndarray
    weight_m: np.ndarray
    way_id: np.ndarray
    tree: shapely.STRtree


def point_cells(graph: RoadGraph, communes: tuple[CommuneInput, ...], with_cells: np.ndarray) -> list[CellInput]:
    """One point for each inhabited commune whose index is not in ``with_cells`` (bool[communes])."""
    missing = [
        position
        for position, commune in enumerate(communes)
        if not with_cells[position] and commune.population_municipale > 0
    ]
    if not missing:
        return []
    to_graph = Transformer.from_crs(4326, graph.meta.crs_epsg, always_xy=True)
    to_wgs84 = Transformer.from_crs(graph.meta.crs_epsg, 4326, always_xy=True)
    pieces = _pieces(graph)
    cells = []
    for position in missing:
        outline = shapely.transform(
            communes[position].outline, lambda xy: np.column_stack(to_graph.transform(xy[:, 0], xy[:, 1]))
        )
        x_m, y_m = inhabited_centre(pieces, outline)
        cells.append(_cell(communes[position], position, *to_wgs84.transform(x_m, y_m)))
    return cells


def inhabited_centre(pieces: _Pieces, outline: BaseGeometry) -> tuple[float, float]:
    """The middle of the piece of road inside ``outline`` with the most weighted metres within 500 m, else a point of it.

    Ties go to the piece nearest to the inside of the outline, then to the lowest OSM way.
    """
    inside = np.sort(pieces.tree.query(outline, predicate="contains"))
    heart = outline.representative_point()
    if not len(inside):
        return heart.x, heart.y
    middles = pieces.middle[inside]
    seen, found = shapely.STRtree(middles).query(middles, predicate="dwithin", distance=CLUSTER_RADIUS_M)
    crowd_m = np.bincount(seen, weights=pieces.weight_m[inside][found], minlength=len(inside))
    off_m = shapely.distance(middles, heart)
    best = np.lexsort((pieces.way_id[inside], np.round(off_m), -np.round(crowd_m)))[0]
    return float(middles[best].x), float(middles[best].y)


def _pieces(graph: RoadGraph) -> _Pieces:
    class_weight = np.zeros(256)
    for name, weight in CLASS_WEIGHTS.items():
        class_weight[CLASS_INDEX[name]] = weight
    weight_of_road = class_weight[np.asarray(graph.road_class)] * np.asarray(graph.road_attachable)
    first = np.asarray(graph.shape_first)
    road_of_point = np.repeat(np.arange(graph.road_count), np.diff(first).astype(np.intp))
    x_m, y_m = np.asarray(graph.shape_x_m), np.asarray(graph.shape_y_m)
    start = np.flatnonzero((road_of_point[1:] == road_of_point[:-1]) & (weight_of_road[road_of_point[:-1]] > 0))
    dx_m, dy_m = x_m[start + 1] - x_m[start], y_m[start + 1] - y_m[start]
    length_m = np.hypot(dx_m, dy_m)
    count = np.maximum(np.ceil(length_m / PIECE_M), 1).astype(np.intp)
    segment = np.repeat(np.arange(len(start)), count)
    place = np.arange(len(segment)) - np.repeat(np.cumsum(count) - count, count)
    along = (place + 0.5) / count[segment]
    middle = np.asarray(
        shapely.points(x_m[start][segment] + along * dx_m[segment], y_m[start][segment] + along * dy_m[segment])
    )
    road = road_of_point[start][segment]
    weight_m = weight_of_road[road] * (length_m / count)[segment]
    return _Pieces(middle, weight_m, np.asarray(graph.road_way_id)[road], shapely.STRtree(middle))


def _cell(commune: CommuneInput, position: int, lon: float, lat: float) -> CellInput:
    point = shapely.set_srid(shapely.Point(lon, lat), 4326)
    return CellInput(
        cell_id=f"commune:{commune.code_insee}",
        cell_size_m=0,
        commune=position,
        individuals=0.0,
        lon=lon,
        lat=lat,
        footprint_wkb=shapely.to_wkb(point, include_srid=True),
    )
