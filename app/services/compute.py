"""A coverage run: from the graph, the people and the sites to an immutable, published set of figures."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from pyproj import Transformer
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.attachment import SITE_CAUSE_LABELS_FR, causes_fr
from app.domain.coverage import HEADLINE_SCOPE, MAX_ACCESS_M, PARTS, THRESHOLD_S, Scope, ZoneFigures
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON, MODES, SEASONS
from app.domain.version import computing_code_version
from app.errors import InvalidInputError
from app.persistence.models import PublishedRun, RoadNetwork, Run
from app.persistence.run_repository import UnattachedSite, read_zones, unattached_sites, unknown_by_cause
from app.persistence.run_writer import write_cells, write_sites, write_zones
from app.services.compute_inputs import CellInput, RunInputs, SiteInput, commune_of_cells, load_inputs
from app.services.compute_points import point_cells
from app.services.compute_zones import PartTimes, all_zones
from app.services.networks import Roads, network_for_departement, open_roads, other_networks, winter_companion
from data.store import Store
from routing.coverage import calibrate_people
from routing.graph import UNREACHED_DS, RoadGraph
from routing.search import ACCESS_WALK_M_PER_S, times_at, times_to_sites
from routing.snap import Attachment, Cause

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ComputeOutcome:
    run_id: UUID
    mode: str
    season: str
    was_already_done: bool
    headline: ZoneFigures
    unknown_by_cause: dict[str, int]  # together the headline's unknown
    unattached_sites: tuple[UnattachedSite, ...]
    warnings: tuple[str, ...]
    duration_s: float
    road_network: str
    other_road_networks: tuple[str, ...]  # those that cover the département too


def compute_seasons(
    session: Session,
    store: Store,
    code: str,
    *,
    mode: str = HEADLINE_MODE,
    roads: str | None = None,
    force: bool = False,
    step: Step = lambda _: None,
) -> list[ComputeOutcome]:
    """The summer run, and its winter companion where at least one road closes in winter: published together.

    Where none closes any more, the winter figures published earlier are withdrawn: they would stand beside a summer
    they are not the winter of.
    """
    summer = compute(session, store, code, mode=mode, roads=roads, force=force, step=step)
    network = session.get_one(RoadNetwork, session.get_one(Run, summer.run_id).road_network_id)
    if winter_companion(session, network) is None:
        session.execute(
            delete(PublishedRun).where(
                PublishedRun.departement_code == code, PublishedRun.mode == mode, PublishedRun.season == "winter"
            )
        )
        return [summer]
    in_winter = compute(
        session,
        store,
        code,
        mode=mode,
        season="winter",
        roads=network.name,
        force=force,
        step=lambda doing: step(f"hiver, {doing}"),
    )
    return [summer, in_winter]


def compute(
    session: Session,
    store: Store,
    code: str,
    *,
    mode: str = HEADLINE_MODE,
    season: str = HEADLINE_SEASON,
    roads: str | None = None,
    force: bool = False,
    step: Step = lambda _: None,
) -> ComputeOutcome:
    """Compute, write and publish one run of département ``code`` in the caller's transaction.

    The same question on the same inputs by the same code is not computed again, and the outcome says so. What is
    published is always at the programme's threshold; the stored times answer for any other. InvalidInputError: an
    unknown mode or season; NotReadyError: no network of that mode, or no road that closes in winter. In winter, homes
    and sites are attached to the network of summer: a valley cut off by snow has no route, it is not "unknown".
    """
    _check_travel(mode, season)
    started = time.perf_counter()
    step("lecture des données")
    network = network_for_departement(session, code, mode=mode, season=season, name=roads)
    inputs = load_inputs(session, code, network)
    parameters = {
        "mode": mode,
        "season": season,
        "direction": "arrival",
        "threshold_s": THRESHOLD_S,
        "max_access_m": MAX_ACCESS_M,
        "access_walk_m_per_s": ACCESS_WALK_M_PER_S,
    }
    question = _sha256(
        {"inputs": inputs.inputs, "parameters": parameters, "code": computing_code_version(), "of": code}
    )
    same = session.scalar(select(Run).where(Run.inputs_sha256 == question).order_by(Run.created_at.desc()).limit(1))
    if same is not None and not force:
        _publish(session, same)
        return _outcome(session, same, was_already_done=True, duration_s=0.0)

    step("ouverture du réseau routier")
    world = _World.build(open_roads(session, store, network), inputs)
    step("rattachement aux routes et temps de trajet")
    cell_at, site_at, times = _travel_times(world)
    step("sommes par commune, EPCI et département")
    zones = all_zones(
        code,
        inputs.departement_nom,
        inputs.communes,
        world.cells,
        world.people,
        world.individuals,
        times,
        THRESHOLD_S,
    )
    warnings = (*inputs.warnings, *_warnings(world, cell_at, site_at))

    step("écriture et publication")
    run = Run(
        id=uuid4(),
        departement_code=code,
        mode=mode,
        season=season,
        direction="arrival",
        threshold_s=THRESHOLD_S,
        parameters=parameters,
        inputs=inputs.inputs,
        inputs_sha256=question,
        result_sha256=_result_sha256(world, times, zones),
        code_version=computing_code_version(),
        road_network_id=network.id,
        warnings=list(warnings),
        duration_s=round(time.perf_counter() - started, 3),
    )
    session.add(run)
    session.flush()
    write_sites(session, run.id, inputs.sites, site_at)
    write_cells(session, run.id, world.cells, world.people, inputs.communes, cell_at, times)
    write_zones(session, run.id, zones)
    _publish(session, run)
    return _outcome(session, run, was_already_done=False, duration_s=time.perf_counter() - started)


def _check_travel(mode: str, season: str) -> None:
    for label, received, allowed in (("Mode", mode, MODES), ("Saison", season, SEASONS)):
        if received not in allowed:
            raise InvalidInputError(f"{label} reçu : « {received} ». Possibles : {', '.join(allowed)}.")


def _outcome(session: Session, run: Run, *, was_already_done: bool, duration_s: float) -> ComputeOutcome:
    network = session.get_one(RoadNetwork, run.road_network_id)
    return ComputeOutcome(
        run_id=run.id,
        mode=run.mode,
        season=run.season,
        was_already_done=was_already_done,
        headline=read_zones(session, run.id, "departement", HEADLINE_SCOPE)[0],
        unknown_by_cause=unknown_by_cause(session, run.id),
        unattached_sites=tuple(unattached_sites(session, run.id)),
        warnings=tuple(run.warnings),
        duration_s=duration_s,
        road_network=network.name,
        other_road_networks=other_networks(session, run.departement_code, network),
    )


@dataclass(frozen=True, slots=True)
class _World:
    """The inputs as arrays on the graph's plane."""

    roads: Roads
    inputs: RunInputs
    cells: tuple[CellInput, ...]
    commune: np.ndarray  # int32[c]
    people: np.ndarray  # int64[c]
    individuals: np.ndarray  # float64[c]

    @classmethod
    def build(cls, roads: Roads, inputs: RunInputs) -> _World:
        with_cells = np.zeros(len(inputs.communes), dtype=bool)
        with_cells[commune_of_cells(inputs.cells)] = True
        points = point_cells(roads.homes, inputs.communes, with_cells)
        cells = (*inputs.cells, *points)
        commune = commune_of_cells(cells)
        individuals = np.fromiter((cell.individuals for cell in cells), np.float64, len(cells))
        is_point = np.fromiter((cell.cell_size_m == 0 for cell in cells), np.bool_, len(cells))
        municipal = np.fromiter((c.population_municipale for c in inputs.communes), np.int64, len(inputs.communes))
        people = calibrate_people(np.where(is_point, 1.0, individuals), commune, municipal)
        return cls(roads, inputs, cells, commune, people, individuals)


