"""INSEE's population grid."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import CursorResult, bindparam, func, select, text
from sqlalchemy.orm import Session

from app.persistence.bulk import copy_rows
from app.persistence.grid_assignment import assign_cells_to_communes
from app.persistence.models import GridCell
from app.services.imports import ImportOutcome, record_batch, refuse_if_unusable, still_in_place
from data.contract import ReadReport
from data.population import cell_centres_wgs84, cell_polygons_wgs84

_COLUMNS = (
    "cell_id", "cell_size_m", "x_m", "y_m", "individuals", "households", "poor_households", "is_estimated",
    "centre", "geometry", "batch_id",
)  # fmt: skip


def import_grid(
    session: Session,
    cells: pd.DataFrame,
    report: ReadReport,
    *,
    millesime: str | None,
    is_dry_run: bool = False,
    accept_errors: bool = False,
) -> ImportOutcome:
    """Add or replace the cells of the file, by identifier, and say to which commune each belongs."""
    refuse_if_unusable(report, accept_errors=accept_errors)
    if still_in_place(session, GridCell, report, millesime=millesime):
        return ImportOutcome("grid", report, {}, is_dry_run, was_already_done=True)
    counts = {"carreaux": len(cells), "individus (arrondi)": round(float(cells["individuals"].sum()))}
    if is_dry_run:
        return ImportOutcome("grid", report, counts, is_dry_run=True, was_already_done=False)

    batch = record_batch(session, report, millesime=millesime)
    session.execute(
        text("DELETE FROM grid_cell WHERE cell_id = ANY(:ids)").bindparams(bindparam("ids")),
        {"ids": list(cells["cell_id"])},
    )
    x_m, y_m, size_m = (cells[name].to_numpy() for name in ("x_m", "y_m", "cell_size_m"))
    centres = np.asarray(shapely.points(*cell_centres_wgs84(x_m, y_m, size_m)))
    polygons = cell_polygons_wgs84(x_m, y_m, size_m)
    copy_rows(
        session,
        "grid_cell",
        _COLUMNS,
        zip(
            cells["cell_id"],
            size_m.tolist(),
            x_m.tolist(),
            y_m.tolist(),
            cells["individuals"].tolist(),
            _nan_to_none(cells["households"]),
            _nan_to_none(cells["poor_households"]),
            cells["is_estimated"].tolist(),
            _ewkb(centres),
            _ewkb(polygons),
            [batch.id] * len(cells),
            strict=True,
        ),
    )
    assign_cells_to_communes(session)
    superseded = cast(CursorResult[Any], session.execute(_DELETE_SUPERSEDED, {"batch": batch.id})).rowcount
    if superseded:
        counts["carreaux d'un fichier antérieur retirés"] = superseded
    counts |= _assigned_counts(session, batch.id)
    return ImportOutcome("grid", report, counts, is_dry_run=False, was_already_done=False)


#: Cells an earlier file had and this one does not (nobody lives there any more) would keep their people. They go,
#: in the communes this file really covers: those where it has at least half as many cells as the earlier one. A
#: file cut at a border has a few cells of the communes beyond; there both stand.
_DELETE_SUPERSEDED = text(
    """
    WITH covered AS (
        SELECT code_insee, cell_size_m
        FROM grid_cell
        WHERE code_insee IS NOT NULL
        GROUP BY code_insee, cell_size_m
        HAVING count(*) FILTER (WHERE batch_id = :batch) * 3 >= count(*))
    DELETE FROM grid_cell g USING covered c
    WHERE g.code_insee = c.code_insee AND g.cell_size_m = c.cell_size_m AND g.batch_id <> :batch
    """
)


def _assigned_counts(session: Session, batch_id: object) -> dict[str, int]:
    labels = {
        "centre": "rattachés par leur centre",
        "nearest": "rattachés à la commune la plus proche (centre en mer)",
        "none": "hors des communes chargées",
    }
    found = session.execute(
        select(GridCell.assigned_by, func.count()).where(GridCell.batch_id == batch_id).group_by(GridCell.assigned_by)
    ).all()
    return {labels[how]: count for how, count in sorted((str(how), int(count)) for how, count in found)}


def _ewkb(geometries: np.ndarray) -> list[str]:
    return list(shapely.to_wkb(shapely.set_srid(geometries, 4326), hex=True, include_srid=True))


def _nan_to_none(column: pd.Series) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in column.to_numpy(dtype=float)]
