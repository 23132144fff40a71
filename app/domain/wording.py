"""How figures are written in French: one place, so that page, report and command line say the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

THIN: Final = "\u202f"  # narrow no-break space: between thousands
NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"


def integer_fr(value: int) -> str:
    """12345 -> "12 345" (narrow no-break spaces), minus sign included."""
    return f"{value:,}".replace(",", THIN).replace("-", MINUS)


def decimal_fr(value: Decimal | float, places: int) -> str:
    """Rounded half up, the way people do by hand. Raises ValueError for NaN or an infinity."""
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"valeur non imprimable : {value}")
    rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    if rounded.is_zero():
        rounded = abs(rounded)
    return f"{rounded:,}".replace(",", THIN).replace(".", ",").replace("-", MINUS)


def percent_fr(pct: float | None) -> str:
    """One decimal, but never "100,0 %" while somebody is left out nor "0,0 %" while somebody is in."""
    if pct is None:
        return "inconnu"
    if 99.95 <= pct < 100.0:
        return f">{NBSP}99,9{NBSP}%"
    if 0.0 < pct < 0.05:
        return f"<{NBSP}0,1{NBSP}%"
    return f"{decimal_fr(pct, 1)}{NBSP}%"


def share_fr(part: int, whole: int) -> str:
    """``percent_fr`` of a part of a whole; "sans objet" where the whole is empty."""
    return percent_fr(100.0 * part / whole) if whole else "sans objet"


def threshold_fr(threshold_s: float) -> str:
    """1800 -> "30 minutes", 1770 -> "29,5 minutes", 60 -> "1 minute"."""
    minutes = f"{threshold_s / 60:g}".replace(".", ",")
    return f"{minutes} minute{'s' if threshold_s >= 120 else ''}"


def duration_fr(seconds: float | None) -> str:
    """Minutes and seconds, cut: rounding to minutes could contradict the side of the threshold."""
    if seconds is None:
        return "inconnu"
    if math.isinf(seconds):
        return "aucune route"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def stale_fr(changed: Sequence[str]) -> str:
    """What has changed since a run, named: the figures are those of the run, not of what is loaded today."""
    return (
        f"Depuis ce calcul ont changé : {', '.join(changed)}. Les chiffres sont ceux du calcul ; il est à refaire "
        "pour les mettre à jour."
    )
