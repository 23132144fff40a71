"""Coverage, zones, gaps and départements as the API shows them."""

from __future__ import annotations

import math
from uuid import UUID

import shapely
from pydantic import BaseModel, Field

from app.api.info import Info, Minutes, list_info, minutes, run_info
from app.domain.agreement import AllocationStatus
from app.domain.attachment import CAUSE_LABELS_FR, SITE_CAUSE_LABELS_FR
from app.domain.coverage import SCOPE_LABELS_FR, SCOPES, Scope, ZoneFigures
from app.domain.travel import Mode, Season, travel_labels
from app.domain.wording import stale_fr
from app.services.coverage import Coverage
from app.services.departements import DepartementView
from app.services.gaps import Gap
from app.services.runs import RunView


class PeopleOut(BaseModel):
    """Habitants : covered + uncovered + unknown = total."""

    total: int
    covered: int
    uncovered: int
    unknown: int = Field(description="Point non rattaché aux routes")


class TravelTimeOut(BaseModel):
    median_min: Minutes
    p95_min: Minutes
    max_min: Minutes
    has_no_route: bool


class ZoneTravelTimeOut(BaseModel):
    median_min: Minutes
    p95_min: Minutes
    max_min: Minutes


class FilosofiOut(BaseModel):
    individuals_total: float = Field(description="Au dixième ; 0 : aucune grille chargée")
    individuals_covered: float = Field(description="Au dixième")
    covered_pct: float | None


class CompanionOut(BaseModel):
    scope: Scope
    label: str
    covered: int
    total: int
    covered_pct: float | None


class VariantOut(BaseModel):
    """Les mêmes habitants, par un autre moyen ou en une autre saison : à comparer, jamais à additionner."""

    mode: Mode
    season: Season
    label: str
    run_id: UUID
    covered: int
    uncovered: int
    unknown: int
    total: int
    covered_pct: float | None
    is_shown: bool = Field(description="Celle de cette réponse")


class UnknownCauseOut(BaseModel):
    cause: str
    label: str
    people: int


class UnattachedSiteOut(BaseModel):
    """Un lieu qu’aucune route ne rejoint : il ne compte dans aucun chiffre."""

    id: UUID
    name: str
    departement: str
    cause: str
    label: str
    nearest_m: float | None = Field(description="Mètres jusqu’à la route la plus proche, quelle qu’elle soit")


class DepartementRef(BaseModel):
    code: str
    nom: str


class CoverageOut(BaseModel):
    """La part des habitants qui atteignent un lieu d’accueil avant le seuil."""

    departement: DepartementRef
    scope: Scope
    scope_label: str
    population: PeopleOut
    covered_pct: float | None = Field(description="Part de tous les habitants, inconnus compris, sans arrondi")
    filosofi: FilosofiOut
    verdict: str
    travel_time: TravelTimeOut
    companions: list[CompanionOut]
    variants: list[VariantOut]
    unknown_by_cause: list[UnknownCauseOut] = Field(description="Leurs habitants font population.unknown")
    unattached_sites: list[UnattachedSiteOut]
    road_edits: list[str] = Field(description="Ce qui a été déclaré en plus d’OpenStreetMap, une phrase chacune")
    warnings: list[str]
    info: Info


class ZoneOut(BaseModel):
    code: str
    nom: str
    population: PeopleOut
    covered_pct: float | None
    travel_time: ZoneTravelTimeOut
    is_point: bool = Field(description="Comptée en un seul point : aucun carreau de population dans la commune")
    centre: tuple[float, float] | None = Field(
        description="Longitude et latitude du carreau le plus peuplé ; nul pour une zone autre qu’une commune"
    )


class ZonesOut(BaseModel):
    level: str
    items: list[ZoneOut]
    info: Info


class GapCommuneOut(BaseModel):
    code: str
    nom: str
    people: int


class GapSiteOut(BaseModel):
    id: UUID
    name: str
    minutes: Minutes


class GapOut(BaseModel):
    """Une zone de carreaux non couverts qui se touchent."""

    id: int
    people: int
    cells: int
    communes: list[GapCommuneOut]
    worst_min: Minutes
    has_no_route: bool
    missing_s: float | None = Field(
        description="Ce qui manque au moins éloigné pour être couvert ; null : aucune route"
    )
    centre: tuple[float, float] = Field(description="lon, lat, dans la zone")
    bbox: tuple[float, float, float, float]
    nearest_site: GapSiteOut | None


class GapsOut(BaseModel):
    items: list[GapOut]
    total_people: int
    info: Info


class HeadlineOut(BaseModel):
    covered_pct: float | None
    covered: int
    uncovered: int
    unknown: int
    total: int


class TravelOut(BaseModel):
    mode: Mode
    season: Season


class DepartementOut(BaseModel):
    code: str
    nom: str
    is_fictional: bool
    population: int | None
    coverage: HeadlineOut | None
    verdict: str | None
    agreement_status: AllocationStatus | None
    run_id: UUID | None
    bbox: tuple[float, float, float, float]
    published: list[TravelOut] = Field(description="Moyens et saisons qui ont un calcul publié")


class DepartementsOut(BaseModel):
    items: list[DepartementOut]
    info: Info


def people_out(zone: ZoneFigures) -> PeopleOut:
    return PeopleOut(total=zone.total, covered=zone.covered, uncovered=zone.uncovered, unknown=zone.unknown)


