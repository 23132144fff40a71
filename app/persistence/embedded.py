"""The private PostgreSQL + PostGIS of a machine where nobody gave us a database.

One cluster a store, from Debian's packages: Unix socket only, no port, no password. Made, started and repaired under a
file lock, so that several processes may call ``start`` together. Nothing that a user entered is ever deleted.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg
from psycopg import sql

from app.errors import DatabaseUnavailableError
from app.persistence.cluster import diagnosis, processes
from app.persistence.cluster.binaries import PostgresBinaries, find_binaries
from app.persistence.cluster.layout import (
    SUPERUSER,
    Layout,
    make_home,
    make_private_folders,
    private_folder,
    write_conf,
)
from app.persistence.cluster.owner import Owner, check_reachable, owner_of, run_as

DATABASE = "accueil30"
_START_TIMEOUT_S = 120  # crash recovery of a large write-ahead log takes its time
_STOP_TIMEOUT_S = 60
_LOCK_TIMEOUT_S = 240.0
_LOG_KEPT_BYTES = 10_000_000

_log = logging.getLogger(__name__)
State = Literal["absent", "stopped", "crashed", "starting", "running"]


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What ``accueil30 db status`` shows. ``major`` is the PostgreSQL that made the files."""

    state: State
    pid: int | None
    major: int | None
    owner: str | None
    data: Path
    socket_folder: Path
    log_file: Path


