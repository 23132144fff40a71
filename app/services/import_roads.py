"""Roads: the graph goes to the store (memory-mapped), what is drawn goes to the database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import shapely
from geoalchemy2.shape import from_shape
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import BadFileError
from app.persistence.bulk import copy_rows
from app.persistence.models import Road, RoadNetwork
from app.services.imports import ImportOutcome, record_batch
from data.contract import ReadReport
from data.store import Store
from routing.graph import RoadGraph, save_graph
from routing.profile import ROAD_CLASSES


def find_current_network(session: Session, name: str, sha256: str, profile_version: str) -> RoadNetwork | None:
    """The network in use under this name, when it was made from the very same file with the same speeds."""
    return session.scalar(
        select(RoadNetwork).where(
            RoadNetwork.name == name,
            RoadNetwork.source_sha256 == sha256,
            RoadNetwork.profile_version == profile_version,
            RoadNetwork.is_current,
        )
    )


def import_roads(
    session: Session, store: Store, graph: RoadGraph, report: ReadReport, *, is_dry_run: bool = False
) -> ImportOutcome:
    """Make ``graph`` the current network of its name. Earlier networks stay in the store for the runs made on them."""
    if graph.road_count == 0:
        raise BadFileError(f"Aucune route ouverte aux voitures dans {report.path} : rien n'a été importé.")
    meta = graph.meta
    counts = {
        "nœuds": graph.node_count,
        "arcs": len(graph.forward.head),
        "kilomètres": round(float(graph.road_length_m.sum()) / 1000),
        "nœuds hors du réseau principal": int((~graph.in_main_component).sum()),
    }
    if is_dry_run:
        return ImportOutcome("roads", report, counts, is_dry_run=True, was_already_done=False)
    if find_current_network(session, meta.name, meta.source_sha256, meta.profile_version):
        return ImportOutcome("roads", report, counts, is_dry_run=False, was_already_done=True)

    # The same file under other speeds is another graph: both can be in the store, each with its runs.
    identity = hashlib.sha256(f"{meta.source_sha256} {meta.profile_version} {meta.crs_epsg}".encode()).hexdigest()
    folder = store.graph_folder(meta.name, identity)
    save_graph(graph, folder)
    batch = record_batch(session, report)
    replaced = list(
        session.scalars(select(RoadNetwork.id).where(RoadNetwork.name == meta.name, RoadNetwork.is_current))
    )
    session.execute(update(RoadNetwork).where(RoadNetwork.id.in_(replaced)).values(is_current=False))
    session.execute(Road.__table__.delete().where(Road.network_id.in_(replaced)))  # type: ignore[attr-defined]
    network = RoadNetwork(
        name=meta.name,
        mode=meta.mode,
        graph_path=str(folder.relative_to(store.root)),
        crs_epsg=meta.crs_epsg,
        source_name=meta.source_name,
        source_sha256=meta.source_sha256,
        osm_date=meta.osm_date,
        profile_version=meta.profile_version,
        node_count=graph.node_count,
        arc_count=len(graph.forward.head),
        length_km=float(graph.road_length_m.sum()) / 1000,
        extent=from_shape(_extent_wgs84(graph), srid=4326),
        batch_id=batch.id,
    )
    session.add(network)
    session.flush()
    copy_rows(
        session,
        "road",
        ("network_id", "rank", "road_class", "name", "geometry"),
        _roads_to_draw(network, graph),
    )
    return ImportOutcome("roads", report, counts, is_dry_run=False, was_already_done=False)


def network_folder(store: Store, network: RoadNetwork) -> Path:
    return store.root / network.graph_path


def _extent_wgs84(graph: RoadGraph) -> BaseGeometry:
    lon, lat = _to_wgs84(graph, np.asarray(graph.node_x_m), np.asarray(graph.node_y_m))
    extent: BaseGeometry = shapely.box(lon.min(), lat.min(), lon.max(), lat.max())
    return extent


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
