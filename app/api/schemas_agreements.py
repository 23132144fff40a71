"""Agreements and allocations as the API reads and writes them. Money is decimal text."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from app.api.schemas import DEPARTEMENT_PATTERN, Day, Line, Money, Strict, line
from app.domain.agreement import (
    KIND_LABELS_FR,
    STATUS_LABELS_FR,
    AccountingRegime,
    AgreementKind,
    AllocationStatus,
    FundingClass,
    allocation_status,
    funding_class,
)
from app.persistence.agreement_repository import AgreementRecord, AllocationRecord

Body = TypeVar("Body", bound=Strict)
Label = Annotated[Line, line(3, 200)]
Year = Annotated[int, Field(strict=True, ge=2000, le=2100)]


class AgreementIn(Strict):
    """Une convention entre un département et l’État."""

    departement: str = Field(pattern=DEPARTEMENT_PATTERN)
    kind: AgreementKind
    label: Label
    accounting_regime: AccountingRegime = Field(description="civil : année civile ; rolling : 1er juillet - 30 juin")
    period_start: Day
    period_end: Day
    signed_on: Day | None = None


class AgreementPatch(Strict):
    """Ce qui change. Un champ absent ne change pas ; le département d’une convention ne change jamais."""

    kind: AgreementKind | None = None
    label: Label | None = None
    accounting_regime: AccountingRegime | None = None
    period_start: Day | None = None
    period_end: Day | None = None
    signed_on: Day | None = None

    @model_validator(mode="after")
    def _required_stay(self) -> Self:
        return refuse_emptied(self, ("kind", "label", "accounting_regime", "period_start", "period_end"))


class AllocationIn(Strict):
    """Les crédits d’une année. Un montant qu’on ne connaît pas encore est null, jamais 0."""

    year: Year
    state_share_eur: Money = Field(description="Part de l’État, de 60000.00 à 110000.00")
    department_share_eur: Money | None = None
    notified_eur: Money | None = None
    notified_on: Day | None = None
    committed_eur: Money | None = None
    committed_on: Day | None = None
    paid_eur: Money | None = None
    paid_on: Day | None = None
    justified_eur: Money | None = None
    justified_on: Day | None = None


class AllocationPatch(Strict):
    """Ce qui change. Un champ absent ne change pas ; null redevient inconnu."""

    state_share_eur: Money | None = None
    department_share_eur: Money | None = None
    notified_eur: Money | None = None
    notified_on: Day | None = None
    committed_eur: Money | None = None
    committed_on: Day | None = None
    paid_eur: Money | None = None
    paid_on: Day | None = None
    justified_eur: Money | None = None
    justified_on: Day | None = None

    @model_validator(mode="after")
    def _required_stay(self) -> Self:
        return refuse_emptied(self, ("state_share_eur",))


class AllocationOut(BaseModel):
    year: int
    status: AllocationStatus
    status_label: str
    state_share_eur: Money
    department_share_eur: Money | None
    notified_eur: Money | None
    notified_on: date | None
    committed_eur: Money | None
    committed_on: date | None
    paid_eur: Money | None
    paid_on: date | None
    justified_eur: Money | None
    justified_on: date | None


class AgreementOut(BaseModel):
    """Une convention et ses crédits, année par année."""

    id: UUID
    departement: str
    kind: str
    kind_label: str
    label: str
    accounting_regime: str
    period_start: date
    period_end: date
    signed_on: date | None
    funding_class: FundingClass | None = Field(
        description="null tant que les seuils de population ne sont pas configurés"
    )
    version: int
    allocations: list[AllocationOut]


class AgreementsOut(BaseModel):
    items: list[AgreementOut]


def refuse_emptied(body: Body, required: tuple[str, ...]) -> Body:
    emptied = [name for name in required if name in body.model_fields_set and getattr(body, name) is None]
    if emptied:
        raise ValueError(f"Ne peut pas être effacé : {', '.join(emptied)}.")
    return body


def allocation_out(allocation: AllocationRecord) -> AllocationOut:
    status = allocation_status(
        notified_eur=allocation.notified_eur,
        committed_eur=allocation.committed_eur,
        paid_eur=allocation.paid_eur,
        justified_eur=allocation.justified_eur,
    )
    fields = {name: getattr(allocation, name) for name in AllocationRecord.__dataclass_fields__}
    return AllocationOut(status=status, status_label=STATUS_LABELS_FR[status], **fields)


def agreement_out(agreement: AgreementRecord, thresholds: tuple[int, int] | None) -> AgreementOut:
    """``thresholds``: the populations that part the three funding classes, None while not configured."""
    return AgreementOut(
        id=agreement.id,
        departement=agreement.departement_code,
        kind=agreement.kind,
        kind_label=KIND_LABELS_FR[agreement.kind],
        label=agreement.label,
        accounting_regime=agreement.accounting_regime,
        period_start=agreement.period_start,
        period_end=agreement.period_end,
        signed_on=agreement.signed_on,
        funding_class=None if agreement.population is None else funding_class(agreement.population, thresholds),
        version=agreement.version,
        allocations=[allocation_out(allocation) for allocation in agreement.allocations],
    )
