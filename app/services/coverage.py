"""Who is covered: the published figures, and the same at another threshold or for other sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.domain.coverage import SCOPES, THRESHOLD_S, Scope, ZoneFigures, parts_of
from app.domain.wording import integer_fr, share_fr, threshold_fr
from app.errors import InvalidInputError
from app.persistence.run_repository import CellTimes, commune_centres, read_cell_times, read_zones
from app.services.compute_zones import figures_of
from app.services.runs import RunView, find_run, view_of
from routing.coverage import zone_sums

LEVELS = ("commune", "epci", "departement")


@dataclass(frozen=True, slots=True)
class Coverage:
    run: RunView
    scope: Scope
    threshold_s: int
    departement: ZoneFigures
    companions: tuple[tuple[Scope, ZoneFigures], ...]
    verdict: str


def get_coverage(
    session: Session,
    code: str,
    *,
    mode: str = "car",
    threshold_s: int = THRESHOLD_S,
    scope: Scope = "all",
    run_id: UUID | None = None,
) -> Coverage:
    """The département's own figures in ``scope``, with those of the other scopes beside them."""
    run = view_of(session, find_run(session, code, mode=mode, run_id=run_id))
    by_scope = {s: zones[0] for s, zones in _zones(session, run, "departement", tuple(SCOPES), threshold_s).items()}
    figures = by_scope.pop(scope)
    return Coverage(run, scope, threshold_s, figures, tuple(by_scope.items()), verdict_fr(figures, threshold_s))


def get_zones(
    session: Session,
    code: str,
    level: str,
    *,
    mode: str = "car",
    threshold_s: int = THRESHOLD_S,
    scope: Scope = "all",
    run_id: UUID | None = None,
) -> tuple[RunView, list[ZoneFigures]]:
    """The figures of every zone of ``level``, by code."""
    if level not in LEVELS:
        raise InvalidInputError(f"Niveau reçu : « {level} ». Niveaux possibles : {', '.join(LEVELS)}.")
    run = view_of(session, find_run(session, code, mode=mode, run_id=run_id))
    return run, _zones(session, run, level, (scope,), threshold_s)[scope]


def get_centres(session: Session, run: RunView) -> dict[str, tuple[float, float]]:
    """commune -> lon, lat of where most of its people live, for questions asked "from this commune"."""
    return commune_centres(session, run.id)


def verdict_fr(figures: ZoneFigures, threshold_s: int) -> str:
    """One sentence a préfet can read aloud; it never rounds up to "everyone"."""
    within = f"à moins de {threshold_fr(threshold_s)}"
    if figures.total == 0 or figures.covered_pct is None:
        return "Aucun habitant compté."
    if figures.covered == figures.total:
        return f"Tous les habitants ({integer_fr(figures.total)}) sont {within} d'un lieu d'accueil."
    sentence = (
        f"{share_fr(figures.covered, figures.total)} des habitants sont {within} d'un lieu d'accueil ; "
        f"{integer_fr(figures.uncovered)} n'y sont pas"
    )
    if figures.unknown:
        sentence += f" et {integer_fr(figures.unknown)} n'ont pas pu être situés sur les routes"
    return sentence + "."


def _zones(
    session: Session, run: RunView, level: str, scopes: Sequence[Scope], threshold_s: int
) -> dict[Scope, list[ZoneFigures]]:
    """The zones of ``level`` in each scope; stored at the run's own threshold, else summed again."""
    stored = {scope: read_zones(session, run.id, level, scope) for scope in scopes}
    if threshold_s == run.threshold_s:
        return stored
    cells = read_cell_times(session, run.id, level)
    return {scope: _sum_again(cells, stored[scope], level, scope, threshold_s) for scope in scopes}


def _sum_again(
    cells: CellTimes, stored: list[ZoneFigures], level: str, scope: Scope, threshold_s: int
) -> list[ZoneFigures]:
    """The same sums at another threshold, from the times of the cells: times are stored, classes are not."""
    index = {zone.code: position for position, zone in enumerate(stored)}
    zone = np.zeros(len(cells.people), np.int32)
    if cells.zone_code is not None:
        zone[:] = [index[code] for code in cells.zone_code]
    time_s = np.asarray(np.minimum.reduce([cells.time_s[part] for part in parts_of(scope)]))
    sums = zone_sums(zone, len(stored), cells.people, cells.individuals, time_s, threshold_s)
    has_point = np.array([z.has_point_cell for z in stored], dtype=bool)
    return figures_of(level, [(z.code, z.nom) for z in stored], sums, has_point)
