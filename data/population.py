"""INSEE's population grid (Filosofi, 200 m or 1 km), from GeoPackage or CSV.

A cell's identifier holds its place: ``CRS3035RES200mN2029800E4252400`` is the square of 200 m whose
south-west corner is x = 4252400, y = 2029800 in EPSG:3035. The identifier is the truth here; the geometry
beside it, or the longitude and latitude of a CSV, is compared with it, and a file where they disagree is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from data.contract import GRID_COLUMNS, Progress, ReadReport
from data.errors import BadInputError
from data.geopackage import is_geopackage
from data.grid_files import (
    ESTIMATED_NAMES,
    GRID_EPSG,
    LABELS,
    VALUE_NAMES,
    WHAT,
    Cell,
    read_csv_cells,
    read_geopackage_cells,
    wrong_crs,
)
from data.reporting import close_report, refuse_when_nothing_kept, reject
from data.store import sha256_file
from data.tables import parse_number, read_head
from data.territory import METROPOLE_EXTENT, Extent

_MAX_PEOPLE: Final = 200_000  # in one cell; the densest square kilometre of France holds some 50,000
_TOLERANCE_M: Final = 2.0
_CENTRE_M_PER_DEG: Final = 70_000  # a degree of longitude in France, so one side of tolerance at most

_CELL_ID: Final = re.compile(r"CRS(\d{4,5})RES(\d{2,5})[mM]N(-?\d{1,8})E(-?\d{1,8})")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Place:
    """What a cell's identifier says: system, side, south-west corner."""

    epsg: int
    size_m: int
    x_m: int
    y_m: int


class _CellError(Exception):
    def __init__(self, field: str, value: object, message: str, suggestion: str) -> None:
        super().__init__(message)
        self.field, self.value, self.message, self.suggestion = field, value, message, suggestion


def read_grid(
    path: Path, progress: Progress | None = None, *, encoding: str | None = None, delimiter: str | None = None
) -> tuple[pd.DataFrame, ReadReport]:
    """Cells of a grid: GRID_COLUMNS (plain DataFrame), one row per cell, values fractional as published.

    ``is_estimated`` is true where INSEE says 1 (imputed); 0 and 2 (true value, rounding apart) are false. In
    the report ``line`` is the line of the CSV or the row number of the GeoPackage. Raises BadInputError: not
    a grid, another system than EPSG:3035, identifiers and geometry that disagree, two sizes, nothing usable.
    """
    report = ReadReport(str(path), "", "grid")
    if is_geopackage(read_head(path, what=WHAT)):
        cells = read_geopackage_cells(path, report, progress)
    else:
        cells = read_csv_cells(path, report, progress, encoding, delimiter)
    report.sha256 = sha256_file(path)
    places = _parse(cells)
    astray = _find_astray(cells, places)
    _check_whole(path, cells, places, astray)
    rows = list(_checked_rows(cells, places, astray, report))
    close_report(report, len(rows))
    refuse_when_nothing_kept(report, WHAT)
    table = pd.DataFrame(rows, columns=list(GRID_COLUMNS))
    table = table.astype({"cell_size_m": "int64", "x_m": "int64", "y_m": "int64", "is_estimated": "bool"})
    for name in VALUE_NAMES:
        table[name] = table[name].astype("float64")
    report.facts.update(
        crs=f"EPSG:{GRID_EPSG}",
        cell_size_m=int(table["cell_size_m"].iloc[0]),
        individuals_total=round(float(table["individuals"].sum()), 1),
        estimated_cells=int(table["is_estimated"].sum()),
    )
    return table, report


def cell_polygons_wgs84(x_m: ArrayLike, y_m: ArrayLike, size_m: ArrayLike) -> NDArray[Any]:
    """Squares in lon/lat, shapely polygons [n]; x_m, y_m [n] south-west corners in EPSG:3035, size_m [n]."""
    x, y, size = (np.asarray(item, dtype=np.float64) for item in (x_m, y_m, size_m))
    east, north = x + size, y + size
    corners_x = np.stack([x, east, east, x, x], axis=-1)
    corners_y = np.stack([y, y, north, north, y], axis=-1)
    lon, lat = _to_wgs84().transform(corners_x, corners_y)
    return np.asarray(shapely.polygons(np.stack([lon, lat], axis=-1)))


