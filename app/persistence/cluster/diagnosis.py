"""From PostgreSQL's words to a French sentence that says what to do. Nothing is ever deleted here."""

from __future__ import annotations

import os
import re
from pathlib import Path

from app.errors import DatabaseUnavailableError

MAKING_NEEDS_MB = 250  # measured: initdb 39 MB, the database with PostGIS 17 MB, two WAL files; the rest to work
STARTING_NEEDS_MB = 50  # crash recovery writes at least one more WAL file of 16 MB
_BYTES_PER_MB = 1_000_000
_GRAVE = re.compile(r"\b(?:FATAL|PANIC):\s+(.*)")

_DISK_FULL = (
    "Le disque de {folder} est plein : PostgreSQL ne peut plus écrire. Libérez de la place "
    "({free} Mo libres), puis relancez."
)
_KNOWN = (
    ("No space left on device", _DISK_FULL),
    ("Check free disk space", _DISK_FULL),  # said instead when a part of a block could still be written
    (
        "Disk quota exceeded",
        "Le quota de disque est atteint dans {folder}. Libérez de la place, puis relancez.",
    ),
    (
        "Cannot allocate memory",
        "La mémoire manque pour démarrer PostgreSQL. Fermez d'autres programmes, ou baissez shared_buffers "
        "dans {folder}/local.conf.",
    ),
    (
        "database files are incompatible with server",
        "La base de {folder} a été créée par une autre version de PostgreSQL. Installez cette version à côté.",
    ),
)


def check_free_space(folder: Path, needed_mb: int) -> None:
    """Refuse before writing rather than leave a half-made cluster on a full disk."""
    free = free_mb(folder)
    if free < needed_mb:
        raise DatabaseUnavailableError(
            f"Il reste {free} Mo sur le disque de {folder} ; la base en demande {needed_mb}. Libérez de la "
            "place ou choisissez un autre dossier par ACCUEIL30_STORE, puis relancez. Rien n'a été modifié."
        )


def free_mb(folder: Path) -> int:
    """Free space for an ordinary user: the share that the disk keeps for root is of no use to PostgreSQL."""
    disk = os.statvfs(folder)
    return int(disk.f_bavail * disk.f_frsize // _BYTES_PER_MB)


def explain_failure(said: str, *, doing: str, folder: Path, log_file: Path) -> DatabaseUnavailableError:
    """The error for a PostgreSQL program that failed. ``said``: its output, what it just added to its log."""
    for words, sentence in _KNOWN:
        if words in said:
            return DatabaseUnavailableError(sentence.format(folder=folder, free=free_mb(folder)))
    grave = _GRAVE.findall(said)
    last = grave[-1] if grave else next((line for line in reversed(said.splitlines()) if line.strip()), "rien")
    return DatabaseUnavailableError(
        f"PostgreSQL n'a pas pu {doing}. Il dit : « {last.strip()} ». Son journal : {log_file}. "
        "Rien n'a été effacé : si les fichiers sont abîmés, gardez-en une copie, puis rechargez une "
        "sauvegarde (« accueil30 db restore »)."
    )


def log_size(log_file: Path) -> int:
    try:
        return log_file.stat().st_size
    except FileNotFoundError:
        return 0


def log_since(log_file: Path, offset: int) -> str:
    """What was added to the log since it had ``offset`` bytes."""
    try:
        with log_file.open("rb") as log:
            log.seek(offset)
            return log.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
