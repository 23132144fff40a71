"""A run's rows, written once, in the transaction that publishes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import numpy as np
import shapely
from sqlalchemy.orm import Session

from app.domain.coverage import Scope, ZoneFigures
from app.persistence.bulk import copy_rows
from routing.snap import Cause


class _Attached(Protocol):
    @property
    def road(self) -> np.ndarray: ...
    @property
    def access_m(self) -> np.ndarray: ...
    @property
    def cause(self) -> np.ndarray: ...
    @property
    def nearest_m(self) -> np.ndarray: ...


class _Timed(Protocol):
    @property
    def time_s(self) -> np.ndarray: ...
    @property
    def site(self) -> np.ndarray: ...


_SITE_COLUMNS = (
    "run_id", "number", "site_id", "name", "form", "carrier", "departement_code", "access_m", "cause", "nearest_m",
    "geometry",
)  # fmt: skip
_CELL_COLUMNS = (
    "run_id",
    "number",
    "cell_id",
    "cell_size_m",
    "code_insee",
    "epci_code",
    "people",
    "individuals",
    "access_m",
    "cause",
)
_ZONE_COLUMNS = (
    "run_id", "level", "code", "scope", "nom", "people_total", "people_covered", "people_uncovered", "people_unknown",
    "individuals_total", "individuals_covered", "median_s", "p95_s", "max_s", "has_point_cell",
)  # fmt: skip


def write_sites(session: Session, run_id: UUID, sites: Sequence[Any], at: _Attached) -> None:
    points = shapely.points([s.lon for s in sites], [s.lat for s in sites])
    ewkb = shapely.to_wkb(shapely.set_srid(points, 4326), hex=True, include_srid=True)
    access_m, cause, nearest_m = _known_access(at), _causes(at), _nearest(at)
    copy_rows(
        session,
        "run_site",
        _SITE_COLUMNS,
        (
            (
                run_id,
                number,
                s.site_id,
                s.name,
                s.form,
                s.carrier,
                s.departement_code,
                access_m[number],
                cause[number],
                nearest_m[number],
                ewkb[number],
            )
            for number, s in enumerate(sites)
        ),
    )


def write_cells(
    session: Session,
    run_id: UUID,
    cells: Sequence[Any],
    people: np.ndarray,
    communes: Sequence[Any],
    at: _Attached,
    times: Mapping[str, _Timed],
) -> None:
    part_columns = [name for part in times for name in (f"{part}_s", f"{part}_site")]
    part_values = [column for part in times.values() for column in (_seconds(part.time_s), _numbers(part.site))]
    access_m, cause = _known_access(at), _causes(at)
    people_list = people.tolist()

    def rows() -> Iterable[tuple[Any, ...]]:
        for number, cell in enumerate(cells):
            commune = communes[cell.commune]
            yield (
                run_id, number, cell.cell_id, cell.cell_size_m, commune.code_insee, commune.epci_code,
                people_list[number], cell.individuals, access_m[number], cause[number],
                *(column[number] for column in part_values), cell.footprint_wkb.hex(),
            )  # fmt: skip

    copy_rows(session, "run_cell", (*_CELL_COLUMNS, *part_columns, "geometry"), rows())


def write_zones(session: Session, run_id: UUID, zones: Sequence[tuple[Scope, ZoneFigures]]) -> None:
    copy_rows(
        session,
        "run_zone",
        _ZONE_COLUMNS,
        (
            (
                run_id, z.level, z.code, scope, z.nom, z.total, z.covered, z.uncovered, z.unknown,
                z.individuals_total, z.individuals_covered, z.median_s, z.p95_s, z.max_s, z.has_point_cell,
            )
            for scope, z in zones
        ),
    )  # fmt: skip


def _known_access(at: _Attached) -> list[float | None]:
    return [float(m) if road >= 0 else None for road, m in zip(at.road, at.access_m, strict=True)]


def _causes(at: _Attached) -> list[str | None]:
    """Why a point is not attached; None for one that is."""
    return [None if road >= 0 else Cause(value).name.lower() for road, value in zip(at.road, at.cause, strict=True)]


def _nearest(at: _Attached) -> list[float | None]:
    """How far the nearest road of any kind is from a point that is not attached."""
    return [float(m) if road < 0 and np.isfinite(m) else None for road, m in zip(at.road, at.nearest_m, strict=True)]


def _seconds(time_s: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else value for value in time_s.tolist()]


def _numbers(site: np.ndarray) -> list[int | None]:
    return [None if value < 0 else value for value in site.tolist()]
