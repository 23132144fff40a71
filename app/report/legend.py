"""The map's legend: classes, symbols, scale bar, north."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.wording import integer_fr
from app.report.classes import CLASSES
from app.report.french import plural
from app.report.svg import element, mm, pen, rectangle_data, text, textured
from app.report.symbols import INK, circle_radius, draw_circle, draw_site

LEGEND_HEIGHT: Final = mm(45)
ROW: Final = mm(5.2)
SIZE_MM: Final = 3.2
LEFT, MIDDLE, RIGHT = mm(1), mm(68), mm(128)


@dataclass(frozen=True, slots=True)
class Legend:
    threshold_min: int
    counts: Mapping[str, int]  # points drawn, by kind
    outside: int  # points beyond the frame
    most_people: int
    metres_per_unit: float
    road_colour: str | None  # None: no road drawn


def draw_legend(legend: Legend, top: int) -> str:
    first = top + mm(7)
    return _classes(legend, first) + _symbols(legend, first) + _scale(legend, first)


def _heading(x: int, y: int, words: str) -> str:
    return text(x, y, words, SIZE_MM, font_weight=700)


def _classes(legend: Legend, top: int) -> str:
    words = f"Habitants à moins de {legend.threshold_min} min d'un lieu"
    drawn = [_heading(LEFT, top, words)]
    for row, map_class in enumerate(CLASSES, start=1):
        y = top + row * ROW
        box = (LEFT, y - mm(3.1), mm(8), mm(4))
        data = rectangle_data(*box)
        drawn.append(element("path", d=data, fill=map_class.fill))
        if map_class.texture:
            drawn.append(textured(f"legend-{map_class.texture}", map_class.texture, data, box))
        drawn.append(element("path", d=data, fill="none", stroke="#44545a", stroke_width=mm(0.2)))
        drawn.append(text(LEFT + mm(10), y, map_class.label, SIZE_MM))
    return "".join(drawn)


def _symbols(legend: Legend, top: int) -> str:
    drawn = [_heading(MIDDLE, top, "Lieux et habitants")]
    x_symbol, x_words, y = MIDDLE + mm(3), MIDDLE + mm(8), top + ROW
    for kind, words in (("site", "lieu d'accueil"), ("neighbour_site", "lieu d'un territoire voisin")):
        if legend.counts[kind]:
            drawn.append(draw_site((x_symbol, y - mm(1)), kind))
            drawn.append(text(x_words, y, f"{words} ({integer_fr(legend.counts[kind])})", SIZE_MM))
            y += ROW
    if legend.counts["uncovered"]:
        y += mm(0.8)
        for people in _sample_people(legend.most_people):
            drawn.append(draw_circle((x_symbol, y - mm(1)), circle_radius(people, legend.most_people)))
            drawn.append(text(x_words, y, plural(people, "habitant non couvert", "habitants non couverts"), SIZE_MM))
            y += ROW + mm(1.2)
    if legend.outside:
        words = plural(legend.outside, "point hors du cadre", "points hors du cadre")
        drawn.append(text(MIDDLE, y, words, SIZE_MM, font_style="italic"))
    return "".join(drawn)


def _sample_people(most_people: int) -> list[int]:
    """Two round numbers the eye can compare: the most people of a circle, and a tenth of it."""
    largest = round_down(most_people)
    return [largest, largest // 10] if largest >= 10 else [max(largest, 1)]


def round_down(value: float) -> int:
    """The largest 1, 2 or 5 times a power of ten that is not above ``value`` (0 below 1)."""
    if value < 1:
        return 0
    power = 10 ** math.floor(math.log10(value))
    return int(power * max(step for step in (1, 2, 5) if step * power <= value))


def _scale(legend: Legend, top: int) -> str:
    length_m = max(round_down(mm(34) * legend.metres_per_unit), 1)
    length = round(length_m / legend.metres_per_unit)
    words = f"{integer_fr(length_m // 1000)} km" if length_m >= 1000 else f"{integer_fr(length_m)} m"
    y, half, box = top + ROW, round(length / 2), pen(height=mm(1.5), stroke=INK, stroke_width=mm(0.2))
    drawn = [
        _heading(RIGHT, top, "Échelle"),
        element("rect", x=RIGHT, y=y - mm(1.6), width=half, fill=INK, **box),
        element("rect", x=RIGHT + half, y=y - mm(1.6), width=length - half, fill="#ffffff", **box),
        text(RIGHT, y + mm(3.6), "0", SIZE_MM),
        text(RIGHT + length, y + mm(3.6), words, SIZE_MM, text_anchor="middle"),
        _north(RIGHT + mm(4), y + mm(9)),
    ]
    if legend.road_colour:
        y_road = y + mm(12)
        road = pen(stroke=legend.road_colour, stroke_width=mm(0.45))
        x = RIGHT + mm(13)
        drawn.append(element("line", x1=x, y1=y_road - mm(1), x2=x + mm(7), y2=y_road - mm(1), **road))
        drawn.append(text(x + mm(9), y_road, "route", SIZE_MM))
    return "".join(drawn)


def _north(x: int, y: int) -> str:
    arrow = f"M{x} {y}L{x + mm(2.2)} {y + mm(8)}L{x} {y + mm(6.2)}L{x - mm(2.2)} {y + mm(8)}Z"
    return element("path", d=arrow, fill=INK) + text(x, y + mm(12), "N", 3.6, text_anchor="middle", font_weight=700)
