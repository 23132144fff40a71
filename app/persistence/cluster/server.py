"""The files made, the server started and stopped. To be called under the lock."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from pathlib import Path

from app.errors import DatabaseUnavailableError
from app.persistence.cluster import diagnosis, processes
from app.persistence.cluster.binaries import PostgresBinaries
from app.persistence.cluster.layout import SUPERUSER, Layout, private_folder
from app.persistence.cluster.owner import Owner, run_as

START_TIMEOUT_S = 120  # crash recovery of a large write-ahead log takes its time
_STOP_TIMEOUT_S = 60
_LOG_KEPT_BYTES = 10_000_000

_log = logging.getLogger(__name__)


def is_made(data: Path) -> bool:
    """Is there a cluster in ``data``? Raises for anything else: it is not ours to delete."""
    if not data.exists() or not any(data.iterdir()):
        return False
    if not (data / "PG_VERSION").is_file() or not (data / "global" / "pg_control").is_file():
        raise DatabaseUnavailableError(
            f"Le dossier {data} n'est pas une base PostgreSQL complète (PG_VERSION ou global/pg_control "
            "manque), et le service ne l'effacera pas. Rechargez-le d'une copie, ou mettez-le de côté "
            f"(mv '{data}' '{data}.abimee') pour repartir d'une base vide."
        )
    return True


def make(layout: Layout, binaries: PostgresBinaries, owner: Owner) -> None:
    """Make the files aside, then rename: ``data`` is a whole cluster or does not exist.

    Letters sort by code point (collation C), which no update of the C library can change under an index;
    their case is known in UTF-8 (ctype C.UTF-8: É is é). French order is asked for where names are listed.
    """
    aside = layout.unfinished
    if aside.exists():
        _log.warning("Une création de base interrompue a laissé %s, sans rien à vous : refaite.", aside)
        shutil.rmtree(aside)
    diagnosis.check_free_space(layout.home, diagnosis.MAKING_NEEDS_MB)
    private_folder(aside, owner)
    command = [
        binaries.tool("initdb"),
        "-D",
        aside.name,
        "-U",
        SUPERUSER,
        "--auth=reject",
        "--data-checksums",
    ]
    command += ["--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8", "--no-instructions"]
    made = _run(layout, owner, command, timeout_s=START_TIMEOUT_S)
    if made.returncode != 0:
        raise _failure(layout, made.stdout, doing="créer la base")
    aside.rename(layout.data)
    _sync_folder(layout.home)


def launch(layout: Layout, binaries: PostgresBinaries, owner: Owner) -> None:
    """Start the server and wait for it, or say why it does not start."""
    log_file = layout.log_file
    if diagnosis.log_size(log_file) > _LOG_KEPT_BYTES:
        log_file.replace(log_file.with_suffix(".previous.log"))
    offset = diagnosis.log_size(log_file)
    # Relative names: pg_ctl hands them to a shell, and the store's path may hold anything.
    command = [binaries.tool("pg_ctl"), "start", "-w", "-t", str(START_TIMEOUT_S), "-D", layout.data.name]
    command += ["-l", f"log/{log_file.name}", "-o", f"-c config_file={layout.conf_file.name}"]
    started = _run(layout, owner, command, timeout_s=START_TIMEOUT_S + 30)
    if started.returncode != 0 and processes.server_pid(layout.data) is None:
        raise _failure(layout, started.stdout + diagnosis.log_since(log_file, offset), doing="démarrer")


def wait_ready(layout: Layout) -> None:
    """Wait for a server that somebody else is starting, or that recovers from a crash."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not processes.is_ready(layout.data):
        if processes.server_pid(layout.data) is None:
            said = diagnosis.log_since(layout.log_file, max(0, diagnosis.log_size(layout.log_file) - 20_000))
            raise _failure(layout, said, doing="démarrer")
        if time.monotonic() > deadline:
            raise DatabaseUnavailableError(
                f"La base se prépare encore après {START_TIMEOUT_S} s (après une coupure, elle rejoue son "
                f"journal). Réessayez dans un instant ; son journal : {layout.log_file}."
            )
        time.sleep(0.05)


def halt(layout: Layout, binaries: PostgresBinaries, owner: Owner) -> None:
    """Stop the server: its connections are ended, what they had not committed is undone."""
    command = [binaries.tool("pg_ctl"), "stop", "-w", "-m", "fast", "-t", str(_STOP_TIMEOUT_S)]
    command += ["-D", layout.data.name]
    stopped = _run(layout, owner, command, timeout_s=_STOP_TIMEOUT_S + 30)
    if stopped.returncode != 0 and processes.server_pid(layout.data) is not None:
        raise _failure(layout, stopped.stdout, doing="s'arrêter")


def _run(layout: Layout, owner: Owner, command: list[str], *, timeout_s: float) -> subprocess.CompletedProcess[str]:
    try:
        return run_as(owner, command, folder=layout.home, timeout_s=timeout_s)
    except subprocess.TimeoutExpired:
        raise DatabaseUnavailableError(
            f"PostgreSQL n'a pas répondu en {timeout_s:.0f} s ({Path(command[0]).name}). "
            f"Son journal : {layout.log_file}."
        ) from None


def _failure(layout: Layout, said: str, *, doing: str) -> DatabaseUnavailableError:
    return diagnosis.explain_failure(said, doing=doing, folder=layout.home, log_file=layout.log_file)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
