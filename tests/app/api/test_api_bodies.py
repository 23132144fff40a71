"""Values of the wrong kind are refused in French, never turned into something that looks right."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from tests.app.api.factories import agreement_body, site_body
from tests.app.api.test_api_problems import assert_problem

pytestmark = pytest.mark.usefixtures("world")
AGREEMENTS = "/api/v1/agreements"
ALLOCATIONS = f"{AGREEMENTS}/{uuid4()}/allocations"
V1 = {"If-Match": '"v1"'}
NOT_DAYS: list[Any] = [
    0,
    1_700_000_000,
    20240101,
    1.5,
    True,
    "1700000000",
    "2024-01-01T00:00:00",
    "2024-01-01T00:00:00Z",
    "2024-01-01 ",
    "20240101",
    "2024-W01-1",
    "2024-1-1",
    "01/01/2024",
    "٢٠٢٤-٠١-٠١",
    "2024-02-30",
    "0024-01-01",
    "1999-12-31",
    "2101-01-01",
    "9999-12-31",
    "",
    [],
]


def refused(answer: Any, field: str) -> str:
    """The message of the only error, which is about that field."""
    (error,) = assert_problem(answer, 422)["errors"]
    assert error["field"] == f"body.{field}"
    message: str = error["message"]
    return message


@pytest.mark.parametrize("value", NOT_DAYS, ids=repr)
def test_only_days_are_days(api: TestClient, value: Any) -> None:
    one = f"{AGREEMENTS}/{uuid4()}"
    allocation = {"year": 2025, "state_share_eur": "85000.00", "paid_on": value}
    for field in ("period_start", "signed_on"):
        assert "AAAA-MM-JJ" in refused(api.post(AGREEMENTS, json=agreement_body(**{field: value})), field)
        assert "AAAA-MM-JJ" in refused(api.patch(one, json={field: value}, headers=V1), field)
    assert "AAAA-MM-JJ" in refused(api.post(ALLOCATIONS, json=allocation, headers=V1), "paid_on")
    assert "AAAA-MM-JJ" in refused(api.patch(f"{ALLOCATIONS}/2025", json={"paid_on": value}, headers=V1), "paid_on")


def test_the_first_and_the_last_day_are_accepted(api: TestClient) -> None:
    body = agreement_body(kind="other", period_start="2000-01-01", period_end="2100-12-31", signed_on=None)
    answer = api.post(AGREEMENTS, json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["period_start"], made["period_end"], made["signed_on"]) == ("2000-01-01", "2100-12-31", None)


@pytest.mark.parametrize("value", [True, False, "2.5", "1", [], {}], ids=repr)
@pytest.mark.parametrize("field", ["lon", "lat"])
def test_only_numbers_are_numbers(api: TestClient, field: str, value: Any) -> None:
    assert refused(api.post("/api/v1/sites", json=site_body(**{field: value})), field) == "Attendu : un nombre."
    patched = api.patch(f"/api/v1/sites/{uuid4()}", json={field: value}, headers=V1)
    assert refused(patched, field) == "Attendu : un nombre."


def test_a_whole_number_is_a_longitude(api: TestClient) -> None:
    """JSON has one kind of number: -6 is -6.0. Far from the row of cells, hence refused for that alone."""
    problem = assert_problem(api.post("/api/v1/sites", json=site_body(lon=-60, lat=1)), 422)
    assert "Attendu : un nombre" not in str(problem)


@pytest.mark.parametrize("value", ["2025", True, 2025.0, 2025.5, None, 1999, 2101], ids=repr)
def test_only_years_are_years(api: TestClient, value: Any) -> None:
    body = {"year": value, "state_share_eur": "85000.00"}
    assert refused(api.post(ALLOCATIONS, json=body, headers=V1), "year")


def test_a_long_comment_is_a_text_too_long(api: TestClient) -> None:
    message = refused(api.post("/api/v1/sites", json=site_body(comment="x" * 2001)), "comment")
    assert message == "Texte trop long : 2001 caractères reçus, au plus 2000 acceptés."
    schemas = api.get("/api/v1/openapi.json").json()["components"]["schemas"]
    assert schemas["SiteIn"]["properties"]["comment"]["anyOf"][0]["maxLength"] == 2000
    assert schemas["AgreementIn"]["properties"]["period_start"]["format"] == "date"
