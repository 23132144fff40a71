"""The one table error -> status, and every error as ``application/problem+json`` in French (RFC 9457).

A problem has ``type title status detail errors instance``; a 412 also has ``yours`` and ``current``.
``type`` is an address under ``/api/v1/problems`` where the kind of problem is explained.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from app.api.french import field_errors
from app.errors import (
    BadFileError,
    ConflictError,
    DatabaseUnavailableError,
    EditedMeanwhileError,
    FieldError,
    InvalidInputError,
    NotFoundError,
    NotReadyError,
    ServiceError,
)
from data.errors import BadInputError

PROBLEM_JSON: Final = "application/problem+json"
TYPE_BASE: Final = "/api/v1/problems"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its name in ``type``, status, title, what to say when nothing better is known."""

    slug: str
    status: int
    title: str
    meaning: str


KINDS: Final = (
    Kind("malformed", 400, "Requête illisible", "La requête n’a pas pu être lue : vérifiez son écriture."),
    Kind("not-found", 404, "Introuvable", "Rien n’existe à cette adresse : vérifiez-la."),
    Kind("method", 405, "Méthode refusée", "Cette adresse ne répond pas à cette méthode ; voyez Allow."),
    Kind("conflict", 409, "État incompatible", "L’état actuel des données ne permet pas cette action."),
    Kind("edited-meanwhile", 412, "Modifié entre-temps", "La ressource a changé depuis que vous l’avez lue."),
    Kind("too-large", 413, "Corps trop volumineux", "Le corps de la requête dépasse la taille acceptée."),
    Kind("media-type", 415, "Type de contenu refusé", "Envoyez le corps en JSON (application/json)."),
    Kind("invalid", 422, "Valeurs refusées", "Des valeurs reçues ne peuvent pas être utilisées."),
    Kind("if-match-required", 428, "Version attendue", "Modifier ou supprimer demande l’en-tête If-Match."),
    Kind("busy", 429, "Trop de demandes", "Trop de calculs longs à la fois : réessayez après le délai de Retry-After."),
    Kind("internal", 500, "Erreur interne", "Erreur imprévue, consignée dans le journal du service."),
    Kind("not-ready", 503, "Service pas prêt", "Le service ne peut pas répondre pour l’instant."),
)  # fmt: skip
_RETRY_AFTER: Final = {"Retry-After": {"description": "Secondes à attendre", "schema": {"type": "integer"}}}
_BY_STATUS: Final = {kind.status: kind for kind in KINDS}

#: The table. The first line that fits the exception decides.
STATUS_OF: Final[tuple[tuple[type[Exception], int], ...]] = (
    (EditedMeanwhileError, 412),
    (ConflictError, 409),
    (NotFoundError, 404),
    (BadFileError, 422),
    (InvalidInputError, 422),
    (BadInputError, 422),
    (DatabaseUnavailableError, 503),
    (NotReadyError, 503),
    (ServiceError, 500),
    (OperationalError, 503),
    (PoolTimeoutError, 503),
    (IntegrityError, 409),
    (DataError, 422),
    (RecursionError, 400),
)


class Refused(HTTPException):
    """A refusal that belongs to HTTP itself (headers, body syntax), with its French detail."""


class ProblemField(BaseModel):
    field: str = Field(description="Chemin du champ, par exemple « body.lon » ou « query.minutes »")
    received: str = Field(description="Ce qui a été reçu")
    message: str = Field(description="Ce qui était attendu, et quoi faire")


