"""The départements loaded, each with its headline."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.agreement import AllocationStatus, allocation_status
from app.domain.coverage import HEADLINE_SCOPE, ZoneFigures
from app.domain.travel import HEADLINE_MODE, Mode, Season
from app.persistence.models import Agreement, Allocation, Commune, Departement
from app.persistence.run_repository import published_run, published_travels, read_zones
from app.services.coverage import verdict_fr
from app.services.runs import RunView, view_of
from data.territory import FICTIONAL_NEIGHBOUR_CODE


@dataclass(frozen=True, slots=True)
class DepartementView:
    code: str
    nom: str
    is_fictional: bool
    population_municipale: int | None
    bbox: tuple[float, float, float, float]
    outline: BaseGeometry
    run: RunView | None
    figures: ZoneFigures | None
    verdict: str | None
    agreement_status: AllocationStatus | None
    published: tuple[tuple[Mode, Season], ...]  # the (mode, season) there are figures for, the headline's first


def list_departements(session: Session) -> list[DepartementView]:
    """Every département loaded, by code, with its headline (by car, in summer) where it is published."""
    travels = published_travels(session)
    population = (
        select(Commune.departement_code, func.sum(Commune.population_municipale).label("people"))
        .group_by(Commune.departement_code)
        .subquery()
    )
    # Cards and small maps need no more than 0.002 degree (about 200 m).
    outline = func.ST_AsBinary(func.ST_SimplifyPreserveTopology(Departement.geometry, 0.002))
    rows = session.execute(
        select(Departement, population.c.people, outline)
        .outerjoin(population, population.c.departement_code == Departement.code)
        .order_by(Departement.code)
    ).all()
    return [
        _view(session, row[0], row[1], shapely.from_wkb(bytes(row[2])), tuple(travels.get(row[0].code, ())))
        for row in rows
        if row[0].code != FICTIONAL_NEIGHBOUR_CODE  # only its edge exists: there is nothing to compute
    ]


def _view(
    session: Session,
    departement: Departement,
    people: int | None,
    outline: BaseGeometry,
    published: tuple[tuple[Mode, Season], ...],
) -> DepartementView:
    run = published_run(session, departement.code, HEADLINE_MODE)
    figures = None if run is None else read_zones(session, run.id, "departement", HEADLINE_SCOPE)[0]
    return DepartementView(
        code=departement.code,
        nom=departement.nom,
        is_fictional=departement.is_fictional,
        population_municipale=None if people is None else int(people),
        bbox=outline.bounds,
        outline=outline,
        run=None if run is None else view_of(session, run),
        figures=figures,
        verdict=None if figures is None or run is None else verdict_fr(figures, run.threshold_s),
        agreement_status=_latest_allocation_status(session, departement.code),
        published=published,
    )


def _latest_allocation_status(session: Session, code: str) -> AllocationStatus | None:
    """How far the most recent year of first-reception money has come; None when no agreement is recorded."""
    allocation = session.scalar(
        select(Allocation)
        .join(Agreement)
        .where(Agreement.departement_code == code)
        .order_by(Allocation.year.desc(), Agreement.created_at.desc())
        .limit(1)
    )
    if allocation is None:
        return None
    return allocation_status(
        notified_eur=allocation.notified_eur,
        committed_eur=allocation.committed_eur,
        paid_eur=allocation.paid_eur,
        justified_eur=allocation.justified_eur,
    )
