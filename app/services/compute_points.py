"""A commune without a populated cell is counted at one point: its inhabited centre.

Neither the grid nor our commune files say where a handful of people live, but streets do: the centre is the road
junction of the commune with the most junctions of small roads within 300 m. Without any road, a point of the outline.
Such communes are flagged wherever they are shown.
"""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import Transformer

from app.services.compute_inputs import CellInput, CommuneInput
from routing.graph import RoadGraph

#: About the radius of a hamlet: wide enough to gather one, too narrow to gather two.
CLUSTER_RADIUS_M = 300.0


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
    nodes = np.asarray(shapely.points(np.asarray(graph.node_x_m), np.asarray(graph.node_y_m)))
    usable = np.asarray(graph.in_main_component)
    tree = shapely.STRtree(nodes[usable])
    return [_point_cell(communes[i], i, tree, nodes[usable], to_graph, to_wgs84) for i in missing]


def _point_cell(
    commune: CommuneInput,
    position: int,
    tree: shapely.STRtree,
    nodes: np.ndarray,
    to_graph: Transformer,
    to_wgs84: Transformer,
) -> CellInput:
    outline = shapely.transform(commune.outline, lambda xy: np.column_stack(to_graph.transform(xy[:, 0], xy[:, 1])))
    inside = np.sort(tree.query(outline, predicate="contains"))
    if len(inside):
        neighbours, _ = tree.query(nodes[inside], predicate="dwithin", distance=CLUSTER_RADIUS_M)
        crowd = np.bincount(neighbours, minlength=len(inside))
        centre = nodes[inside[int(np.argmax(crowd))]]
    else:
        centre = outline.representative_point()
    lon, lat = to_wgs84.transform(centre.x, centre.y)
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
