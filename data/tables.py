"""Text tables as people really send them: encoding, delimiter, or a refusal that says how to mend.

Nothing is guessed in silence. UTF-8 (with or without a byte order mark) is read; another encoding is named
and refused unless the caller asks for it, because a wrong guess spoils names and nobody notices.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from data.errors import BadInputError

MAX_TEXT_BYTES: Final = 4 << 30  # once decompressed: stops a gzip bomb
_CHUNK_BYTES: Final = 1 << 20
_DELIMITERS: Final = {",": "virgule", ";": "point-virgule", "\t": "tabulation", "|": "barre verticale"}
_DECIMAL: Final = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{0,20})?(?:[eE][+-]?\d{1,3})?")
_SIGNATURES: Final = (
    (b"PK\x03\x04", "un classeur (xlsx, ods) ou une archive zip"),
    (b"\xd0\xcf\x11\xe0", "un classeur Excel ancien (xls)"),
    (b"SQLite format 3\x00", "une base SQLite ou un GeoPackage"),
    (b"%PDF", "un document PDF"),
    (b"\x1f\x8b", "un fichier compressé par gzip"),
    (b"7z\xbc\xaf", "une archive 7z"),
    (b"<", "une page HTML ou un document XML"),
    (b"{", "un document JSON"),
)


@dataclass(frozen=True, slots=True)
class CsvSource:
    """A CSV checked as far as its header. ``columns``: name in small letters -> rank."""

    path: Path
    columns: dict[str, int]
    encoding: str
    delimiter: str
    line_count: int

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(number of the row's first line, its cells), no blank lines; BadInputError on broken quoting."""
        with open_binary(self.path) as stream:
            text = io.TextIOWrapper(stream, encoding=self.encoding, newline="")
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            next(reader)
            line = reader.line_num + 1
            try:
                for cells in reader:
                    if cells:
                        yield line, cells
                    line = reader.line_num + 1
            except csv.Error as error:
                raise _broken_quoting(self.path, line, error) from error


@dataclass(frozen=True, slots=True)
class _Probe:
    head: bytes
    line_count: int
    bad_byte: int | None  # first byte that is not UTF-8
    bad_line: int