def _travel_times(world: _World) -> tuple[Attachment, Attachment, dict[str, PartTimes]]:
    sites = world.inputs.sites
    to_graph = Transformer.from_crs(4326, world.roads.homes.meta.crs_epsg, always_xy=True)
    cell_x_m, cell_y_m = to_graph.transform([c.lon for c in world.cells], [c.lat for c in world.cells])
    site_x_m, site_y_m = to_graph.transform([s.lon for s in sites], [s.lat for s in sites])
    half_diagonal_m = np.array([cell.cell_size_m for cell in world.cells]) / np.sqrt(2)
    cell_at = world.roads.attach(np.asarray(cell_x_m), np.asarray(cell_y_m), MAX_ACCESS_M + half_diagonal_m)
    site_at = world.roads.attach(np.asarray(site_x_m), np.asarray(site_y_m), MAX_ACCESS_M)
    part_of_site = np.array([_part_of(site, world.inputs.departement_code) for site in sites])
    times = {part: _part_times(world.roads.travel, site_at, part_of_site == part, cell_at) for part in PARTS}
    return cell_at, site_at, times


def _part_of(site: SiteInput, departement_code: str) -> str:
    whose = "own" if site.departement_code == departement_code else "neighbour"
    return f"{whose}_{'mobile' if site.form == 'mobile' else 'fixed'}"


