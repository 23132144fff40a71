"""Isochrones and nearest sites around one point of the row of cells; the report of its département."""

from __future__ import annotations

import pytest
import shapely
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from tests.app import grid_world

pytestmark = pytest.mark.usefixtures("world")
LON, LAT = grid_world.centre_wgs84(3)
HERE = {"lon": LON, "lat": LAT}


def test_isochrones_are_nested_around_their_origin(api: TestClient) -> None:
    answer = api.get("/api/v1/isochrones", params={**HERE, "minutes": "10,20,30"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert [feature["properties"]["minutes"] for feature in features] == [10, 20, 30]
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    assert all(shape.geom_type == "MultiPolygon" for shape in shapes)
    assert shapes[0].contains(shapely.Point(LON, LAT))
    assert shapes[0].area < shapes[1].area < shapes[2].area
    assert answer.json()["origin"]["access_m"] == pytest.approx(0, abs=1)
    assert answer.json()["info"]["road_network"]["name"] == "row"


@pytest.mark.parametrize("minutes", ["", "0", "91", "10,,20", "dix", "1,2,3,4,5,6,7", "-10", "1e1", "٣"])
def test_impossible_limits(api: TestClient, minutes: str) -> None:
    answer = api.get("/api/v1/isochrones", params={**HERE, "minutes": minutes})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.minutes"


@pytest.mark.parametrize(("lon", "lat"), [("nan", "46"), ("inf", "46"), ("181", "46"), ("-6", "91"), ("", "46")])
def test_impossible_points(api: TestClient, lon: str, lat: str) -> None:
    assert api.get("/api/v1/isochrones", params={"lon": lon, "lat": lat}).status_code == 422


def test_a_point_without_a_road_is_told_how_far(api: TestClient) -> None:
    lon, lat = grid_world.centre_wgs84(9)
    answer = api.get("/api/v1/isochrones", params={"lon": lon, "lat": lat})
    assert answer.status_code == 422
    assert "lon=" in answer.json()["detail"]


def test_the_page_of_before_and_the_origin_of_now(api: TestClient) -> None:
    origin = api.get("/api/v1/isochrones", params=HERE).json()["origin"]
    assert origin["side"] in ("left", "right", "on")
    assert origin["road_class"] and origin["way_id"] >= 0
    assert origin["nearer_island_m"] is None


def test_the_same_polygon_alone_as_in_company(api: TestClient) -> None:
    asked = [
        api.get("/api/v1/isochrones", params={**HERE, "minutes": m}).json()["features"] for m in ("20", "10,20,30")
    ]
    assert asked[0][0]["geometry"] == asked[1][1]["geometry"]
    for feature in asked[1]:
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid and shape.contains(shapely.Point(LON, LAT))


def test_reached_roads_with_their_times(api: TestClient) -> None:
    """From cell 3: 0.1 s to cell 4, then 0.1 s to cell 5; 599.9 s towards cell 2 and 600 s beyond."""
    answer = api.get("/api/v1/isochrones", params={**HERE, "minutes": "10,15", "format": "roads"})
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert body["minutes"] == 15
    ends = {f["properties"]["way_id"]: sorted(f["properties"]["time_s"]) for f in body["features"]}
    assert ends[2] == pytest.approx([0.0, 599.9], abs=0.2)
    assert ends[1] == pytest.approx([599.9, 900.0], abs=0.2)
    assert all(feature["geometry"]["type"] == "LineString" for feature in body["features"])
    assert all(len(feature["geometry"]["coordinates"]) >= 2 for feature in body["features"])
    assert {"name", "class", "time_s", "way_id"} == set(body["features"][0]["properties"])


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"lon": "nan"}, "query.lon", "fini"),
        ({"lat": "120"}, "query.lat", "au plus 90"),
        ({"minutes": "0"}, "query.minutes", "de 1 à 90"),
        ({"minutes": "-5"}, "query.minutes", "de 1 à 90"),
        ({"minutes": "10000"}, "query.minutes", "de 1 à 90"),
        ({"minutes": "1,2,3,4,5,6,7"}, "query.minutes", "une à 6"),
        ({"mode": "plane"}, "query.mode", "car"),
        ({"season": "autumn"}, "query.season", "winter"),
        ({"direction": "up"}, "query.direction", "arrival"),
        ({"format": "hull"}, "query.format", "polygons"),
        ({"lon": LAT, "lat": LON}, "query.lon", "Inversée"),
        ({"mode": "bike"}, "mode", "Aucun réseau"),
    ],
)
def test_bad_values_say_what_is_allowed(api: TestClient, asked: dict[str, str], field: str, said: str) -> None:
    answer = api.get("/api/v1/isochrones", params={**HERE, **asked})
    assert answer.status_code == 422, answer.text
    error = answer.json()["errors"][0]
    assert error["field"] == field
    assert said in error["message"]
    assert error["received"]


def test_far_from_the_world(api: TestClient) -> None:
    answer = api.get("/api/v1/isochrones", params={"lon": 150.0, "lat": -30.0})
    assert answer.status_code == 422
    assert "hors des réseaux" in answer.json()["detail"]


def test_winter_where_nothing_closes_is_the_summer(api: TestClient) -> None:
    answers = [api.get("/api/v1/isochrones", params={**HERE, "season": s}).json() for s in ("summer", "winter")]
    assert answers[0]["features"] == answers[1]["features"]


