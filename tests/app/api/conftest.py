"""The service as its clients see it: a real application on a real PostGIS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from data.store import Store
from tests.app.api import factories


@pytest.fixture(scope="module")
def world(engine: Engine, settings: Settings) -> Iterator[None]:
    """The row of cells, computed, for the whole of a module."""
    factories.empty(engine)
    factories.load_world(engine, Store(settings.store))
    yield
    factories.empty(engine)


@pytest.fixture(scope="module")
def api(engine: Engine, settings: Settings) -> Iterator[TestClient]:
    """A client; an error the service did not foresee comes back as a 500, as it would outside."""
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client
