"""``accueil30 compute | coverage | gaps | report``: the figures, made and shown."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.table import Table
from sqlalchemy import select

from app.cli.console import WrongUsageError, answer_json, answer_table, say
from app.cli.workplace import open_workplace
from app.domain.attachment import SITE_CAUSE_LABELS_FR, causes_fr
from app.domain.coverage import SCOPE_LABELS_FR, THRESHOLD_S, Scope, ZoneFigures, scope_of
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON, travel_fr, travel_labels
from app.domain.wording import duration_fr, integer_fr, share_fr, stale_fr
from app.errors import NotFoundError
from data.territory import territory

if TYPE_CHECKING:
    from app.persistence.run_repository import UnattachedSite
    from app.services.compute import ComputeOutcome
    from app.services.coverage import Coverage


def compute(options: argparse.Namespace) -> None:
    from app.persistence.models import Departement
    from app.services.compute import compute as compute_run
    from app.services.compute import compute_seasons
    from data.store import Store

    if bool(options.codes) == options.all:
        raise WrongUsageError("Donnez un ou plusieurs codes de département, ou --all (l'un ou l'autre).")
    if _threshold_s(options) != THRESHOLD_S:
        raise WrongUsageError(
            "Ce qui est publié l'est toujours à 30 minutes. Les temps sont gardés : « accueil30 coverage "
            f"DEPARTEMENT --threshold {options.threshold} » compte à un autre seuil, sans recalcul."
        )
    for code in options.codes:
        territory(code)  # an unknown code is said before anything is started
    settings, transaction = open_workplace()
    codes = options.codes
    if options.all:
        with transaction() as session:
            codes = list(session.scalars(select(Departement.code).order_by(Departement.code)))
        if not codes:
            raise NotFoundError("Aucun département n'est chargé : importez d'abord ses communes.")
    answers = []
    asked = {"mode": options.mode, "roads": options.roads, "force": options.force}
    for code in codes:
        with transaction(snapshot=True) as session:
            place = (session, Store(settings.store), code)
            step = partial(_say_step, code)
            if options.season is None:
                outcomes = compute_seasons(*place, **asked, step=step)
            else:
                outcomes = [compute_run(*place, **asked, season=options.season, step=step)]
        answers.append(_answer(code, outcomes))
        if not options.json:
            for outcome in outcomes:
                _say_outcome(code, outcome, says_summer=len(outcomes) > 1)
    if options.json:
        answer_json(answers[0] if len(options.codes) == 1 else answers)


def _answer(code: str, outcomes: list[ComputeOutcome]) -> dict[str, Any]:
    """The run asked for, with its winter companion beside it where there is one."""
    first, *companions = outcomes
    return {"departement": code, **_run_answer(first), "companions": [_run_answer(run) for run in companions]}


def _run_answer(run: ComputeOutcome) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "mode": run.mode,
        "season": run.season,
        "already_done": run.was_already_done,
        "duration_s": round(run.duration_s, 2),
        "road_network": run.road_network,
        "other_road_networks": run.other_road_networks,
        "population": _population(run.headline),
        "covered_pct": run.headline.covered_pct,
        "unknown_by_cause": run.unknown_by_cause,
        "unattached_sites": _unattached(run.unattached_sites),
        "warnings": run.warnings,
    }


def _unattached(sites: Sequence[UnattachedSite]) -> list[dict[str, Any]]:
    return [
        {"id": s.site_id, "name": s.name, "departement": s.departement_code, "cause": s.cause, "nearest_m": s.nearest_m}
        for s in sites
    ]


def _say_step(code: str, doing: str) -> None:
    say(f"{code} : {doing}...")


def coverage(options: argparse.Namespace) -> None:
    from app.services.coverage import get_coverage, get_zones

    asked: dict[str, Any] = {
        "mode": options.mode,
        "season": options.season,
        "threshold_s": _threshold_s(options),
        "scope": _scope(options),
    }
    _, transaction = open_workplace()
    with transaction() as session:
        found = get_coverage(session, options.code, **asked)
        _, zones = get_zones(session, options.code, options.level, **asked)
    if options.json:
        answer_json(
            {
                "departement": options.code,
                "run_id": found.run.id,
                "mode": found.run.mode,
                "season": found.run.season,
                "scope": found.scope,
                "threshold_s": found.threshold_s,
                "population": _population(found.departement),
                "covered_pct": found.departement.covered_pct,
                "verdict": found.verdict,
                "is_stale": found.run.is_stale,
                "companions": {scope: _population(figures) for scope, figures in found.companions},
                "variants": [
                    {"mode": v.mode, "season": v.season, "run_id": v.run_id, **_population(v.figures)}
                    for v in found.variants
                ],
                "unknown_by_cause": found.unknown_by_cause,
                "unattached_sites": _unattached(found.unattached_sites),
                "zones": [{"level": z.level, "code": z.code, "nom": z.nom, **_population(z)} for z in zones],
                "warnings": found.run.warnings,
            }
        )
        return
    say(f"{found.run.departement_nom} ({options.code}) : {found.verdict}")
    travel = travel_fr(found.run.mode, found.run.season)
    answer_table(_zone_table(zones, f"Couverture {travel}, {SCOPE_LABELS_FR[found.scope]}"))
    if len(found.variants) > 1:
        answer_table(_variant_table(found))
    _say_unknown(found.unknown_by_cause, found.unattached_sites)
    if found.run.is_stale:
        say(f"Attention. {stale_fr(found.run.changed)}")


def gaps(options: argparse.Namespace) -> None:
    from app.services.gaps import get_gaps

    asked: dict[str, Any] = {
        "mode": options.mode,
        "season": options.season,
        "threshold_s": _threshold_s(options),
        "scope": _scope(options),
    }
    _, transaction = open_workplace()
    with transaction() as session:
        run, found = get_gaps(session, options.code, **asked)
    if options.json:
        answer_json(
            {
                "departement": options.code,
                "run_id": run.id,
                "mode": run.mode,
                "season": run.season,
                "total_people": sum(gap.people for gap in found),
                "items": [
                    {
                        "id": gap.number,
                        "people": gap.people,
                        "cells": gap.cells,
                        "communes": [{"code": c.code_insee, "nom": c.nom, "people": c.people} for c in gap.communes],
                        "worst_s": None if math.isinf(gap.worst_s) else gap.worst_s,
                        "has_no_route": math.isinf(gap.worst_s),
                        "missing_s": None if math.isinf(gap.missing_s) else round(gap.missing_s, 1),
                        "centre": gap.centre,
                        "nearest_site": None if gap.nearest_site is None else gap.nearest_site[1],
                    }
                    for gap in found
                ],
            }
        )
        return
    table = Table(
        title=f"Zones non couvertes : {integer_fr(sum(g.people for g in found))} habitants", title_justify="left"
    )
    for heading in ("Zone", "Habitants", "Communes", "Temps le plus long", "Manque", "Lieu le plus proche"):
        table.add_column(
            heading, justify="right" if heading in ("Habitants", "Temps le plus long", "Manque") else "left"
        )
    for gap in found:
        table.add_row(
            str(gap.number),
            integer_fr(gap.people),
            ", ".join(c.nom for c in gap.communes[:3]) + (" ..." if len(gap.communes) > 3 else ""),
            duration_fr(gap.worst_s),
            duration_fr(gap.missing_s),
            "aucun" if gap.nearest_site is None else gap.nearest_site[1],
        )
    answer_table(table)


def report(options: argparse.Namespace) -> None:
    from app.report.render import render_pdf
    from app.services.report import build_content

    settings, transaction = open_workplace()
    with transaction() as session:
        content = build_content(session, settings, options.code, options.year, mode=options.mode, season=options.season)
    options.out.mkdir(parents=True, exist_ok=True)
    extras = [value for value in (options.mode, options.season) if value not in (HEADLINE_MODE, HEADLINE_SEASON)]
    target = options.out / ("-".join(["accueil30", options.code, str(options.year), *extras]) + ".pdf")
    target.write_bytes(render_pdf(content))
    say(f"Rapport écrit : {target}")


def _threshold_s(options: argparse.Namespace) -> int:
    if not 1 <= options.threshold <= 240:
        raise WrongUsageError(f"Seuil reçu : {options.threshold} minutes. Attendu : de 1 à 240.")
    return int(options.threshold) * 60


def _scope(options: argparse.Namespace) -> Scope:
    return scope_of(neighbours=not options.own_only, mobile=not options.no_mobile)


def _population(figures: ZoneFigures) -> dict[str, int]:
    return {
        "total": figures.total,
        "covered": figures.covered,
        "uncovered": figures.uncovered,
        "unknown": figures.unknown,
    }


def _say_outcome(code: str, run: ComputeOutcome, *, says_summer: bool) -> None:
    for warning in run.warnings:
        say(f"  À voir : {warning}")
    figures = run.headline
    how = (
        "rien n'a changé, calcul déjà publié"
        if run.was_already_done
        else f"calculé et publié en {run.duration_s:.1f} s"
    )
    say(
        f"{code}, {travel_fr(run.mode, run.season, says_summer=says_summer)} : "
        f"{share_fr(figures.covered, figures.total)} couverts "
        f"({integer_fr(figures.covered)} sur {integer_fr(figures.total)} ; non couverts {integer_fr(figures.uncovered)} ; "
        f"inconnus {integer_fr(figures.unknown)}). {how}."
    )
    if run.other_road_networks:
        others = ", ".join(f"« {name} »" for name in run.other_road_networks)
        cover = "couvre" if len(run.other_road_networks) == 1 else "couvrent"
        say(
            f"  Réseau employé : « {run.road_network} » ({cover} aussi ce département : {others}). Choisir : --roads NOM."
        )
    _say_unknown(run.unknown_by_cause, run.unattached_sites)


def _say_unknown(unknown_by_cause: dict[str, int], sites: Sequence[UnattachedSite]) -> None:
    """Whom and what the figures could not place on the roads, and why."""
    if unknown_by_cause:
        say(f"  Habitants inconnus : {causes_fr(unknown_by_cause)}.")
    for site in sites:
        far = "" if site.nearest_m is None else f", route la plus proche à {integer_fr(round(site.nearest_m))} m"
        say(f"  Lieu non compté : {site.name} ({site.departement_code}), {SITE_CAUSE_LABELS_FR[site.cause]}{far}.")


def _variant_table(found: Coverage) -> Table:
    table = Table(title="Selon le moyen et la saison (mêmes habitants : rien ne s'additionne)", title_justify="left")
    table.add_column("Trajet")
    for heading in ("Couverts", "Non couverts", "Inconnus", "Part"):
        table.add_column(heading, justify="right")
    labels = travel_labels((variant.mode, variant.season) for variant in found.variants)
    for variant in found.variants:
        z = variant.figures
        table.add_row(
            labels[variant.mode, variant.season] + (" (ci-dessus)" if variant.run_id == found.run.id else ""),
            *(integer_fr(value) for value in (z.covered, z.uncovered, z.unknown)),
            share_fr(z.covered, z.total),
        )
    return table


def _zone_table(zones: list[ZoneFigures], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("Code", "Nom"):
        table.add_column(heading)
    for heading in ("Habitants", "Couverts", "Non couverts", "Inconnus", "Part", "Temps médian", "Le plus long"):
        table.add_column(heading, justify="right")
    for z in zones:
        table.add_row(
            z.code,
            z.nom + (" *" if z.has_point_cell else ""),
            *(integer_fr(value) for value in (z.total, z.covered, z.uncovered, z.unknown)),
            share_fr(z.covered, z.total),
            duration_fr(z.median_s),
            duration_fr(z.max_s),
        )
    if any(z.has_point_cell for z in zones):
        table.caption = "* une commune au moins y est comptée en un seul point, faute de carreau habité"
    return table
