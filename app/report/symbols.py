"""Point symbols of the map. Shapes differ, not only colours: square, diamond, circle."""

from __future__ import annotations

import math
from typing import Final

from app.report.svg import Point, element, mm, pen, title

CIRCLE_MAX_MM: Final = 3.6
CIRCLE_MIN_MM: Final = 0.6
INK: Final = "#14212b"


def circle_radius(people: int, most_people: int) -> int:
    """Area proportional to people, down to the smallest circle that can be seen."""
    share = math.sqrt(max(people, 0) / most_people) if most_people > 0 else 0.0
    return mm(max(CIRCLE_MIN_MM, CIRCLE_MAX_MM * share))


def draw_circle(centre: Point, radius: int, label: str = "") -> str:
    """A group of uncovered people: white casing, dark ring, so that it stands on any class."""
    x, y = centre
    casing = element("circle", cx=x, cy=y, r=radius + mm(0.25), fill="#ffffff")
    ring = pen(fill="#e8793b", stroke="#6b2208", stroke_width=mm(0.3))
    return casing + element("circle", title(label) if label else "", cx=x, cy=y, r=radius, **ring)


def draw_site(centre: Point, kind: str, label: str = "") -> str:
    """A filled square for the territory's own sites, a hollow diamond for a neighbour's."""
    x, y = centre
    words = title(label) if label else ""
    if kind == "site":
        half = mm(0.85)
        box = pen(x=x - half, y=y - half, width=2 * half, height=2 * half)
        return element("rect", words, **box, fill=INK, stroke="#ffffff", stroke_width=mm(0.35))
    if kind == "neighbour_site":
        r = mm(1.3)
        diamond = f"M{x} {y - r}L{x + r} {y}L{x} {y + r}L{x - r} {y}Z"
        return element("path", words, d=diamond, fill="#ffffff", stroke=INK, stroke_width=mm(0.35))
    raise ValueError(f"point de carte inconnu : {kind!r}")
