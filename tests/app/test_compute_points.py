"""The inhabited centre of a commune without cells: where the streets are, on a drawn set of junctions."""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import Transformer

from app.services.compute_inputs import CellInput, CommuneInput
from app.services.compute_points import point_cells
from routing.graph import GraphMeta, RoadGraph, build_road_graph
from routing.profile import CLASS_INDEX

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
        road_forward_ds=np.full(count, 10), road_backward_ds=np.full(count, 10), road_class=np.full(count, CLASS_INDEX["residential"]),
        road_attachable=np.ones(count, dtype=bool), road_way_id=np.arange(count), road_name=np.full(count, -1), names=(),
        shape_first=np.arange(0, 2 * count + 1, 2), shape_x_m=(X0_M + x_m)[ends].ravel(), shape_y_m=(Y0_M + y_m)[ends].ravel(),
    )  # fmt: skip


def commune(code: str, population: int, west_m: float, east_m: float) -> CommuneInput:
    square = shapely.box(X0_M + west_m, Y0_M - 5000, X0_M + east_m, Y0_M + 5000)
    to_wgs84 = Transformer.from_crs(2154, 4326, always_xy=True)
    outline = shapely.transform(square, lambda xy: np.column_stack(to_wgs84.transform(xy[:, 0], xy[:, 1])))
    return CommuneInput(code, code, None, None, population, shapely.MultiPolygon([outline]))


def place(cell: CellInput) -> tuple[int, int]:
    x_m, y_m = Transformer.from_crs(4326, 2154, always_xy=True).transform(cell.lon, cell.lat)
    return round(x_m - X0_M), round(y_m - Y0_M)


def test_the_centre_is_where_streets_crowd_and_only_communes_without_cells_get_one() -> None:
    """A lone street of 100 m, then a village: streets of 100 m side by side, 50 m apart."""
    lone = [(0.0, 0.0), (100.0, 0.0)]
    village = [(3000.0, 0.0), (3100.0, 0.0), (3100.0, 50.0), (3000.0, 50.0), (3000.0, 100.0), (3100.0, 100.0)]
    communes = (commune("00001", 10, -500, 5000), commune("00002", 5, 6000, 9000), commune("00003", 0, 9000, 9500))
    made = point_cells(graph([*lone, *village]), communes, with_cells=np.array([False, False, False]))
    assert [cell.cell_id for cell in made] == ["commune:00001", "commune:00002"], "nobody lives in 00003"
    x_m, y_m = place(made[0])
    assert 2600 <= x_m <= 3500, "within half a kilometre of the village"
    assert -50 <= y_m <= 150
    assert communes[1].outline.contains(shapely.Point(made[1].lon, made[1].lat)), "no road: a point of the outline"
    assert point_cells(graph([*lone, *village]), communes, with_cells=np.array([True, True, True])) == []


def test_the_centre_does_not_depend_on_roads_beyond_the_commune() -> None:
    inside = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)]
    beyond = [(8000.0, 0.0), (8100.0, 0.0), (8100.0, 50.0), (8000.0, 50.0)]
    communes = (commune("00001", 10, -500, 120),)
    alone = point_cells(graph(inside), communes, with_cells=np.array([False]))
    among = point_cells(graph([*inside, *beyond]), communes, with_cells=np.array([False]))
    assert place(alone[0]) == place(among[0])
