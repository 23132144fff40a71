"""A backup put back elsewhere is the same service; whatever is not a whole backup of ours leaves nothing behind."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from app.errors import ConflictError, DatabaseUnavailableError, InvalidInputError, NotReadyError
from app.persistence.backup import BackupOutcome, backup, restore
from app.persistence.backup_file import DUMP, read_manifest
from app.persistence.contents import row_counts
from app.persistence.embedded import EmbeddedCluster
from app.persistence.migrate import current, head, upgrade
from app.persistence.pg_tools import connection_of, dump_database, find_tool
from app.persistence.session import make_engine, transaction
from app.services.compute import compute
from app.services.coverage import get_coverage
from app.services.gaps import get_gaps
from app.settings import Settings
from data.errors import BadInputError
from data.store import Store
from tests.app import grid_world

Place = tuple[Engine, Store]


def quiet(_: str) -> None:
    """Nobody follows the steps here."""


@pytest.fixture(scope="module")
def new_database(cluster: EmbeddedCluster) -> Iterator[Callable[[], Engine]]:
    """``new_database()``: an engine on a database of its own, without a table."""
    made: list[tuple[str, Engine]] = []

    def make() -> Engine:
        name = f"backup_{uuid4().hex}"
        cluster.create_database(name)
        made.append((name, make_engine(Settings(database_url=cluster.url(name), pool_size=3))))
        return made[-1][1]

    yield make
    for name, engine in made:
        engine.dispose()
        cluster.drop_database(name)


@pytest.fixture(scope="module")
def source(new_database: Callable[[], Engine], tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The row of cells, computed and published."""
    engine, store = new_database(), Store(tmp_path_factory.mktemp("source"))
    upgrade(engine)
    with transaction(engine) as session:
        grid_world.load_grid_world(session, store)
        compute(session, store, "00")
    return engine, store


