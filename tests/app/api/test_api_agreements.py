"""Agreements and their money: exact amounts, bounds with their source, periods, versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.app.api.factories import agreement_body

pytestmark = pytest.mark.usefixtures("world")
AGREEMENTS = "/api/v1/agreements"


@pytest.fixture
def made(api: TestClient) -> Iterator[dict[str, Any]]:
    agreement = api.post(AGREEMENTS, json=agreement_body()).json()
    yield agreement
    left = api.get(f"{AGREEMENTS}/{agreement['id']}")
    if left.status_code == 200:
        api.delete(f"{AGREEMENTS}/{agreement['id']}", headers={"If-Match": left.headers["etag"]})


def add(api: TestClient, agreement: dict[str, Any], **values: Any) -> Any:
    body = {"year": 2025, "state_share_eur": "85000.00"} | values
    return api.post(f"{AGREEMENTS}/{agreement['id']}/allocations", json=body)


def test_create_read_list(api: TestClient) -> None:
    answer = api.post(AGREEMENTS, json=agreement_body())
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"v1"'
    agreement = answer.json()
    assert agreement["kind_label"].startswith("Convention d'appui")
    assert agreement["funding_class"] is None, "no threshold is configured"
    assert agreement["signed_on"] is None
    assert agreement["allocations"] == []
    assert api.get(answer.headers["location"]).json() == agreement
    listed = api.get(AGREEMENTS, params={"departement": "00"}).json()["items"]
    assert len(listed) == 2, "a département may have several"
    assert api.get(AGREEMENTS, params={"departement": "2A"}).json()["items"] == []
    assert api.delete(answer.headers["location"], headers={"If-Match": '"v1"'}).status_code == 204
    assert api.get(answer.headers["location"]).status_code == 404


def test_funding_class_once_thresholds_are_configured(engine: Engine, settings: Settings, world: None) -> None:
    configured = settings.model_copy(update={"funding_class_thresholds": (500, 1000)})
    with TestClient(create_app(configured)) as api:
        assert api.get(AGREEMENTS).json()["items"][0]["funding_class"] == "medium"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"departement": "63"}, "body.departement"),
        ({"period_end": "2023-12-31"}, "body.period_end"),
        ({"period_end": "2026-02-30"}, "body.period_end"),
        ({"period_start": "01/01/2024"}, "body.period_start"),
        ({"period_start": "2024-01-01T10:00:00"}, "body.period_start"),
        ({"kind": "autre"}, "body.kind"),
        ({"accounting_regime": "glissant"}, "body.accounting_regime"),
        ({"label": ""}, "body.label"),
        ({"version": 3}, "body.version"),
        ({"funding_class": "large"}, "body.funding_class"),
    ],
)
def test_agreements_refused(api: TestClient, changes: dict[str, Any], field: str) -> None:
    answer = api.post(AGREEMENTS, json=agreement_body(**changes))
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


def test_status_is_the_furthest_known_step(api: TestClient, made: dict[str, Any]) -> None:
    assert add(api, made).json()["status"] == "planned"
    address = f"{AGREEMENTS}/{made['id']}/allocations/2025"
    steps = [("notified", "85000"), ("paid", "42500.5"), ("justified", "0")]
    for version, (step, amount) in enumerate(steps, start=2):
        answer = api.patch(address, json={f"{step}_eur": amount}, headers={"If-Match": f'"v{version}"'})
        assert answer.json()["status"] == step
        assert answer.headers["etag"] == f'"v{version + 1}"'
    allocation = api.get(address).json()
    assert allocation["status_label"] == "justifié"
    assert allocation["paid_eur"] == "42500.50"
    assert allocation["justified_eur"] == "0.00"
    assert allocation["committed_eur"] is None, "not known is not zero"


@pytest.mark.parametrize("share", ["60000", "60000.00", "110000.00", 85000, 85000.5])
def test_state_shares_within_the_bounds(api: TestClient, made: dict[str, Any], share: Any) -> None:
    answer = add(api, made, state_share_eur=share)
    assert answer.status_code == 201, answer.text
    assert float(answer.json()["state_share_eur"]) == float(share)


@pytest.mark.parametrize("share", ["59999.99", "110000.01", "0", 0])
def test_state_shares_out_of_the_bounds_are_told_them_and_their_source(
    api: TestClient, made: dict[str, Any], share: Any
) -> None:
    answer = add(api, made, state_share_eur=share)
    assert answer.status_code == 422
    message = answer.json()["errors"][0]["message"]
    assert "60\u202f000 €" in message
    assert "110\u202f000 €" in message
    assert "UNCCAS" in message


BAD_AMOUNTS = [
    "-1",
    "NaN",
    "Infinity",
    "1e5",
    "85000.001",
    "85 000",
    "85000,00",
    "",
    True,
    [],
    {},
    "８５０００",
    "9" * 11,
    1e22,
]


@pytest.mark.parametrize("amount", BAD_AMOUNTS, ids=repr)
def test_amounts_that_are_not(api: TestClient, made: dict[str, Any], amount: Any) -> None:
    answer = add(api, made, department_share_eur=amount)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.department_share_eur"


@pytest.mark.parametrize("year", [2023, 2027])
def test_a_year_out_of_the_period(api: TestClient, made: dict[str, Any], year: int) -> None:
    answer = add(api, made, year=year)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.year"


def test_the_same_year_twice(api: TestClient, made: dict[str, Any]) -> None:
    assert add(api, made).status_code == 201
    answer = add(api, made)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/api/v1/problems#conflict"


def test_a_period_cannot_leave_an_allocation_out(api: TestClient, made: dict[str, Any]) -> None:
    add(api, made, year=2026)
    answer = api.patch(f"{AGREEMENTS}/{made['id']}", json={"period_end": "2025-12-31"}, headers={"If-Match": '"v2"'})
    assert answer.status_code == 409
    assert "2026" in answer.json()["detail"]


def test_patch_and_its_versions(api: TestClient, made: dict[str, Any]) -> None:
    address = f"{AGREEMENTS}/{made['id']}"
    assert api.patch(address, json={"label": "Avenant 1"}).status_code == 428
    changed = api.patch(address, json={"signed_on": "2024-06-30"}, headers={"If-Match": '"v1"'}).json()
    assert (changed["signed_on"], changed["version"]) == ("2024-06-30", 2)
    stale = api.patch(address, json={"label": "Avenant 2"}, headers={"If-Match": '"v1"'})
    assert stale.status_code == 412
    assert stale.json()["yours"] == {"version": 1, "label": "Avenant 2"}
    assert stale.json()["current"] == changed
    assert api.patch(address, json={"departement": "2A"}, headers={"If-Match": '"v2"'}).status_code == 422
    assert api.patch(address, json={"label": None}, headers={"If-Match": '"v2"'}).status_code == 422


def test_an_allocation_moves_the_version_of_its_agreement(api: TestClient, made: dict[str, Any]) -> None:
    """Whoever read the agreement before an allocation came cannot overwrite it unseen."""
    address = f"{AGREEMENTS}/{made['id']}"
    assert add(api, made).headers["etag"] == '"v2"'
    assert api.delete(address, headers={"If-Match": '"v1"'}).status_code == 412
    stale = api.patch(f"{address}/allocations/2025", json={"paid_eur": "1"}, headers={"If-Match": '"v1"'})
    assert stale.status_code == 412
    assert stale.json()["yours"] == {"version": 1, "year": 2025, "paid_eur": "1.00"}
    assert api.delete(f"{address}/allocations/2025", headers={"If-Match": '"v1"'}).status_code == 412
    assert api.delete(f"{address}/allocations/2025", headers={"If-Match": '"v2"'}).status_code == 204
    assert api.get(f"{address}/allocations/2025").status_code == 404
    assert api.get(address).headers["etag"] == '"v3"'


def test_what_does_not_exist(api: TestClient, made: dict[str, Any]) -> None:
    nobody = f"{AGREEMENTS}/00000000-0000-0000-0000-000000000000"
    version = {"If-Match": '"v1"'}
    body = {"year": 2025, "state_share_eur": "85000"}
    assert api.post(f"{nobody}/allocations", json=body).status_code == 404
    assert api.patch(nobody, json={"label": "Avenant"}, headers=version).status_code == 404
    assert api.delete(nobody, headers=version).status_code == 404
    assert api.patch(f"{AGREEMENTS}/{made['id']}/allocations/2025", json={}, headers=version).status_code == 404
