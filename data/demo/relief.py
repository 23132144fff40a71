"""The land of the demonstration: coast, island, mountains, rivers, on a raster of 200 m cells.

Raster rows go north. Positions are metres from the south-west corner of the frame; ``FRAME_X_M, FRAME_Y_M``
move them to EPSG:2154, in the middle of the Atlantic, where no place is real.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.demo.noise import Float64, layered_noise, smoothstep
from data.demo.spread import spread

CELL_M = 200
COLUMNS, ROWS = 580, 480
FRAME_X_M, FRAME_Y_M = -44_000.0, 6_545_000.0
CRS_EPSG = 2154

#: Control points of the rivers, km in the frame, from the spring to the sea.
MAIN_RIVER_KM = (
    (99, 80.5), (95.5, 78), (91, 77), (87, 73), (82, 70.5), (79, 65), (73, 63), (68, 58), (62, 55.5),
    (57, 51), (52, 52), (48, 47), (42, 47), (39, 42.5), (33, 43), (29, 40.5), (22, 40), (14, 39),
)  # fmt: skip
SOUTH_RIVER_KM = (
    (113, 38), (106, 33.5), (98, 36), (91, 30), (84, 31), (76, 26), (70, 27.5), (64, 21), (61, 20), (57, 14),
    (54, 9), (53, 3),
)  # fmt: skip
ISLAND_KM = (7.5, 27.0)


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Raster [row, column] and the lines of the rivers (metres in the frame, cut at the coast)."""

    land: NDArray[np.bool_]
    island: NDArray[np.bool_]
    altitude_m: Float64
    river_distance_m: Float64
    river_cells: NDArray[np.bool_]
    main_river: Float64  # (n, 2)
    south_river: Float64  # (n, 2)


def make_relief() -> Relief:
    """Draw the land. Nothing random: the same hash noise each time."""
    east_km, north_km = _cell_centres_km()
    main, south = _meander(MAIN_RIVER_KM, 11), _meander(SOUTH_RIVER_KM, 12)
    mainland = _mainland_field_km(east_km, north_km)
    mainland = np.minimum(mainland, _estuary_km(east_km, north_km))
    island = _island_field_km(east_km, north_km) > 0
    land = _largest_piece(mainland > 0) | island
    main, south = _cut_at_coast(main, land), _cut_at_coast(south, land)
    main_m, south_m = distance_to_line_m(main), distance_to_line_m(south)
    near = np.minimum(main_m, south_m)
    altitude_m = _altitude_m(east_km, north_km, mainland, main_m)
    return Relief(land, island, altitude_m, near, near < 290.0, main, south)


def _cell_centres_km() -> tuple[Float64, Float64]:
    rows, columns = np.meshgrid(np.arange(ROWS), np.arange(COLUMNS), indexing="ij")
    east, north = (columns + 0.5) * (CELL_M / 1000), (rows + 0.5) * (CELL_M / 1000)
    return east.astype(np.float64), north.astype(np.float64)


def _mainland_field_km(x: Float64, y: Float64) -> Float64:
    """Positive on land, about the distance to the coast in km: sea to the west, the south and the north."""
    west = x - (22 + 8 * layered_noise(y / 23, y * 0 + 3.7, 21, 3))
    south = y - (10.5 + 6 * layered_noise(x / 27, x * 0 + 8.1, 22, 3))
    north = (86 + 5 * layered_noise(x / 30, x * 0 + 1.3, 23, 3)) - y
    bay = np.sqrt((x - 21) * (x - 21) + (y - 62) * (y - 62)) - 11  # the great bay of the north-west
    cove = np.sqrt((x - 77) * (x - 77) + (y - 8) * (y - 8)) - 8
    field = np.minimum(np.minimum(np.minimum(west, south), np.minimum(north, bay)), cove)
    return np.asarray(field + 3.4 * layered_noise(x / 8, y / 8, 31, 5) - 0.4)


def _island_field_km(x: Float64, y: Float64) -> Float64:
    dx, dy = x - ISLAND_KM[0], y - ISLAND_KM[1]
    along, across = 0.6 * dx + 0.8 * dy, -0.8 * dx + 0.6 * dy
    return 1 - np.sqrt(along * along / 24 + across * across / 8) + 0.55 * layered_noise(x / 3.1, y / 3.1, 41, 4)


def _estuary_km(x: Float64, y: Float64) -> Float64:
    """Opens the mouth of the main river into a funnel some twelve kilometres long."""
    axis_km = 42.6 - 0.19 * (36 - x) + 0.5 * layered_noise(x / 6, x * 0, 51, 2)
    half_width = np.clip((36 - x) / 9, 0, 2.2)
    return np.where(x < 36, np.abs(y - axis_km) - half_width, 1e3)


