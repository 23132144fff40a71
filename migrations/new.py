"""For developers: write the migration that leads to what models.py says, to be read over before it is kept.

    python -m migrations.new "people of each cell"
    python -m migrations.new --first        before the first release only: the first migration, made again

It works on a throw-away cluster, brought to the newest migration: nothing to start, nothing touched of yours.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from alembic import command
from alembic.operations import ops
from alembic.script import Script
from sqlalchemy import create_engine

from app.persistence.embedded import EmbeddedCluster
from app.persistence.migrate import alembic_config, upgrade

_VERSIONS = Path(__file__).parent / "versions"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("message", nargs="?", help="what changes, in a few words")
    asked.add_argument("--first", action="store_true", help="make the first migration again")
    arguments = parser.parse_args()
    if arguments.first:
        _forget_the_first()
    with tempfile.TemporaryDirectory(prefix="accueil30-migration-") as folder:
        Path(folder).chmod(0o755)  # root's cluster belongs to another user, who must be able to walk in
        cluster = EmbeddedCluster(Path(folder))
        cluster.start()
        try:
            _write(cluster.url(), arguments.message or "first")
        finally:
            cluster.stop()


def _forget_the_first() -> None:
    written = sorted(_VERSIONS.glob("*.py"))
    if len(written) > 1:
        raise SystemExit("There are later migrations: the first one is history now. Write a new one.")
    for path in written:
        path.unlink()


def _write(url: str, message: str) -> None:
    engine = create_engine(url)
    if any(_VERSIONS.glob("*.py")):
        upgrade(engine)
    with engine.connect() as connection:
        config = alembic_config(connection)
        config.set_main_option("file_template", f"{date.today():%Y%m%d}_%%(slug)s")  # noqa: DTZ011  the author's day
        made = command.revision(config, message, autogenerate=True, process_revision_directives=_add_postgis)
    engine.dispose()
    if isinstance(made, Script):
        _tidy(Path(made.path))


def _tidy(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "# ### " not in line), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "format", "--quiet", str(path)], check=True)  # noqa: S603
    subprocess.run([*ruff, "check", "--fix", "--quiet", str(path)], check=True)  # noqa: S603
    print(path)


def _add_postgis(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """The first migration must also work on a database that somebody made without PostGIS."""
    script = directives[0]
    if not any(_VERSIONS.glob("*.py")):
        script.upgrade_ops.ops.insert(0, ops.ExecuteSQLOp("CREATE EXTENSION IF NOT EXISTS postgis"))


if __name__ == "__main__":
    main()
