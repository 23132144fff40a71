"""The few SVG elements our figures need, written so that the file is always well-formed XML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal
from xml.sax.saxutils import escape, quoteattr

from app.report.french import printable

UNITS_PER_MM: Final = 20
FONT: Final = "Libertinus Serif"
#: Mean advance of a Libertinus letter, in em: enough to keep labels apart.
MEAN_ADVANCE_EM: Final = 0.47

Attribute = str | int | float
Point = tuple[int, int]
Texture = Literal["hatch", "dots"]


def mm(length_mm: float) -> int:
    """Millimetres on paper to the units of our drawings."""
    return round(length_mm * UNITS_PER_MM)


def pen(**attributes: Attribute) -> dict[str, Attribute]:
    """How something is painted, to be given to ``element`` more than once."""
    return attributes


def element(name: str, inner: str = "", /, **attributes: Attribute) -> str:
    """``stroke_width=3`` is written ``stroke-width="3"``, values escaped; ``inner`` is markup already."""
    pairs = "".join(f" {key.replace('_', '-')}={quoteattr(str(value))}" for key, value in attributes.items())
    return f"<{name}{pairs}>{inner}</{name}>" if inner else f"<{name}{pairs}/>"


def text(x: int, y: int, words: str, size_mm: float = 3.0, **attributes: Attribute) -> str:
    return element(
        "text",
        escape(printable(words)),
        x=x,
        y=y,
        font_family=FONT,
        font_size=mm(size_mm),
        fill="#14212b",
        **attributes,
    )


def title(words: str) -> str:
    return element("title", escape(printable(words)))


def document(width: int, height: int, parts: Iterable[str]) -> str:
    """A whole file, sized in millimetres on paper."""
    return element(
        "svg",
        "".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=f"{width / UNITS_PER_MM:.2f}mm",
        height=f"{height / UNITS_PER_MM:.2f}mm",
    )


def path_data(points: Sequence[Point], *, closed: bool) -> str:
    """Path commands of a line or ring; repeated points are dropped; empty when nothing would show."""
    kept = [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]
    if closed and len(kept) > 1 and kept[0] == kept[-1]:
        kept.pop()
    if len(kept) < (3 if closed else 2):
        return ""
    return "M" + "L".join(f"{x} {y}" for x, y in kept) + ("Z" if closed else "")


def rectangle_data(x: int, y: int, width: int, height: int) -> str:
    return f"M{x} {y}h{width}v{height}h{-width}Z"


def textured(name: str, texture: Texture, outline: str, box: tuple[int, int, int, int]) -> str:
    """Lines or dots over ``box`` (x, y, width, height), kept inside ``outline`` (path data).

    Drawn, not an SVG pattern: viewers show the seams of a pattern's tiles as a second hatching.
    """
    if not outline:
        return ""
    clip = element("clipPath", element("path", d=outline, clip_rule="evenodd"), id=name)
    return element("defs", clip) + element("path", d=_lines(texture, box), clip_path=f"url(#{name})", **_PENS[texture])


_PENS: Final = {
    "hatch": pen(fill="none", stroke="#a9c3c4", stroke_width=mm(0.22)),
    "dots": pen(
        fill="none",
        stroke="#4a4a4a",
        stroke_width=mm(0.4),
        stroke_linecap="round",
        stroke_dasharray=f"0 {mm(1.3)}",
    ),
}


def _lines(texture: Texture, box: tuple[int, int, int, int]) -> str:
    x, y, width, height = box
    if texture == "hatch":
        starts = range(x - height, x + width, mm(1.6))
        return "".join(f"M{start} {y + height}l{height} {-height}" for start in starts)
    return "".join(f"M{x + mm(0.65)} {row}h{width}" for row in range(y + mm(0.65), y + height, mm(1.3)))
