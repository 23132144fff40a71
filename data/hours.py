"""Opening hours as France services writes them, turned into OpenStreetMap's ``opening_hours``.

A cell is ``09:00 - 12:00 / 13:30 - 17:00``. The published file holds zero ranges (``00:00 - 00:00`` means
closed), duplicates, overlaps and ranges out of order. What can be understood without guessing is tidied and
named in ``repairs``; what cannot makes the hours of the whole week unknown, because a day left out would read
as "closed".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from data.contract import Finding

#: French day -> the abbreviation of ``opening_hours``, in the order of the week.
DAYS: Final = {
    "lundi": "Mo",
    "mardi": "Tu",
    "mercredi": "We",
    "jeudi": "Th",
    "vendredi": "Fr",
    "samedi": "Sa",
    "dimanche": "Su",
}
CLOSED: Final = "closed"

_RANGE: Final = re.compile(r"(\d{1,2})[:hH](\d{2})?\s{0,3}(?:-|–|—|à)\s{0,3}(\d{1,2})[:hH](\d{2})?")
_CLOSED_WORDS: Final = frozenset({"fermé", "ferme", "fermée", "fermeture", "closed"})
_MAX_CELL_CHARS: Final = 300

Minutes = tuple[int, int]  # since midnight, start < end <= 1440


@dataclass(frozen=True, slots=True)
class HoursResult:
    """``opening_hours`` is None when unknown, "closed" when the source says closed all week."""

    opening_hours: str | None
    is_known: bool
    findings: tuple[Finding, ...]
    repairs: frozenset[str] = frozenset()  # zero_range, duplicate, overlap, unsorted


@dataclass(frozen=True, slots=True)
class _Cell:
    ranges: tuple[Minutes, ...] = ()
    repairs: frozenset[str] = frozenset()
    problem: str | None = None


def france_services_hours(days: Mapping[str, str], *, line: int | None = None) -> HoursResult:
    """Hours of one site from its columns: ``{"lundi": "09:00 - 12:00", ...}``, keys of DAYS.

    All cells empty: unknown. A cell empty beside others that hold hours: closed that day. Every range zero:
    "closed", with a warning since a site that never opens is doubtful. One unreadable range, or an end before
    its start: unknown, with a finding.

    The source has no column for Sunday and says nothing of public holidays. Neither is written: a reader of
    the result finds Sunday closed, and "PH off" would be an invention.
    """
    filled = {day: text.strip() for day, text in days.items() if text.strip()}
    if not filled:
        return HoursResult(None, False, ())
    cells = {day: _read_cell(filled[day]) for day in DAYS if day in filled}
    repairs = frozenset().union(*(cell.repairs for cell in cells.values()))
    problems = tuple(
        _unreadable(day, filled[day], cell.problem, line) for day, cell in cells.items() if cell.problem is not None
    )
    if problems:
        return HoursResult(None, False, problems, repairs)
    opening_hours = _format_week({day: cell.ranges for day, cell in cells.items()})
    if opening_hours is None:
        return HoursResult(CLOSED, True, (_never_open(line),), repairs)
    return HoursResult(opening_hours, True, (), repairs)


@lru_cache(maxsize=4096)
def _read_cell(text: str) -> _Cell:
    """Sorted, merged ranges of one cell, or the problem that forbids reading it."""
    if text.casefold() in _CLOSED_WORDS:
        return _Cell()
    if len(text) > _MAX_CELL_CHARS:
        return _Cell(problem="texte trop long pour des horaires")
    repairs: set[str] = set()
    ranges: list[Minutes] = []
    for piece in text.split("/"):
        match = _RANGE.fullmatch(piece.strip())
        if match is None:
            return _Cell(problem=f"plage illisible « {piece.strip()} »")
        start, end = _minutes(match[1], match[2]), _minutes(match[3], match[4])
        if start is None or end is None:
            return _Cell(problem=f"heure impossible dans « {piece.strip()} »")
        if start == end == 0:
            repairs.add("zero_range")
            continue
        if end <= start:
            return _Cell(problem=f"la fin n'est pas après le début dans « {piece.strip()} »")
        ranges.append((start, end))
    return _Cell(_tidy(ranges, repairs), frozenset(repairs))


def _minutes(hours: str, minutes: str | None) -> int | None:
    total = int(hours) * 60 + int(minutes or 0)
    return total if int(minutes or 0) < 60 and total <= 24 * 60 else None


def _tidy(ranges: list[Minutes], repairs: set[str]) -> tuple[Minutes, ...]:
    """Ranges in order, duplicates dropped, overlapping ones merged; what was done is added to ``repairs``."""
    if ranges != sorted(ranges):
        repairs.add("unsorted")
    if len(set(ranges)) < len(ranges):
        repairs.add("duplicate")
    merged: list[Minutes] = []
    for start, end in sorted(set(ranges)):
        if merged and start <= merged[-1][1]:
            if start < merged[-1][1]:
                repairs.add("overlap")
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _format_week(week: dict[str, tuple[Minutes, ...]]) -> str | None:
    """``Mo-We,Fr 09:00-12:00; Sa 10:00-12:00``, equal days together; None when no day has a range."""
    order = list(DAYS)
    groups: dict[tuple[Minutes, ...], list[int]] = {}
    for day, ranges in week.items():
        if ranges:
            groups.setdefault(ranges, []).append(order.index(day))
    rules = [
        f"{_format_days(sorted(indexes))} {','.join(f'{_clock(a)}-{_clock(b)}' for a, b in ranges)}"
        for ranges, indexes in groups.items()
    ]
    return "; ".join(rules) or None


def _format_days(indexes: list[int]) -> str:
    names = list(DAYS.values())
    runs: list[list[int]] = []
    for index in indexes:
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    parts = [
        f"{names[run[0]]}-{names[run[-1]]}" if len(run) > 2 else ",".join(names[index] for index in run) for run in runs
    ]
    return ",".join(parts)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _unreadable(day: str, text: str, problem: str, line: int | None) -> Finding:
    return Finding(
        "warning",
        line,
        f"h_{day}",
        text[:_MAX_CELL_CHARS],
        f"Horaires du {day} : {problem}. Les horaires de ce lieu sont tenus pour inconnus.",
        "Écrire les plages sous la forme 09:00 - 12:00 / 13:30 - 17:00.",
    )


def _never_open(line: int | None) -> Finding:
    return Finding(
        "warning",
        line,
        None,
        None,
        "Selon la source, ce lieu n'ouvre aucun jour de la semaine.",
        "Vérifier auprès du lieu ; laisser les colonnes vides si les horaires ne sont pas connus.",
    )
