"""Agreements with the State and their yearly allocations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response

from app.api.deps import API_PREFIX, Db, ExpectedVersion, SettingsDep, api_router, etag
from app.api.problems import problem_responses
from app.api.schemas import DEPARTEMENT_PATTERN, Strict
from app.api.schemas_agreements import (
    AgreementIn,
    AgreementOut,
    AgreementPatch,
    AgreementsOut,
    AllocationIn,
    AllocationOut,
    AllocationPatch,
    agreement_out,
    allocation_out,
)
from app.errors import EditedMeanwhileError
from app.services import agreements
from app.settings import Settings

router = api_router("Conventions et crédits")
YearPath = Annotated[int, Path(ge=2000, le=2100, description="Année des crédits")]
_EDIT_ERRORS = problem_responses(400, 404, 409, 412, 413, 415, 428)


@router.get("/agreements", summary="Lister les conventions", response_model=AgreementsOut)
def list_agreements(
    db: Db,
    settings: SettingsDep,
    departement: Annotated[str | None, Query(pattern=DEPARTEMENT_PATTERN, description="Code du département")] = None,
) -> AgreementsOut:
    """Toutes, ou celles d’un département : il peut y en avoir plusieurs à la fois."""
    with db.read() as session:
        found = agreements.list_agreements(session, departement)
    return AgreementsOut(items=[agreement_out(item, settings.funding_class_thresholds) for item in found])


@router.post(
    "/agreements",
    status_code=201,
    summary="Créer une convention",
    response_model=AgreementOut,
    responses=problem_responses(400, 413, 415),
)
def create_agreement(db: Db, settings: SettingsDep, body: AgreementIn, response: Response) -> AgreementOut:
    """Le département doit être chargé."""
    values = body.model_dump(exclude_unset=True)
    values["departement_code"] = values.pop("departement")
    with db.write() as session:
        made = agreements.create_agreement(session, values)
    response.headers["Location"] = f"{API_PREFIX}/agreements/{made.id}"
    response.headers["ETag"] = etag(made.version)
    return agreement_out(made, settings.funding_class_thresholds)


@router.get(
    "/agreements/{agreement_id}",
    summary="Lire une convention",
    response_model=AgreementOut,
    responses=problem_responses(404),
)
def get_agreement(db: Db, settings: SettingsDep, agreement_id: UUID, response: Response) -> AgreementOut:
    """L’ETag couvre la convention et tous ses crédits."""
    with db.read() as session:
        found = agreements.get_agreement(session, agreement_id)
    response.headers["ETag"] = etag(found.version)
    return agreement_out(found, settings.funding_class_thresholds)


@router.patch(
    "/agreements/{agreement_id}",
    summary="Modifier une convention",
    response_model=AgreementOut,
    responses=_EDIT_ERRORS,
)
def change_agreement(
    *,
    db: Db,
    settings: SettingsDep,
    agreement_id: UUID,
    version: ExpectedVersion,
    body: AgreementPatch,
    response: Response,
) -> AgreementOut:
    """Version périmée : 412 avec « yours » et « current »."""
    with _shown(settings, body), db.write() as session:
        changes = body.model_dump(exclude_unset=True)
        changed = agreements.change_agreement(session, agreement_id, version, changes)
    response.headers["ETag"] = etag(changed.version)
    return agreement_out(changed, settings.funding_class_thresholds)


@router.delete(
    "/agreements/{agreement_id}",
    status_code=204,
    summary="Supprimer une convention",
    responses=problem_responses(400, 404, 412, 428),
)
def delete_agreement(db: Db, settings: SettingsDep, agreement_id: UUID, version: ExpectedVersion) -> None:
    """Ses crédits partent avec elle."""
    with _shown(settings), db.write() as session:
        agreements.delete_agreement(session, agreement_id, version)


@router.post(
    "/agreements/{agreement_id}/allocations",
    status_code=201,
    summary="Ajouter les crédits d’une année",
    response_model=AllocationOut,
    responses=problem_responses(400, 404, 409, 413, 415),
)
def add_allocation(db: Db, agreement_id: UUID, body: AllocationIn, response: Response) -> AllocationOut:
    """L’année est dans la période, et n’y est pas déjà. L’ETag rendu est celui de la convention."""
    with db.write() as session:
        changed = agreements.add_allocation(session, agreement_id, body.model_dump(exclude_unset=True))
    response.headers["Location"] = f"{API_PREFIX}/agreements/{agreement_id}/allocations/{body.year}"
    response.headers["ETag"] = etag(changed.version)
    return allocation_out(agreements.allocation_of(changed, body.year))


@router.get(
    "/agreements/{agreement_id}/allocations/{year}",
    summary="Lire les crédits d’une année",
    response_model=AllocationOut,
    responses=problem_responses(404),
)
def get_allocation(db: Db, agreement_id: UUID, year: YearPath, response: Response) -> AllocationOut:
    """L’ETag rendu est celui de la convention."""
    with db.read() as session:
        found = agreements.get_agreement(session, agreement_id)
    response.headers["ETag"] = etag(found.version)
    return allocation_out(agreements.allocation_of(found, year))


@router.patch(
    "/agreements/{agreement_id}/allocations/{year}",
    summary="Modifier les crédits d’une année",
    response_model=AllocationOut,
    responses=_EDIT_ERRORS,
)
def change_allocation(
    *,
    db: Db,
    settings: SettingsDep,
    agreement_id: UUID,
    year: YearPath,
    version: ExpectedVersion,
    body: AllocationPatch,
    response: Response,
) -> AllocationOut:
    """If-Match porte la version de la convention."""
    with _shown(settings, body), db.write() as session:
        changes = body.model_dump(exclude_unset=True)
        changed = agreements.change_allocation(session, agreement_id, year, version, changes)
    response.headers["ETag"] = etag(changed.version)
    return allocation_out(agreements.allocation_of(changed, year))


@router.delete(
    "/agreements/{agreement_id}/allocations/{year}",
    status_code=204,
    summary="Retirer les crédits d’une année",
    responses=problem_responses(400, 404, 412, 428),
)
def delete_allocation(
    db: Db, settings: SettingsDep, agreement_id: UUID, year: YearPath, version: ExpectedVersion
) -> None:
    """If-Match porte la version de la convention."""
    with _shown(settings), db.write() as session:
        agreements.delete_allocation(session, agreement_id, year, version)


@contextmanager
def _shown(settings: Settings, body: Strict | None = None) -> Iterator[None]:
    """A stale version is answered with both versions as the API writes them."""
    try:
        yield
    except EditedMeanwhileError as error:
        changes: dict[str, Any] = {} if body is None else body.model_dump(mode="json", exclude_unset=True)
        current = agreement_out(error.current["agreement"], settings.funding_class_thresholds)
        raise EditedMeanwhileError(
            error.detail, yours=error.yours | changes, current=current.model_dump(mode="json")
        ) from error