def cell_centres_wgs84(x_m: ArrayLike, y_m: ArrayLike, size_m: ArrayLike) -> tuple[Floats, Floats]:
    """Centres of the squares: lon [n], lat [n] in degrees; same arguments as cell_polygons_wgs84."""
    half = np.asarray(size_m, dtype=np.float64) / 2
    lon, lat = _to_wgs84().transform(np.asarray(x_m, dtype=np.float64) + half, np.asarray(y_m, dtype=np.float64) + half)
    return np.asarray(lon), np.asarray(lat)


@lru_cache(maxsize=1)
def _to_wgs84() -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(GRID_EPSG, 4326, always_xy=True)


@lru_cache(maxsize=1)
def _grid_extent_m() -> Extent:
    to_grid = pyproj.Transformer.from_crs(4326, GRID_EPSG, always_xy=True)
    west, south, east, north = to_grid.transform_bounds(*METROPOLE_EXTENT)
    return west, south, east, north


def _parse(cells: list[Cell]) -> list[_Place | None]:
    places: list[_Place | None] = []
    for cell in cells:
        match = _CELL_ID.fullmatch(cell.cell_id)
        places.append(_Place(int(match[1]), int(match[2]), int(match[4]), int(match[3])) if match else None)
    return places


def _check_whole(path: Path, cells: list[Cell], places: list[_Place | None], astray: dict[int, str]) -> None:
    """What condemns the file: another system, several sizes, identifiers that most geometries contradict."""
    known = [(cell, place) for cell, place in zip(cells, places, strict=True) if place is not None]
    others = [cell.cell_id for cell, place in known if place.epsg != GRID_EPSG]
    if others:
        raise wrong_crs(path, f"{len(others)} identifiants d'un autre système, dont « {others[0]} »")
    sizes = sorted({place.size_m for _, place in known})
    if len(sizes) > 1:
        raise BadInputError(
            f"{path.name} mélange des carreaux de plusieurs tailles.",
            received=", ".join(f"{size} m" for size in sizes),
            expected="une seule taille, 200 m ou 1 km : sinon des habitants seraient comptés deux fois",
            action="ne garder qu'une taille de carreau",
        )
    outside = [cell.cell_id for cell, place in known if not _is_in_grid(place)]
    if known and 2 * len(outside) > len(known):
        raise wrong_crs(path, f"des carreaux hors de France en EPSG:3035, dont « {outside[0]} »")
    if known and 2 * len(astray) > len(known):
        rank = min(astray)
        raise wrong_crs(path, f"pour « {cells[rank].cell_id} », {astray[rank]}")


def _is_in_grid(place: _Place) -> bool:
    west, south, east, north = _grid_extent_m()
    return west <= place.x_m <= east and south <= place.y_m <= north


def _find_astray(cells: list[Cell], places: list[_Place | None]) -> dict[int, str]:
    """Rank of each cell whose geometry, or lon and lat, contradicts its identifier -> how, in French."""
    boxed = [(rank, place) for rank, place in enumerate(places) if place is not None and cells[rank].box]
    dotted = [(rank, place) for rank, place in enumerate(places) if place is not None and cells[rank].lon_lat]
    astray: dict[int, str] = {}
    if boxed:
        corners = np.array([(place.x_m, place.y_m) for _, place in boxed], dtype=np.float64)
        size_m = np.array([place.size_m for _, place in boxed], dtype=np.float64)[:, None]
        found = np.array([cells[rank].box for rank, _ in boxed], dtype=np.float64)
        is_off = (np.abs(found - np.hstack([corners, corners + size_m])) > _TOLERANCE_M).any(axis=1)
        astray |= {boxed[index][0]: _box_problem(found[index]) for index in np.flatnonzero(is_off)}
    if dotted:
        x_m, y_m, size = np.array([(place.x_m, place.y_m, place.size_m) for _, place in dotted]).T
        centres = np.column_stack(cell_centres_wgs84(x_m, y_m, size))
        given = np.array([cells[rank].lon_lat for rank, _ in dotted], dtype=np.float64)
        is_off = (np.abs(given - centres) > size[:, None] / _CENTRE_M_PER_DEG).any(axis=1)
        astray |= {
            dotted[index][0]: f"un centre donné à {given[index][0]:.4f}, {given[index][1]:.4f} "
            f"au lieu de {centres[index][0]:.4f}, {centres[index][1]:.4f}"
            for index in np.flatnonzero(is_off)
        }
    return astray


