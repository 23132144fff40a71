"""The command line as a person meets it: French, exit codes, all of a file or nothing of it."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text

from app.cli import run
from app.cli.parser import build_parser
from app.persistence.contents import row_counts
from app.persistence.embedded import EmbeddedCluster
from tests.app import cli_world
from tests.app.cli_world import WorldFiles
from tests.app.conftest import Spawn
from tests.data import builders

_NOWHERE = "postgresql://personne@127.0.0.1:1/rien?connect_timeout=1"
_MAIN = "from app.cli import main; main()"
_KINDS = ("roads", "communes", "epci", "grid", "sites")


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


def call(*arguments: str) -> Said:
    """The command in this process; what it wrote on its two outputs."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = run(arguments)
        except SystemExit as left:  # argparse leaves this way
            code = int(left.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


class Service:
    """A database and a store of their own, which commands find through the environment."""

    def __init__(self, cluster: EmbeddedCluster, store: Path) -> None:
        self.name, self.store = f"cli_{uuid4().hex}", store
        self.url = cluster.url(self.name)
        cluster.create_database(self.name)
        self.environment = {"ACCUEIL30_DATABASE_URL": self.url, "ACCUEIL30_STORE": str(store)}
        self.engine: Engine = create_engine(self.url, pool_size=1)

    def state(self) -> tuple[dict[str, str], dict[str, int]]:
        """Every row of every table, digested, and every file of the store."""
        with self.engine.connect() as connection:
            digest = "select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {} t"
            tables = {
                name: str(connection.execute(text(digest.format(name))).scalar_one()) for name in row_counts(connection)
            }
        files = self.store.rglob("*") if self.store.exists() else ()
        return tables, {str(path.relative_to(self.store)): path.stat().st_mtime_ns for path in files if path.is_file()}

    def hang_up(self) -> None:
        """A command ends with its process, and its connections with it; here they must be ended."""
        others = "datname = current_database() and pid <> pg_backend_pid()"
        with self.engine.connect() as connection:
            connection.execute(text(f"select pg_terminate_backend(pid) from pg_stat_activity where {others}"))

    def is_empty(self) -> bool:
        tables, files = self.state()
        return not files and all(digest.startswith("0 ") for digest in tables.values())


@pytest.fixture(scope="module")
def new_service(
    cluster: EmbeddedCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[pytest.MonkeyPatch], Service]]:
    made: list[Service] = []

    def make(patch: pytest.MonkeyPatch) -> Service:
        made.append(Service(cluster, tmp_path_factory.mktemp("cli") / "store"))
        for name, value in made[-1].environment.items():
            patch.setenv(name, value)
        assert call("db", "migrate").code == 0
        return made[-1]

    yield make
    for service in made:
        service.engine.dispose()
        cluster.drop_database(service.name)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> WorldFiles:
    return cli_world.write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def _loaded(new_service: Callable[[pytest.MonkeyPatch], Service], world: WorldFiles) -> Service:
    """The whole world imported and computed by the commands; no test may change it."""
    with pytest.MonkeyPatch.context() as patch:
        service = new_service(patch)
        for command in [*world.imports(), ["compute", "00"]]:
            said = call(*command)
            assert said.code == 0, said.err
            assert said.out == "", "messages go to stderr"
        return service


