"""Files for spreadsheets: no text is ever run, numbers stay numbers, the sources travel along."""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from app.api.exports import Origin, csv_answer, inert, minutes_cell, seconds_cell, xlsx_answer
from app.api.info import list_info, minutes

RUN_ID = UUID("3f2b8c1e-0000-4000-8000-000000000042")
RUN_AT = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))  # the year before, in UTC
INFO = list_info([False]).model_copy(update={"run_id": RUN_ID, "run_created_at": RUN_AT, "threshold_min": 1801 / 60})
ORIGIN = Origin(INFO, "own_fixed")


@pytest.mark.parametrize("text", ["=1+1", "+33", "-cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx"])
def test_formulas_are_inert(text: str) -> None:
    assert inert(text) == "'" + text
    answer = csv_answer("f", ["nom"], [[text]], ORIGIN)
    (line,) = csv.DictReader(io.StringIO(answer.content.decode(), newline=""))
    assert line["nom"] == "'" + text


@pytest.mark.parametrize("text", ["Ajaccio", "L'Île-Rousse", "2A004", "1+1", ""])
def test_other_texts_are_left_alone(text: str) -> None:
    assert inert(text) == text


def test_numbers_are_untouched() -> None:
    answer = csv_answer("f", ["a", "b", "c", "d", "e"], [[-5, -1.5, None, float("inf"), True]], ORIGIN)
    assert answer.content.decode().splitlines()[1].startswith("-5,-1.5,,aucune route,oui,")


def test_every_line_carries_the_licences() -> None:
    lines = list(csv.DictReader(io.StringIO(csv_answer("f", ["a"], [[1], [2]], ORIGIN).content.decode())))
    assert all("OpenStreetMap" in line["sources"] and "Licence Ouverte 2.0" in line["sources"] for line in lines)


def test_a_workbook_holds_texts_not_formulas_nor_links() -> None:
    answer = xlsx_answer("f", ["nom"], [["=1+1"], ["https://example.org"], ["0612"]], ORIGIN)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in book.namelist() if "rels" in name and "sheet1" in name]
    assert "<f>" not in sheet
    # Six headings and the texts of each of three lines: its own, its run, its date, its journey, the sites counted.
    assert sheet.count('t="s"') == 6 + 3 * 5


def test_every_line_carries_its_run_threshold_and_scope() -> None:
    lines = list(csv.DictReader(io.StringIO(csv_answer("f", ["a"], [[1], [2]], ORIGIN).content.decode())))
    assert len(lines) == 2
    for line in lines:
        assert line["calcul"] == str(RUN_ID)
        assert line["calcule_le"] == "2025-12-31T23:30:00Z"
        assert line["seuil_s"] == "1801"
        assert line["lieux_comptes"] == "lieux du seul département, sans les bus"


def test_a_workbook_carries_its_run_threshold_and_scope_on_both_sheets() -> None:
    answer = xlsx_answer("f", ["a"], [[1], [2]], ORIGIN)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        texts = re.findall(r"<t[^>]*>([^<]*)</t>", book.read("xl/sharedStrings.xml").decode())
        figures, sources = (book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2))

    def cells(sheet: str, text: str) -> int:
        return sheet.count(f't="s"><v>{texts.index(text)}</v>')

    assert (cells(figures, "calcul"), cells(figures, "seuil_s"), figures.count("<v>1801</v>")) == (1, 1, 2)
    scope = "lieux du seul département, sans les bus"
    assert (cells(figures, str(RUN_ID)), cells(figures, "2025-12-31T23:30:00Z"), cells(figures, scope)) == (2, 2, 2)
    assert cells(sources, scope) == 1


@pytest.mark.parametrize(
    ("time_s", "in_min", "in_s"),
    [(1799.9, 29.9, 1799.9), (1799.9 - 1800 + 0.1 + 1800, 30.0, 1800.0), (100 / 3, 0.6, 33.3), (None, None, None),
     (math.inf, math.inf, math.inf)],
)  # fmt: skip
def test_times_of_files_have_no_dust(time_s: float | None, in_min: object, in_s: object) -> None:
    assert (minutes_cell(time_s, 1800), seconds_cell(time_s)) == (in_min, in_s)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, 0.0), (1797, 29.9), (1799.9, 29.9), (1800, 30.0), (1800.1, 30.0), (None, None), (float("nan"), None),
     (float("inf"), "no_route"), (63, 1.1)],
)  # fmt: skip
def test_minutes_never_cross_the_threshold_by_rounding(seconds: float | None, shown: object) -> None:
    assert minutes(seconds) == shown
