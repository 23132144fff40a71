"""Conditional tags of OpenStreetMap: ``value @ (condition); ...``. Dates are judged, everything else is told.

A travel time here holds at any hour, so only conditions of dates and seasons are judged, at noon on two days: one of
winter, one of summer. Hours, days of the week, weights and kinds of vehicles are read (``Clause.is_dated`` False) and
left to the caller to report. What fits no known form makes the whole value None: not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: (month, day): 15 January, when passes are shut, and 15 July, when none is.
WINTER_DAY: Final = (1, 15)
SUMMER_DAY: Final = (7, 15)

_LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # days of each month, in a leap year
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: Conditions in a word: do they hold on (the winter day, the summer day)?
_SEASONS: Final = {
    "winter": (True, False),
    "snow": (True, False),
    "ice": (True, False),
    "summer": (False, True),
    "spring": (False, False),
    "autumn": (False, False),
}
_MONTH = rf"(?:{'|'.join(_MONTHS)})"
_DATES: Final = re.compile(
    rf"(?P<from>{_MONTH})(?: (?P<from_day>\d{{1,2}}))?"
    rf"(?: ?- ?(?:(?P<to>{_MONTH})(?: (?P<to_day>\d{{1,2}}))?|(?P<until_day>\d{{1,2}})))?",
    re.ASCII,
)
#: Added to dates, these change nothing: every hour of every day.
_ALWAYS: Final = re.compile(r"(?:[ :]+(?:24/7|00:00 ?- ?24:00|mo ?- ?su))+$", re.ASCII)
#: Known forms that dates alone do not decide: hours, days, weeks, years, holidays, the sun, sizes, kinds of traffic.
_OTHER: Final = re.compile(
    r"\d:\d\d|\b(?:mo|tu|we|th|fr|sa|su|mon|tue|wed|thu|fri|sat|sun)\b|\bweek\b|\b\d{4}\b|\b(?:ph|sh)\b|24/7"
    r"|sunrise|sunset|dawn|dusk|easter|[<>=]|^[a-z_]+(?: and [a-z_]+)*$",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One ``value @ condition``. ``in_winter`` and ``in_summer`` mean nothing unless ``is_dated``."""

    value: str
    condition: str
    is_dated: bool
    in_winter: bool = False
    in_summer: bool = False


@lru_cache(maxsize=4096)
def parse_conditional(text: str) -> tuple[Clause, ...] | None:
    """The clauses of a ``*:conditional`` value, in their order (the last one that holds wins); None: not understood."""
    clauses = []
    for part in _split(text, ";"):
        value, at, condition = part.partition("@")
        verdict = _judge(_bare(condition)) if at and value.strip() else None
        if verdict is None:
            return None
        clauses.append(Clause(value.strip(), _bare(condition), *verdict))
    return tuple(clauses) or None


def _judge(condition: str) -> tuple[bool, bool, bool] | None:
    """(is dated, holds in winter, holds in summer); None for what has no known form."""
    text = condition.lower()
    parts = [_days(part.strip()) for part in text.split(" and ")]
    dated = [days for days in parts if days is not None]
    if len(dated) == len(parts):
        return True, all(winter for winter, _ in dated), all(summer for _, summer in dated)
    return (False, False, False) if _OTHER.search(text) else None


def _days(text: str) -> tuple[bool, bool] | None:
    """Does a list of dates or a season hold on the winter day, on the summer day? None when it is neither."""
    if text in _SEASONS:
        return _SEASONS[text]
    selectors = [_ALWAYS.sub("", part.strip()) for part in re.split("[,;]", text)]
    matches = [_DATES.fullmatch(selector) for selector in selectors]
    ranges = [_range(match) for match in matches if match is not None]
    if len(ranges) < len(selectors) or None in ranges:
        return None
    spans = [span for span in ranges if span is not None]
    return _holds(spans, WINTER_DAY), _holds(spans, SUMMER_DAY)


_Day = tuple[int, int]


def _range(match: re.Match[str]) -> tuple[_Day, _Day] | None:
    """First and last day, None for a day that its month does not have ("Nov 31", "Feb 30")."""
    first_month = _MONTHS.index(match["from"]) + 1
    last_month = _MONTHS.index(match["to"]) + 1 if match["to"] else first_month
    first_day = int(match["from_day"] or 1)
    if match["to"]:
        last_day = int(match["to_day"] or 31)
    elif match["until_day"]:
        last_day = int(match["until_day"]) if match["from_day"] else 0  # "Nov-15" says no day to start from
    else:
        last_day = int(match["from_day"] or 31)
    is_said = (bool(match["from_day"]), bool(match["to_day"] or match["until_day"]))
    days = (first_month, first_day), (last_month, last_day)
    # A whole month ends on its 31st, whether it has one or not.
    is_real = all(
        1 <= day <= (_LONGEST[month - 1] if said else 31) for (month, day), said in zip(days, is_said, strict=True)
    )
    return days if is_real else None


def _holds(spans: list[tuple[_Day, _Day]], day: _Day) -> bool:
    """A span that ends before it starts goes through the New Year."""
    return any(first <= day <= last if first <= last else day >= first or day <= last for first, last in spans)


def _bare(condition: str) -> str:
    text = " ".join(condition.split())
    return text[1:-1].strip() if text.startswith("(") and text.endswith(")") else text


def _split(text: str, separator: str) -> Iterator[str]:
    """The parts between separators that stand outside parentheses; empty ones are left out."""
    depth, part = 0, ""
    for letter in text + separator:
        if letter == separator and depth <= 0:
            if part.strip():
                yield part.strip()
            part = ""
            continue
        depth += {"(": 1, ")": -1}.get(letter, 0)
        part += letter
    if part.strip():  # a parenthesis that never closes
        yield part.removesuffix(separator).strip()
