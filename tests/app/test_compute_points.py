"""The inhabited centre of a commune without cells: where the streets are, on a drawn set of junctions."""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import Transformer

from app.services.compute_inputs import CommuneInput
from app.services.compute_points import point_cells
from routing.graph import GraphMeta, RoadGraph, build_road_graph

X0_M, Y0_M = -10_000.0, 6_500_000.0


def graph(nodes_m: list[tuple[float, float]]) -> RoadGraph:
    """A chain of two-way roads through the nodes."""
    x_m, y_m = (np.array(axis) for axis in zip(*nodes_m, strict=True))
    ends = np.column_stack([np.arange(len(x_m) - 1), np.arange(1, len(x_m))])
    count = len(ends)
    return build_road_graph(
        meta=GraphMeta("chain", "car", 2154, "chain", "sha", None, "by hand"),
        node_x_m=X0_M + x_m, node_y_m=Y0_M + y_m, node_osm_id=np.arange(len(x_m)),
        road_tail=ends[:, 0], road_head=ends[:, 1], road_length_m=np.full(count, 1.0),
        road_forward_ds=np.full(count, 10), road_backward_ds=np.full(count, 10), road_class=np.zeros(count),
        road_attachable=np.ones(count, dtype=bool), road_way_id=np.arange(count), road_name=np.full(count, -1), names=(),
        shape_first=np.arange(0, 2 * count + 1, 2), shape_x_m=(X0_M + x_m)[ends].ravel(), shape_y_m=(Y0_M + y_m)[ends].ravel(),
    )  # fmt: skip


def commune(code: str, population: int, west_m: float, east_m: float) -> CommuneInput:
    square = shapely.box(X0_M + west_m, Y0_M - 5000, X0_M + east_m, Y0_M + 5000)
    to_wgs84 = Transformer.from_crs(2154, 4326, always_xy=True)
    outline = shapely.transform(square, lambda xy: np.column_stack(to_wgs84.transform(xy[:, 0], xy[:, 1])))
    return CommuneInput(code, code, None, None, population, shapely.MultiPolygon([outline]))


def test_the_centre_is_where_junctions_crowd_and_only_communes_without_cells_get_one() -> None:
    lone, hamlet = [(0.0, 0.0), (1000.0, 0.0)], [(3000.0, 0.0), (3120.0, 0.0), (3240.0, 0.0), (3360.0, 0.0)]
    communes = (commune("00001", 10, -500, 5000), commune("00002", 5, 6000, 9000), commune("00003", 0, 9000, 9500))
    made = point_cells(graph([*lone, *hamlet]), communes, with_cells=np.array([False, False, False]))
    assert [cell.cell_id for cell in made] == ["commune:00001", "commune:00002"], "nobody lives in 00003"
    x_m, y_m = Transformer.from_crs(4326, 2154, always_xy=True).transform(made[0].lon, made[0].lat)
    assert (round(x_m - X0_M), round(y_m - Y0_M)) in {(3120, 0), (3240, 0)}, "all four junctions within 300 m"
    assert communes[1].outline.contains(shapely.Point(made[1].lon, made[1].lat)), "no road: a point of the outline"
    assert point_cells(graph([*lone, *hamlet]), communes, with_cells=np.array([True, True, True])) == []
