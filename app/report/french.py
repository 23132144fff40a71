"""Numbers, money, dates and texts the way a French reader writes them, with glyphs our fonts have."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from app.domain.wording import NBSP, decimal_fr, integer_fr

UNKNOWN: Final = "inconnu"
NO_ROUTE: Final = "aucune route"
NOBODY: Final = "sans objet"

_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip

#: Code points the fonts embedded in typst can draw (a test compiles every one of them under PDF/UA-1).
_DRAWABLE: Final = (
    (0x20, 0x7E),
    (0xA0, 0xAC),
    (0xAE, 0x17F),  # soft hyphen left out
    (0x218, 0x21B),
    (0x391, 0x3A1),
    (0x3A3, 0x3CE),
    (0x400, 0x45F),
    (0x2010, 0x2015),
    (0x2018, 0x201E),
    (0x2020, 0x2022),
    (0x2026, 0x2026),
    (0x202F, 0x2030),
    (0x2032, 0x2033),
    (0x2039, 0x203A),
    (0x20AC, 0x20AC),
    (0x2116, 0x2116),
    (0x2122, 0x2122),
    (0x2190, 0x2193),
    (0x2212, 0x2212),
    (0x2260, 0x2260),
    (0x2264, 0x2265),
    (0xFFFD, 0xFFFD),
)
_STRAIGHT_APOSTROPHE: Final = re.compile(r"(?<=\w)'(?=\w)")
_DRAWABLE_POINTS: Final = frozenset(p for first, last in _DRAWABLE for p in range(first, last + 1))


def signed_fr(value: int) -> str:
    """An increase or a decrease; nothing to add is "0"."""
    return f"+{integer_fr(value)}" if value > 0 else integer_fr(value)


def money_fr(value: Decimal | None) -> str:
    return UNKNOWN if value is None else f"{decimal_fr(value, 2)}{NBSP}€"


def minutes_fr(value_min: float | None) -> str:
    """Without its unit. None is unknown, infinity is no route at all; NaN raises ValueError."""
    if value_min is None:
        return UNKNOWN
    return NO_ROUTE if value_min == math.inf else decimal_fr(value_min, 1)


def date_fr(day: date) -> str:
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number}{NBSP}{_MONTHS[day.month - 1]}{NBSP}{day.year}"


def instant_fr(instant: datetime) -> str:
    """In UTC: a run is dated the same from Cayenne to Saint-Denis. Raises ValueError when naive."""
    if instant.tzinfo is None:
        raise ValueError("date sans fuseau horaire : elle ne désigne aucun instant")
    utc = instant.astimezone(UTC)
    return f"{date_fr(utc.date())} à {utc.hour}{NBSP}h{NBSP}{utc.minute:02d} (UTC)"


def plural(count: int, singular: str, many: str | None = None) -> str:
    """ "1 commune", "12 communes": zero and one are singular in French."""
    word = singular if abs(count) < 2 else many or f"{singular}s"
    return f"{integer_fr(count)}{NBSP}{word}"


def sort_key(nom: str) -> str:
    """Accents and case ignored, as in a French index."""
    flat = unicodedata.normalize("NFKD", nom.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in flat if not unicodedata.combining(c)).replace("-", " ").replace("’", "'")


def printable(text: str) -> str:
    """French apostrophes; U+FFFD for what no embedded font draws; invisible controls removed.

    PDF/UA-1 refuses a character without a glyph: one emoji in a site's name must not cost the whole report.
    """
    kept: list[str] = []
    for char in unicodedata.normalize("NFC", text):
        if ord(char) in _DRAWABLE_POINTS:
            kept.append(char)
        elif char.isspace():
            kept.append(" ")
        elif unicodedata.category(char) not in ("Cc", "Cf"):
            kept.append("\ufffd")
    return _STRAIGHT_APOSTROPHE.sub("’", "".join(kept))


def printable_tree(value: Any) -> Any:
    """``printable`` on every string of a JSON-like tree."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: printable_tree(item) for key, item in value.items()}
    return [printable_tree(item) for item in value] if isinstance(value, list | tuple) else value