@pytest.fixture(scope="module")
def saved(source: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("saved") / "accueil30.tar"
    backup(*source, file, quiet)
    return file


@pytest.fixture
def target(new_database: Callable[[], Engine], tmp_path: Path) -> Place:
    return new_database(), Store(tmp_path / "store")


def contents(engine: Engine) -> dict[str, str]:
    """A digest of all the rows of each table, whatever their order."""
    with engine.connect() as connection:
        return {
            table: str(
                connection.execute(
                    text(
                        f"select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t"
                    )
                ).scalar_one()
            )
            for table in row_counts(connection)
        }


def files(store: Store) -> dict[str, bytes]:
    found = store.root.rglob("*") if store.root.exists() else ()
    return {str(path.relative_to(store.root)): path.read_bytes() for path in found if path.is_file()}


def is_empty(place: Place) -> bool:
    engine, store = place
    with engine.connect() as connection:
        return not any(row_counts(connection).values()) and not files(store)


def figures(place: Place) -> tuple[str, str]:
    """Everything that is published, as text: NaN is then equal to NaN."""
    with transaction(place[0]) as session:
        return repr(get_coverage(session, "00")), repr(
            get_gaps(session, "00", mode="car", threshold_s=1800, scope="all")
        )


# --- there and back ------------------------------------------------------------------------------------------


def test_a_restored_service_is_the_same(source: Place, saved: Path, target: Place) -> None:
    outcome = restore(*target, saved, quiet)
    assert outcome.graphs == 1
    assert outcome.missing_graphs == ()
    assert contents(target[0]) == contents(source[0])
    assert sum(read_manifest(saved).rows.values()) > 20, "the comparison is not one of empty tables"
    assert files(target[1]) == files(source[1])
    assert figures(target) == figures(source)
    assert current(target[0]) == head()


def test_a_restored_run_needs_no_computing_and_gives_the_same_hash_if_forced(saved: Path, target: Place) -> None:
    restore(*target, saved, quiet)
    engine, store = target
    with transaction(engine) as session:
        assert compute(session, store, "00").was_already_done
        compute(session, store, "00", force=True)
    with engine.connect() as connection:
        hashes = connection.execute(text("select inputs_sha256, result_sha256 from run")).all()
    assert len(hashes) == 2
    assert len(set(hashes)) == 1


def test_into_the_embedded_cluster_of_a_fresh_store(source: Place, saved: Path, tmp_store: Path) -> None:
    """The other way to a database, and a backup from there."""
    place = make_engine(Settings(database_url=None, store=tmp_store, pool_size=2)), Store(tmp_store)
    restore(*place, saved, quiet)
    assert contents(place[0]) == contents(source[0])
    assert figures(place) == figures(source)
    backup(*place, tmp_store / "again.tar", quiet)
    again, first = read_manifest(tmp_store / "again.tar"), read_manifest(saved)
    assert again.rows == first.rows
    assert {name: part for name, part in again.parts.items() if name != DUMP} == {
        name: part for name, part in first.parts.items() if name != DUMP
    }
    place[0].dispose()


def test_tables_made_by_migrations_alone_do_not_prevent(saved: Path, target: Place, source: Place) -> None:
    upgrade(target[0])
    restore(*target, saved, quiet)
    assert contents(target[0]) == contents(source[0])


def test_what_the_file_says_of_itself(saved: Path) -> None:
    manifest = read_manifest(saved)
    assert manifest.migration == head()
    assert manifest.created_at.endswith("+00:00")
    assert saved.stat().st_mode & 0o077 == 0, "agreements are nobody else's business"
    with tarfile.open(saved) as archive:
        assert archive.getnames() == ["manifest.json", DUMP, *(name for name in manifest.parts if name != DUMP)]
    assert all(name == DUMP or name.startswith("graphs/row-") for name in manifest.parts)


def test_a_graph_lost_by_the_store_is_said(source: Place, tmp_path: Path) -> None:
    outcome = backup(source[0], Store(tmp_path), tmp_path / "b.tar", quiet)
    assert outcome.missing_graphs == ("row",)
    assert outcome.graphs == 0


# --- what a backup refuses -----------------------------------------------------------------------------------


def test_a_backup_never_replaces_a_file(source: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    file.write_text("précieux")
    with pytest.raises(InvalidInputError, match="existe déjà"):
        backup(*source, file, quiet)
    assert file.read_text() == "précieux"


def test_a_backup_has_nowhere_to_go(source: Place, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="n'existe pas"):
        backup(*source, tmp_path / "nowhere" / "b.tar", quiet)
    with pytest.raises(InvalidInputError, match="parmi les graphes"):
        backup(*source, source[1].graphs / "b.tar", quiet)


def test_nothing_to_back_up(target: Place, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="rien à sauvegarder"):
        backup(*target, tmp_path / "b.tar", quiet)
    assert list(tmp_path.iterdir()) == []


def test_not_while_another_process_migrates(source: Place, tmp_path: Path) -> None:
    with source[0].begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(hashtext('accueil30.migrate'))"))
        with pytest.raises(NotReadyError, match="réessayez"):
            backup(*source, tmp_path / "b.tar", quiet)
    assert list(tmp_path.iterdir()) == []


# --- files that a restore refuses ----------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.02, 0.3, 0.6, 0.95, -1, -tarfile.RECORDSIZE, -2 * tarfile.RECORDSIZE])
def test_a_truncated_file(saved: Path, target: Place, tmp_path: Path, kept: float) -> None:
    whole = saved.read_bytes()
    cut = tmp_path / "coupee.tar"
    cut.write_bytes(whole[: int(kept) if kept < 0 else int(kept * len(whole))])
    with pytest.raises(BadInputError) as refused:
        restore(*target, cut, quiet)
    assert "Reçu :" in str(refused.value)
    assert "À faire :" in str(refused.value)
    assert is_empty(target)
    assert current(target[0]) is None, "the target was not even migrated"


def test_one_byte_changed_in_any_part(saved: Path, target: Place, tmp_path: Path) -> None:
    with tarfile.open(saved) as archive:
        places = [member.offset_data + member.size // 2 for member in archive.getmembers()[1:] if member.size]
    for place in (places[0], places[-1]):
        spoilt = bytearray(saved.read_bytes())
        spoilt[place] ^= 1
        file = tmp_path / "abimee.tar"
        file.write_bytes(spoilt)
        with pytest.raises(BadInputError, match="empreinte"):
            restore(*target, file, quiet)
    assert is_empty(target)


def _another_tar(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        archive.add(__file__, "notes.py")


def _compressed(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(__file__, "manifest.json")


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("commune;habitants\n" * 2000),
        lambda path: path.write_bytes(bytes(20480)),
        lambda path: path.mkdir(),
        lambda path: None,
        _another_tar,
        _compressed,
    ],
    ids=["empty", "text", "zeros", "folder", "absent", "another tar", "compressed"],
)
def test_a_file_that_is_not_ours(target: Place, tmp_path: Path, make: Callable[[Path], object]) -> None:
    file = tmp_path / "autre.tar"
    make(file)
    with pytest.raises(BadInputError, match=r"n'est pas une sauvegarde d'accueil30"):
        restore(*target, file, quiet)
    assert is_empty(target)


def rewritten(saved: Path, to: Path, change: Callable[[dict[str, bytes], dict[str, object]], None]) -> Path:
    """The backup with its members and manifest changed by somebody who knows the format, hashes included."""
    with tarfile.open(saved) as archive:
        members = {m.name: archive.extractfile(m).read() for m in archive.getmembers()}  # type: ignore[union-attr]
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    if "parts" in manifest:
        manifest["parts"] = {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in members.items()
        }
    with tarfile.open(to, "w") as archive:
        for name, content in {"manifest.json": json.dumps(manifest).encode(), **members}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return to


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "graphs/../../evil",
        "graphs/../evil",
        "/tmp/accueil30-evil",
        "graphs/row-1/a/b",
        "graphs/.new/a",
        "evil",
        "",
    ],
)
def test_a_member_that_would_land_elsewhere(saved: Path, target: Place, tmp_path: Path, name: str) -> None:
    """Announced by the manifest with its right hash: refused for its name alone."""
    file = rewritten(saved, tmp_path / "b.tar", lambda members, _: members.update({name: b"x"}))
    with pytest.raises(BadInputError):
        restore(*target, file, quiet)
    assert is_empty(target)
    assert list(tmp_path.iterdir()) == [file]
    assert not Path("/tmp/accueil30-evil").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.REGTYPE])
