"""Commune polygons from the raster of territories: one shared, smoothed line between two neighbours."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo.noise import Float64, hash_unit
from data.demo.relief import CELL_M, COLUMNS, ROWS, chaikin

Int64 = NDArray[np.int64]


def commune_polygons(raster: Int64, count: int) -> list[shapely.MultiPolygon]:
    """One MultiPolygon per commune, metres in the frame: no gap, no overlap, one line for both sides.

    The stairs of the raster are cut into arcs where three territories meet, then smoothed arc by arc: cutting
    corners stays within half a cell of each corner, so that two arcs can never cross.
    """
    arcs = _arcs(raster.reshape(ROWS, COLUMNS))
    faces = shapely.get_parts(shapely.polygonize([shapely.LineString(arc) for arc in arcs]))
    faces = shapely.coverage_simplify(faces, 70.0)
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    column, row = np.floor(inside / CELL_M).astype(np.int64).T
    label = raster.reshape(ROWS, COLUMNS)[row, column]
    polygons = []
    for commune in range(count):
        own = faces[label == commune]
        union = shapely.coverage_union_all(own)
        polygons.append(shapely.MultiPolygon(shapely.get_parts(union).tolist()))
    return polygons


def _arcs(label: Int64) -> list[Float64]:
    padded = np.full((ROWS + 2, COLUMNS + 2), -1, np.int64)
    padded[1:-1, 1:-1] = label
    edges = _edges_between(padded)
    neighbours: dict[int, list[int]] = {}
    for a, b in edges:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    chains = _chains(neighbours)
    width = COLUMNS + 3
    arcs = []
    for chain in chains:
        ids = np.array(chain, np.int64)
        column, row = ids % width - 1, ids // width - 1
        shift = np.stack([hash_unit(column, row, 101), hash_unit(column, row, 102)], 1) - 0.5
        points = np.stack([column, row], 1).astype(np.float64) + 0.5 * shift
        arcs.append(_smooth(points * CELL_M, ids[0] == ids[-1]))
    return arcs


def _edges_between(padded: Int64) -> list[tuple[int, int]]:
    """Sides of cells between two labels, as pairs of corner numbers."""
    width = padded.shape[1] + 1
    row, column = np.nonzero(padded[:, 1:] != padded[:, :-1])
    upright = np.stack([row * width + column + 1, (row + 1) * width + column + 1], 1)
    row, column = np.nonzero(padded[1:, :] != padded[:-1, :])
    level = np.stack([(row + 1) * width + column, (row + 1) * width + column + 1], 1)
    return [(int(a), int(b)) for a, b in np.concatenate([upright, level])]


def _chains(neighbours: dict[int, list[int]]) -> list[list[int]]:
    """Walks from meeting point to meeting point, then the closed rings that have none."""
    meeting = sorted(corner for corner, others in neighbours.items() if len(others) != 2)
    used: set[tuple[int, int]] = set()
    chains = []
    for start in [*meeting, *sorted(neighbours)]:
        for step in neighbours[start]:
            if (start, step) in used:
                continue
            chain = [start, step]
            while len(neighbours[chain[-1]]) == 2 and chain[-1] != start:
                a, b = neighbours[chain[-1]]
                chain.append(b if a == chain[-2] else a)
            used.update(pairwise(chain))
            used.update(zip(chain[1:], chain[:-1], strict=True))
            chains.append(chain)
    return chains


def _smooth(points: Float64, is_ring: bool) -> Float64:
    if is_ring:  # a ring starts anywhere: begin in the middle of a side so that this corner is cut too
        middle = (points[:1] + points[1:2]) / 2
        points = np.concatenate([middle, points[1:], middle])
    return chaikin(points, 2)
