"""What a reception point is."""

from __future__ import annotations

from typing import Final, Literal, get_args

Form = Literal["fixed", "branch", "outpost", "mobile", "phone"]
Status = Literal["planned", "active", "suspended", "closed"]
Carrier = Literal[
    "ccas", "cias", "polyvalence", "france_services", "pimms", "caf", "cpam", "msa", "carsat", "association",
    "centre_social", "other",
]  # fmt: skip

CARRIERS: Final = get_args(Carrier)

#: A telephone answers everywhere and stands nowhere: it never counts in a travel time.
SPATIAL_FORMS: Final = ("fixed", "branch", "outpost", "mobile")

FORM_LABELS_FR: Final[dict[str, str]] = {
    "fixed": "Lieu fixe",
    "branch": "Antenne",
    "outpost": "Permanence",
    "mobile": "Bus ou itinérance",
    "phone": "Téléphone",
}
CARRIER_LABELS_FR: Final[dict[str, str]] = {
    "ccas": "CCAS",
    "cias": "CIAS",
    "polyvalence": "Polyvalence départementale",
    "france_services": "France services",
    "pimms": "Pimms",
    "caf": "CAF",
    "cpam": "CPAM",
    "msa": "MSA",
    "carsat": "CARSAT",
    "association": "Association",
    "centre_social": "Centre social",
    "other": "Autre",
}