def test_a_member_that_the_manifest_does_not_announce(saved: Path, target: Place, tmp_path: Path, kind: bytes) -> None:
    file = tmp_path / "b.tar"
    file.write_bytes(saved.read_bytes())
    with tarfile.open(file, "a") as archive:
        extra = tarfile.TarInfo("graphs/row/passwd")
        extra.type, extra.linkname = kind, "/etc/passwd"
        archive.addfile(extra)
    with pytest.raises(BadInputError, match="inattendu"):
        restore(*target, file, quiet)
    assert is_empty(target)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {"migration": "feedc0ffee", "service_version": "9.1.0"},
            r"plus récente .*9\.1\.0.*feedc0ffee.*installez accueil30 9\.1\.0",
        ),
        ({"postgresql_major": 99}, "PostgreSQL 99"),
        ({"format": "accueil30-backup-2"}, "format plus récent"),
        ({"created_at": "hier"}, "n'est pas une sauvegarde"),
        ({"parts": None}, "n'est pas une sauvegarde"),
    ],
)
def test_a_manifest_that_cannot_be_followed(
    saved: Path, target: Place, tmp_path: Path, said: dict[str, object], expected: str
) -> None:
    def change(_: dict[str, bytes], manifest: dict[str, object]) -> None:
        manifest.update(said)
        if said.get("parts", 1) is None:
            del manifest["parts"]

    file = rewritten(saved, tmp_path / "b.tar", change)
    with pytest.raises(BadInputError, match=expected):
        restore(*target, file, quiet)
    assert is_empty(target)
    assert current(target[0]) is None


# --- targets that a restore refuses --------------------------------------------------------------------------


def test_a_target_that_holds_data_is_left_as_it_was(source: Place, saved: Path) -> None:
    before = contents(source[0]), files(source[1])
    with pytest.raises(ConflictError, match=r"contient déjà des données : .*commune \(3\).*Attendu : une base vide"):
        restore(*source, saved, quiet)
    assert (contents(source[0]), files(source[1])) == before


