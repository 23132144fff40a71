"""Where the cluster's files are, and the few settings it runs with."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.errors import DatabaseUnavailableError
from app.persistence.cluster.owner import Owner

SUPERUSER = "accueil30"
PORT = 5432  # no port is opened: it is a part of the socket's name
SOCKET_NAME = f".s.PGSQL.{PORT}"
_LONGEST_SOCKET_PATH = 107  # bytes: sun_path is 108 with its final zero
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+-]+")  # libpq and PostgreSQL cut lists of folders at commas
_SHORT_ROOT = Path("/tmp")  # noqa: S108  the same for every process, whatever its TMPDIR; see private_folder

_CONF = """\
# Rewritten by accueil30 at each start. Your own settings: local.conf, beside this file, is read last.
hba_file = 'pg_hba.conf'
ident_file = 'pg_ident.conf'
listen_addresses = ''
port = 5432
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
effective_cache_size = 1GB
random_page_cost = 1.1
# Compiling a query costs more than a tile or a coverage answer may take.
jit = off
fsync = on
synchronous_commit = on
full_page_writes = on
max_wal_size = 1GB
min_wal_size = 80MB
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
datestyle = 'iso, ymd'
default_text_search_config = 'pg_catalog.french'
log_line_prefix = '%m [%p] '
log_checkpoints = off
"""

_MARK = ".accueil30"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one cluster. Root writes only in ``home``, its own; PostgreSQL in the folders below."""

    home: Path

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def unfinished(self) -> Path:
        return self.home / "data.new"

    @property
    def log_file(self) -> Path:
        return self.home / "log" / "postgres.log"

    @property
    def lock_file(self) -> Path:
        return self.home / "lock"

    @property
    def conf_file(self) -> Path:
        return self.home / "accueil30.conf"

    def socket_folder(self) -> Path:
        """The folder of the Unix socket: in the store, or a short one when the store's path is unfit."""
        inside = self.home / "run"
        length = len(os.fsencode(inside / SOCKET_NAME))
        if length <= _LONGEST_SOCKET_PATH and _PLAIN_PATH.fullmatch(str(inside)):
            return inside
        key = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return _SHORT_ROOT / f"accueil30-{key}"


def make_home(layout: Layout, owner: Owner) -> None:
    """Create the cluster's folder (0750, the owner's group) in one go: others may be starting too."""
    store = layout.home.parent
    if not store.exists():
        store.mkdir(parents=True, exist_ok=True)
        store.chmod(0o755)
    if layout.home.exists():
        return
    aside = Path(tempfile.mkdtemp(prefix="postgres-", dir=store))
    try:
        if owner.is_someone_else:
            os.chown(aside, -1, owner.gid)
        aside.chmod(0o750)
        # Not empty: a rename may silently replace an empty folder, under the feet of whoever has begun to write in it.
        (aside / _MARK).touch()
        aside.rename(layout.home)
    except OSError:  # most often: somebody was faster
        shutil.rmtree(aside, ignore_errors=True)
        if not layout.home.exists():
            raise


def make_private_folders(layout: Layout, owner: Owner) -> None:
    """Create the log and socket folders. To be called under the lock."""
    private_folder(layout.log_file.parent, owner)
    private_folder(layout.socket_folder(), owner)


def private_folder(folder: Path, owner: Owner) -> None:
    """Make ``folder`` (0700) for the owner; refuse one that somebody else prepared, a link included."""
    try:
        folder.mkdir(mode=0o700)
        if owner.is_someone_else:
            os.chown(folder, owner.uid, owner.gid, follow_symlinks=False)
    except FileExistsError:
        pass
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.uid or stat.S_IMODE(found.st_mode) & 0o077:
        raise DatabaseUnavailableError(
            f"Le dossier {folder} devrait appartenir à « {owner.name} » et à lui seul (mode 0700) ; il est à "
            f"l'utilisateur {found.st_uid}, mode {stat.S_IMODE(found.st_mode):04o}. Supprimez-le s'il ne "
            "sert à rien d'autre, puis relancez."
        )


def write_conf(layout: Layout, owner: Owner) -> None:
    """Write the settings, and who may come in: the owner and root, whom the kernel vouches for (peer)."""
    socket = layout.socket_folder()
    _write(layout.conf_file, f"{_CONF}unix_socket_directories = '{socket}'\ninclude_if_exists 'local.conf'\n")
    _write(layout.home / "pg_hba.conf", f"local all {SUPERUSER} peer map=house\n")
    _write(layout.home / "pg_ident.conf", f"house root {SUPERUSER}\nhouse {owner.name} {SUPERUSER}\n")


def _write(path: Path, text: str) -> None:
    """Replace a file that differs; leave an equal one alone, for the owner cannot write in root's folder."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    aside = path.with_name(path.name + ".new")
    aside.write_text(text, encoding="utf-8")
    aside.chmod(0o644)  # closed to others by the folder above
    aside.replace(path)
