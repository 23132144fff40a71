"""Conditional tags: dates are judged on two days, everything else is read and told, nothing is guessed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.conditions import parse_conditional

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def judged(text: str) -> list[tuple[str, bool, bool]]:
    clauses = parse_conditional(text)
    assert clauses is not None
    assert all(clause.is_dated for clause in clauses)
    return [(clause.value, clause.in_winter, clause.in_summer) for clause in clauses]


@pytest.mark.parametrize(
    ("condition", "in_winter", "in_summer"),
    [
        ("(Nov-Apr)", True, False),
        ("Nov-Apr", True, False),
        ("(nov - apr)", True, False),
        ("(Nov 15-May 01)", True, False),
        ("(Nov 15 - May 1)", True, False),
        ("(Jan 16-May 1)", False, False),
        ("(Jan 15-May 1)", True, False),
        ("(Oct 31-Jan 14)", False, False),
        ("(Oct 31-Jan 15)", True, False),
        ("(Jan 10-20)", True, False),
        ("(Jan 16-20)", False, False),
        ("(Jan 15)", True, False),
        ("(Jan)", True, False),
        ("(Dec,Jan,Feb)", True, False),
        ("(Dec, Jan; Feb)", True, False),
        ("(Jun 15-Sep 15)", False, True),
        ("(May-Oct)", False, True),
        ("(Jan-Dec)", True, True),
        ("(Nov 30-Feb 29)", True, False),
        ("(Sep-Feb)", True, False),
        ("(Nov-Apr 24/7)", True, False),
        ("(Nov-Apr 00:00-24:00)", True, False),
        ("(Nov-Apr Mo-Su 00:00-24:00)", True, False),
        ("(Nov-Apr: 00:00-24:00)", True, False),
        ("(winter)", True, False),
        ("winter", True, False),
        ("(snow)", True, False),
        ("(summer)", False, True),
        ("(Nov-Apr AND snow)", True, False),
        ("(Nov-Apr AND summer)", False, False),
    ],
)
def test_dates_on_the_two_days(condition: str, in_winter: bool, in_summer: bool) -> None:
    clauses = parse_conditional(f"no @ {condition}")
    assert clauses is not None
    assert [(clause.is_dated, clause.in_winter, clause.in_summer) for clause in clauses] == [
        (True, in_winter, in_summer)
    ]


@pytest.mark.parametrize(
    "condition",
    [
        *(
            "(07:00-19:00)",
            "(Mo-Fr 07:00-19:00)",
            "(Nov-Apr 20:00-08:00)",
            "(Nov-Apr Sa,Su)",
            "Sa-Su",
            "sunset-sunrise",
        ),
        *("(weight>3.5)", "(maxweightrating > 7.5)", "(length>12)", "wet", "(trailer)", "hgv", "delivery"),
        *("(weight>3.5 AND Nov-Apr)", "(week 45-17)", "(2023 Nov 15-2024 Apr 30)", "(SH)", "(easter -2 days)"),
        "(Jul 23-Aug 21 Sa 14:00-20:00;Jul 23-Aug 21 Su,PH 10:00-20:00)",
        "(We 06:30 - 14:30; Sa 06:30 - 14:30)",
    ],
)
def test_what_dates_alone_do_not_decide_is_read_and_left(condition: str) -> None:
    clauses = parse_conditional(f"no @ {condition}")
    assert clauses is not None
    assert [clause.is_dated for clause in clauses] == [False]


@pytest.mark.parametrize(
    "text",
    [
        *("", ";", "no", "no @", "@ (Nov-Apr)", "no @ ()", "no @ (Nov-Apr); yes", "no @ (Brumaire-Germinal)"),
        *("no @ (Nov 31-Feb 30)", "no @ (Nov 31)", "no @ (Nov-Feb 30)", "no @ (Feb 20-30)", "no @ (Nov ١٥-Apr)"),
        *("no @ (Nov 40-Apr)", "no @ (Nov 0-Apr)", "no @ (Nov-15)", "no @ (Nov-Apr", "no @ (hiver 2)", "no @ (15/11)"),
    ],
)
def test_what_is_not_understood(text: str) -> None:
    assert parse_conditional(text) is None


def test_several_clauses_keep_their_order() -> None:
    assert judged("no @ (Nov-Apr); destination @ (Jul)") == [("no", True, False), ("destination", False, True)]


def test_clause_with_hours_beside_a_clause_with_dates() -> None:
    clauses = parse_conditional("no @ (Nov-Apr); no @ (22:00-06:00)")
    assert clauses is not None
    assert [clause.is_dated for clause in clauses] == [True, False]


_DAYS = st.dates(date(2023, 1, 1), date(2023, 12, 31))


@given(_DAYS, _DAYS)
def test_range_of_dates_agrees_with_a_walk_through_the_calendar(first: date, last: date) -> None:
    """Slow twin: day after day from the first to the last, through the New Year if need be."""
    met, day = set(), first
    while (day.month, day.day) not in met:
        met.add((day.month, day.day))
        if (day.month, day.day) == (last.month, last.day):
            break
        day += timedelta(days=1)
    text = f"no @ ({MONTHS[first.month - 1]} {first.day}-{MONTHS[last.month - 1]} {last.day})"
    assert judged(text) == [("no", (1, 15) in met, (7, 15) in met)]


@given(st.text(alphabet="no@()NovApr 15-;,:AND>.", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    clauses = parse_conditional(text)
    assert clauses is None or all(clause.value and clause.condition for clause in clauses)
