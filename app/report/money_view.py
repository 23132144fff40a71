"""Agreements and allocations as strings. A remainder is printed only when both its terms are known."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from app.report.content import AgreementBlock, AllocationLine
from app.report.french import UNKNOWN, date_fr, money_fr

Money = Decimal | None


def agreements_view(blocks: Sequence[AgreementBlock], *, year: int | None = None) -> list[dict[str, Any]]:
    """One entry an agreement; with ``year``, only that year's lines and only the agreements that have one."""
    views = [_agreement(block, year) for block in blocks]
    return views if year is None else [view for view in views if view["financement"]]


def _agreement(block: AgreementBlock, year: int | None) -> dict[str, Any]:
    lines = sorted((a for a in block.allocations if year in (None, a.year)), key=lambda a: a.year)
    return {
        "nom": block.label,
        "fiche": [
            ["Nature", block.kind_label],
            ["Période", f"du {date_fr(block.period_start)} au {date_fr(block.period_end)}"],
            ["Exercice", block.regime_label],
            ["Signature", date_fr(block.signed_on) if block.signed_on else UNKNOWN],
            ["Classe de population", block.funding_class_label],
        ],
        "financement": [_funding(line) for line in lines],
        "execution": [_execution(line) for line in lines],
        "financement_total": _total([_shares(line) for line in lines]),
        "execution_total": _total([_chain(line) for line in lines]),
    }


def _plus(a: Money, b: Money) -> Money:
    return None if a is None or b is None else a + b


def _minus(a: Money, b: Money) -> Money:
    return None if a is None or b is None else a - b


def _shares(line: AllocationLine) -> list[Money]:
    return [
        line.state_share_eur,
        line.department_share_eur,
        _plus(line.state_share_eur, line.department_share_eur),
    ]


def _chain(line: AllocationLine) -> list[Money]:
    """Notified, committed, paid, justified, then what remains to commit, to pay, to justify."""
    steps = [line.notified_eur, line.committed_eur, line.paid_eur, line.justified_eur]
    return [*steps, *(_minus(before, after) for before, after in pairwise(steps))]


def _funding(line: AllocationLine) -> list[str]:
    return [str(line.year), line.status_label, *(money_fr(amount) for amount in _shares(line))]


def _execution(line: AllocationLine) -> list[str]:
    return [str(line.year), *(money_fr(amount) for amount in _chain(line))]


def _total(rows: list[list[Money]]) -> list[str] | None:
    """Column sums when there are several years; a column with an unknown has no known sum."""
    if len(rows) < 2:
        return None
    columns = [list(column) for column in zip(*rows, strict=True)]
    return [money_fr(_sum(column)) for column in columns]


def _sum(column: list[Money]) -> Money:
    known = [amount for amount in column if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(column) else None
