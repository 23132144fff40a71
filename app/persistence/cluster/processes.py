"""What really runs: postmaster.pid read with suspicion, a process recognised by the folder it works in.

PostgreSQL enters its data folder when it starts, and so do all its children: ``/proc/<pid>/cwd`` says whether
a pid found in an old file is still our server, or a stranger who was given the same number since.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from pathlib import Path

from app.errors import DatabaseUnavailableError

_log = logging.getLogger(__name__)
_STATUS_LINE = 7  # of postmaster.pid, counted from 0: "starting", "ready", "stopping"
_ORPHANS_PATIENCE_S = 20.0


def server_pid(data: Path) -> int | None:
    """The pid of the living server of ``data``, else None. PermissionError for a stranger's cluster."""
    pid = _written_pid(data)
    return pid if pid is not None and _works_in(pid, data) else None


def is_ready(data: Path) -> bool:
    """Does the living server say that it accepts connections?"""
    lines = _pid_file_lines(data)
    return server_pid(data) is not None and len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"


def has_crashed(data: Path) -> bool:
    """A pid file without its server: a clean stop removes the file."""
    return (data / "postmaster.pid").exists() and server_pid(data) is None


def clear_after_crash(data: Path, socket: Path) -> None:
    """Make ``data`` fit for a new start after a killed server: end its orphans, remove its marks.

    PostgreSQL forgets a dead pid by itself, but not one that lives again as a stranger of the same user, nor
    one that nobody has buried yet. Its marks guard against two servers on one cluster: they go only when no
    process works in the folder any more. ``socket``: its path; its own mark is beside it.
    """
    lock = socket.with_name(socket.name + ".lock")
    marks = [path for path in (data / "postmaster.pid", lock, socket) if path.exists()]
    if not marks or server_pid(data) is not None:
        return
    _end_orphans(data)
    _log.warning("Le serveur de %s s'est arrêté sans prévenir : ses marques périmées sont ôtées.", data)
    for path in marks:
        path.unlink(missing_ok=True)


def _end_orphans(data: Path) -> None:
    """End the children of a killed server; they hold the shared memory that would forbid a new start."""
    deadline = time.monotonic() + _ORPHANS_PATIENCE_S
    while orphans := _processes_in(data):
        if time.monotonic() > deadline:
            raise DatabaseUnavailableError(
                f"Des processus de l'ancien serveur de {data} ne veulent pas finir : {orphans}. "
                "Arrêtez-les (kill -QUIT), puis relancez."
            )
        for pid in orphans:
            try:
                os.kill(pid, signal.SIGQUIT)  # for PostgreSQL: leave at once, even in the middle of a query
            except ProcessLookupError:
                continue
        time.sleep(0.1)


def _processes_in(data: Path) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if pid != os.getpid() and _works_in(pid, data) and _is_postgres(pid)]


def _works_in(pid: int, data: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data
    except OSError:  # gone, or a stranger's: the cluster's own user and root can read theirs
        return False


def _is_postgres(pid: int) -> bool:
    """A planner's shell may stand in the folder too; it is not to be ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() in ("postgres", "postmaster")
    except OSError:
        return False


def _written_pid(data: Path) -> int | None:
    lines = _pid_file_lines(data)
    try:
        return int(lines[0])
    except (IndexError, ValueError):
        return None


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
