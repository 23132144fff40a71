"""Coverage, zones, gaps, départements on the row of cells: figures known before they are computed."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from tests.app.api.factories import TOTAL, site_body

pytestmark = pytest.mark.usefixtures("world")
COVERAGE = "/api/v1/departements/00/coverage"
GAPS = "/api/v1/departements/00/gaps"


def population(answer: dict[str, Any]) -> tuple[int, int, int, int]:
    people = answer["population"]
    return people["total"], people["covered"], people["uncovered"], people["unknown"]


def test_headline(api: TestClient) -> None:
    """West site, neighbour's site beyond cell 6, bus on cell 4: cells 0 to 6 are all near one of them."""
    answer = api.get(COVERAGE).json()
    assert population(answer) == (TOTAL, 127, 0, 612)
    assert answer["covered_pct"] == pytest.approx(100 * 127 / 739)
    assert answer["scope"] == "all"
    assert [line["scope"] for line in answer["companions"]] == ["all", "own", "all_fixed", "own_fixed"]


def test_own_fixed_sites_alone(api: TestClient) -> None:
    """1,799.9 s is covered, 1,800 s is not: cells 0 to 3 hold 15 people, cells 4 to 6 hold 112."""
    answer = api.get(COVERAGE, params={"neighbours": False, "mobile": False}).json()
    assert answer["scope"] == "own_fixed"
    assert population(answer) == (TOTAL, 15, 112, 612)


@pytest.mark.parametrize(("threshold_min", "covered"), [(10, 1), (20, 3), (20.01, 7), (30, 15), (30.01, 63), (51, 127)])
def test_threshold_is_strict_at_every_value(api: TestClient, threshold_min: float, covered: int) -> None:
    """Cells 1 and 2 are at 600 and 1,200 s; 30.01 min rounds to 1,801 s and takes in cells 4 and 5."""
    params = {"neighbours": False, "mobile": False, "threshold_min": threshold_min}
    answer = api.get(COVERAGE, params=params).json()
    assert population(answer)[1] == covered
    assert answer["info"]["threshold_min"] == pytest.approx(threshold_min, abs=0.01)


