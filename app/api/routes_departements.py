"""The départements loaded, each with its headline."""

from __future__ import annotations

import json

import shapely
from fastapi import Response
from sqlalchemy.orm import Session

from app.api.answers import Answer, AnswersDep
from app.api.deps import api_router
from app.api.exports import GEOJSON, geojson_answer
from app.api.schemas_coverage import DepartementsOut, departements_out
from app.services.departements import list_departements

router = api_router("Départements")


@router.get("/departements", summary="Lister les départements chargés", response_model=DepartementsOut)
def get_departements(answers: AnswersDep) -> Response:
    """« coverage » est null tant qu’aucun calcul n’est publié."""
    return answers.serve(lambda session: Answer.of(departements_out(list_departements(session))))


@router.get(
    "/departements.geojson",
    summary="Départements chargés, avec leur contour",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}},
)
def get_departements_geojson(answers: AnswersDep) -> Response:
    """Contours simplifiés à 200 m environ : pour une carte de France, non pour un calcul."""
    return answers.serve(_geojson)


def _geojson(session: Session) -> Answer:
    views = list_departements(session)
    answer = departements_out(views)
    features = [
        {
            "type": "Feature",
            "id": item.code,
            "bbox": item.bbox,
            "geometry": json.loads(shapely.to_geojson(view.outline)),
            "properties": item.model_dump(mode="json", exclude={"bbox"}),
        }
        for item, view in zip(answer.items, views, strict=True)
    ]
    return geojson_answer(features, answer.info)
