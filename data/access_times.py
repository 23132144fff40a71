"""INSEE's own travel times: for each 200 m cell, minutes by road to the nearest equipment of each type.

Dataset "Données sur la localisation et l'accès de la population aux équipements" (data.gouv.fr
67fe0fe2423db9c4a05d8ced): Parquet, one file per region (``donnees-2024-reg94.parquet``), one row per cell and type of
equipment; population of Filosofi, minutes and kilometres of the Metric-OSRM distancer, by car. Its note gives the
method. The columns below were read on 2026-11-22 in the queries that its users publish (X, Y: centre of the cell in
EPSG:3035; typeeq_id: code of the BPE; duree: minutes; pop; depcom), not in a file of INSEE: they can be renamed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pyarrow import ArrowException, parquet

from data.errors import BadInputError

Float = NDArray[np.float64]

CELL_M: Final = 200.0
GRID_EPSG: Final = 3035
_CELL_ID: Final = re.compile(r"CRS3035RES200mN(\d+)E(\d+)")
_DATASET: Final = "le jeu « Données sur la localisation et l'accès de la population aux équipements » de l'INSEE"


@dataclass(frozen=True, slots=True)
class AccessColumns:
    """What the columns are called. A file without ``x`` and ``y`` is placed by ``cell`` (idcar_200m of Filosofi)."""

    x: str = "X"
    y: str = "Y"
    cell: str = "idcar_200m"
    equipment: str = "typeeq_id"
    minutes: str = "duree"
    people: str = "pop"
    commune: str = "depcom"


@dataclass(frozen=True, slots=True, eq=False)
class AccessTimes:
    """c cells, each once. x_m, y_m: centre in EPSG:3035; minutes: the least of its rows; people: their sum."""

    x_m: Float
    y_m: Float
    minutes: Float
    people: Float
    commune: NDArray[np.str_]
    rows_read: int
    rows_without_time: int

    def __len__(self) -> int:
        return len(self.x_m)


def read_access_times(
    path: Path, equipment: str, *, departement: str | None = None, columns: AccessColumns | None = None
) -> AccessTimes:
    """The cells of one type of equipment (BPE code, as "A128"), of one département or of the whole file.

    Cells shared by communes or IRIS have several rows. Raises BadInputError: not Parquet, columns absent, no row of
    this equipment.
    """
    names = columns or AccessColumns()
    present = _column_names(path)
    placed_by = [names.x, names.y] if {names.x, names.y} <= set(present) else [names.cell]
    wanted = [*placed_by, names.equipment, names.minutes, names.people, names.commune]
    _require(path, wanted, present, names)
    try:
        table = parquet.read_table(path, columns=wanted, filters=[(names.equipment, "==", equipment)])
    except (ArrowException, OSError) as error:
        raise _unreadable(path, str(error)) from error
    column = {name: table.column(name).to_numpy(zero_copy_only=False) for name in wanted}
    commune = column[names.commune].astype(str)
    if departement is not None:
        inside = np.char.startswith(commune, departement)
        column, commune = {name: values[inside] for name, values in column.items()}, commune[inside]
    if len(commune) == 0:
        raise BadInputError(
            f"{path.name} ne contient aucun carreau pour l'équipement {equipment}.",
            received=f"{table.num_rows} lignes de cet équipement, {len(commune)} dans le territoire demandé",
            expected="un code de la base permanente des équipements, comme A128 (France services)",
            action="vérifiez le code (--equipment), le département, et la région du fichier",
        )
    x_m, y_m = _centres(path, placed_by, column)
    return _one_row_a_cell(x_m, y_m, column, commune, names)


def _column_names(path: Path) -> list[str]:
    try:
        found: list[str] = parquet.read_schema(path).names
    except FileNotFoundError as error:
        raise _unreadable(path, "fichier absent") from error
    except (ArrowException, OSError) as error:
        raise _unreadable(path, str(error).splitlines()[0]) from error
    return found


def _require(path: Path, wanted: list[str], present: list[str], names: AccessColumns) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        roles = {getattr(names, field.name): field.name for field in fields(names)}
        options = ", ".join(f"--column {roles[name]}=NOM" for name in missing)
        raise BadInputError(
            f"{path.name} n'a pas les colonnes attendues.",
            received=f"il manque {', '.join(missing)} ; colonnes du fichier : {', '.join(present)}",
            expected=f"les colonnes publiées dans {_DATASET}",
            action=f"si la colonne porte un autre nom, donnez-le : {options}",
        )


def _centres(path: Path, placed_by: list[str], column: dict[str, Any]) -> tuple[Float, Float]:
    if len(placed_by) == 2:
        x_m, y_m = (column[name].astype(np.float64) for name in placed_by)
        return x_m, y_m
    matches = [_CELL_ID.fullmatch(str(text)) for text in column[placed_by[0]]]
    bad = next((at for at, match in enumerate(matches) if match is None), None)
    if bad is not None:
        raise BadInputError(
            f"{path.name} a un identifiant de carreau illisible.",
            received=f"{column[placed_by[0]][bad]!r}",
            expected="CRS3035RES200mN2029800E4252400 (coin sud-ouest, en mètres, EPSG:3035)",
            action="vérifiez que le fichier est celui des carreaux de 200 m",
        )
    corner = np.array([[float(match[2]), float(match[1])] for match in matches if match is not None])
    return corner[:, 0] + CELL_M / 2, corner[:, 1] + CELL_M / 2


def _one_row_a_cell(
    x_m: Float, y_m: Float, column: dict[str, Any], commune: NDArray[np.str_], names: AccessColumns
) -> AccessTimes:
    minutes, people = (column[name].astype(np.float64) for name in (names.minutes, names.people))
    is_timed = np.isfinite(minutes) & (minutes >= 0) & np.isfinite(x_m) & np.isfinite(y_m)
    place = np.column_stack((x_m, y_m))[is_timed]
    cell, first, which = np.unique(place, axis=0, return_index=True, return_inverse=True)
    least = np.full(len(cell), np.inf)
    np.minimum.at(least, which.ravel(), minutes[is_timed])
    total = np.bincount(which.ravel(), np.nan_to_num(people[is_timed]), minlength=len(cell)).astype(np.float64)
    return AccessTimes(
        x_m=cell[:, 0],
        y_m=cell[:, 1],
        minutes=least,
        people=total,
        commune=commune[is_timed][first],
        rows_read=len(minutes),
        rows_without_time=int(np.count_nonzero(~is_timed)),
    )


def _unreadable(path: Path, received: str) -> BadInputError:
    return BadInputError(
        f"{path.name} n'est pas un fichier Parquet lisible.",
        received=received,
        expected=f"un fichier .parquet de {_DATASET}",
        action="téléchargez le fichier de la région sur data.gouv.fr",
    )
