"""Who is covered: a département, its zones, as JSON and as files."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Response

from app.api.deps import Db, api_router
from app.api.exports import (
    GEOJSON,
    XLSX,
    Cell,
    Separator,
    csv_response,
    geojson_response,
    xlsx_response,
)
from app.api.info import Info, run_info
from app.api.params import Level, Question, QuestionDep
from app.api.problems import problem_responses
from app.api.schemas import DepartementPath
from app.api.schemas_coverage import CoverageOut, ZonesOut, coverage_out, zone_out
from app.domain.coverage import ZoneFigures
from app.persistence.zone_shapes import zone_shapes
from app.services.coverage import get_coverage, get_zones

router = api_router("Couverture")
LevelQuery = Annotated[Level, Query(description="Maille des zones")]
_NOT_FOUND = problem_responses(404)

COLUMNS: Final = (
    "code", "nom", "population", "couverts", "non_couverts", "inconnus", "part_couverte_pct", "temps_median_min",
    "temps_p95_min", "temps_max_min", "compte_en_un_point",
)  # fmt: skip


@router.get(
    "/departements/{code}/coverage",
    summary="Couverture d’un département",
    response_model=CoverageOut,
    responses=_NOT_FOUND,
)
def read_coverage(db: Db, code: DepartementPath, asked: QuestionDep) -> CoverageOut:
    """Habitants qui atteignent un lieu d’accueil strictement avant le seuil."""
    with db.read() as session:
        coverage = get_coverage(session, code, **asked.keywords())
    return coverage_out(coverage)


@router.get(
    "/departements/{code}/coverage/zones",
    summary="Couverture par commune, EPCI ou département",
    response_model=ZonesOut,
    responses=_NOT_FOUND,
)
def read_zones(db: Db, code: DepartementPath, asked: QuestionDep, level: LevelQuery = "commune") -> ZonesOut:
    """Pour chaque zone : couverts + non couverts + inconnus = population."""
    with db.read() as session:
        run, zones = get_zones(session, code, level, **asked.keywords())
    return ZonesOut(
        level=level,
        items=[zone_out(zone, asked.threshold_s) for zone in zones],
        info=run_info(run, asked.threshold_s),
    )


@router.get(
    "/departements/{code}/coverage/zones.csv",
    summary="Couverture par zone, en CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **_NOT_FOUND},
)
def read_zones_csv(
    db: Db,
    code: DepartementPath,
    asked: QuestionDep,
    level: LevelQuery = "commune",
    separator: Annotated[Separator, Query(description="semicolon : pour un tableur français")] = "comma",
    bom: Annotated[bool, Query(description="Marque d’ordre UTF-8, que d’anciens tableurs attendent")] = False,
) -> Response:
    """Les sources sont la dernière colonne. Un temps vide est inconnu."""
    info, zones = _figures(db, code, level, asked)
    name = f"accueil30-{code}-{level}"
    return csv_response(name, COLUMNS, map(_row, zones), info, separator=separator, bom=bom)


@router.get(
    "/departements/{code}/coverage/zones.xlsx",
    summary="Couverture par zone, en classeur",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}, **_NOT_FOUND},
)
def read_zones_xlsx(
    db: Db, code: DepartementPath, asked: QuestionDep, level: LevelQuery = "commune"
) -> Response:
    """Une feuille de chiffres, une feuille de sources."""
    info, zones = _figures(db, code, level, asked)
    return xlsx_response(f"accueil30-{code}-{level}", COLUMNS, map(_row, zones), info)


@router.get(
    "/departements/{code}/coverage/zones.geojson",
    summary="Couverture par zone, avec les contours",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}, **_NOT_FOUND},
)
def read_zones_geojson(
    db: Db, code: DepartementPath, asked: QuestionDep, level: LevelQuery = "commune"
) -> Response:
    """Contours simplifiés à 20 m environ."""
    with db.read() as session:
        run, zones = get_zones(session, code, level, **asked.keywords())
        shapes = zone_shapes(session, code, level)
    features = [
        {
            "type": "Feature",
            "id": zone.code,
            "geometry": shapes.get(zone.code),
            "properties": zone_out(zone, asked.threshold_s).model_dump(mode="json"),
        }
        for zone in zones
    ]
    return geojson_response(features, run_info(run, asked.threshold_s), level=level)


def _figures(db: Db, code: str, level: Level, asked: Question) -> tuple[Info, list[ZoneFigures]]:
    with db.read() as session:
        run, zones = get_zones(session, code, level, **asked.keywords())
    return run_info(run, asked.threshold_s), zones


def _row(zone: ZoneFigures) -> list[Cell]:
    """Exact figures: a file is read by machines, which round for themselves."""
    return [
        zone.code,
        zone.nom,
        zone.total,
        zone.covered,
        zone.uncovered,
        zone.unknown,
        zone.covered_pct,
        *(None if time_s is None else time_s / 60 for time_s in (zone.median_s, zone.p95_s, zone.max_s)),
        zone.has_point_cell,
    ]
