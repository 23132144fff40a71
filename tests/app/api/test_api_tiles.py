"""Vector tiles: decoded by an independent reader, and compared with the figures of the API."""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile  # type: ignore[import-untyped]
import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.services.recent import Recent
from app.services.tiles import LAYERS
from tests.app import grid_world
from tests.app.api.factories import site_body

pytestmark = pytest.mark.usefixtures("world")
OWN: dict[str, Any] = {"departement": "00", "scope": "own_fixed"}


def tile_at(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Slippy-map tile of a point, from the definition of the projection."""
    import math

    side = 2**z
    x = int((lon + 180) / 360 * side)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return x, y


def read(api: TestClient, layer: str, z: int, cell: int = 0, **params: Any) -> list[dict[str, Any]]:
    x, y = tile_at(*grid_world.centre_wgs84(cell), z)
    answer = api.get(f"/api/v1/tiles/{layer}/{z}/{x}/{y}.mvt", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    decoded = mapbox_vector_tile.decode(answer.content)
    return [feature["properties"] for feature in decoded.get(layer, {}).get("features", [])]


def test_communes_carry_the_figures_of_the_api(api: TestClient) -> None:
    zones = api.get("/api/v1/departements/00/coverage/zones", params={"neighbours": False, "mobile": False}).json()
    expected = {
        z["code"]: (z["covered_pct"], z["population"]["uncovered"], z["population"]["total"]) for z in zones["items"]
    }
    drawn = {p["code"]: (p["covered_pct"], p["uncovered"], p["total"]) for p in read(api, "communes", 8, **OWN)}
    assert drawn == expected


def test_departements(api: TestClient) -> None:
    (drawn,) = read(api, "departements", 6, departement="00")
    assert drawn["code"] == "00"
    assert drawn["covered_pct"] == pytest.approx(100 * 127 / 739)


def test_cells_from_near_are_all_drawn(api: TestClient) -> None:
    """Unknown is a state of its own; the threshold is strict and minutes never cross it by rounding."""
    cells: dict[int, tuple[Any, ...]] = {}
    for cell in (0, 3, 4, 5, 6, 9):
        cells |= {
            p["people"]: (p["state"], p.get("minutes"), p["is_covered"]) for p in read(api, "cells", 14, cell, **OWN)
        }
    assert cells[1] == ("covered", 0.0, True)
    assert cells[8] == ("covered", 29.9, True)
    assert cells[16] == ("uncovered", 30.0, False)
    assert cells[32] == ("uncovered", 30.0, False)
    assert cells[64] == ("uncovered", 50.0, False)
    assert cells[512] == ("unknown", None, False)


@pytest.mark.parametrize("z", [9, 10])
def test_cells_from_afar_are_those_not_covered(api: TestClient, z: int) -> None:
    states = {p["people"]: p["state"] for p in read(api, "cells", z, **OWN)}
    assert set(states.values()) <= {"uncovered", "unknown"}


@pytest.mark.parametrize("z", [5, 8])
def test_merged_cells_lose_nobody(api: TestClient, z: int) -> None:
    drawn = read(api, "cells", z, **OWN)
    assert sum(p["people"] for p in drawn if p["state"] == "uncovered") == 112
    assert sum(p["people"] for p in drawn if p["state"] == "unknown") == 612


def test_sites_follow_the_scope(api: TestClient) -> None:
    def names(scope: str) -> set[str]:
        return {p["name"] for p in read(api, "sites", 5, departement="00", scope=scope)}

    assert names("all") == {"Lieu west", "Lieu beyond", "Lieu bus"}
    assert names("own") == {"Lieu west", "Lieu bus"}
    assert names("own_fixed") == {"Lieu west"}


def test_roads_by_rank(api: TestClient) -> None:
    assert [p["rank"] for p in read(api, "roads", 12, departement="00")] == [0]


def test_unchanged_tile_is_304_and_an_edit_is_seen_at_once(api: TestClient) -> None:
    x, y = tile_at(*grid_world.centre_wgs84(0), 9)
    address = f"/api/v1/tiles/sites/9/{x}/{y}.mvt"
    first = api.get(address)
    again = api.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    made = api.post("/api/v1/sites", json=site_body(name="Lieu nouveau"))
    after = api.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert after.status_code == 200
    assert after.headers["etag"] != first.headers["etag"]
    assert b"Lieu nouveau" in after.content
    site = made.json()["id"]
    api.delete(f"/api/v1/sites/{site}", headers={"If-Match": made.headers["etag"]})
    assert b"Lieu nouveau" not in api.get(address).content


@pytest.mark.parametrize(
    "path",
    [
        "communes/15/0/0",
        "communes/3/8/0",
        "communes/3/0/8",
        "roads/4/0/0",
        "cells/-1/0/0",
        "communes/a/0/0",
        "parcs/3/0/0",
    ],
)
def test_tiles_that_do_not_exist(api: TestClient, path: str) -> None:
    answer = api.get(f"/api/v1/tiles/{path}.mvt")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("address", ["{}/6/0/0.mvt", "{}.json"])
def test_an_unknown_departement_is_not_an_empty_map(api: TestClient, layer: str, address: str) -> None:
    path = f"/api/v1/tiles/{address.format(layer)}"
    answer = api.get(path, params={"departement": "63"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Départements chargés : " in answer.json()["detail"]
    etag = api.get(path, params={"departement": "00"}).headers.get("etag", "")
    assert api.get(path, params={"departement": "63"}, headers={"If-None-Match": etag}).status_code == 404


def test_a_tile_of_the_sea_is_empty(api: TestClient) -> None:
    answer = api.get("/api/v1/tiles/communes/5/0/0.mvt")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("layer", LAYERS)
def test_tilejson_describes_what_is_drawn(api: TestClient, layer: str) -> None:
    answer = api.get(f"/api/v1/tiles/{layer}.json", params={"departement": "00"}).json()
    west, south, east, north = answer["bounds"]
    lon, lat = grid_world.centre_wgs84(0)
    assert west < lon < east
    assert south < lat < north
    assert "fictives" in answer["attribution"]
    fields = answer["vector_layers"][0]["fields"]
    z = max(10, answer["minzoom"])
    for properties in read(api, layer, z, departement="00", scope="own_fixed"):
        assert set(properties) <= set(fields)


def test_memory_forgets_the_least_used() -> None:
    recent: Recent[str] = Recent(max_bytes=10)
    recent.put("a", "A", 5)
    recent.put("b", "B", 5)
    assert recent.get("a") == "A"
    recent.put("c", "C", 5)
    assert recent.get("b") is None
    assert recent.get("a") == "A"
    recent.put("huge", "H", 11)
    assert recent.get("huge") is None


def test_a_road_that_leaves_the_tile_and_comes_back(api: TestClient, engine: Engine) -> None:
    """It is cut into several parts, and drawn with those that are whole."""
    lon, lat = grid_world.centre_wgs84(0)
    x, _ = tile_at(lon, lat, 14)
    west, north = x / 2**14 * 360 - 180, lat
    zigzag = ", ".join(f"{west + (0.004 if i % 2 else -0.004)} {north - 0.001 * i}" for i in range(8))
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into road (network_id, rank, road_class, name, geometry)"
                " select id, 0, 'motorway', null,"
                " ST_GeomFromText(:line, 4326) from road_network"
            ),
            {"line": f"LINESTRING({zigzag})"},
        )
    api.app.state.tiles = Recent(0)  # type: ignore[attr-defined]
    assert [p["rank"] for p in read(api, "roads", 14, departement="00")] == [0]