def open_csv(
    path: Path,
    *,
    required: Sequence[str],
    what: str,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> CsvSource:
    """Check a CSV (plain or .gz) and read its header; ``what`` names the expected content in French.

    ``encoding`` and ``delimiter`` are what the user says the file holds; without them UTF-8 is required and
    the delimiter is read from the header. Raises BadInputError: absent, empty, not text, another encoding, no
    delimiter, a required column missing, a column twice.
    """
    probe = _probe(path, what)
    found_encoding = _encoding(path, probe, encoding, delimiter)
    header_line = probe.head.decode(found_encoding, errors="replace").split("\n", 1)[0].rstrip("\r")
    found_delimiter = delimiter or _delimiter(header_line, what)
    source = CsvSource(path, {}, found_encoding, found_delimiter, probe.line_count)
    header = [name.strip().casefold() for name in next(csv.reader([header_line], delimiter=found_delimiter))]
    _check_header(header, required, what, found_delimiter)
    source.columns.update({name: rank for rank, name in enumerate(header) if name})
    return source


def open_binary(path: Path) -> IO[bytes]:
    """The file's bytes, decompressed when they are gzip's (told by the content, not the name)."""
    stream = path.open("rb")
    is_gzip = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    return cast("IO[bytes]", gzip.GzipFile(fileobj=stream)) if is_gzip else stream


def read_head(path: Path, *, what: str, size: int = 65536) -> bytes:
    """First bytes, decompressed; BadInputError when the file is absent, unreadable or empty."""
    try:
        with open_binary(path) as stream:
            head = stream.read(size)
    except FileNotFoundError as error:
        raise BadInputError(
            f"Fichier introuvable : {path}.",
            received="rien",
            expected=what,
            action="vérifier le chemin du fichier",
        ) from error
    except IsADirectoryError as error:
        raise BadInputError(
            f"{path} est un dossier, pas un fichier.",
            received="un dossier",
            expected=what,
            action="donner le chemin du fichier qui est dedans",
        ) from error
    except (OSError, EOFError) as error:
        raise BadInputError(
            f"Fichier illisible : {path}.",
            received=str(error),
            expected=what,
            action="vérifier que le fichier est entier et que vous avez le droit de le lire",
        ) from error
    if not head.strip():
        raise BadInputError(
            f"Fichier vide : {path}.",
            received="aucune donnée",
            expected=what,
            action="télécharger le fichier à nouveau",
        )
    return head


def signature(head: bytes) -> str | None:
    """What a file is by its first bytes, in French; None for plain text."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return next((name for magic, name in _SIGNATURES if start.startswith(magic)), None)


def parse_number(text: str) -> float | None:
    """A decimal number written with a point or a comma; None when it is not one ("nan", "1 234", "")."""
    stripped = text.strip()
    if not _DECIMAL.fullmatch(stripped):
        return None
    return float(stripped.replace(",", "."))


def _probe(path: Path, what: str) -> _Probe:
    """One pass over the bytes: number of lines, first byte that is not UTF-8; refuses what is not text."""
    head = read_head(path, what=what)
    kind = signature(head)
    if kind is not None:
        raise BadInputError(
            f"{path.name} n'est pas un CSV.",
            received=kind,
            expected=what,
            action="exporter les données en CSV UTF-8",
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, size, bad_byte, bad_line = 0, 0, None, 0
    with open_binary(path) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > MAX_TEXT_BYTES:
                raise _too_big(path, what)
            if b"\x00" in chunk:
                raise _not_text(path, head, what)
            if bad_byte is None:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    bad_byte = error.object[error.start]
                    bad_line = lines + 1 + error.object[: error.start].count(b"\n")
            lines += chunk.count(b"\n")
    return _Probe(head, lines + 1, bad_byte, bad_line)


def _encoding(path: Path, probe: _Probe, asked: str | None, delimiter: str | None) -> str:
    if asked is not None:
        return _asked_encoding(path, asked)
    if probe.bad_byte is None:
        return "utf-8-sig" if probe.head.startswith(codecs.BOM_UTF8) else "utf-8"
    header = probe.head.split(b"\n", 1)[0].decode("windows-1252", errors="replace")
    seen = delimiter or _most_frequent(header) or ","
    copy = f"{path.stem}-utf8.csv"
    raise BadInputError(
        f"{path.name} n'est pas en UTF-8.",
        received="un texte qui paraît en Windows-1252 "
        f"(octet 0x{probe.bad_byte:02X} à la ligne {probe.bad_line}), "
        f"séparateur « {seen} » ({_DELIMITERS.get(seen, 'autre')})",
        expected="un texte en UTF-8, séparateur « , »",
        action=f"convertir par « iconv -f WINDOWS-1252 -t UTF-8 {path.name} > {copy} », "
        "ou, si l'encodage est bien celui-là, relancer avec "
        f"--encoding windows-1252 --delimiter '{seen}'",
    )


def _asked_encoding(path: Path, asked: str) -> str:
    try:
        name = codecs.lookup(asked).name
        with open_binary(path) as stream:
            text = io.TextIOWrapper(stream, encoding=name, newline="")
            while text.read(_CHUNK_BYTES):
                pass
    except (LookupError, UnicodeError) as error:
        raise BadInputError(
            f"{path.name} ne se lit pas avec l'encodage demandé, « {asked} ».",
            received=str(error),
            expected="l'encodage réel du fichier, par exemple utf-8 ou windows-1252",
            action="retirer --encoding pour que l'encodage soit recherché",
        ) from error
    return name


def _most_frequent(header: str) -> str | None:
    counts = Counter(char for char in header if char in _DELIMITERS)
    return counts.most_common(1)[0][0] if counts else None


def _delimiter(header: str, what: str) -> str:
    found = _most_frequent(header)
    if found is None:
        raise BadInputError(
            "La première ligne ne contient aucun séparateur de colonnes.",
            received=f"« {header[:120]} »",
            expected=what,
            action="vérifier que la première ligne porte les noms des colonnes",
        )
    return found


def _check_header(header: list[str], required: Sequence[str], what: str, delimiter: str) -> None:
    missing = [name for name in required if name not in header]
    if missing:
        raise BadInputError(
            f"{'Colonnes absentes' if len(missing) > 1 else 'Colonne absente'} : {', '.join(missing)}.",
            received=f"{', '.join(header)[:600]} (séparateur « {delimiter} »)",
            expected=what,
            action="ajouter ces colonnes, ou vérifier que le fichier est du bon format",
        )
    twice = [name for name, count in Counter(header).items() if name and count > 1]
    if twice:
        raise BadInputError(
            f"Colonne en double : {', '.join(twice)}.",
            received=", ".join(header)[:600],
            expected="chaque nom de colonne une seule fois",
            action="supprimer ou renommer la colonne en trop",
        )


def _broken_quoting(path: Path, line: int, error: csv.Error) -> BadInputError:
    return BadInputError(
        f"{path.name} : guillemets mal fermés à partir de la ligne {line}.",
        received=str(error),
        expected='des guillemets doublés à l\'intérieur d\'un champ entre guillemets ("" pour ")',
        action="corriger la ligne, ou exporter le fichier à nouveau s'il est tronqué",
    )


def _not_text(path: Path, head: bytes, what: str) -> BadInputError:
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return BadInputError(
        f"{path.name} n'est pas un texte en UTF-8.",
        received="un texte en UTF-16" if is_utf16 else "des octets nuls : un fichier binaire ou abîmé",
        expected=what,
        action=f"convertir par « iconv -f UTF-16 -t UTF-8 {path.name} > {path.stem}-utf8.csv »"
        if is_utf16
        else "vérifier que c'est le bon fichier",
    )


def _too_big(path: Path, what: str) -> BadInputError:
    return BadInputError(
        f"{path.name} est trop gros une fois décompressé.",
        received=f"plus de {MAX_TEXT_BYTES >> 30} Gio",
        expected=what,
        action="découper le fichier, par exemple par département",
    )
