"""Modes, seasons and causes through the API: which figures, which errors, which files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.persistence.session import transaction
from app.services.compute import compute, compute_seasons
from app.services.import_roads import import_networks
from app.settings import Settings
from data.store import Store
from tests.app import grid_world
from tests.app.api import factories

COVERAGE = "/api/v1/departements/00/coverage"


@pytest.fixture(scope="module")
def travels(engine: Engine, settings: Settings) -> Iterator[None]:
    """The row by car, in summer and in winter, and by bicycle; nothing on foot."""
    store = Store(settings.store)
    factories.empty(engine)
    factories.load_world(engine, store)
    graphs = [
        grid_world.graph(), grid_world.graph(one_way=True, season="winter"), grid_world.graph(mode="bike", slower=4),
    ]  # fmt: skip
    with transaction(engine) as session:
        made = [(graph, grid_world.report("roads", 9, graph.meta.source_sha256)) for graph in graphs]
        import_networks(session, store, made, name="row", modes=("car", "bike"))
        compute_seasons(session, store, "00")
        compute(session, store, "00", mode="bike")
    yield
    factories.empty(engine)


@pytest.mark.usefixtures("travels")
class TestTravels:
    def test_the_headline_is_by_car_in_summer(self, api: TestClient) -> None:
        answer = api.get(COVERAGE).json()
        assert (answer["info"]["mode"], answer["info"]["season"]) == ("car", "summer")
        assert [(line["mode"], line["season"], line["is_shown"]) for line in answer["variants"]] == [
            ("car", "summer", True), ("car", "winter", False), ("bike", "summer", False),
        ]  # fmt: skip
        assert [line["label"] for line in answer["variants"]] == [
            "en voiture, en été", "en voiture, en hiver", "à vélo",
        ]  # fmt: skip

    def test_a_run_answers_for_its_own_mode_and_season_only(self, api: TestClient) -> None:
        run = api.get(COVERAGE, params={"mode": "bike"}).json()["info"]["run_id"]
        for address in (COVERAGE, "/api/v1/departements/00/gaps"):
            for own in ({}, {"mode": "bike"}, {"season": "summer"}, {"mode": "bike", "season": "summer"}):
                answer = api.get(address, params={"run": run, **own})
                assert answer.status_code == 200, answer.text
                assert answer.json()["info"]["mode"] == "bike"
            for other in ({"mode": "car"}, {"season": "winter"}):
                answer = api.get(address, params={"run": run, **other})
                assert answer.status_code == 404
                assert "il est à vélo, en été" in answer.json()["detail"]

    @pytest.mark.parametrize(("mode", "season"), [("car", "summer"), ("car", "winter"), ("bike", "summer")])
    def test_each_variant_is_what_its_own_address_answers(self, api: TestClient, mode: str, season: str) -> None:
        line = next(
            item for item in api.get(COVERAGE).json()["variants"] if (item["mode"], item["season"]) == (mode, season)
        )
        own = api.get(COVERAGE, params={"mode": mode, "season": season}).json()
        assert own["population"] == {name: line[name] for name in ("covered", "uncovered", "unknown", "total")}
        assert own["info"]["run_id"] == line["run_id"]
        gaps = api.get("/api/v1/departements/00/gaps", params={"mode": mode, "season": season}).json()
        assert gaps["total_people"] == line["uncovered"]

    def test_the_unknown_are_told_by_cause_and_add_up(self, api: TestClient) -> None:
        answer = api.get(COVERAGE).json()
        assert answer["unknown_by_cause"] == [
            {"cause": "too_far", "label": "trop loin de toute route", "people": factories.UNKNOWN}
        ]
        assert sum(line["people"] for line in answer["unknown_by_cause"]) == answer["population"]["unknown"]
        assert answer["unattached_sites"] == []
        assert answer["road_edits"] == []

    def test_what_is_not_published_is_404_and_says_what_is(self, api: TestClient) -> None:
        problem = api.get(COVERAGE, params={"mode": "foot"})
        assert problem.status_code == 404
        detail = problem.json()["detail"]
        assert "Publiés : en voiture ; en voiture, en hiver ; à vélo." in detail
        assert "--modes foot" in detail
        problem = api.get(COVERAGE, params={"mode": "bike", "season": "winter"})
        assert problem.status_code == 404
        assert "ne ferme en hiver" in problem.json()["detail"]

    @pytest.mark.parametrize(("name", "allowed"), [("mode", "car, bike, foot"), ("season", "summer, winter")])
    @pytest.mark.parametrize(
        "path", ["coverage", "coverage/zones", "coverage/zones.csv", "gaps", "reports/2026.pdf", "reports/2026.json"]
    )
    def test_an_unknown_one_is_422_with_what_is_allowed(
        self, api: TestClient, path: str, name: str, allowed: str
    ) -> None:
        problem = api.get(f"/api/v1/departements/00/{path}", params={name: "balloon"})
        assert problem.status_code == 422
        assert problem.json()["errors"] == [
            {"field": f"query.{name}", "received": "balloon", "message": f"Valeurs acceptées : {allowed}."}
        ]

    def test_files_carry_how_people_travel_in_their_name_and_their_lines(self, api: TestClient) -> None:
        plain = api.get(f"{COVERAGE}/zones.csv")
        winter = api.get(f"{COVERAGE}/zones.csv", params={"season": "winter"})
        bike = api.get("/api/v1/departements/00/gaps.csv", params={"mode": "bike"})
        assert 'filename="accueil30-00-commune.csv"' in plain.headers["content-disposition"]
        assert 'filename="accueil30-00-commune-winter.csv"' in winter.headers["content-disposition"]
        assert 'filename="accueil30-00-zones-non-couvertes-bike.csv"' in bike.headers["content-disposition"]
        assert ",en voiture," in plain.text and ',"en voiture, en hiver",' in winter.text and ",à vélo," in bike.text
        assert plain.headers["etag"] != winter.headers["etag"]

    def test_the_list_says_what_is_published(self, api: TestClient) -> None:
        [item] = api.get("/api/v1/departements").json()["items"]
        assert item["published"] == [
            {"mode": "car", "season": "summer"},
            {"mode": "car", "season": "winter"},
            {"mode": "bike", "season": "summer"},
        ]
        assert item["coverage"]["covered"] == api.get(COVERAGE).json()["population"]["covered"]

    def test_tiles_are_of_the_mode_and_the_roads_are_those_of_cars(self, api: TestClient) -> None:
        lon, lat = factories.ALPHA_LON, factories.ALPHA_LAT
        x, y = _tile(lon, lat, 11)
        cells = {
            (mode, season): api.get(
                f"/api/v1/tiles/cells/11/{x}/{y}.mvt", params={"departement": "00", "mode": mode, "season": season}
            ).content
            for mode, season in (("car", "summer"), ("car", "winter"), ("bike", "summer"))
        }
        assert len(set(cells.values())) == 3
        roads = {
            api.get(f"/api/v1/tiles/roads/11/{x}/{y}.mvt", params={"departement": "00", "mode": mode}).content
            for mode in ("car", "bike")
        }
        assert len(roads) == 1
        assert b"" not in roads
        described = api.get("/api/v1/tiles/cells.json", params={"mode": "bike"}).json()
        assert "mode=bike" in described["tiles"][0]

    def test_the_report_of_a_mode_has_its_figures_and_its_words(self, api: TestClient) -> None:
        path = "/api/v1/departements/00/reports/2026"
        bike = api.get(f"{path}.json", params={"mode": "bike"}).json()
        assert bike["headline"]["covered"] == api.get(COVERAGE, params={"mode": "bike"}).json()["population"]["covered"]
        assert bike["travel_label"] == "à vélo"
        assert [line["label"] for line in bike["variants"] if line["is_shown"]] == ["à vélo"]
        assert sum(line["people"] for line in bike["unknown_causes"]) == bike["headline"]["unknown"]
        assert any("cycliste" in line["text"] for line in bike["method"])
        car = api.get(f"{path}.json").json()
        assert car["travel_label"] == "en voiture, en été"
        pdf = api.get(f"{path}.pdf", params={"mode": "bike"})
        assert 'filename="accueil30-00-2026-bike.pdf"' in pdf.headers["content-disposition"]
        assert pdf.content.startswith(b"%PDF")


def _tile(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    from math import asinh, pi, radians, tan

    side = 1 << zoom
    return int((lon + 180) / 360 * side), int((1 - asinh(tan(radians(lat))) / pi) / 2 * side)
