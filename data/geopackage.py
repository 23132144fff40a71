"""The one table of squares of a GeoPackage, read by sqlite3 and not by GDAL.

A GeoPackage is an SQLite file: the standard library reads the few columns wanted, read-only, with no list of
drivers to close against a file that lies about its format, and without loading GDAL. Views and virtual tables
are refused: they run what the file's author wrote.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import shapely

from data.errors import BadInputError

_SQLITE_MAGIC: Final = b"SQLite format 3\x00"
_ENVELOPE_BYTES: Final = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_BATCH_ROWS: Final = 20_000

Box = tuple[float, float, float, float]  # min x, min y, max x, max y


@dataclass(frozen=True, slots=True)
class Layer:
    """A table of features: its name, columns as written, geometry column, coordinate system ("EPSG:3035")."""

    table: str
    columns: tuple[str, ...]
    geometry: str
    crs: str
    row_count: int


def is_geopackage(head: bytes) -> bool:
    """True when the first bytes are SQLite's: the name of the file is not asked."""
    return head.startswith(_SQLITE_MAGIC)


@contextmanager
def open_geopackage(path: Path) -> Iterator[sqlite3.Connection]:
    """Read-only connection; any SQLite error inside becomes a BadInputError (damaged or truncated file)."""
    connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        yield connection
    except sqlite3.Error as error:
        raise BadInputError(
            f"{path.name} est un GeoPackage abîmé ou incomplet.",
            received=str(error),
            expected="un GeoPackage entier",
            action="télécharger le fichier à nouveau",
        ) from error
    finally:
        connection.close()


def find_layer(connection: sqlite3.Connection, path: Path, wanted: Callable[[tuple[str, ...]], bool]) -> Layer:
    """The only layer whose columns are ``wanted``; BadInputError when none or several."""
    real_tables = {
        name
        for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        if "VIRTUAL" not in str(sql).upper().split("(")[0]
    }
    rows = connection.execute(
        "SELECT c.table_name, g.column_name, s.organization, s.organization_coordsys_id FROM gpkg_contents c "
        "JOIN gpkg_geometry_columns g USING (table_name) JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id "
        "WHERE c.data_type = 'features'"
    ).fetchall()
    layers = []
    for table, geometry, organization, srs in rows:
        if table not in real_tables:
            continue
        columns = tuple(row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(table)})"))
        if wanted(columns):
            count = connection.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0]  # noqa: S608 - quoted
            layers.append(Layer(table, columns, geometry, f"{organization}:{srs}".upper(), int(count)))
    if len(layers) != 1:
        raise BadInputError(
            f"{path.name} ne contient pas une couche de carreaux reconnaissable.",
            received=f"les couches {', '.join(sorted(row[0] for row in rows)) or '(aucune)'}",
            expected="une seule couche avec un identifiant de carreau (idcar_200m, Id_carr1km…) et le nombre "
            "d'individus (ind)",
            action="extraire la couche voulue dans un GeoPackage à part",
        )
    return layers[0]


def read_layer(connection: sqlite3.Connection, layer: Layer, columns: list[str]) -> Iterator[list[tuple[object, ...]]]:
    """Batches of rows (rowid, geometry blob, then the columns asked)."""
    wanted = ", ".join(_quoted(name) for name in (layer.geometry, *columns))
    cursor = connection.execute(f"SELECT rowid, {wanted} FROM {_quoted(layer.table)} ORDER BY rowid")  # noqa: S608
    while batch := cursor.fetchmany(_BATCH_ROWS):
        yield batch


def envelope(blob: object) -> Box | None:
    """Bounds of a GeoPackage geometry, from its header when it carries them; None without a geometry."""
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        return None
    flags = blob[3]
    size = _ENVELOPE_BYTES.get((flags >> 1) & 7)
    if size is None or flags & 0x10 or len(blob) < 8 + size:
        return None
    if size:
        order = "<" if flags & 1 else ">"
        min_x, max_x, min_y, max_y = struct.unpack_from(f"{order}4d", blob, 8)
        return min_x, min_y, max_x, max_y
    try:
        west, south, east, north = shapely.from_wkb(blob[8:]).bounds
    except shapely.errors.ShapelyError:
        return None
    return west, south, east, north


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
