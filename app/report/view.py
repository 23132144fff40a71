"""The content as the strings the template lays out: every rounding is decided here."""

from __future__ import annotations

import math
from typing import Any

from app.domain.wording import NBSP, decimal_fr, integer_fr, percent_fr
from app.report.checks import FIGURES, sums
from app.report.classes import CLASSES, class_of, shown_share
from app.report.content import (
    OUTSIDE_EPCI,
    ReportContent,
    ScopeLine,
    SiteCount,
    UncoveredCommune,
    VariantLine,
    ZoneLine,
)
from app.report.figures import bar_alt
from app.report.french import (
    NOBODY,
    UNKNOWN,
    instant_fr,
    minutes_fr,
    plural,
    printable_tree,
    signed_fr,
    sort_key,
)
from app.report.money_view import agreements_view

FICTIONAL = "Territoire fictif : toutes les données sont inventées pour la démonstration."
NO_EPCI = "aucune"
NO_SITE = "aucun"
View = dict[str, Any]


def report_view(content: ReportContent) -> View:
    """JSON-like tree of printable strings. ``content`` must have passed ``check_adds_up``."""
    view = {
        "titre": f"Rapport annuel {content.year}, {content.departement_nom}",
        "annee": str(content.year),
        "territoire": content.departement_nom,
        "code": content.departement_code,
        "dispositif": content.reception_label,
        "fictif": FICTIONAL if content.is_fictional else None,
        "seuil": str(content.threshold_min),
        "calcul": _run(content),
        "essentiel": _summary(content),
        "trajet": content.travel_label,
        "variantes": [_variant(line) for line in content.variants] if len(content.variants) > 1 else [],
        "causes": _causes(content),
        "lieux_hors_reseau": [
            [site.name, site.departement_code, site.cause_label, _distance(site.nearest_m)]
            for site in content.unattached_sites
        ],
        "routes_declarees": list(content.road_edits),
        "methode": [[line.term, line.text] for line in content.method],
        "porteurs": _counts(content.sites_by_carrier),
        "formes": _counts(content.sites_by_form),
        "hypotheses": [_scope(scope, content.headline) for scope in content.scopes],
        "epci": _epcis(content),
        "communes": _zones_table(sorted(content.communes, key=lambda z: (sort_key(z.nom), z.code)), content.headline),
        "communes_nombre": plural(len(content.communes), "commune"),
        "communes_signalees": plural(sum(z.is_flagged for z in content.communes), "commune"),
        "a_signalees": any(z.is_flagged for z in content.communes),
        "non_couvertes": _uncovered(content),
        "carte": _map(content),
        "conventions": agreements_view(content.agreements),
        "sources": [[s.name, s.producer, s.licence, s.vintage, short_hash(s.sha256)] for s in content.sources],
        "avertissements": list(content.warnings),
        "alerte": content.alert,
    }
    tree: View = printable_tree(view)
    return tree


def short_hash(sha256: str) -> str:
    """Enough to compare by eye; the whole of it is in the machine-readable answer."""
    return f"{sha256[:12]}…" if len(sha256) > 12 else sha256


def _run(content: ReportContent) -> View:
    return {
        "id": content.run_id,
        "id_court": content.run_id[:8],
        "empreinte": content.result_sha256,
        "date": instant_fr(content.run_created_at),
        "version": content.code_version,
    }


def _summary(content: ReportContent) -> View:
    head = content.headline
    return {
        "verdict": content.verdict,
        "part": percent_fr(shown_share(head)),
        "couverts": integer_fr(head.covered),
        "non_couverts": integer_fr(head.uncovered),
        "inconnus": integer_fr(head.unknown),
        "total": integer_fr(head.total),
        "temps": _times(head),
        "barre": bar_alt(head),
        "populations": _populations(content),
        "note_population": content.population_source_note,
        "communes_concernees": plural(len(content.uncovered_communes), "commune"),
        "etat": agreements_view(content.agreements, year=content.year),
        "avertissements": plural(len(content.warnings), "avertissement"),
        "lieux": plural(sum(c.count for c in content.sites_by_form), "lieu", "lieux"),
    }


def _times(head: ZoneLine) -> str:
    """The headline's two times with their unit, or the words that stand for them."""
    if head.max_min == math.inf:
        return f"médiane {_minutes(head.median_min)} ; une partie des habitants n'a aucune route vers un lieu"
    return f"médiane {_minutes(head.median_min)}, maximum {_minutes(head.max_min)}"


