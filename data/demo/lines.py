"""From cells to roads as drawn: positions pulled smooth, cut into lines between junctions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo.noise import Float64, hash_unit, layered_noise, smoothstep, value_noise
from data.demo.relief import CELL_M, COLUMNS, Relief, chaikin, resample
from data.demo.skeleton import PRIMARY, TERTIARY, Pair, Skeleton

Int64 = NDArray[np.int64]
_PULL = {0: 40.0, 1: 40.0, 2: 40.0, 3: 12.0, 4: 4.0, 5: 1.0}
_SWAY_M = {0: 26.0, 1: 18.0, 2: 20.0, 3: 34.0, 4: 48.0, 5: 62.0}  # 0: where lines meet
_STEEP_PCT = 9.0


@dataclass(frozen=True, slots=True, eq=False)
class RoadLine:
    """One stretch between two junctions: points in metres of the frame, its class, its number."""

    points: Float64
    road_class: int
    number: int


def draw_lines(relief: Relief, plan: Skeleton) -> tuple[list[RoadLine], dict[int, Float64]]:
    """The lines of the skeleton, and where each of its cells has come to lie."""
    place = _pull_smooth(plan)
    cells = sorted(place)
    moved = _wander(relief, np.array([place[cell] for cell in cells]), _SWAY_M[0])
    chains = _chains(plan)
    kinds = [plan.roads[_pair(chain[0], chain[1])] for chain in chains]
    raw = [np.array([place[cell] for cell in chain]) for chain in chains]
    drawn = _bend(relief, raw, [road_class for road_class, _ in kinds])
    lines = [RoadLine(line, *kind) for line, kind in zip(drawn, kinds, strict=True)]
    return lines, dict(zip(cells, moved, strict=True))


def _pair(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def _pull_smooth(plan: Skeleton) -> dict[int, Float64]:
    """Each cell moves towards its neighbours, more so on a greater road, and stays within 130 m."""
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
        mean = np.stack([np.bincount(tail, both * position[head, axis], len(cells)) / total for axis in (0, 1)], 1)
        moved = centre + np.clip(0.35 * position + 0.65 * mean - centre, -130.0, 130.0)
        position = np.where(fixed[:, None], centre, moved)
    return dict(zip(cells.tolist(), position, strict=True))


def _chains(plan: Skeleton) -> list[list[int]]:
    """Walks along the skeleton, cut at junctions and where the class or the number changes."""
    around: dict[int, list[int]] = {}
    for a, b in sorted(plan.roads):
        around.setdefault(a, []).append(b)
        around.setdefault(b, []).append(a)

    def kind(a: int, b: int) -> tuple[int, int]:
        return plan.roads[_pair(a, b)]

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
            used.update(_pair(a, b) for a, b in pairwise(chain))
            chains.append(chain)
    return chains


def _bend(relief: Relief, chains: list[Float64], road_class: list[int]) -> list[Float64]:
    """Corners cut to curves, hairpins on a steep slope, and the small bends every road has."""
    fine, sway = [], []
    for chain, level in zip(chains, road_class, strict=True):
        line = chaikin(chain, 2) if len(chain) > 2 else chain
        if level >= TERTIARY and _climbs(relief, chain):
            line = _hairpins(relief, resample(line, 22.0))
        else:
            line = resample(line, 38.0 if level > PRIMARY else 60.0)
        ends = np.minimum(np.arange(len(line)), np.arange(len(line))[::-1]) / 8.0
        fine.append(line)
        sway.append(_SWAY_M[0] + (_SWAY_M[level] - _SWAY_M[0]) * np.minimum(ends, 1.0))
    moved = _wander(relief, np.concatenate(fine), np.concatenate(sway))
    parts = np.split(moved, np.cumsum([len(line) for line in fine])[:-1])
    simple = shapely.simplify([shapely.LineString(part) for part in parts], 3.0)
    return [shapely.get_coordinates(line) for line in simple]


def _climbs(relief: Relief, chain: Float64) -> bool:
    altitude = _bilinear(relief.altitude_m, chain)
    return len(chain) > 3 and bool((np.abs(altitude[2:] - altitude[:-2]) > 2 * CELL_M * _STEEP_PCT / 100).any())


def _wander(relief: Relief, points: Float64, sway_m: Float64 | float) -> Float64:
    """Push points by a smooth field, the same for all roads: junctions stay together. Still by rivers."""
    x, y = points[:, 0], points[:, 1]
    sway = sway_m * smoothstep(_bilinear(relief.river_distance_m, points), 250.0, 800.0)
    push = [layered_noise(x / 760, y / 760, seed, 3) for seed in (141, 145)]
    return points + np.stack([push[0] * sway, push[1] * sway], 1)


def _hairpins(relief: Relief, fine: Float64) -> Float64:
    """Sways a line drawn every 22 m from side to side where it climbs more than a road can."""
    altitude = _bilinear(relief.altitude_m, fine)
    run = min(9, (len(fine) - 1) // 2)
    grade_pct = np.zeros(len(fine))
    grade_pct[run:-run] = np.abs(altitude[2 * run :] - altitude[: -2 * run]) / (2 * run * 22.0) * 100
    swing = smoothstep(grade_pct, _STEEP_PCT, _STEEP_PCT + 7)
    if not (swing > 0.05).any():
        return fine
    x, y = fine[:, 0], fine[:, 1]
    length_m = 330 + 190 * value_noise(x / 900, y / 900, 132)
    phase = np.cumsum(22.0 / length_m)
    wave = 1 - 4 * np.abs(phase - np.floor(phase) - 0.5)
    wave = wave * (1.5 - 0.5 * wave * wave)
    height_m = 78 + 62 * value_noise(x / 700, y / 700, 133)
    direction = np.gradient(fine, axis=0)
    direction /= np.sqrt((direction * direction).sum(1))[:, None] + 1e-9
    side = np.stack([-direction[:, 1], direction[:, 0]], 1)
    ease = np.minimum(np.minimum(np.arange(len(fine)), np.arange(len(fine))[::-1]) / 9.0, 1.0)
    return np.asarray(fine + side * (wave * swing * ease * height_m)[:, None])


def _bilinear(field: Float64, points: Float64) -> Float64:
    """A raster's value between the centres of its cells."""
    x = np.clip(points[:, 0] / CELL_M - 0.5, 0, field.shape[1] - 1.001)
    y = np.clip(points[:, 1] / CELL_M - 0.5, 0, field.shape[0] - 1.001)
    i, j = x.astype(np.int64), y.astype(np.int64)
    fx, fy = x - i, y - j
    low = field[j, i] * (1 - fx) + field[j, i + 1] * fx
    high = field[j + 1, i] * (1 - fx) + field[j + 1, i + 1] * fx
    return np.asarray(low * (1 - fy) + high * fy)
