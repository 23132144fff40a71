"""Roads: the graph goes to the store (memory-mapped), what is drawn goes to the database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from functools import partial

import numpy as np
import shapely
from geoalchemy2.shape import from_shape
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON, MODE_LABELS_FR
from app.errors import BadFileError
from app.persistence.bulk import copy_rows
from app.persistence.models import PublishedRun, Road, RoadNetwork, Run
from app.services.imports import ImportOutcome, record_batch
from app.services.networks import is_openable, networks_made_alike
from data.contract import ReadReport
from data.road_edits import RoadEdits
from data.store import Store
from routing.graph import UNREACHED_DS, GraphMeta, RoadGraph
from routing.graph_files import save_graph
from routing.profile import ROAD_CLASSES

#: Fine enough to follow the border an extract was cut along, coarse enough to be read at once.
FOOTPRINT_SQUARE_M = 5000.0
#: Every array of a graph but its arcs, which are made of the others: a time or a drawing depends on each of them.
_HASHED_ARRAYS = tuple(
    field.name for field in fields(RoadGraph) if field.name not in ("meta", "names", "forward", "backward")
)


def import_networks(
    session: Session,
    store: Store,
    networks: Iterable[tuple[RoadGraph, ReadReport]],
    *,
    name: str,
    modes: Sequence[str],
    edits: RoadEdits | None = None,
    is_dry_run: bool = False,
) -> list[ImportOutcome]:
    """Every graph made of one file, in the caller's transaction: one a mode, and the winter ones where roads close.

    ``networks`` may be read as it is consumed, so that one graph at a time is in memory. A mode of ``modes`` that no
    longer yields a winter network has none any more; networks of other modes stay as they are.
    """
    outcomes = [
        import_roads(session, store, graph, report, edits=edits, is_dry_run=is_dry_run) for graph, report in networks
    ]
    if not is_dry_run:
        with_winter = {outcome.mode for outcome in outcomes if outcome.season == "winter"}
        session.execute(
            update(RoadNetwork)
            .where(
                RoadNetwork.name == name,
                RoadNetwork.season == "winter",
                RoadNetwork.mode.in_(set(modes) - with_winter),
                RoadNetwork.is_current,
            )
            .values(is_current=False)
        )
    return outcomes


def import_roads(
    session: Session,
    store: Store,
    graph: RoadGraph,
    report: ReadReport,
    *,
    edits: RoadEdits | None = None,
    is_dry_run: bool = False,
) -> ImportOutcome:
    """Make ``graph`` the current network of its name, mode and season. Earlier ones stay in the store for their runs.

    What is drawn is the headline's network: cars, in summer.
    """
    meta = graph.meta
    if graph.road_count == 0:
        raise BadFileError(
            f"Aucune route ouverte ({MODE_LABELS_FR[meta.mode]}) dans {report.path} : rien n'a été importé."
        )
    is_junction = graph.node_junction == np.arange(graph.node_count)
    counts = {
        "nœuds": graph.junction_count,
        "arcs": graph.forward.arc_count,
        "kilomètres": round(_open_km(graph)),
        "nœuds hors du réseau principal": int(np.count_nonzero(is_junction & ~graph.in_main_component)),
    }
    outcome = partial(ImportOutcome, "roads", report, counts, is_dry_run=is_dry_run, mode=meta.mode, season=meta.season)
    if is_dry_run:
        return outcome(was_already_done=False)
    graph_sha256 = _sha256(graph)
    network = _same_network(session, meta, graph_sha256, edits)
    is_whole = network is not None and is_openable(store, network)
    if network is not None and network.is_current and is_whole:
        return outcome(was_already_done=True)
    of_the_same = (RoadNetwork.name == meta.name, RoadNetwork.mode == meta.mode, RoadNetwork.season == meta.season)
    session.execute(update(RoadNetwork).where(*of_the_same).values(is_current=False))
    if network is None:
        folder = store.graph_folder(meta.name, graph_sha256)
        save_graph(graph, folder)
        network = _new_network(graph, graph_sha256, str(folder.relative_to(store.root)))
        network.edits = None if edits is None else edits.as_json()
        network.batch_id = record_batch(session, report).id
        session.add(network)
    elif not is_whole:  # lost, or written by a version that laid graphs out otherwise
        save_graph(graph, store.root / network.graph_path)
    if not network.is_current:
        network.current_since = func.clock_timestamp()
    network.is_current = True
    session.flush()
    if (meta.mode, meta.season) == (HEADLINE_MODE, HEADLINE_SEASON):
        _draw_roads(session, network, graph)
    return outcome(was_already_done=False)


def _same_network(session: Session, meta: GraphMeta, graph_sha256: str, edits: RoadEdits | None) -> RoadNetwork | None:
    """The row of an earlier import that made the very same graph of the same file, profile and declarations."""
    made_alike = networks_made_alike(
        meta.name,
        meta.mode,
        meta.season,
        source_sha256=meta.source_sha256,
        profile_version=meta.profile_version,
        edits_sha256=None if edits is None else edits.sha256,
    )
    return session.scalars(made_alike.where(RoadNetwork.graph_sha256 == graph_sha256).limit(1)).first()


def _new_network(graph: RoadGraph, graph_sha256: str, graph_path: str) -> RoadNetwork:
    meta = graph.meta
    return RoadNetwork(
        name=meta.name,
        mode=meta.mode,
        season=meta.season,
        graph_path=graph_path,
        crs_epsg=meta.crs_epsg,
        source_name=meta.source_name,
        source_sha256=meta.source_sha256,
        osm_date=meta.osm_date,
        profile_version=meta.profile_version,
        graph_sha256=graph_sha256,
        node_count=graph.junction_count,
        arc_count=graph.forward.arc_count,
        length_km=_open_km(graph),
        extent=from_shape(_footprint_wgs84(graph), srid=4326),
    )


def _open_km(graph: RoadGraph) -> float:
    """Roads that winter closes are in a winter graph, closed both ways."""
    is_open = np.minimum(graph.road_forward_ds, graph.road_backward_ds) < UNREACHED_DS
    return float(graph.road_length_m[is_open].sum()) / 1000


def _sha256(graph: RoadGraph) -> str:
    """Of every array that a time or a drawing depends on, of their projection, their mode and their season."""
    digest = hashlib.sha256(f"{graph.meta.mode} {graph.meta.season} {graph.meta.crs_epsg}".encode())
    digest.update("\n".join(graph.names).encode())
    for name in _HASHED_ARRAYS:
        digest.update(np.ascontiguousarray(getattr(graph, name)).tobytes())
    return digest.hexdigest()


def _draw_roads(session: Session, network: RoadNetwork, graph: RoadGraph) -> None:
    """Replace the drawn roads of this name; those of a network a published run stands on stay with it."""
    published = select(Run.road_network_id).join(PublishedRun, PublishedRun.run_id == Run.id)
    outdated = select(RoadNetwork.id).where(
        RoadNetwork.name == network.name, or_(RoadNetwork.id == network.id, RoadNetwork.id.not_in(published))
    )
    session.execute(delete(Road).where(Road.network_id.in_(outdated)))
    columns = ("network_id", "rank", "road_class", "name", "geometry")
    copy_rows(session, "road", columns, _roads_to_draw(network, graph))


def _footprint_wgs84(graph: RoadGraph) -> BaseGeometry:
    """The squares of 5 km that hold a junction of the main network, each with its neighbours, as one MultiPolygon."""
    usable = np.asarray(graph.in_main_component)
    squares = {
        (x + dx, y + dy)
        for x, y in zip(
            np.floor_divide(graph.node_x_m[usable], FOOTPRINT_SQUARE_M).astype(int).tolist(),
            np.floor_divide(graph.node_y_m[usable], FOOTPRINT_SQUARE_M).astype(int).tolist(),
            strict=True,
        )
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
    }
    corners = np.array(sorted(squares)) * FOOTPRINT_SQUARE_M
    boxes = shapely.box(
        corners[:, 0], corners[:, 1], corners[:, 0] + FOOTPRINT_SQUARE_M, corners[:, 1] + FOOTPRINT_SQUARE_M
    )
    footprint = shapely.transform(
        shapely.union_all(boxes), lambda xy: np.column_stack(_to_wgs84(graph, xy[:, 0], xy[:, 1]))
    )
    return shapely.MultiPolygon([part for part in shapely.get_parts(footprint) if part.geom_type == "Polygon"])


def _to_wgs84(graph: RoadGraph, x_m: np.ndarray, y_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    transformer = Transformer.from_crs(graph.meta.crs_epsg, 4326, always_xy=True)
    lon, lat = transformer.transform(x_m, y_m)
    return np.asarray(lon), np.asarray(lat)


def _roads_to_draw(network: RoadNetwork, graph: RoadGraph) -> Iterator[tuple[object, ...]]:
    lon, lat = _to_wgs84(graph, np.asarray(graph.shape_x_m), np.asarray(graph.shape_y_m))
    point_count = np.diff(np.asarray(graph.shape_first)).astype(np.intp)
    lines = shapely.linestrings(
        np.column_stack([lon, lat]), indices=np.repeat(np.arange(graph.road_count), point_count)
    )
    ewkb = shapely.to_wkb(shapely.set_srid(lines, 4326), hex=True, include_srid=True)
    for index, (class_index, name_index) in enumerate(zip(graph.road_class, graph.road_name, strict=True)):
        road_class = ROAD_CLASSES[class_index]
        name = graph.names[name_index] if name_index >= 0 else None
        yield network.id, road_class.rank, road_class.name, name, ewkb[index]
