"""Questions about one point: who can come here in time, and which sites are near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import numpy as np
import shapely
from pyproj import Transformer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.coverage import MAX_ACCESS_M, THRESHOLD_S
from app.errors import FieldError, InvalidInputError
from app.persistence.models import RoadNetwork, Site
from app.services.compute_inputs import load_sites
from app.services.networks import network_at, open_network
from data.store import Store
from routing.graph import UNREACHED_DS, RoadGraph
from routing.isochrone import isochrones, search_limit_ds
from routing.search import times_at, times_from_origins, times_to_sites
from routing.snap import Attachment, attach

Direction = Literal["arrival", "departure"]

#: How far a road is looked for, only to say how far it is.
LOOKED_FOR_M = 20_000.0


@dataclass(frozen=True, slots=True)
class Origin:
    lon: float
    lat: float
    access_m: float
    road_name: str | None


@dataclass(frozen=True, slots=True)
class IsochroneAnswer:
    network: RoadNetwork
    origin: Origin
    direction: Direction
    polygons: tuple[tuple[int, shapely.MultiPolygon], ...]  # (minutes, lon/lat)


@dataclass(frozen=True, slots=True)
class NearSite:
    site_id: UUID
    name: str
    form: str
    carrier: str
    departement_code: str
    opening_hours: str | None
    lon: float
    lat: float
    time_s: float  # inf: no route

    @property
    def is_within_threshold(self) -> bool:
        return self.time_s < THRESHOLD_S


@dataclass(frozen=True, slots=True)
class NearestAnswer:
    network: RoadNetwork
    origin: Origin
    sites: tuple[NearSite, ...]


def isochrones_at(
    session: Session,
    store: Store,
    lon: float,
    lat: float,
    minutes: Sequence[int],
    *,
    mode: str = "car",
    direction: Direction = "arrival",
) -> IsochroneAnswer:
    """From where the point can be reached in less than each of ``minutes`` (arrival), or what it reaches (departure)."""
    network = network_at(session, lon, lat, mode=mode)
    graph = open_network(store, network)
    at, origin = _attach_origin(graph, lon, lat)
    search = times_to_sites if direction == "arrival" else times_from_origins
    limits_s = [60.0 * value for value in sorted(minutes)]
    reach = search(graph, at, search_limit_ds(limits_s))
    shapes = isochrones(graph, reach, at, limits_s)
    to_wgs84 = Transformer.from_crs(graph.meta.crs_epsg, 4326, always_xy=True)
    polygons = [
        shapely.transform(shape, lambda xy: np.column_stack(to_wgs84.transform(xy[:, 0], xy[:, 1]))) for shape in shapes
    ]
    return IsochroneAnswer(network, origin, direction, tuple(zip(sorted(minutes), polygons, strict=True)))


def nearest_sites(
    session: Session, store: Store, lon: float, lat: float, *, mode: str = "car", limit: int = 3
) -> NearestAnswer:
    """The sites a person at the point gets to first, the quickest first; those no route reaches come last."""
    network = network_at(session, lon, lat, mode=mode)
    graph = open_network(store, network)
    at, origin = _attach_origin(graph, lon, lat)
    sites = load_sites(session, None, network)
    to_graph = Transformer.from_crs(4326, graph.meta.crs_epsg, always_xy=True)
    x_m, y_m = to_graph.transform([s.lon for s in sites], [s.lat for s in sites])
    site_at = attach(graph, np.asarray(x_m), np.asarray(y_m), MAX_ACCESS_M)
    reach = times_from_origins(graph, at)
    time_ds, _ = times_at(graph, reach, at, site_at, direction="departure")
    time_s = np.where((time_ds == UNREACHED_DS) | (site_at.road < 0), np.inf, time_ds / 10.0)
    order = np.argsort(time_s, kind="stable")[:limit]
    hours = _hours(session, [sites[i].site_id for i in order])
    found = [
        NearSite(
            s.site_id,
            s.name,
            s.form,
            s.carrier,
            s.departement_code,
            hours[s.site_id],
            s.lon,
            s.lat,
            float(time_s[i]),
        )
        for i in order
        for s in [sites[i]]
    ]
    return NearestAnswer(network, origin, tuple(found))


def _attach_origin(graph: RoadGraph, lon: float, lat: float) -> tuple[Attachment, Origin]:
    to_graph = Transformer.from_crs(4326, graph.meta.crs_epsg, always_xy=True)
    x_m, y_m = to_graph.transform([lon], [lat])
    at = attach(graph, np.asarray(x_m), np.asarray(y_m), MAX_ACCESS_M)
    if at.road[0] < 0:
        far = attach(graph, np.asarray(x_m), np.asarray(y_m), LOOKED_FOR_M).access_m[0]
        how_far = f"à {far:.0f} m" if np.isfinite(far) else f"à plus de {LOOKED_FOR_M:.0f} m"
        raise InvalidInputError(
            f"Le point lon={lon:g}, lat={lat:g} est {how_far} de la route ouverte aux voitures la plus proche ; au plus "
            f"{MAX_ACCESS_M:.0f} m sont permis. Choisissez un point plus près d'une route.",
            [FieldError(name, f"{value:g}", "Trop loin d'une route.") for name, value in (("lon", lon), ("lat", lat))],
        )
    name = int(graph.road_name[at.road[0]])
    return at, Origin(lon, lat, float(at.access_m[0]), graph.names[name] if name >= 0 else None)


def _hours(session: Session, ids: Sequence[UUID]) -> dict[UUID, str | None]:
    return {
        row.id: row.opening_hours
        for row in session.execute(select(Site.id, Site.opening_hours).where(Site.id.in_(ids)))
    }
