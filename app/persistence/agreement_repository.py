"""Reading and writing agreements and their yearly allocations. Nobody here commits.

The version is the agreement's: whatever changes in it, an allocation included, makes a new one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.persistence.models import Agreement, Allocation, Commune, Departement


@dataclass(frozen=True, slots=True)
class AllocationRecord:
    """One year of first-reception money; an amount not known yet is None."""

    year: int
    state_share_eur: Decimal
    department_share_eur: Decimal | None
    notified_eur: Decimal | None
    notified_on: date | None
    committed_eur: Decimal | None
    committed_on: date | None
    paid_eur: Decimal | None
    paid_on: date | None
    justified_eur: Decimal | None
    justified_on: date | None


@dataclass(frozen=True, slots=True)
class AgreementRecord:
    id: UUID
    departement_code: str
    kind: str
    label: str
    accounting_regime: str
    period_start: date
    period_end: date
    signed_on: date | None
    version: int
    population: int | None  # municipal, of the département; None when its communes have none
    allocations: tuple[AllocationRecord, ...]


_ALLOCATION: Final = tuple(getattr(Allocation, name) for name in AllocationRecord.__dataclass_fields__)
_AGREEMENT: Final = tuple(
    getattr(Agreement, name)
    for name in AgreementRecord.__dataclass_fields__
    if name not in ("population", "allocations")
)


def departement_exists(session: Session, code: str) -> bool:
    return session.execute(select(Departement.code).where(Departement.code == code)).first() is not None


def list_agreements(session: Session, departement: str | None = None) -> list[AgreementRecord]:
    """The most recent period first."""
    query = select(*_AGREEMENT).order_by(
        Agreement.departement_code, Agreement.period_start.desc(), Agreement.created_at, Agreement.id
    )
    if departement is not None:
        query = query.where(Agreement.departement_code == departement)
    return _records(session, session.execute(query).all())


def get_agreement(session: Session, agreement_id: UUID) -> AgreementRecord | None:
    rows = session.execute(select(*_AGREEMENT).where(Agreement.id == agreement_id)).all()
    return next(iter(_records(session, rows)), None)


def insert_agreement(session: Session, values: Mapping[str, Any]) -> UUID:
    made: UUID = session.execute(insert(Agreement).values(**values).returning(Agreement.id)).scalar_one()
    return made


def take_version(session: Session, agreement_id: UUID, version: int, values: Mapping[str, Any] | None = None) -> bool:
    """Write ``values`` and move to the next version; False when ``version`` is no longer the current one.

    The row stays locked until the transaction ends: what follows in it is done by one writer.
    """
    statement = (
        update(Agreement)
        .where(Agreement.id == agreement_id, Agreement.version == version)
        .values(**(values or {}), version=Agreement.version + 1, updated_at=func.now())
        .returning(Agreement.id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(statement).first() is not None


def delete_agreement(session: Session, agreement_id: UUID, version: int) -> bool:
    statement = (
        delete(Agreement)
        .where(Agreement.id == agreement_id, Agreement.version == version)
        .returning(Agreement.id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(statement).first() is not None


def lock_agreement(session: Session, agreement_id: UUID) -> int | None:
    """The current version, locked until the transaction ends; None when there is no such agreement."""
    return session.scalar(select(Agreement.version).where(Agreement.id == agreement_id).with_for_update())


def insert_allocation(session: Session, agreement_id: UUID, values: Mapping[str, Any]) -> None:
    session.execute(insert(Allocation).values(agreement_id=agreement_id, **values))


def update_allocation(session: Session, agreement_id: UUID, year: int, values: Mapping[str, Any]) -> None:
    session.execute(
        update(Allocation)
        .where(Allocation.agreement_id == agreement_id, Allocation.year == year)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def delete_allocation(session: Session, agreement_id: UUID, year: int) -> None:
    session.execute(
        delete(Allocation)
        .where(Allocation.agreement_id == agreement_id, Allocation.year == year)
        .execution_options(synchronize_session=False)
    )


def _records(session: Session, rows: Sequence[Any]) -> list[AgreementRecord]:
    """Agreements with their allocations and population: three queries, however many agreements."""
    allocations: dict[UUID, list[AllocationRecord]] = {row.id: [] for row in rows}
    query = select(Allocation.agreement_id, *_ALLOCATION).where(Allocation.agreement_id.in_(allocations))
    for row in session.execute(query.order_by(Allocation.year)):
        allocations[row.agreement_id].append(AllocationRecord(*row[1:]))
    populations = _populations(session, {row.departement_code for row in rows})
    return [
        AgreementRecord(
            **row._mapping,
            population=populations.get(row.departement_code),
            allocations=tuple(allocations[row.id]),
        )
        for row in rows
    ]


def _populations(session: Session, departements: set[str]) -> dict[str, int | None]:
    query = (
        select(Commune.departement_code, func.sum(Commune.population_municipale))
        .where(Commune.departement_code.in_(departements))
        .group_by(Commune.departement_code)
    )
    return {row[0]: row[1] for row in session.execute(query)}
