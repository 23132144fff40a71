"""``accueil30 validate ...``: our times beside those of others, and the verdict as exit code."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from rich.table import Table

from app.cli.console import WrongUsageError, answer_json, answer_table, progress_bar, say
from app.domain.wording import NBSP, decimal_fr, integer_fr, percent_fr, threshold_fr
from app.errors import ServiceError

if TYPE_CHECKING:
    from app.domain.scores import RatioScore
    from app.services.validate_times import TimesValidation, Verdict

_NAMES: Final = {"valhalla": "Valhalla", "osrm": "OSRM"}
_KINDS: Final = {"all": "tous", "urban": "en ville", "mixed": "entre les deux", "rural": "hors ville"}
_REASONS: Final = {
    "valhalla: no route": "Valhalla ne trouve pas de route",
    "valhalla: moved": "Valhalla déplace un bout de plus de 30 m",
    "osrm: no route": "OSRM ne trouve pas de route",
    "osrm: moved": "OSRM déplace un bout de plus de 30 m",
    "too short": "moins de 4 minutes",
    "too long": "plus de 40 minutes",
}


def times(options: argparse.Namespace) -> int:
    """Exit code 0 when every target is met, 1 otherwise."""
    from app.services.validate_times import validate_times
    from data.engines.processes import EngineError

    if options.pairs < 1:
        raise WrongUsageError(f"--pairs {options.pairs} : attendu au moins 1 trajet.")
    try:
        with progress_bar("Trajets comparés") as progress:
            found, _ = validate_times(
                options.file,
                pairs=options.pairs,
                seed=options.seed,
                engines=options.engines,
                crs_epsg=options.epsg,
                overrides=options.profile,
                progress=progress,
                step=lambda doing: say(f"{options.file.name} : {doing}..."),
            )
    except EngineError as error:
        raise ServiceError(f"Un moteur de comparaison a échoué. {error}") from error
    if options.json:
        answer_json(asdict(found) | {"is_met": found.is_met})
    else:
        _show_times(found)
    return 0 if found.is_met else 1


def _show_times(found: TimesValidation) -> None:
    answer_table(_scores_table(found))
    for line in _method(found):
        say(line)
    answer_table(_verdicts_table(found.verdicts))
    say("Tous les objectifs sont tenus." if found.is_met else "Des objectifs ne sont pas tenus.")


def _scores_table(found: TimesValidation) -> Table:
    table = Table(title=f"Nos temps rapportés à ceux des autres : {found.file}, profil {found.profile_version}")
    for heading in (
        "moteur",
        "trajets",
        "nombre",
        "rapport médian",
        "10 % à 90 %",
        "à ±15 % du médian",
        "même côté du seuil",
    ):
        table.add_column(heading, justify="left" if heading in ("moteur", "trajets") else "right")
    for engine, by_kind in found.scores.items():
        for kind, score in by_kind.items():
            table.add_row(_NAMES[engine], _KINDS[kind], *_score_cells(score))
    table.add_row("OSRM / Valhalla", "tous", *_score_cells(found.engines_apart))
    return table


def _score_cells(score: RatioScore | None) -> list[str]:
    if score is None:
        return ["0", "", "", "", ""]
    side = "sans objet : trajets trop courts"
    if score.agreement is not None and score.threshold_s is not None:
        side = f"{percent_fr(100 * score.agreement)} à {threshold_fr(score.threshold_s)}"
    return [
        integer_fr(score.pairs),
        decimal_fr(score.median, 3),
        f"{decimal_fr(score.p10, 2)} à {decimal_fr(score.p90, 2)}",
        percent_fr(100 * score.within_band),
        side,
    ]


def _method(found: TimesValidation) -> list[str]:
    dropped = ", ".join(f"{_REASONS[why]} {integer_fr(count)}" for why, count in found.dropped.items() if count)
    return [
        f"{integer_fr(found.kept)} trajets gardés sur {integer_fr(found.drawn)} tirés (graine {found.seed}) parmi "
        f"{integer_fr(found.junctions)} carrefours du réseau principal ; {integer_fr(found.sources)} départs, "
        f"10 arrivées au plus pour chacun. Écartés : {dropped or 'aucun'}.",
        "En ville : les deux bouts sont dans une zone où les carrefours sont denses, selon le profil ; hors ville : aucun.",
        "Même côté du seuil : nos temps sont d'abord divisés par le rapport médian ; le seuil est de 30 minutes, ou de 10 "
        f"là où moins de 5{NBSP}% des trajets atteignent 30 minutes.",
    ]


def _verdicts_table(verdicts: tuple[Verdict, ...]) -> Table:
    table = Table(title="Objectifs")
    for heading in ("quoi", "objectif", "trouvé", ""):
        table.add_column(heading)
    for verdict in verdicts:
        found = "ne se juge pas ici" if verdict.found is None else decimal_fr(verdict.found, 3)
        said = {True: "tenu", False: "MANQUÉ", None: ""}[verdict.is_met]
        table.add_row(verdict.what, verdict.target.replace(".", ","), found, said)
    return table
