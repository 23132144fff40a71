"""From cells to roads as drawn: positions pulled smooth, cut into lines between junctions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo.noise import Float64, hash_unit
from data.demo.relief import CELL_M, COLUMNS, Relief, chaikin, resample
from data.demo.skeleton import PRIMARY, TERTIARY, Pair, Skeleton

Int64 = NDArray[np.int64]
_PULL = {0: 40.0, 1: 40.0, 2: 40.0, 3: 12.0, 4: 4.0, 5: 1.0}
_STEEP_PCT = 7.5


@dataclass(frozen=True, slots=True, eq=False)
class RoadLine:
    """One stretch between two junctions: points in metres of the frame, its class, its number, on a bridge or not."""

    points: Float64
    road_class: int
    number: int
    is_bridge: bool


def draw_lines(relief: Relief, plan: Skeleton) -> tuple[list[RoadLine], dict[int, Float64]]:
    """The lines of the skeleton, and where each of its cells has come to lie."""
    place = _pull_smooth(plan)
    lines = []
    for chain in _chains(plan):
        road_class, number = plan.roads[_pair(chain[0], chain[1])]
        is_bridge = _is_bridge(plan, chain[0], chain[1])
        points = np.array([place[cell] for cell in chain])
        if not is_bridge:
            points = _bend(relief, points, road_class)
        lines.append(RoadLine(points, road_class, number, is_bridge))
    return lines, place


def _pair(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def _is_bridge(plan: Skeleton, a: int, b: int) -> bool:
    return a in plan.bridge_cells and b in plan.bridge_cells


def _pull_smooth(plan: Skeleton) -> dict[int, Float64]:
    """Each cell moves towards its neighbours on the road, the more so on a greater road, and stays within 130 m."""
    cells = np.unique(np.array(list(plan.roads), np.int64))
    sides = np.searchsorted(cells, np.array(sorted(plan.roads), np.int64))
    weight = np.array([_PULL[plan.roads[pair][0]] for pair in sorted(plan.roads)])
    centre = np.stack([cells % COLUMNS, cells // COLUMNS], 1) * float(CELL_M) + CELL_M / 2
    shake = np.stack([hash_unit(cells, cells * 0, 121), hash_unit(cells, cells * 0, 122)], 1) - 0.5
    fixed = np.isin(cells, np.array(sorted(plan.bridge_cells), np.int64))
    position = centre + np.where(fixed[:, None], 0.0, shake * 150)
    tail, head = np.concatenate([sides, sides[:, ::-1]]).T
    both = np.concatenate([weight, weight])
    for _ in range(7):
        total = np.bincount(tail, both, len(cells))
        mean = np.stack(
            [np.bincount(tail, both * position[head, axis], len(cells)) / total for axis in (0, 1)], 1
        )
        moved = centre + np.clip(0.35 * position + 0.65 * mean - centre, -130.0, 130.0)
        position = np.where(fixed[:, None], centre, moved)
    return dict(zip(cells.tolist(), position, strict=True))


def _chains(plan: Skeleton) -> list[list[int]]:
    """Walks along the skeleton, cut at junctions and where the class, the number or the bridge changes."""
    around: dict[int, list[int]] = {}
    for a, b in sorted(plan.roads):
        around.setdefault(a, []).append(b)
        around.setdefault(b, []).append(a)

    def kind(a: int, b: int) -> tuple[int, int, bool]:
        return (*plan.roads[_pair(a, b)], _is_bridge(plan, a, b))

    def goes_through(cell: int) -> bool:
        others = around[cell]
        return len(others) == 2 and cell not in plan.ports and kind(cell, others[0]) == kind(cell, others[1])

    ends = [cell for cell in sorted(around) if not goes_through(cell)]
    used: set[Pair] = set()
    chains = []
    for start in ends:
        for step in around[start]:
            if _pair(start, step) in used:
                continue
            chain = [start, step]
            while goes_through(chain[-1]):
                a, b = around[chain[-1]]
                chain.append(b if a == chain[-2] else a)
            used.update(_pair(a, b) for a, b in zip(chain, chain[1:], strict=False))
            chains.append(chain)
    return chains


def _bend(relief: Relief, points: Float64, road_class: int) -> Float64:
    """Corners cut to curves; on a steep slope, hairpins."""
    if len(points) > 2:
        points = chaikin(points, 2)
    if road_class >= TERTIARY:
        points = _hairpins(relief, points)
    tolerance_m = 4.0 if road_class <= PRIMARY else 5.0
    return np.asarray(shapely.get_coordinates(shapely.LineString(points).simplify(tolerance_m)))


def _hairpins(relief: Relief, points: Float64) -> Float64:
    """Sways the line from side to side where it climbs more than a road can."""
    fine = resample(points, 24.0)
    if len(fine) < 12:
        return points
    altitude = altitude_at(relief, fine)
    run = 8
    grade = np.zeros(len(fine))
    grade[run:-run] = np.abs(altitude[2 * run :] - altitude[: -2 * run]) / (2 * run * 24.0) * 100
    swing = np.clip((grade - _STEEP_PCT) / 7.0, 0.0, 1.0)
    if not (swing > 0).any():
        return points
    along = np.arange(len(fine)) * 24.0
    phase = along / 190.0 + hash_unit(fine[:1, 0].astype(np.int64), fine[:1, 1].astype(np.int64), 131)[0]
    wave = 1 - 4 * np.abs(phase - np.floor(phase) - 0.5)
    wave = wave * (1.5 - 0.5 * wave * wave)
    direction = np.gradient(fine, axis=0)
    direction /= np.sqrt((direction * direction).sum(1))[:, None] + 1e-9
    side = np.stack([-direction[:, 1], direction[:, 0]], 1)
    ease = np.minimum(np.minimum(np.arange(len(fine)), np.arange(len(fine))[::-1]) / 6.0, 1.0)
    return np.asarray(fine + side * (wave * swing * ease * 70.0)[:, None])


def altitude_at(relief: Relief, points: Float64) -> Float64:
    """Altitude between the centres of cells, bilinear."""
    x = np.clip(points[:, 0] / CELL_M - 0.5, 0, relief.altitude_m.shape[1] - 1.001)
    y = np.clip(points[:, 1] / CELL_M - 0.5, 0, relief.altitude_m.shape[0] - 1.001)
    i, j = x.astype(np.int64), y.astype(np.int64)
    fx, fy = x - i, y - j
    a = relief.altitude_m
    low = a[j, i] * (1 - fx) + a[j, i + 1] * fx
    high = a[j + 1, i] * (1 - fx) + a[j + 1, i + 1] * fx
    return np.asarray(low * (1 - fy) + high * fy)