def test_a_single_row_in_a_table_of_somebody_else_is_data(saved: Path, target: Place) -> None:
    with target[0].begin() as connection:
        connection.execute(text('create table "Mes notes" as select 1 as n'))
    with pytest.raises(ConflictError, match="Mes notes"):
        restore(*target, saved, quiet)
    assert contents(target[0]).keys() == {'public."Mes notes"'}


def test_a_target_of_a_newer_service(saved: Path, target: Place) -> None:
    upgrade(target[0])
    with target[0].begin() as connection:
        connection.execute(text("update alembic_version set version_num = 'feedc0ffee'"))
    with pytest.raises(NotReadyError, match="plus récente que ce programme"):
        restore(*target, saved, quiet)
    assert current(target[0]) == "feedc0ffee"


def test_a_graph_already_there_must_be_the_same(source: Place, saved: Path, target: Place) -> None:
    name = next(source[1].graphs.iterdir()).name
    (target[1].graphs / name).mkdir(parents=True)
    (target[1].graphs / name / "graph.json").write_text("{}")
    with pytest.raises(ConflictError, match=name):
        restore(*target, saved, quiet)
    assert (target[1].graphs / name / "graph.json").read_text() == "{}"
    for file in (source[1].graphs / name).iterdir():
        (target[1].graphs / name / file.name).write_bytes(file.read_bytes())
    extra = target[1].graphs / name / "graph.json"
    if extra.name not in {file.name for file in (source[1].graphs / name).iterdir()}:
        extra.unlink()
    restore(*target, saved, quiet)
    assert files(target[1]) == files(source[1])


# --- accidents in the middle ---------------------------------------------------------------------------------


def _dump_cut_short(members: dict[str, bytes], _: dict[str, object]) -> None:
    members[DUMP] = members[DUMP][: len(members[DUMP]) * 9 // 10]


def _rows_of_another(_: dict[str, bytes], manifest: dict[str, object]) -> None:
    manifest["rows"] = {**manifest["rows"], "public.commune": 36_000}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("spoil", "error"),
    [(_dump_cut_short, DatabaseUnavailableError), (_rows_of_another, NotReadyError)],
)
def test_a_failure_leaves_the_target_empty_and_fit_for_another_try(
    saved: Path, target: Place, tmp_path: Path, spoil: Callable[..., None], error: type[Exception]
) -> None:
    file = rewritten(saved, tmp_path / "b.tar", spoil)
    with pytest.raises(error):
        restore(*target, file, quiet)
    assert is_empty(target)
    assert current(target[0]) == head(), "its empty tables are back"
    assert isinstance(restore(*target, saved, quiet), BackupOutcome)


def test_an_interruption_leaves_the_target_empty(saved: Path, target: Place) -> None:
    def interrupt(doing: str) -> None:
        if doing.startswith("Rechargement"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(*target, saved, interrupt)
    assert is_empty(target)


# --- PostgreSQL's programs -----------------------------------------------------------------------------------


def test_a_password_is_neither_on_the_command_line_nor_in_the_message(tmp_path: Path) -> None:
    engine = create_engine(make_url("postgresql+psycopg://u:s3cr%40t@127.0.0.1:1/b?connect_timeout=2&sslmode=prefer"))
    address, environment = connection_of(engine)
    assert "s3cr" not in address
    assert "sslmode=prefer" in address
    assert environment["PGPASSWORD"] == "s3cr@t"
    with pytest.raises(DatabaseUnavailableError) as failed:
        dump_database(engine, tmp_path / "d", server_major=1, snapshot="x")
    assert "s3cr" not in str(failed.value)


def test_the_program_of_the_servers_version_then_the_next(tmp_path: Path) -> None:
    for major in (14, 16, 17):
        program = tmp_path / "pg" / str(major) / "bin" / "pg_dump"
        program.parent.mkdir(parents=True)
        program.touch()
    found = {
        asked: find_tool("pg_dump", asked, debian_root=tmp_path / "pg", search_path=str(tmp_path))
        for asked in (14, 15, 17)
    }
    assert {asked: Path(path).parent.parent.name for asked, path in found.items()} == {14: "14", 15: "16", 17: "17"}
    with pytest.raises(DatabaseUnavailableError, match="postgresql-client-18"):
        find_tool("pg_dump", 18, debian_root=tmp_path / "pg", search_path=str(tmp_path))