def test_isochrone_of_a_site(api: TestClient) -> None:
    site = api.get("/api/v1/sites", params={"q": "bus"}).json()["items"][0]
    answer = api.get(f"/api/v1/sites/{site['id']}/isochrone", params={"minutes": "15"})
    assert [feature["properties"]["minutes"] for feature in answer.json()["features"]] == [15]


def test_nearest_says_where_it_starts(api: TestClient) -> None:
    answer = api.get("/api/v1/nearest", params=HERE).json()
    assert answer["origin"]["access_m"] == answer["access_m"]
    assert api.get("/api/v1/nearest", params={**HERE, "mode": "plane"}).status_code == 422


def test_nearest_sites_by_time(api: TestClient) -> None:
    """From cell 6: the neighbour's at 600 s, the bus at 1,200.0 s, the west site at 3,000 s."""
    lon, lat = grid_world.centre_wgs84(6)
    answer = api.get("/api/v1/nearest", params={"lon": lon, "lat": lat, "limit": 3}).json()
    found = [(item["site"]["name"], item["minutes"], item["is_within_30"]) for item in answer["items"]]
    assert found == [("Lieu beyond", 10.0, True), ("Lieu bus", 20.0, True), ("Lieu west", 50.0, False)]


def test_a_site_that_is_not_attached_is_unknown_and_comes_last(api: TestClient, engine: Engine) -> None:
    """The neighbour's site moved three kilometres north of its road."""
    move = text("update site set geometry = st_setsrid(st_makepoint(:lon, :lat), 4326) where source_id = 'beyond'")
    home_lon, home_lat = grid_world.centre_wgs84(7)
    with engine.begin() as connection:
        connection.execute(move, {"lon": home_lon, "lat": home_lat + 0.03})
    try:
        items = api.get("/api/v1/nearest", params={**HERE, "limit": 5}).json()["items"]
    finally:
        with engine.begin() as connection:
            connection.execute(move, {"lon": home_lon, "lat": home_lat})
    last = items[-1]
    assert (last["site"]["name"], last["minutes"], last["is_within_30"]) == ("Lieu beyond", None, None)
    assert all(item["minutes"] is not None for item in items[:-1])


@pytest.mark.parametrize(
    ("asked", "threshold_min", "rule"),
    [
        ({"minutes": "12"}, 12, "strictement moins de 12 min (720 s)"),
        ({"minutes": "20,10"}, None, "strictement moins de 10 et 20 min"),
        ({"minutes": "5,15", "format": "roads"}, 15, "strictement moins de 15 min (900 s)"),
    ],
)
def test_isochrones_say_the_durations_asked_for(
    api: TestClient, asked: dict[str, str], threshold_min: int | None, rule: str
) -> None:
    info = api.get("/api/v1/isochrones", params={**HERE, **asked}).json()["info"]
    assert (info["threshold_min"], info["threshold_rule"]) == (threshold_min, rule)


@pytest.mark.parametrize("limit", ["0", "21", "10000000", "x"])
def test_nearest_limit(api: TestClient, limit: str) -> None:
    assert api.get("/api/v1/nearest", params={**HERE, "limit": limit}).status_code == 422


def test_report_is_a_pdf_of_the_same_figures(api: TestClient) -> None:
    coverage = api.get("/api/v1/departements/00/coverage").json()
    content = api.get("/api/v1/departements/00/reports/2026.json").json()
    assert content["headline"]["covered"] == coverage["population"]["covered"]
    assert content["run_id"] == coverage["info"]["run_id"]
    assert content["agreements"][0]["allocations"][0]["state_share_eur"] == "85000.00"
    pdf = api.get("/api/v1/departements/00/reports/2026.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")


@pytest.mark.parametrize("kind", ["json", "pdf"])
def test_a_report_that_does_not_add_up_is_a_problem_in_french(api: TestClient, engine: Engine, kind: str) -> None:
    """A commune imported after the run is on the map, and in no table of the run."""
    batch = "insert into import_batch (id, kind, file_name, sha256, report)"
    values = "values (gen_random_uuid(), 'communes', 'plus-tard', 'later', '{}') returning id"
    commune = "insert into commune (code_insee, nom, departement_code, population_municipale, geometry, batch_id)"
    with engine.begin() as connection:
        new = connection.execute(text(f"{batch} {values}")).scalar_one()
        copied = "select '00004', 'Delta', '00', 1, geometry, :batch from commune where code_insee = '00001'"
        connection.execute(text(f"{commune} {copied}"), {"batch": new})
    try:
        answer = api.get(f"/api/v1/departements/00/reports/2026.{kind}")
    finally:
        with engine.begin() as connection:
            connection.execute(text("delete from commune where code_insee = '00004'"))
            connection.execute(text("delete from import_batch where id = :batch"), {"batch": new})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    detail = answer.json()["detail"]
    assert detail.startswith("Rapport refusé, des chiffres ne concordent pas")
    assert "00004 Delta" in detail and "les communes" in detail
    assert api.get(f"/api/v1/departements/00/reports/2026.{kind}").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"), [("99/reports/2026.pdf", 404), ("00/reports/1.pdf", 422), ("00/reports/x.json", 422)]
)
def test_reports_that_cannot_be(api: TestClient, path: str, status: int) -> None:
    assert api.get(f"/api/v1/departements/{path}").status_code == status