class EmbeddedCluster:
    """The cluster of ``store`` (in its folder ``postgres``). Making the object touches nothing."""

    def __init__(self, store: Path) -> None:
        self.store = store.expanduser().resolve()
        self.layout = Layout(self.store / "postgres")

    def url(self, database: str = DATABASE) -> str:
        """The SQLAlchemy address of a database of the cluster, started or not."""
        socket = quote(str(self.layout.socket_folder()), safe="")
        return f"postgresql+psycopg://{SUPERUSER}@/{quote(database, safe='')}?host={socket}"

    def start(self) -> None:
        """Make the cluster if need be, start it, and make sure of the database with PostGIS. Idempotent.

        Safe from several processes at once. Raises DatabaseUnavailableError, in French, for whatever prevents it:
        nothing installed, folder closed, disk full, another version, damaged files, timeout.
        """
        with _french_permissions(self.store):
            if processes.is_ready(self.layout.data) and self._has_database():
                return
            owner = owner_of(self.layout.data)
            make_home(self.layout, owner)
            check_reachable(owner, self.layout.home)
            with self._locked():
                self._start_locked(owner)

    def stop(self) -> bool:
        """Stop the server, ending its connections. False when it was not running."""
        with _french_permissions(self.store):
            if processes.server_pid(self.layout.data) is None:
                return False
            with self._locked():
                return self._stop_locked(owner_of(self.layout.data))

    def status(self) -> ClusterStatus:
        """What is there, without touching it."""
        with _french_permissions(self.store):
            data = self.layout.data
            pid = processes.server_pid(data)
            return ClusterStatus(
                state=self._state(pid),
                pid=pid,
                major=self._major(),
                owner=owner_of(data).name if data.exists() else None,
                data=data,
                socket_folder=self.layout.socket_folder(),
                log_file=self.layout.log_file,
            )

    def create_database(self, name: str) -> None:
        """Create an empty database of the running cluster, unless it exists."""
        with self._connect("postgres") as connection:
            # Under a lock: of two who see it missing, the second would get an error.
            connection.execute("select pg_advisory_lock(hashtext('accueil30.create_database'))")
            if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def drop_database(self, name: str) -> None:
        """Drop a database of the running cluster and end its connections; nothing happens if it does not exist."""
        with self._connect("postgres") as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )

    def _start_locked(self, owner: Owner) -> None:
        make_private_folders(self.layout, owner)
        if processes.server_pid(self.layout.data) is None:
            binaries = find_binaries(self._major())
            if not self._is_made():
                self._make(binaries, owner)
            diagnosis.check_free_space(self.layout.home, diagnosis.STARTING_NEEDS_MB)
            processes.clear_after_crash(self.layout.data)
            write_conf(self.layout, owner)
            self._launch(binaries, owner)
        self._wait_ready()
        if not self._has_database():
            self._make_database()

    def _is_made(self) -> bool:
        data = self.layout.data
        if not data.exists() or not any(data.iterdir()):
            return False
        if not (data / "PG_VERSION").is_file() or not (data / "global" / "pg_control").is_file():
            raise DatabaseUnavailableError(
                f"Le dossier {data} n'est pas une base PostgreSQL complète (PG_VERSION ou global/pg_control "
                "manque), et le service ne l'effacera pas. Rechargez-le d'une copie, ou mettez-le de côté "
                f"(mv '{data}' '{data}.abimee') pour repartir d'une base vide."
            )
        return True

    def _make(self, binaries: PostgresBinaries, owner: Owner) -> None:
        """Make the files aside, then rename: ``data`` is a whole cluster or does not exist.

        Letters sort by code point (collation C), which no update of the C library can change under an index; their
        case is known in UTF-8 (ctype C.UTF-8: É is é). French order is asked for where names are listed.
        """
        aside = self.layout.unfinished
        if aside.exists():
            _log.warning(
                "Une création de base interrompue a laissé %s, sans rien à vous : elle est refaite.", aside
            )
            shutil.rmtree(aside)
        diagnosis.check_free_space(self.layout.home, diagnosis.MAKING_NEEDS_MB)
        private_folder(aside, owner)
        made = self._run(
            owner,
            [binaries.tool("initdb"), "-D", aside.name, "-U", SUPERUSER, "--auth=reject", "--data-checksums"]
            + ["--encoding=UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C"]
            + ["--locale=C", "--no-instructions"],
            timeout_s=_START_TIMEOUT_S,
        )
        if made.returncode != 0:
            raise self._failure(made.stdout, doing="créer la base")
        aside.rename(self.layout.data)
        _sync_folder(self.layout.home)

    def _launch(self, binaries: PostgresBinaries, owner: Owner) -> None:
        log_file = self.layout.log_file
        if diagnosis.log_size(log_file) > _LOG_KEPT_BYTES:
            log_file.replace(log_file.with_suffix(".previous.log"))
        offset = diagnosis.log_size(log_file)
        # Relative names: pg_ctl hands them to a shell, and the store's path may hold anything.
        started = self._run(
            owner,
            [binaries.tool("pg_ctl"), "start", "-w", "-t", str(_START_TIMEOUT_S), "-D", self.layout.data.name]
            + ["-l", f"log/{log_file.name}", "-o", f"-c config_file={self.layout.conf_file.name}"],
            timeout_s=_START_TIMEOUT_S + 30,
        )
        if started.returncode != 0 and processes.server_pid(self.layout.data) is None:
            said = started.stdout + diagnosis.log_since(log_file, offset)
            raise self._failure(said, doing="démarrer")

    def _stop_locked(self, owner: Owner) -> bool:
        if processes.server_pid(self.layout.data) is None:
            return False
        binaries = find_binaries(self._major())
        asked = [binaries.tool("pg_ctl"), "stop", "-w", "-m", "fast", "-t", str(_STOP_TIMEOUT_S)]
        stopped = self._run(owner, [*asked, "-D", self.layout.data.name], timeout_s=_STOP_TIMEOUT_S + 30)
        if stopped.returncode != 0 and processes.server_pid(self.layout.data) is not None:
            raise self._failure(stopped.stdout, doing="s'arrêter")
        return True

    def _run(self, owner: Owner, command: list[str], *, timeout_s: float) -> subprocess.CompletedProcess[str]:
        try:
            return run_as(owner, command, folder=self.layout.home, timeout_s=timeout_s)
        except subprocess.TimeoutExpired:
            raise DatabaseUnavailableError(
                f"PostgreSQL n'a pas répondu en {timeout_s:.0f} s ({Path(command[0]).name}). "
                f"Son journal : {self.layout.log_file}."
            ) from None

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not processes.is_ready(self.layout.data):
            if processes.server_pid(self.layout.data) is None or time.monotonic() > deadline:
                said = diagnosis.log_since(self.layout.log_file, 0)[-20_000:]
                raise self._failure(said, doing=f"être prêt en {_START_TIMEOUT_S} s")
            time.sleep(0.05)

    def _has_database(self) -> bool:
        try:
            with self._connect(DATABASE) as connection:
                asked = connection.execute("select 1 from pg_extension where extname = 'postgis'")
                return asked.fetchone() is not None
        except (psycopg.OperationalError, DatabaseUnavailableError):
            return False

    def _make_database(self) -> None:
        diagnosis.check_free_space(self.layout.home, diagnosis.STARTING_NEEDS_MB)
        try:
            self.create_database(DATABASE)
            with self._connect(DATABASE) as connection:
                connection.execute("create extension if not exists postgis")
        except psycopg.Error as error:
            raise self._failure(str(error), doing="créer la base avec PostGIS") from error

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.layout.socket_folder()),
            user=SUPERUSER,
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )

    def _state(self, pid: int | None) -> State:
        data = self.layout.data
        if pid is not None:
            return "running" if processes.is_ready(data) else "starting"
        if not (data / "PG_VERSION").exists():
            return "absent"
        return "crashed" if processes.has_crashed(data) else "stopped"

    def _major(self) -> int | None:
        try:
            return int((self.layout.data / "PG_VERSION").read_text(encoding="ascii").strip())
        except (FileNotFoundError, ValueError):
            return None

    def _failure(self, said: str, *, doing: str) -> DatabaseUnavailableError:
        return diagnosis.explain_failure(
            said, doing=doing, folder=self.layout.home, log_file=self.layout.log_file
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time. Read-only opening: the cluster's user may lock a file that root made."""
        handle = os.open(self.layout.lock_file, os.O_RDONLY | os.O_CREAT, 0o644)
        try:
            _wait_for_lock(handle, self.layout.lock_file)
            yield
        finally:
            os.close(handle)


def _wait_for_lock(handle: int, path: Path) -> None:
    deadline = time.monotonic() + _LOCK_TIMEOUT_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise DatabaseUnavailableError(
                    f"Un autre processus prépare la base depuis plus de {_LOCK_TIMEOUT_S:.0f} s (verrou {path}). "
                    "Attendez qu'il finisse, ou arrêtez-le."
                ) from None
            time.sleep(0.05)
        else:
            return


@contextmanager
def _french_permissions(store: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise DatabaseUnavailableError(
            f"Le dossier {error.filename or store} vous est fermé. Donnez-vous-y le droit d'écrire, lancez le service "
            "sous l'utilisateur à qui il appartient, ou choisissez un autre dossier par ACCUEIL30_STORE."
        ) from error
    except OSError as error:
        raise DatabaseUnavailableError(
            f"Le dossier {store} ne peut pas recevoir la base : {error.strerror}. Vérifiez le disque, ou choisissez "
            "un autre dossier par ACCUEIL30_STORE."
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
