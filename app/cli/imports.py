"""``accueil30 import ...``: read a file, check it, and take it in within one transaction."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.cli.console import WrongUsageError, answer_json, progress_bar, say, show_findings
from app.cli.workplace import open_workplace
from app.errors import BadFileError
from app.services.imports import ImportOutcome
from app.settings import Settings
from data.contract import ReadReport


def roads(options: argparse.Namespace) -> None:
    from app.services.import_roads import import_roads
    from data.roads import read_place, read_roads
    from data.store import Store, slug

    if (options.file is None) == (options.place is None):
        raise WrongUsageError("Donnez un fichier de routes, ou un lieu avec --place (l'un ou l'autre).")
    asked = {"name": options.name, "crs_epsg": options.epsg}
    if options.place is None:
        with progress_bar("Lecture des routes") as progress:
            graph, report = read_roads(options.file, **asked, progress=progress)
    else:
        say(f"Téléchargement des routes de {options.place}...")
        store = Store(Settings().store)
        store.prepare()
        graph, report = read_place(options.place, **asked, keep_as=store.raw / f"{slug(options.name)}.graphml")
    _apply(
        options,
        report,
        lambda session, settings: import_roads(
            session, Store(settings.store), graph, report, is_dry_run=options.dry_run
        ),
    )


def communes(options: argparse.Namespace) -> None:
    from app.services.import_boundaries import import_communes
    from data.boundaries import read_communes

    with progress_bar("Lecture des communes") as progress:
        table, report = read_communes(options.file, progress)
    _apply(
        options,
        report,
        lambda session, _: import_communes(
            session, table, report, allow_removals=options.allow_removals, **_asked(options)
        ),
    )


def epci(options: argparse.Namespace) -> None:
    from app.services.import_boundaries import import_epcis
    from data.boundaries import read_epci

    with progress_bar("Lecture des EPCI") as progress:
        table, report = read_epci(options.file, progress)
    _apply(options, report, lambda session, _: import_epcis(session, table, report, **_asked(options)))


def grid(options: argparse.Namespace) -> None:
    from app.services.import_grid import import_grid
    from data.population import read_grid

    with progress_bar("Lecture des carreaux") as progress:
        table, report = read_grid(options.file, progress, encoding=options.encoding, delimiter=options.delimiter)
    _apply(options, report, lambda session, _: import_grid(session, table, report, **_asked(options)))


def sites(options: argparse.Namespace) -> None:
    from app.services.import_sites import import_sites, known_communes
    from data.sites.france_services import read_france_services

    _, transaction = open_workplace()
    with transaction() as session:
        known = known_communes(session)
    with progress_bar("Lecture des lieux") as progress:
        table, report = read_france_services(
            options.file,
            progress,
            known_communes=known or None,
            encoding=options.encoding,
            delimiter=options.delimiter,
        )
    _apply(
        options,
        report,
        lambda session, _: import_sites(session, table, report, remove_absent=options.remove_absent, **_asked(options)),
    )


def _asked(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "millesime": options.millesime,
        "is_dry_run": options.dry_run,
        "accept_errors": options.accept_errors,
    }


def _apply(options: argparse.Namespace, report: ReadReport, do: Callable[[Session, Settings], ImportOutcome]) -> None:
    """Take the file in, in one transaction; when it is refused, show why row by row before failing."""
    settings, transaction = open_workplace()
    try:
        with transaction() as session:
            outcome = do(session, settings)
    except BadFileError as error:
        if options.json:
            answer_json({"imported": False, "detail": error.detail, "report": asdict(report)})
        else:
            show_findings(report.findings)
        raise
    _show(options, outcome)


def _show(options: argparse.Namespace, outcome: ImportOutcome) -> None:
    report = outcome.report
    if options.json:
        answer_json(
            {
                "imported": not (outcome.is_dry_run or outcome.was_already_done),
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
