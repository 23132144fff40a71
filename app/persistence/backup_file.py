"""The file of a backup: a plain .tar of a manifest, PostgreSQL's dump and the road graphs.

    manifest.json                      what made it, when, the migration, size and sha256 of each part; comes first
    database.dump                      pg_dump, custom format
    graphs/corse-0a1b2c3d4e5f/*        the road graphs, as they are in the store

Nothing is unpacked by name: a member is copied under a name that the manifest announces and that this module finds
harmless, or the file is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from data.errors import BadInputError
from data.store import atomic_write, sha256_file

DUMP: Final = "database.dump"
_MANIFEST: Final = "manifest.json"
_FORMAT: Final = "accueil30-backup-1"
_MANIFEST_LIMIT_BYTES: Final = 16 << 20
_CHUNK_BYTES: Final = 1 << 20
_END_BYTES: Final = 2 * tarfile.BLOCKSIZE  # of zeros, after the last member
_WORD = r"[A-Za-z0-9_][A-Za-z0-9._-]*"  # no leading dot: neither "..", nor what a process is still writing
_NAME = re.compile(rf"{re.escape(DUMP)}|graphs/{_WORD}/{_WORD}")


@dataclass(frozen=True, slots=True)
class Part:
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """``created_at`` is ISO 8601 with its zone; ``rows`` are counts by table, ``parts`` by name in the archive."""

    service_version: str
    migration: str
    created_at: str
    postgresql_major: int
    rows: dict[str, int]
    parts: dict[str, Part]

    @property
    def size_bytes(self) -> int:
        return sum(part.bytes for part in self.parts.values())


def graph_files(graphs: Path) -> dict[str, Path]:
    """Archive name -> file, for each whole graph of the store (what is being written aside has a dot)."""
    found = {f"graphs/{path.relative_to(graphs)}": path for path in sorted(graphs.glob("*/*")) if path.is_file()}
    return {name: path for name, path in found.items() if _NAME.fullmatch(name)}


def measure(files: Mapping[str, Path]) -> dict[str, Part]:
    return {name: Part(path.stat().st_size, sha256_file(path)) for name, path in files.items()}


def write_file(target: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Write the archive, whole or not at all, readable by its owner only."""
    head = json.dumps({"format": _FORMAT, **asdict(manifest)}, ensure_ascii=False, indent=1).encode()
    moment_s = int(datetime.fromisoformat(manifest.created_at).timestamp())
    with atomic_write(target, mode=0o600) as stream, tarfile.open(fileobj=stream, mode="w") as archive:
        _add(archive, _MANIFEST, len(head), moment_s, io.BytesIO(head))
        for name, path in files.items():
            with path.open("rb") as content:
                _add(archive, name, manifest.parts[name].bytes, moment_s, content)


def read_manifest(file: Path) -> Manifest:
    """What the file says of itself. Raises BadInputError for one that is absent, not ours, or not whole."""
    _check_readable(file)
    try:
        with file.open("rb") as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            return _manifest(file, archive)
    except (tarfile.TarError, EOFError):
        raise _not_ours(file, "un fichier d'un autre genre") from None


def extract(file: Path, manifest: Manifest, folder: Path) -> None:
    """Copy each part into ``folder`` and check it. Raises BadInputError for whatever is missing, spoilt or extra."""
    left = dict(manifest.parts)
    try:
        with file.open("rb") as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            last = archive.next()  # the manifest, read before
            while member := archive.next():
                part = left.pop(member.name, None)
                if part is None or not member.isreg() or member.size != part.bytes:
                    raise _not_ours(file, f"un élément inattendu, {member.name[:80]!r}")
                content = archive.extractfile(member)
                if content is None or _copy(content, folder / member.name) != part.sha256:
                    raise _spoilt(file, f"{member.name} n'a pas l'empreinte annoncée")
                last = member
    except (tarfile.TarError, EOFError):
        raise _spoilt(file, "le fichier s'arrête avant la fin") from None
    if last is None or file.stat().st_size < last.offset_data + last.size + _END_BYTES:
        raise _spoilt(file, "la marque de fin manque")
    if left:
        raise _spoilt(file, f"{len(left)} élément(s) sur {len(manifest.parts)} manquent à la fin")


def _add(archive: tarfile.TarFile, name: str, size: int, moment_s: int, content: IO[bytes]) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, moment_s, 0o600
    archive.addfile(member, content)


def _check_readable(file: Path) -> None:
    if not file.is_file():
        raise _not_ours(file, "un dossier" if file.is_dir() else "aucun fichier à cet endroit")
    size = file.stat().st_size
    if size == 0:
        raise _not_ours(file, "un fichier vide")
    with file.open("rb") as stream:
        is_ours = stream.read(len(_MANIFEST) + 1) == _MANIFEST.encode() + b"\0"
    if is_ours and size % tarfile.RECORDSIZE:
        raise _spoilt(file, f"{size} octets, ce qui n'est pas un nombre entier de blocs")


def _manifest(file: Path, archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    if first is None or first.name != _MANIFEST or not first.isreg() or first.size > _MANIFEST_LIMIT_BYTES:
        raise _not_ours(file, "une archive sans manifeste en tête")
    content = archive.extractfile(first)
    try:
        said: dict[str, Any] = json.loads(content.read() if content else b"")
        if said.pop("format") != _FORMAT:
            raise ValueError
        parts = {str(name): Part(int(part["bytes"]), str(part["sha256"])) for name, part in said.pop("parts").items()}
        manifest = Manifest(**said, parts=parts)
        datetime.fromisoformat(manifest.created_at)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _not_ours(file, "un manifeste qu'accueil30 n'a pas écrit, ou d'un format plus récent") from None
    except tarfile.TarError:
        raise _spoilt(file, "le manifeste est coupé") from None
    if DUMP not in parts or not all(_NAME.fullmatch(name) for name in parts):
        raise _not_ours(file, "un manifeste qui annonce des éléments étrangers")
    return manifest


def _copy(content: IO[bytes], target: Path) -> str:
    """Copy, and give the sha256 of what was copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with atomic_write(target) as copy:
        while block := content.read(_CHUNK_BYTES):
            digest.update(block)
            copy.write(block)
    return digest.hexdigest()


def _not_ours(file: Path, received: str) -> BadInputError:
    return BadInputError(
        f"{file.name} n'est pas une sauvegarde d'accueil30 : rien n'a été rechargé.",
        received=received,
        expected="un fichier .tar écrit par « accueil30 db backup »",
        action="vérifiez le nom du fichier, ou mettez à jour accueil30 s'il vient d'une version plus récente",
    )


def _spoilt(file: Path, received: str) -> BadInputError:
    return BadInputError(
        f"La sauvegarde {file.name} est coupée ou abîmée : rien n'a été rechargé.",
        received=received,
        expected="le fichier entier, tel que « accueil30 db backup » l'a écrit",
        action="recopiez-le depuis l'endroit où il a été écrit, ou prenez une autre sauvegarde",
    )