@pytest.mark.parametrize("value", ["0", "nan", "inf", "1e9", "trente", "121"])
def test_impossible_thresholds(api: TestClient, value: str) -> None:
    answer = api.get(COVERAGE, params={"threshold_min": value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.threshold_min"


def test_info_says_where_figures_come_from(api: TestClient) -> None:
    info = api.get(COVERAGE).json()["info"]
    assert info["is_fictional"] is True
    assert info["threshold_rule"] == "strictement moins de 30 min (1800 s)"
    assert info["mode"] == "car"
    assert info["direction"] == "arrival"
    assert info["road_network"] == {"name": "row", "osm_date": "2026-01-01", "nodes": 9}
    assert info["sites_snapshot"]["counted"] == 3
    assert info["sites_snapshot"]["is_stale"] is False
    assert info["is_stale"] is False
    assert info["changed_inputs"] == []
    assert "fictives" in info["attributions"][0]["attribution"]


def test_each_population_comes_with_its_own_file_and_millesime(api: TestClient) -> None:
    """The people shown are the communes'; the grid, of another year, only spreads them."""
    assert api.get(COVERAGE).json()["info"]["population"] == {
        "shown": "population municipale",
        "source": "communes.made",
        "millesime": "2026",
        "grid": {"source": "grid.made", "millesime": "2019"},
    }


def test_what_changed_since_the_run_is_named(api: TestClient, engine: Engine) -> None:
    """Other communes, then another site: both, and nothing else."""
    new = "insert into import_batch (id, kind, file_name, sha256, report) values (:id, 'communes', 'b', 'other', '{}')"
    with engine.begin() as connection:
        old = connection.execute(text("select distinct batch_id from commune")).scalar_one()
        connection.execute(text(new), {"id": uuid4().hex})
        connection.execute(text("update commune set batch_id = (select id from import_batch where sha256 = 'other')"))
    site = api.post("/api/v1/sites", json=site_body())
    try:
        answer = api.get(COVERAGE).json()
        info = answer["info"]
        assert info["changed_inputs"] == ["les communes", "les lieux d'accueil"]
        assert info["is_stale"] is True
        assert info["sites_snapshot"]["is_stale"] is True
        assert "les communes, les lieux d'accueil" in answer["warnings"][-1]
    finally:
        api.delete(site.headers["location"], headers={"If-Match": '"v1"'})
        with engine.begin() as connection:
            connection.execute(text("update commune set batch_id = :old"), {"old": old})
            connection.execute(text("delete from import_batch where sha256 = 'other'"))
    assert api.get(COVERAGE).json()["info"]["changed_inputs"] == []


def test_lists_of_several_runs_do_not_say_whether_they_are_out_of_date(api: TestClient) -> None:
    info = api.get("/api/v1/departements").json()["info"]
    assert (info["is_stale"], info["changed_inputs"]) == (None, None)


def test_unknown_departement_names_those_loaded(api: TestClient) -> None:
    answer = api.get("/api/v1/departements/63/coverage")
    assert answer.status_code == 404
    assert "00" in answer.json()["detail"]


def test_a_code_that_is_no_code(api: TestClient) -> None:
    answer = api.get("/api/v1/departements/2a/coverage")
    assert answer.status_code == 422
    assert "« 2A »" in answer.json()["errors"][0]["message"]


def test_figures_are_remembered_until_the_data_changes(api: TestClient) -> None:
    """A new site does not change a published run: the same figures come, said to be out of date."""
    first = api.get(COVERAGE)
    assert api.get(COVERAGE, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    site = api.post("/api/v1/sites", json=site_body())
    after = api.get(COVERAGE, headers={"If-None-Match": first.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["population"] == first.json()["population"]
    assert after.json()["info"]["sites_snapshot"]["is_stale"] is True
    assert after.json()["info"]["changed_inputs"] == ["les lieux d'accueil"]
    assert "les lieux d'accueil" in after.json()["warnings"][-1]
    api.delete(site.headers["location"], headers={"If-Match": '"v1"'})
    assert api.get(COVERAGE).json()["info"]["sites_snapshot"]["is_stale"] is False


def test_unknown_run(api: TestClient) -> None:
    answer = api.get(COVERAGE, params={"run": "00000000-0000-0000-0000-000000000000"})
    assert answer.status_code == 404


def test_communes_sum_to_the_departement(api: TestClient) -> None:
    zones = api.get(f"{COVERAGE}/zones", params={"neighbours": False, "mobile": False}).json()
    found = {zone["code"]: population(zone) for zone in zones["items"]}
    assert found == {"00001": (15, 15, 0, 0), "00002": (624, 0, 112, 512), "00003": (100, 0, 0, 100)}
    gamma = next(zone for zone in zones["items"] if zone["code"] == "00003")
    assert gamma["is_point"] is True
    assert gamma["travel_time"] == {"median_min": None, "p95_min": None, "max_min": None}


@pytest.mark.parametrize("level", ["commune", "epci", "departement"])
def test_every_level_adds_up(api: TestClient, level: str) -> None:
    items = api.get(f"{COVERAGE}/zones", params={"level": level}).json()["items"]
    assert sum(zone["population"]["total"] for zone in items) == TOTAL


def test_unknown_level(api: TestClient) -> None:
    answer = api.get(f"{COVERAGE}/zones", params={"level": "canton"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == "Valeurs acceptées : commune, epci, departement."


def test_zones_csv(api: TestClient) -> None:
    answer = api.get(f"{COVERAGE}/zones.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["nom"] for line in lines] == ["Alpha", "Bêta", "Gamma"]
    assert {line["population"] for line in lines} == {"15", "624", "100"}
    assert all("fictives" in line["sources"] for line in lines)
    assert lines[2]["temps_median_min"] == lines[2]["temps_median_s"] == ""


def test_a_file_says_of_which_run_for_which_sites_and_in_which_time(api: TestClient) -> None:
    """Own fixed sites: the farthest of Alpha is at 1,799.9 s, of Bêta at 3,000 s."""
    params = {"neighbours": False, "mobile": False, "threshold_min": 25}
    info = api.get(COVERAGE, params=params).json()["info"]
    for path in (f"{COVERAGE}/zones.csv", f"{GAPS}.csv"):
        lines = list(csv.DictReader(io.StringIO(api.get(path, params=params).text)))
        assert lines
        assert {line["calcul"] for line in lines} == {info["run_id"]}
        assert {line["calcule_le"][:19] for line in lines} == {info["run_created_at"][:19]}
        assert {line["seuil_s"] for line in lines} == {"1500"}
        assert {line["lieux_comptes"] for line in lines} == {"lieux du seul département, sans les bus"}
    alpha, beta, _ = csv.DictReader(io.StringIO(api.get(f"{COVERAGE}/zones.csv", params=params).text))
    assert (alpha["temps_max_min"], alpha["temps_max_s"]) == ("30.0", "1799.9")
    assert (beta["temps_max_min"], beta["temps_max_s"]) == ("50.0", "3000.0")
    for path in (f"{COVERAGE}/zones.geojson", f"{GAPS}.geojson"):
        answer = api.get(path, params=params).json()
        assert (answer["scope"], answer["scope_label"]) == ("own_fixed", "lieux du seul département, sans les bus")
        assert answer["info"]["run_id"] == info["run_id"]


@pytest.mark.parametrize("path", [f"{COVERAGE}/zones.csv", f"{GAPS}.csv"])
def test_no_figure_of_a_file_trails_sixteen_digits(api: TestClient, path: str) -> None:
    text_of = api.get(path, params={"neighbours": False, "mobile": False, "threshold_min": 20}).text
    assert len(text_of.splitlines()) > 1
    assert not re.search(r"\d\.\d{7}", text_of)


def test_zones_csv_for_a_french_spreadsheet(api: TestClient) -> None:
    answer = api.get(f"{COVERAGE}/zones.csv", params={"separator": "semicolon", "bom": True})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert lines[0]["part_couverte_pct"] == "100,0"


def test_zones_geojson(api: TestClient) -> None:
    answer = api.get(f"{COVERAGE}/zones.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert [feature["id"] for feature in features] == ["00001", "00002", "00003"]
    assert all(feature["geometry"]["type"] == "MultiPolygon" for feature in features)
    assert answer.json()["info"]["run_id"]


@pytest.mark.parametrize("level", ["epci", "departement"])
def test_larger_zones_have_shapes(api: TestClient, level: str) -> None:
    features = api.get(f"{COVERAGE}/zones.geojson", params={"level": level}).json()["features"]
    assert all(feature["geometry"] for feature in features)


def test_zones_xlsx(api: TestClient) -> None:
    answer = api.get(f"{COVERAGE}/zones.xlsx")
    assert answer.headers["content-disposition"] == 'attachment; filename="accueil30-00-commune.xlsx"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
        figures = book.read("xl/worksheets/sheet1.xml").decode()
    assert "Bêta" in texts
    assert "fictives" in texts
    assert "<v>624</v>" in figures


def test_gaps_hold_the_uncovered(api: TestClient) -> None:
    """Own fixed sites: cells 4, 5 and 6 touch, one zone of 112 people, the nearest a decisecond too far."""
    answer = api.get(GAPS, params={"neighbours": False, "mobile": False}).json()
    assert answer["total_people"] == 112
    (gap,) = answer["items"]
    assert gap["cells"] == 3
    assert gap["communes"] == [{"code": "00002", "nom": "Bêta", "people": 112}]
    assert gap["worst_min"] == 50.0
    assert gap["missing_s"] == pytest.approx(0.1)
    assert gap["has_no_route"] is False
    assert gap["nearest_site"]["name"] == "Lieu west"
    west, south, east, north = gap["bbox"]
    assert west <= gap["centre"][0] <= east
    assert south <= gap["centre"][1] <= north


def test_gaps_as_files(api: TestClient) -> None:
    params = {"neighbours": False, "mobile": False}
    (feature,) = api.get(f"{GAPS}.geojson", params=params).json()["features"]
    assert feature["properties"]["people"] == 112
    (line,) = csv.DictReader(io.StringIO(api.get(f"{GAPS}.csv", params=params).text))
    assert line["habitants"] == "112"
    assert line["communes"] == "Bêta"


def test_no_gap_is_an_empty_list(api: TestClient) -> None:
    assert api.get(GAPS).json()["items"] == []


def test_departements(api: TestClient) -> None:
    answer = api.get("/api/v1/departements").json()
    (item,) = answer["items"]
    assert item["code"] == "00"
    assert item["is_fictional"] is True
    assert item["population"] == TOTAL
    assert item["coverage"]["covered"] == 127
    assert item["agreement_status"] == "planned"
    assert answer["info"]["is_fictional"] is True


def test_departements_geojson(api: TestClient) -> None:
    (feature,) = api.get("/api/v1/departements.geojson").json()["features"]
    assert feature["properties"]["code"] == "00"
    assert feature["geometry"]["type"] in ("Polygon", "MultiPolygon")
