"""Is it alive, is it ready, how is it doing. At the root, outside the public API."""

from __future__ import annotations

from functools import cache

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from sqlalchemy import Engine

from app.api.deps import StrictRoute
from app.api.metrics import CONTENT_TYPE, Metrics
from app.api.problems import problem_responses
from app.errors import NotReadyError
from app.persistence import migrate

router = APIRouter(tags=["Santé"], route_class=StrictRoute, responses=problem_responses(422))


class Health(BaseModel):
    status: str


@router.get("/healthz", summary="Le service est-il en vie ?", response_model=Health)
async def healthz() -> Health:
    """Répond sans toucher à la base de données."""
    # Nor to a thread: a crowded service is alive, and must not be restarted for being crowded.
    return Health(status="vivant")


@router.get(
    "/readyz",
    summary="Le service peut-il répondre ?",
    response_model=Health,
    responses=problem_responses(503),
)
async def readyz(request: Request) -> Health:
    """Vérifie que la base répond et que ses migrations sont à jour."""
    state = request.app.state
    return await to_thread.run_sync(_check, state.engine, limiter=state.ready_threads)


def _check(engine: Engine) -> Health:
    found, expected = migrate.current(engine), _head()
    if found != expected:
        raise NotReadyError(
            f"La base n’est pas à jour : migration {found or 'aucune'}, attendue {expected}. "
            "Lancez : accueil30 db migrate"
        )
    return Health(status="prêt")


@router.get("/metrics", summary="Mesures au format Prometheus", response_class=PlainTextResponse)
def metrics(request: Request) -> Response:
    """Compteurs de ce processus depuis son démarrage."""
    counters: Metrics = request.app.state.metrics
    return PlainTextResponse(counters.render(), media_type=CONTENT_TYPE)


@cache
def _head() -> str:
    """Read once: it is the code's, and the folder of migrations does not change under a running service."""
    return migrate.head()
