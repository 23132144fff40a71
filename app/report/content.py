"""Everything the annual report says, as one typed object. The renderer is given this and nothing else.

Figures arrive computed; texts are French. ``None`` means unknown and is printed as "inconnu", never as zero.
A time of ``math.inf`` means that no route exists and is printed as "aucune route"; NaN is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

#: Code of the row of communes outside any EPCI, at the level of EPCIs.
OUTSIDE_EPCI = "-"

#: A ring is a tuple of (x, y) in metres of the territory's projection, y upwards.
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class ZoneLine:
    code: str
    nom: str
    total: int
    covered: int
    uncovered: int
    unknown: int
    covered_pct: float | None
    median_min: float | None
    max_min: float | None
    is_flagged: bool  # counted at one point: no grid cell in the commune


@dataclass(frozen=True, slots=True)
class UncoveredCommune:
    code: str
    nom: str
    epci_nom: str | None
    uncovered: int
    total: int
    worst_min: float | None  # math.inf: no route at all; None: unknown
    nearest_site: str | None  # None: no route, or unknown


@dataclass(frozen=True, slots=True)
class ScopeLine:
    label: str
    covered: int
    total: int
    covered_pct: float | None


@dataclass(frozen=True, slots=True)
class VariantLine:
    """The same people by another means or in another season; never added to the headline."""

    label: str  # "à vélo", "en voiture, en hiver"
    covered: int
    uncovered: int
    unknown: int
    total: int
    covered_pct: float | None
    is_shown: bool  # the one this report is about


@dataclass(frozen=True, slots=True)
class CauseLine:
    label: str
    people: int


@dataclass(frozen=True, slots=True)
class UnattachedSiteLine:
    name: str
    departement_code: str
    cause_label: str
    nearest_m: float | None  # to the nearest road of any kind; None: unknown


@dataclass(frozen=True, slots=True)
class SiteCount:
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class AllocationLine:
    year: int
    status_label: str
    state_share_eur: Decimal
    department_share_eur: Decimal | None
    notified_eur: Decimal | None
    committed_eur: Decimal | None
    paid_eur: Decimal | None
    justified_eur: Decimal | None
    remarks: tuple[str, ...] = ()  # what does not follow in the amounts and dates; printed with the warnings


@dataclass(frozen=True, slots=True)
class AgreementBlock:
    label: str
    kind_label: str
    regime_label: str
    period_start: date
    period_end: date
    signed_on: date | None
    funding_class_label: str  # "non déterminée : seuils non configurés" when unset
    allocations: tuple[AllocationLine, ...]


@dataclass(frozen=True, slots=True)
class MapShape:
    """A commune to draw: its rings (outer and holes, even-odd) and the class of its covered share."""

    code: str
    nom: str
    rings: tuple[Ring, ...]
    covered_pct: float | None


@dataclass(frozen=True, slots=True)
class MapPoint:
    x_m: float
    y_m: float
    label: str
    kind: str  # "site" | "neighbour_site" | "uncovered"
    people: int = 0


@dataclass(frozen=True, slots=True)
class MapContent:
    shapes: tuple[MapShape, ...]
    points: tuple[MapPoint, ...]
    roads: tuple[tuple[int, Ring], ...]  # (rank, line): main roads only
    alt: str  # says in words what the map shows


@dataclass(frozen=True, slots=True)
class SourceLine:
    name: str
    producer: str
    licence: str
    vintage: str
    sha256: str


@dataclass(frozen=True, slots=True)
class MethodLine:
    term: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportContent:
    departement_code: str
    departement_nom: str
    is_fictional: bool
    year: int
    reception_label: str
    run_id: str
    run_created_at: datetime
    result_sha256: str
    code_version: str
    threshold_min: int
    verdict: str  # one French sentence, the same as on the page
    headline: ZoneLine
    population_label: str  # the figure shown, e.g. "population municipale (millésime 2023)"
    individuals_label: str  # the other one, e.g. "individus de la grille Filosofi 2015, 1 km"; no grid: says so
    population_source_note: str  # which of the two population figures is shown, and the other
    individuals_total: float  # 0: no grid was loaded
    individuals_covered: float
    scopes: tuple[ScopeLine, ...]
    sites_by_carrier: tuple[SiteCount, ...]
    sites_by_form: tuple[SiteCount, ...]
    method: tuple[MethodLine, ...]
    epcis: tuple[ZoneLine, ...]
    communes: tuple[ZoneLine, ...]
    uncovered_communes: tuple[UncoveredCommune, ...]
    map: MapContent
    agreements: tuple[AgreementBlock, ...]
    sources: tuple[SourceLine, ...]
    warnings: tuple[str, ...]
    alert: str | None = None  # the warning that must be read before any figure: it stands on the cover
    travel_label: str = "en voiture"  # how and when people travel in this run
    variants: tuple[VariantLine, ...] = ()  # every published mode and season; empty: not asked
    unknown_causes: tuple[CauseLine, ...] = ()
    unattached_sites: tuple[UnattachedSiteLine, ...] = ()
    road_edits: tuple[str, ...] = ()  # what was declared on top of OpenStreetMap, one sentence each
