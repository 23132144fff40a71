"""What every import shares: the batch it is recorded under, and whether it has already been done."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import BadFileError
from app.persistence.models import Base, ImportBatch
from data.contract import ReadReport


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did, for the person who asked. ``counts`` has French labels. Roads have a mode and a season."""

    kind: str
    report: ReadReport
    counts: dict[str, int]
    is_dry_run: bool
    was_already_done: bool
    mode: str | None = None
    season: str | None = None


def report_as_json(report: ReadReport) -> dict[str, Any]:
    return asdict(report)


def refuse_if_unusable(report: ReadReport, *, accept_errors: bool) -> None:
    """One row in error refuses the whole file unless the caller accepts to lose it; nothing kept is always refused."""
    errors = [finding for finding in report.findings if finding.severity == "error"]
    if errors and not accept_errors:
        raise BadFileError(
            f"{len(errors)} erreur(s) dans {Path(report.path).name} : rien n'a été importé. Corrigez-les, ou ajoutez "
            "--accept-errors pour garder les lignes justes et écarter les autres."
        )
    if report.rows_kept == 0:
        raise BadFileError(
            f"Aucune ligne utilisable dans {Path(report.path).name} ({report.rows_read} lues) : rien n'a été importé."
        )


def record_batch(session: Session, report: ReadReport, *, millesime: str | None = None) -> ImportBatch:
    batch = ImportBatch(
        kind=report.kind,
        file_name=Path(report.path).name,
        sha256=report.sha256,
        millesime=millesime,
        report=report_as_json(report),
    )
    session.add(batch)
    session.flush()
    return batch


def still_in_place(session: Session, table: type[Base], report: ReadReport, *, millesime: str | None) -> UUID | None:
    """The batch of an earlier import of the very same file, said to be of the same year, if every row it brought is
    still there as it brought it.
    """
    rows_of_batch = (
        select(func.count()).select_from(table).where(table.__table__.c.batch_id == ImportBatch.id).scalar_subquery()
    )
    return session.scalar(
        select(ImportBatch.id)
        .where(
            ImportBatch.kind == report.kind,
            ImportBatch.sha256 == report.sha256,
            ImportBatch.millesime.is_not_distinct_from(millesime),
            rows_of_batch == report.rows_kept,
            rows_of_batch > 0,
        )
        .order_by(ImportBatch.created_at.desc())
        .limit(1)
    )