def _altitude_m(x: Float64, y: Float64, coast_km: Float64, river_m: Float64) -> Float64:
    hills = 90 + 70 * layered_noise(x / 13, y / 13, 61, 4)
    dx, dy = (x - 93) / 24, (y - 76) / 19
    massif = smoothstep(1.25 - np.sqrt(dx * dx + dy * dy) + 0.12 * layered_noise(x / 8, y / 8, 63, 3), 0.0, 1.1)
    ridges = np.clip(1 - np.abs(layered_noise(x / 8, y / 8, 62, 4)) * 1.6, -0.3, 1)
    mountains = 1750 * massif * (0.45 + 0.55 * ridges)
    dsx, dsy = (x - 86) / 14, (y - 16) / 9
    south_hills = 330 * smoothstep(1.2 - np.sqrt(dsx * dsx + dsy * dsy), 0.0, 1.0)
    valley = smoothstep(river_m / 1000, 0.3, 5.0)
    head_km = np.sqrt((x - 99) * (x - 99) + (y - 80.5) * (y - 80.5))
    valley = np.maximum(valley, 0.85 * (1 - smoothstep(head_km, 1.0, 6.5)))  # the valley ends in a wall: the col
    floor = 40 + 9 * np.clip(x - 60, 0, None)
    high = (np.clip(hills, 8, None) + south_hills) * smoothstep(river_m / 1000, -1.0, 3.0) + mountains * valley
    return np.clip(high + floor * smoothstep(x, 50, 75) * massif, 2, None) * smoothstep(coast_km, -0.5, 4.0) + 2


def _meander(points_km: tuple[tuple[float, float], ...], seed: int) -> Float64:
    """A river through control points: corners cut four times, then bent by noise."""
    line = chaikin(np.array(points_km) * 1000.0, 4)
    line = resample(line, 150.0)
    wander = np.minimum(np.arange(len(line)) / 20.0, 1.0)
    x, y = line[:, 0] / 3400, line[:, 1] / 3400
    bend = np.stack([layered_noise(x, y, seed, 3), layered_noise(x, y, seed + 50, 3)], 1)
    return chaikin(_round_off(line + np.array([1150.0, 1300.0]) * bend * wander[:, None]), 1)


def _round_off(line: Float64) -> Float64:
    """Mean of each point with its neighbours, a few times: no kink is left in the river."""
    for _ in range(12):
        line = np.concatenate([line[:1], (line[:-2] + 2 * line[1:-1] + line[2:]) / 4, line[-1:]])
    return line


def chaikin(line: Float64, times: int) -> Float64:
    """Cut the corners of a line, its two ends kept."""
    for _ in range(times):
        cut = np.empty((2 * len(line) - 2, 2))
        cut[0::2] = 0.75 * line[:-1] + 0.25 * line[1:]
        cut[1::2] = 0.25 * line[:-1] + 0.75 * line[1:]
        line = np.concatenate([line[:1], cut[1:-1], line[-1:]])
    return line


def resample(line: Float64, step_m: float) -> Float64:
    """The same line with a point about every ``step_m`` metres, its two ends kept."""
    lengths = np.sqrt(((line[1:] - line[:-1]) ** 2).sum(1))
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    wanted = np.linspace(0.0, along[-1], max(2, round(along[-1] / step_m) + 1))
    return np.stack([np.interp(wanted, along, line[:, 0]), np.interp(wanted, along, line[:, 1])], 1)


def cells_of(points_m: Float64) -> NDArray[np.int64]:
    """Flat cell numbers of points of the frame, metres; points outside are moved to its edge."""
    column = np.clip(np.floor(points_m[:, 0] / CELL_M).astype(np.int64), 0, COLUMNS - 1)
    row = np.clip(np.floor(points_m[:, 1] / CELL_M).astype(np.int64), 0, ROWS - 1)
    return row * COLUMNS + column


def distance_to_line_m(line: Float64) -> Float64:
    """Distance of every cell to a line, steps of the raster counted (some 5 % too long off the axes)."""
    seeds = np.unique(cells_of(resample(line, 50.0)))
    flat = np.zeros(ROWS * COLUMNS, np.int64)
    wave = spread(flat + 100, flat, flat > 0, seeds, COLUMNS)
    return wave.cost.reshape(ROWS, COLUMNS).astype(np.float64)


def _largest_piece(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The piece of land that holds the middle of the frame; skerries go back to the sea."""
    flat = np.zeros(ROWS * COLUMNS, np.int64)
    middle = np.array([(ROWS // 2 + 40) * COLUMNS + COLUMNS * 2 // 3], np.int64)
    wave = spread(flat + 100, flat, ~mask.ravel(), middle, COLUMNS)
    return (wave.label >= 0).reshape(mask.shape)


def _cut_at_coast(line: Float64, land: NDArray[np.bool_]) -> Float64:
    """From the spring to the first point in the sea (a few points more, so that the mouth is open)."""
    dry = land.ravel()[cells_of(line)]
    last = int(np.argmin(dry)) if not dry.all() else len(line) - 1
    return line[: min(last + 2, len(line))]
