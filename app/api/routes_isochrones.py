"""Questions about one point: who can come here in time, and which sites are near."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final
from uuid import UUID

import shapely
from fastapi import Query, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.api.answers import Answer, AnswersDep
from app.api.deps import Database, Db, SettingsDep, api_router
from app.api.exports import GEOJSON, geojson_answer
from app.api.gate import GateDep
from app.api.info import Info, Minutes, minutes, network_info
from app.api.params import LatQuery, LonQuery
from app.api.problems import problem_responses, received
from app.domain.coverage import Mode
from app.domain.site import CARRIER_LABELS_FR, FORM_LABELS_FR
from app.errors import FieldError, InvalidInputError
from app.persistence.site_repository import get_sites
from app.services.isochrone import (
    Direction,
    IsochroneAnswer,
    NearestAnswer,
    NearSite,
    isochrones_at,
    nearest_sites,
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
ModeQuery = Annotated[Mode, Query(description="Moyen de transport")]


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
    is_within_30: bool
    opening_hours: str | None


class NearestOut(BaseModel):
    """Les lieux qu’une personne atteint le plus vite depuis le point."""

    items: list[NearSiteOut]
    access_m: float
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
    mode: ModeQuery = "car",
    direction: DirectionQuery = "arrival",
) -> Response:
    """Un polygone par durée, emboîtés. Pour l’œil : les habitants ne sont jamais comptés avec un polygone."""
    limits = parse_minutes(minutes)
    store = Store(settings.store)

    def make(session: Session) -> Answer:
        return _polygons(isochrones_at(session, store, lon, lat, limits, mode=mode, direction=direction))

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
    mode: ModeQuery = "car",
    direction: DirectionQuery = "arrival",
) -> Response:
    """Comme /isochrones, au point du lieu."""
    limits = parse_minutes(minutes)
    store = Store(settings.store)

    def make(session: Session) -> Answer:
        site = get_site(session, site_id)
        if site.lon is None or site.lat is None:
            raise InvalidInputError(f"« {site.name} » n’a pas de point sur la carte : il n’a pas d’isochrone.")
        return _polygons(isochrones_at(session, store, site.lon, site.lat, limits, mode=mode, direction=direction))

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
    mode: ModeQuery = "car",
    limit: Annotated[int, Query(ge=1, le=20, description="Nombre de lieux")] = 3,
) -> NearestOut:
    """Le plus rapide d’abord ; ceux qu’aucune route n’atteint viennent en dernier."""
    return await gate.run(_nearest, db, Store(settings.store), lon, lat, mode=mode, limit=limit)


def _nearest(db: Database, store: Store, lon: float, lat: float, *, mode: Mode, limit: int) -> NearestOut:
    with db.read() as session:
        answer = nearest_sites(session, store, lon, lat, mode=mode, limit=limit)
        records = get_sites(session, [site.site_id for site in answer.sites])
        communes = {site_id: record.commune_nom for site_id, record in records.items()}
        info = network_info(answer.network, "departure", is_fictional=_is_fictional(answer))
    return NearestOut(
        items=[_near_site(site, communes.get(site.site_id)) for site in answer.sites],
        access_m=round(answer.origin.access_m, 1),
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


def _polygons(answer: IsochroneAnswer) -> Answer:
    origin: dict[str, Any] = {
        "lon": answer.origin.lon,
        "lat": answer.origin.lat,
        "access_m": round(answer.origin.access_m, 1),
        "road_name": answer.origin.road_name,
    }
    features = [
        {
            "type": "Feature",
            "geometry": json.loads(shapely.to_geojson(shapely.set_precision(polygon, 1e-6))),
            "properties": {"minutes": limit},
        }
        for limit, polygon in answer.polygons
    ]
    info = network_info(answer.network, answer.direction, is_fictional=_is_fictional(answer))
    return geojson_answer(features, info, origin=origin)


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


def _is_fictional(answer: IsochroneAnswer | NearestAnswer) -> bool:
    """The fictional département lies where there is no land."""
    return contains(FICTIONAL_EXTENT, answer.origin.lon, answer.origin.lat)
