"""Vector tiles and their description (TileJSON)."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import Path, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.api.answers import etag_of, is_known
from app.api.deps import API_PREFIX, Database, Db, api_router
from app.api.info import attributions
from app.api.params import ModeQuery, ScopeQuery, SeasonQuery
from app.api.problems import problem_responses
from app.api.schemas import DEPARTEMENT_PATTERN
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON
from app.services.recent import Recent
from app.services.runs import find_departement
from app.services.tiles import (
    FIELDS,
    MAX_ZOOM,
    MIN_ZOOM,
    Layer,
    Tile,
    check_tile,
    draw_tile,
    fictional_flags,
    layer_bounds,
    tile_version,
)

router = api_router("Tuiles")

MVT = "application/vnd.mapbox-vector-tile"
LayerPath = Annotated[Layer, Path(description="Couche")]
DepartementQuery = Annotated[
    str | None, Query(pattern=DEPARTEMENT_PATTERN, description="Un seul département ; par défaut, tous")
]
Coordinate = Annotated[int, Path(ge=0, le=2**24)]


class VectorLayer(BaseModel):
    id: str
    fields: dict[str, str]
    minzoom: int
    maxzoom: int


class TileJson(BaseModel):
    """TileJSON 3.0.0."""

    tilejson: str = "3.0.0"
    name: str
    tiles: list[str]
    vector_layers: list[VectorLayer]
    attribution: str
    bounds: tuple[float, float, float, float] | None
    minzoom: int
    maxzoom: int


@router.get(
    "/tiles/{layer}/{z}/{x}/{y}.mvt",
    summary="Une tuile vectorielle",
    response_class=Response,
    responses={200: {"content": {MVT: {}}}, 304: {"description": "Inchangée"}, **problem_responses(404)},
)
async def read_tile(
    *,
    request: Request,
    db: Db,
    layer: LayerPath,
    z: Coordinate,
    x: Coordinate,
    y: Coordinate,
    departement: DepartementQuery = None,
    scope: ScopeQuery = "all",
    mode: ModeQuery = HEADLINE_MODE,
    season: SeasonQuery = HEADLINE_SEASON,
) -> Response:
    """Du calcul publié. L’ETag change avec le calcul publié, les limites, les routes ou les lieux."""
    tile = Tile(layer, z, x, y, departement, scope, mode, season)
    check_tile(tile)
    return await to_thread.run_sync(_answer, request, db, tile, limiter=request.app.state.tile_threads)


def _answer(request: Request, db: Database, tile: Tile) -> Response:
    recent: Recent[bytes] = request.app.state.tiles
    with db.read() as session:
        version = tile_version(session, tile.layer)
        # Revalidated each time: the answer to that costs a millisecond, and an edit is seen at once.
        etag = etag_of(request, version)
        headers = {"ETag": etag, "Cache-Control": "public, no-cache"}
        if is_known(request, etag):
            return Response(status_code=304, headers=headers)
        _check_departement(session, tile.departement)
        content = draw_tile(session, tile, version, recent)
    return Response(content, media_type=MVT, headers=headers)


@router.get(
    "/tiles/{layer}.json",
    summary="Description d’une couche de tuiles",
    response_model=TileJson,
    responses=problem_responses(404),
)
def read_tilejson(
    request: Request,
    db: Db,
    layer: LayerPath,
    departement: DepartementQuery = None,
    scope: ScopeQuery = "all",
    mode: ModeQuery = HEADLINE_MODE,
    season: SeasonQuery = HEADLINE_SEASON,
) -> TileJson:
    """À donner telle quelle à un logiciel de carte."""
    with db.read() as session:
        _check_departement(session, departement)
        bounds = layer_bounds(session, departement)
        fictional = fictional_flags(session, departement)
    query = f"?scope={scope}&mode={mode}&season={season}" + (f"&departement={departement}" if departement else "")
    return TileJson(
        name=layer,
        tiles=[f"{str(request.base_url).rstrip('/')}{API_PREFIX}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt{query}"],
        vector_layers=[VectorLayer(id=layer, fields=FIELDS[layer], minzoom=MIN_ZOOM[layer], maxzoom=MAX_ZOOM)],
        attribution=" ; ".join(item.attribution for item in attributions(fictional)),
        bounds=bounds,
        minzoom=MIN_ZOOM[layer],
        maxzoom=MAX_ZOOM,
    )


def _check_departement(session: Session, code: str | None) -> None:
    """An empty map would say that nobody lives there."""
    if code is not None:
        find_departement(session, code)
