"""The report refuses to print figures that do not add up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from app.report.content import ReportContent, ZoneLine

FIGURES: Final = ("total", "covered", "uncovered", "unknown")
#: How a refusal names them: it is read by whoever asked for the report.
FIGURES_FR: Final = {"total": "habitants", "covered": "couverts", "uncovered": "non couverts", "unknown": "inconnus"}
#: Times may arrive rounded to the tenth of a minute that is printed.
SHOWN_MIN: Final = 0.05


def sums(zones: Sequence[ZoneLine]) -> dict[str, int]:
    """Σ total, covered, uncovered, unknown."""
    return {figure: sum(getattr(zone, figure) for zone in zones) for figure in FIGURES}


def check_adds_up(content: ReportContent) -> None:
    """Raises ValueError, in French and naming every difference, when the content contradicts itself."""
    checks = (_totals, _shares, _times, _uncovered, _companions, _variants, _causes, _map)
    problems = [problem for check in checks for problem in check(content)]
    if problems:
        shown = " ; ".join(problems[:8]) + (" ; …" if len(problems) > 8 else "")
        raise ValueError(f"Rapport refusé, des chiffres ne concordent pas : {shown}.")


def _zone_problems(where: str, zones: Iterable[ZoneLine]) -> Iterator[str]:
    for zone in zones:
        parts = (zone.covered, zone.uncovered, zone.unknown)
        if min(parts) < 0 or sum(parts) != zone.total:
            yield f"{where} {zone.code} {zone.nom} : {parts[0]} + {parts[1]} + {parts[2]} ≠ {zone.total}"


def _totals(content: ReportContent) -> Iterator[str]:
    head = content.headline
    yield from _zone_problems("territoire", [head])
    yield from _zone_problems("EPCI", content.epcis)
    yield from _zone_problems("commune", content.communes)
    if len({zone.code for zone in content.communes}) != len(content.communes):
        yield "une commune figure deux fois"
    if len({zone.code for zone in content.epcis}) != len(content.epcis):
        yield "un EPCI figure deux fois"
    commune_sums, epci_sums = sums(content.communes), sums(content.epcis)
    for figure in FIGURES:
        wanted = getattr(head, figure)
        # Communes outside any EPCI have a row of their own: both levels hold everybody, once.
        for level, found in (("commune", commune_sums[figure]), ("EPCI", epci_sums[figure])):
            if found != wanted:
                yield f"{FIGURES_FR[figure]} : {found} par {level}, {wanted} pour le territoire"


def _is_share(pct: float | None, part: int, whole: int) -> bool:
    if pct is None:
        return part == 0
    return whole > 0 and math.isclose(pct, 100.0 * part / whole, abs_tol=1e-6)


def _times(content: ReportContent) -> Iterator[str]:
    """Somebody uncovered is at the threshold or beyond; where all are covered, no time is beyond it."""
    for zone in (content.headline, *content.epcis, *content.communes):
        if zone.max_min is None:
            continue
        if zone.uncovered and zone.max_min < content.threshold_min - SHOWN_MIN:
            yield f"{zone.code} {zone.nom} : {zone.uncovered} non couverts, mais {zone.max_min} min au plus"
        if not zone.uncovered and zone.max_min > content.threshold_min + SHOWN_MIN:
            yield f"{zone.code} {zone.nom} : tous couverts, mais un temps de {zone.max_min} min"


def _shares(content: ReportContent) -> Iterator[str]:
    for zone in (content.headline, *content.epcis, *content.communes):
        if not _is_share(zone.covered_pct, zone.covered, zone.total):
            yield f"part de {zone.code} {zone.nom} : {zone.covered_pct} % pour {zone.covered} / {zone.total}"


def _uncovered(content: ReportContent) -> Iterator[str]:
    by_code = {zone.code: zone for zone in content.communes}
    for line in content.uncovered_communes:
        zone = by_code.get(line.code)
        if zone is None or (zone.uncovered, zone.total) != (line.uncovered, line.total):
            yield f"commune non couverte {line.code} {line.nom} : pas les chiffres du tableau des communes"
    if len({line.code for line in content.uncovered_communes}) != len(content.uncovered_communes):
        yield "une commune figure deux fois parmi les non couvertes"
    listed = sum(line.uncovered for line in content.uncovered_communes)
    if listed != content.headline.uncovered:
        yield f"{listed} personnes dans les communes non couvertes, {content.headline.uncovered} annoncées"


def _companions(content: ReportContent) -> Iterator[str]:
    people = content.headline.total
    for scope in content.scopes:
        if scope.total != people or not 0 <= scope.covered <= scope.total:
            yield f"« {scope.label} » : {scope.covered} / {scope.total} pour {people} habitants"
        elif not _is_share(scope.covered_pct, scope.covered, scope.total):
            yield f"« {scope.label} » : {scope.covered_pct} % pour {scope.covered} / {scope.total}"
    carriers, forms = (sum(c.count for c in counts) for counts in (content.sites_by_carrier, content.sites_by_form))
    if carriers != forms:
        yield f"{carriers} lieux par porteur, {forms} par forme"
    if not 0.0 <= content.individuals_covered <= content.individuals_total:
        yield f"individus : {content.individuals_covered} couverts sur {content.individuals_total}"


def _variants(content: ReportContent) -> Iterator[str]:
    """The one shown is the headline; each adds up."""
    head = content.headline
    for line in content.variants:
        people = (line.covered, line.uncovered, line.unknown)
        if min(people) < 0 or sum(people) != line.total or not _is_share(line.covered_pct, line.covered, line.total):
            yield f"« {line.label} » : {' + '.join(map(str, people))} ≠ {line.total}, ou {line.covered_pct} %"
        if line.is_shown and (*people, line.total) != (head.covered, head.uncovered, head.unknown, head.total):
            yield f"« {line.label} » n'a pas les chiffres du territoire"
    if sum(line.is_shown for line in content.variants) > 1:
        yield "deux moyens ou saisons sont montrés à la fois"


def _causes(content: ReportContent) -> Iterator[str]:
    people = sum(line.people for line in content.unknown_causes)
    if content.unknown_causes and people != content.headline.unknown:
        yield f"{people} inconnus par cause, {content.headline.unknown} pour le territoire"


def _map(content: ReportContent) -> Iterator[str]:
    by_code = {zone.code: zone for zone in content.communes}
    if not content.map.alt.strip():
        yield "la carte n'a pas de texte de remplacement"
    for shape in content.map.shapes:
        zone = by_code.get(shape.code)
        if zone is None or not _is_share(shape.covered_pct, zone.covered, zone.total):
            yield f"la carte et le tableau diffèrent pour {shape.code} {shape.nom}"
