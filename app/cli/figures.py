"""``accueil30 compute | coverage | gaps | report``: the figures, made and shown."""

from __future__ import annotations

import argparse
import math
from functools import partial
from typing import Any

from rich.table import Table
from sqlalchemy import select

from app.cli.console import WrongUsageError, answer_json, answer_table, say
from app.cli.workplace import open_workplace
from app.domain.coverage import SCOPE_LABELS_FR, THRESHOLD_S, Scope, ZoneFigures, scope_of
from app.domain.wording import duration_fr, integer_fr, share_fr
from app.errors import NotFoundError
from data.territory import territory


def compute(options: argparse.Namespace) -> None:
    from app.persistence.models import Departement
    from app.services.compute import compute as compute_run
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
    for code in codes:
        with transaction(snapshot=True) as session:
            outcome = compute_run(
                session,
                Store(settings.store),
                code,
                mode=options.mode,
                roads=options.roads,
                force=options.force,
                step=partial(_say_step, code),
            )
        answers.append(
            {
                "departement": code,
                "run_id": outcome.run_id,
                "already_done": outcome.was_already_done,
                "duration_s": round(outcome.duration_s, 2),
                "population": _population(outcome.headline),
                "covered_pct": outcome.headline.covered_pct,
                "warnings": outcome.warnings,
            }
        )
        if not options.json:
            _say_outcome(code, outcome.headline, outcome.was_already_done, outcome.duration_s, outcome.warnings)
    if options.json:
        answer_json(answers[0] if len(options.codes) == 1 else answers)


def _say_step(code: str, doing: str) -> None:
    say(f"{code} : {doing}...")


def coverage(options: argparse.Namespace) -> None:
    from app.services.coverage import get_coverage, get_zones

    asked: dict[str, Any] = {"mode": options.mode, "threshold_s": _threshold_s(options), "scope": _scope(options)}
    _, transaction = open_workplace()
    with transaction() as session:
        found = get_coverage(session, options.code, **asked)
        _, zones = get_zones(session, options.code, options.level, **asked)
    if options.json:
        answer_json(
            {
                "departement": options.code,
                "run_id": found.run.id,
                "scope": found.scope,
                "threshold_s": found.threshold_s,
                "population": _population(found.departement),
                "covered_pct": found.departement.covered_pct,
                "verdict": found.verdict,
                "is_stale": found.run.is_stale,
                "companions": {scope: _population(figures) for scope, figures in found.companions},
                "zones": [{"level": z.level, "code": z.code, "nom": z.nom, **_population(z)} for z in zones],
                "warnings": found.run.warnings,
            }
        )
        return
    say(f"{found.run.departement_nom} ({options.code}) : {found.verdict}")
    answer_table(_zone_table(zones, f"Couverture, {SCOPE_LABELS_FR[found.scope]}"))
    if found.run.is_stale:
        say("Attention : le registre des lieux a changé depuis ce calcul. Relancez accueil30 compute.")


def gaps(options: argparse.Namespace) -> None:
    from app.services.gaps import get_gaps

    asked: dict[str, Any] = {"mode": options.mode, "threshold_s": _threshold_s(options), "scope": _scope(options)}
    _, transaction = open_workplace()
    with transaction() as session:
        run, found = get_gaps(session, options.code, **asked)
    if options.json:
        answer_json(
            {
                "departement": options.code,
                "run_id": run.id,
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
        content = build_content(session, settings, options.code, options.year)
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / f"accueil30-{options.code}-{options.year}.pdf"
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


def _say_outcome(code: str, figures: ZoneFigures, was_done: bool, duration_s: float, warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        say(f"  À voir : {warning}")
    how = "rien n'a changé, calcul déjà publié" if was_done else f"calculé et publié en {duration_s:.1f} s"
    say(
        f"{code} : {share_fr(figures.covered, figures.total)} couverts "
        f"({integer_fr(figures.covered)} sur {integer_fr(figures.total)} ; non couverts {integer_fr(figures.uncovered)} ; "
        f"inconnus {integer_fr(figures.unknown)}). {how}."
    )


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
