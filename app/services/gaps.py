"""Where the uncovered live: cells that touch, gathered into zones, the most populated first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.coverage import THRESHOLD_S, Scope, parts_of
from app.persistence.models import Commune, RunCell, RunSite
from app.persistence.run_repository import scope_time_s
from app.services.runs import RunView, find_run, view_of
from routing.coverage import gap_groups

#: Cells are squares of this plane; touching is decided on it.
GRID_EPSG = 3035


@dataclass(frozen=True, slots=True)
class GapCommune:
    code_insee: str
    nom: str
    people: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A zone of touching uncovered cells. Times are seconds to the nearest site; inf: no route."""

    number: int
    people: int
    cells: int
    communes: tuple[GapCommune, ...]
    worst_s: float
    least_s: float
    missing_s: float  # what the nearest of its people lack to be covered; inf without a route
    nearest_site: tuple[UUID, str] | None
    outline: BaseGeometry  # lon/lat

    @property
    def centre(self) -> tuple[float, float]:
        point = self.outline.representative_point()
        return point.x, point.y


@dataclass(frozen=True, slots=True)
class _Cell:
    people: int
    code_insee: str
    time_s: float
    site: int | None
    x_m: float
    y_m: float
    size_m: int
    footprint: shapely.Geometry


def get_gaps(
    session: Session,
    code: str,
    *,
    mode: str | None = None,
    season: str | None = None,
    threshold_s: int = THRESHOLD_S,
    scope: Scope = "all",
    run_id: UUID | None = None,
) -> tuple[RunView, list[Gap]]:
    """Zones of uncovered inhabitants; their people sum to the département's uncovered."""
    run = view_of(session, find_run(session, code, mode=mode, season=season, run_id=run_id))
    cells = _uncovered_cells(session, run.id, scope, threshold_s)
    if not cells:
        return run, []
    label = gap_groups(
        np.array([c.x_m for c in cells]),
        np.array([c.y_m for c in cells]),
        np.array([c.size_m for c in cells]),
        np.ones(len(cells), dtype=bool),
    )
    names = {row.code_insee: row.nom for row in session.execute(select(Commune.code_insee, Commune.nom))}
    sites = {
        row.number: (row.site_id, row.name)
        for row in session.execute(
            select(RunSite.number, RunSite.site_id, RunSite.name).where(RunSite.run_id == run.id)
        )
    }
    groups = [[cell for cell, of in zip(cells, label, strict=True) if of == number] for number in np.unique(label)]
    groups.sort(key=lambda group: (-sum(c.people for c in group), min((c.x_m, c.y_m) for c in group)))
    return run, [_gap(i + 1, group, names, sites, threshold_s) for i, group in enumerate(groups)]


def _uncovered_cells(session: Session, run_id: UUID, scope: Scope, threshold_s: int) -> list[_Cell]:
    time_s = scope_time_s(scope)
    parts = parts_of(scope)
    rows = session.execute(
        select(
            RunCell.people, RunCell.code_insee, time_s, RunCell.cell_size_m, func.ST_AsBinary(RunCell.geometry),
            *(getattr(RunCell, f"{part}_s") for part in parts), *(getattr(RunCell, f"{part}_site") for part in parts),
        )
        .where(RunCell.run_id == run_id, time_s >= threshold_s, RunCell.people > 0)
        .order_by(RunCell.number)
    ).all()  # fmt: skip
    if not rows:
        return []
    footprints = shapely.from_wkb([bytes(row[4]) for row in rows])
    to_grid = Transformer.from_crs(4326, GRID_EPSG, always_xy=True)
    centres = shapely.centroid(footprints)
    x_m, y_m = to_grid.transform(shapely.get_x(centres), shapely.get_y(centres))
    cells = []
    for row, footprint, x, y in zip(rows, footprints, x_m, y_m, strict=True):
        part_times = row[5 : 5 + len(parts)]
        nearest = row[5 + len(parts) + int(np.argmin(part_times))]
        size_m = row[3]
        corner_m = (_on_grid(x, size_m), _on_grid(y, size_m))
        cells.append(
            _Cell(
                row[0],
                row[1],
                float(row[2]),
                None if math.isinf(row[2]) else nearest,
                *corner_m,
                size_m,
                footprint,
            )
        )
    return cells


def _on_grid(centre_m: float, size_m: int) -> float:
    """The corner a centre belongs to: centres come back from degrees, a hair off the grid they were made on."""
    return round(centre_m / size_m - 0.5) * size_m if size_m else centre_m


def _gap(
    number: int,
    group: list[_Cell],
    names: dict[str, str],
    sites: dict[int, tuple[UUID, str]],
    threshold_s: int,
) -> Gap:
    nearest = min(group, key=lambda cell: cell.time_s)
    by_commune: dict[str, int] = {}
    for cell in group:
        by_commune[cell.code_insee] = by_commune.get(cell.code_insee, 0) + cell.people
    return Gap(
        number=number,
        people=sum(cell.people for cell in group),
        cells=len(group),
        communes=tuple(
            GapCommune(code, names.get(code, code), people)
            for code, people in sorted(by_commune.items(), key=lambda item: (-item[1], item[0]))
        ),
        worst_s=max(cell.time_s for cell in group),
        least_s=nearest.time_s,
        # Covered means strictly less than the threshold: at the threshold itself, a decisecond is missing.
        missing_s=nearest.time_s - threshold_s + 0.1,
        nearest_site=None if nearest.site is None else sites[nearest.site],
        outline=shapely.union_all([cell.footprint for cell in group]),
    )
