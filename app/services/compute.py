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
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.coverage import HEADLINE_SCOPE, MAX_ACCESS_M, PARTS, THRESHOLD_S, Scope, ZoneFigures
from app.domain.version import computing_code_version
from app.errors import InvalidInputError
from app.persistence.models import PublishedRun, Run
from app.persistence.run_repository import read_zones
from app.persistence.run_writer import write_cells, write_sites, write_zones
from app.services.compute_inputs import CellInput, RunInputs, SiteInput, commune_of_cells, load_inputs
from app.services.compute_points import point_cells
from app.services.compute_zones import PartTimes, all_zones
from app.services.networks import network_for_departement, open_network
from data.store import Store
from routing.coverage import calibrate_people
from routing.graph import UNREACHED_DS, RoadGraph
from routing.search import ACCESS_WALK_M_PER_S, times_at, times_to_sites
from routing.snap import Attachment, attach

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ComputeOutcome:
    run_id: UUID
    was_already_done: bool
    headline: ZoneFigures
    warnings: tuple[str, ...]
    duration_s: float


def compute(
    session: Session,
    store: Store,
    code: str,
    *,
    mode: str = "car",
    roads: str | None = None,
    force: bool = False,
    step: Step = lambda _: None,
) -> ComputeOutcome:
    """Compute, write and publish a run of département ``code`` in the caller's transaction.

    The same question on the same inputs by the same code is not computed again, and the outcome says so. What is
    published is always at the programme's threshold; the stored times answer for any other.
    """
    if mode != "car":
        raise InvalidInputError(f"Mode reçu : « {mode} ». Cette version calcule la voiture seulement : mode car.")
    started = time.perf_counter()
    step("lecture des données")
    network = network_for_departement(session, code, mode=mode, name=roads)
    inputs = load_inputs(session, code, network)
    parameters = {
        "mode": mode,
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
        return ComputeOutcome(same.id, True, _headline(session, same), tuple(same.warnings), 0.0)

    step("ouverture du réseau routier")
    graph = open_network(store, network)
    world = _World.build(graph, inputs)
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
    headline = next(z for scope, z in zones if scope == HEADLINE_SCOPE and z.level == "departement")
    return ComputeOutcome(run.id, False, headline, warnings, time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class _World:
    """The inputs as arrays on the graph's plane."""

    graph: RoadGraph
    inputs: RunInputs
    cells: tuple[CellInput, ...]
    commune: np.ndarray  # int32[c]
    people: np.ndarray  # int64[c]
    individuals: np.ndarray  # float64[c]

    @classmethod
    def build(cls, graph: RoadGraph, inputs: RunInputs) -> _World:
        with_cells = np.zeros(len(inputs.communes), dtype=bool)
        with_cells[commune_of_cells(inputs.cells)] = True
        points = point_cells(graph, inputs.communes, with_cells)
        cells = (*inputs.cells, *points)
        commune = commune_of_cells(cells)
        individuals = np.fromiter((cell.individuals for cell in cells), np.float64, len(cells))
        is_point = np.fromiter((cell.cell_size_m == 0 for cell in cells), np.bool_, len(cells))
        municipal = np.fromiter((c.population_municipale for c in inputs.communes), np.int64, len(inputs.communes))
        people = calibrate_people(np.where(is_point, 1.0, individuals), commune, municipal)
        return cls(graph, inputs, cells, commune, people, individuals)


def _travel_times(world: _World) -> tuple[Attachment, Attachment, dict[str, PartTimes]]:
    sites = world.inputs.sites
    to_graph = Transformer.from_crs(4326, world.graph.meta.crs_epsg, always_xy=True)
    cell_x_m, cell_y_m = to_graph.transform([c.lon for c in world.cells], [c.lat for c in world.cells])
    site_x_m, site_y_m = to_graph.transform([s.lon for s in sites], [s.lat for s in sites])
    half_diagonal_m = np.array([cell.cell_size_m for cell in world.cells]) / np.sqrt(2)
    cell_at = attach(world.graph, np.asarray(cell_x_m), np.asarray(cell_y_m), MAX_ACCESS_M + half_diagonal_m)
    site_at = attach(world.graph, np.asarray(site_x_m), np.asarray(site_y_m), MAX_ACCESS_M)
    part_of_site = np.array([_part_of(site, world.inputs.departement_code) for site in sites])
    times = {part: _part_times(world.graph, site_at, part_of_site == part, cell_at) for part in PARTS}
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
    lost = [site for site, road in zip(world.inputs.sites, site_at.road, strict=True) if road < 0]
    for whose, these in (
        ("du département", [site for site in lost if site.departement_code == code]),
        ("de départements voisins", [site for site in lost if site.departement_code != code]),
    ):
        if these:
            warnings.append(
                f"{len(these)} lieu(x) {whose} à plus de {MAX_ACCESS_M:.0f} m de toute route, non compté(s) : "
                f"{' ; '.join(site.name for site in these[:10])}{' ...' if len(these) > 10 else '.'}"
            )
    unattached = cell_at.road < 0
    if unattached.any():
        warnings.append(
            f"{int(unattached.sum())} point(s) de population trop loin de toute route du réseau principal : "
            f"{int(world.people[unattached].sum())} habitants comptés « inconnu »."
        )
    points = sum(cell.cell_size_m == 0 for cell in world.cells)
    if points:
        warnings.append(
            f"{points} commune(s) sans carreau habité, comptée(s) en un point, signalée(s) dans les tableaux."
        )
    return warnings


def _publish(session: Session, run: Run) -> None:
    pointer = {"departement_code": run.departement_code, "mode": run.mode, "run_id": run.id}
    session.execute(
        insert(PublishedRun)
        .values(**pointer)
        .on_conflict_do_update(
            index_elements=["departement_code", "mode"],
            set_={"run_id": run.id, "published_at": func.now()},
            where=PublishedRun.run_id != run.id,
        )
    )


def _headline(session: Session, run: Run) -> ZoneFigures:
    return read_zones(session, run.id, "departement", HEADLINE_SCOPE)[0]


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
