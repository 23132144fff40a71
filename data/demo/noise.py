"""Noise that is the same on every machine: integer hashing, then only + - * / on float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


def hash_unit(i: Int64, j: Int64, seed: int) -> Float64:
    """A number in [0, 1[ for each pair of integers; arrays of any equal shape."""
    h = i.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ j.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    h ^= np.uint64((seed * 0x165667B19E3779F9) & 0xFFFFFFFFFFFFFFFF)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        h = (h ^ (h >> np.uint64(shift))) * np.uint64(factor)
    h ^= h >> np.uint64(31)
    return (h >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def luck(i: int, j: int, seed: int) -> float:
    """The same kind of number for one pair of small integers, without arrays."""
    mask = 0xFFFFFFFFFFFFFFFF
    h = (i * 0x9E3779B97F4A7C15 ^ j * 0xC2B2AE3D27D4EB4F ^ seed * 0x165667B19E3779F9) & mask
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        h = ((h ^ (h >> shift)) * factor) & mask
    return ((h ^ (h >> 31)) >> 11) / float(1 << 53)


def value_noise(x: Float64, y: Float64, seed: int) -> Float64:
    """Smooth noise in [-1, 1], one bump per unit of x and y."""
    i, j = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    fx, fy = x - i, y - j
    sx, sy = fx * fx * fx * (fx * (fx * 6 - 15) + 10), fy * fy * fy * (fy * (fy * 6 - 15) + 10)
    a, b, c, d = _corners(i, j, seed)
    low = a * (1 - sx) + b * sx
    high = c * (1 - sx) + d * sx
    return (low * (1 - sy) + high * sy) * 2 - 1


def _corners(i: Int64, j: Int64, seed: int) -> tuple[Float64, Float64, Float64, Float64]:
    """The hashes at (i, j), (i + 1, j), (i, j + 1), (i + 1, j + 1); each hashed once when points are many."""
    if i.size == 0:
        return hash_unit(i, j, seed), hash_unit(i, j, seed), hash_unit(i, j, seed), hash_unit(i, j, seed)
    first_i, first_j = int(i.min()), int(j.min())
    wide, high = int(i.max()) - first_i + 2, int(j.max()) - first_j + 2
    if wide * high > i.size:
        return tuple(hash_unit(i + right, j + up, seed) for up in (0, 1) for right in (0, 1))  # type: ignore[return-value]
    column, row = np.meshgrid(np.arange(wide), np.arange(high), indexing="ij")
    table = hash_unit(column + first_i, row + first_j, seed).ravel()
    at = (i - first_i) * high + (j - first_j)
    return table[at], table[at + high], table[at + 1], table[at + high + 1]


def layered_noise(x: Float64, y: Float64, seed: int, octaves: int) -> Float64:
    """Sum of ``octaves`` noises, each twice finer and half as high (about [-1.5, 1.5])."""
    total = np.zeros_like(x)
    height = 1.0
    for octave in range(octaves):
        scale = float(1 << octave)
        total += height * value_noise(x * scale + 17.3 * octave, y * scale - 9.1 * octave, seed + octave)
        height *= 0.5
    return total


def smoothstep(x: Float64, low: float, high: float) -> Float64:
    """0 under ``low``, 1 over ``high``, smooth between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)
