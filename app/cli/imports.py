"""``accueil30 import ...``: read a file, check it, and take it in within one transaction."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from app.cli.console import answer_json, progress_bar, say, show_findings
from app.cli.workplace import open_workplace
from app.services.imports import ImportOutcome
from data.contract import ReadReport

T = TypeVar("T")


def roads(options: argparse.Namespace) -> None:
    from app.services.import_roads import import_roads
    from data.roads import read_roads
    from data.store import Store

    with progress_bar("Lecture des routes") as progress:
        graph, report = read_roads(options.file, name=options.name, crs_epsg=options.epsg, progress=progress)
    settings, transaction = open_workplace()
    with transaction() as session:
        outcome = import_roads(session, Store(settings.store), graph, report, is_dry_run=options.dry_run)
    _show(options, outcome)


def communes(options: argparse.Namespace) -> None:
    from app.services.import_boundaries import import_communes
    from data.boundaries import read_communes

    table, report = _read(options, "Lecture des communes", read_communes)
    _apply(
        options,
        lambda session: import_communes(
            session,
            table,
            report,
            millesime=options.millesime,
            is_dry_run=options.dry_run,
            allow_removals=options.allow_removals,
        ),
    )


def epci(options: argparse.Namespace) -> None:
    from app.services.import_boundaries import import_epcis
    from data.boundaries import read_epci

    table, report = _read(options, "Lecture des EPCI", read_epci)
    _apply(
        options,
        lambda session: import_epcis(session, table, report, millesime=options.millesime, is_dry_run=options.dry_run),
    )


def grid(options: argparse.Namespace) -> None:
    from app.services.import_grid import import_grid
    from data.population import read_grid

    table, report = _read(options, "Lecture des carreaux", read_grid)
    _apply(
        options,
        lambda session: import_grid(session, table, report, millesime=options.millesime, is_dry_run=options.dry_run),
    )


def sites(options: argparse.Namespace) -> None:
    from app.services.import_sites import import_sites, known_communes
    from data.sites.france_services import read_france_services

    _, transaction = open_workplace()
    with transaction() as session:
        known = known_communes(session)
        with progress_bar("Lecture des lieux") as progress:
            table, report = read_france_services(
                options.file,
                known_communes=known or None,
                encoding=options.encoding,
                delimiter=options.delimiter,
                progress=progress,
            )
        outcome = import_sites(session, table, report, millesime=None, is_dry_run=options.dry_run)
    _show(options, outcome)


def _read(options: argparse.Namespace, label: str, reader: Callable[..., tuple[T, ReadReport]]) -> tuple[T, ReadReport]:
    with progress_bar(label) as progress:
        return reader(options.file, progress=progress)


def _apply(options: argparse.Namespace, do: Callable[[Session], ImportOutcome]) -> None:
    _, transaction = open_workplace()
    with transaction() as session:
        outcome = do(session)
    _show(options, outcome)


def _show(options: argparse.Namespace, outcome: ImportOutcome) -> None:
    report = outcome.report
    if options.json:
        answer_json(
            {
                "kind": outcome.kind,
                "dry_run": outcome.is_dry_run,
                "already_done": outcome.was_already_done,
                "counts": outcome.counts,
                "report": asdict(report),
            }
        )
        return
    show_findings(report.findings)
    said = f"{Path(report.path).name} : {report.rows_read} lignes lues, {report.rows_kept} gardées, {report.rows_rejected} écartées."
    say(said)
    for label, count in outcome.counts.items():
        say(f"  {label} : {count}")
    if outcome.was_already_done:
        say("Déjà importé : rien n'a changé.")
    elif outcome.is_dry_run:
        say("Essai à blanc : rien n'a été enregistré.")
    else:
        say("Importé.")