class Problem(BaseModel):
    """Une erreur, selon la RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField]
    instance: str


def problem(
    request: Request,
    status: int,
    detail: str | None = None,
    errors: list[FieldError] | None = None,
    *,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """One problem as a response; ``more`` are its extension members."""
    kind = _BY_STATUS.get(status)
    content = {
        "type": f"{TYPE_BASE}#{kind.slug}" if kind else "about:blank",
        "title": kind.title if kind else f"Erreur {status}",
        "status": status,
        "detail": detail or (kind.meaning if kind else "La requête n’a pas abouti."),
        "errors": [
            {"field": _writable(e.field), "received": _writable(e.received), "message": _writable(e.message)}
            for e in errors or []
        ],
        "instance": request.url.path,
    }
    return JSONResponse(content | more, status, media_type=PROBLEM_JSON, headers=headers)


def _writable(text: str) -> str:
    """A lone surrogate can be received (JSON can spell one) but not sent: UTF-8 has none."""
    return text.encode("utf-8", "backslashreplace").decode()


def status_of(error: Exception) -> int:
    return next((status for kind, status in STATUS_OF if isinstance(error, kind)), 500)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses=`` of a route: each status as problem+json in the OpenAPI document."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": _BY_STATUS[status].title,
            "content": {PROBLEM_JSON: {"schema": schema}},
            **({"headers": _RETRY_AFTER} if status == 429 else {}),
        }
        for status in statuses
    }


def _on_service_error(request: Request, error: Exception) -> JSONResponse:
    status = status_of(error)
    if isinstance(error, EditedMeanwhileError):
        headers = {"ETag": f'"v{error.current["version"]}"'} if "version" in error.current else None
        return problem(request, status, error.detail, headers=headers, yours=error.yours, current=error.current)
    if isinstance(error, InvalidInputError):
        return problem(request, status, error.detail, error.errors)
    if isinstance(error, ServiceError):
        retry = {"Retry-After": "5"} if status == 503 else None
        return problem(request, status, error.detail, headers=retry)
    return problem(request, status, str(error))


def _on_database_error(request: Request, error: Exception) -> JSONResponse:
    """The database's own words go to the log, not to the client: they may name tables and hosts."""
    status = status_of(error)
    _log.warning("%s %s: database error", request.method, request.url.path, exc_info=error)
    details = {
        503: "La base de données ne répond pas. Réessayez dans quelques secondes.",
        409: "La base a refusé l’écriture : elle contredit une ligne déjà présente.",
        422: "La base a refusé une valeur reçue (hors bornes, ou caractère interdit).",
    }
    return problem(request, status, details[status], headers={"Retry-After": "5"} if status == 503 else None)


def _on_validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    details = error.errors()
    if any(item["type"] == "json_invalid" for item in details):
        return problem(
            request,
            400,
            "Le corps reçu n’est pas du JSON valide. Vérifiez virgules, guillemets et accolades.",
        )
    errors = field_errors(details, request.scope.get("route"))
    plural = "s" if len(errors) > 1 else ""
    return problem(request, 422, f"{len(errors)} valeur{plural} refusée{plural} : voyez « errors ».", errors)


def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    """Starlette's own details are English: only those we raised as ``Refused`` are shown."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers) if error.headers else None
    if isinstance(error, Refused):
        return problem(request, error.status_code, error.detail, headers=headers)
    detail = None
    if error.status_code == 404:
        detail = f"Aucune adresse {request.url.path} ici ; elles sont décrites dans /api/v1/openapi.json."
    elif error.status_code == 405:
        allowed = allowed_methods(request)
        headers = {**(headers or {}), "Allow": allowed}
        detail = f"Méthode {request.method} refusée ici ; méthodes acceptées : {allowed}."
    return problem(request, error.status_code, detail, headers=headers)


def allowed_methods(request: Request) -> str:
    """The methods of an address, for ``Allow``: the router only knows those of the first route that fits."""
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    found = {
        method.upper()
        for template, operations in paths.items()
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), request.url.path)
        for method in operations
    } or {"GET"}
    return ", ".join(sorted(found | {"HEAD"} if "GET" in found else found))


def _on_unforeseen(request: Request, error: Exception) -> JSONResponse:
    _log.error("%s %s: unforeseen error", request.method, request.url.path, exc_info=error)
    return problem(request, 500)


def install_problems(app: FastAPI) -> None:
    """Answer every exception of ``app`` as a problem."""
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    for kind in (ServiceError, BadInputError, RecursionError):
        app.add_exception_handler(kind, _on_service_error)
    for failure in (OperationalError, PoolTimeoutError, IntegrityError, DataError):
        app.add_exception_handler(failure, _on_database_error)
    app.add_exception_handler(Exception, _on_unforeseen)


def received(value: object, limit: int = 80) -> str:
    """What was received, short enough to be shown."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else text[: limit - 1] + "…"
