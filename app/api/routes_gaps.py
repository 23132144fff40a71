"""Where the uncovered live: zones of touching squares, as JSON and as files."""

from __future__ import annotations

import json
from typing import Annotated, Final

import shapely
from fastapi import Query, Response

from app.api.deps import Db, api_router
from app.api.exports import GEOJSON, Cell, Separator, csv_response, geojson_response
from app.api.info import run_info
from app.api.params import QuestionDep
from app.api.problems import problem_responses
from app.api.schemas import DepartementPath
from app.api.schemas_coverage import GapsOut, gap_out, gaps_out
from app.services.gaps import Gap, get_gaps

router = api_router("Zones non couvertes")
_NOT_FOUND = problem_responses(404)

COLUMNS: Final = (
    "zone", "habitants", "carreaux", "communes", "temps_le_plus_long_min", "manque_s", "lieu_le_plus_proche",
    "lon", "lat",
)  # fmt: skip


@router.get(
    "/departements/{code}/gaps",
    summary="Zones non couvertes d’un département",
    response_model=GapsOut,
    responses=_NOT_FOUND,
)
def read_gaps(db: Db, code: DepartementPath, asked: QuestionDep) -> GapsOut:
    """La plus peuplée d’abord ; leurs habitants font le total des non-couverts du département."""
    with db.read() as session:
        run, gaps = get_gaps(session, code, **asked.keywords())
    return gaps_out(run, gaps, asked.threshold_s)


@router.get(
    "/departements/{code}/gaps.geojson",
    summary="Zones non couvertes, avec leurs contours",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}, **_NOT_FOUND},
)
def read_gaps_geojson(db: Db, code: DepartementPath, asked: QuestionDep) -> Response:
    """Chaque contour est la réunion des carreaux de la zone."""
    with db.read() as session:
        run, gaps = get_gaps(session, code, **asked.keywords())
    features = [
        {
            "type": "Feature",
            "id": gap.number,
            "bbox": gap.outline.bounds,
            "geometry": json.loads(shapely.to_geojson(gap.outline)),
            "properties": gap_out(gap, asked.threshold_s).model_dump(mode="json", exclude={"bbox"}),
        }
        for gap in gaps
    ]
    total = sum(gap.people for gap in gaps)
    return geojson_response(features, run_info(run, asked.threshold_s), total_people=total)


@router.get(
    "/departements/{code}/gaps.csv",
    summary="Zones non couvertes, en CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **_NOT_FOUND},
)
def read_gaps_csv(
    db: Db,
    code: DepartementPath,
    asked: QuestionDep,
    separator: Annotated[Separator, Query(description="semicolon : pour un tableur français")] = "comma",
    bom: Annotated[bool, Query(description="Marque d’ordre UTF-8, que d’anciens tableurs attendent")] = False,
) -> Response:
    """Les sources sont la dernière colonne."""
    with db.read() as session:
        run, gaps = get_gaps(session, code, **asked.keywords())
    info = run_info(run, asked.threshold_s)
    name = f"accueil30-{code}-zones-non-couvertes"
    return csv_response(name, COLUMNS, map(_row, gaps), info, separator=separator, bom=bom)


def _row(gap: Gap) -> list[Cell]:
    lon, lat = gap.centre
    return [
        gap.number,
        gap.people,
        gap.cells,
        ", ".join(commune.nom for commune in gap.communes),
        gap.worst_s / 60,
        gap.missing_s,
        None if gap.nearest_site is None else gap.nearest_site[1],
        round(lon, 5),
        round(lat, 5),
    ]