def _box_problem(box: Floats) -> str:
    west, south = box[:2]
    hint = ", qui ressemble à du Lambert-93" if 0 < west < 1.3e6 and 6e6 < south < 7.2e6 else ""
    return f"un carré dont le coin sud-ouest est à {west:.0f}, {south:.0f}{hint}"


def _checked_rows(
    cells: list[Cell], places: list[_Place | None], astray: dict[int, str], report: ReadReport
) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for rank, cell in enumerate(cells):
        try:
            row = _row(cell, places[rank], astray.get(rank))
            if cell.cell_id in seen:
                raise _CellError("id", cell.cell_id, "Carreau en double.", "Garder une seule ligne par carreau.")
        except _CellError as error:
            value = None if error.value is None else str(error.value)
            reject(report, error.message, error.suggestion, line=cell.line, field=error.field, value=value)
            continue
        seen.add(cell.cell_id)
        yield row


def _row(cell: Cell, place: _Place | None, problem: str | None) -> dict[str, Any]:
    if place is None:
        raise _CellError(
            "id",
            cell.cell_id,
            "Identifiant de carreau mal formé.",
            "Attendu : CRS3035RES200mN2029800E4252400.",
        )
    size_m = place.size_m
    if size_m not in ESTIMATED_NAMES or place.x_m % size_m or place.y_m % size_m or not _is_in_grid(place):
        raise _CellError("id", cell.cell_id, "Ce carreau n'est pas sur la grille de France.", "Vérifier l'identifiant.")
    if problem is not None:
        message = f"Identifiant et géométrie se contredisent : {problem}."
        raise _CellError("geometry", cell.cell_id, message, "Vérifier le système de coordonnées.")
    return {
        "cell_id": cell.cell_id,
        "cell_size_m": size_m,
        "x_m": place.x_m,
        "y_m": place.y_m,
        **{field: _value(field, cell.values[field]) for field in VALUE_NAMES},
        "is_estimated": _is_estimated(cell.estimated),
    }


def _value(field: str, raw: object) -> float:
    """A count of people or households; NaN for households not given; _CellError when it is not a count."""
    is_absent = raw is None or (isinstance(raw, str) and not raw.strip())
    if is_absent and field != "individuals":
        return float("nan")
    number = float(raw) if isinstance(raw, int | float) else parse_number(str(raw or ""))
    if number is None or not 0 <= number <= _MAX_PEOPLE:
        shown = "rien" if is_absent else f"« {raw} »"
        raise _CellError(
            VALUE_NAMES[field],
            raw,
            f"Nombre de {LABELS[field]} illisible ou impossible : {shown}.",
            f"Attendu : un nombre entre 0 et {_MAX_PEOPLE}, avec un point ou une virgule.",
        )
    return number


def _is_estimated(raw: object) -> bool:
    text = str(raw if raw is not None else "").strip()
    number = parse_number(text) if text else 0.0
    if number not in (0.0, 1.0, 2.0):
        raise _CellError("i_est", raw, f"Marque d'imputation inconnue : « {text} ».", "Attendu : 0, 1 ou 2.")
    return number == 1.0
