"""``accueil30 import ...``: read a file, check it, and take it in within one transaction."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from app.cli.console import WrongUsageError, answer_json, progress_bar, say, show_findings
from app.cli.workplace import open_workplace
from app.domain.travel import HEADLINE_MODE, MODE_LABELS_FR, MODES, travel_fr
from app.errors import BadFileError
from app.services.imports import ImportOutcome
from app.settings import Settings
from data.contract import Finding, Progress, ReadReport

if TYPE_CHECKING:
    from data.road_edits import RoadEdits
    from routing.graph import RoadGraph


def roads(options: argparse.Namespace) -> None:
    """One file, decoded once: a network a mode, and a winter one where roads close."""
    from app.services.import_roads import import_networks
    from data.road_edits import read_road_edits
    from data.store import Store

    if (options.file is None) == (options.place is None):
        raise WrongUsageError("Donnez un fichier de routes, ou un lieu avec --place (l'un ou l'autre).")
    # A network made by OSMnx is one of cars.
    is_osmnx = options.place is not None or options.file.name.endswith((".graphml", ".graphml.bz2"))
    options.modes = options.modes or ((HEADLINE_MODE,) if is_osmnx else MODES)
    edits = None if options.edits is None else read_road_edits(options.edits)
    asked = {"name": options.name, "modes": options.modes, "edits": edits}
    settings, transaction = open_workplace()
    with transaction() as session, progress_bar("Lecture des routes") as progress:
        networks = _networks(options, settings, edits, progress)
        outcomes = import_networks(session, Store(settings.store), networks, **asked, is_dry_run=options.dry_run)
    _show_networks(options, outcomes, edits)


def _networks(
    options: argparse.Namespace, settings: Settings, edits: RoadEdits | None, progress: Progress
) -> Iterable[tuple[RoadGraph, ReadReport]]:
    from data.roads import read_networks, read_place
    from data.store import Store, slug

    if options.place is None:
        return read_networks(
            options.file,
            name=options.name,
            crs_epsg=options.epsg,
            modes=options.modes,
            edits=edits,
            overrides=_overrides(options.profile or [], options.modes),
            progress=progress,
        )
    if options.modes != (HEADLINE_MODE,) or edits is not None or options.profile:
        raise WrongUsageError("Avec --place, un réseau d'OSMnx : --modes car, sans --edits ni --profile.")
    say(f"Téléchargement des routes de {options.place}...")
    store = Store(settings.store)
    store.prepare()
    keep_as = store.raw / f"{slug(options.name)}.graphml"
    return [read_place(options.place, name=options.name, crs_epsg=options.epsg, keep_as=keep_as)]


def _overrides(files: Sequence[Path], modes: Sequence[str]) -> dict[str, Path]:
    """mode -> the territory's table for it; each file says its mode, which is one of those imported."""
    from routing.profile import overrides_mode

    found: dict[str, Path] = {}
    for path in files:
        mode = overrides_mode(path)
        if mode in found:
            raise WrongUsageError(f"Deux tableaux de vitesses pour « {mode} » : {found[mode]} et {path}.")
        if mode not in modes:
            raise WrongUsageError(
                f"Le tableau de vitesses {path} est celui de « {mode} » ({MODE_LABELS_FR.get(mode, mode)}), qui n'est pas "
                f"importé (--modes {','.join(modes)}). Ajoutez ce moyen à --modes, ou retirez ce fichier."
            )
        found[mode] = path
    return found


def _show_networks(options: argparse.Namespace, outcomes: list[ImportOutcome], edits: RoadEdits | None) -> None:
    if options.json:
        networks = [{"mode": o.mode, "season": o.season, **_outcome_answer(o)} for o in outcomes]
        # The first one is the car's, unless it was not asked for: what a single answer used to be.
        answer_json(
            {
                **_outcome_answer(outcomes[0]),
                "imported": any(network["imported"] for network in networks),
                "edits": None if edits is None else edits.as_json(),
                "networks": networks,
            }
        )
        return
    if edits is not None:
        say(f"Routes déclarées dans {edits.file} ({len(edits.edits)}), jugées au {edits.as_of:%d/%m/%Y} :")
    # What is true of the file (its declared roads, its absent nodes) is said once, not once a network.
    told: set[str] = set()
    for number, outcome in enumerate(outcomes):
        fresh = [finding for finding in outcome.report.findings if finding.message not in told]
        told |= {finding.message for finding in fresh}
        if edits is not None and number == 0:
            declared, fresh = fresh[: len(edits.edits)], fresh[len(edits.edits) :]
            show_findings(declared)
        say(f"Réseau « {options.name} » {travel_fr(str(outcome.mode), str(outcome.season))} :")
        _show(options, outcome, fresh)


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


def _show(options: argparse.Namespace, outcome: ImportOutcome, findings: list[Finding] | None = None) -> None:
    report = outcome.report
    if options.json:
        answer_json(_outcome_answer(outcome))
        return
    show_findings(report.findings if findings is None else findings)
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


def _outcome_answer(outcome: ImportOutcome) -> dict[str, Any]:
    return {
        "imported": not (outcome.is_dry_run or outcome.was_already_done),
        "kind": outcome.kind,
        "dry_run": outcome.is_dry_run,
        "already_done": outcome.was_already_done,
        "counts": outcome.counts,
        "report": asdict(outcome.report),
    }
