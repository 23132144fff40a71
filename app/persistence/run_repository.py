"""Reading published runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from typing import cast as cast_type
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, LargeBinary, Text, cast, func, literal, null, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import Session

from app.domain.attachment import NOT_RECORDED
from app.domain.coverage import MAX_ACCESS_M, PARTS, Scope, ZoneFigures, parts_of
from app.domain.travel import HEADLINE_SEASON, Mode, Season, travel_rank
from app.persistence.models import PublishedRun, Run, RunCell, RunSite, RunZone

_NAN: Final = literal(float("nan"))


def published_run(session: Session, departement_code: str, mode: str, season: str = HEADLINE_SEASON) -> Run | None:
    return session.scalar(
        select(Run)
        .join(PublishedRun, PublishedRun.run_id == Run.id)
        .where(
            PublishedRun.departement_code == departement_code,
            PublishedRun.mode == mode,
            PublishedRun.season == season,
        )
    )


def published_runs(session: Session, departement_code: str) -> list[Run]:
    """Every published run of the département: by mode (car first), then season (summer first)."""
    runs = session.scalars(
        select(Run)
        .join(PublishedRun, PublishedRun.run_id == Run.id)
        .where(PublishedRun.departement_code == departement_code)
    )
    return sorted(runs, key=lambda run: travel_rank((run.mode, run.season)))


def published_travels(session: Session) -> dict[str, list[tuple[Mode, Season]]]:
    """département -> the (mode, season) it has published figures for, the headline's first."""
    rows = session.execute(select(PublishedRun.departement_code, PublishedRun.mode, PublishedRun.season)).all()
    found: dict[str, list[tuple[Mode, Season]]] = {}
    for code, mode, season in sorted(rows, key=lambda row: travel_rank((row[1], row[2]))):
        found.setdefault(code, []).append((cast_type(Mode, mode), cast_type(Season, season)))
    return found


def unknown_by_cause(session: Session, run_id: UUID) -> dict[str, int]:
    """cause -> people of the cells that are not attached; together the département's unknown, in every scope."""
    cause = func.coalesce(RunCell.cause, NOT_RECORDED)
    rows = session.execute(
        select(cause, func.sum(RunCell.people))
        .where(RunCell.run_id == run_id, RunCell.access_m.is_(None))
        .group_by(cause)
        .order_by(func.sum(RunCell.people).desc(), cause)
    )
    return {row[0]: int(row[1]) for row in rows if row[1]}


@dataclass(frozen=True, slots=True)
class UnattachedSite:
    """A site no road leads to: it counts in no figure of the run."""

    site_id: UUID
    name: str
    departement_code: str
    cause: str
    nearest_m: float | None  # to the nearest road of any kind; None: not recorded, or none within 20 km


def unattached_sites(session: Session, run_id: UUID) -> list[UnattachedSite]:
    """In the order of the run."""
    rows = session.scalars(
        select(RunSite).where(RunSite.run_id == run_id, RunSite.access_m.is_(None)).order_by(RunSite.number)
    )
    return [
        UnattachedSite(row.site_id, row.name, row.departement_code, row.cause or NOT_RECORDED, row.nearest_m)
        for row in rows
    ]


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


@dataclass(frozen=True, slots=True, eq=False)
class CellTimes:
    """The cells of a run, in their order; c of them.

    people int64[c]; individuals float64[c]; time_s: part -> float64[c] (nan unknown, inf no route);
    zone_code: c codes of the zones of one level ("-": in none), None for the département, which has them all.
    """

    people: NDArray[np.int64]
    individuals: NDArray[np.float64]
    time_s: Mapping[str, NDArray[np.float64]]
    zone_code: list[str] | None


def read_cell_times(session: Session, run_id: UUID, level: str) -> CellTimes:
    """What sums at another threshold are made of. Columns come packed: ten times quicker than as many rows."""
    zone = {"commune": RunCell.code_insee, "epci": RunCell.epci_code, "departement": cast(null(), Text)}[level]
    floats = (RunCell.individuals, *(getattr(RunCell, f"{part}_s") for part in PARTS))
    row = session.execute(
        select(
            func.array_agg(aggregate_order_by(zone, RunCell.number)),
            *(_packed(func.float8send(func.coalesce(column, _NAN))) for column in floats),
            _packed(func.int8send(cast(RunCell.people, BigInteger))),
        ).where(RunCell.run_id == run_id)
    ).one()
    zone_code, *packed, people = row
    individuals, *times = (np.frombuffer(column or b"", ">f8").astype(np.float64) for column in packed)
    return CellTimes(
        people=np.frombuffer(people or b"", ">i8").astype(np.int64),
        individuals=individuals,
        time_s=dict(zip(PARTS, times, strict=True)),
        zone_code=None if level == "departement" else [code or "-" for code in zone_code or ()],
    )


def _packed(column: ColumnElement[bytes]) -> ColumnElement[bytes]:
    """All the values of a column, end to end, in the order of the cells."""
    return func.string_agg(column, aggregate_order_by(literal(b"", LargeBinary), RunCell.number))


def commune_centres(session: Session, run_id: UUID) -> dict[str, tuple[float, float]]:
    """commune -> lon, lat of its most populated cell, of those near a road where there are any."""
    centre = func.ST_Centroid(RunCell.geometry)
    rows = session.execute(
        select(RunCell.code_insee, func.ST_X(centre), func.ST_Y(centre))
        .ext(distinct_on(RunCell.code_insee))
        .where(RunCell.run_id == run_id)
        .order_by(
            RunCell.code_insee,
            (func.coalesce(RunCell.access_m, math.inf) > MAX_ACCESS_M),
            RunCell.people.desc(),
            RunCell.number,
        )
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def scope_time_s(scope: Scope) -> ColumnElement[float]:
    """The least of the stored times a scope counts. NULL (unknown) for a cell that is not attached: all are NULL."""
    columns = [getattr(RunCell, f"{part}_s") for part in parts_of(scope)]
    return func.least(*columns) if len(columns) > 1 else columns[0]
