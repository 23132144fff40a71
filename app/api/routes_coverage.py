"""Who is covered: a département, its zones, as JSON and as files."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Response
from sqlalchemy.orm import Session

from app.api.answers import Answer, AnswersDep
from app.api.deps import api_router
from app.api.exports import (
    GEOJSON,
    XLSX,
    Cell,
    csv_answer,
    geojson_answer,
    xlsx_answer,
)
from app.api.info import run_info
from app.api.params import BomQuery, Level, Question, QuestionDep, SeparatorQuery
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
    "code", "nom", "population", "couverts", "non_couverts", "inconnus", "part_couverte_pct",
    "temps_median_min", "temps_p95_min", "temps_max_min", "compte_en_un_point",
)  # fmt: skip


@router.get(
    "/departements/{code}/coverage",
    summary="Couverture d’un département",
    response_model=CoverageOut,
    responses=_NOT_FOUND,
)
def read_coverage(answers: AnswersDep, code: DepartementPath, asked: QuestionDep) -> Response:
    """Habitants qui atteignent un lieu d’accueil strictement avant le seuil."""
    return answers.serve(lambda session: Answer.of(coverage_out(get_coverage(session, code, **asked.keywords()))))


@router.get(
    "/departements/{code}/coverage/zones",
    summary="Couverture par commune, EPCI ou département",
    response_model=ZonesOut,
    responses=_NOT_FOUND,
)
def read_zones(
    answers: AnswersDep, code: DepartementPath, asked: QuestionDep, level: LevelQuery = "commune"
) -> Response:
    """Pour chaque zone : couverts + non couverts + inconnus = population."""
    return answers.serve(lambda session: Answer.of(_zones_out(session, code, level, asked)))


@router.get(
    "/departements/{code}/coverage/zones.csv",
    summary="Couverture par zone, en CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **_NOT_FOUND},
)
def read_zones_csv(
    *,
    answers: AnswersDep,
    code: DepartementPath,
    asked: QuestionDep,
    level: LevelQuery = "commune",
    separator: SeparatorQuery = "comma",
    bom: BomQuery = False,
) -> Response:
    """Les sources sont la dernière colonne. Un temps vide est inconnu."""

    def make(session: Session) -> Answer:
        run, zones = get_zones(session, code, level, **asked.keywords())
        info, name = run_info(run, asked.threshold_s), f"accueil30-{code}-{level}"
        return csv_answer(name, COLUMNS, map(_row, zones), info, separator=separator, bom=bom)

    return answers.serve(make)


@router.get(
    "/departements/{code}/coverage/zones.xlsx",
    summary="Couverture par zone, en classeur",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}, **_NOT_FOUND},
)
def read_zones_xlsx(
    answers: AnswersDep, code: DepartementPath, asked: QuestionDep, level: LevelQuery = "commune"
) -> Response:
    """Une feuille de chiffres, une feuille de sources."""

    def make(session: Session) -> Answer:
        run, zones = get_zones(session, code, level, **asked.keywords())
        info, name = run_info(run, asked.threshold_s), f"accueil30-{code}-{level}"
        return xlsx_answer(name, COLUMNS, map(_row, zones), info)

    return answers.serve(make)


@router.get(
    "/departements/{code}/coverage/zones.geojson",
    summary="Couverture par zone, avec les contours",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}, **_NOT_FOUND},
)
def read_zones_geojson(
    answers: AnswersDep, code: DepartementPath, asked: QuestionDep, level: LevelQuery = "commune"
) -> Response:
    """Contours simplifiés à 20 m environ."""
    return answers.serve(lambda session: _geojson(session, code, level, asked))


def _zones_out(session: Session, code: str, level: Level, asked: Question) -> ZonesOut:
    run, zones = get_zones(session, code, level, **asked.keywords())
    items = [zone_out(zone, asked.threshold_s) for zone in zones]
    return ZonesOut(level=level, items=items, info=run_info(run, asked.threshold_s))


def _geojson(session: Session, code: str, level: Level, asked: Question) -> Answer:
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
    return geojson_answer(features, run_info(run, asked.threshold_s), level=level)


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
