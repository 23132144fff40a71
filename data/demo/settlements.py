"""Where people live: the préfecture, bourgs, towns, villages and hamlets; their communes and EPCI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.demo import names
from data.demo.noise import Float64, hash_unit, layered_noise, smoothstep
from data.demo.relief import CELL_M, COLUMNS, ISLAND_KM, ROWS, Relief, cells_of
from data.demo.spread import spread

Int64 = NDArray[np.int64]

PREFECTURE_KM = (54.6, 53.4)
BOURGS_KM = ((28.5, 37.0), (44.0, 68.5), (73.5, 66.5), (41.0, 16.5), (66.0, 33.5), (87.0, 47.5), (76.5, 79.5))
VALLEY_KM = ((84.6, 70.7), (89.6, 74.6), (94.4, 76.9))
PREFECTURE, BOURG, TOWN, VILLAGE = 0, 1, 2, 3
TOTAL_POPULATION = 331_000
EPCI_COUNT = 10


@dataclass(frozen=True, slots=True, eq=False)
class Settlements:
    """One row per commune: ours first (``departement`` "00"), then the neighbour's ("0V")."""

    cell: Int64  # of the raster, where the village stands
    rank: Int64  # PREFECTURE … VILLAGE
    departement: list[str]
    code: list[str]
    name: list[str]
    population: Int64
    epci: Int64  # index of the EPCI
    hamlets: Int64  # cells of the hamlets
    hamlet_commune: Int64
    commune_raster: Int64  # flat, -1 at sea and beyond the frame


