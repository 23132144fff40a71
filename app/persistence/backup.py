"""``accueil30 db backup | restore``: the database and its road graphs in one file, all of it or nothing.

A restored database runs the SQL that its dump holds: restore only files that come from a service you trust.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from app.domain.version import service_version
from app.errors import ConflictError, InvalidInputError, NotReadyError
from app.persistence.backup_file import DUMP, Manifest, extract, graph_files, measure, read_manifest, write_file
from app.persistence.contents import (
    drop_empty_tables,
    drop_tables,
    migrations_wait,
    nobody_migrates,
    revision,
    row_counts,
    server_major,
)
from app.persistence.migrate import is_known, upgrade
from app.persistence.pg_tools import dump_database, restore_database
from data.errors import BadInputError
from data.store import Store, StoreError, require_free_space, sha256_file, sync_folder

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BackupOutcome:
    """What was written or restored. ``missing_graphs``: networks of the base whose graph the store has lost."""

    manifest: Manifest
    graphs: int
    missing_graphs: tuple[str, ...]


def backup(engine: Engine, store: Store, target: Path, step: Step) -> BackupOutcome:
    """Write ``target``: the database at one instant, the road graphs and a manifest.

    Never migrates: an old database is kept as it is. Raises InvalidInputError for a target that cannot be
    written, NotReadyError when there is nothing to keep or a migration is under way, DatabaseUnavailableError
    and StoreError for what the database and the disk refuse.
    """
    _check_target(target, store)
    with _working_folder(target.parent) as folder, engine.connect() as opened:
        connection = opened.execution_options(isolation_level="REPEATABLE READ")
        migrations_wait(connection)
        migration = revision(connection)
        if migration is None:
            raise NotReadyError("La base ne contient aucune table du service : il n'y a rien à sauvegarder.")
        step("Copie de la base")
        snapshot = str(connection.execute(text("select pg_export_snapshot()")).scalar_one())
        major = server_major(connection)
        dump_database(engine, folder / DUMP, server_major=major, snapshot=snapshot)
        files = {DUMP: folder / DUMP, **graph_files(store.graphs)}
        require_free_space(target.parent, sum(path.stat().st_size for path in files.values()))
        step("Empreintes des éléments")
        manifest = Manifest(
            service_version=service_version(),
            migration=migration,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            postgresql_major=major,
            rows=row_counts(connection),
            parts=measure(files),
        )
        step("Écriture de la sauvegarde")
        write_file(target, manifest, files)
        return BackupOutcome(manifest, _graph_count(manifest), _missing_graphs(connection, store))


def restore(engine: Engine, store: Store, file: Path, step: Step) -> BackupOutcome:
    """Put a backup into an empty target, then bring its tables up to date.

    Raises BadInputError for a file that is not ours, not whole or too new, ConflictError for a target that holds
    data; whatever fails leaves the target empty.
    """
    manifest = read_manifest(file)
    _check_not_newer(file, manifest, engine)
    _check_empty(engine)
    step("Contrôle de la sauvegarde")
    store.root.mkdir(parents=True, exist_ok=True)
    with _working_folder(store.root) as folder:
        require_free_space(folder, manifest.size_bytes)
        extract(file, manifest, folder)
        added = _new_graphs(folder / "graphs", store)
        step("Rechargement de la base")
        with _graphs_in_place(added):
            _load(engine, folder / DUMP, manifest)
    with engine.connect() as connection:
        return BackupOutcome(manifest, _graph_count(manifest), _missing_graphs(connection, store))


def _load(engine: Engine, dump: Path, manifest: Manifest) -> None:
    """The database's part: its empty tables make way for those of the dump; on failure they come back."""
    upgrade(engine)  # makes sure of PostGIS, refuses a target of a newer service
    is_loaded = False
    try:
        with nobody_migrates(engine):
            with engine.begin() as connection:
                drop_empty_tables(connection)
                major = server_major(connection)
            restore_database(engine, dump, server_major=major)
            is_loaded = True
            _check_rows(engine, manifest)
        upgrade(engine)
    except BaseException:
        if is_loaded:
            with engine.begin() as connection:
                drop_tables(connection)
        upgrade(engine)
        raise
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze"))  # a restored table has no statistics: tiles would be slow at first


