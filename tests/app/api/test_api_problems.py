"""Every error is a problem, in French; nothing a client sends makes a 500."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import core_schema
from starlette.testclient import TestClient

from app.api.french import MESSAGES
from app.main import create_app
from app.settings import Settings
from tests.app.api import factories

pytestmark = pytest.mark.usefixtures("world")
SITES = "/api/v1/sites"
JSON = {"content-type": "application/json"}
ENGLISH = re.compile(r"\b(the|should|input|invalid|error|must|field|value is|expected|not found)\b", re.IGNORECASE)


def assert_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "errors", "instance"} <= problem.keys()
    assert problem["status"] == status
    for text in (problem["title"], problem["detail"], *(error["message"] for error in problem["errors"])):
        assert not ENGLISH.search(text), text
    return problem


BODIES: list[tuple[str | bytes, int]] = [
    ("", 422),
    ("{", 400),
    ("[]", 422),
    ("null", 422),
    ('"texte"', 422),
    ("[" * 100_000, 400),
    ('{"a":' * 30_000, 400),
    ('{"lon": NaN}', 400),
    ('{"lon": -Infinity}', 400),
    ('{"lon": 1e999, "lat": 1}', 422),
    ('{"lon": ' + "9" * 5000 + "}", 400),
    (b'{"name": "\xff\xfe"}', 400),
    ('{"name": "\\ud800"}', 422),
    ('{"name": "\\u0000abc"}', 422),
    ('{"\\ud800": 1}', 422),
    ("x" * 300_000, 413),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=[repr(body[:16]) for body, _ in BODIES])
def test_hostile_bodies(api: TestClient, body: str | bytes, status: int) -> None:
    assert_problem(api.post(SITES, content=body, headers=JSON), status)


_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
)
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner))


@pytest.mark.parametrize(
    ("path", "good"), [(SITES, factories.site_body()), ("/api/v1/agreements", factories.agreement_body())]
)
@given(data=st.data())
@hypothesis.settings(max_examples=120, deadline=None)
def test_one_wrong_value_among_good_ones_is_never_a_500(
    api: TestClient, path: str, good: dict[str, Any], data: st.DataObject
) -> None:
    """Anything in the place of one field: accepted when it happens to do, else a 422 that names it."""
    field = data.draw(st.sampled_from(sorted(good)))
    body = json.dumps(good | {field: data.draw(_VALUES)})
    answer = api.post(path, content=body, headers=JSON)
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 422:
        assert_problem(answer, 422)


def test_a_body_without_a_length_is_measured(api: TestClient) -> None:
    def chunks() -> Any:
        for _ in range(40):
            yield b'"' + b"x" * 10_000

    assert_problem(api.post(SITES, content=chunks(), headers=JSON), 413)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_read(api: TestClient, media_type: str) -> None:
    assert_problem(api.post(SITES, content="{}", headers={"content-type": media_type}), 415)


def test_merge_patch_is_json(api: TestClient) -> None:
    nobody = f"{SITES}/00000000-0000-0000-0000-000000000000"
    headers = {"content-type": "application/merge-patch+json", "if-match": '"v1"'}
    assert_problem(api.patch(nobody, content="{}", headers=headers), 404)


@pytest.mark.parametrize(
    "path",
    ["/api/v1/rien", "/rien", f"{SITES}/", "/api/v1/openapi.yaml", "/docs", "/redoc", "/static/rien.js"],
)
def test_unknown_addresses(api: TestClient, path: str) -> None:
    assert_problem(api.get(path, follow_redirects=False), 404)


def test_method_refused_names_those_accepted(api: TestClient) -> None:
    answer = api.put(SITES, json={})
    assert "GET, HEAD, POST" in assert_problem(answer, 405)["detail"]
    assert answer.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("path", [f"{SITES}?q=%00", f"{SITES}/%00", "/api/v1/departements/%00/coverage"])
def test_nul_bytes(api: TestClient, path: str) -> None:
    assert_problem(api.get(path), 400)


def test_unknown_parameter_names_those_known(api: TestClient) -> None:
    problem = assert_problem(api.get(SITES, params={"page": 2, "limit": 1}), 422)
    assert problem["errors"][0]["field"] == "query.page"
    assert "departement, q, limit, after" in problem["errors"][0]["message"]


def test_a_parameter_given_twice(api: TestClient) -> None:
    problem = assert_problem(api.get(f"{SITES}?limit=1&limit=2"), 422)
    assert problem["errors"][0]["received"] == "2 fois"


def test_a_problem_type_is_an_address_that_explains(api: TestClient) -> None:
    problem = assert_problem(api.get(f"{SITES}/x"), 422)
    explained = {item["type"]: item for item in api.get(problem["type"].partition("#")[0]).json()["items"]}
    assert explained[problem["type"]]["status"] == 422


def operations(api: TestClient) -> list[tuple[str, str, dict[str, Any]]]:
    paths = api.get("/api/v1/openapi.json").json()["paths"]
    return [(method, path, item) for path, methods in paths.items() for method, item in methods.items()]


def test_openapi_is_french_and_knows_every_error_as_a_problem(api: TestClient) -> None:
    document = api.get("/api/v1/openapi.json").json()
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for method, path, item in operations(api):
        assert item["summary"], f"{method} {path}"
        assert item.get("description"), f"{method} {path}"
        assert not ENGLISH.search(item["summary"]), f"{method} {path}"
        errors = {code: body for code, body in item["responses"].items() if code >= "400"}
        assert "422" in errors, f"{method} {path}"
        for code, body in errors.items():
            assert list(body["content"]) == ["application/problem+json"], f"{method} {path} {code}"


def test_openapi_lists_the_addresses_of_the_contract(api: TestClient) -> None:
    listed = {f"{method.upper()} {path}" for method, path, _ in operations(api)}
    code, agreement = "/api/v1/departements/{code}", "/api/v1/agreements/{agreement_id}"
    assert {
        "GET /api/v1/departements", "GET /api/v1/departements.geojson", f"GET {code}/coverage",
        f"GET {code}/coverage/zones", f"GET {code}/coverage/zones.csv", f"GET {code}/coverage/zones.geojson",
        f"GET {code}/coverage/zones.xlsx", f"GET {code}/gaps", f"GET {code}/gaps.geojson",
        f"GET {code}/gaps.csv",
        f"GET {code}/reports/{{year}}.pdf", f"GET {code}/reports/{{year}}.json", "GET /api/v1/sites",
        "POST /api/v1/sites", "GET /api/v1/sites/{site_id}", "PATCH /api/v1/sites/{site_id}",
        "DELETE /api/v1/sites/{site_id}", "GET /api/v1/sites/{site_id}/isochrone", "GET /api/v1/isochrones",
        "GET /api/v1/nearest", "GET /api/v1/agreements", "POST /api/v1/agreements", f"GET {agreement}",
        f"PATCH {agreement}", f"DELETE {agreement}", f"POST {agreement}/allocations",
        f"PATCH {agreement}/allocations/{{year}}", f"DELETE {agreement}/allocations/{{year}}",
        "GET /api/v1/tiles/{layer}/{z}/{x}/{y}.mvt", "GET /api/v1/tiles/{layer}.json", "GET /healthz",
        "GET /readyz", "GET /metrics",
    } <= listed  # fmt: skip


def test_every_route_refuses_an_unknown_parameter(api: TestClient) -> None:
    """Built from the OpenAPI document: a new route cannot forget it."""
    values = {"code": "00", "year": "2026", "layer": "communes", "z": "0", "x": "0", "y": "0"}
    for method, path, _ in operations(api):
        address = re.sub(r"{(\w+)}", lambda m: values.get(m[1], "00000000-0000-0000-0000-000000000000"), path)
        answer = api.request(method, address, params={"inconnu": "1"}, json={} if method in ("post", "patch") else None)
        assert "inconnu" in assert_problem(answer, 422)["detail"], f"{method} {path}"


def test_every_message_of_pydantic_that_we_name_exists() -> None:
    assert set(MESSAGES) <= set(get_args(core_schema.ErrorType))


def test_security_headers(api: TestClient) -> None:
    for path in ("/api/v1/departements", "/healthz", "/rien", "/"):
        headers = api.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "'unsafe-inline'" not in headers["content-security-policy"]


def test_health_and_metrics(api: TestClient) -> None:
    assert api.get("/healthz").json() == {"status": "vivant"}
    assert api.get("/readyz").json() == {"status": "prêt"}
    text = api.get("/metrics").text
    assert re.search(r'accueil30_requests_total\{method="GET",route="/healthz",status="200"\} \d+', text)
    assert re.search(r'accueil30_request_duration_seconds_bucket\{route="/readyz",le="\+Inf"\} \d+', text)
    assert SITES + "/x" not in text, "routes are templates: a client cannot make series without end"


def test_alive_but_not_ready_without_a_database(tmp_path: Path) -> None:
    settings = Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing", store=tmp_path)
    with TestClient(create_app(settings), raise_server_exceptions=False) as api:
        assert api.get("/healthz").status_code == 200
        assert_problem(api.get("/readyz"), 503)
        answer = api.get(SITES)
        assert_problem(answer, 503)
        assert answer.headers["retry-after"]