@pytest.fixture
def loaded(_loaded: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name, value in _loaded.environment.items():
        monkeypatch.setenv(name, value)
    yield _loaded
    _loaded.hang_up()


@pytest.fixture(scope="module")
def _blank(new_service: Callable[[pytest.MonkeyPatch], Service]) -> Service:
    with pytest.MonkeyPatch.context() as patch:
        return new_service(patch)


@pytest.fixture
def blank(_blank: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Tables without a row, for tests that must leave them so."""
    for name, value in _blank.environment.items():
        monkeypatch.setenv(name, value)
    yield _blank
    assert _blank.is_empty()
    _blank.hang_up()


@pytest.fixture
def empty(new_service: Callable[[pytest.MonkeyPatch], Service], monkeypatch: pytest.MonkeyPatch) -> Service:
    return new_service(monkeypatch)


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever touches the database here fails with exit code 1."""
    monkeypatch.setenv("ACCUEIL30_DATABASE_URL", _NOWHERE)
    monkeypatch.setenv("ACCUEIL30_STORE", str(tmp_path / "store"))


# --- help and wrong usage ------------------------------------------------------------------------------------


def parsers(parser: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield from parsers(child, (*path, name))


_PARSERS = dict(parsers(build_parser()))
_ENGLISH = re.compile(
    r"usage:|positional|optional|show this|\bexit\b|\bdefault|required|invalid|choose|expected|unrecognized|\berror\b"
    r"|\barguments? (?:is|are)\b|could match|ignored"
)


def test_the_commands_of_this_version_are_all_there() -> None:
    expected = "db/start db/stop db/status db/migrate db/backup db/restore import/roads import/communes import/epci import/grid"
    expected += " import/sites compute coverage gaps report demo serve"
    assert set(expected.split()) <= {"/".join(path) for path in _PARSERS}


@pytest.mark.parametrize("path", list(_PARSERS), ids=lambda path: " ".join(path) or "accueil30")
def test_every_help_is_french_and_complete(path: tuple[str, ...], no_database: None) -> None:
    said = call(*path, "--help")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Usage : {' '.join(('accueil30', *path))} ")
    assert not _ENGLISH.search(said.out), said.out
    parser = _PARSERS[path]
    assert parser.description
    assert parser.description.endswith(".")
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            assert action.help, f"{action.dest} is not explained"
            assert action.choices or action.nargs == 0 or action.metavar, f"{action.dest} would show its English name"
        else:
            assert {pseudo.dest for pseudo in action._choices_actions if pseudo.help} == set(action.choices)


def test_helps_keep_the_names_of_variables() -> None:
    assert "ACCUEIL30_DATABASE_URL" in _PARSERS["db",].description


@pytest.mark.parametrize(
    "arguments",
    [
        "", "nimporte", "--inconnu", "db", "db backup", "db backup a b", "import", "import roads x.osm.pbf",
        "import roads x.osm.pbf --name", "import roads --name corse", "import roads x.osm.pbf --place Ajaccio --name a",
        "import grid a b", "import communes x --a", "import sites x --format excel", "compute", "compute 00 --all",
        "compute 00 --threshold 0", "coverage", "coverage 00 --threshold dix", "coverage 00 --threshold 241",
        "coverage 00 --json=1", "gaps 00 --mode avion", "coverage 00 --level canton", "report 00", "report 00 --year deux",
    ],
)  # fmt: skip
def test_wrong_usage_is_2_in_french_and_touches_nothing(arguments: str, no_database: None) -> None:
    said = call(*arguments.split())
    assert said.code == 2, said.err
    assert said.out == ""
    assert "Commande mal écrite." in said.err
    assert not _ENGLISH.search(said.err), said.err


def test_a_database_that_does_not_answer_is_1_and_french(no_database: None) -> None:
    said = call("coverage", "00")
    assert said.code == 1
    assert "ne répond pas" in said.err
    assert "Traceback" not in said.err


# --- the whole chain -----------------------------------------------------------------------------------------

_EXPECTED = {"total": 15, "covered": 3, "uncovered": 4, "unknown": 8}


def test_coverage_of_the_drawn_world(loaded: Service) -> None:
    said = call("coverage", "00", "--json", "--level", "commune")
    answer = json.loads(said.out)
    assert answer["population"] == _EXPECTED
    assert answer["threshold_s"] == 1800
    assert answer["is_stale"] is False
    zones = {
        zone["code"]: (zone["total"], zone["covered"], zone["uncovered"], zone["unknown"]) for zone in answer["zones"]
    }
    assert zones == {"00001": (3, 3, 0, 0), "00002": (4, 0, 4, 0), "00003": (8, 0, 0, 8)}
    assert said.err == ""


def test_another_threshold_and_the_table_for_the_eye(loaded: Service) -> None:
    answer = json.loads(call("coverage", "00", "--json", "--threshold", "5").out)
    assert answer["population"] == {"total": 15, "covered": 1, "uncovered": 6, "unknown": 8}
    said = call("coverage", "00", "--level", "epci")
    assert "Communauté du dessin" in said.out
    assert "20,0\u00a0%" in said.out


def test_gaps_of_the_drawn_world(loaded: Service) -> None:
    answer = json.loads(call("gaps", "00", "--json").out)
    assert answer["total_people"] == 4
    assert [commune["code"] for item in answer["items"] for commune in item["communes"]] == ["00002"]
    assert 1800 < answer["items"][0]["worst_s"] < 3 * 3600
    assert "Bêta" in call("gaps", "00").out


def test_report(loaded: Service, tmp_path: Path) -> None:
    said = call("report", "00", "--year", "2026", "--out", str(tmp_path / "rapports"))
    assert said.code == 0, said.err
    assert (tmp_path / "rapports" / "accueil30-00-2026.pdf").read_bytes().startswith(b"%PDF-")


def test_a_report_that_does_not_add_up_is_refused_in_french(loaded: Service, tmp_path: Path) -> None:
    """A commune that came after the run is on the map and in no table."""
    new = "select 'X', nom, departement_code, epci_code, 0, geometry, batch_id from commune where code_insee = '00001'"
    columns = "code_insee, nom, departement_code, epci_code, population_municipale, geometry, batch_id"
    with loaded.engine.begin() as connection:
        connection.execute(text(f"insert into commune ({columns}) {new}"))
    try:
        said = call("report", "00", "--year", "2026", "--out", str(tmp_path))
    finally:
        with loaded.engine.begin() as connection:
            connection.execute(text("delete from commune where code_insee = 'X'"))
    assert said.code == 1
    assert "Rapport refusé" in said.err and "la carte et le tableau diffèrent pour X" in said.err
    assert "Traceback" not in said.err and "ValueError" not in said.err
    assert not list(tmp_path.iterdir())


def test_a_second_time_changes_nothing_and_says_so(loaded: Service, world: WorldFiles) -> None:
    before = loaded.state()
    for command in world.imports():
        said = call(*command)
        assert (said.code, said.out) == (0, "")
        assert "Déjà importé" in said.err, command
    said = call("compute", "00")
    assert "déjà publié" in said.err
    assert loaded.state() == before


def test_compute_as_json(loaded: Service) -> None:
    one = json.loads(call("compute", "00", "--json").out)
    assert one["population"] == _EXPECTED
    assert one["already_done"] is True
    every = json.loads(call("compute", "--all", "--json").out)
    assert [answer["departement"] for answer in every] == ["00"], "a list, however many there are"


def test_a_dry_run_records_nothing(blank: Service, world: WorldFiles) -> None:
    for command in world.imports():
        said = call(*command, "--dry-run")
        assert said.code == 0, said.err
        assert "Essai à blanc : rien n'a été enregistré." in said.err
        assert blank.is_empty()


def test_an_import_as_json(blank: Service, world: WorldFiles) -> None:
    for command in world.imports():
        said = call(*command, "--json", "--dry-run")
        answer = json.loads(said.out)
        assert (said.code, said.err) == (0, "")
        assert (answer["dry_run"], answer["imported"], answer["already_done"]) == (True, False, False)
        assert answer["report"]["kind"] == command[1]


@pytest.mark.parametrize(
    "command", ["coverage 00", "gaps 00", "report 00 --year 2026", "compute 00", "compute 9Z", "compute --all"]
)
def test_figures_of_what_is_not_there(blank: Service, command: str) -> None:
    said = call(*command.split())
    assert (said.code, said.out) == (1, "")
    assert "Échec. " in said.err
    assert "Traceback" not in said.err


# --- bad input -----------------------------------------------------------------------------------------------

Make = Callable[[Path, WorldFiles], list[str]]


def _truncated_pbf(folder: Path, world: WorldFiles) -> list[str]:
    whole = world.roads.read_bytes()
    (folder / "coupe.osm.pbf").write_bytes(whole[: len(whole) * 2 // 3])
    return ["roads", "coupe.osm.pbf", "--name", "dessin"]


def _windows_1252(folder: Path, _: WorldFiles) -> list[str]:
    row = cli_world.site(lib_fs="Maison de l'été")
    builders.write_sites(folder / "excel.csv", [row], encoding="windows-1252", delimiter=";")
    return ["sites", "excel.csv"]


def _sites_without_latitude(folder: Path, _: WorldFiles) -> list[str]:
    columns = [name for name in builders.FRANCE_SERVICES_COLUMNS if name != "latitude"]
    builders.write_sites(folder / "lieux.csv", [cli_world.site()], columns=columns)
    return ["sites", "lieux.csv"]


def _communes_without_code(folder: Path, _: WorldFiles) -> list[str]:
    features = [cli_world.commune(code) for code in cli_world.COMMUNES]
    for feature in features:
        feature["properties"].pop("insee_com")
    builders.write_geojson(folder / "communes.geojson", features)
    return ["communes", "communes.geojson"]


def _grid_without_people(folder: Path, _: WorldFiles) -> list[str]:
    cli_world.write_grid(folder / "grille.csv", header=("idcar_1km", "i_est_1km", "autre", "men", "men_pauv"))
    return ["grid", "grille.csv"]


def _commune_gone(folder: Path, _: WorldFiles) -> list[str]:
    rows = [cli_world.site(id_fs="2"), cli_world.site(id_fs="3", insee_com="00099", lib_com="Alpha-la-Vieille")]
    builders.write_sites(folder / "lieux.csv", rows)
    return ["sites", "lieux.csv"]


def _sites_swapped(folder: Path, _: WorldFiles) -> list[str]:
    row = cli_world.site()
    builders.write_sites(folder / "lieux.csv", [{**row, "latitude": row["longitude"], "longitude": row["latitude"]}])
    return ["sites", "lieux.csv"]


def _communes_swapped(folder: Path, _: WorldFiles) -> list[str]:
    features = [cli_world.commune(code, swapped=True) for code in cli_world.COMMUNES]
    builders.write_geojson(folder / "communes.geojson", features)
    return ["communes", "communes.geojson"]


def _grid_named_in_lambert(folder: Path, _: WorldFiles) -> list[str]:
    cli_world.write_grid(folder / "grille.csv", epsg=2154)
    return ["grid", "grille.csv"]


def _gpkg_in_lambert(folder: Path, _: WorldFiles) -> list[str]:
    names = {"idcar_1km": "TEXT", "i_est_1km": "INTEGER", "ind": "REAL", "men": "REAL", "men_pauv": "REAL"}
    blob = builders.gpkg_square(500_000, 6_600_000, 1000, srs_id=2154)
    row = (blob, builders.cell_id(cli_world.X0_M, cli_world.Y0_M, 1000), 0, 1.0, 1.0, 0.0)
    builders.write_grid_gpkg(folder / "grille.gpkg", names, [row], epsg=2154)
    return ["grid", "grille.gpkg"]


def _vrt_named_geojson(folder: Path, world: WorldFiles) -> list[str]:
    """GDAL would follow it to any file of the machine."""
    layer = f'<OGRVRTLayer name="communes"><SrcDataSource>{world.communes}</SrcDataSource></OGRVRTLayer>'
    (folder / "communes.geojson").write_text(f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>")
    return ["communes", "communes.geojson"]


def _text_named_gpkg(folder: Path, _: WorldFiles) -> list[str]:
    (folder / "grille.gpkg").write_text("ceci n'est pas un GeoPackage\n" * 10)
    return ["grid", "grille.gpkg"]


def _sqlite_named_gpkg(folder: Path, _: WorldFiles) -> list[str]:
    import sqlite3

    with sqlite3.connect(folder / "grille.gpkg") as base:
        base.execute("create table carreaux (idcar_1km text, ind real)")
    base.close()
    return ["grid", "grille.gpkg"]


def _gpkg_cut(folder: Path, _: WorldFiles) -> list[str]:
    names = {"idcar_1km": "TEXT", "ind": "REAL"}
    rows = [(builders.gpkg_square(cli_world.X0_M, cli_world.Y0_M, 1000), f"x{i}", 1.0) for i in range(200)]
    path = builders.write_grid_gpkg(folder / "grille.gpkg", names, rows)
    path.write_bytes(path.read_bytes()[:9000])
    return ["grid", "grille.gpkg"]


def _geojson_cut(folder: Path, world: WorldFiles) -> list[str]:
    (folder / "communes.geojson").write_bytes(world.communes.read_bytes()[:-50])
    return ["communes", "communes.geojson"]


def _one_cell_wrong(folder: Path, _: WorldFiles) -> list[str]:
    good = cli_world.write_grid(folder / "grille.csv").read_text()
    (folder / "grille.csv").write_text(good.replace(",4,1,0", ",quatre,1,0"))
    return ["grid", "grille.csv"]


def _partial_communes(folder: Path, _: WorldFiles) -> list[str]:
    builders.write_geojson(folder / "communes.geojson", [cli_world.commune("00001")])
    return ["communes", "communes.geojson"]


_BAD: dict[str, tuple[Make, str]] = {
    "PBF tronqué": (_truncated_pbf, "coupe.osm.pbf"),
    "CSV Windows-1252": (_windows_1252, "--encoding windows-1252 --delimiter ';'"),
    "sites sans latitude": (_sites_without_latitude, "Colonne absente : latitude"),
    "communes sans code": (_communes_without_code, "Colonne absente : code"),
    "grille sans individus": (_grid_without_people, "Colonne absente : ind"),
    "commune disparue": (_commune_gone, "La commune 00099 (Alpha-la-Vieille) n'existe pas ou n'existe plus"),
    "lieux inversés": (_sites_swapped, "Latitude et longitude sont inversées"),
    "communes inversées": (_communes_swapped, "invers"),
    "grille CSV en 2154": (_grid_named_in_lambert, "EPSG:3035"),
    "grille gpkg en 2154": (_gpkg_in_lambert, "EPSG:2154"),
    "VRT nommé geojson": (_vrt_named_geojson, "XML"),
    "texte nommé gpkg": (_text_named_gpkg, "grille"),
    "SQLite nommé gpkg": (_sqlite_named_gpkg, "grille.gpkg"),
    "gpkg coupé": (_gpkg_cut, "grille.gpkg"),
    "geojson coupé": (_geojson_cut, "tronqué"),
    "un carreau faux": (_one_cell_wrong, "quatre"),
    "communes partielles": (_partial_communes, "--allow-removals"),
}


@pytest.mark.parametrize("name", list(_BAD))
def test_a_bad_file_is_refused_whole(
    name: str, loaded: Service, world: WorldFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, expected = _BAD[name]
    command = make(tmp_path, world)
    monkeypatch.chdir(tmp_path)
    before = loaded.state()
    for more in ([], ["--dry-run"]):
        said = call("import", *command, *more)
        assert (said.code, said.out) == (1, ""), said.err
        assert expected in said.err
        assert "Échec. " in said.err
        assert "Traceback" not in said.err
    assert loaded.state() == before


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("what", ["absent", "empty", "folder"])
def test_what_is_not_even_a_file(kind: str, what: str, loaded: Service, tmp_path: Path) -> None:
    suffix = {"roads": ".osm.pbf", "grid": ".gpkg", "sites": ".csv"}.get(kind, ".geojson")
    path = tmp_path / f"fichier{suffix}"
    if what == "empty":
        path.touch()
    elif what == "folder":
        path.mkdir()
    before = loaded.state()
    said = call("import", kind, str(path), *(["--name", "dessin"] if kind == "roads" else []))
    assert (said.code, said.out) == (1, "")
    assert {"absent": "introuvable", "empty": "vide", "folder": "dossier"}[what] in said.err
    assert "À faire : " in said.err
    assert "Errno" not in said.err
    assert "Traceback" not in said.err
    assert loaded.state() == before


def test_a_refusal_as_json(loaded: Service, tmp_path: Path) -> None:
    """The rows in error are for machines too; the exit code still says that it failed."""
    _, path = _commune_gone(tmp_path, WorldFiles(*[tmp_path] * 5))
    said = call("import", "sites", str(tmp_path / path), "--json")
    assert said.code == 1
    answer = json.loads(said.out)
    assert answer["imported"] is False
    [finding] = [found for found in answer["report"]["findings"] if found["severity"] == "error"]
    assert (finding["line"], finding["field"], finding["value"]) == (3, "insee_com", "00099")


def test_good_rows_are_kept_when_asked(empty: Service, world: WorldFiles, tmp_path: Path) -> None:
    assert call(*world.imports()[2]).code == 0
    _, path = _commune_gone(tmp_path, world)
    said = call("import", "sites", str(tmp_path / path), "--accept-errors")
    assert said.code == 0, said.err
    assert "ligne 3" in said.err
    with empty.engine.connect() as connection:
        assert connection.execute(text("select source_id from site")).scalars().all() == ["2"]


def test_windows_1252_is_read_when_said(empty: Service, tmp_path: Path) -> None:
    _, path = _windows_1252(tmp_path, WorldFiles(*[tmp_path] * 5))
    said = call("import", "sites", str(tmp_path / path), "--encoding", "windows-1252", "--delimiter", ";")
    assert said.code == 0, said.err
    with empty.engine.connect() as connection:
        assert connection.execute(text("select name from site")).scalars().all() == ["Maison de l'été"]


# --- backup --------------------------------------------------------------------------------------------------


def test_backup_and_restore(loaded: Service, new_service: Callable[..., Service], tmp_path: Path) -> None:
    file = tmp_path / "accueil30.tar"
    said = call("db", "backup", str(file))
    assert said.code == 0, said.err
    assert "Sauvegarde écrite" in said.err
    assert call("db", "backup", str(file)).code == 1, "never over another"
    before = loaded.state()
    said = call("db", "restore", str(file))
    assert said.code == 1
    assert "contient déjà des données" in said.err
    assert loaded.state() == before
    with pytest.MonkeyPatch.context() as patch:
        other = new_service(patch)
        said = call("db", "restore", str(file))
        assert said.code == 0, said.err
        assert other.state()[0] == before[0]
        assert other.state()[1].keys() == before[1].keys()
        assert json.loads(call("coverage", "00", "--json").out)["population"] == _EXPECTED


def test_restoring_something_else_makes_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCUEIL30_DATABASE_URL", raising=False)
    monkeypatch.setenv("ACCUEIL30_STORE", str(tmp_path / "store"))
    said = call("db", "restore", str(tmp_path / "absente.tar"))
    assert said.code == 1
    assert "n'est pas une sauvegarde" in said.err
    assert not (tmp_path / "store").exists()


# --- real processes ------------------------------------------------------------------------------------------


def test_a_process_answers_on_stdout_and_talks_on_stderr(loaded: Service, spawn: Spawn) -> None:
    process = spawn(_MAIN, "compute", "00", "--json")
    answer, talk = process.communicate(timeout=120)
    assert process.returncode == 0
    assert json.loads(answer)["population"] == _EXPECTED
    assert "lecture des données" in talk


def test_a_process_refuses_a_bad_file_without_a_trace(
    loaded: Service, spawn: Spawn, tmp_path: Path, world: WorldFiles
) -> None:
    before = loaded.state()
    _, path, *name = _truncated_pbf(tmp_path, world)
    process = spawn(_MAIN, "import", "roads", str(tmp_path / path), *name)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("Échec. ")
    assert "Traceback" not in err
    assert loaded.state() == before


def test_the_installed_command(no_database: None) -> None:
    installed = Path(sys.executable).with_name("accueil30")
    if not installed.exists():
        pytest.skip("accueil30 n'est pas installé à côté de Python")
    done = subprocess.run(
        [str(installed), "coverage"], capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage : accueil30 coverage ")
