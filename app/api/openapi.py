"""The OpenAPI document: French, with every error as a problem."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.problems import Problem

_DESCRIPTION = (
    "Qui atteint un premier accueil social en moins de 30 minutes, qui ne l’atteint pas, et où est passé "
    "l’argent. Toute réponse qui porte un chiffre porte aussi « info » : calcul, règle du seuil, sources, "
    "licences. "
    "Les erreurs sont des « application/problem+json » (RFC 9457)."
)


def install_openapi(app: FastAPI) -> None:
    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    content = get_openapi(
        title=app.title,
        version=app.version,
        description=_DESCRIPTION,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    schemas = content.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    return content
