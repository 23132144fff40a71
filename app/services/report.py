"""The annual report's content, gathered from one published run and the agreements on record."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.agreement import KIND_LABELS_FR, STATUS_LABELS_FR, allocation_status, funding_class
from app.domain.coverage import SCOPE_LABELS_FR, ZoneFigures
from app.domain.site import CARRIER_LABELS_FR, FORM_LABELS_FR
from app.domain.wording import integer_fr
from app.persistence.models import Agreement, Allocation, Commune, Epci, RunSite
from app.report.content import (
    AgreementBlock,
    AllocationLine,
    MethodLine,
    ReportContent,
    ScopeLine,
    SiteCount,
    SourceLine,
    UncoveredCommune,
    ZoneLine,
)
from app.services.coverage import Coverage, get_coverage, get_zones
from app.services.gaps import Gap, get_gaps
from app.services.report_map import build_map
from app.services.runs import RunView
from app.settings import Settings
from data.sources import Source, source

CLASS_LABELS_FR = {
    "small": "première classe (la moins peuplée)",
    "medium": "deuxième classe",
    "large": "troisième classe",
}
REGIME_LABELS_FR = {"civil": "année civile", "rolling": "année glissante (1er juillet - 30 juin)"}


def build_content(session: Session, settings: Settings, code: str, year: int) -> ReportContent:
    """Everything the report of ``year`` says of the département; NotFoundError when no run is published."""
    coverage = get_coverage(session, code)
    run = coverage.run
    _, communes = get_zones(session, code, "commune")
    _, epcis = get_zones(session, code, "epci")
    _, gaps = get_gaps(session, code)
    figures = coverage.departement
    return ReportContent(
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
        population_label=_population_label(run),
        individuals_label=f"individus de la grille de population ({run.population_file})",
        population_source_note=_population_note(run, figures),
        individuals_total=figures.individuals_total,
        individuals_covered=figures.individuals_covered,
        scopes=_scope_lines(coverage),
        sites_by_carrier=_count_sites(session, run, "carrier"),
        sites_by_form=_count_sites(session, run, "form"),
        method=_method(run),
        epcis=tuple(_zone_line(zone) for zone in epcis),
        communes=tuple(_zone_line(zone) for zone in communes),
        uncovered_communes=_uncovered_communes(session, communes, gaps),
        map=build_map(session, run, communes, gaps),
        agreements=_agreements(session, settings, code, year, figures.total),
        sources=_sources(run),
        warnings=_warnings(run),
    )


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


def _population_label(run: RunView) -> str:
    return f"population municipale ({run.population_millesime or 'millésime non indiqué'})"


def _population_note(run: RunView, figures: ZoneFigures) -> str:
    return (
        "Les habitants comptés sont ceux de la population municipale, répartie dans chaque commune comme la grille de "
        f"population : {integer_fr(figures.total)} habitants. La grille elle-même ({run.population_file}) compte "
        f"{integer_fr(round(figures.individuals_total))} individus des ménages fiscaux, moins nombreux."
    )


def _scope_lines(coverage: Coverage) -> tuple[ScopeLine, ...]:
    by_scope = {coverage.scope: coverage.departement, **dict(coverage.companions)}
    return tuple(
        ScopeLine(label, by_scope[scope].covered, by_scope[scope].total, by_scope[scope].covered_pct)
        for scope, label in SCOPE_LABELS_FR.items()
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


def _method(run: RunView) -> tuple[MethodLine, ...]:
    parameters = run.parameters
    roads = run.inputs["roads"]
    return (
        MethodLine(
            "Question posée",
            "Combien d'habitants peuvent venir à un lieu d'accueil, en voiture, en moins de 30 minutes ?",
        ),
        MethodLine(
            "Seuil",
            f"Strictement moins de {run.threshold_s // 60} minutes ({integer_fr(run.threshold_s)} secondes), "
            "jugé sur le temps exact, jamais sur des minutes arrondies.",
        ),
        MethodLine(
            "Sens du trajet",
            "De chez soi vers le lieu d'accueil : les sens uniques et les routes interdites sont respectés dans ce sens.",
        ),
        MethodLine(
            "Routes",
            f"OpenStreetMap, réseau « {roads['label']} », {integer_fr(roads['nodes'])} carrefours, "
            f"données du {roads['osm_date'] or 'jour inconnu'}, profil de vitesse {roads['profile']}.",
        ),
        MethodLine(
            "Vitesses",
            "Vitesses pratiquées par type de route, et non vitesses légales. Les attentes aux carrefours, les interdictions de "
            "tourner et les fermetures d'hiver ne sont pas encore prises en compte.",
        ),
        MethodLine(
            "Accès à la route",
            f"Chaque point est rattaché à la route la plus proche du réseau principal et rejoint à pied "
            f"({parameters['access_walk_m_per_s']} m/s). Au-delà de {parameters['max_access_m']:.0f} m (plus la demi-diagonale du "
            "carreau), ses habitants sont comptés « inconnu ».",
        ),
        MethodLine(
            "Habitants",
            "Comptés carreau par carreau d'après le temps de trajet, jamais en découpant des surfaces. Dans chaque commune, les "
            "carreaux sont calés sur la population municipale, à l'unité près. Une commune sans carreau habité est comptée en un "
            "point, son centre habité, et signalée.",
        ),
        MethodLine(
            "Lieux comptés",
            f"{run.sites_counted} lieux actifs et localisés, départements voisins compris. Un bus est compté à son point déclaré ; "
            "le chiffre sans les bus est donné à côté. Le téléphone n'est jamais compté.",
        ),
        MethodLine(
            "Limites",
            "L'INSEE recommande de ne pas lire un carreau isolé. Les horaires d'ouverture, les délais de rendez-vous et les "
            "habitants sans voiture n'entrent pas dans ce chiffre.",
        ),
    )


def _uncovered_communes(session: Session, communes: list[ZoneFigures], gaps: list[Gap]) -> tuple[UncoveredCommune, ...]:
    epci_of = {
        row.code_insee: row.nom
        for row in session.execute(
            select(Commune.code_insee, Epci.nom).join(Epci, Epci.code_siren == Commune.epci_code)
        )
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
    return AllocationLine(
        year=allocation.year,
        status_label=STATUS_LABELS_FR[status],
        state_share_eur=allocation.state_share_eur,
        department_share_eur=allocation.department_share_eur,
        notified_eur=allocation.notified_eur,
        committed_eur=allocation.committed_eur,
        paid_eur=allocation.paid_eur,
        justified_eur=allocation.justified_eur,
    )


def _sources(run: RunView) -> tuple[SourceLine, ...]:
    inputs = run.inputs
    if run.is_fictional:
        demo = source("demonstration")
        return tuple(
            _source_line(demo, f"{label} : {inputs[key].get('file') or 'registre'}", inputs[key]["sha256"])
            for key, label in (
                ("roads", "Routes"),
                ("communes", "Communes"),
                ("population_grid", "Grille"),
                ("sites", "Lieux"),
            )
        )
    return (
        _source_line(source("osm"), inputs["roads"]["osm_date"] or "date inconnue", inputs["roads"]["sha256"]),
        _source_line(source("admin-express"), inputs["communes"]["file"], inputs["communes"]["sha256"]),
        _source_line(source("filosofi"), inputs["population_grid"]["file"], inputs["population_grid"]["sha256"]),
        _source_line(
            source("france-services"), f"{inputs['sites']['rows']} lieux du registre", inputs["sites"]["sha256"]
        ),
    )


def _source_line(found: Source, vintage: str, sha256: str) -> SourceLine:
    return SourceLine(found.name, found.producer, found.licence, vintage, sha256)


def _warnings(run: RunView) -> tuple[str, ...]:
    stale = (
        "Le registre des lieux d'accueil a changé depuis ce calcul : les chiffres sont ceux du registre au moment du calcul.",
    )
    return (*run.warnings, *(stale if run.is_stale else ()))
