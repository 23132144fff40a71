"""Files for spreadsheets: no text is ever run, numbers stay numbers, the sources travel along."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

from app.api.exports import csv_answer, inert, xlsx_answer
from app.api.info import list_info, minutes

INFO = list_info([False])


@pytest.mark.parametrize("text", ["=1+1", "+33", "-cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx"])
def test_formulas_are_inert(text: str) -> None:
    assert inert(text) == "'" + text
    answer = csv_answer("f", ["nom"], [[text]], INFO)
    (line,) = csv.DictReader(io.StringIO(answer.content.decode(), newline=""))
    assert line["nom"] == "'" + text


@pytest.mark.parametrize("text", ["Ajaccio", "L'Île-Rousse", "2A004", "1+1", ""])
def test_other_texts_are_left_alone(text: str) -> None:
    assert inert(text) == text


def test_numbers_are_untouched() -> None:
    answer = csv_answer("f", ["a", "b", "c", "d", "e"], [[-5, -1.5, None, float("inf"), True]], INFO)
    assert answer.content.decode().splitlines()[1].startswith("-5,-1.5,,aucune route,oui,")


def test_every_line_carries_the_licences() -> None:
    lines = list(csv.DictReader(io.StringIO(csv_answer("f", ["a"], [[1], [2]], INFO).content.decode())))
    assert all("OpenStreetMap" in line["sources"] and "Licence Ouverte 2.0" in line["sources"] for line in lines)


def test_a_workbook_holds_texts_not_formulas_nor_links() -> None:
    answer = xlsx_answer("f", ["nom"], [["=1+1"], ["https://example.org"], ["0612"]], INFO)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in book.namelist() if "rels" in name and "sheet1" in name]
    assert "<f>" not in sheet
    assert sheet.count('t="s"') == 4


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, 0.0), (1797, 29.9), (1799.9, 29.9), (1800, 30.0), (1800.1, 30.0), (None, None), (float("nan"), None),
     (float("inf"), "no_route"), (63, 1.1)],
)  # fmt: skip
def test_minutes_never_cross_the_threshold_by_rounding(seconds: float | None, shown: object) -> None:
    assert minutes(seconds) == shown
