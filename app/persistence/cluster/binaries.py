"""Where PostgreSQL with PostGIS is installed on this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import DatabaseUnavailableError

DEBIAN_ROOT = Path("/usr/lib/postgresql")
_NEEDED = ("initdb", "pg_ctl", "postgres")
_HOW_TO_INSTALL = (
    "Lancez « make setup », ou installez-les vous-même (Debian, Ubuntu) : "
    "apt-get install postgresql-15 postgresql-15-postgis-3. "
    "Vous pouvez aussi désigner votre propre base par ACCUEIL30_DATABASE_URL."
)


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """One installed PostgreSQL. ``major`` is 15, 16..."""

    folder: Path
    major: int
    has_postgis: bool

    def tool(self, name: str) -> str:
        return str(self.folder / name)


def find_binaries(
    major: int | None = None, *, debian_root: Path = DEBIAN_ROOT, search_path: str | None = None
) -> PostgresBinaries:
    """The newest PostgreSQL that has PostGIS, or the one of version ``major`` when a cluster already asks for
    it.

    ``search_path``: where to look besides Debian's folder (default: the PATH).
    Raises DatabaseUnavailableError (French, with what to install) when there is none.
    """
    installed = sorted(_installed(debian_root, search_path), key=lambda found: -found.major)
    if not installed:
        raise DatabaseUnavailableError(f"PostgreSQL n'est pas installé sur cette machine. {_HOW_TO_INSTALL}")
    usable = [found for found in installed if found.has_postgis]
    if not usable:
        versions = _majors(installed)
        raise DatabaseUnavailableError(
            f"PostgreSQL {versions} est installé, mais pas son extension PostGIS. {_HOW_TO_INSTALL}"
        )
    if major is None:
        return usable[0]
    for found in usable:
        if found.major == major:
            return found
    raise DatabaseUnavailableError(
        f"La base du service a été créée par PostgreSQL {major} ; cette machine a PostgreSQL "
        f"{_majors(usable)} avec PostGIS. Installez postgresql-{major} et postgresql-{major}-postgis-3 à "
        "côté, le temps d'une sauvegarde (« accueil30 db backup ») à recharger ensuite dans un nouveau "
        "dossier ACCUEIL30_STORE."
    )


def _majors(found: list[PostgresBinaries]) -> str:
    return ", ".join(str(one.major) for one in found)


def _installed(debian_root: Path, search_path: str | None) -> Iterator[PostgresBinaries]:
    seen: set[Path] = set()
    for folder in _candidate_folders(debian_root, search_path):
        if folder in seen or not all((folder / name).is_file() for name in _NEEDED):
            continue
        seen.add(folder)
        major = _major_of(folder)
        if major is not None:
            yield PostgresBinaries(folder, major, _has_postgis(folder, major))


def _candidate_folders(debian_root: Path, search_path: str | None) -> Iterator[Path]:
    yield from sorted(debian_root.glob("*/bin"))
    on_path = shutil.which("postgres", path=search_path)
    if on_path:
        yield Path(on_path).resolve().parent  # PATH often holds links into Debian's folder


def _major_of(folder: Path) -> int | None:
    if folder.name == "bin" and folder.parent.name.isdigit():
        return int(folder.parent.name)
    said = _output_of(folder / "postgres", "--version")
    match = re.search(r"\) (\d+)", said)
    return int(match.group(1)) if match else None


def _has_postgis(folder: Path, major: int) -> bool:
    shares = [folder.parents[3] / "share" / "postgresql" / str(major)] if len(folder.parents) > 3 else []
    if (folder / "pg_config").is_file():
        said = _output_of(folder / "pg_config", "--sharedir").strip()
        shares += [Path(said)] if said else []
    return any((share / "extension" / "postgis.control").is_file() for share in shares)


def _output_of(tool: Path, argument: str) -> str:
    try:
        asked = subprocess.run([str(tool), argument], capture_output=True, timeout=10, check=False)  # noqa: S603
        return asked.stdout.decode("utf-8", errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return ""
