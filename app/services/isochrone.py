"""Questions about one point: who can come here in time, and which sites are near."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.coverage import MAX_ACCESS_M, THRESHOLD_S
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON
from app.errors import FieldError, InvalidInputError
from app.persistence.models import RoadNetwork, Site
from app.services.compute_inputs import load_sites
from app.services.networks import Roads, network_at, open_roads
from data.store import Store
from routing.graph import UNREACHED_DS, RoadGraph
from routing.isochrone import isochrones, reached_roads, search_limit_ds
from routing.profile import ROAD_CLASSES
from routing.search import times_at, times_from_origins, times_to_sites
from routing.snap import Attachment, Cause
from routing.stretches import shapes_of

Direction = Literal["arrival", "departure"]

#: More stretches of road than this are not sent in one answer: about 15 MB.
MAX_STRETCHES = 50_000

_SEARCH = {"arrival": times_to_sites, "departure": times_from_origins}
_OPEN_TO = {"car": "aux voitures", "bike": "aux vélos", "foot": "aux piétons"}

#: side of the road, as ``Attachment.side`` has it -> its name in answers
_SIDES = {1: "left", -1: "right", 0: "on"}


@dataclass(frozen=True, slots=True)
class Origin:
    lon: float
    lat: float
    access_m: float
    road_name: str | None
    road_class: str
    way_id: int
    side: str  # left or right of the way as it is drawn in OSM; on
    nearer_island_m: float | None  # a nearer road that leads nowhere, which was passed over


@dataclass(frozen=True, slots=True, eq=False)
class RoadsAnswer:
    """Stretches of road, the soonest first; time is even along each. lon_lat of stretch s: first[s]:first[s + 1]."""

    network: RoadNetwork
    origin: Origin
    direction: Direction
    minutes: int
    lon_lat: NDArray[np.float64]
    first: NDArray[np.int64]
    time_s: NDArray[np.float64]  # [s, 2] at its two ends
    name: list[str | None]
    road_class: list[str]
    way_id: list[int]


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
    time_s: float  # inf: no route; nan: unknown, the site is not attached to this network

    @property
    def is_within_threshold(self) -> bool | None:
        return None if math.isnan(self.time_s) else self.time_s < THRESHOLD_S


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
    mode: str = HEADLINE_MODE,
    season: str = HEADLINE_SEASON,
    direction: Direction = "arrival",
) -> IsochroneAnswer:
    """From where the point can be reached in less than each of ``minutes`` (arrival), or what it reaches (departure).

    Coordinates are in degrees, to 1e-6 (a decimetre); the areas are valid as they are.
    """
    network, roads, at, origin = _stand(session, store, lon, lat, mode, season)
    graph = roads.travel
    limits_s = [60.0 * value for value in sorted(minutes)]
    reach = _SEARCH[direction](graph, at, search_limit_ds(limits_s))
    shapes = isochrones(graph, reach, at, limits_s, origins_xy_m=_to_graph(graph, lon, lat))
    polygons = shapely.transform(np.array(shapes, np.object_), lambda xy: _to_degrees(graph, xy))
    return IsochroneAnswer(network, origin, direction, tuple(zip(sorted(minutes), polygons.tolist(), strict=True)))


def roads_at(
    session: Session,
    store: Store,
    lon: float,
    lat: float,
    minutes: int,
    *,
    mode: str = HEADLINE_MODE,
    season: str = HEADLINE_SEASON,
    direction: Direction = "arrival",
) -> RoadsAnswer:
    """The roads of the same question, with the time at both ends of each stretch."""
    network, roads, at, origin = _stand(session, store, lon, lat, mode, season)
    graph = roads.travel
    reach = _SEARCH[direction](graph, at, 600 * minutes)
    found = reached_roads(graph, reach, at, 60.0 * minutes)
    if len(found) > MAX_STRETCHES:
        raise InvalidInputError(
            f"{len(found)} tronçons de route sont atteints en moins de {minutes} min ; au plus {MAX_STRETCHES} sont envoyés "
            "en une réponse. Demandez une durée plus courte, ou format=polygons.",
            [FieldError("query.minutes", str(minutes), "Trop de routes atteintes pour une seule réponse.")],
        )
    x_m, y_m, first = shapes_of(graph, found)
    names = graph.road_name[found.road].tolist()
    return RoadsAnswer(
        network,
        origin,
        direction,
        minutes,
        _to_degrees(graph, np.column_stack([x_m, y_m])),
        first,
        np.column_stack([found.from_time_s, found.to_time_s]),
        [graph.names[name] if name >= 0 else None for name in names],
        [ROAD_CLASSES[index].name for index in graph.road_class[found.road].tolist()],
        graph.road_way_id[found.road].tolist(),
    )


def nearest_sites(
    session: Session,
    store: Store,
    lon: float,
    lat: float,
    *,
    mode: str = HEADLINE_MODE,
    season: str = HEADLINE_SEASON,
    limit: int = 3,
) -> NearestAnswer:
    """The sites a person at the point gets to first, the quickest first.

    Those no route reaches come next, and last those that are not attached to this network, whose time is unknown.
    """
    network, roads, at, origin = _stand(session, store, lon, lat, mode, season)
    graph = roads.travel
    sites = load_sites(session, None, network)
    to_graph = Transformer.from_crs(4326, graph.meta.crs_epsg, always_xy=True)
    x_m, y_m = to_graph.transform([s.lon for s in sites], [s.lat for s in sites])
    site_at = roads.attach(np.asarray(x_m), np.asarray(y_m), MAX_ACCESS_M)
    reach = times_from_origins(graph, at)
    time_ds, _ = times_at(graph, reach, at, site_at, direction="departure")
    time_s = np.where(time_ds == UNREACHED_DS, np.inf, time_ds / 10.0)
    time_s = np.where(site_at.road < 0, np.nan, time_s)
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


def _stand(
    session: Session, store: Store, lon: float, lat: float, mode: str, season: str
) -> tuple[RoadNetwork, Roads, Attachment, Origin]:
    """The network of a place, and where on it the place is: by the road of summer, in winter too.

    InvalidInputError, in words, when it is nowhere.
    """
    try:
        network = network_at(session, lon, lat, mode=mode, season=season)
    except InvalidInputError as nowhere:
        if _is_swapped(session, lon, lat, mode):
            raise InvalidInputError(
                f"Le point lon={lon:g}, lat={lat:g} est hors des réseaux chargés, mais lon={lat:g}, lat={lon:g} y est : "
                "longitude et latitude semblent inversées. Donnez lon (est-ouest) puis lat (nord-sud).",
                [
                    FieldError(f"query.{name}", f"{value:g}", "Inversée ?")
                    for name, value in (("lon", lon), ("lat", lat))
                ],
            ) from nowhere
        raise
    roads = open_roads(session, store, network)
    graph = roads.homes
    x_m, y_m = _to_graph(graph, lon, lat).T
    at = roads.attach(x_m, y_m, MAX_ACCESS_M)
    if at.road[0] < 0:
        raise _not_on_a_road(at, lon, lat, mode)
    road, name = int(at.road[0]), int(graph.road_name[at.road[0]])
    is_past_an_island = at.cause[0] == Cause.ATTACHED_PAST_AN_ISLAND
    origin = Origin(
        lon,
        lat,
        float(at.access_m[0]),
        graph.names[name] if name >= 0 else None,
        ROAD_CLASSES[int(graph.road_class[road])].name,
        int(graph.road_way_id[road]),
        _SIDES[int(at.side[0])],
        float(at.nearest_m[0]) if is_past_an_island else None,
    )
    return network, roads, at, origin


def _is_swapped(session: Session, lon: float, lat: float, mode: str) -> bool:
    if not -90 <= lon <= 90:
        return False
    try:
        network_at(session, lat, lon, mode=mode)
    except InvalidInputError:
        return False
    return True


def _not_on_a_road(at: Attachment, lon: float, lat: float, mode: str) -> InvalidInputError:
    """Why nobody can start here, from the cause."""
    cause, nearest_m = Cause(int(at.cause[0])), float(at.nearest_m[0])
    road = f"la route la plus proche ouverte {_OPEN_TO[mode]}"
    how_far = f"à {nearest_m:.0f} m" if np.isfinite(nearest_m) else "hors d'atteinte"
    why, said = {
        Cause.ACROSS_WATER: (
            f"{road} est {how_far}, mais de l'eau l'en sépare",
            "De l'eau sépare ce point de la route.",
        ),
        Cause.ON_AN_ISLAND: (
            f"{road}, {how_far}, ne mène pas au reste du réseau",
            "Les routes voisines ne mènent pas au reste du réseau.",
        ),
    }.get(cause, (f"{road} est {how_far}", "Trop loin d'une route."))
    return InvalidInputError(
        f"Le point lon={lon:g}, lat={lat:g} n'est pas rattaché au réseau : {why} ; une route du réseau principal à "
        f"{MAX_ACCESS_M:.0f} m au plus, sans eau à traverser, est attendue. Choisissez un point plus près d'une route.",
        [FieldError(f"query.{name}", f"{value:g}", said) for name, value in (("lon", lon), ("lat", lat))],
    )


def _to_graph(graph: RoadGraph, lon: float, lat: float) -> NDArray[np.float64]:
    """x_m, y_m of one place: float64[1, 2]."""
    to_graph = Transformer.from_crs(4326, graph.meta.crs_epsg, always_xy=True)
    return np.array([to_graph.transform(lon, lat)], np.float64)


def _to_degrees(graph: RoadGraph, xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
    to_wgs84 = Transformer.from_crs(graph.meta.crs_epsg, 4326, always_xy=True)
    return np.round(np.column_stack(to_wgs84.transform(xy_m[:, 0], xy_m[:, 1])), 6)


def _hours(session: Session, ids: Sequence[UUID]) -> dict[UUID, str | None]:
    return {
        row.id: row.opening_hours
        for row in session.execute(select(Site.id, Site.opening_hours).where(Site.id.in_(ids)))
    }
