"""The rows of a population grid as its file gives them, GeoPackage or CSV, before any judgement on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from data.contract import Progress, ReadReport
from data.errors import BadInputError
from data.geopackage import Box, envelope, find_layer, open_geopackage, read_layer
from data.reporting import reject
from data.tables import open_csv, parse_number

WHAT: Final = (
    "une grille INSEE (Filosofi) de 200 m ou 1 km en GeoPackage ou CSV : identifiant de carreau "
    "CRS3035RES…, nombre d'individus (ind), de ménages (men), de ménages pauvres (men_pauv)"
)
GRID_EPSG: Final = 3035
_PROGRESS_STEP: Final = 5_000
#: The cell's own identifier first: a 200 m file also names the 1 km cell around each square.
ID_NAMES: Final = ("idcar_200m", "idinspire", "id_carr200m", "idcar_1km", "id_carr1km", "id_carr_1k")
ESTIMATED_NAMES: Final = {200: ("i_est_200", "i_est_cr", "i_car_est"), 1000: ("i_est_1km", "i_car_est")}
VALUE_NAMES: Final = {"individuals": "ind", "households": "men", "poor_households": "men_pauv"}
LABELS: Final = {"individuals": "individus", "households": "ménages", "poor_households": "ménages pauvres"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One row as the file gives it. ``box`` is in EPSG:3035 when the file has a geometry, else None."""

    line: int
    cell_id: str
    values: dict[str, object]
    estimated: object
    box: Box | None
    lon_lat: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Columns:
    """Names in the file of what is read; None when the file has no such column."""

    cell_id: str
    values: dict[str, str | None]
    estimated: str | None
    lon_lat: tuple[str, str] | None


def read_geopackage_cells(path: Path, report: ReadReport, progress: Progress | None) -> list[Cell]:
    with open_geopackage(path) as connection:
        layer = find_layer(connection, path, lambda names: _id_name(names) is not None and "ind" in _folded(names))
        if layer.crs != f"EPSG:{GRID_EPSG}":
            raise wrong_crs(path, f"une couche en {layer.crs}")
        columns = _columns(layer.columns, report)
        asked = [columns.cell_id, *(name for name in columns.values.values() if name), columns.estimated]
        names = [name for name in asked if name is not None]
        report.facts.update(format="GeoPackage", id_column=columns.cell_id)
        cells: list[Cell] = []
        for batch in read_layer(connection, layer, names):
            for rowid, blob, *values in batch:
                found = dict(zip(names, values, strict=True))
                cells.append(_cell(int(str(rowid)), found, columns, envelope(blob)))
            if progress is not None:
                progress(len(cells), layer.row_count)
    return cells


def read_csv_cells(
    path: Path, report: ReadReport, progress: Progress | None, encoding: str | None, delimiter: str | None
) -> list[Cell]:
    source = open_csv(path, required=["ind"], what=WHAT, encoding=encoding, delimiter=delimiter)
    columns = _columns(tuple(source.columns), report)
    report.facts.update(format="CSV", id_column=columns.cell_id, encoding=source.encoding, delimiter=source.delimiter)
    cells: list[Cell] = []
    for line, row in source.rows():
        if len(row) != len(source.columns):
            reject(
                report,
                f"{len(row)} colonnes au lieu de {len(source.columns)}.",
                "Vérifier le séparateur et les guillemets de la ligne.",
                line=line,
            )
            continue
        cells.append(_cell(line, {name: row[rank] for name, rank in source.columns.items()}, columns, None))
        if progress is not None and len(cells) % _PROGRESS_STEP == 0:
            progress(len(cells), source.line_count)
    return cells


def _cell(line: int, found: dict[str, Any], columns: Columns, box: Box | None) -> Cell:
    lon_lat = None
    if columns.lon_lat is not None:
        lon, lat = (parse_number(str(found[name])) for name in columns.lon_lat)
        lon_lat = None if lon is None or lat is None else (lon, lat)
    values = {field: found[name] if name else None for field, name in columns.values.items()}
    estimated = found[columns.estimated] if columns.estimated else None
    return Cell(line, str(found[columns.cell_id] or "").strip(), values, estimated, box, lon_lat)


def _folded(names: Iterable[str]) -> dict[str, str]:
    return {name.casefold(): name for name in names}


def _id_name(names: Iterable[str]) -> str | None:
    folded = _folded(names)
    return next((folded[name] for name in ID_NAMES if name in folded), None)


def _columns(names: tuple[str, ...], report: ReadReport) -> Columns:
    folded = _folded(names)
    cell_id = _id_name(names)
    if cell_id is None:
        raise BadInputError(
            "Colonne absente : identifiant de carreau.",
            received=f"les colonnes {', '.join(names)[:600]}",
            expected=f"une colonne nommée {', '.join(ID_NAMES)}",
            action="télécharger la grille de l'INSEE avec ses identifiants, sans retirer de colonne",
        )
    size_m = 1000 if "1k" in cell_id.casefold() else 200
    estimated = next((folded[name] for name in ESTIMATED_NAMES[size_m] if name in folded), None)
    values = {field: folded.get(name) for field, name in VALUE_NAMES.items()}
    for field in ("households", "poor_households"):
        if values[field] is None:
            report.warning(
                f"La grille n'a pas le nombre de {LABELS[field]} : il est inconnu.",
                "Fournir la grille complète de l'INSEE pour en disposer.",
                field=VALUE_NAMES[field],
            )
    if estimated is None:
        report.warning(
            "La grille ne dit pas quels carreaux sont imputés ; aucun n'est marqué comme tel.",
            f"Fournir une grille qui porte la colonne {ESTIMATED_NAMES[size_m][0]}.",
            field=ESTIMATED_NAMES[size_m][0],
        )
    lon_lat = (folded["lon"], folded["lat"]) if "lon" in folded and "lat" in folded else None
    return Columns(cell_id, values, estimated, lon_lat)


def wrong_crs(path: Path, received: str) -> BadInputError:
    return BadInputError(
        f"La grille {path.name} n'est pas dans le système attendu.",
        received=received,
        expected="des carreaux en EPSG:3035 (LAEA Europe), identifiants CRS3035RES…",
        action="télécharger la grille de France métropolitaine de l'INSEE sans la reprojeter ; "
        "les grilles d'outre-mer (CRS5490, CRS2975) ne sont pas encore lues",
    )
