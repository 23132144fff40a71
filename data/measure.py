"""From degrees and speeds to the metres and deciseconds of a road graph.

Lengths are geodesics on the WGS 84 ellipsoid, not distances in the projection: Lambert-93 stretches by 2 ‰ in
the south of France and shrinks by 1 ‰ in its middle, which is seconds at a threshold of half an hour.
"""

from __future__ import annotations

import numpy as np
import pyproj
from numpy.typing import NDArray

from data.errors import BadInputError
from data.territory import METROPOLE_EPSG, METROPOLE_EXTENT, TERRITORIES, contains
from routing.geodesy import short_lengths_m
from routing.graph import UNREACHED_DS

Int = NDArray[np.int64]
Float = NDArray[np.float64]

_CHUNK = 1 << 16  # segments measured together
_WGS84 = pyproj.Geod(ellps="WGS84")


def project(lon: Float, lat: Float, crs_epsg: int) -> tuple[Float, Float]:
    """Degrees to metres of a projected CRS. Raises BadInputError where the projection has no answer, or is not one."""
    _check_in_metres(crs_epsg)
    to_crs = pyproj.Transformer.from_crs(4326, crs_epsg, always_xy=True)
    x_m, y_m = to_crs.transform(lon, lat)
    outside = ~(np.isfinite(x_m) & np.isfinite(y_m))
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        raise BadInputError(
            f"Des coordonnées sortent de la projection EPSG:{crs_epsg}.",
            received=f"longitude {lon[first]}, latitude {lat[first]}",
            expected="un extrait situé dans le territoire choisi",
            action="vérifiez le territoire et le fichier de routes",
        )
    return x_m, y_m


def _check_in_metres(crs_epsg: int) -> None:
    """Degrees taken for metres would put everybody beside a road."""
    try:
        crs = pyproj.CRS.from_epsg(crs_epsg)
        found = crs.name
        is_in_metres = crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info)
    except pyproj.exceptions.CRSError:
        found, is_in_metres = "un code inconnu", False
    if not is_in_metres:
        raise BadInputError(
            f"EPSG:{crs_epsg} n'est pas une projection en mètres.",
            received=f"EPSG:{crs_epsg} ({found})",
            expected=f"une projection en mètres, par exemple {METROPOLE_EPSG} en métropole",
            action="corrigez --epsg, ou ne le donnez pas : la projection légale du territoire est alors prise",
        )


def segment_lengths_m(lon: Float, lat: Float) -> Float:
    """Geodesic from each point to the next: float64[s]; the last one, which has no next, is 0."""
    length_m = short_lengths_m(lon, lat)
    _measure_the_long(lon, lat, length_m)
    return length_m


def _measure_the_long(lon: Float, lat: Float, length_m: Float) -> None:
    """PROJ's exact geodesic, some thirty times slower, for the segments that ``routing.geodesy`` left infinite."""
    left = np.flatnonzero(np.isposinf(length_m))
    for start in range(0, len(left), _CHUNK):  # the solver copies what it is given, and says more than asked
        here = left[start : start + _CHUNK]
        length_m[here] = _WGS84.inv(lon[here], lat[here], lon[here + 1], lat[here + 1])[2]


def seconds_to_ds(seconds: Float) -> Int:
    """Whole deciseconds, halves up, at least 1; UNREACHED_DS where the time is NaN (closed)."""
    is_closed = np.isnan(seconds)
    whole_ds = np.floor(np.where(is_closed, 0.0, seconds) * 10 + 0.5).astype(np.int64)
    return np.where(is_closed, np.int64(UNREACHED_DS), np.maximum(whole_ds, 1))


def road_lengths_m(lon: Float, lat: Float, shape_first: Int) -> Float:
    """Length of each road whose shape stands at shape_first[r]:shape_first[r + 1]: float64[k]."""
    segments_m = short_lengths_m(lon, lat)
    segments_m[shape_first[1:] - 1] = 0.0  # from the end of a road to the start of the next, however far
    _measure_the_long(lon, lat, segments_m)
    return np.asarray(np.add.reduceat(segments_m, shape_first[:-1]))


def french_epsg(lon: NDArray[np.float64], lat: NDArray[np.float64], source_name: str) -> int:
    """The legal projection, in metres, of the French territory around the median point; BadInputError outside France."""
    here = float(np.median(lon)), float(np.median(lat))
    overseas = (t for t in TERRITORIES.values() if t.crs_epsg != METROPOLE_EPSG)
    found = next((t.crs_epsg for t in overseas if contains(t.extent, *here, margin_deg=0.5)), None)
    if found is None and contains(METROPOLE_EXTENT, *here):
        found = METROPOLE_EPSG
    if found is None:
        raise BadInputError(
            f"Les routes de {source_name} sont hors de France.",
            received=f"des routes autour de lon={here[0]:.3f}, lat={here[1]:.3f}",
            expected="un extrait de la métropole ou d'un territoire d'outre-mer",
            action="vérifiez l'extrait, ou donnez une projection en mètres avec --epsg",
        )
    return found
