"""Why a point of population or a site is not on the roads, in words. What is not attached is never counted as covered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.domain.wording import integer_fr

NOT_RECORDED: Final = "not_recorded"
#: cause -> its words after a number of inhabitants. Causes are those of ``routing.snap.Cause``, in small letters.
CAUSE_LABELS_FR: Final[dict[str, str]] = {
    "too_far": "trop loin de toute route",
    "on_an_island": "près de routes sans lien avec le réseau",
    "across_water": "séparés du réseau par de l'eau",
    "unsaid": "cause non dite",
    NOT_RECORDED: "cause non enregistrée, calcul d'une version antérieure",
}
#: The same after the name of one site.
SITE_CAUSE_LABELS_FR: Final[dict[str, str]] = CAUSE_LABELS_FR | {"across_water": "séparé du réseau par de l'eau"}


def causes_fr(people: Mapping[str, int]) -> str:
    """{"too_far": 12, "across_water": 3} -> "trop loin de toute route : 12 ; séparés du réseau par de l'eau : 3"."""
    ordered = sorted(people.items(), key=lambda item: (-item[1], item[0]))
    return " ; ".join(f"{CAUSE_LABELS_FR[cause]} : {integer_fr(count)}" for cause, count in ordered)
