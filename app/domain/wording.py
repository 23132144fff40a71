"""How figures are written in French. One place, so that page, report and command line say the same."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, Decimal

#: Narrow no-break space: parts thousands, and stands before % and other signs (Lexique de l'Imprimerie nationale).
THIN_SPACE = "\u202f"


def integer_fr(value: int) -> str:
    return f"{value:,}".replace(",", THIN_SPACE)


def percent_fr(part: int, whole: int) -> str:
    """One decimal, cut and not rounded: 99.97 % is not yet 100 %, and nobody is rounded into the covered."""
    if whole == 0:
        return "sans objet"
    share = (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"), rounding=ROUND_DOWN)
    return f"{share}".replace(".", ",") + f"{THIN_SPACE}%"


def minutes_fr(seconds: float | None, *, no_route: str = "aucune route") -> str:
    """Whole minutes and seconds: rounding to minutes could contradict the side of the threshold."""
    if seconds is None:
        return "inconnu"
    if math.isinf(seconds):
        return no_route
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s"
