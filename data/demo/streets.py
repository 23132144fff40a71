"""Webs of streets in towns, villages and hamlets: warped lattices, thinned, tied to the roads that cross them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo.noise import Float64, hash_unit, value_noise
from data.demo.relief import COLUMNS, Relief, cells_of
from data.demo.settlements import Settlements

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Web:
    """Corners of streets (metres in the frame) and sides between them, as rows of arrays.

    place: settlement rank, or settlements + hamlet rank; r: distance to the centre over the radius.
    side_line: sides of one street share a number; side_step: their order along it.
    """

    x: Float64
    y: Float64
    place: Int64
    r: Float64
    side: Int64  # (n, 2)
    side_line: Int64
    side_step: Int64


def town_radius_m(population: Int64) -> Float64:
    """How far streets go around the church, for a commune of so many people."""
    return np.asarray(70 + 285 * np.sqrt(population / 1000.0))


def make_webs(
    relief: Relief,
    places: Settlements,
    position: dict[int, Float64],
    barriers: list[shapely.LineString],
    roads: list[Float64],
) -> Web:
    """All webs at once, clear of the rivers, of the sea and of the roads themselves."""
    cells = np.concatenate([places.cell, places.hamlets])
    radius = np.concatenate(
        [town_radius_m(places.population), 95.0 + 60 * hash_unit(places.hamlets, places.hamlets * 0, 141)]
    )
    spacing = np.concatenate(
        [np.where(places.population > 1500, 98.0, 84.0), np.full(len(places.hamlets), 74.0)]
    )
    parts, start, line = [], 0, 0
    too_near = _inside_a_town(places, radius)
    for rank, cell in enumerate(cells.tolist()):
        if cell in position and not too_near[rank]:
            part = _lattice(rank, position[cell], float(radius[rank]), float(spacing[rank]), start, line)
            parts.append(part)
            start, line = start + len(part.x), int(part.side_line.max(initial=line)) + 1
    whole = Web(*(np.concatenate([getattr(part, name) for part in parts]) for name in Web.__slots__))
    return _clear(whole, relief, barriers, roads)


def _inside_a_town(places: Settlements, radius: Float64) -> NDArray[np.bool_]:
    out = np.zeros(len(radius), bool)
    cells, hamlets = places.cell, places.hamlets
    for k in range(len(cells)):
        dx, dy = hamlets % COLUMNS - cells[k] % COLUMNS, hamlets // COLUMNS - cells[k] // COLUMNS
        out[len(cells) :] |= np.sqrt((dx * dx + dy * dy).astype(np.float64)) * 200 < radius[k] * 1.15 + 150
    return out


def _lattice(rank: int, centre: Float64, radius_m: float, spacing_m: float, start: int, line: int) -> Web:
    half = int(radius_m * 1.2 / spacing_m) + 1
    j, i = (
        a.ravel() for a in np.meshgrid(np.arange(-half, half + 1), np.arange(-half, half + 1), indexing="ij")
    )
    turn = hash_unit(np.array([rank]), np.array([7]), 151)[0]
    cos, sin = (1 - turn * turn) / (1 + turn * turn), 2 * turn / (1 + turn * turn)
    u = (i + 0.42 * (hash_unit(i, j + rank * 999, 152) - 0.5)) * spacing_m
    v = (j + 0.42 * (hash_unit(i, j + rank * 999, 153) - 0.5)) * spacing_m
    x, y = centre[0] + cos * u - sin * v, centre[1] + sin * u + cos * v
    warp = min(0.32 * radius_m, 110.0)
    x, y = x + warp * value_noise(x / 520, y / 520, 154), y + warp * value_noise(x / 520, y / 520, 155)
    r = np.sqrt((x - centre[0]) * (x - centre[0]) + (y - centre[1]) * (y - centre[1])) / radius_m
    keep = r < 0.86 + 0.42 * value_noise(x / (radius_m * 0.7 + 60), y / (radius_m * 0.7 + 60), 156)
    number = np.where(keep, np.cumsum(keep) - 1, -1)
    grid, width = number.reshape(2 * half + 1, -1), 2 * half + 1
    k = np.arange(width * width).reshape(width, width)
    pairs = []
    for axis, (a, b, at) in enumerate(
        ((grid[:, :-1], grid[:, 1:], k[:, :-1]), (grid[:-1], grid[1:], k[:-1]))
    ):
        at_i, at_j = at.ravel() % width, at.ravel() // width
        row, step = (at_j, at_i) if axis == 0 else (at_i + width, at_j)
        pairs.append(np.stack([a.ravel(), b.ravel(), row, step, at.ravel()], 1))
    side = np.concatenate(pairs)
    side = side[(side[:, 0] >= 0) & (side[:, 1] >= 0)]
    luck = hash_unit(side[:, 4] * 2 + (side[:, 2] >= width), np.full(len(side), rank), 157)
    side = side[luck < 0.9 - 0.24 * np.clip(r[keep][side[:, 0]], 0, 1)]
    return Web(
        x[keep],
        y[keep],
        np.full(int(keep.sum()), rank),
        r[keep],
        side[:, :2] + start,
        side[:, 2] + line,
        side[:, 3],
    )


def _clear(web: Web, relief: Relief, barriers: list[shapely.LineString], roads: list[Float64]) -> Web:
    """Drop corners in water or on a road, and sides that cross a river or the motorway."""
    points = np.stack([web.x, web.y], 1)
    dry = relief.land.ravel()[cells_of(points)]
    tree = shapely.STRtree([shapely.LineString(road) for road in roads])
    near = np.unique(tree.query(shapely.points(points), "dwithin", 26.0)[0])
    bad = ~dry
    bad[near] = True
    wall = shapely.union_all([barrier.buffer(38.0) for barrier in barriers])
    shapely.prepare(wall)
    sides = shapely.linestrings(points[web.side])
    free = ~bad[web.side].any(1) & ~shapely.intersects(wall, sides)
    return Web(web.x, web.y, web.place, web.r, web.side[free], web.side_line[free], web.side_step[free])
