"""One process at a time, and system refusals said in French."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import DatabaseUnavailableError

_LOCK_TIMEOUT_S = 240.0  # longer than the longest start


@contextmanager
def locked(lock_file: Path, timeout_s: float = _LOCK_TIMEOUT_S) -> Iterator[None]:
    """Hold the lock; freed if this process dies. DatabaseUnavailableError after ``timeout_s``."""
    # Read-only: the cluster's user may then lock a file that root made.
    handle = os.open(lock_file, os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        _wait(handle, lock_file, timeout_s)
        yield
    finally:
        os.close(handle)


def _wait(handle: int, lock_file: Path, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise DatabaseUnavailableError(
                    f"Un autre processus prépare la base depuis plus de {timeout_s:.0f} s "
                    f"(verrou {lock_file}). Attendez qu'il finisse, ou arrêtez-le."
                ) from None
            time.sleep(0.05)
        else:
            return


@contextmanager
def french_refusals(store: Path) -> Iterator[None]:
    """Turn what the system refuses (rights, disk) into a DatabaseUnavailableError that says what to do."""
    try:
        yield
    except PermissionError as error:
        raise DatabaseUnavailableError(
            f"Le dossier {error.filename or store} vous est fermé. Donnez-vous-y le droit d'écrire, lancez "
            "le service sous l'utilisateur à qui il appartient, ou choisissez un autre dossier par "
            "ACCUEIL30_STORE."
        ) from error
    except OSError as error:
        raise DatabaseUnavailableError(
            f"Le dossier {store} ne peut pas recevoir la base : {error.strerror} "
            f"({error.filename or 'sans nom de fichier'}). Vérifiez le disque, ou choisissez un autre "
            "dossier par ACCUEIL30_STORE."
        ) from error
