"""Agreements of a département with the State, and the first-reception money of each of their years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.agreement import STATE_SHARE_MAX_EUR, STATE_SHARE_MIN_EUR
from app.domain.wording import integer_fr
from app.errors import ConflictError, EditedMeanwhileError, FieldError, InvalidInputError, NotFoundError
from app.persistence import agreement_repository as repository
from app.persistence.agreement_repository import AgreementRecord, AllocationRecord

#: The source of the bounds, as it is told to whoever goes out of them.
SHARE_SOURCE: Final = "UNCCAS, « Premier accueil social inconditionnel : vers la mise en œuvre du dispositif », 2019"


def list_agreements(session: Session, departement: str | None = None) -> list[AgreementRecord]:
    return repository.list_agreements(session, departement)


def get_agreement(session: Session, agreement_id: UUID) -> AgreementRecord:
    agreement = repository.get_agreement(session, agreement_id)
    if agreement is None:
        raise NotFoundError(f"Aucune convention {agreement_id} : elle n’existe pas ou a été supprimée.")
    return agreement


def create_agreement(session: Session, values: Mapping[str, Any]) -> AgreementRecord:
    """A département may have several agreements at once. Raises InvalidInputError."""
    code = values["departement_code"]
    if not repository.departement_exists(session, code):
        message = f"Département « {code} » non chargé : importez d’abord ses communes."
        raise InvalidInputError(message, [FieldError("body.departement", code, message)])
    _check_period(values)
    return get_agreement(session, repository.insert_agreement(session, values))


def change_agreement(session: Session, agreement_id: UUID, version: int, changes: Mapping[str, Any]) -> AgreementRecord:
    """Write ``changes`` over ``version``. Raises EditedMeanwhileError, InvalidInputError, ConflictError."""
    current = get_agreement(session, agreement_id)
    if current.version != version:
        raise _edited(current, version, changes)
    if all(getattr(current, name) == value for name, value in changes.items()):
        return current
    merged = asdict(current) | dict(changes)
    _check_period(merged)
    outside = [a.year for a in current.allocations if not _is_within(a.year, merged)]
    if outside:
        years = ", ".join(str(year) for year in outside)
        raise ConflictError(
            f"La période reçue laisserait dehors des crédits déjà saisis ({years}). Retirez-les d’abord."
        )
    if not repository.take_version(session, agreement_id, version, changes):
        raise _edited(get_agreement(session, agreement_id), version, changes)
    return get_agreement(session, agreement_id)


def delete_agreement(session: Session, agreement_id: UUID, version: int) -> None:
    """Its allocations go with it. Raises EditedMeanwhileError when the version is stale."""
    if not repository.delete_agreement(session, agreement_id, version):
        raise _edited(get_agreement(session, agreement_id), version, {})


def add_allocation(session: Session, agreement_id: UUID, values: Mapping[str, Any]) -> AgreementRecord:
    """One more year. Raises ConflictError when the agreement has it already.

    Needs no version: two people who add the same year cannot both succeed.
    """
    version = repository.lock_agreement(session, agreement_id)
    current = get_agreement(session, agreement_id)
    year = values["year"]
    if not _is_within(year, asdict(current)):
        message = (
            f"Année {year} hors de la période de la convention "
            f"({current.period_start:%d/%m/%Y} - {current.period_end:%d/%m/%Y})."
        )
        raise InvalidInputError(message, [FieldError("body.year", str(year), message)])
    if any(allocation.year == year for allocation in current.allocations):
        raise ConflictError(f"Les crédits de {year} existent déjà dans cette convention : modifiez-les (PATCH).")
    _check_state_share(values)
    assert version is not None  # get_agreement would have raised
    repository.take_version(session, agreement_id, version)
    repository.insert_allocation(session, agreement_id, values)
    return get_agreement(session, agreement_id)


def change_allocation(
    session: Session, agreement_id: UUID, year: int, version: int, changes: Mapping[str, Any]
) -> AgreementRecord:
    current = get_agreement(session, agreement_id)
    allocation = allocation_of(current, year)
    if current.version != version:
        raise _edited(current, version, {"year": year, **changes})
    if all(getattr(allocation, name) == value for name, value in changes.items()):
        return current
    _check_state_share(changes)
    if not repository.take_version(session, agreement_id, version):
        raise _edited(get_agreement(session, agreement_id), version, {"year": year, **changes})
    repository.update_allocation(session, agreement_id, year, changes)
    return get_agreement(session, agreement_id)


def delete_allocation(session: Session, agreement_id: UUID, year: int, version: int) -> None:
    current = get_agreement(session, agreement_id)
    allocation_of(current, year)
    if not repository.take_version(session, agreement_id, version):
        raise _edited(get_agreement(session, agreement_id), version, {"year": year})
    repository.delete_allocation(session, agreement_id, year)


def allocation_of(agreement: AgreementRecord, year: int) -> AllocationRecord:
    found = next((allocation for allocation in agreement.allocations if allocation.year == year), None)
    if found is None:
        raise NotFoundError(f"Aucun crédit pour {year} dans la convention « {agreement.label} ».")
    return found


def _check_period(values: Mapping[str, Any]) -> None:
    start, end = values["period_start"], values["period_end"]
    if end < start:
        message = f"La période finit ({end:%d/%m/%Y}) avant de commencer ({start:%d/%m/%Y})."
        raise InvalidInputError(message, [FieldError("body.period_end", end.isoformat(), message)])


def _is_within(year: int, agreement: Mapping[str, Any]) -> bool:
    """A rolling year bears the year it starts in, hence the years of both ends whatever the regime."""
    start, end = agreement["period_start"], agreement["period_end"]
    within: bool = start.year <= year <= end.year
    return within


def _check_state_share(values: Mapping[str, Any]) -> None:
    share = values.get("state_share_eur", STATE_SHARE_MIN_EUR)
    if STATE_SHARE_MIN_EUR <= share <= STATE_SHARE_MAX_EUR:
        return
    message = (
        f"Part de l’État reçue : {share} €. Attendu : de {integer_fr(int(STATE_SHARE_MIN_EUR))} € à "
        f"{integer_fr(int(STATE_SHARE_MAX_EUR))} € par an, forfait du premier accueil ({SHARE_SOURCE})."
    )
    raise InvalidInputError(message, [FieldError("body.state_share_eur", str(share), message)])


def _edited(current: AgreementRecord, version: int, changes: Mapping[str, Any]) -> EditedMeanwhileError:
    return EditedMeanwhileError(
        f"Cette convention a été modifiée entre-temps : vous aviez lu la version {version}, la version "
        f"{current.version} est en vigueur. Relisez-la, puis refaites votre modification.",
        yours={"version": version, **changes},
        current={"version": current.version, "agreement": current},
    )
