"""Where artefacts live on disk, and how to write one that is never seen half-written."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_CHUNK_BYTES: Final = 1 << 20
_HASH_DIGITS: Final = 12
_DISK_REASONS_FR: Final = {
    errno.ENOSPC: "le disque est plein ; libérer de la place",
    errno.EDQUOT: "le quota du disque est atteint ; libérer de la place",
    errno.EACCES: "droits insuffisants ; donner à l'utilisateur du service le droit d'écrire",
    errno.EROFS: "le disque est en lecture seule ; choisir un autre dossier avec ACCUEIL30_STORE",
}


class StoreError(OSError):
    """The disk refuses: full, read-only, not ours. The message is French and says what to do."""


def sha256_file(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes, read by blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_CHUNK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Make a rename inside the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def atomic_write(path: Path, *, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Binary stream towards ``path``: readers see the old content or the whole new one, never a part.

    Written beside the target, flushed to the disk, then renamed over it. On any exception the target is
    untouched and the temporary file removed. A full disk raises StoreError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(mode)  # mkstemp gives 0600; another user may serve what this one wrote
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        if error.errno not in _DISK_REASONS_FR:
            raise
        raise _store_error(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def require_free_space(folder: Path, needed_bytes: int) -> None:
    """Raise StoreError, saying what is free and what is wanted, when ``needed_bytes`` do not fit."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free_bytes = shutil.disk_usage(existing).free
    if free_bytes < needed_bytes:
        raise StoreError(
            f"Place insuffisante sur le disque de {folder} : {_size_fr(free_bytes)} libres, "
            f"{_size_fr(needed_bytes)} nécessaires. Libérer de la place ou choisir un autre dossier "
            "avec ACCUEIL30_STORE."
        )


@dataclass(frozen=True, slots=True)
class Store:
    """The artefacts of one service, under one folder."""

    root: Path

    @property
    def graphs(self) -> Path:
        return self.root / "graphs"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    def graph_folder(self, name: str, sha256: str) -> Path:
        """Folder of a road graph: its name for the eye, the start of its source's hash for identity."""
        return self.graphs / f"{slug(name)}-{sha256[:_HASH_DIGITS]}"

    def prepare(self) -> None:
        """Create the folders; StoreError when the place cannot be written."""
        for folder in (self.graphs, self.raw):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                handle, probe = tempfile.mkstemp(dir=folder, prefix=".probe.")
                os.close(handle)
                Path(probe).unlink()
            except OSError as error:
                raise _store_error(folder, error) from error


def slug(name: str) -> str:
    """A name safe in a path: ASCII small letters, digits and hyphens; "sans-nom" when nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "sans-nom"


def _store_error(path: Path, error: OSError) -> StoreError:
    reason = _DISK_REASONS_FR.get(error.errno or 0, str(error))
    return StoreError(f"Impossible d'écrire {path} : {reason}.")


def _size_fr(size_bytes: int) -> str:
    for unit, divisor in (("Go", 10**9), ("Mo", 10**6), ("ko", 10**3)):
        if size_bytes >= divisor:
            return f"{size_bytes / divisor:.1f} {unit}".replace(".", ",")
    return f"{size_bytes} octets"