def coverage_out(coverage: Coverage) -> CoverageOut:
    zone, threshold_s = coverage.departement, coverage.threshold_s
    by_scope = {coverage.scope: zone, **dict(coverage.companions)}
    return CoverageOut(
        departement=DepartementRef(code=coverage.run.departement_code, nom=coverage.run.departement_nom),
        scope=coverage.scope,
        scope_label=SCOPE_LABELS_FR[coverage.scope],
        population=people_out(zone),
        covered_pct=zone.covered_pct,
        filosofi=_filosofi(zone),
        verdict=coverage.verdict,
        travel_time=TravelTimeOut(
            **_times(zone, threshold_s).model_dump(),
            has_no_route=zone.max_s is not None and math.isinf(zone.max_s),
        ),
        companions=[
            CompanionOut(
                scope=scope,
                label=SCOPE_LABELS_FR[scope],
                covered=by_scope[scope].covered,
                total=by_scope[scope].total,
                covered_pct=by_scope[scope].covered_pct,
            )
            for scope in SCOPES
        ],
        variants=_variants(coverage),
        unknown_by_cause=[
            UnknownCauseOut(cause=cause, label=CAUSE_LABELS_FR[cause], people=people)
            for cause, people in coverage.unknown_by_cause.items()
        ],
        unattached_sites=[
            UnattachedSiteOut(
                id=site.site_id,
                name=site.name,
                departement=site.departement_code,
                cause=site.cause,
                label=SITE_CAUSE_LABELS_FR[site.cause],
                nearest_m=None if site.nearest_m is None else round(site.nearest_m, 1),
            )
            for site in coverage.unattached_sites
        ],
        road_edits=list(coverage.run.road_edits),
        warnings=[*coverage.run.warnings, *([stale_fr(coverage.run.changed)] if coverage.run.is_stale else [])],
        info=run_info(coverage.run, threshold_s),
    )


def _variants(coverage: Coverage) -> list[VariantOut]:
    labels = travel_labels((variant.mode, variant.season) for variant in coverage.variants)
    return [
        VariantOut(
            mode=variant.mode,
            season=variant.season,
            label=labels[variant.mode, variant.season],
            run_id=variant.run_id,
            **people_out(variant.figures).model_dump(),
            covered_pct=variant.figures.covered_pct,
            is_shown=variant.run_id == coverage.run.id,
        )
        for variant in coverage.variants
    ]


def zone_out(zone: ZoneFigures, threshold_s: int, centre: tuple[float, float] | None = None) -> ZoneOut:
    return ZoneOut(
        code=zone.code,
        nom=zone.nom,
        population=people_out(zone),
        covered_pct=zone.covered_pct,
        travel_time=_times(zone, threshold_s),
        is_point=zone.has_point_cell,
        centre=centre,
    )


def gap_out(gap: Gap, threshold_s: int) -> GapOut:
    site = gap.nearest_site
    west, south, east, north = shapely.bounds(gap.outline).tolist()
    return GapOut(
        id=gap.number,
        people=gap.people,
        cells=gap.cells,
        communes=[GapCommuneOut(code=c.code_insee, nom=c.nom, people=c.people) for c in gap.communes],
        worst_min=minutes(gap.worst_s, threshold_s),
        has_no_route=math.isinf(gap.worst_s),
        missing_s=None if math.isinf(gap.missing_s) else round(gap.missing_s, 1),
        centre=gap.centre,
        bbox=(west, south, east, north),
        nearest_site=None
        if site is None
        else GapSiteOut(id=site[0], name=site[1], minutes=minutes(gap.least_s, threshold_s)),
    )


def gaps_out(run: RunView, gaps: list[Gap], threshold_s: int) -> GapsOut:
    return GapsOut(
        items=[gap_out(gap, threshold_s) for gap in gaps],
        total_people=sum(gap.people for gap in gaps),
        info=run_info(run, threshold_s),
    )


def departement_out(view: DepartementView) -> DepartementOut:
    zone = view.figures
    return DepartementOut(
        code=view.code,
        nom=view.nom,
        is_fictional=view.is_fictional,
        population=view.population_municipale,
        coverage=None if zone is None else HeadlineOut(covered_pct=zone.covered_pct, **people_out(zone).model_dump()),
        verdict=view.verdict,
        agreement_status=view.agreement_status,
        run_id=None if view.run is None else view.run.id,
        bbox=view.bbox,
        published=[TravelOut(mode=mode, season=season) for mode, season in view.published],
    )


def departements_out(views: list[DepartementView]) -> DepartementsOut:
    return DepartementsOut(
        items=[departement_out(view) for view in views],
        info=list_info(view.is_fictional for view in views),
    )


def _times(zone: ZoneFigures, threshold_s: int) -> ZoneTravelTimeOut:
    return ZoneTravelTimeOut(
        median_min=minutes(zone.median_s, threshold_s),
        p95_min=minutes(zone.p95_s, threshold_s),
        max_min=minutes(zone.max_s, threshold_s),
    )


def _filosofi(zone: ZoneFigures) -> FilosofiOut:
    total = zone.individuals_total
    return FilosofiOut(
        individuals_total=round(total, 1),
        individuals_covered=round(zone.individuals_covered, 1),
        covered_pct=100.0 * zone.individuals_covered / total if total else None,
    )
