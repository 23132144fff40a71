"""What "covered" means, and for which sites.

Covered: a site can be reached in strictly less than the threshold. Unknown: the people's point could not be
attached to the roads. Uncovered: everyone else, those no route reaches included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from app.domain import travel

#: The programme's promise, "moins de 30 minutes" (plan d'action interministériel, October 2015; strategy of
#: 13 September 2018): strictly less than 1,800 s.
THRESHOLD_S: Final = 1800

Mode = travel.Mode
Scope = Literal["all", "own", "all_fixed", "own_fixed"]

#: scope -> (counts sites of neighbouring départements, counts mobile sites at their declared point)
SCOPES: Final[dict[Scope, tuple[bool, bool]]] = {
    "all": (True, True),
    "own": (False, True),
    "all_fixed": (True, False),
    "own_fixed": (False, False),
}
SCOPE_LABELS_FR: Final[dict[Scope, str]] = {
    "all": "tous les lieux, départements voisins et bus compris",
    "own": "lieux du seul département, bus compris",
    "all_fixed": "tous les lieux, départements voisins compris, sans les bus",
    "own_fixed": "lieux du seul département, sans les bus",
}
HEADLINE_SCOPE: Final[Scope] = "all"

#: The four sets of sites a time is kept for; every scope is the least of some of them.
PARTS: Final = ("own_fixed", "own_mobile", "neighbour_fixed", "neighbour_mobile")

#: A point farther than this from a road people can drive on is not attached: its people are unknown, not uncovered.
#: 500 m is the usual bound of the field for "on the network"; people of a square may live up to half its diagonal
#: nearer than its centre, so a cell gets that much more.
MAX_ACCESS_M: Final = 500.0


def parts_of(scope: Scope) -> tuple[str, ...]:
    neighbours, mobile = SCOPES[scope]
    return tuple(
        part for part in PARTS if (neighbours or part.startswith("own")) and (mobile or part.endswith("fixed"))
    )


def scope_of(*, neighbours: bool, mobile: bool) -> Scope:
    return next(name for name, flags in SCOPES.items() if flags == (neighbours, mobile))


@dataclass(frozen=True, slots=True)
class ZoneFigures:
    """Integer sums of one zone; ``covered + uncovered + unknown == total``. Times weigh people, in seconds."""

    level: str
    code: str
    nom: str
    total: int
    covered: int
    uncovered: int
    unknown: int
    individuals_total: float
    individuals_covered: float
    median_s: float | None
    p95_s: float | None
    max_s: float | None
    has_point_cell: bool

    @property
    def covered_pct(self) -> float | None:
        """Share of all inhabitants, unknown ones in the denominator; None where nobody lives."""
        return 100.0 * self.covered / self.total if self.total else None