def _check_target(target: Path, store: Store) -> None:
    reason = None
    if target.exists():
        reason = "existe déjà. Une sauvegarde n'en remplace jamais une autre : choisissez un autre nom"
    elif not target.parent.is_dir():
        reason = f"n'a pas où aller : le dossier {target.parent} n'existe pas. Créez-le, ou choisissez-en un autre"
    elif target.resolve().is_relative_to(store.graphs.resolve()):
        reason = "est parmi les graphes à sauvegarder. Choisissez un dossier hors de ACCUEIL30_STORE"
    if reason:
        raise InvalidInputError(f"{target} {reason}. Rien n'a été écrit.")


@contextmanager
def _working_folder(parent: Path) -> Iterator[Path]:
    """A private folder on the same disk as what comes out of it."""
    try:
        folder = tempfile.TemporaryDirectory(prefix=".accueil30-backup-", dir=parent)
    except OSError as error:
        raise StoreError(f"Impossible d'écrire dans {parent} : {error.strerror}. Donnez le droit d'écrire.") from None
    with folder as name:
        yield Path(name)


def _check_not_newer(file: Path, manifest: Manifest, engine: Engine) -> None:
    with engine.connect() as connection:
        here = server_major(connection)
    if not is_known(manifest.migration):
        received = f"une sauvegarde d'accueil30 {manifest.service_version}, révision {manifest.migration}"
        expected = f"une révision que la version {service_version()} connaît"
        action = f"installez accueil30 {manifest.service_version} ou plus récent, puis recommencez"
    elif manifest.postgresql_major > here:
        received = f"une base de PostgreSQL {manifest.postgresql_major}"
        expected = f"PostgreSQL {here} (celui d'ici) ou plus ancien"
        action = f"installez PostgreSQL {manifest.postgresql_major} avec PostGIS, puis recommencez"
    else:
        return
    raise BadInputError(
        f"La sauvegarde {file.name} est plus récente que ce service : rien n'a été rechargé.",
        received=received,
        expected=expected,
        action=action,
    )


def _check_empty(engine: Engine) -> None:
    with engine.connect() as connection:
        held = {table: rows for table, rows in row_counts(connection).items() if rows}
    if held:
        shown = ", ".join(f"{table.removeprefix('public.')} ({rows})" for table, rows in list(held.items())[:5])
        more = " et d'autres tables" if len(held) > 5 else ""
        raise ConflictError(
            f"La base de destination contient déjà des données : {shown}{more}. "
            "Attendu : une base vide. À faire : choisissez un autre dossier ACCUEIL30_STORE, ou une base neuve par "
            "ACCUEIL30_DATABASE_URL. Rien n'a été modifié."
        )


def _new_graphs(received: Path, store: Store) -> list[tuple[Path, Path]]:
    """(from, to) of the graphs that the store lacks; one that it has already must be the very same."""
    added = []
    for folder in sorted(received.glob("*")):
        target = store.graphs / folder.name
        if not target.exists():
            added.append((folder, target))
        elif _content(folder) != _content(target):
            raise ConflictError(
                f"Le dossier {target} existe déjà et diffère de celui de la sauvegarde. À faire : mettez-le de côté "
                "ou choisissez un autre dossier ACCUEIL30_STORE. Rien n'a été modifié."
            )
    return added


@contextmanager
def _graphs_in_place(moves: list[tuple[Path, Path]]) -> Iterator[None]:
    """Graphs come before the rows that name them, and leave again if those do not come."""
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
            done.append((source, target))
            sync_folder(target.parent)
        yield
    except BaseException:
        for source, target in done:
            target.rename(source)
        raise


def _check_rows(engine: Engine, manifest: Manifest) -> None:
    with engine.connect() as connection:
        found = row_counts(connection)
    if found != manifest.rows:
        differing = sorted(t for t in {*found, *manifest.rows} if found.get(t) != manifest.rows.get(t))
        raise NotReadyError(
            f"La base rechargée n'a pas les lignes annoncées par la sauvegarde ({', '.join(differing)}) : "
            "elle a été vidée. Prenez une autre sauvegarde."
        )


def _missing_graphs(connection: Connection, store: Store) -> tuple[str, ...]:
    paths = connection.execute(text("select name, graph_path from road_network order by created_at"))
    return tuple(str(name) for name, path in paths if not (store.root / path).is_dir())


def _graph_count(manifest: Manifest) -> int:
    return len({name.split("/")[1] for name in manifest.parts if name != DUMP})


def _content(folder: Path) -> dict[str, str]:
    return {path.name: sha256_file(path) for path in folder.iterdir()}
