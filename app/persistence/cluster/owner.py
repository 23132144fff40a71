"""Who owns the cluster: PostgreSQL refuses root, so root's cluster belongs to an unprivileged user."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import DatabaseUnavailableError

_DEBIAN_USER = "postgres"
_ROOT = 0


@dataclass(frozen=True, slots=True)
class Owner:
    """The system user under whose name every PostgreSQL program runs."""

    uid: int
    gid: int
    name: str

    @property
    def is_someone_else(self) -> bool:
        return self.uid != os.geteuid()


def owner_of(data: Path) -> Owner:
    """The user of the cluster in ``data``, or the one who will own it if it does not exist yet.

    Not root: yourself. Root: the ``postgres`` user that Debian's package creates; never ``nobody``, whose
    files every reduced daemon of the machine could read. Raises DatabaseUnavailableError when there is no
    such user.
    """
    here = os.geteuid()
    if data.exists():
        return _existing_owner(data, data.stat().st_uid, here)
    if here != _ROOT:
        return _by_uid(here)
    try:
        return _from_entry(pwd.getpwnam(_DEBIAN_USER))
    except KeyError:
        raise DatabaseUnavailableError(
            "PostgreSQL refuse de tourner sous root, et cette machine n'a pas d'utilisateur « postgres ». "
            "Créez-le (adduser --system --group postgres) ou lancez le service sous un utilisateur ordinaire."
        ) from None


def _existing_owner(data: Path, uid: int, here: int) -> Owner:
    if uid == _ROOT:
        raise DatabaseUnavailableError(
            f"La base {data} appartient à root, or PostgreSQL refuse root. Rendez-la à son utilisateur : "
            f"chown -R postgres:postgres '{data}'."
        )
    owner = _by_uid(uid)
    if here not in (_ROOT, uid):
        raise DatabaseUnavailableError(
            f"La base {data} appartient à l'utilisateur « {owner.name} ». Lancez le service sous ce nom ou "
            "sous root, ou choisissez un autre dossier par ACCUEIL30_STORE."
        )
    return owner


def _by_uid(uid: int) -> Owner:
    try:
        return _from_entry(pwd.getpwuid(uid))
    except KeyError:
        raise DatabaseUnavailableError(
            f"L'utilisateur de numéro {uid} n'a pas de nom dans /etc/passwd : PostgreSQL le refuse. "
            "Donnez-lui un nom, ou désignez votre propre base par ACCUEIL30_DATABASE_URL."
        ) from None


def _from_entry(entry: pwd.struct_passwd) -> Owner:
    return Owner(entry.pw_uid, entry.pw_gid, entry.pw_name)


def run_as(owner: Owner, command: Sequence[str], *, folder: Path, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL program under the owner's name; its two outputs come back together in ``stdout``.

    The environment is emptied: PGDATA, PGOPTIONS... of the caller must not reach the private cluster, and
    LC_ALL=C keeps messages in the words that ``diagnosis`` looks for. Its own session keeps Ctrl-C away from
    the server.
    """
    switch = owner.is_someone_else
    return subprocess.run(  # noqa: S603  programs of PostgreSQL's folder, arguments of ours
        list(command),
        cwd=folder,
        user=owner.uid if switch else None,
        group=owner.gid if switch else None,
        extra_groups=[] if switch else None,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout_s,
        start_new_session=True,
        umask=0o077,
        check=False,
    )


def check_reachable(owner: Owner, folder: Path) -> None:
    """Refuse, naming the guilty folder, when the owner cannot walk down to ``folder``."""
    if not owner.is_someone_else:
        return
    asked = run_as(owner, ["test", "-x", str(folder)], folder=Path("/"), timeout_s=10)
    if asked.returncode == 0:
        return
    closed = next((step for step in [*reversed(folder.parents), folder] if not _lets_in(owner, step)), folder)
    raise DatabaseUnavailableError(
        f"Le dossier {closed} est fermé à l'utilisateur « {owner.name} », à qui appartient la base sous "
        f"root. Ouvrez-lui le passage (chmod o+x '{closed}') ou choisissez un autre dossier, par exemple "
        "ACCUEIL30_STORE=/var/lib/accueil30."
    )


def _lets_in(owner: Owner, folder: Path) -> bool:
    found = folder.stat()
    if found.st_uid == owner.uid:
        return bool(found.st_mode & 0o100)
    if found.st_gid == owner.gid:
        return bool(found.st_mode & 0o010)
    return bool(found.st_mode & 0o001)
