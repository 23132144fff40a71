"""Questions about one point: who can come here in time, and which sites are near."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import shapely
from fastapi import Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.api.answers import Answer, AnswersDep
from app.api.deps import Database, Db, SettingsDep, api_router
from app.api.exports import GEOJSON, geojson_answer
from app.api.gate import GateDep
from app.api.info import Info, Minutes, minutes, network_info
from app.api.params import LatQuery, LonQuery, ModeQuery, SeasonQuery
from app.api.problems import problem_responses, received
from app.domain.site import CARRIER_LABELS_FR, FORM_LABELS_FR
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON, Mode, Season
from app.errors import FieldError, InvalidInputError
from app.persistence.site_repository import get_sites
from app.services.isochrone import (
    Direction,
    IsochroneAnswer,
    NearestAnswer,
    NearSite,
    Origin,
    RoadsAnswer,
    isochrones_at,
    nearest_sites,
    roads_at,
)
from app.services.sites import get_site
from data.store import Store
from data.territory import FICTIONAL_EXTENT, contains

router = api_router("Autour d’un point")

MAX_LIMITS: Final = 6
MAX_MINUTES: Final = 90
MinutesQuery = Annotated[
    str,
    Query(
        max_length=40,
        description=f"Une à {MAX_LIMITS} durées entières de 1 à {MAX_MINUTES}, par exemple 10,20,30",
    ),
]
DirectionQuery = Annotated[
    Direction, Query(description="arrival : d’où l’on peut venir ici ; departure : où l’on peut aller d’ici")
]
FormatQuery = Annotated[
    Literal["polygons", "roads"],
    Query(
        description="polygons : une surface par durée ; roads : les routes atteintes en moins de la plus longue des durées, "
        "chaque tronçon avec le temps à ses deux bouts"
    ),
]


class NearSiteRef(BaseModel):
    id: UUID
    name: str
    form: str
    form_label: str
    carrier: str
    carrier_label: str
    commune: str | None
    departement: str
    lon: float
    lat: float


class NearSiteOut(BaseModel):
    site: NearSiteRef
    minutes: Minutes
    is_within_30: bool | None = Field(description="null : temps inconnu, le lieu n’est pas rattaché à ce réseau")
    opening_hours: str | None


class OriginOut(BaseModel):
    """Où le point demandé rejoint le réseau."""

    lon: float
    lat: float
    access_m: float = Field(description="Distance du point à sa route, à vol d’oiseau")
    road_name: str | None
    road_class: str = Field(description="Valeur de highway=* dans OpenStreetMap")
    way_id: int = Field(description="Voie OpenStreetMap")
    side: Literal["left", "right", "on"] = Field(description="Côté de la voie, dans le sens où OSM la trace")
    nearer_island_m: float | None = Field(
        description="Distance d’une route plus proche, laissée de côté car elle ne mène pas au reste du réseau ; sinon null"
    )


class NearestOut(BaseModel):
    """Les lieux qu’une personne atteint le plus vite depuis le point."""

    items: list[NearSiteOut]
    access_m: float
    origin: OriginOut
    info: Info


@router.get(
    "/isochrones",
    summary="D’où l’on atteint un point",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}, **problem_responses(429)},
)
async def read_isochrones(
    *,
    gate: GateDep,
    answers: AnswersDep,
    settings: SettingsDep,
    lon: LonQuery,
    lat: LatQuery,
    minutes: MinutesQuery = "10,20,30",
    mode: ModeQuery = HEADLINE_MODE,
    season: SeasonQuery = HEADLINE_SEASON,
    direction: DirectionQuery = "arrival",
    format: FormatQuery = "polygons",  # noqa: A002
) -> Response:
    """Un polygone par durée, emboîtés. Pour l’œil : les habitants ne sont jamais comptés avec un polygone."""
    limits = parse_minutes(minutes)
    store = Store(settings.store)

    def make(session: Session) -> Answer:
        return _drawn(session, store, (lon, lat), limits, Trip(mode, season, direction), format)

    return await gate.run(answers.serve, make)


@router.get(
    "/sites/{site_id}/isochrone",
    summary="D’où l’on atteint un lieu d’accueil",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}, **problem_responses(404, 429)},
)
async def read_site_isochrone(
    *,
    gate: GateDep,
    answers: AnswersDep,
    settings: SettingsDep,
    site_id: UUID,
    minutes: MinutesQuery = "10,20,30",
    mode: ModeQuery = HEADLINE_MODE,
    season: SeasonQuery = HEADLINE_SEASON,
    direction: DirectionQuery = "arrival",
    format: FormatQuery = "polygons",  # noqa: A002
) -> Response:
    """Comme /isochrones, au point du lieu."""
    limits = parse_minutes(minutes)
    store = Store(settings.store)

    def make(session: Session) -> Answer:
        site = get_site(session, site_id)
        if site.lon is None or site.lat is None:
            raise InvalidInputError(f"« {site.name} » n’a pas de point sur la carte : il n’a pas d’isochrone.")
        return _drawn(session, store, (site.lon, site.lat), limits, Trip(mode, season, direction), format)

    return await gate.run(answers.serve, make)


@router.get(
    "/nearest",
    summary="Les lieux d’accueil les plus proches",
    response_model=NearestOut,
    responses=problem_responses(429),
)
async def read_nearest(
    *,
    gate: GateDep,
    db: Db,
    settings: SettingsDep,
    lon: LonQuery,
    lat: LatQuery,
    mode: ModeQuery = HEADLINE_MODE,
    season: SeasonQuery = HEADLINE_SEASON,
    limit: Annotated[int, Query(ge=1, le=20, description="Nombre de lieux")] = 3,
) -> NearestOut:
    """Le plus rapide d’abord ; puis ceux qu’aucune route n’atteint, et ceux qui ne sont pas rattachés à ce réseau."""
    return await gate.run(_nearest, db, Store(settings.store), lon, lat, mode=mode, season=season, limit=limit)


def _nearest(
    db: Database, store: Store, lon: float, lat: float, *, mode: Mode, season: Season, limit: int
) -> NearestOut:
    with db.read() as session:
        answer = nearest_sites(session, store, lon, lat, mode=mode, season=season, limit=limit)
        records = get_sites(session, [site.site_id for site in answer.sites])
        communes = {site_id: record.commune_nom for site_id, record in records.items()}
        info = network_info(answer.network, "departure", is_fictional=_is_fictional(answer))
    return NearestOut(
        items=[_near_site(site, communes.get(site.site_id)) for site in answer.sites],
        access_m=round(answer.origin.access_m, 1),
        origin=OriginOut(**_origin(answer.origin)),
        info=info,
    )


def parse_minutes(text: str) -> list[int]:
    """« 10,20,30 » → [10, 20, 30]; sorted, each once. Raises InvalidInputError."""
    parts = [part.strip() for part in text.split(",")]
    limits = sorted({int(part) for part in parts if part.isascii() and part.isdigit()})
    is_valid = all(part.isascii() and part.isdigit() for part in parts)
    if is_valid and 1 <= len(limits) <= MAX_LIMITS and limits[0] >= 1 and limits[-1] <= MAX_MINUTES:
        return limits
    message = (
        f"Durées reçues : « {received(text)} ». Attendu : une à {MAX_LIMITS} durées entières de 1 à "
        f"{MAX_MINUTES} minutes, séparées par des virgules, par exemple 10,20,30."
    )
    raise InvalidInputError(message, [FieldError("query.minutes", received(text), message)])


@dataclass(frozen=True, slots=True)
class Trip:
    """How and which way one travels."""

    mode: Mode
    season: Season
    direction: Direction


def _drawn(
    session: Session,
    store: Store,
    place: tuple[float, float],
    limits: list[int],
    trip: Trip,
    form: Literal["polygons", "roads"],
) -> Answer:
    words: dict[str, Any] = {"mode": trip.mode, "season": trip.season, "direction": trip.direction}
    if form == "roads":
        return _roads(roads_at(session, store, *place, limits[-1], **words))
    return _polygons(isochrones_at(session, store, *place, limits, **words))


def _polygons(answer: IsochroneAnswer) -> Answer:
    features = [
        f'{{"type":"Feature","geometry":{shapely.to_geojson(polygon)},"properties":{{"minutes":{limit}}}}}'
        for limit, polygon in answer.polygons
    ]
    return _collection(answer, features, [limit for limit, _ in answer.polygons])


def _roads(answer: RoadsAnswer) -> Answer:
    """One line per stretch, written one by one: no tree of a hundred thousand objects is built."""
    points = [f"[{lon},{lat}]" for lon, lat in answer.lon_lat.tolist()]
    first = answer.first.tolist()
    features = []
    for s, (from_s, to_s) in enumerate(answer.time_s.round(1).tolist()):
        properties = {
            "time_s": [from_s, to_s],
            "name": answer.name[s],
            "class": answer.road_class[s],
            "way_id": answer.way_id[s],
        }
        line = ",".join(points[first[s] : first[s + 1]])
        features.append(
            f'{{"type":"Feature","geometry":{{"type":"LineString","coordinates":[{line}]}},'
            f'"properties":{json.dumps(properties, ensure_ascii=False)}}}'
        )
    return _collection(answer, features, [answer.minutes], minutes=answer.minutes)


def _collection(
    answer: IsochroneAnswer | RoadsAnswer, features: list[str], limits_min: list[int], **members: Any
) -> Answer:
    """``geojson_answer`` round features that are text already."""
    info = network_info(answer.network, answer.direction, is_fictional=_is_fictional(answer), limits_min=limits_min)
    head = geojson_answer([], info, origin=_origin(answer.origin), **members)
    assert head.content.endswith(b"[]}")
    return replace(head, content=head.content[:-2] + ",".join(features).encode() + b"]}")


def _origin(origin: Origin) -> dict[str, Any]:
    island_m = origin.nearer_island_m
    return asdict(origin) | {
        "access_m": round(origin.access_m, 1),
        "nearer_island_m": None if island_m is None else round(island_m, 1),
    }


def _near_site(site: NearSite, commune: str | None) -> NearSiteOut:
    return NearSiteOut(
        site=NearSiteRef(
            id=site.site_id,
            name=site.name,
            form=site.form,
            form_label=FORM_LABELS_FR[site.form],
            carrier=site.carrier,
            carrier_label=CARRIER_LABELS_FR.get(site.carrier, site.carrier),
            commune=commune,
            departement=site.departement_code,
            lon=site.lon,
            lat=site.lat,
        ),
        minutes=minutes(site.time_s),
        is_within_30=site.is_within_threshold,
        opening_hours=site.opening_hours,
    )


def _is_fictional(answer: IsochroneAnswer | RoadsAnswer | NearestAnswer) -> bool:
    """The fictional département lies where there is no land."""
    return contains(FICTIONAL_EXTENT, answer.origin.lon, answer.origin.lat)