def _part_times(graph: RoadGraph, site_at: Attachment, wanted: np.ndarray, cell_at: Attachment) -> PartTimes:
    """Arrival times at the sites of one part only; the others are made unattached so that numbers stay the same."""
    part = Attachment(np.where(wanted, site_at.road, -1).astype(np.int32), site_at.fraction, site_at.access_m)
    reach = times_to_sites(graph, part)
    time_ds, site = times_at(graph, reach, part, cell_at, direction="arrival")
    time_s = np.where(time_ds == UNREACHED_DS, np.inf, time_ds / 10.0)
    return PartTimes(np.where(cell_at.road < 0, np.nan, time_s), np.where(time_ds == UNREACHED_DS, -1, site))


def _warnings(world: _World, cell_at: Attachment, site_at: Attachment) -> list[str]:
    warnings = []
    code = world.inputs.departement_code
    lost = [place for place in zip(world.inputs.sites, site_at.road, site_at.cause, strict=True) if place[1] < 0]
    for whose, these in (
        ("du département", [(site, cause) for site, _, cause in lost if site.departement_code == code]),
        ("de départements voisins", [(site, cause) for site, _, cause in lost if site.departement_code != code]),
    ):
        if these:
            names = [f"{site.name} ({SITE_CAUSE_LABELS_FR[Cause(cause).name.lower()]})" for site, cause in these[:10]]
            warnings.append(
                f"{len(these)} lieu(x) {whose} hors du réseau, non compté(s) : {' ; '.join(names)}"
                f"{' ...' if len(these) > 10 else '.'}"
            )
    unattached = cell_at.road < 0
    if unattached.any():
        people = {
            cause.name.lower(): int(world.people[unattached & (cell_at.cause == cause)].sum())
            for cause in Cause
            if (unattached & (cell_at.cause == cause)).any()
        }
        warnings.append(
            f"{int(unattached.sum())} point(s) de population hors du réseau : {int(world.people[unattached].sum())} "
            f"habitants comptés « inconnu » ({causes_fr(people)})."
        )
    points = sum(cell.cell_size_m == 0 for cell in world.cells)
    if points:
        warnings.append(
            f"{points} commune(s) sans carreau habité, comptée(s) en un point, signalée(s) dans les tableaux."
        )
    return warnings


def _publish(session: Session, run: Run) -> None:
    pointer = {
        "departement_code": run.departement_code,
        "mode": run.mode,
        "season": run.season,
        "run_id": run.id,
    }
    session.execute(
        insert(PublishedRun)
        .values(**pointer)
        .on_conflict_do_update(
            index_elements=["departement_code", "mode", "season"],
            set_={"run_id": run.id, "published_at": func.now()},
            where=PublishedRun.run_id != run.id,
        )
    )


def _result_sha256(world: _World, times: dict[str, PartTimes], zones: list[tuple[Scope, ZoneFigures]]) -> str:
    """Of every cell, its people, times and nearest sites, and of every sum. Sites go by their register's names."""
    digest = hashlib.sha256()
    digest.update("\n".join(cell.cell_id for cell in world.cells).encode())
    digest.update(world.people.astype("<i8").tobytes())
    registers = [site.register for site in world.inputs.sites]
    for part in PARTS:
        digest.update(times[part].time_s.astype("<f8").tobytes())
        digest.update("\n".join(registers[i] if i >= 0 else "-" for i in times[part].site).encode())
    for scope, zone in zones:
        digest.update(f"{scope} {zone}\n".encode())
    return digest.hexdigest()


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
