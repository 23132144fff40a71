"""How a reader tells what became of each row: rows left out are counted, named, and never all described."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.contract import ReadReport
from data.errors import BadInputError

MAX_FINDINGS: Final = 1000


def reject(
    report: ReadReport,
    message: str,
    suggestion: str,
    *,
    line: int,
    field: str | None = None,
    value: str | None = None,
) -> None:
    """Count a row out and say why; past MAX_FINDINGS rows are counted but no longer described."""
    report.rows_rejected += 1
    if len(report.findings) < MAX_FINDINGS:
        report.error(message, suggestion, line=line, field=field, value=None if value is None else value[:200])


def close_report(report: ReadReport, kept: int) -> None:
    """Set the counts once every row was seen; say how many findings were left out."""
    report.rows_kept = kept
    report.rows_read = kept + report.rows_rejected
    described = sum(finding.severity == "error" and finding.line is not None for finding in report.findings)
    if report.rows_rejected > described:
        report.error(
            f"{report.rows_rejected - described} autres lignes écartées ne sont pas détaillées.",
            "Corriger d'abord les lignes décrites, puis relire le fichier.",
        )


def refuse_when_nothing_kept(report: ReadReport, what: str) -> None:
    """BadInputError when a file has no usable row at all."""
    if report.rows_kept:
        return
    first = next((finding.message for finding in report.findings if finding.severity == "error"), "aucune ligne")
    raise BadInputError(
        f"Aucune ligne utilisable dans {Path(report.path).name}.",
        received=f"{report.rows_read} lignes, toutes écartées ; la première : {first}"
        if report.rows_read
        else "aucune ligne",
        expected=what,
        action="vérifier que c'est le bon fichier",
    )