def _minutes(value_min: float | None) -> str:
    words = minutes_fr(value_min)
    return words if value_min is None or value_min == math.inf else f"{words}{NBSP}min"


def _nearest(line: UncoveredCommune) -> str:
    if line.nearest_site is None:
        return NO_SITE if line.worst_min == math.inf else UNKNOWN
    return line.nearest_site


def _populations(content: ReportContent) -> list[list[str]]:
    """Both figures: the one shown, and the one of the grid the people were spread with, where there is one."""
    head, total, covered = content.headline, content.individuals_total, content.individuals_covered
    shown = f"{content.population_label} (chiffre affiché)"
    lines = [[shown, integer_fr(head.total), integer_fr(head.covered), percent_fr(shown_share(head))]]
    if total > 0:
        pct = percent_fr(100.0 * covered / total)
        lines.append([content.individuals_label, decimal_fr(total, 0), decimal_fr(covered, 0), pct])
    return lines


def _scope(scope: ScopeLine, head: ZoneLine) -> list[str]:
    return [
        scope.label,
        integer_fr(scope.covered),
        percent_fr(scope.covered_pct),
        signed_fr(scope.covered - head.covered),
    ]


def _variant(line: VariantLine) -> list[str]:
    people = (integer_fr(value) for value in (line.covered, line.uncovered, line.unknown))
    shown = " (ce rapport)" if line.is_shown else ""
    return [f"{line.label}{shown}", *people, percent_fr(line.covered_pct)]


def _causes(content: ReportContent) -> View:
    lines = sorted(content.unknown_causes, key=lambda line: (-line.people, sort_key(line.label)))
    return {
        "lignes": [[line.label, integer_fr(line.people)] for line in lines],
        "total": integer_fr(sum(line.people for line in lines)),
    }


def _distance(nearest_m: float | None) -> str:
    return UNKNOWN if nearest_m is None else f"{decimal_fr(nearest_m, 0)}{NBSP}m"


def _counts(counts: tuple[SiteCount, ...]) -> View:
    return {
        "lignes": [[count.label, integer_fr(count.count)] for count in counts],
        "total": integer_fr(sum(count.count for count in counts)),
    }


def _figures(zone: ZoneLine) -> list[str]:
    """Total, covered, uncovered, unknown, share, median, maximum. Where nobody lives, nothing is unknown."""
    people = [integer_fr(getattr(zone, figure)) for figure in FIGURES]
    if zone.total == 0:
        return [*people, NOBODY, NOBODY, NOBODY]
    return [*people, percent_fr(shown_share(zone)), minutes_fr(zone.median_min), minutes_fr(zone.max_min)]


def _zones_table(zones: list[ZoneLine], head: ZoneLine) -> View:
    return {
        "lignes": [{"code": z.code, "nom": z.nom, "signale": z.is_flagged, "chiffres": _figures(z)} for z in zones],
        "total": _figures(head),
    }


def _epcis(content: ReportContent) -> View:
    """By name; the communes outside any EPCI, whose row has no code of its own, come last."""
    zones = sorted(content.epcis, key=lambda z: (z.code == OUTSIDE_EPCI, sort_key(z.nom), z.code))
    return _zones_table(zones, content.headline)


def _uncovered(content: ReportContent) -> View:
    lines = sorted(content.uncovered_communes, key=lambda c: (-c.uncovered, sort_key(c.nom), c.code))
    return {
        "lignes": [
            [c.code, c.nom, c.epci_nom or NO_EPCI, integer_fr(c.uncovered), integer_fr(c.total),
             minutes_fr(c.worst_min), _nearest(c)]
            for c in lines
        ],
        "total": integer_fr(sum(c.uncovered for c in lines)),
        "habitants": integer_fr(sum(c.total for c in lines)),
        "nombre": plural(len(lines), "commune"),
    }  # fmt: skip


def _map(content: ReportContent) -> View:
    """The map's words, and its classes as a table: communes and people in each."""
    lines = []
    for map_class in CLASSES:
        zones = [zone for zone in content.communes if class_of(shown_share(zone)) is map_class]
        people = [integer_fr(value) for value in sums(zones).values()]
        lines.append([map_class.label, integer_fr(len(zones)), *people])
    head = content.headline
    total = [len(content.communes), *(getattr(head, figure) for figure in FIGURES)]
    return {"alt": content.map.alt, "classes": lines, "total": [integer_fr(value) for value in total]}
