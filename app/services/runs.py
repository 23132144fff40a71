"""A published run as everyone else sees it: a frozen view with all that must be printed beside a figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON, options_fr, travel_fr, travels_fr
from app.errors import NotFoundError, NotReadyError
from app.persistence.models import Departement, RoadNetwork, Run, RunSite
from app.persistence.run_repository import published_run, published_runs
from app.services.compute_inputs import load_sites, sites_sha256
from app.services.compute_sources import changed_sources, read_sources
from app.services.networks import current_network, network_for_departement


@dataclass(frozen=True, slots=True)
class RunView:
    id: UUID
    departement_code: str
    departement_nom: str
    is_fictional: bool
    mode: str
    season: str
    direction: str
    threshold_s: int
    parameters: dict[str, Any]
    inputs: dict[str, Any]
    inputs_sha256: str
    result_sha256: str
    code_version: str
    created_at: datetime
    warnings: tuple[str, ...]
    road_network_name: str
    road_osm_date: str | None
    road_node_count: int
    communes_file: str | None
    communes_millesime: str | None
    grid_file: str | None  # None: no grid, each commune is one point
    grid_millesime: str | None
    sites_counted: int
    sites_sha256: str
    changed: tuple[str, ...]  # French names of the inputs that are no longer those of the run

    @property
    def road_edits(self) -> tuple[str, ...]:
        """What was declared on top of OpenStreetMap, and whether it held the day the roads were imported."""
        declared = self.inputs.get("road_edits")
        if not declared:
            return ()
        as_of = datetime.fromisoformat(declared["as_of"])
        return (
            *(
                edit["said"] + ("" if edit["is_applied"] else " Hors de sa validité : non appliquée.")
                for edit in declared["edits"]
            ),
            f"Fichier {declared['file']}, empreinte {declared['sha256'][:12]}, jugé au {as_of:%d/%m/%Y}.",
        )

    @property
    def is_stale(self) -> bool:
        """The figures are those of the run, not of what is loaded today."""
        return bool(self.changed)


def find_departement(session: Session, code: str) -> Departement:
    """The département of that code; NotFoundError names those loaded."""
    departement = session.get(Departement, code)
    if departement is None:
        known = ", ".join(session.scalars(select(Departement.code).order_by(Departement.code))) or "aucun"
        raise NotFoundError(f"Département « {code} » inconnu du service. Départements chargés : {known}.")
    return departement


def find_run(
    session: Session,
    code: str,
    *,
    mode: str | None = None,
    season: str | None = None,
    run_id: UUID | None = None,
) -> Run:
    """The published run of the département by that mode in that season, or the one asked for by its id.

    None: the mode (season) of the run asked for; without one, the headline's. NotFoundError says what is published,
    and what to type for what is not; a run asked for by its id must be by the mode and in the season asked for too.
    """
    departement = find_departement(session, code)
    if run_id is not None:
        run = session.get(Run, run_id)
        if run is None or run.departement_code != code:
            raise NotFoundError(f"Aucun calcul {run_id} pour le département {code}.")
        asked = (mode or run.mode, season or run.season)
        if asked != (run.mode, run.season):
            raise NotFoundError(
                f"Le calcul {run_id} n'est pas {travel_fr(*asked, says_summer=True)} : il est "
                f"{travel_fr(run.mode, run.season, says_summer=True)}. Demandez-le sans mode ni season, ou avec les siens."
            )
        return run
    mode, season = mode or HEADLINE_MODE, season or HEADLINE_SEASON
    run = published_run(session, code, mode, season)
    if run is None:
        raise NotFoundError(_no_run_fr(session, departement, mode, season))
    return run


def _no_run_fr(session: Session, departement: Departement, mode: str, season: str) -> str:
    code = departement.code
    there = travels_fr((run.mode, run.season) for run in published_runs(session, code))
    said = f"Aucun calcul publié pour {departement.nom} ({code}), {travel_fr(mode, season)}. Publiés : {there}."
    try:
        network_for_departement(session, code, mode=mode, season=season)
    except NotReadyError as error:
        return f"{said} {error.detail}"
    return f"{said} Lancez : accueil30 compute {code}{options_fr(mode, season)}"


def view_of(session: Session, run: Run) -> RunView:
    departement = session.get_one(Departement, run.departement_code)
    network = session.get_one(RoadNetwork, run.road_network_id)
    counted = session.scalar(
        select(func.count()).select_from(RunSite).where(RunSite.run_id == run.id, RunSite.access_m.is_not(None))
    )
    return RunView(
        id=run.id,
        departement_code=run.departement_code,
        departement_nom=departement.nom,
        is_fictional=departement.is_fictional,
        mode=run.mode,
        season=run.season,
        direction=run.direction,
        threshold_s=run.threshold_s,
        parameters=run.parameters,
        inputs=run.inputs,
        inputs_sha256=run.inputs_sha256,
        result_sha256=run.result_sha256,
        code_version=run.code_version,
        created_at=run.created_at,
        warnings=tuple(run.warnings),
        road_network_name=network.name,
        road_osm_date=network.osm_date,
        road_node_count=network.node_count,
        communes_file=run.inputs["communes"]["file"] or None,
        communes_millesime=run.inputs["communes"]["millesime"],
        grid_file=run.inputs["population_grid"]["file"] or None,
        grid_millesime=run.inputs["population_grid"]["millesime"],
        sites_counted=counted or 0,
        sites_sha256=run.inputs["sites"]["sha256"],
        changed=_changed_since(session, run, network),
    )


def _changed_since(session: Session, run: Run, used: RoadNetwork) -> tuple[str, ...]:
    """What a new run would find otherwise than this one did. Its roads are those of the network of the same name now:
    another network may answer by default, but this run was not made on it.
    """
    network = current_network(session, used.name, used.mode, used.season)
    now = read_sources(session, run.departement_code, network or used)
    if network is None:
        now["roads"] = {}  # imported again, and nothing closes in winter any more
    now["sites"] = {"sha256": sites_sha256(load_sites(session, run.departement_code, network or used))}
    return changed_sources(run.inputs, now)
