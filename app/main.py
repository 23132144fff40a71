"""Assembly of the service: ``create_app(settings)``. Nothing happens at import."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
from fastapi import FastAPI

from app.api import (
    routes_agreements,
    routes_coverage,
    routes_departements,
    routes_gaps,
    routes_health,
    routes_isochrones,
    routes_problems,
    routes_reports,
    routes_sites,
    routes_tiles,
)
from app.api.gate import Gate
from app.api.head import HeadAsGet
from app.api.info import service_version
from app.api.metrics import Metrics
from app.api.middleware import Surroundings
from app.api.openapi import install_openapi
from app.api.problems import install_problems
from app.persistence.session import make_engine
from app.services.recent import Recent
from app.settings import Settings
from app.web import pages

_ROUTES = (
    routes_departements,
    routes_coverage,
    routes_gaps,
    routes_isochrones,
    routes_sites,
    routes_agreements,
    routes_reports,
    routes_tiles,
    routes_problems,
    routes_health,
)

#: A request is half reckoning, half waiting for the database.
THREADS_A_CORE = 4
#: Tiles come by dozens and a new one is nearly all PostgreSQL's work.
TILE_THREADS_A_CORE = 2
#: Isochrones, nearest sites and reports, which take every core they are given.
LONG_AT_WORK = 2
#: A crowd of one minute at most: who comes after is told at once to come back.
LONG_WAITING = 16

#: For tiles, and as much for figures: a few hundred of each.
MEMORY_BYTES = 64 * 1024 * 1024


def create_app(settings: Settings) -> FastAPI:
    """The ASGI application of one service; its engine is made when it starts."""
    app = FastAPI(
        title="Accueil30",
        version=service_version(),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # both would load their scripts from outside
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.metrics = Metrics()
    app.state.tiles = Recent(MEMORY_BYTES)
    app.state.answers = Recent(MEMORY_BYTES)
    app.add_middleware(HeadAsGet)  # the last added is the first met: measures still see HEAD
    app.add_middleware(Surroundings, metrics=app.state.metrics)
    install_problems(app)
    install_openapi(app)
    for routes in _ROUTES:
        app.include_router(routes.router)
    app.include_router(pages.router)
    app.mount("/static", pages.static_files(), name="static")
    return app


def app_from_environment() -> FastAPI:
    """What the server process calls: the service as the environment describes it."""
    return create_app(Settings())


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    engine = await anyio.to_thread.run_sync(make_engine, settings)
    app.state.engine = engine
    _share_threads(app, settings.pool_size)
    try:
        yield
    finally:
        await anyio.to_thread.run_sync(engine.dispose)


def _share_threads(app: FastAPI, pool_size: int) -> None:
    """Who may use how many threads; to be called in the event loop.

    Never more threads than connections (from 4 on): a request that runs does not wait for one that another holds.
    And few a core: the others wait their turn, which is shorter than sharing it.
    """
    cores = os.cpu_count() or 1
    ready, long = 1, min(LONG_AT_WORK, max(1, pool_size // 4))
    tiles = min(TILE_THREADS_A_CORE * cores, max(1, (pool_size - ready - long) // 2))
    app.state.ready_threads = anyio.CapacityLimiter(ready)
    app.state.gate = Gate(long, LONG_WAITING)
    app.state.tile_threads = anyio.CapacityLimiter(tiles)
    others = max(1, min(THREADS_A_CORE * cores, pool_size - ready - long - tiles))
    anyio.to_thread.current_default_thread_limiter().total_tokens = others
