"""A fictional report by hand, and one of 360 communes by loop, for layout and time. Figures re-add."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from app.report.content import (
    AgreementBlock,
    AllocationLine,
    CauseLine,
    MapContent,
    MapPoint,
    MapShape,
    MethodLine,
    ReportContent,
    Ring,
    ScopeLine,
    SiteCount,
    SourceLine,
    UnattachedSiteLine,
    UncoveredCommune,
    VariantLine,
    ZoneLine,
)

HEADLINE_CODE: Final = "00"
ALL_SITES: Final = "tous les lieux, départements voisins et bus compris"
LARGE_SCOPES: Final = (
    (ALL_SITES, 0),
    ("lieux du seul département, bus compris", 1210),
    ("tous les lieux, départements voisins compris, sans les bus", 3455),
    ("lieux du seul département, sans les bus", 4980),
)
NAMES: Final = ("Val", "Mont", "Pré", "Roc", "Font", "Bois", "Lac", "Pont", "Champ", "Combe")
ENDINGS: Final = (
    "-d'Éole",
    "-le-Vieux",
    "-sur-Aure",
    "-Sainte-Œuvre",
    "-la-Forêt",
    "-ès-Marches",
    "brun",
    "clair",
)


def zone(
    code: str, nom: str, covered: int, uncovered: int, unknown: int,
    median_min: float | None, max_min: float | None, is_flagged: bool = False,
) -> ZoneLine:  # fmt: skip
    total = covered + uncovered + unknown
    pct = 100.0 * covered / total if total else None
    return ZoneLine(code, nom, total, covered, uncovered, unknown, pct, median_min, max_min, is_flagged)


def add_up(code: str, nom: str, zones: list[ZoneLine], median_min: float, max_min: float) -> ZoneLine:
    covered, uncovered, unknown = (sum(getattr(z, name) for z in zones) for name in ("covered", "uncovered", "unknown"))
    return zone(code, nom, covered, uncovered, unknown, median_min, max_min)


SMALL_COMMUNES: Final = (
    zone("00001", "Hautecombe-Préfecture", 12345, 0, 0, 6.4, 18.25),
    zone("00002", "Étang-d'Œil", 1500, 40, 0, 14.0, 31.75),
    zone("00003", "Vallée-Haute", 210, 390, 0, 33.5, 52.05),
    zone("00004", "Le Bourg", 980, 0, 20, 9.9, 21.0),
    zone("00005", "Île-aux-Moines-Gris", 0, 85, 0, math.inf, math.inf, True),
    zone("00006", "Lieu-sans-Âme", 0, 0, 0, None, None),
    zone("00007", "Inconnue-la-Grande", 0, 0, 64, None, None),
)
SMALL_ALT: Final = "Carte de sept communes : la vallée haute, au nord-ouest, et l'île, à l'est, sont mal couvertes."
SMALL_SITES: Final = ("France services de Hautecombe", "Antenne d'Étang-d'Œil", "Permanence du Bourg")


def _square(x_m: float, y_m: float, side_m: float) -> tuple[Ring, ...]:
    return (((x_m, y_m), (x_m + side_m, y_m), (x_m + side_m, y_m + side_m), (x_m, y_m + side_m)),)


def _small_map() -> MapContent:
    corners = [(0, 0), (8000, 0), (0, 8000), (8000, 8000), (21000, 3000), (16000, 0), (16000, 8000)]
    sides = [8000, 8000, 8000, 8000, 3000, 4000, 6000]
    shapes = tuple(
        MapShape(z.code, z.nom, _square(x, y, side), z.covered_pct)
        for z, (x, y), side in zip(SMALL_COMMUNES, corners, sides, strict=True)
    )
    points = (
        MapPoint(4000, 4000, SMALL_SITES[0], "site"),
        MapPoint(11000, 3000, SMALL_SITES[1], "site"),
        MapPoint(10000, 12000, SMALL_SITES[2], "site"),
        MapPoint(-900, 6000, "Maison du voisin", "neighbour_site"),
        MapPoint(90000, 6000, "Maison trop loin", "neighbour_site"),
        MapPoint(3000, 13000, "Vallée-Haute", "uncovered", 390),
        MapPoint(22500, 4500, "Île-aux-Moines-Gris", "uncovered", 85),
        MapPoint(14500, 6500, "Étang-d'Œil", "uncovered", 40),
    )
    roads = ((0, ((0.0, 4000.0), (16000.0, 3000.0))), (2, ((4000.0, 0.0), (5000.0, 16000.0))))
    return MapContent(shapes, points, roads, SMALL_ALT)


AGREEMENT: Final = AgreementBlock(
    label="Convention 2025-2027",
    kind_label="Contrat local des solidarités",
    regime_label="année civile",
    period_start=date(2025, 1, 1),
    period_end=date(2027, 12, 31),
    signed_on=date(2025, 2, 14),
    funding_class_label="non déterminée : seuils non configurés",
    allocations=(
        AllocationLine(
            2025, "justifié", Decimal("85000.00"), Decimal("85000.00"), Decimal("85000.00"),
            Decimal("85000.00"), Decimal("85000.00"), Decimal("91234.56"),
        ),
        AllocationLine(
            2026, "engagé", Decimal("85000.00"), None, Decimal("85000.00"), Decimal("60123.40"), None, None
        ),
    ),
)  # fmt: skip

SOURCES: Final = (
    SourceLine("Routes fictives", "Accueil30, démonstration", "Licence Ouverte 2.0", "2026-11-01", "a" * 64),
    SourceLine(
        "Grille de population fictive, 200 m",
        "Accueil30, démonstration",
        "Licence Ouverte 2.0",
        "2026",
        "b1" * 32,
    ),
    SourceLine("Lieux d'accueil fictifs", "Accueil30, démonstration", "Licence Ouverte 2.0", "2026-11-20", "c2" * 32),
)
METHOD: Final = (
    MethodLine(
        "Question posée",
        "En combien de temps un habitant peut-il venir en voiture au lieu d'accueil le plus proche ? "
        "Les temps sont calculés vers le lieu, sens uniques et accès compris, marche comptée.",
    ),
    MethodLine("Règle du seuil", "Une personne est couverte si un lieu est à strictement moins de 30 min (1 800 s)."),
    MethodLine(
        "Population",
        "Les habitants sont comptés carreau par carreau, puis ramenés à la population municipale.",
    ),
    MethodLine(
        "Limites",
        "Ni la circulation, ni les horaires d'ouverture, ni les délais de rendez-vous n'entrent "
        "dans le temps. L'INSEE déconseille de lire un carreau isolément.",
    ),
)


def small_content() -> ReportContent:
    """Seven communes: everybody covered, nobody, no route, unknown, uninhabited."""
    communes = SMALL_COMMUNES
    head = add_up(HEADLINE_CODE, "Hauteterre", list(communes), 8.2, math.inf)
    epcis = (
        add_up("200000001", "CC de la Plaine", list(communes[:2]), 7.0, 31.75),
        add_up("200000002", "CC des Hauts", list(communes[2:4]), 21.3, 52.05),
        add_up("-", "Communes hors EPCI", list(communes[4:]), math.inf, math.inf),
    )
    own = head.covered - 210
    return ReportContent(
        departement_code=HEADLINE_CODE,
        departement_nom="Hauteterre",
        is_fictional=True,
        year=2026,
        reception_label="Premier accueil social inconditionnel de proximité",
        run_id="3f2b8c1e-0000-4000-8000-000000000042",
        run_created_at=datetime(2026, 11, 21, 8, 5, tzinfo=UTC),
        result_sha256="0123456789abcdef" * 4,
        code_version="0.1.0",
        threshold_min=30,
        verdict="À Hauteterre, 96,2 % des habitants peuvent venir dans un lieu d'accueil en moins de "
        "30 minutes ; 515 personnes ne le peuvent pas et la situation de 84 autres est inconnue.",
        headline=head,
        population_label="Population municipale 2023",
        individuals_label="Individus de la grille Filosofi 2019, 200 m",
        population_source_note="Le chiffre affiché est la population municipale ; la grille Filosofi "
        "compte les seules personnes des ménages fiscaux et en trouve moins.",
        individuals_total=11820.4,
        individuals_covered=11379.9,
        scopes=(
            ScopeLine(ALL_SITES, head.covered, head.total, head.covered_pct),
            ScopeLine("lieux du seul département, bus compris", own, head.total, 100.0 * own / head.total),
        ),
        sites_by_carrier=(SiteCount("France services", 1), SiteCount("CCAS", 2)),
        sites_by_form=(SiteCount("Lieu fixe", 1), SiteCount("Antenne", 1), SiteCount("Permanence", 1)),
        method=METHOD,
        epcis=epcis,
        communes=communes,
        uncovered_communes=(
            UncoveredCommune("00002", "Étang-d'Œil", "CC de la Plaine", 40, 1540, 31.75, SMALL_SITES[1]),
            UncoveredCommune("00003", "Vallée-Haute", "CC des Hauts", 390, 600, 52.05, SMALL_SITES[2]),
            UncoveredCommune("00005", "Île-aux-Moines-Gris", None, 85, 85, math.inf, None),
        ),
        map=_small_map(),
        agreements=(AGREEMENT,),
        sources=SOURCES,
        warnings=(
            "1 commune n'a aucun carreau habité : Île-aux-Moines-Gris.",
            "84 personnes sont trop loin d'une route pour être rattachées.",
        ),
        travel_label="en voiture, en été",
        variants=(
            VariantLine(
                "en voiture, en été", head.covered, head.uncovered, head.unknown, head.total, head.covered_pct, True
            ),
            VariantLine("en voiture, en hiver", 14000, 1550, 84, 15634, 100.0 * 14000 / 15634, False),
        ),
        unknown_causes=(CauseLine("trop loin de toute route", 64), CauseLine("séparés du réseau par de l'eau", 20)),
        unattached_sites=(
            UnattachedSiteLine("Refuge du Lac", HEADLINE_CODE, "séparé du réseau par de l'eau", 120.4),
            UnattachedSiteLine("Maison des Crêtes", HEADLINE_CODE, "trop loin de toute route", None),
        ),
        road_edits=("traversée ajoutée « Bac du Lac » en 6 min (voiture) : bac municipal. Déclaré par la mairie.",),
    )  # fmt: skip


def _corner(i: int, j: int, side_m: float) -> tuple[float, float]:
    """Corners shared by neighbours, moved off the grid by a fixed wobble."""
    return (
        side_m * (i + 0.32 * math.sin(3.1 * i + 1.7 * j) + 0.1 * j),
        side_m * (j + 0.32 * math.cos(2.3 * i - 1.3 * j)),
    )


def _border(a: tuple[float, float], b: tuple[float, float], steps: int) -> list[tuple[float, float]]:
    """From a to b excluded, bent; the same points whichever end it starts from."""
    if a > b:
        return [a, *reversed(_border(b, a, steps)[1:])]
    (ax, ay), (bx, by) = a, b
    line = []
    for step in range(steps):
        t = step / steps
        bend = 0.06 * math.sin(math.pi * t) * math.sin(ax * 0.01 + 9.0 * t)
        line.append((ax + (bx - ax) * t - (by - ay) * bend, ay + (by - ay) * t + (bx - ax) * bend))
    return line


def _wobbly_ring(i: int, j: int, side_m: float) -> Ring:
    corners = [
        _corner(i, j, side_m),
        _corner(i + 1, j, side_m),
        _corner(i + 1, j + 1, side_m),
        _corner(i, j + 1, side_m),
    ]
    points: list[tuple[float, float]] = []
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        points += _border(a, b, 14)
    return tuple(points)


def _large_commune(number: int, i: int, j: int) -> ZoneLine:
    total = 40 + (number * 7919) % 2300 + (38000 if number == 187 else 0)
    far = math.hypot(i - 7, (j - 12) * 0.9)
    share = min(1.0, max(0.0, 2.9 - far / 4.4))
    uncovered = total - round(total * share)
    unknown = 3 if number % 41 == 0 else 0
    uncovered = max(0, uncovered - unknown)
    median_min = 4.0 + 2.2 * far
    max_min = 30.0 + 1.7 * far if uncovered else min(29.5, median_min + 4.5)
    nom = f"{NAMES[number % 10]}{ENDINGS[number % 8]} {number}"
    return zone(
        f"00{number:03d}",
        nom,
        total - uncovered - unknown,
        uncovered,
        unknown,
        median_min,
        max_min,
        number % 57 == 0,
    )


def _scope(label: str, covered: int, total: int) -> ScopeLine:
    return ScopeLine(label, covered, total, 100.0 * covered / total)


def large_content(side_m: float = 4200.0) -> ReportContent:
    """360 communes, 18 EPCI, 40 sites: the size of a real département."""
    places = [(i, j) for j in range(24) for i in range(15)]
    communes = [_large_commune(number, i, j) for number, (i, j) in enumerate(places, start=1)]
    epcis = tuple(
        add_up(
            f"2000001{n:02d}",
            f"CC {NAMES[n % 10]} et Rives {n}",
            communes[n * 20 : n * 20 + 20],
            15.0,
            max(z.max_min or 0.0 for z in communes[n * 20 : n * 20 + 20]),
        )
        for n in range(18)
    )
    uncovered = tuple(
        UncoveredCommune(
            z.code,
            z.nom,
            epcis[k // 20].nom,
            z.uncovered,
            z.total,
            z.max_min,
            f"France services de {NAMES[k % 10]}ville",
        )
        for k, z in enumerate(communes)
        if z.uncovered
    )
    shapes = tuple(
        MapShape(z.code, z.nom, (_wobbly_ring(i, j, side_m),), z.covered_pct)
        for z, (i, j) in zip(communes, places, strict=True)
    )
    points = [
        MapPoint(side_m * (i + 0.5 + 0.1 * j), side_m * (j + 0.5), f"{z.nom} & voisins", "uncovered", z.uncovered)
        for z, (i, j) in zip(communes, places, strict=True)
        if z.uncovered > 150
    ]
    points += [
        MapPoint(
            side_m * (1.5 + (n * 7) % 13 + 0.1 * (n * 11 % 21)),
            side_m * (1.3 + n * 11 % 21),
            f"Lieu {n}",
            "site",
        )
        for n in range(40)
    ]
    roads = tuple(
        (
            rank,
            tuple(_corner(i, j, side_m) for j in range(25))
            if rank
            else tuple(_corner(i, 12, side_m) for i in range(16)),
        )
        for rank, i in ((0, 0), (1, 4), (1, 10), (2, 7))
    )
    head = add_up(HEADLINE_CODE, "Hauteterre", communes, 14.2, max(z.max_min or 0.0 for z in communes))
    base = small_content()
    return replace(
        base,
        headline=head,
        variants=(),
        unknown_causes=(),
        communes=tuple(communes),
        epcis=epcis,
        uncovered_communes=uncovered,
        verdict="Une phrase de verdict tient lieu de conclusion pour ce territoire de 360 communes.",
        individuals_total=head.total * 0.91,
        individuals_covered=head.covered * 0.905,
        scopes=tuple(_scope(label, head.covered - less, head.total) for label, less in LARGE_SCOPES),
        sites_by_carrier=(SiteCount("France services", 24), SiteCount("CCAS", 16)),
        sites_by_form=(SiteCount("Lieu fixe", 28), SiteCount("Permanence", 12)),
        map=MapContent(shapes, tuple(points), roads, "Carte de 360 communes : le centre est mieux couvert."),
    )  # fmt: skip
