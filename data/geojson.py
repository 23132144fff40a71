"""GeoJSON read with json and shapely, without GDAL: a file that lies about its format opens nothing else.

Coordinates are longitude, latitude in degrees, as the format wants. A file in another system, or with the two
swapped, is refused as a whole.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from data.contract import Progress
from data.errors import BadInputError
from data.tables import open_binary, read_head, signature
from data.territory import ZONE_EXTENTS, Extent

MAX_JSON_BYTES: Final = 1 << 30
_PROGRESS_STEP: Final = 500
#: Names of WGS 84 seen in the "crs" member; absent means WGS 84 too (RFC 7946).
_WGS84: Final = re.compile(r"(?:urn:ogc:def:crs:)?(?:OGC:[\d.]*:?CRS84|CRS84|EPSG:[\d.]*:?4326)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature. ``number`` counts from 1; property names are in small letters."""

    number: int
    properties: dict[str, Any]
    geometry: BaseGeometry | None
    problem: str | None  # French, why there is no geometry


def read_features(path: Path, *, what: str, progress: Progress | None = None) -> list[Feature]:
    """Features of a FeatureCollection (.geojson, .geojson.gz).

    Raises BadInputError: absent, empty, not JSON, not a FeatureCollection, no feature, another coordinate
    system, coordinates in metres or swapped in most features.
    """
    document = _load(path, what)
    _check_crs(path, document)
    raw = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(raw, list) or not raw:
        raise BadInputError(
            f"{path.name} n'est pas une collection d'entités GeoJSON.",
            received=f"type « {document.get('type')} », {len(raw) if isinstance(raw, list) else 'aucune'} entité",
            expected=what,
            action="exporter la couche en GeoJSON (FeatureCollection)",
        )
    features = []
    for number, item in enumerate(raw, start=1):
        features.append(_feature(number, item))
        if progress is not None and (number % _PROGRESS_STEP == 0 or number == len(raw)):
            progress(number, len(raw))
    _check_coordinates(path, features)
    return features


def bounds_of(geometry: BaseGeometry) -> Extent:
    """West, south, east, north of a geometry that is not empty."""
    west, south, east, north = geometry.bounds
    return float(west), float(south), float(east), float(north)


def is_within(bounds: Extent, extents: Sequence[Extent], margin_deg: float) -> bool:
    """True when the box lies in one of the extents widened by the margin."""
    west, south, east, north = bounds
    return any(
        w - margin_deg <= west and south >= s - margin_deg and east <= e + margin_deg and north <= n + margin_deg
        for w, s, e, n in extents
    )


def swapped(bounds: Extent) -> Extent:
    """The same box with longitude and latitude exchanged."""
    west, south, east, north = bounds
    return south, west, north, east


def _load(path: Path, what: str) -> dict[str, Any]:
    head = read_head(path, what=what)
    kind = signature(head)
    if kind != "un document JSON":
        raise _not_json(path, kind or "un texte qui ne commence pas par une accolade", what)
    with open_binary(path) as stream:
        content = stream.read(MAX_JSON_BYTES + 1)
    if len(content) > MAX_JSON_BYTES:
        raise _not_json(path, f"plus de {MAX_JSON_BYTES >> 20} Mio une fois décompressé", what)
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise _not_json(path, f"un texte qui n'est pas en UTF-8 (octet n° {error.start})", what) from error
    except (ValueError, RecursionError) as error:
        raise _not_json(path, f"un JSON illisible ou tronqué ({error})", what) from error
    if not isinstance(document, dict):
        raise _not_json(path, "un JSON qui n'est pas un objet", what)
    return document


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} n'est pas une coordonnée")


def _check_crs(path: Path, document: dict[str, Any]) -> None:
    crs = document.get("crs")
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name")) if isinstance(properties, dict) else json.dumps(crs)[:120]
    if not _WGS84.fullmatch(name.replace("::", ":")):
        raise BadInputError(
            f"{path.name} n'est pas en longitude et latitude WGS 84.",
            received=f"système de coordonnées « {name} »",
            expected="CRS84 ou EPSG:4326 (ou aucun système indiqué)",
            action=f"convertir par « ogr2ogr -t_srs EPSG:4326 sortie.geojson {path.name} »",
        )


def _feature(number: int, item: object) -> Feature:
    if not isinstance(item, dict):
        return Feature(number, {}, None, "entité illisible")
    properties = item.get("properties")
    fields = {str(key).casefold(): value for key, value in properties.items()} if isinstance(properties, dict) else {}
    raw = item.get("geometry")
    if raw is None:
        return Feature(number, fields, None, "aucune géométrie")
    try:
        geometry = shape(raw)
    except Exception as error:  # shapely raises many kinds on hostile nesting
        return Feature(number, fields, None, f"géométrie illisible ({type(error).__name__})")
    if geometry.is_empty:
        return Feature(number, fields, None, "géométrie vide")
    if not all(math.isfinite(value) for value in geometry.bounds):
        return Feature(number, fields, None, "coordonnée infinie")
    return Feature(number, fields, geometry, None)


def _check_coordinates(path: Path, features: list[Feature]) -> None:
    """Refuse the file when more than half of its features are in metres or swapped."""
    boxes = [bounds_of(feature.geometry) for feature in features if feature.geometry is not None]
    in_metres = sum(max(abs(value) for value in box) > 360 for box in boxes)
    if 2 * in_metres > len(boxes):
        raise BadInputError(
            f"Les coordonnées de {path.name} ne sont pas des degrés.",
            received=f"par exemple {boxes[0][0]:.0f}, {boxes[0][1]:.0f} : {_projection_hint(boxes[0])}",
            expected="longitude et latitude WGS 84 en degrés",
            action=f"convertir par « ogr2ogr -t_srs EPSG:4326 sortie.geojson {path.name} »",
        )
    exchanged = sum(
        not is_within(box, ZONE_EXTENTS, 0.3) and is_within(swapped(box), ZONE_EXTENTS, 0.3) for box in boxes
    )
    if 2 * exchanged > len(boxes):
        raise BadInputError(
            f"Longitude et latitude sont inversées dans {path.name}.",
            received=f"par exemple {boxes[0][0]:.4f}, {boxes[0][1]:.4f} pour la première entité",
            expected="la longitude d'abord, la latitude ensuite",
            action="échanger les deux coordonnées, par exemple par « ogr2ogr -swapxy », puis relire",
        )


def _projection_hint(box: Extent) -> str:
    west, south = box[0], box[1]
    if 0 < west < 1_300_000 and 6_000_000 < south < 7_200_000:
        return "cela ressemble à du Lambert-93 (EPSG:2154)"
    return "un système projeté, en mètres"


def _not_json(path: Path, received: str, what: str) -> BadInputError:
    return BadInputError(
        f"{path.name} n'est pas un GeoJSON lisible.",
        received=received,
        expected=what,
        action="exporter la couche en GeoJSON UTF-8, ou télécharger le fichier à nouveau",
    )
