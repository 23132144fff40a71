"""The classes of covered share: one list for the map, its legend and its table.

Classes differ by lightness first, and the two extremes also by a texture, so that a black-and-white print
says the same. Shares are exact, never rounded first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.report.content import ZoneLine
from app.report.svg import Texture


@dataclass(frozen=True, slots=True)
class MapClass:
    """A class: its words, its paint, and whether a share belongs to it."""

    label: str
    fill: str
    texture: Texture | None
    holds: Callable[[float | None], bool]


#: From the lightest (everybody) to the darkest (nobody), then the unknown.
CLASSES: Final = (
    MapClass("100 %", "#f3f6f1", None, lambda pct: pct is not None and pct >= 100.0),
    MapClass("de 90 % à moins de 100 %", "#cddfd9", None, lambda pct: pct is not None and 90.0 <= pct < 100.0),
    MapClass("de 50 % à moins de 90 %", "#8fbab4", None, lambda pct: pct is not None and 50.0 <= pct < 90.0),
    MapClass("plus de 0 % à moins de 50 %", "#4a8787", None, lambda pct: pct is not None and 0.0 < pct < 50.0),
    MapClass("0 %", "#123f49", "hatch", lambda pct: pct is not None and pct <= 0.0),
    MapClass("inconnu ou sans habitant", "#ffffff", "dots", lambda pct: pct is None),
)


def shown_share(zone: ZoneLine) -> float | None:
    """The share to print and draw: None (unknown) when nobody's situation is known, rather than 0 %."""
    return zone.covered_pct if zone.covered + zone.uncovered else None


def class_of(covered_pct: float | None) -> MapClass:
    """Raises ValueError for a share that is not a number."""
    found = [map_class for map_class in CLASSES if map_class.holds(covered_pct)]
    if len(found) != 1:
        raise ValueError(f"part couverte impossible à classer : {covered_pct}")
    return found[0]
