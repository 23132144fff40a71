"""Money that does not follow is remarked on, in French; money that merely arrives out of order is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from app.domain.agreement import allocation_remarks, funding_class

SHARE = Decimal("85000.00")


def remarks(
    notified: str | None = None, committed: str | None = None, paid: str | None = None, justified: str | None = None,
    notified_on: date | None = None, paid_on: date | None = None,
) -> tuple[str, ...]:  # fmt: skip
    def eur(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return allocation_remarks(
        year=2026,
        state_share_eur=SHARE,
        steps=(
            ("notified", eur(notified), notified_on),
            ("committed", eur(committed), None),
            ("paid", eur(paid), paid_on),
            ("justified", eur(justified), None),
        ),
    )


def test_an_ordinary_year_has_no_remark() -> None:
    assert remarks("85000.00", "85000.00", "68000.00", "181240.50", date(2026, 5, 2), date(2026, 9, 1)) == ()
    assert remarks() == ()
    assert remarks(paid="10000.00") == (), "paid may be known before notified"


def test_paying_more_than_was_committed_is_remarked_on() -> None:
    (said,) = remarks("85000.00", "80000.00", "80000.01")
    assert "payé (80000.01 €) dépasse le montant engagé (80000.00 €)" in said


def test_more_than_the_share_is_remarked_on() -> None:
    (said,) = remarks(paid="9999999999.99")
    assert "dépasse la part de l'État prévue" in said


def test_dates_that_go_back_are_remarked_on() -> None:
    (said,) = remarks("85000.00", None, "85000.00", None, date(2026, 5, 2), date(2020, 1, 1))
    assert "payé le 01/01/2020, avant d'être notifié le 02/05/2026" in said


def test_the_class_is_unknown_while_its_thresholds_are_unset() -> None:
    assert funding_class(168_306, None) is None
    assert [funding_class(people, (300_000, 700_000)) for people in (299_999, 300_000, 700_000)] == [
        "small", "medium", "large",
    ]  # fmt: skip
