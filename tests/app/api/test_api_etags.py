"""An ETag is that of one address, of one data, under one configuration: 304 never stands for anything else."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.app import grid_world

pytestmark = pytest.mark.usefixtures("world")
LON, LAT = grid_world.centre_wgs84(3)
OF_00 = "/api/v1/departements/00"
TILE = "/api/v1/tiles/communes/0/0/0.mvt"
TAGGED = [
    "/api/v1/departements",
    f"{OF_00}/coverage",
    f"{OF_00}/coverage?threshold_min=20",
    f"{OF_00}/coverage/zones.csv",
    f"{OF_00}/gaps.geojson",
    f"{OF_00}/reports/2026.json",
    f"{OF_00}/reports/2025.json",
    f"/api/v1/isochrones?lon={LON}&lat={LAT}",
    TILE,
    f"{TILE}?departement=00",
]
REFUSED = [
    ("/api/v1/departements/63/coverage", 404),
    (f"{OF_00}/coverage?run=00000000-0000-0000-0000-000000000000", 404),
    ("/api/v1/departements/63/gaps", 404),
    ("/api/v1/departements/63/reports/2026.pdf", 404),
    ("/api/v1/sites/00000000-0000-0000-0000-000000000000/isochrone", 404),
    ("/api/v1/isochrones?lon=40&lat=10", 422),
]


def etags(api: TestClient) -> dict[str, str]:
    return {path: api.get(path).headers["etag"] for path in TAGGED}


def given(etag: str) -> dict[str, Any]:
    return {"headers": {"If-None-Match": etag}}


def test_each_address_has_its_own(api: TestClient) -> None:
    found = etags(api)
    assert len(set(found.values())) == len(TAGGED)
    for path, etag in found.items():
        assert api.get(path, **given(etag)).status_code == 304
        assert api.get(path, **given(f'W/{etag}, "other"')).status_code == 304
        others = ", ".join(other for address, other in found.items() if address != path)
        assert api.get(path, **given(others)).status_code == 200


@pytest.mark.parametrize(("path", "status"), REFUSED)
def test_what_does_not_exist_is_never_unchanged(api: TestClient, path: str, status: int) -> None:
    assert api.get(path).status_code == status
    assert api.get(path, **given(", ".join(etags(api).values()))).status_code == status


@pytest.mark.parametrize(
    "change",
    [
        {"label": "PASIP"},
        {"funding_class_thresholds": (1000, 2000)},
        {"basemap_tiles_url": "https://x/{z}/{x}/{y}.png"},
    ],
)
def test_another_configuration_is_another_answer(api: TestClient, settings: Settings, change: dict[str, Any]) -> None:
    path = f"{OF_00}/reports/2026.json"
    first = api.get(path)
    changed = settings.model_copy(update=change)
    with TestClient(create_app(changed)) as other:
        answer = other.get(path, **given(first.headers["etag"]))
        assert answer.status_code == 200
        assert ("PASIP" in answer.text) == ("label" in change)
