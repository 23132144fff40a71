"""Modes, seasons and declared roads on the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.services.networks import clear_opened
from app.settings import Settings
from tests.app import cli_world
from tests.app.test_cli import Service, call, new_service  # noqa: F401  (a fixture)


def edits_file(folder: Path, **changes: Any) -> Path:
    """The road to the north (way 102) closes in winter."""
    properties = {
        "action": "close_winter", "osm_way_id": 102, "closed_from": "11-15", "closed_until": "05-01", "modes": "car",
        "reason": "col fermé par la neige", "declared_by": "Direction des routes", "declared_on": "2026-10-01",
    } | changes  # fmt: skip
    path = folder / "routes-declarees.geojson"
    feature = {"type": "Feature", "geometry": None, "properties": properties}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return path


@pytest.fixture
def loaded(
    new_service: Callable[[pytest.MonkeyPatch], Service],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Service:
    service = new_service(monkeypatch)
    roads, *others = cli_world.write_world(tmp_path).imports()
    said = call(*roads, "--edits", str(edits_file(tmp_path)))
    assert said.code == 0, said.err
    assert said.err.count("col fermé par la neige") == 1, "each declaration is said once"
    for network in ("en voiture", "en voiture, en hiver", "à vélo", "à pied"):
        assert f"Réseau « dessin » {network} :" in said.err
    for command in others:
        assert call(*command).code == 0
    return service


def test_from_the_file_to_the_figures_of_each_mode_and_season(loaded: Service) -> None:
    said = call("compute", "00")
    assert said.code == 0, said.err
    assert "00, en voiture, en été : " in said.err
    assert "00, en voiture, en hiver : " in said.err
    assert "Habitants inconnus : trop loin de toute route : 8." in said.err
    said = call("coverage", "00", "--mode", "foot")
    assert said.code == 1
    assert "Publiés : en voiture ; en voiture, en hiver. Lancez : accueil30 compute 00 --mode foot" in said.err
    foot = json.loads(call("compute", "00", "--mode", "foot", "--json").out)
    assert (foot["mode"], foot["season"], foot["companions"]) == ("foot", "summer", [])
    answer = json.loads(call("coverage", "00", "--json").out)
    assert answer["population"] == {"total": 15, "covered": 3, "uncovered": 4, "unknown": 8}
    assert [(line["mode"], line["season"]) for line in answer["variants"]] == [
        ("car", "summer"), ("car", "winter"), ("foot", "summer"),
    ]  # fmt: skip
    on_foot = json.loads(call("coverage", "00", "--json", "--mode", "foot").out)
    assert on_foot["run_id"] == foot["run_id"]
    assert on_foot["population"] == {"total": 15, "covered": 1, "uncovered": 6, "unknown": 8}, "10 km on foot"
    assert on_foot["unknown_by_cause"] == {"too_far": 8}
    winter = json.loads(call("gaps", "00", "--json", "--season", "winter").out)
    assert (winter["season"], winter["total_people"]) == ("winter", 4)
    shown = call("coverage", "00").out
    assert "Selon le moyen et la saison" in shown
    assert "en voiture, en hiver" in shown


def test_one_season_alone_and_the_json_of_a_pair(loaded: Service) -> None:
    winter = json.loads(call("compute", "00", "--season", "winter", "--json").out)
    assert winter["season"] == "winter"
    pair = json.loads(call("compute", "00", "--json").out)
    assert (pair["season"], [run["season"] for run in pair["companions"]]) == ("summer", ["winter"])
    assert pair["companions"][0]["already_done"] is True
    said = call("compute", "00", "--mode", "bike", "--season", "winter")
    assert said.code == 1
    assert "les chiffres d'été valent toute l'année" in said.err


def test_the_report_and_its_name_follow_the_mode(loaded: Service, tmp_path: Path) -> None:
    assert call("compute", "00").code == 0
    said = call("report", "00", "--year", "2026", "--season", "winter", "--out", str(tmp_path))
    assert said.code == 0, said.err
    assert (tmp_path / "accueil30-00-2026-winter.pdf").read_bytes().startswith(b"%PDF-")


def test_an_import_as_json_tells_each_network_and_each_edit(loaded: Service, tmp_path: Path) -> None:
    roads = cli_world.write_world(tmp_path).imports()[0]
    edits = ("--edits", str(edits_file(tmp_path)))
    answer = json.loads(call(*roads, *edits, "--modes", "foot,car", "--json", "--dry-run").out)
    assert [(network["mode"], network["season"]) for network in answer["networks"]] == [
        ("car", "summer"), ("car", "winter"), ("foot", "summer"),
    ]  # fmt: skip
    assert answer["edits"]["file"] == "routes-declarees.geojson"
    assert len(answer["edits"]["sha256"]) == 64
    assert answer["edits"]["edits"][0]["is_applied"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--modes", "car,train"], "moyen inconnu « train » (possibles : car, bike, foot)"),
        (["--edits", "absent.geojson"], "absent.geojson"),
        (["--profile", "absent.toml"], "absent.toml"),
        (["--epsg", "4326"], "EPSG:4326 n'est pas une projection en mètres"),
        (["--epsg", "2225"], "EPSG:2225 n'est pas une projection en mètres"),  # feet
        (["--epsg", "99"], "EPSG:99 n'est pas une projection en mètres"),
        (["--epsg", "0"], "code EPSG attendu"),
        (["--name", ""], "nom attendu"),
        (["--name", "../corse"], "nom attendu"),
        (["--name", "a\\b"], "nom attendu"),
    ],
)
def test_what_cannot_be_used_is_said_in_french_and_changes_nothing(
    loaded: Service, tmp_path: Path, arguments: list[str], words: str
) -> None:
    before = loaded.state()
    said = call(*cli_world.write_world(tmp_path).imports()[0], *arguments)
    assert said.code in (1, 2)
    assert words in said.err
    assert "Traceback" not in said.err
    assert loaded.state() == before


def test_a_bad_declaration_refuses_the_whole_import(loaded: Service, tmp_path: Path) -> None:
    before = loaded.state()
    roads = cli_world.write_world(tmp_path).imports()[0]
    said = call(*roads, "--edits", str(edits_file(tmp_path, osm_way_id=4242)))
    assert said.code == 1
    assert "la voie 4242 n'est pas dans routes.osm.pbf" in said.err
    assert "À faire" in said.err
    assert loaded.state() == before


@pytest.mark.parametrize("damage", ["old format", "lost"])
def test_a_graph_that_cannot_be_opened_is_said_in_french_and_the_same_file_mends_it(
    loaded: Service, tmp_path: Path, damage: str
) -> None:
    roads, *_ = cli_world.write_world(tmp_path).imports()
    roads += ["--edits", str(edits_file(tmp_path))]
    for folder in (loaded.store / "graphs").iterdir():
        if damage == "lost":
            shutil.rmtree(folder)
        else:
            manifest = json.loads((folder / "graph.json").read_text())
            (folder / "graph.json").write_text(json.dumps(manifest | {"format": "accueil30-road-graph-2"}))
    clear_opened()
    for command in (
        ["compute", "00"], ["compute", "00", "--season", "winter"],
        ["export", "roads", str(tmp_path / "x.graphml"), "--name", "dessin"],
    ):  # fmt: skip
        said = call(*command)
        assert said.code == 1
        assert "Le graphe du réseau « dessin » (en voiture)" in said.err
        assert "accueil30 import roads FICHIER --name dessin" in said.err
        assert "Traceback" not in said.err
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        lon, lat = cli_world.centre("near")
        for path in ("isochrones", "nearest"):
            answer = client.get(f"/api/v1/{path}", params={"lon": lon, "lat": lat})
            assert answer.status_code == 503, answer.text
            assert "« dessin »" in answer.json()["detail"]
    assert "Importé." in call(*roads).err
    assert call("compute", "00").code == 0


def test_the_last_import_answers_and_compute_names_its_network(loaded: Service, tmp_path: Path) -> None:
    roads = cli_world.write_world(tmp_path).imports()[0]
    other = [*roads[:-1], "autre", "--modes", "car"]
    assert "Réseau employé" not in call("compute", "00").err
    assert call(*other).code == 0
    said = call("compute", "00")
    assert "Réseau employé : « autre » (couvre aussi ce département : « dessin »)" in said.err
    # Two imports of « dessin », of which the second brings back the network of the first.
    for again in (roads, [*roads, "--edits", str(edits_file(tmp_path))]):
        assert call(*again).code == 0
    said = call("compute", "00", "--season", "summer")
    assert "Réseau employé : « dessin » (couvre aussi ce département : « autre »)" in said.err
    answer = json.loads(call("compute", "00", "--season", "summer", "--json").out)
    assert (answer["road_network"], answer["other_road_networks"]) == ("dessin", ["autre"])


def test_speeds_of_a_mode_that_is_not_imported_are_refused(loaded: Service, tmp_path: Path) -> None:
    speeds = tmp_path / "marche.toml"
    speeds.write_text('mode = "foot"\n')
    said = call(*cli_world.write_world(tmp_path).imports()[0], "--modes", "car", "--profile", str(speeds))
    assert said.code == 2
    assert "à pied" in said.err and "--modes" in said.err
