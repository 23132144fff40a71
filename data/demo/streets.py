"""Webs of streets in towns, villages and hamlets: warped lattices, thinned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo.noise import Float64, hash_unit, layered_noise
from data.demo.relief import COLUMNS, Relief, cells_of
from data.demo.settlements import Settlements

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Web:
    """Corners of streets (metres in the frame) and sides between them, as rows of arrays.

    place: settlement rank, or settlements + hamlet rank; r: distance to the centre over the radius.
    side_line: sides of one street share a number; side_step: their order along it. is_avenue: of a
    wider street.
    """

    x: Float64
    y: Float64
    place: Int64
    r: Float64
    side: Int64  # (n, 2)
    side_line: Int64
    side_step: Int64
    is_avenue: NDArray[np.bool_]


def town_radius_m(population: Int64) -> Float64:
    """How far streets go around the church, for a commune of so many people."""
    return np.asarray(70 + 285 * np.sqrt(population / 1000.0))


def make_webs(
    relief: Relief, places: Settlements, position: dict[int, Float64], barriers: list[shapely.LineString]
) -> Web:
    """All webs at once, clear of the rivers, the motorway and the sea."""
    cells = np.concatenate([places.cell, places.hamlets])
    hamlet_m = 95.0 + 60 * hash_unit(places.hamlets, places.hamlets * 0, 141)
    radius = np.concatenate([town_radius_m(places.population), hamlet_m])
    spacing = np.concatenate([np.where(places.population > 1500, 98.0, 84.0), np.full(len(places.hamlets), 74.0)])
    near = _inside_a_town(places, radius)
    rank = np.array([k for k, cell in enumerate(cells.tolist()) if cell in position and not near[k]], np.int64)
    centre = np.array([position[cell] for cell in cells[rank].tolist()])
    return _clear(_lattices(rank, centre, radius[rank], spacing[rank]), relief, barriers)


def _inside_a_town(places: Settlements, radius: Float64) -> NDArray[np.bool_]:
    out = np.zeros(len(radius), bool)
    cells, hamlets = places.cell, places.hamlets
    for k in range(len(cells)):
        dx, dy = hamlets % COLUMNS - cells[k] % COLUMNS, hamlets // COLUMNS - cells[k] // COLUMNS
        out[len(cells) :] |= np.sqrt((dx * dx + dy * dy).astype(np.float64)) * 200 < radius[k] * 1.15 + 150
    return out


def _lattices(rank: Int64, centre: Float64, radius_m: Float64, spacing_m: Float64) -> Web:
    """Square lattices turned, shaken, warped, denser in the middle, cut to a blot, some sides left out."""
    half = (radius_m * 1.25 / spacing_m).astype(np.int64) + 1
    width = 2 * half + 1
    size = width * width
    first = np.cumsum(size) - size
    of = np.repeat(np.arange(len(rank)), size)
    j, i = np.divmod(np.arange(size.sum()) - first[of], width[of])
    x, y = _warped(rank[of], i - half[of], j - half[of], spacing_m[of], radius_m[of])
    r = np.sqrt(x * x + y * y) / radius_m[of]
    x, y = x + centre[of, 0], y + centre[of, 1]
    blot = radius_m[of] * 0.62 + 50
    keep = r < 0.84 + 0.5 * layered_noise(x / blot, y / blot, 156, 2)
    side, line, step, row = _sides(of, i, j, half, keep)
    avenue = (row % 6 == rank[of[side[:, 0]]] % 3) & (radius_m[of[side[:, 0]]] > 700)
    luck = hash_unit(side[:, 0] * 2 + (line % 2), rank[of[side[:, 0]]], 157)
    kept = (luck < 0.9 - 0.22 * np.minimum(r[side[:, 0]], 1)) | avenue
    number = np.cumsum(keep) - 1
    ends = number[side[kept]]
    return Web(x[keep], y[keep], rank[of[keep]], r[keep], ends, line[kept], step[kept], avenue[kept])


def _sides(of: Int64, i: Int64, j: Int64, half: Int64, keep: NDArray[np.bool_]) -> tuple[Int64, Int64, Int64, Int64]:
    """Sides between kept corners: corners (n, 2), number of the street, order along it, row from the centre.

    Streets along i have even numbers, streets along j odd ones.
    """
    width = 2 * half + 1
    at = np.arange(len(of))
    line_of = np.cumsum(width) - width
    parts = []
    for go, up, across, odd in ((i, np.ones_like(of), j, 0), (j, width[of], i, 1)):
        inner = go < width[of] - 1
        a, b = at[inner], (at + up)[inner]
        both = keep[a] & keep[b]
        a, b = a[both], b[both]
        line = 2 * (line_of[of[a]] + across[a]) + odd
        parts.append(np.stack([a, b, line, go[a], across[a] - half[of[a]]], 1))
    rows = np.concatenate(parts)
    return rows[:, :2], rows[:, 2], rows[:, 3], rows[:, 4]


def _warped(rank: Int64, i: Int64, j: Int64, spacing_m: Float64, radius_m: Float64) -> tuple[Float64, Float64]:
    """Where the corners (i, j) of the lattices lie around their centres."""
    turn = hash_unit(rank, rank * 0 + 7, 151)
    cos, sin = (1 - turn * turn) / (1 + turn * turn), 2 * turn / (1 + turn * turn)
    shake_i, shake_j = (np.where((k % 6 == rank % 3) & (radius_m > 700), 0.1, 0.42) for k in (i, j))
    u = (i + shake_i * (hash_unit(i, j + rank * 999, 152) - 0.5)) * spacing_m
    v = (j + shake_j * (hash_unit(i, j + rank * 999, 153) - 0.5)) * spacing_m
    x, y = cos * u - sin * v, sin * u + cos * v
    tight = np.minimum(0.72 + 0.34 * np.sqrt(x * x + y * y) / radius_m, 1.1)  # old streets stand closer
    warp = np.minimum(0.3 * radius_m, 170.0)
    wave = warp * 5.5
    shift = [warp * layered_noise(x / wave + 3.3 * rank, y / wave, seed, 2) for seed in (154, 155)]
    return x * tight + shift[0], y * tight + shift[1]


def _clear(web: Web, relief: Relief, barriers: list[shapely.LineString]) -> Web:
    """Drop sides with a corner in water, and those that come near a river or the motorway."""
    points = np.stack([web.x, web.y], 1)
    dry = relief.land.ravel()[cells_of(points)]
    wall = shapely.union_all([barrier.buffer(45.0) for barrier in barriers])
    shapely.prepare(wall)
    free = dry[web.side].all(1) & ~shapely.intersects(wall, shapely.linestrings(points[web.side]))
    rest = (getattr(web, name)[free] for name in ("side", "side_line", "side_step", "is_avenue"))
    return Web(web.x, web.y, web.place, web.r, *rest)
