"""Reading published runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, LargeBinary, Text, cast, func, literal, null, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import Session

from app.domain.coverage import MAX_ACCESS_M, PARTS, Scope, ZoneFigures, parts_of
from app.persistence.models import PublishedRun, Run, RunCell, RunZone

_NAN: Final = literal(float("nan"))


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
