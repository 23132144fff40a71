"""Opening hours: every kind of dirt seen in the published file, and what must stay unknown."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opening_hours import OpeningHours

from data.hours import DAYS, france_services_hours

WORKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (dict.fromkeys(WORKDAYS, "09:00 - 12:00 / 13:30 - 17:00"), "Mo-Fr 09:00-12:00,13:30-17:00"),
        ({"lundi": "09:00 - 12:00", "mercredi": "09:00 - 12:00"}, "Mo,We 09:00-12:00"),
        ({"lundi": "09:00 - 12:00", "mardi": "09:00 - 12:00"}, "Mo,Tu 09:00-12:00"),
        ({"samedi": "10:00 - 12:00", "lundi": "09:00 - 12:00"}, "Mo 09:00-12:00; Sa 10:00-12:00"),
        ({"lundi": "9h - 12h30"}, "Mo 09:00-12:30"),
        ({"lundi": "09:00–24:00"}, "Mo 09:00-24:00"),
        ({"lundi": "09:00 - 12:00", "mardi": "Fermé"}, "Mo 09:00-12:00"),
        ({"lundi": "09:00 - 12:00 / 12:00 - 17:00"}, "Mo 09:00-17:00"),
    ],
)
def test_clean_hours(days: dict[str, str], expected: str) -> None:
    result = france_services_hours(days)
    assert (result.opening_hours, result.is_known, result.findings) == (expected, True, ())
    assert result.repairs == frozenset()


@pytest.mark.parametrize(
    ("text", "expected", "repair"),
    [
        ("00:00 - 00:00 / 00:00 - 00:00 / 08:30 - 16:00", "Mo 08:30-16:00", "zero_range"),
        ("09:00 - 12:00 / 09:00 - 12:00", "Mo 09:00-12:00", "duplicate"),
        ("09:00 - 12:30 / 12:00 - 17:00", "Mo 09:00-17:00", "overlap"),
        ("14:00 - 17:00 / 09:00 - 12:00", "Mo 09:00-12:00,14:00-17:00", "unsorted"),
    ],
)
def test_dirt_is_tidied_and_named(text: str, expected: str, repair: str) -> None:
    result = france_services_hours({"lundi": text})
    assert result.opening_hours == expected
    assert result.repairs == {repair}


def test_no_hours_is_unknown_and_zero_hours_is_closed() -> None:
    nothing = france_services_hours(dict.fromkeys(WORKDAYS, "  "))
    assert (nothing.opening_hours, nothing.is_known) == (None, False)
    closed = france_services_hours({"lundi": "00:00 - 00:00", "mardi": ""})
    assert (closed.opening_hours, closed.is_known) == ("closed", True)
    assert closed.findings[0].severity == "warning"


@pytest.mark.parametrize(
    "text",
    ["17:00 - 09:00", "09:00 - 09:00", "25:00 - 26:00", "09:60 - 10:00", "sur rendez-vous", "09:00", "/",
     "9 - 12", "09:00 - 12:00 et 14:00 - 17:00"],
)  # fmt: skip
def test_what_cannot_be_read_makes_the_week_unknown(text: str) -> None:
    result = france_services_hours({"lundi": text, "mardi": "09:00 - 12:00"}, line=7)
    assert (result.opening_hours, result.is_known) == (None, False)
    finding = result.findings[0]
    assert (finding.line, finding.field, finding.value) == (7, "h_lundi", text)
    assert "lundi" in finding.message


def test_public_holidays_are_not_invented() -> None:
    assert "PH" not in (france_services_hours({"lundi": "09:00 - 12:00"}).opening_hours or "")


def test_hostile_cell_is_quick() -> None:
    start = time.perf_counter()
    for text in ("1:" * 100_000, " " * 100_000 + "x", "09:00 -" + " " * 100_000, "/" * 100_000):
        assert france_services_hours({"lundi": text}).opening_hours is None
    assert time.perf_counter() - start < 5


_minutes = st.integers(min_value=0, max_value=24 * 60)
_ranges = st.lists(st.tuples(_minutes, _minutes).filter(lambda pair: pair[0] < pair[1]), min_size=1, max_size=5)


@given(week=st.dictionaries(st.sampled_from(list(DAYS)), _ranges, min_size=1))
def test_every_open_minute_is_kept_and_no_other(week: dict[str, list[tuple[int, int]]]) -> None:
    """Read back by another program, the result opens exactly at the minutes of the cells."""
    cells = {
        day: " / ".join(f"{a // 60:02d}:{a % 60:02d} - {b // 60:02d}:{b % 60:02d}" for a, b in ranges)
        for day, ranges in week.items()
    }
    result = france_services_hours(cells)
    assert result.opening_hours is not None
    found = set()
    for rule in result.opening_hours.split("; "):
        names, times = rule.split(" ")
        for day in _expand(names):
            for piece in times.split(","):
                start, end = (int(text[:2]) * 60 + int(text[3:]) for text in piece.split("-"))
                found |= {(day, minute) for minute in range(start, end)}
    order = list(DAYS)
    wanted = {(order.index(day), m) for day, ranges in week.items() for a, b in ranges for m in range(a, b)}
    assert found == wanted
    OpeningHours(result.opening_hours)


def _expand(names: str) -> list[int]:
    codes = list(DAYS.values())
    days: list[int] = []
    for part in names.split(","):
        first, _, last = part.partition("-")
        days += range(codes.index(first), codes.index(last or first) + 1)
    return days
