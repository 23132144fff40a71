"""A département's agreement with the State and the first-reception allocation in it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Literal

AgreementKind = Literal["calpae", "local_solidarity_contract", "other"]
AccountingRegime = Literal["civil", "rolling"]
AllocationStatus = Literal["planned", "notified", "committed", "paid", "justified"]
FundingClass = Literal["small", "medium", "large"]

KIND_LABELS_FR: Final[dict[str, str]] = {
    "calpae": "Convention d'appui à la lutte contre la pauvreté et d'accès à l'emploi",
    "local_solidarity_contract": "Contrat local des solidarités",
    "other": "Autre convention",
}
STATUS_LABELS_FR: Final[dict[str, str]] = {
    "planned": "prévu",
    "notified": "notifié",
    "committed": "engagé",
    "paid": "payé",
    "justified": "justifié",
}

#: The State's flat rate for first reception, 60,000 to 110,000 EUR a year by three classes of population
#: (UNCCAS, "Premier accueil social inconditionnel : vers la mise en oeuvre du dispositif", 2019, read 2026-11).
STATE_SHARE_MIN_EUR: Final = Decimal("60000.00")
STATE_SHARE_MAX_EUR: Final = Decimal("110000.00")


def funding_class(population: int, thresholds: tuple[int, int] | None) -> FundingClass | None:
    """The class of a département, None while its thresholds are not configured (no source publishes them)."""
    if thresholds is None:
        return None
    if population < thresholds[0]:
        return "small"
    return "medium" if population < thresholds[1] else "large"


def allocation_status(
    *,
    notified_eur: Decimal | None,
    committed_eur: Decimal | None,
    paid_eur: Decimal | None,
    justified_eur: Decimal | None,
) -> AllocationStatus:
    """The furthest step whose amount is known; a step may be known before the one it follows."""
    if justified_eur is not None:
        return "justified"
    if paid_eur is not None:
        return "paid"
    if committed_eur is not None:
        return "committed"
    return "planned" if notified_eur is None else "notified"


def allocation_remarks(
    *,
    year: int,
    state_share_eur: Decimal,
    steps: Sequence[tuple[AllocationStatus, Decimal | None, date | None]],
) -> tuple[str, ...]:
    """What a préfet would ask about in the amounts of one year, in French; nothing here is refused.

    ``steps`` are (status, amount, date) from notified to justified. An amount may be known before the step it follows,
    and what is justified includes the département's share: neither is remarked on.
    """
    remarks = []
    known = [(status, amount) for status, amount, _ in steps if amount is not None and status != "justified"]
    for (before, less), (after, more) in itertools.pairwise(known):
        if more > less:
            remarks.append(
                f"{year} : le montant {STATUS_LABELS_FR[after]} ({more} €) dépasse le montant {STATUS_LABELS_FR[before]} ({less} €)."
            )
    if known and known[0][1] > state_share_eur:
        first_known, amount = known[0]
        remarks.append(
            f"{year} : le montant {STATUS_LABELS_FR[first_known]} ({amount} €) dépasse la part de l'État prévue ({state_share_eur} €)."
        )
    dated = [(status, day) for status, _, day in steps if day is not None]
    for (earlier, first), (later, second) in itertools.pairwise(dated):
        if second < first:
            remarks.append(
                f"{year} : {STATUS_LABELS_FR[later]} le {second:%d/%m/%Y}, avant d'être {STATUS_LABELS_FR[earlier]} le {first:%d/%m/%Y}."
            )
    return tuple(remarks)
