"""Migrations, run by the service itself: Alembic set up from code works from an installed package too."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from app.errors import DatabaseUnavailableError, NotReadyError

LOCK_NAME = "accueil30.migrate"
_LOCK_TIMEOUT_MIN = 15  # the longest migration that a second process accepts to wait for


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's settings, without a file. With a connection, migrations run on it, in its transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(str(files("migrations")))).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The revision this code expects."""
    newest = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if newest is None:
        raise NotReadyError("Le paquet ne contient aucune migration : réinstallez accueil30.")
    return newest


def current(engine: Engine) -> str | None:
    """The revision of the database; None when it was never migrated."""
    with engine.connect() as connection:
        return _current(connection)


def is_known(revision: str) -> bool:
    """Is it one of the revisions this code can bring to ``head``?"""
    return revision in {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


def upgrade(engine: Engine) -> bool:
    """Bring the database to ``head``; True when something was done.

    Several processes may call it at once: one migrates, the others wait, then find nothing to do. All the
    steps are one transaction: whatever fails leaves the database as it was. Raises NotReadyError when the
    database is newer than this code, DatabaseUnavailableError when PostGIS is missing or another process
    migrates for too long.
    """
    if current(engine) == head():
        return False
    with engine.begin() as connection:
        _take_turn(connection)
        before = _current(connection)
        if before == head():
            return False
        _check_known(before)
        _check_postgis(connection)
        command.upgrade(alembic_config(connection), "head")
    return True


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _take_turn(connection: Connection) -> None:
    """Wait for the lock that the transaction frees, whatever becomes of this process."""
    connection.execute(text(f"set local lock_timeout = '{_LOCK_TIMEOUT_MIN}min'"))
    connection.execute(text("select pg_advisory_xact_lock(hashtext(:name))"), {"name": LOCK_NAME})
    connection.execute(text("set local lock_timeout = 0"))


def _check_known(revision: str | None) -> None:
    if revision is not None and not is_known(revision):
        raise NotReadyError(
            f"La base est plus récente que ce programme (révision « {revision} », le programme connaît « "
            f"{head()} »). Installez la version d'accueil30 qui a servi cette base, ou rechargez une "
            "sauvegarde faite avec celle-ci. Rien n'a été modifié."
        )


def _check_postgis(connection: Connection) -> None:
    asked = text("select 1 from pg_available_extensions where name = 'postgis'")
    if connection.execute(asked).first() is None:
        raise DatabaseUnavailableError(
            "Le serveur PostgreSQL de cette base n'a pas l'extension PostGIS. Installez-la sur sa machine "
            "(Debian : postgresql-15-postgis-3, image Docker : postgis/postgis), puis relancez."
        )
