"""The 200 m grid: people by the streets and farms they live by, as INSEE publishes it (with imputation)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
from numpy.typing import NDArray

from data.demo.network import Network
from data.demo.noise import Float64, hash_unit
from data.demo.relief import COLUMNS, CRS_EPSG, FRAME_X_M, FRAME_Y_M, cells_of
from data.demo.settlements import Settlements

Int64 = NDArray[np.int64]
GRID_M = 200
SECRECY_HOUSEHOLDS = 11
COMMUNES_WITHOUT_CELL = 4


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Inhabited cells, by their south-west corner in EPSG:3035, sorted; ``codes`` as in lcog_geo."""

    x_m: Int64
    y_m: Int64
    individuals: Float64
    is_estimated: NDArray[np.bool_]
    poor_share: Float64
    codes: list[str]


def make_grid(net: Network, places: Settlements) -> Grid:
    """Spread each commune's Filosofi people (4 to 8 % fewer than its municipal population) over its homes."""
    points = net.points()[np.array([home.node for home in net.homes], np.int64)]
    commune = places.commune_raster[cells_of(points)]
    inside = commune >= 0
    weight = _weights(net, places, commune)
    points, commune, weight = points[inside], commune[inside], weight[inside]
    people = _filosofi_people(places)
    total = np.bincount(commune, weight, len(people))
    share = people[commune] * weight / np.where(total > 0, total, 1.0)[commune]
    to_grid = pyproj.Transformer.from_crs(CRS_EPSG, 3035, always_xy=True)
    x, y = to_grid.transform(points[:, 0] + FRAME_X_M, points[:, 1] + FRAME_Y_M)
    column, row = np.floor(x / GRID_M).astype(np.int64), np.floor(y / GRID_M).astype(np.int64)
    cell, index = np.unique(np.stack([row, column], 1), axis=0, return_inverse=True)
    index = index.ravel()
    raw = np.bincount(index, share, len(cell))
    estimated = raw / 2.15 < SECRECY_HOUSEHOLDS
    rounded = np.where(estimated, np.round(raw * 10) / 10, np.round(raw * 2) / 2)
    keep = rounded >= 0.3
    codes = _codes(index, commune, places.code, len(cell))
    poor = 0.05 + 0.22 * hash_unit(cell[:, 1] // 12, cell[:, 0] // 12, 171)
    return Grid(
        cell[keep, 1] * GRID_M, cell[keep, 0] * GRID_M, rounded[keep], estimated[keep], poor[keep],
        [code for code, kept in zip(codes, keep, strict=True) if kept],
    )  # fmt: skip


def _weights(net: Network, places: Settlements, commune: Int64) -> Float64:
    """What part of its commune lives by each node: dense in the centre, thin at the edge and at farms."""
    place = np.array([home.place for home in net.homes], np.int64)
    r = np.array([home.r for home in net.homes])
    node = np.array([home.node for home in net.homes], np.int64)
    luck = 0.5 + hash_unit(node, node * 0, 172)
    core = (place >= 0) & (place < len(places.cell))
    hamlet = place >= len(places.cell)
    density = luck * np.where(core, 1 / (0.35 + r * r), 1.0)
    kind = np.where(core, 0, np.where(hamlet, 1, 2))
    group = commune * 3 + kind
    sums = np.bincount(np.maximum(group, 0), density, len(places.cell) * 3)
    town = places.population / (places.population + 420.0)
    parts = np.stack([0.2 + 0.77 * town, (0.8 - 0.77 * town) * 0.62, (0.8 - 0.77 * town) * 0.38], 1).ravel()
    return np.asarray(density * parts[group] / np.where(sums > 0, sums, 1.0)[group])


def _filosofi_people(places: Settlements) -> Float64:
    rows = np.arange(len(places.cell))
    people = places.population * (0.92 + 0.045 * hash_unit(rows, rows * 0, 173))
    ours = np.array(places.departement) == "00"
    smallest = np.argsort(np.where(ours, places.population, 10**9), kind="stable")
    people[smallest[1 : 6 * COMMUNES_WITHOUT_CELL : 6]] = 0.0
    return np.asarray(people)


def _codes(index: Int64, commune: Int64, code: list[str], count: int) -> list[str]:
    """Communes of each cell, the codes one after the other as INSEE writes them."""
    pairs = np.unique(np.stack([index, commune], 1), axis=0)
    out = [""] * count
    for cell, rank in pairs.tolist():
        out[cell] += code[rank]
    return out


def home_cell(places: Settlements, k: int) -> tuple[float, float]:
    """Middle of the raster cell where commune ``k`` has its village, metres in the frame."""
    cell = int(places.cell[k])
    return (cell % COLUMNS + 0.5) * 200.0, (cell // COLUMNS + 0.5) * 200.0
