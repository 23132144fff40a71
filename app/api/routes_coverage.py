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
    Origin,
    csv_answer,
    file_name,
    geojson_answer,
    minutes_cell,
    seconds_cell,
    xlsx_answer,
)
from app.api.info import run_info
from app.api.params import BomQuery, Level, Question, QuestionDep, SeparatorQuery
from app.api.problems import problem_responses
from app.api.schemas import DepartementPath
from app.api.schemas_coverage import CoverageOut, ZonesOut, coverage_out, zone_out
from app.domain.coverage import SCOPE_LABELS_FR, ZoneFigures
from app.persistence.zone_shapes import zone_shapes
from app.services.coverage import get_centres, get_coverage, get_zones

router = api_router("Couverture")
LevelQuery = Annotated[Level, Query(description="Maille des zones")]
_NOT_FOUND = problem_responses(404)

#: Not one inhabitant of France is rounded away: 100 is written of everybody only.
PCT_DIGITS: Final = 6
COLUMNS: Final = (
    "code", "nom", "population", "couverts", "non_couverts", "inconnus", "part_couverte_pct",
    "temps_median_min", "temps_p95_min", "temps_max_min", "temps_median_s", "temps_p95_s", "temps_max_s",
    "compte_en_un_point",
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
    """Calcul, seuil, lieux comptés et sources sont les dernières colonnes. Un temps vide est inconnu."""

    def make(session: Session) -> Answer:
        origin, rows = _table(session, code, level, asked)
        return csv_answer(file_name(code, level, origin.info), COLUMNS, rows, origin, separator=separator, bom=bom)

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
        origin, rows = _table(session, code, level, asked)
        return xlsx_answer(file_name(code, level, origin.info), COLUMNS, rows, origin)

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
    centres = get_centres(session, run) if level == "commune" else {}
    items = [zone_out(zone, asked.threshold_s, centres.get(zone.code)) for zone in zones]
    return ZonesOut(level=level, items=items, info=run_info(run, asked.threshold_s))


def _geojson(session: Session, code: str, level: Level, asked: Question) -> Answer:
    run, zones = get_zones(session, code, level, **asked.keywords())
    shapes = zone_shapes(session, code, level)
    centres = get_centres(session, run) if level == "commune" else {}
    features = [
        {
            "type": "Feature",
            "id": zone.code,
            "geometry": shapes.get(zone.code),
            "properties": zone_out(zone, asked.threshold_s, centres.get(zone.code)).model_dump(mode="json"),
        }
        for zone in zones
    ]
    info = run_info(run, asked.threshold_s)
    return geojson_answer(features, info, level=level, scope=asked.scope, scope_label=SCOPE_LABELS_FR[asked.scope])


def _table(session: Session, code: str, level: Level, asked: Question) -> tuple[Origin, list[list[Cell]]]:
    run, zones = get_zones(session, code, level, **asked.keywords())
    return Origin(run_info(run, asked.threshold_s), asked.scope), [_row(zone, asked.threshold_s) for zone in zones]


def _row(zone: ZoneFigures, threshold_s: int) -> list[Cell]:
    """Minutes as everywhere, for reading; seconds to the tenth they are computed in, for reckoning."""
    times_s = (zone.median_s, zone.p95_s, zone.max_s)
    return [
        zone.code,
        zone.nom,
        zone.total,
        zone.covered,
        zone.uncovered,
        zone.unknown,
        None if zone.covered_pct is None else round(zone.covered_pct, PCT_DIGITS),
        *(minutes_cell(time_s, threshold_s) for time_s in times_s),
        *(seconds_cell(time_s) for time_s in times_s),
        zone.has_point_cell,
    ]
