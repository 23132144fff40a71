"""Which cells the roads between towns, villages and hamlets go through: least-cost ways, level by level."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.demo.noise import layered_noise, smoothstep
from data.demo.relief import CELL_M, COLUMNS, ROWS, Relief, cells_of
from data.demo.settlements import BOURG, TOWN, VALLEY_KM, Settlements
from data.demo.spread import Wave, spread

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Pair = tuple[int, int]

MOTORWAY, TRUNK, PRIMARY, SECONDARY, TERTIARY, UNCLASSIFIED, RESIDENTIAL, SERVICE, TRACK = range(9)
#: Where each river may be crossed, km in the frame (the nearest point of the river is taken).
MAIN_BRIDGES_KM = (
    (42.2, 46.5),
    (48.5, 48.0),
    (53.6, 51.8),
    (56.4, 51.2),
    (63, 55.5),
    (72, 62),
    (80.5, 67.5),
    (88, 75),
)
SOUTH_BRIDGES_KM = ((58, 15), (63, 21), (70, 27), (78, 28), (87.5, 30.5), (95, 33.5), (104, 34.5))
RING_KM = ((53.9, 52.0), (51.9, 52.8), (51.3, 54.7), (52.9, 56.2), (57.4, 55.4), (57.9, 53.7), (56.2, 52.0))
_STEPS = ((0, 1), (1, 0))


@dataclass(slots=True)
class Skeleton:
    """Sides between cells used by a road -> (class, road number); cells of bridges and ports."""

    roads: dict[Pair, tuple[int, int]] = field(default_factory=dict)
    served: set[int] = field(default_factory=set)
    links: int = 0
    bridge_cells: set[int] = field(default_factory=set)
    ports: tuple[int, int] = (0, 0)


def make_skeleton(relief: Relief, places: Settlements) -> Skeleton:
    """Primary roads first, then each lower level along or between the roads already there."""
    plan = Skeleton()
    closed = _closed(relief, plan)
    plan.ports = _ports(relief, closed)
    ground = _Ground(relief, closed)
    top = places.cell[places.rank <= BOURG]
    towns = places.cell[places.rank <= TOWN]
    villages = np.unique(np.concatenate([places.cell, np.array(plan.ports, np.int64)]))
    hamlets = np.unique(np.concatenate([villages, places.hamlets]))
    for seeds, level, bound in (
        (top, PRIMARY, 9.0),
        (towns, SECONDARY, 2.4),
        (villages, TERTIARY, 3.2),
        (hamlets, UNCLASSIFIED, 3.2),
    ):
        _join(plan, ground, seeds[~closed[seeds]], level, bound)
        if level == PRIMARY:
            _ring_road(plan, ground)
    _cross_the_col(plan, ground, places)
    return plan


class _Ground:
    """What the waves pay: the ground, cheaper on a road that is there, dearer right beside one."""

    def __init__(self, relief: Relief, closed: Bool) -> None:
        row, column = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
        rough = layered_noise(column / 6.0, row / 6.0, 111, 3)
        self.bare = np.clip(100 * (1 + 0.55 * rough), 30, None)
        self.bare *= 1 + 3 * smoothstep(relief.altitude_m.ravel(), 650.0, 1200.0)
        self.altitude_dm = np.round(relief.altitude_m.ravel() * 10).astype(np.int64)
        self.closed = closed

    def wave(self, plan: Skeleton, seeds: Int64) -> Wave:
        used = np.zeros(ROWS * COLUMNS, bool)
        used[np.array([c for pair in plan.roads for c in pair], np.int64)] = True
        beside = np.zeros((ROWS, COLUMNS), bool)
        field2 = used.reshape(ROWS, COLUMNS)
        for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)):
            beside |= np.roll(field2, (down, right), (0, 1))
        cost = np.where(used, self.bare * 0.36, np.where(beside.ravel(), self.bare * 1.7, self.bare))
        return spread(cost.astype(np.int64), self.altitude_dm, self.closed, seeds, COLUMNS)


def _closed(relief: Relief, plan: Skeleton) -> Bool:
    """Sea, shore and rivers, except where a bridge stands."""
    land = relief.land
    shore = ~land
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        shore |= ~np.roll(land, (down, right), (0, 1))
    closed = (shore | relief.river_cells).ravel()
    for line, spots in ((relief.main_river, MAIN_BRIDGES_KM), (relief.south_river, SOUTH_BRIDGES_KM)):
        for spot in spots:
            _open_bridge(closed, plan, line, np.array(spot) * 1000.0)
    return closed


def _open_bridge(closed: Bool, plan: Skeleton, river: NDArray[np.float64], near_m: NDArray[np.float64]) -> None:
    """Open one straight row of cells across the river, the way that crosses it most squarely."""
    gap = river - near_m
    k = int(np.argmin((gap * gap).sum(1)))
    k = min(max(k, 4), len(river) - 5)
    flow = river[k + 4] - river[k - 4]
    step = COLUMNS if abs(flow[0]) > abs(flow[1]) else 1
    cell = int(cells_of(river[k : k + 1])[0])
    for way in (step, -step):
        there = cell
        while closed[there]:
            plan.bridge_cells.add(there)
            there += way
    closed[list(plan.bridge_cells)] = False


def _ports(relief: Relief, closed: Bool) -> tuple[int, int]:
    """The two cells nearest to each other on the mainland and on the island."""
    cells = np.nonzero(~closed)[0]
    on_island = relief.island.ravel()[cells]
    island, main = cells[on_island], cells[~on_island]
    main = main[(main % COLUMNS < 140) & (main // COLUMNS < 210)]
    gap_x = (main % COLUMNS)[:, None] - (island % COLUMNS)[None, ::3]
    gap_y = (main // COLUMNS)[:, None] - (island // COLUMNS)[None, ::3]
    best = int(np.argmin(gap_x * gap_x + gap_y * gap_y))
    return int(main[best // gap_x.shape[1]]), int(island[::3][best % gap_x.shape[1]])


def _join(plan: Skeleton, ground: _Ground, seeds: Int64, level: int, bound: float) -> None:
    """Roads between neighbouring seeds, save the useless (a third seed stands between) and the too dear."""
    wave = ground.wave(plan, seeds)
    links = _meetings(wave)
    cost = {(i, j): total for i, j, total, _, _ in links}
    around: dict[int, set[int]] = {}
    for i, j in cost:
        around.setdefault(i, set()).add(j)
        around.setdefault(j, set()).add(i)
    for i, j, total, a, b in links:
        shared = sorted(around[i] & around[j])
        if any(max(cost[min(i, k), max(i, k)], cost[min(j, k), max(j, k)]) * 100 < total * 97 for k in shared):
            continue
        gap_x, gap_y = seeds[i] % COLUMNS - seeds[j] % COLUMNS, seeds[i] // COLUMNS - seeds[j] // COLUMNS
        straight_m = float(np.sqrt(float(gap_x * gap_x + gap_y * gap_y))) * CELL_M
        if total > bound * 100 * straight_m and int(seeds[i]) in plan.served and int(seeds[j]) in plan.served:
            continue
        path = [*_back(wave, a)[::-1], *_back(wave, b)]
        _lay(plan, path, level)


def _meetings(wave: Wave) -> list[tuple[int, int, int, int, int]]:
    """For each two territories that touch: (i, j, cost, cell of i, cell of j) of the cheapest meeting."""
    label = wave.label.reshape(ROWS, COLUMNS)
    cells = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    found = []
    for down, right in _STEPS:
        a = cells[: ROWS - down, : COLUMNS - right].ravel()
        b = cells[down:, right:].ravel()
        la, lb = label.ravel()[a], label.ravel()[b]
        meet = (la != lb) & (la >= 0) & (lb >= 0)
        swap = la[meet] > lb[meet]
        one, two = np.where(swap, b[meet], a[meet]), np.where(swap, a[meet], b[meet])
        found.append(np.stack([label.ravel()[one], label.ravel()[two], wave.cost[one] + wave.cost[two], one, two], 1))
    rows = np.concatenate(found)
    rows = rows[np.lexsort((rows[:, 3], rows[:, 2], rows[:, 1], rows[:, 0]))]
    first = np.concatenate([[True], (rows[1:, :2] != rows[:-1, :2]).any(1)])
    best = rows[first]
    best = best[np.lexsort((best[:, 1], best[:, 0], best[:, 2]))]
    return [(int(i), int(j), int(c), int(a), int(b)) for i, j, c, a, b in best]


def _back(wave: Wave, cell: int) -> list[int]:
    path = [cell]
    while wave.parent[path[-1]] >= 0:
        path.append(int(wave.parent[path[-1]]))
    return path


def _lay(plan: Skeleton, path: list[int], level: int) -> None:
    """Add a path; a diagonal that would cross another one goes round by the corner, where they meet."""
    plan.links += 1
    plan.served.update(path)
    for a, b in pairwise(path):
        low, high = min(a, b), max(a, b)
        step = high - low
        if step in (COLUMNS + 1, COLUMNS - 1):
            corner = (low + 1, high - 1) if step == COLUMNS + 1 else (low - 1, high + 1)
            if (min(corner), max(corner)) in plan.roads:
                for pair in ((low, corner[0]), (corner[0], high)):
                    _lay_side(plan, min(pair), max(pair), level)
                continue
        _lay_side(plan, low, high, level)


def _lay_side(plan: Skeleton, low: int, high: int, level: int) -> None:
    plan.roads[low, high] = min(plan.roads.get((low, high), (TRACK, 0)), (level, plan.links))


def _ring_road(plan: Skeleton, ground: _Ground) -> None:
    """Half a ring to the north of the préfecture, from one bridge to the other."""
    great = np.array(sorted({cell for pair in plan.roads for cell in pair}), np.int64)
    stops = cells_of(np.array(RING_KM) * 1000.0).tolist()
    for end in (0, -1):
        east, north = great % COLUMNS - stops[end] % COLUMNS, great // COLUMNS - stops[end] // COLUMNS
        stops[end] = int(great[int(np.argmin(east * east + north * north))])
    for a, b in pairwise(stops):
        wave = spread(ground.bare.astype(np.int64), ground.altitude_dm, ground.closed, np.array([a], np.int64), COLUMNS)
        _lay(plan, _back(wave, b), TRUNK)


def _cross_the_col(plan: Skeleton, ground: _Ground, places: Settlements) -> None:
    """The road over the col: from the last village of the valley to the nearest one of the neighbour."""
    last = cells_of(np.array([VALLEY_KM[-1]]) * 1000.0)
    wave = ground.wave(plan, last)
    beyond = places.cell[np.array(places.departement) == "0V"]
    goal = int(beyond[int(np.argmin(wave.cost[beyond]))])
    _lay(plan, _back(wave, goal), TERTIARY)
