"""Reception points: list, create, read, change, delete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from app.api.deps import API_PREFIX, Db, ExpectedVersion, api_router, etag
from app.api.problems import problem_responses
from app.api.schemas import DEPARTEMENT_PATTERN
from app.api.schemas_sites import SiteIn, SiteOut, SitePageOut, SitePatch, columns, site_out
from app.errors import EditedMeanwhileError
from app.persistence.site_repository import SiteRecord
from app.services import sites

router = api_router("Lieux d’accueil")


@router.get("/sites", summary="Lister les lieux d’accueil", response_model=SitePageOut)
def list_sites(
    db: Db,
    departement: Annotated[str | None, Query(pattern=DEPARTEMENT_PATTERN, description="Code du département")] = None,
    q: Annotated[str | None, Query(max_length=100, description="Texte cherché dans nom, commune, adresse")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Lieux par page")] = 100,
    after: Annotated[str | None, Query(max_length=200, description="« next » de la page précédente")] = None,
) -> SitePageOut:
    """Du plus ancien au plus récent ; les pages restent justes quand des lieux s’ajoutent entre deux."""
    with db.read() as session:
        page = sites.list_sites(session, departement=departement, text=q, after=after, limit=limit)
    return SitePageOut(items=[site_out(site) for site in page.items], next=page.next)


@router.post(
    "/sites",
    status_code=201,
    summary="Créer un lieu d’accueil",
    response_model=SiteOut,
    responses=problem_responses(400, 413, 415),
)
def create_site(db: Db, body: SiteIn, response: Response) -> SiteOut:
    """Le lieu créé à la main a pour source « manuel ». Sa commune et son département suivent le point."""
    with db.write() as session:
        site = sites.create_site(session, columns(body.model_dump(exclude_unset=True)) | {"status": body.status})
    response.headers["Location"] = f"{API_PREFIX}/sites/{site.id}"
    response.headers["ETag"] = etag(site.version)
    return site_out(site)


@router.get(
    "/sites/{site_id}",
    summary="Lire un lieu d’accueil",
    response_model=SiteOut,
    responses=problem_responses(404),
)
def get_site(db: Db, site_id: UUID, response: Response) -> SiteOut:
    """L’ETag reçu est la version à renvoyer dans If-Match pour modifier ou supprimer."""
    with db.read() as session:
        site = sites.get_site(session, site_id)
    response.headers["ETag"] = etag(site.version)
    return site_out(site)


@router.patch(
    "/sites/{site_id}",
    summary="Modifier un lieu d’accueil",
    response_model=SiteOut,
    responses=problem_responses(400, 404, 412, 413, 415, 428),
)
def change_site(db: Db, site_id: UUID, version: ExpectedVersion, body: SitePatch, response: Response) -> SiteOut:
    """Un champ absent ne change pas, null efface. Version périmée : 412 avec « yours » et « current »."""
    with _shown(body.model_dump(mode="json", exclude_unset=True)), db.write() as session:
        site = sites.change_site(session, site_id, version, columns(body.model_dump(exclude_unset=True)))
    response.headers["ETag"] = etag(site.version)
    return site_out(site)


@router.delete(
    "/sites/{site_id}",
    status_code=204,
    summary="Supprimer un lieu d’accueil",
    responses=problem_responses(400, 404, 412, 428),
)
def delete_site(db: Db, site_id: UUID, version: ExpectedVersion) -> None:
    """Le lieu n’est plus trouvé ; sa ligne reste, datée, pour les calculs déjà faits."""
    with _shown({}), db.write() as session:
        sites.delete_site(session, site_id, version)


@contextmanager
def _shown(changes: dict[str, Any]) -> Iterator[None]:
    """A stale version is answered with both versions as the API writes them."""
    try:
        yield
    except EditedMeanwhileError as error:
        current = site_out(SiteRecord(**error.current)).model_dump(mode="json")
        raise EditedMeanwhileError(error.detail, yours=error.yours | changes, current=current) from error
