"""The annual report to the préfet: the document, and its content."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Path, Response
from sqlalchemy.orm import Session

from app.api.answers import JSON, Answer, AnswersDep
from app.api.deps import SettingsDep, api_router
from app.api.gate import GateDep
from app.api.info import NO_ROUTE
from app.api.params import ModeQuery, SeasonQuery
from app.api.problems import problem_responses
from app.api.schemas import DepartementPath, plain_amount
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON
from app.report.render import render_pdf
from app.services.report import build_content

router = api_router("Rapport annuel")
ReportYear = Annotated[int, Path(ge=2000, le=2100, description="Année du rapport")]


@router.get(
    "/departements/{code}/reports/{year}.pdf",
    summary="Rapport annuel, en PDF accessible",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}, **problem_responses(404, 409, 429)},
)
async def read_report_pdf(
    *,
    gate: GateDep,
    answers: AnswersDep,
    settings: SettingsDep,
    code: DepartementPath,
    year: ReportYear,
    mode: ModeQuery = HEADLINE_MODE,
    season: SeasonQuery = HEADLINE_SEASON,
) -> Response:
    """Les mêmes chiffres que la carte et l’API, du même calcul publié."""
    extras = [value for value in (mode, season) if value not in (HEADLINE_MODE, HEADLINE_SEASON)]
    name = "-".join(["accueil30", code, str(year), *extras]) + ".pdf"

    def make(session: Session) -> Answer:
        content = build_content(session, settings, code, year, mode=mode, season=season)
        return Answer(render_pdf(content), "application/pdf", name, is_inline=True)

    return await gate.run(answers.serve, make)


@router.get(
    "/departements/{code}/reports/{year}.json",
    summary="Contenu du rapport annuel",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}, **problem_responses(404, 409)},
)
def read_report_json(
    *,
    answers: AnswersDep,
    settings: SettingsDep,
    code: DepartementPath,
    year: ReportYear,
    mode: ModeQuery = HEADLINE_MODE,
    season: SeasonQuery = HEADLINE_SEASON,
) -> Response:
    """Tous les chiffres du document. Montants en texte ; null : inconnu ; « no_route » : aucune route."""

    def make(session: Session) -> Answer:
        content = dataclasses.asdict(build_content(session, settings, code, year, mode=mode, season=season))
        return Answer(json.dumps(_plain(content), ensure_ascii=False, allow_nan=False).encode(), JSON)

    return answers.serve(make)


def _plain(value: Any) -> Any:
    """JSON has neither amounts, dates nor infinity."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return plain_amount(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else NO_ROUTE
    return value
