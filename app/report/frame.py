"""Metres of the territory's projection to units on paper, and where a label can stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.report.content import MapShape, Ring
from app.report.svg import MEAN_ADVANCE_EM, Point, mm


@dataclass(frozen=True, slots=True)
class Frame:
    """``x_m, y_m`` is the middle of the drawing; north is up."""

    x_m: float
    y_m: float
    metres_per_unit: float
    width: int
    height: int

    def point(self, x_m: float, y_m: float) -> Point:
        return (
            round(self.width / 2 + (x_m - self.x_m) / self.metres_per_unit),
            round(self.height / 2 - (y_m - self.y_m) / self.metres_per_unit),
        )

    def line(self, ring: Ring) -> list[Point]:
        return [self.point(x_m, y_m) for x_m, y_m in ring]

    def shows(self, point: Point) -> bool:
        return 0 <= point[0] <= self.width and 0 <= point[1] <= self.height


def frame_of(shapes: Sequence[MapShape], width: int, min_height: int, max_height: int, margin: int) -> Frame:
    """All the shapes inside ``width`` x at most ``max_height`` units. Raises ValueError without any."""
    xs = [x_m for shape in shapes for ring in shape.rings for x_m, _ in ring]
    ys = [y_m for shape in shapes for ring in shape.rings for _, y_m in ring]
    if not xs or not all(math.isfinite(value) for value in (min(xs), max(xs), min(ys), max(ys))):
        raise ValueError("carte sans aucune commune à dessiner")
    span_x_m, span_y_m = max(max(xs) - min(xs), 1.0), max(max(ys) - min(ys), 1.0)
    scale = max(span_x_m / (width - 2 * margin), span_y_m / (max_height - 2 * margin))
    height = min(max_height, max(min_height, round(span_y_m / scale) + 2 * margin))
    return Frame((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2, scale, width, height)


def ring_area_m2(ring: Ring) -> float:
    pairs = zip(ring, (*ring[1:], ring[0]), strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def label_point_m(shape: MapShape) -> tuple[float, float]:
    """A point well inside the largest ring: the middle of its widest stretch at mid-height."""
    ring = max(shape.rings, key=ring_area_m2)
    ys = [y_m for _, y_m in ring]
    y_m = (min(ys) + max(ys)) / 2
    crossings = sorted(
        x1 + (y_m - y1) * (x2 - x1) / (y2 - y1)
        for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True)
        if (y1 > y_m) != (y2 > y_m)
    )
    stretches = list(zip(crossings[::2], crossings[1::2], strict=False))
    if not stretches:
        return ring[0]
    left, right = max(stretches, key=lambda pair: pair[1] - pair[0])
    return (left + right) / 2, y_m


@dataclass(slots=True)
class LabelRoom:
    """Places already taken; a label that finds none is left out (the tables have every name)."""

    frame: Frame
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def place(self, anchor: Point, words: str, size_mm: float) -> Point | None:
        """The left end of the label's base line, on, above, below or beside the anchor."""
        width, height, gap = len(words) * MEAN_ADVANCE_EM * mm(size_mm), mm(size_mm), mm(1.6)
        x, y = anchor
        candidates = (
            (x - width / 2, y + height * 0.3),
            (x - width / 2, y - gap),
            (x - width / 2, y + gap + height * 0.7),
            (x + gap, y + height * 0.3),
            (x - gap - width, y + height * 0.3),
        )
        for left, base in candidates:
            box = (left, base - height * 0.8, left + width, base + height * 0.25)
            if self._is_free(box):
                self.taken.append(box)
                return round(left), round(base)
        return None

    def block(self, centre: Point, radius: int) -> None:
        x, y = centre
        self.taken.append((x - radius, y - radius, x + radius, y + radius))

    def _is_free(self, box: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = box
        if left < mm(1) or top < mm(1) or right > self.frame.width - mm(1) or bottom > self.frame.height - mm(1):
            return False
        return all(right < a or left > c or bottom < b or top > d for a, b, c, d in self.taken)
