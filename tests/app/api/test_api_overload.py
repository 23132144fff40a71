"""A crowd asking for long answers: it is bounded, and delays nobody who asks for a short one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import anyio.to_thread
import pytest
from starlette.testclient import TestClient

from app.main import LONG_WAITING
from tests.app import grid_world
from tests.app.api.test_api_problems import assert_problem

pytestmark = pytest.mark.usefixtures("world")
LON, LAT = grid_world.centre_wgs84(3)
AT_ONCE_S = 5.0
LONG = [
    f"/api/v1/isochrones?lon={LON}&lat={LAT}",
    "/api/v1/sites/00000000-0000-0000-0000-000000000000/isochrone",
    f"/api/v1/nearest?lon={LON}&lat={LAT}",
    "/api/v1/departements/00/reports/2026.pdf",
]


@contextmanager
def all_taken(api: TestClient, limiter_of: Callable[[], Any]) -> Iterator[None]:
    """Every place of a limiter of the service held, as by requests that do not end."""
    assert api.portal is not None
    borrowers = []

    def hold() -> None:
        limiter = limiter_of()
        for _ in range(int(limiter.available_tokens)):
            borrowers.append(object())
            limiter.acquire_on_behalf_of_nowait(borrowers[-1])

    def release() -> None:
        for borrower in borrowers:
            limiter_of().release_on_behalf_of(borrower)

    api.portal.call(hold)
    try:
        yield
    finally:
        api.portal.call(release)


@contextmanager
def crowd(api: TestClient, size: int) -> Iterator[list[Future[Any]]]:
    """``size`` isochrones asked and not yet made. They can only be made once the block is left."""
    state: Any = api.app.state  # type: ignore[attr-defined]
    with ThreadPoolExecutor(size + 1) as clients, all_taken(api, lambda: state.gate.limiter):
        asked = [clients.submit(api.get, LONG[0]) for _ in range(size)]
        deadline = time.monotonic() + 20
        while state.gate.inside < size:
            assert time.monotonic() < deadline, "the crowd never came"
            time.sleep(0.01)
        yield asked


def test_health_and_readiness_wait_for_nobody(api: TestClient) -> None:
    """Neither for long answers nor for the threads of all the others."""
    state: Any = api.app.state  # type: ignore[attr-defined]
    with (
        ThreadPoolExecutor(2) as clients,
        all_taken(api, lambda: state.gate.limiter),
        all_taken(api, lambda: state.tile_threads),
        all_taken(api, anyio.to_thread.current_default_thread_limiter),
    ):
        for path in ("/healthz", "/readyz"):
            assert clients.submit(api.get, path).result(AT_ONCE_S).status_code == 200


def test_a_crowd_of_long_answers_does_not_delay_short_ones(api: TestClient) -> None:
    with ThreadPoolExecutor(1) as clients, crowd(api, LONG_WAITING) as asked:
        for path in ("/healthz", "/readyz", "/api/v1/sites", "/api/v1/departements/00/coverage"):
            assert clients.submit(api.get, path).result(AT_ONCE_S).status_code == 200
        assert not any(answer.done() for answer in asked)
    assert {answer.result(30).status_code for answer in asked} == {200}


@pytest.mark.parametrize("path", LONG)
def test_one_too_many_is_told_to_come_back(api: TestClient, path: str) -> None:
    state: Any = api.app.state  # type: ignore[attr-defined]
    with ThreadPoolExecutor(1) as clients, crowd(api, state.gate.most_inside):
        answer = clients.submit(api.get, path).result(AT_ONCE_S)
        problem = assert_problem(answer, 429)
        assert problem["type"] == "/api/v1/problems#busy"
        assert int(answer.headers["retry-after"]) > 0
    assert api.get(path).status_code in (200, 404), "the door is open again"


def test_the_refusal_is_documented(api: TestClient) -> None:
    assert "/api/v1/problems#busy" in {item["type"] for item in api.get("/api/v1/problems").json()["items"]}
    paths = api.get("/api/v1/openapi.json").json()["paths"]
    for path in ("isochrones", "sites/{site_id}/isochrone", "nearest", "departements/{code}/reports/{year}.pdf"):
        assert "Retry-After" in paths[f"/api/v1/{path}"]["get"]["responses"]["429"]["headers"]
