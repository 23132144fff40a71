"""Figures that do not add up are not printed; figures that do are written the French way."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from app.domain.wording import decimal_fr, integer_fr, percent_fr
from app.report.checks import check_adds_up
from app.report.content import ReportContent
from app.report.french import (
    date_fr,
    instant_fr,
    minutes_fr,
    money_fr,
    plural,
    printable,
    signed_fr,
    sort_key,
)
from app.report.render import render_pdf
from app.report.view import report_view
from tests.app.report_world import large_content, small_content, zone

Spoil = Callable[[ReportContent], ReportContent]


def test_both_worlds_add_up() -> None:
    check_adds_up(small_content())
    check_adds_up(large_content())


def _first_commune(**changes: object) -> Spoil:
    return lambda c: replace(c, communes=(replace(c.communes[0], **changes), *c.communes[1:]))  # type: ignore[arg-type]


SPOILS: dict[str, tuple[Spoil, str]] = {
    "one person lost in a commune": (_first_commune(covered=12344), "12344 \\+ 0 \\+ 0 ≠ 12345"),
    "a commune short of one person, in itself right": (
        _first_commune(covered=12344, total=12344), "15633 par commune, 15634 pour le territoire",
    ),
    "one person more in the headline": (
        lambda c: replace(c, headline=zone("00", "H", 15036, 515, 84, 8.0, math.inf)),
        "15035 par commune, 15036",
    ),
    "an EPCI larger than the territory": (
        lambda c: replace(c, epcis=(*c.epcis, c.headline)), "habitants : 31268 par EPCI, 15634 pour le territoire",
    ),
    "the communes outside any EPCI forgotten": (
        lambda c: replace(c, epcis=c.epcis[:-1]), "non couverts : 430 par EPCI, 515 pour le territoire",
    ),
    "a variant that does not add up": (
        lambda c: replace(c, variants=(c.variants[0], replace(c.variants[1], unknown=85))), "« en voiture, en hiver »",
    ),
    "the variant shown is not the headline": (
        lambda c: replace(c, variants=(replace(c.variants[1], is_shown=True),)), "n'a pas les chiffres du territoire",
    ),
    "two variants shown at once": (
        lambda c: replace(c, variants=(c.variants[0], c.variants[0])), "montrés à la fois",
    ),
    "one unknown person without a cause": (
        lambda c: replace(c, unknown_causes=c.unknown_causes[:1]), "64 inconnus par cause, 84 pour le territoire",
    ),
    "no EPCI at all": (lambda c: replace(c, epcis=()), "habitants : 0 par EPCI, 15634 pour le territoire"),
    "one person of an EPCI short": (
        lambda c: replace(c, epcis=(zone("200000001", "P", 13844, 40, 0, 7.0, 31.75), *c.epcis[1:])),
        "couverts : 15034 par EPCI, 15035 pour le territoire",
    ),
    "an EPCI twice": (
        lambda c: replace(c, epcis=(*c.epcis, zone("200000001", "P", 0, 0, 0, None, None))), "EPCI figure deux fois",
    ),
    "an uncovered commune instead of another": (
        lambda c: replace(c, uncovered_communes=(*c.uncovered_communes[:2], c.uncovered_communes[0])),
        "deux fois parmi les non couvertes",
    ),
    "a negative count": (
        _first_commune(covered=12346, uncovered=-1), "-1 \\+ 0 ≠ 12345",
    ),
    "a share that is not its people": (_first_commune(covered_pct=99.0), "99.0 % pour 12345 / 12345"),
    "a share that is not a number": (_first_commune(covered_pct=math.nan), "nan % pour"),
    "an uncovered commune forgotten": (
        lambda c: replace(c, uncovered_communes=c.uncovered_communes[1:]),
        "475 personnes dans les communes non couvertes",
    ),
    "an uncovered commune with other figures": (
        lambda c: replace(
            c, uncovered_communes=(replace(c.uncovered_communes[0], total=9), *c.uncovered_communes[1:])
        ),
        "pas les chiffres du tableau",
    ),
    "a commune twice": (lambda c: replace(c, communes=(*c.communes, c.communes[5])), "figure deux fois"),
    "uncovered at four minutes": (
        lambda c: replace(c, communes=(*c.communes[:2], replace(c.communes[2], max_min=4), *c.communes[3:])),
        "390 non couverts, mais 4 min au plus",
    ),
    "all covered at fifty minutes": (_first_commune(max_min=50.0), "tous couverts, mais un temps de 50.0"),
    "a companion of another population": (
        lambda c: replace(c, scopes=(replace(c.scopes[0], total=9000),)), "15035 / 9000 pour 15634",
    ),
    "sites counted differently": (
        lambda c: replace(c, sites_by_form=c.sites_by_form[1:]), "3 lieux par porteur, 2 par forme",
    ),
    "a map that shows something else": (
        lambda c: replace(
            c, map=replace(c.map, shapes=(replace(c.map.shapes[0], covered_pct=12.0), *c.map.shapes[1:]))
        ),
        "la carte et le tableau diffèrent",
    ),
    "a map without words": (lambda c: replace(c, map=replace(c.map, alt="  ")), "texte de remplacement"),
    "more individuals covered than counted": (lambda c: replace(c, individuals_covered=1e9), "individus"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILS)
def test_what_does_not_add_up_is_refused(name: str) -> None:
    spoil, message = SPOILS[name]
    with pytest.raises(ValueError, match=message):
        render_pdf(spoil(small_content()))


def test_a_time_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="non imprimable"):
        render_pdf(_first_commune(median_min=math.nan)(small_content()))


def test_the_line_outside_any_epci_makes_the_column_re_add() -> None:
    lines = report_view(small_content())["epci"]["lignes"]
    totals = [int(line["chiffres"][0].replace("\u202f", "")) for line in lines]
    assert lines[-1]["nom"] == "Communes hors EPCI"
    assert sum(totals) == 15634


def test_numbers_in_french() -> None:
    assert integer_fr(1234567) == "1\u202f234\u202f567"
    assert integer_fr(-5) == "−5"
    assert (signed_fr(5), signed_fr(0)) == ("+5", "0")
    assert decimal_fr(0.25, 1) == "0,3"
    assert decimal_fr(-0.04, 1) == "0,0"
    assert money_fr(Decimal("85000")) == "85\u202f000,00\u00a0€"
    assert money_fr(None) == "inconnu"
    assert money_fr(Decimal("0")) == "0,00\u00a0€"
    assert minutes_fr(None) == "inconnu"
    assert minutes_fr(math.inf) == "aucune route"
    assert minutes_fr(29.95) == "30,0"
    with pytest.raises(ValueError, match="non imprimable"):
        minutes_fr(math.nan)


def test_a_percentage_never_promises_everybody() -> None:
    assert percent_fr(97.25) == "97,3\u00a0%"
    assert percent_fr(99.949) == "99,9\u00a0%"
    assert percent_fr(99.9999) == ">\u00a099,9\u00a0%"
    assert percent_fr(100.0) == "100,0\u00a0%"
    assert percent_fr(0.0001) == "<\u00a00,1\u00a0%"
    assert percent_fr(0.0) == "0,0\u00a0%"
    assert percent_fr(None) == "inconnu"


def test_dates_in_french() -> None:
    assert date_fr(date(2026, 8, 1)) == "1er\u00a0août\u00a02026"
    cayenne = timezone(timedelta(hours=-3))
    same = (datetime(2026, 12, 31, 23, 5, tzinfo=cayenne), datetime(2027, 1, 1, 2, 5, tzinfo=UTC))
    assert instant_fr(same[0]) == instant_fr(same[1]) == "1er\u00a0janvier\u00a02027 à 2\u00a0h\u00a005 (UTC)"


def test_words_in_french() -> None:
    assert [plural(n, "lieu", "lieux") for n in (0, 1, 2)] == ["0\u00a0lieu", "1\u00a0lieu", "2\u00a0lieux"]
    names = ["Zonza", "Évisa", "Étang", "Œuvre", "Eus", "Oz"]
    assert sorted(names, key=sort_key) == ["Étang", "Eus", "Évisa", "Œuvre", "Oz", "Zonza"]


def test_printable_keeps_french_and_marks_what_it_cannot_draw() -> None:
    assert printable("L'Île-d'Œuvre « 12\u202f345 € »") == "L’Île-d’Œuvre « 12\u202f345 € »"
    assert printable("e\u0301te\u0301") == "été"
    assert printable("a\tb\nc\x00d\u200b\u202e\ufeff") == "a b cd"
    assert printable("🚌") == "\ufffd"
