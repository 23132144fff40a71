"""Where the uncovered live: zones of touching squares, as JSON and as files."""

from __future__ import annotations

import json
from typing import Final

import shapely
from fastapi import Response
from sqlalchemy.orm import Session

from app.api.answers import Answer, AnswersDep
from app.api.deps import api_router
from app.api.exports import GEOJSON, Cell, Origin, csv_answer, file_name, geojson_answer, minutes_cell, seconds_cell
from app.api.info import run_info
from app.api.params import BomQuery, Question, QuestionDep, SeparatorQuery
from app.api.problems import problem_responses
from app.api.schemas import DepartementPath
from app.api.schemas_coverage import GapsOut, gap_out, gaps_out
from app.domain.coverage import SCOPE_LABELS_FR
from app.services.gaps import Gap, get_gaps

router = api_router("Zones non couvertes")
_NOT_FOUND = problem_responses(404)

COLUMNS: Final = (
    "zone", "habitants", "carreaux", "communes", "temps_le_plus_long_min", "temps_le_plus_long_s", "manque_s",
    "lieu_le_plus_proche", "lon", "lat",
)  # fmt: skip


@router.get(
    "/departements/{code}/gaps",
    summary="Zones non couvertes d’un département",
    response_model=GapsOut,
    responses=_NOT_FOUND,
)
def read_gaps(answers: AnswersDep, code: DepartementPath, asked: QuestionDep) -> Response:
    """La plus peuplée d’abord ; leurs habitants font le total des non-couverts du département."""

    def make(session: Session) -> Answer:
        run, gaps = get_gaps(session, code, **asked.keywords())
        return Answer.of(gaps_out(run, gaps, asked.threshold_s))

    return answers.serve(make)


@router.get(
    "/departements/{code}/gaps.geojson",
    summary="Zones non couvertes, avec leurs contours",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}, **_NOT_FOUND},
)
def read_gaps_geojson(answers: AnswersDep, code: DepartementPath, asked: QuestionDep) -> Response:
    """Chaque contour est la réunion des carreaux de la zone."""
    return answers.serve(lambda session: _geojson(session, code, asked))


@router.get(
    "/departements/{code}/gaps.csv",
    summary="Zones non couvertes, en CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **_NOT_FOUND},
)
def read_gaps_csv(
    answers: AnswersDep,
    code: DepartementPath,
    asked: QuestionDep,
    separator: SeparatorQuery = "comma",
    bom: BomQuery = False,
) -> Response:
    """Calcul, seuil, lieux comptés et sources sont les dernières colonnes."""

    def make(session: Session) -> Answer:
        run, gaps = get_gaps(session, code, **asked.keywords())
        origin = Origin(run_info(run, asked.threshold_s), asked.scope)
        name = file_name(code, "zones-non-couvertes", origin.info)
        rows = [_row(gap, asked.threshold_s) for gap in gaps]
        return csv_answer(name, COLUMNS, rows, origin, separator=separator, bom=bom)

    return answers.serve(make)


def _geojson(session: Session, code: str, asked: Question) -> Answer:
    run, gaps = get_gaps(session, code, **asked.keywords())
    features = [
        {
            "type": "Feature",
            "id": gap.number,
            "bbox": shapely.bounds(gap.outline).tolist(),
            "geometry": json.loads(shapely.to_geojson(gap.outline)),
            "properties": gap_out(gap, asked.threshold_s).model_dump(mode="json", exclude={"bbox"}),
        }
        for gap in gaps
    ]
    members = {"scope": asked.scope, "scope_label": SCOPE_LABELS_FR[asked.scope]}
    total = sum(gap.people for gap in gaps)
    return geojson_answer(features, run_info(run, asked.threshold_s), total_people=total, **members)


def _row(gap: Gap, threshold_s: int) -> list[Cell]:
    lon, lat = gap.centre
    return [
        gap.number,
        gap.people,
        gap.cells,
        ", ".join(commune.nom for commune in gap.communes),
        minutes_cell(gap.worst_s, threshold_s),
        seconds_cell(gap.worst_s),
        seconds_cell(gap.missing_s),
        None if gap.nearest_site is None else gap.nearest_site[1],
        round(lon, 5),
        round(lat, 5),
    ]
