"""Our minutes beside INSEE's, cell by cell, to the nearest site of one type of equipment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from app.domain.coverage import MAX_ACCESS_M, THRESHOLD_S
from app.domain.scores import ErrorScore, error_score
from app.errors import InvalidInputError
from app.services.validation_pairs import is_built_up
from data.access_times import CELL_M, GRID_EPSG, AccessTimes
from routing.graph import UNREACHED_DS, RoadGraph
from routing.profile import Profile
from routing.search import times_at, times_to_sites
from routing.snap import attach

Float = NDArray[np.float64]

#: Classes of INSEE's minutes: their lower bounds.
CLASSES_MIN: Final = (0, 5, 10, 15, 20, 30, 45)
WORST: Final = 10


@dataclass(frozen=True, slots=True)
class WorstCell:
    """A cell where we are far apart."""

    lon: float
    lat: float
    commune: str
    people: float
    ours_min: float
    insee_min: float


@dataclass(frozen=True, slots=True)
class InseeValidation:
    """Differences ours - INSEE's. ``weighted``: each cell as many times as it has people (bias and MAE only, min)."""

    equipment: str
    cells: int
    people: float
    sites: int
    sites_not_attached: int
    cells_not_attached: int
    cells_unreached: int
    cells_without_time: int
    overall: ErrorScore | None
    weighted_bias_min: float | None
    weighted_mae_min: float | None
    by_place: dict[str, ErrorScore | None]  # "urban", "rural"
    by_minutes: dict[str, ErrorScore | None]  # "5-10"
    worst: tuple[WorstCell, ...]


def validate_insee(
    graph: RoadGraph, profile: Profile, cells: AccessTimes, sites_lon_lat: Float, *, equipment: str
) -> InseeValidation:
    """Compare at every cell whose centre is attached: ARRIVAL times, door to door, as everywhere else.

    ``sites_lon_lat`` float64[s, 2]. Raises InvalidInputError when no site is near these roads.
    """
    to_graph = Transformer.from_crs(4326, graph.meta.crs_epsg, always_xy=True)
    sites = attach(graph, *to_graph.transform(sites_lon_lat[:, 0], sites_lon_lat[:, 1]), MAX_ACCESS_M)
    is_site = sites.road >= 0
    if not is_site.any():
        raise InvalidInputError(
            f"Aucun des {len(sites_lon_lat)} lieux n'est à moins de {MAX_ACCESS_M:g} m d'une route du réseau "
            f"« {graph.meta.name} ». Vérifiez que les lieux et les routes sont du même territoire."
        )
    from_grid = Transformer.from_crs(GRID_EPSG, graph.meta.crs_epsg, always_xy=True)
    x_m, y_m = (np.asarray(column) for column in from_grid.transform(cells.x_m, cells.y_m))
    # People live up to half a diagonal nearer to the road than the centre of their cell (see app.domain.coverage).
    points = attach(graph, x_m, y_m, MAX_ACCESS_M + CELL_M / np.sqrt(2))
    reach = times_to_sites(graph, sites)
    time_ds, _ = times_at(graph, reach, sites, points, "arrival")
    is_attached = points.road >= 0
    is_timed = is_attached & (time_ds < UNREACHED_DS)
    ours_s, theirs_s = time_ds[is_timed] / 10.0, cells.minutes[is_timed] * 60.0
    people = cells.people[is_timed]
    is_urban = is_built_up(graph, profile, x_m[is_timed], y_m[is_timed])
    difference_min = (ours_s - theirs_s) / 60
    is_weighed = bool(people.sum() > 0)
    return InseeValidation(
        equipment=equipment,
        cells=len(cells),
        people=float(cells.people.sum()),
        sites=len(sites_lon_lat),
        sites_not_attached=int(np.count_nonzero(~is_site)),
        cells_not_attached=int(np.count_nonzero(~is_attached)),
        cells_unreached=int(np.count_nonzero(is_attached & ~is_timed)),
        cells_without_time=cells.rows_without_time,
        overall=error_score(ours_s, theirs_s, threshold_s=THRESHOLD_S),
        weighted_bias_min=float(np.average(difference_min, weights=people)) if is_weighed else None,
        weighted_mae_min=float(np.average(np.abs(difference_min), weights=people)) if is_weighed else None,
        by_place={
            name: error_score(ours_s[of], theirs_s[of], threshold_s=THRESHOLD_S)
            for name, of in (("urban", is_urban), ("rural", ~is_urban))
        },
        by_minutes=_by_minutes(ours_s, theirs_s),
        worst=_worst(cells, is_timed, ours_s, theirs_s),
    )


def _by_minutes(ours_s: Float, theirs_s: Float) -> dict[str, ErrorScore | None]:
    scores = {}
    for low, high in zip(CLASSES_MIN, (*CLASSES_MIN[1:], np.inf), strict=True):
        of_class = (theirs_s >= 60 * low) & (theirs_s < 60 * high)
        label = f"{low}-{high:g}" if np.isfinite(high) else f"{low}+"
        scores[label] = error_score(ours_s[of_class], theirs_s[of_class], threshold_s=THRESHOLD_S)
    return scores


def _worst(cells: AccessTimes, is_timed: NDArray[np.bool_], ours_s: Float, theirs_s: Float) -> tuple[WorstCell, ...]:
    order = np.argsort(-np.abs(ours_s - theirs_s), kind="stable")[:WORST]
    at = np.flatnonzero(is_timed)[order]
    lon, lat = Transformer.from_crs(GRID_EPSG, 4326, always_xy=True).transform(cells.x_m[at], cells.y_m[at])
    return tuple(
        WorstCell(
            lon=float(lon[rank]),
            lat=float(lat[rank]),
            commune=str(cells.commune[cell]),
            people=float(cells.people[cell]),
            ours_min=float(ours_s[order[rank]] / 60),
            insee_min=float(theirs_s[order[rank]] / 60),
        )
        for rank, cell in enumerate(at)
    )
