"""The private PostgreSQL + PostGIS of a machine where nobody gave us a database.

One cluster a store, from Debian's packages: Unix socket only, no port, no password. Made, started and
repaired under a file lock, so that several processes may call ``start`` together. Nothing of the user's is
ever deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg
from psycopg import sql

from app.errors import DatabaseUnavailableError
from app.persistence.cluster import diagnosis, processes, server
from app.persistence.cluster.binaries import find_binaries
from app.persistence.cluster.guard import french_refusals, locked
from app.persistence.cluster.layout import (
    PORT,
    SOCKET_NAME,
    SUPERUSER,
    Layout,
    make_home,
    make_private_folders,
    write_conf,
)
from app.persistence.cluster.owner import Owner, check_reachable, owner_of

DATABASE = "accueil30"
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
        return f"postgresql+psycopg://{SUPERUSER}@/{quote(database, safe='')}?host={socket}&port={PORT}"

    def start(self) -> None:
        """Make the cluster if need be, start it, and make sure of the database with PostGIS. Idempotent.

        Safe from several processes at once. Raises DatabaseUnavailableError, in French, for whatever prevents
        it: nothing installed, folder closed, disk full, another version, damaged files, timeout.
        """
        with french_refusals(self.store):
            if processes.is_ready(self.layout.data) and self._has_database():
                return
            owner = owner_of(self.layout.data)
            make_home(self.layout, owner)
            check_reachable(owner, self.layout.home)
            with locked(self.layout.lock_file):
                self._start(owner)

    def stop(self) -> bool:
        """Stop the server, ending its connections. False when it was not running."""
        with french_refusals(self.store):
            if processes.server_pid(self.layout.data) is None:
                return False
            with locked(self.layout.lock_file):
                if processes.server_pid(self.layout.data) is None:
                    return False
                server.halt(self.layout, find_binaries(self._major()), owner_of(self.layout.data))
                return True

    def status(self) -> ClusterStatus:
        """What is there, without touching it."""
        with french_refusals(self.store):
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
        """Create an empty database of the running cluster, unless it exists. Raises psycopg.Error."""
        with self._connect("postgres") as connection:
            # Under a lock: of two who see it missing, the second would get an error.
            connection.execute("select pg_advisory_lock(hashtext('accueil30.create_database'))")
            if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def drop_database(self, name: str) -> None:
        """Drop a database and end its connections; nothing if it does not exist. Raises psycopg.Error."""
        with self._connect("postgres") as connection:
            order = sql.SQL("drop database if exists {} with (force)")
            connection.execute(order.format(sql.Identifier(name)))

    def _start(self, owner: Owner) -> None:
        layout = self.layout
        make_private_folders(layout, owner)
        if processes.server_pid(layout.data) is None:
            is_made = server.is_made(layout.data)
            binaries = find_binaries(self._major())
            if not is_made:
                server.make(layout, binaries, owner)
            diagnosis.check_free_space(layout.home, diagnosis.STARTING_NEEDS_MB)
            processes.clear_after_crash(layout.data, layout.socket_folder() / SOCKET_NAME)
            write_conf(layout, owner)
            server.launch(layout, binaries, owner)
        server.wait_ready(layout)
        if not self._has_database():
            self._make_database()

    def _has_database(self) -> bool:
        """Is the service's own database there, PostGIS included?"""
        try:
            with self._connect(DATABASE) as connection:
                asked = connection.execute("select 1 from pg_extension where extname = 'postgis'")
                return asked.fetchone() is not None
        except psycopg.OperationalError:
            return False

    def _make_database(self) -> None:
        try:
            self.create_database(DATABASE)
            with self._connect(DATABASE) as connection:
                connection.execute("create extension if not exists postgis")
        except psycopg.Error as error:
            log_file = self.layout.log_file
            raise diagnosis.explain_failure(
                str(error), doing="créer la base avec PostGIS", folder=self.layout.home, log_file=log_file
            ) from error

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.layout.socket_folder()),
            port=PORT,
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
        """The PostgreSQL that made the files; None when there are none."""
        path = self.layout.data / "PG_VERSION"
        if not path.exists():
            return None
        written = path.read_text(encoding="utf-8", errors="replace").strip()
        if not written.isdigit():
            raise DatabaseUnavailableError(
                f"Le fichier {path} est abîmé : il dit « {written[:20]} » au lieu d'un numéro de version. "
                "Rien n'a été effacé : rechargez le dossier d'une copie."
            )
        return int(written)
