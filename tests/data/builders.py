"""Small files made by the tests, in the formats the readers take."""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import mapping

CRS84 = "urn:ogc:def:crs:OGC:1.3:CRS84"

FRANCE_SERVICES_COLUMNS = (
    "id_fs", "insee_dep", "lib_fs", "adresse", "complement_adresse", "insee_com", "code_postal", "lib_com",
    "latitude", "longitude", "mail", "telephone", "h_lundi", "h_mardi", "h_mercredi", "h_jeudi", "h_vendredi",
    "h_samedi", "prise_rdv", "commentaire", "type_fs", "format_fs", "groupe_fs", "labellisation_fs",
)  # fmt: skip
_SITE = {
    "id_fs": "1",
    "insee_dep": "2A",
    "lib_fs": "France services d'Évisa",
    "adresse": "Place de l'Église",
    "insee_com": "2A108",
    "code_postal": "20126",
    "lib_com": "Évisa",
    "latitude": "42.2530",
    "longitude": "8.8010",
    "mail": "evisa@example.org",
    "telephone": "04 95 00 00 00",
    "h_lundi": "09:00 - 12:00 / 14:00 - 17:00",
    "prise_rdv": "Non",
    "type_fs": "Principal",
    "format_fs": "Fixe",
    "labellisation_fs": "Espace labellisé 01/01/2020",
}


def site(**changes: str) -> dict[str, str]:
    """One row of the France services list, every column filled, with what the test changes."""
    return {**dict.fromkeys(FRANCE_SERVICES_COLUMNS, ""), **_SITE, **changes}


def write_sites(
    path: Path,
    rows: Iterable[dict[str, str]],
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
    columns: Sequence[str] = FRANCE_SERVICES_COLUMNS,
) -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, columns, delimiter=delimiter, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def square(lon: float, lat: float, side_deg: float = 0.01) -> shapely.Polygon:
    return shapely.box(lon, lat, lon + side_deg, lat + side_deg)


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    shown = mapping(geometry) if isinstance(geometry, shapely.Geometry) else geometry
    return {"type": "Feature", "properties": properties, "geometry": shown}


def commune(code: str, nom: str, geometry: Any, **more: Any) -> dict[str, Any]:
    """A commune under the older ADMIN EXPRESS names."""
    return feature(geometry, insee_com=code, nom=nom, insee_dep=more.pop("insee_dep", code[:2]), **more)


def write_geojson(path: Path, features: list[dict[str, Any]], crs: str | None = CRS84) -> Path:
    document: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs is not None:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    content = json.dumps(document, ensure_ascii=False).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def cell_id(x_m: int, y_m: int, size_m: int = 200, epsg: int = 3035) -> str:
    return f"CRS{epsg}RES{size_m}mN{y_m}E{x_m}"


def write_grid_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def gpkg_square(x: float, y: float, size: float, *, srs_id: int = 3035, has_envelope: bool = True) -> bytes:
    """A square as a GeoPackage blob: header, envelope or none, WKB."""
    envelope = struct.pack("<4d", x, x + size, y, y + size) if has_envelope else b""
    header = b"GP\x00" + bytes([0x03 if has_envelope else 0x01]) + struct.pack("<i", srs_id)
    return header + envelope + shapely.to_wkb(shapely.box(x, y, x + size, y + size), byte_order=1)


def write_grid_gpkg(
    path: Path,
    columns: dict[str, str],
    rows: Iterable[Sequence[object]],
    *,
    epsg: int = 3035,
    table: str = "carreaux",
    create: str | None = None,
) -> Path:
    """``columns``: name -> SQL type; each row begins with its geometry blob."""
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA application_id = 1196444487")
        base.execute(
            "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, "
            "organization TEXT, organization_coordsys_id INTEGER, definition TEXT)"
        )
        base.execute("INSERT INTO gpkg_spatial_ref_sys VALUES ('x', ?, 'EPSG', ?, '')", (epsg, epsg))
        base.execute("CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, srs_id INTEGER)")
        base.execute("INSERT INTO gpkg_contents VALUES (?, 'features', ?)", (table, epsg))
        base.execute("CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER)")
        base.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?)", (table, epsg))
        fields = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        base.execute(create or f'CREATE TABLE "{table}" (fid INTEGER PRIMARY KEY, geom BLOB, {fields})')
        names = ", ".join(f'"{name}"' for name in ("geom", *columns))
        marks = ", ".join("?" * (len(columns) + 1))
        if create is None:
            base.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)
    base.close()
    return path
