"""Who is covered: the published figures, and the same at another threshold or for other sites."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.domain.coverage import SCOPES, THRESHOLD_S, Scope, ZoneFigures, parts_of
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON, Mode, Season, travel_fr
from app.domain.wording import integer_fr, share_fr, threshold_fr
from app.errors import InvalidInputError
from app.persistence.models import Run
from app.persistence.run_repository import (
    CellTimes,
    UnattachedSite,
    commune_centres,
    published_runs,
    read_cell_times,
    read_zones,
    unattached_sites,
    unknown_by_cause,
)
from app.services.compute_zones import figures_of
from app.services.runs import RunView, find_run, view_of
from routing.coverage import zone_sums

LEVELS = ("commune", "epci", "departement")


@dataclass(frozen=True, slots=True)
class Variant:
    """The département's figures by one mode in one season, at the threshold and for the sites that were asked."""

    run_id: UUID
    mode: Mode
    season: Season
    figures: ZoneFigures


@dataclass(frozen=True, slots=True)
class Coverage:
    run: RunView
    scope: Scope
    threshold_s: int
    departement: ZoneFigures
    companions: tuple[tuple[Scope, ZoneFigures], ...]
    variants: tuple[Variant, ...]  # every published mode and season, this one included
    unknown_by_cause: dict[str, int]  # together departement.unknown
    unattached_sites: tuple[UnattachedSite, ...]
    verdict: str


def get_coverage(
    session: Session,
    code: str,
    *,
    mode: str | None = None,
    season: str | None = None,
    threshold_s: int = THRESHOLD_S,
    scope: Scope = "all",
    run_id: UUID | None = None,
) -> Coverage:
    """The département's own figures in ``scope``; those of the other scopes, modes and seasons stand beside them."""
    run = view_of(session, find_run(session, code, mode=mode, season=season, run_id=run_id))
    by_scope = {s: zones[0] for s, zones in _zones(session, run, "departement", tuple(SCOPES), threshold_s).items()}
    figures = by_scope.pop(scope)
    return Coverage(
        run=run,
        scope=scope,
        threshold_s=threshold_s,
        departement=figures,
        companions=tuple(by_scope.items()),
        variants=tuple(_variants(session, code, scope, threshold_s)),
        unknown_by_cause=unknown_by_cause(session, run.id),
        unattached_sites=tuple(unattached_sites(session, run.id)),
        verdict=verdict_fr(figures, threshold_s, run.mode, run.season),
    )


def _variants(session: Session, code: str, scope: Scope, threshold_s: int) -> Iterator[Variant]:
    for run in published_runs(session, code):
        figures = _zones(session, run, "departement", (scope,), threshold_s)[scope][0]
        yield Variant(run.id, cast(Mode, run.mode), cast(Season, run.season), figures)


def get_zones(
    session: Session,
    code: str,
    level: str,
    *,
    mode: str | None = None,
    season: str | None = None,
    threshold_s: int = THRESHOLD_S,
    scope: Scope = "all",
    run_id: UUID | None = None,
) -> tuple[RunView, list[ZoneFigures]]:
    """The figures of every zone of ``level``, by code."""
    if level not in LEVELS:
        raise InvalidInputError(f"Niveau reçu : « {level} ». Niveaux possibles : {', '.join(LEVELS)}.")
    run = view_of(session, find_run(session, code, mode=mode, season=season, run_id=run_id))
    return run, _zones(session, run, level, (scope,), threshold_s)[scope]


def get_centres(session: Session, run: RunView) -> dict[str, tuple[float, float]]:
    """commune -> lon, lat of where most of its people live, for questions asked "from this commune"."""
    return commune_centres(session, run.id)


def verdict_fr(figures: ZoneFigures, threshold_s: int, mode: str = HEADLINE_MODE, season: str = HEADLINE_SEASON) -> str:
    """One sentence a préfet can read aloud; it never rounds up to "everyone". By car in summer goes without saying."""
    is_headline = (mode, season) == (HEADLINE_MODE, HEADLINE_SEASON)
    sentence = _verdict(figures, f"à moins de {threshold_fr(threshold_s)}")
    if is_headline or not figures.total:
        return sentence
    travel = travel_fr(mode, season)
    return f"{travel[0].upper()}{travel[1:]} : {sentence[0].lower()}{sentence[1:]}"


def _verdict(figures: ZoneFigures, within: str) -> str:
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
    session: Session, run: RunView | Run, level: str, scopes: Sequence[Scope], threshold_s: int
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
