"""``accueil30 validate ...``: our times beside those of others, and the verdict as exit code."""

from __future__ import annotations

import argparse
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.table import Table

from app.cli.console import WrongUsageError, answer_json, answer_table, progress_bar, say
from app.domain.wording import NBSP, decimal_fr, integer_fr, percent_fr, threshold_fr
from app.errors import ServiceError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.domain.scores import ErrorScore, RatioScore
    from app.services.validate_insee import InseeValidation
    from app.services.validate_times import TimesValidation, Verdict
    from data.access_times import AccessColumns
    from routing.graph import RoadGraph

_NAMES: Final = {"valhalla": "Valhalla", "osrm": "OSRM"}
_KINDS: Final = {
    "all": "tous",
    "agreed": "où les deux autres s'accordent",
    "urban": "en ville",
    "mixed": "entre les deux",
    "rural": "hors ville",
}
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


def insee(options: argparse.Namespace) -> None:
    from app.services.validate_insee import validate_insee
    from data.access_times import read_access_times
    from routing.profile import load_profile

    if options.sites is None and options.departement is None:
        raise WrongUsageError("Donnez les lieux : --sites FICHIER, ou --departement CODE pour ceux qui sont chargés.")
    cells = read_access_times(
        options.file, options.equipment, departement=options.departement, columns=_columns(options.column)
    )
    say(f"{options.file.name} : {integer_fr(len(cells))} carreaux pour l'équipement {options.equipment}.")
    graph, sites = _roads_and_sites(options)
    found = validate_insee(graph, load_profile("car"), cells, sites, equipment=options.equipment)
    if options.json:
        answer_json(asdict(found))
    else:
        _show_insee(found)


def _columns(given: list[str]) -> AccessColumns:
    from data.access_times import AccessColumns

    pairs = [text.partition("=") for text in given]
    known = {field.name for field in fields(AccessColumns)}
    for role, sign, name in pairs:
        if role not in known or not sign or not name:
            raise WrongUsageError(f"--column {role}{sign}{name} : attendu ROLE=NOM, avec {', '.join(sorted(known))}.")
    return AccessColumns(**{role: name for role, _, name in pairs})


def _roads_and_sites(options: argparse.Namespace) -> tuple[RoadGraph, NDArray[np.float64]]:
    """The road graph and the places, lon, lat: from files where files are given, else from the service."""
    from data.roads import read_roads
    from data.site_points import read_points

    sites = None if options.sites is None else read_points(options.sites, options.equipment)
    if options.roads is not None and Path(options.roads).is_file():
        with progress_bar("Lecture des routes") as progress:
            graph, _ = read_roads(
                Path(options.roads), name=Path(options.roads).name, crs_epsg=options.epsg, progress=progress
            )
        if sites is None:
            raise WrongUsageError("Avec un fichier de routes, donnez aussi un fichier de lieux (--sites).")
        return graph, sites
    if options.departement is None:
        raise WrongUsageError("Donnez --departement CODE, ou un fichier de routes avec --roads.")
    return _loaded(options, sites)


def _loaded(options: argparse.Namespace, sites: NDArray[np.float64] | None) -> tuple[RoadGraph, NDArray[np.float64]]:
    import numpy as np

    from app.cli.workplace import open_workplace
    from app.services.compute_inputs import load_sites
    from app.services.networks import network_for_departement, open_network
    from data.store import Store

    settings, transaction = open_workplace()
    with transaction() as session:
        network = network_for_departement(session, options.departement, mode="car", name=options.roads)
        graph = open_network(Store(settings.store), network)
        if sites is None:
            loaded = load_sites(session, options.departement, network)
            sites = np.array([(site.lon, site.lat) for site in loaded], np.float64).reshape(-1, 2)
    return graph, sites


def _show_insee(found: InseeValidation) -> None:
    table = Table(title=f"Nos minutes moins celles de l'INSEE, équipement {found.equipment}")
    for heading in (
        "carreaux",
        "nombre",
        "biais",
        "écart absolu moyen",
        "écart dépassé par 5 %",
        "même côté de 30 minutes",
    ):
        table.add_column(heading, justify="left" if heading == "carreaux" else "right")
    table.add_row("tous", *_error_cells(found.overall))
    for name, label in (("urban", "en ville"), ("rural", "hors ville")):
        table.add_row(label, *_error_cells(found.by_place[name]))
    for name, score in found.by_minutes.items():
        table.add_row(f"{name.replace('-', ' à ').replace('+', ' et plus')} minutes (INSEE)", *_error_cells(score))
    answer_table(table)
    _say_insee(found)


def _error_cells(score: ErrorScore | None) -> list[str]:
    if score is None:
        return ["0", "", "", "", ""]
    minutes = (score.bias_min, score.mae_min, score.p95_min)
    agreement = percent_fr(100 * score.agreement)
    return [integer_fr(score.count), *(f"{decimal_fr(value, 1)}{NBSP}min" for value in minutes), agreement]


def _say_insee(found: InseeValidation) -> None:
    say(
        f"{integer_fr(found.cells)} carreaux, {integer_fr(round(found.people))} habitants, {integer_fr(found.sites)} lieux. "
        f"Non comparés : {integer_fr(found.cells_not_attached)} carreaux trop loin d'une route, "
        f"{integer_fr(found.cells_unreached)} sans route jusqu'à un lieu, {integer_fr(found.cells_without_time)} lignes "
        f"sans temps ; {integer_fr(found.sites_not_attached)} lieux trop loin d'une route."
    )
    if found.weighted_bias_min is not None and found.weighted_mae_min is not None:
        say(
            f"Pondéré par les habitants : biais {decimal_fr(found.weighted_bias_min, 1)} min, écart absolu moyen "
            f"{decimal_fr(found.weighted_mae_min, 1)} min."
        )
    say("L'INSEE compte depuis le centre du carreau avec son distancier Metric-OSRM ; nous comptons aussi la marche.")
    worst = Table(title="Les plus grands écarts")
    for heading in ("commune", "longitude", "latitude", "habitants", "nos minutes", "INSEE"):
        worst.add_column(heading, justify="left" if heading == "commune" else "right")
    for cell in found.worst:
        place = (f"{cell.lon:.4f}", f"{cell.lat:.4f}")
        values = (decimal_fr(value, 1) for value in (cell.people, cell.ours_min, cell.insee_min))
        worst.add_row(cell.commune, *place, *values)
    answer_table(worst)
