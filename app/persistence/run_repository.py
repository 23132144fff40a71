"""Reading published runs."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.domain.coverage import SCOPES, Scope, ZoneFigures
from app.persistence.models import PublishedRun, Run, RunCell, RunZone


def published_run(session: Session, departement_code: str, mode: str) -> Run | None:
    return session.scalar(
        select(Run)
        .join(PublishedRun, PublishedRun.run_id == Run.id)
        .where(PublishedRun.departement_code == departement_code, PublishedRun.mode == mode)
    )


def read_zones(session: Session, run_id: UUID, level: str, scope: Scope) -> list[ZoneFigures]:
    """The stored sums of a run at its own threshold, by code."""
    rows = session.scalars(
        select(RunZone)
        .where(RunZone.run_id == run_id, RunZone.level == level, RunZone.scope == scope)
        .order_by(RunZone.code)
    )
    return [
        ZoneFigures(
            level=row.level,
            code=row.code,
            nom=row.nom,
            total=row.people_total,
            covered=row.people_covered,
            uncovered=row.people_uncovered,
            unknown=row.people_unknown,
            individuals_total=row.individuals_total,
            individuals_covered=row.individuals_covered,
            median_s=row.median_s,
            p95_s=row.p95_s,
            max_s=row.max_s,
            has_point_cell=row.has_point_cell,
        )
        for row in rows
    ]


def scope_time_s(scope: Scope) -> ColumnElement[float]:
    """The least of the stored times a scope counts. NULL (unknown) for a cell that is not attached: all are NULL."""
    neighbours, mobile = SCOPES[scope]
    columns: list[ColumnElement[float]] = [RunCell.own_fixed_s]  # type: ignore[list-item]
    if mobile:
        columns.append(RunCell.own_mobile_s)  # type: ignore[arg-type]
    if neighbours:
        columns.append(RunCell.neighbour_fixed_s)  # type: ignore[arg-type]
    if neighbours and mobile:
        columns.append(RunCell.neighbour_mobile_s)  # type: ignore[arg-type]
    return func.least(*columns) if len(columns) > 1 else columns[0]
