"""What a database holds, table by table, and how to take its empty tables away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from alembic import command
from sqlalchemy import Connection, Engine, text

from app.errors import ConflictError, NotReadyError
from app.persistence.migrate import LOCK_NAME, alembic_config

# Not the tables of extensions: PostGIS fills its own.
_TABLES: Final = text("""
    select format('%I.%I', n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
      and n.nspname not like 'pg_toast%' and n.nspname not like 'pg_temp%'
      and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    order by 1
""")
_VERSION_TABLE: Final = "public.alembic_version"


def row_counts(connection: Connection) -> dict[str, int]:
    """Rows of every table but the one that says which migrations were run."""
    tables = [table for table in _tables(connection) if table != _VERSION_TABLE]
    counting = (text(f"select count(*) from {table}") for table in tables)  # noqa: S608  quoted by the server
    return dict(zip(tables, (int(connection.execute(query).scalar_one()) for query in counting), strict=True))


def revision(connection: Connection) -> str | None:
    """The migration the database is at; None when it was never migrated."""
    if _VERSION_TABLE not in _tables(connection):
        return None
    found = connection.execute(text(f"select version_num from {_VERSION_TABLE}")).scalar()  # noqa: S608
    return None if found is None else str(found)


def server_major(connection: Connection) -> int:
    return int(connection.execute(text("show server_version_num")).scalar_one()) // 10_000


def drop_empty_tables(connection: Connection) -> None:
    """Take the service's tables away, having made sure, locks held, that nobody has written in any of them."""
    connection.execute(text(f"lock table {', '.join(_tables(connection))} in access exclusive mode"))
    filled = [table for table, rows in row_counts(connection).items() if rows]
    if filled:
        raise ConflictError(f"On vient d'écrire dans la base ({', '.join(filled)}) : rien n'y a été modifié.")
    drop_tables(connection)


def drop_tables(connection: Connection) -> None:
    """Take the service's tables away with all they hold."""
    command.downgrade(alembic_config(connection), "base")
    connection.execute(text(f"drop table {_VERSION_TABLE}"))


def migrations_wait(connection: Connection) -> None:
    """Until the transaction ends, no process can migrate. Raises NotReadyError when one does already."""
    _lock(connection, "pg_try_advisory_xact_lock_shared")


@contextmanager
def nobody_migrates(engine: Engine) -> Iterator[None]:
    """The same over several transactions, and for one caller at a time."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _lock(connection, "pg_try_advisory_lock")
        try:
            yield
        finally:
            connection.execute(text("select pg_advisory_unlock(hashtext(:name))"), {"name": LOCK_NAME})


def _tables(connection: Connection) -> list[str]:
    return [str(name) for name in connection.scalars(_TABLES)]


def _lock(connection: Connection, function: str) -> None:
    """At once or not at all: whoever waits would then look at an instant gone by."""
    asked = text(f"select {function}(hashtext(:name))")
    if not connection.execute(asked, {"name": LOCK_NAME}).scalar_one():
        raise NotReadyError("Un autre processus met les tables à jour ou recharge une sauvegarde : réessayez ensuite.")
