"""The annual report's content, gathered from one published run and the agreements on record."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.agreement import KIND_LABELS_FR, STATUS_LABELS_FR, allocation_remarks, allocation_status, funding_class
from app.domain.attachment import CAUSE_LABELS_FR, SITE_CAUSE_LABELS_FR
from app.domain.coverage import SCOPE_LABELS_FR, ZoneFigures
from app.domain.site import CARRIER_LABELS_FR, FORM_LABELS_FR
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON, travel_fr, travel_labels
from app.domain.wording import stale_fr
from app.errors import ConflictError
from app.persistence.models import Agreement, Allocation, RunCell, RunSite
from app.report.checks import check_adds_up
from app.report.content import (
    AgreementBlock,
    AllocationLine,
    CauseLine,
    ReportContent,
    ScopeLine,
    SiteCount,
    UnattachedSiteLine,
    UncoveredCommune,
    VariantLine,
    ZoneLine,
)
from app.services.coverage import Coverage, get_coverage, get_zones
from app.services.gaps import Gap, get_gaps
from app.services.report_map import build_map
from app.services.report_texts import (
    alert,
    has_grid_people,
    individuals_label,
    method,
    population_label,
    population_note,
    sources,
    warnings,
)
from app.services.runs import RunView, find_run
from app.settings import Settings

CLASS_LABELS_FR = {
    "small": "première classe (la moins peuplée)",
    "medium": "deuxième classe",
    "large": "troisième classe",
}
REGIME_LABELS_FR = {"civil": "année civile", "rolling": "année glissante (1er juillet - 30 juin)"}


def build_content(
    session: Session,
    settings: Settings,
    code: str,
    year: int,
    *,
    mode: str = HEADLINE_MODE,
    season: str = HEADLINE_SEASON,
) -> ReportContent:
    """Everything the report of ``year`` says of the département, all of it of one run at that run's own threshold.

    The other published modes and seasons stand beside it in one table.

    NotFoundError: no run is published. ConflictError: its figures do not add up, and nothing may be printed of them.
    """
    published = find_run(session, code, mode=mode, season=season)
    run_id, threshold_s = published.id, published.threshold_s
    coverage = get_coverage(session, code, threshold_s=threshold_s, run_id=run_id)
    run = coverage.run
    _, communes = get_zones(session, code, "commune", threshold_s=threshold_s, run_id=run_id)
    _, epcis = get_zones(session, code, "epci", threshold_s=threshold_s, run_id=run_id)
    _, gaps = get_gaps(session, code, threshold_s=threshold_s, run_id=run_id)
    figures = coverage.departement
    cover = alert(run, year)
    has_grid = has_grid_people(figures)
    travels = {(variant.mode, variant.season) for variant in coverage.variants}
    agreements = _agreements(session, settings, code, year, figures.total)
    content = ReportContent(
        departement_code=code,
        departement_nom=run.departement_nom,
        is_fictional=run.is_fictional,
        year=year,
        reception_label=settings.label,
        run_id=str(run.id),
        run_created_at=run.created_at,
        result_sha256=run.result_sha256,
        code_version=run.code_version,
        threshold_min=run.threshold_s // 60,
        verdict=coverage.verdict,
        headline=_zone_line(figures),
        population_label=population_label(run),
        individuals_label=individuals_label(run, figures),
        population_source_note=population_note(run, figures),
        individuals_total=round(figures.individuals_total, 1),
        individuals_covered=round(figures.individuals_covered, 1),
        scopes=_scope_lines(coverage),
        sites_by_carrier=_count_sites(session, run, "carrier"),
        sites_by_form=_count_sites(session, run, "form"),
        method=method(run, has_grid=has_grid),
        epcis=tuple(_zone_line(zone) for zone in epcis),
        communes=tuple(_zone_line(zone) for zone in communes),
        uncovered_communes=_uncovered_communes(session, run, communes, epcis, gaps),
        map=build_map(session, run, communes, gaps),
        agreements=agreements,
        sources=sources(run, has_grid=has_grid),
        warnings=(
            *([cover] if cover else []),
            *warnings(run),
            *(remark for block in agreements for line in block.allocations for remark in line.remarks),
        ),
        alert=cover,
        travel_label=travel_fr(run.mode, run.season, says_summer=(run.mode, "winter") in travels),
        variants=_variant_lines(coverage),
        unknown_causes=tuple(
            CauseLine(CAUSE_LABELS_FR[cause], people) for cause, people in coverage.unknown_by_cause.items()
        ),
        unattached_sites=tuple(
            UnattachedSiteLine(site.name, site.departement_code, SITE_CAUSE_LABELS_FR[site.cause], site.nearest_m)
            for site in coverage.unattached_sites
        ),
        road_edits=run.road_edits,
    )
    try:
        check_adds_up(content)
    except ValueError as error:
        todo = f" {stale_fr(run.changed)} Lancez : accueil30 compute {code}" if run.is_stale else ""
        raise ConflictError(f"{error}{todo}") from error
    return content


def _zone_line(zone: ZoneFigures) -> ZoneLine:
    return ZoneLine(
        code=zone.code,
        nom=zone.nom,
        total=zone.total,
        covered=zone.covered,
        uncovered=zone.uncovered,
        unknown=zone.unknown,
        covered_pct=zone.covered_pct,
        median_min=None if zone.median_s is None else zone.median_s / 60,
        max_min=None if zone.max_s is None else zone.max_s / 60,
        is_flagged=zone.has_point_cell,
    )


def _scope_lines(coverage: Coverage) -> tuple[ScopeLine, ...]:
    by_scope = {coverage.scope: coverage.departement, **dict(coverage.companions)}
    return tuple(
        ScopeLine(label, by_scope[scope].covered, by_scope[scope].total, by_scope[scope].covered_pct)
        for scope, label in SCOPE_LABELS_FR.items()
    )


def _variant_lines(coverage: Coverage) -> tuple[VariantLine, ...]:
    labels = travel_labels((variant.mode, variant.season) for variant in coverage.variants)
    return tuple(
        VariantLine(
            label=labels[variant.mode, variant.season],
            covered=variant.figures.covered,
            uncovered=variant.figures.uncovered,
            unknown=variant.figures.unknown,
            total=variant.figures.total,
            covered_pct=variant.figures.covered_pct,
            is_shown=variant.run_id == coverage.run.id,
        )
        for variant in coverage.variants
    )


def _count_sites(session: Session, run: RunView, column: str) -> tuple[SiteCount, ...]:
    """The département's own counted sites by carrier or form, then the neighbours' in one line."""
    labels = CARRIER_LABELS_FR if column == "carrier" else FORM_LABELS_FR
    is_own = RunSite.departement_code == run.departement_code
    rows = session.execute(
        select(getattr(RunSite, column), is_own, func.count())
        .where(RunSite.run_id == run.id, RunSite.access_m.is_not(None))
        .group_by(getattr(RunSite, column), is_own)
    ).all()
    own = sorted(((labels[key], count) for key, own, count in rows if own), key=lambda item: (-item[1], item[0]))
    neighbours = sum(count for _, own, count in rows if not own)
    lines = [SiteCount(label, count) for label, count in own]
    return tuple([*lines, SiteCount("Lieux des départements voisins", neighbours)] if neighbours else lines)


def _uncovered_communes(
    session: Session, run: RunView, communes: list[ZoneFigures], epcis: list[ZoneFigures], gaps: list[Gap]
) -> tuple[UncoveredCommune, ...]:
    # As the run saw them, like the table of EPCI: the boundaries may have been imported again since.
    epci_noms = {zone.code: zone.nom for zone in epcis}
    epci_of = {
        row.code_insee: epci_noms.get(row.epci_code)
        for row in session.execute(
            select(RunCell.code_insee, RunCell.epci_code).where(RunCell.run_id == run.id).distinct()
        )
        if row.epci_code
    }
    nearest: dict[str, str] = {}
    for gap in gaps:  # the most populated zone of a commune speaks for it
        for commune in gap.communes:
            if gap.nearest_site is not None:
                nearest.setdefault(commune.code_insee, gap.nearest_site[1])
    lines = [
        UncoveredCommune(
            code=zone.code,
            nom=zone.nom,
            epci_nom=epci_of.get(zone.code),
            uncovered=zone.uncovered,
            total=zone.total,
            worst_min=None if zone.max_s is None else zone.max_s / 60,
            nearest_site=nearest.get(zone.code),
        )
        for zone in communes
        if zone.uncovered
    ]
    return tuple(sorted(lines, key=lambda line: (-line.uncovered, line.code)))


def _agreements(
    session: Session, settings: Settings, code: str, year: int, population: int
) -> tuple[AgreementBlock, ...]:
    """Agreements whose period meets the year, with every year of money up to it."""
    agreements = session.scalars(
        select(Agreement)
        .where(
            Agreement.departement_code == code,
            func.extract("year", Agreement.period_start) <= year,
            func.extract("year", Agreement.period_end) >= year,
        )
        .order_by(Agreement.period_start, Agreement.created_at)
    ).all()
    found_class = funding_class(population, settings.funding_class_thresholds)
    class_label = "non déterminée : seuils non configurés" if found_class is None else CLASS_LABELS_FR[found_class]
    return tuple(
        AgreementBlock(
            label=agreement.label,
            kind_label=KIND_LABELS_FR[agreement.kind],
            regime_label=REGIME_LABELS_FR[agreement.accounting_regime],
            period_start=agreement.period_start,
            period_end=agreement.period_end,
            signed_on=agreement.signed_on,
            funding_class_label=class_label,
            allocations=tuple(
                _allocation_line(allocation)
                for allocation in session.scalars(
                    select(Allocation)
                    .where(Allocation.agreement_id == agreement.id, Allocation.year <= year)
                    .order_by(Allocation.year)
                )
            ),
        )
        for agreement in agreements
    )


def _allocation_line(allocation: Allocation) -> AllocationLine:
    status = allocation_status(
        notified_eur=allocation.notified_eur,
        committed_eur=allocation.committed_eur,
        paid_eur=allocation.paid_eur,
        justified_eur=allocation.justified_eur,
    )
    remarks = allocation_remarks(
        year=allocation.year,
        state_share_eur=allocation.state_share_eur,
        steps=(
            ("notified", allocation.notified_eur, allocation.notified_on),
            ("committed", allocation.committed_eur, allocation.committed_on),
            ("paid", allocation.paid_eur, allocation.paid_on),
            ("justified", allocation.justified_eur, allocation.justified_on),
        ),
    )
    return AllocationLine(
        remarks=remarks,
        year=allocation.year,
        status_label=STATUS_LABELS_FR[status],
        state_share_eur=allocation.state_share_eur,
        department_share_eur=allocation.department_share_eur,
        notified_eur=allocation.notified_eur,
        committed_eur=allocation.committed_eur,
        paid_eur=allocation.paid_eur,
        justified_eur=allocation.justified_eur,
    )
