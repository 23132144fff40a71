"""``pg_dump`` and ``pg_restore``: found, and run on the database of an engine without ever showing its password."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine

from app.errors import DatabaseUnavailableError
from app.persistence.cluster.binaries import DEBIAN_ROOT

_TOOL_FAILURES = re.compile(r"^pg_\w+: (?:error: )?(.*)$", re.MULTILINE)
#: Not ours to make again: PostGIS is installed by the migrations, the schema and its rights belong to the target.
_LEFT_OUT = re.compile(
    r"^\d+; \d+ \d+ (?:EXTENSION |SCHEMA |COMMENT - (?:EXTENSION|SCHEMA) |TABLE DATA \S+ spatial_ref_sys )"
)


def dump_database(engine: Engine, target: Path, *, server_major: int, snapshot: str) -> None:
    """Write the whole database, as ``snapshot`` sees it, in PostgreSQL's custom format.

    ``snapshot``: the name that ``pg_export_snapshot()`` gave in a transaction still open. Raises
    DatabaseUnavailableError when there is no pg_dump fit for the server, or when it fails.
    """
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    _run(engine, "pg_dump", [*options, f"--file={target}"], server_major, on_database=True)


def restore_database(engine: Engine, dump: Path, *, server_major: int) -> None:
    """Put a dump into a database without tables, in one transaction: all of it or nothing.

    Raises DatabaseUnavailableError when there is no pg_restore fit for the server, or when it fails.
    """
    listed = _run(engine, "pg_restore", ["--list", str(dump)], server_major, on_database=False)
    kept = dump.with_name(dump.name + ".list")
    kept.write_text("\n".join(line for line in listed.splitlines() if not _LEFT_OUT.match(line)), encoding="utf-8")
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", f"--use-list={kept}"]
    _run(engine, "pg_restore", [*options, str(dump)], server_major, on_database=True)


def connection_of(engine: Engine) -> tuple[str, dict[str, str]]:
    """How libpq's programs reach the engine's database: an address without password, and an environment with it.

    Command lines are there for everybody on the machine to read; the environment of a process is not.
    """
    _, found = engine.dialect.create_connect_args(engine.url)
    found.pop("context", None)  # psycopg's own, not libpq's
    password = found.pop("password", None)
    environment = {**os.environ, "LC_ALL": "C", "PGAPPNAME": "accueil30 backup", "PGOPTIONS": "-c timezone=UTC"}
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **found), environment


def find_tool(name: str, server_major: int, *, debian_root: Path = DEBIAN_ROOT, search_path: str | None = None) -> str:
    """The path of ``name`` made for the server's version, else of the next one: an older one cannot read it."""
    fit = sorted((major, path) for major, path in _installed(name, debian_root, search_path) if major >= server_major)
    if not fit:
        raise DatabaseUnavailableError(
            f"Il faut le programme {name} de PostgreSQL {server_major} ou plus récent, et cette machine ne l'a pas. "
            f"Installez-le (Debian, Ubuntu) : apt-get install postgresql-client-{server_major}."
        )
    return fit[0][1]


def _installed(name: str, debian_root: Path, search_path: str | None) -> Iterator[tuple[int, str]]:
    for path in debian_root.glob(f"*/bin/{name}"):
        if path.parent.parent.name.isdigit():
            yield int(path.parent.parent.name), str(path)
    on_path = shutil.which(name, path=search_path)
    if on_path:
        said = subprocess.run([on_path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        version = re.search(r"\) (\d+)", said.stdout)
        if version:
            yield int(version.group(1)), on_path


def _run(engine: Engine, name: str, options: Sequence[str], server_major: int, *, on_database: bool) -> str:
    address, environment = connection_of(engine)
    target = [f"--dbname={address}"] if on_database else []
    done = subprocess.run(  # noqa: S603  PostgreSQL's own program, arguments of ours
        [find_tool(name, server_major), *target, *options],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = _TOOL_FAILURES.findall(done.stderr)
        cause = said[0] if said else done.stderr.strip() or f"code de sortie {done.returncode}"
        raise DatabaseUnavailableError(
            f"{name} n'a pas pu finir. Il dit : « {cause.strip()} ». Rien n'a été gardé de ce qui était commencé."
        )
    return done.stdout