def make_settlements(relief: Relief) -> Settlements:
    """Place everybody on the land. Deterministic."""
    cells, rank = _places(relief)
    raster = _communes(relief, cells)
    east_km = (cells % COLUMNS) * (CELL_M / 1000)
    north_km = (cells // COLUMNS).astype(np.float64) * (CELL_M / 1000)
    ours = east_km < _border_km(north_km)
    order = np.lexsort((cells, ~ours))
    cells, rank, ours = cells[order], rank[order], ours[order]
    raster = np.where(raster >= 0, np.argsort(order)[raster], -1)
    hamlets = _hamlets(relief, cells)
    keep = raster[hamlets] >= 0
    departement = ["00" if own else "0V" for own in ours]
    return Settlements(
        cells,
        rank,
        departement,
        _codes(departement),
        _names(cells),
        _populations(relief, cells, rank, ours),
        _epci(relief, cells, rank, ours),
        hamlets[keep],
        raster[hamlets[keep]],
        raster,
    )


def _border_km(north_km: Float64) -> Float64:
    wander = 2.6 * layered_noise(north_km / 14, north_km * 0, 71, 3)
    return 95.5 + wander + 5.0 * smoothstep(north_km, 66.0, 73.0)  # the head of the valley is ours


def _places(relief: Relief) -> tuple[Int64, Int64]:
    """Cells and ranks: the fixed towns, then smaller ones where there is room, denser in the plain."""
    fixed = np.array([PREFECTURE_KM, *BOURGS_KM, *VALLEY_KM, ISLAND_KM]) * 1000.0
    cells = list(cells_of(fixed))
    rank = [PREFECTURE] + [BOURG] * len(BOURGS_KM) + [VILLAGE] * len(VALLEY_KM) + [VILLAGE]
    score = np.where(relief.island.ravel(), 0.0, _habitat(relief))
    for level, spacing_km in ((TOWN, 10.5), (VILLAGE, 4.03)):
        spacing_m = (spacing_km * 1000) * (1.45 - 0.45 * score)
        added = _fill(score > (0.75 if level == TOWN else 0.2), spacing_m, np.array(cells, np.int64), 80 + level)
        cells += list(added)
        rank += [level] * len(added)
    return np.array(cells, np.int64), np.array(rank, np.int64)


def _habitat(relief: Relief) -> Float64:
    """0 where nobody builds (sea, river, heights, outer edge), 1 in the plain; flat raster."""
    row, column = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
    altitude = relief.altitude_m.ravel()
    score = 1 - smoothstep(altitude, 250.0, 900.0)
    closed = ~relief.land.ravel() | relief.river_cells.ravel() | (column > 540)
    coast = np.zeros((ROWS, COLUMNS), bool)
    for down, right in ((4, 0), (-4, 0), (0, 4), (0, -4)):
        coast |= ~np.roll(relief.land, (down, right), (0, 1))
    return np.where(closed | coast.ravel() | (row < 8) | (row > ROWS - 8), 0.0, score)


def _fill(allowed: NDArray[np.bool_], spacing_m: Float64, taken: Int64, seed: int) -> Int64:
    """Cells as near each other as ``spacing_m`` lets them, in a hashed order."""
    candidates = np.nonzero(allowed)[0]
    luck = hash_unit(candidates, candidates * 0, seed)
    candidates = candidates[np.argsort(luck, kind="stable")]
    candidates = candidates[: max(9000, len(candidates) // 6)]
    xs = list((taken % COLUMNS) * float(CELL_M))
    ys = list((taken // COLUMNS) * float(CELL_M))
    buckets: dict[tuple[int, int], list[int]] = {}
    for k, (x, y) in enumerate(zip(xs, ys, strict=True)):
        buckets.setdefault((int(x // 6000), int(y // 6000)), []).append(k)
    added = []
    for cell, room in zip(candidates.tolist(), spacing_m[candidates].tolist(), strict=True):
        x, y = (cell % COLUMNS) * float(CELL_M), (cell // COLUMNS) * float(CELL_M)
        reach = int(room // 6000) + 1
        i, j = int(x // 6000), int(y // 6000)
        near = (
            k
            for a in range(i - reach, i + reach + 1)
            for b in range(j - reach, j + reach + 1)
            for k in buckets.get((a, b), ())
        )
        if all((xs[k] - x) * (xs[k] - x) + (ys[k] - y) * (ys[k] - y) >= room * room for k in near):
            buckets.setdefault((i, j), []).append(len(xs))
            xs.append(x)
            ys.append(y)
            added.append(cell)
    return np.array(added, np.int64)


def _communes(relief: Relief, cells: Int64) -> Int64:
    """The territory of each settlement: where its wave comes first; rivers and ridges become boundaries."""
    row, column = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
    x, y = column / 9.0, row / 9.0
    cost = 100 * (1 + 0.55 * layered_noise(x, y, 91, 3))
    cost = np.where(relief.river_cells.ravel(), cost * 5, cost)
    outer = 550 + 6 * layered_noise(row / 60.0, row * 0.0, 92, 3)
    closed = ~relief.land.ravel() | (column > outer)
    altitude_dm = np.round(relief.altitude_m.ravel() * 10).astype(np.int64)
    return spread(np.clip(cost, 20, None).astype(np.int64), altitude_dm, closed, cells, COLUMNS).label


def _hamlets(relief: Relief, cells: Int64) -> Int64:
    score = _habitat(relief)
    return _fill(score > 0.35, 1560 + 900 * (1 - score), cells, 84)


def _codes(departement: list[str]) -> list[str]:
    ours = departement.count("00")
    return [f"00{k + 1:03d}" if k < ours else f"0V{k - ours + 1:03d}" for k in range(len(departement))]


def _names(cells: Int64) -> list[str]:
    fixed = dict(zip(cells_of(np.array(BOURGS_KM) * 1000.0).tolist(), names.BOURGS, strict=True))
    fixed[int(cells_of(np.array([PREFECTURE_KM]) * 1000.0)[0])] = names.PREFECTURE
    fixed[int(cells_of(np.array([ISLAND_KM]) * 1000.0)[0])] = names.ISLAND_COMMUNE
    fixed[int(cells_of(np.array([VALLEY_KM[-1]]) * 1000.0)[0])] = names.VALLEY_END
    invented = names.commune_names()
    return [fixed.get(cell) or next(invented) for cell in cells.tolist()]


def _populations(relief: Relief, cells: Int64, rank: Int64, ours: NDArray[np.bool_]) -> Int64:
    """Municipal populations after a rank-size law: préfecture, bourgs, towns, then villages by luck."""
    prefecture = cells_of(np.array([PREFECTURE_KM]) * 1000.0)[0]
    far_km = np.sqrt(_apart(cells, prefecture).astype(np.float64)) * CELL_M / 1000
    luck = hash_unit(cells, cells * 0, 95)
    wish = luck + np.where(far_km < 14, 0.45, 0.0) - smoothstep(relief.altitude_m.ravel()[cells], 200.0, 600.0) * 0.6
    people = np.zeros(len(cells))
    people[rank == PREFECTURE] = 58_427
    people[rank == BOURG] = np.array([14_812, 11_236, 9_147, 7_981, 6_733, 6_090, 4_518])[: int((rank == BOURG).sum())]
    for level, top, fall in ((TOWN, 4_600.0, 0.045), (VILLAGE, 2_500.0, 0.0145)):
        rows = np.nonzero(rank == level)[0]
        place = np.argsort(np.argsort(-wish[rows], kind="stable"), kind="stable")
        people[rows] = top / ((1 + fall * place) * (1 + fall * place)) * (0.75 + 0.5 * hash_unit(rows, rows * 0, 96))
    small = ours & (rank >= TOWN)
    people[rank >= TOWN] *= (TOTAL_POPULATION - people[ours & (rank < TOWN)].sum()) / people[small].sum()
    return np.maximum(np.floor(people), 41).astype(np.int64)


def _epci(relief: Relief, cells: Int64, rank: Int64, ours: NDArray[np.bool_]) -> Int64:
    """Communities of communes: a commune goes with the town whose wave comes first; one beyond the border."""
    towns = np.nonzero(ours & (rank <= TOWN))[0]
    seats = list(np.nonzero(ours & (rank <= BOURG))[0])
    while len(seats) < EPCI_COUNT:  # the town farthest from the seats already chosen becomes one
        gap = np.min([_apart(cells[towns], cells[seat]) for seat in seats], axis=0)
        seats.append(towns[int(np.argmax(gap))])
    flat = np.full(ROWS * COLUMNS, 100, np.int64)
    altitude_dm = np.round(relief.altitude_m.ravel() * 10).astype(np.int64)
    sea = ~relief.land.ravel()
    label = spread(np.where(sea, 9000, flat), altitude_dm, sea & False, cells[np.sort(seats)], COLUMNS).label[cells]
    return np.where(ours, label, EPCI_COUNT)


def _apart(cells: Int64, cell: np.int64) -> Int64:
    east, north = cells % COLUMNS - cell % COLUMNS, cells // COLUMNS - cell // COLUMNS
    return east * east + north * north
