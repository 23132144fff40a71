"""A plain list of places: a CSV with longitude and latitude, or a GeoJSON of points."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Point

from data.errors import BadInputError
from data.geojson import read_features
from data.tables import parse_number

_LON: Final = ("longitude", "lon")
_LAT: Final = ("latitude", "lat")
#: Column of the type of equipment, in the files of the BPE.
_TYPE: Final = ("typequ", "typeeq_id")


def read_points(path: Path, equipment: str | None = None) -> NDArray[np.float64]:
    """lon, lat float64[s, 2]. Where the file says the type of equipment of its places, only ``equipment`` is kept.

    Raises BadInputError when there is no place, or no coordinates.
    """
    if path.suffix.lower() in (".geojson", ".json"):
        shapes = [feature.geometry for feature in read_features(path, what="lieux")]
        found = [(shape.x, shape.y) for shape in shapes if isinstance(shape, Point)]
    else:
        found = _from_csv(path, equipment)
    if not found:
        raise _no_place(path, "aucun point utilisable")
    return np.array(found, np.float64)


def _from_csv(path: Path, equipment: str | None) -> list[tuple[float, float]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            head = stream.readline()
            stream.seek(0)
            reader = csv.DictReader(stream, delimiter=";" if head.count(";") > head.count(",") else ",")
            rows = [{(key or "").strip().lower(): value or "" for key, value in row.items()} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _no_place(path, str(error)) from error
    names = set(rows[0]) if rows else set()
    lon, lat, kind = (next((name for name in among if name in names), None) for among in (_LON, _LAT, _TYPE))
    if lon is None or lat is None:
        raise _no_place(path, f"colonnes : {', '.join(sorted(names)) or 'aucune'}")
    kept = [row for row in rows if kind is None or equipment is None or row[kind] == equipment]
    read = [(parse_number(row[lon]), parse_number(row[lat])) for row in kept]
    return [(x, y) for x, y in read if x is not None and y is not None]


def _no_place(path: Path, received: str) -> BadInputError:
    return BadInputError(
        f"{path.name} ne donne pas de lieux.",
        received=received,
        expected="un CSV en UTF-8 avec les colonnes longitude et latitude, ou un GeoJSON de points",
        action="convertissez le fichier, en degrés (WGS 84)",
    )
