"""Every command, its arguments and its French help. The work is in the modules named by ``do``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON, MODES, SEASONS

# argparse speaks through gettext and ships no French catalogue: these are all the words it can say to our users.
_FRENCH = {
    "usage: ": "Usage : ",
    "positional arguments": "Arguments\u00a0",  # the colon comes from argparse
    "options": "Options\u00a0",
    "show this help message and exit": "affiche cette aide",
    "the following arguments are required: %s": "il manque : %s",
    "unrecognized arguments: %s": "arguments inconnus : %s",
    "expected one argument": "attend une valeur",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s : %(message)s",
    "invalid %(type)s value: %(value)r": "valeur inutilisable : %(value)r",
    "invalid choice: %(value)r (choose from %(choices)s)": "choix inconnu : %(value)r (possibles : %(choices)s)",
    "not allowed with argument %s": "ne va pas avec %s",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s abrège plusieurs options : %(matches)s",
    "ignored explicit argument %r": "n'attend pas de valeur (reçu : %r)",
    "%(prog)s: error: %(message)s\n": "%(message)s\n",
}
argparse._ = lambda text: _FRENCH.get(text, text)  # type: ignore[attr-defined]

Do = Callable[[argparse.Namespace], int | None]


class _Later:
    """The functions of a module that is only loaded when one of them is called: --help answers at once."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Do:
        def call(options: argparse.Namespace) -> int | None:
            do: Do = getattr(import_module(self._module), name)
            return do(options)

        return call


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)  # stdout is for answers
        self.exit(2, f"Commande mal écrite. {message}\nAide : {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="accueil30",
        description="Qui est à moins de 30 minutes d'un premier accueil social, qui ne l'est pas, et où est allé l'argent.",
        epilog="Codes de sortie : 0 fait, 1 échec, 2 commande mal écrite. Documentation : README.md.",
    )
    commands = parser.add_subparsers(title="Commandes\u00a0", metavar="COMMANDE", required=True)
    _add_database(commands)
    _add_imports(commands)
    _add_exports(commands)
    _add_figures(commands)
    _add_validation(commands)
    _add_service(commands)
    _add_profiles(commands)
    return parser


def _add_database(commands: argparse._SubParsersAction[_Parser]) -> None:
    do = _Later("app.cli.database")

    group = _group(commands, "db", "la base de données embarquée (ACCUEIL30_DATABASE_URL : la vôtre)")
    _command(group, "start", "démarre la base", do.start)
    _command(group, "stop", "arrête la base", do.stop)
    _json(_command(group, "status", "dit où en est la base", do.status))
    _command(group, "migrate", "met les tables à jour", do.migrate)
    backup = _command(group, "backup", "écrit la base et les graphes de routes dans un seul fichier .tar", do.backup)
    backup.add_argument("file", metavar="FICHIER", type=Path, help="fichier à écrire ; il ne doit pas exister")
    restore = _command(
        group, "restore", "recharge une sauvegarde dans une base vide, d'un bloc ou pas du tout", do.restore
    )
    restore.add_argument("file", metavar="FICHIER", type=Path, help="fichier écrit par db backup, d'une source sûre")


def _add_imports(commands: argparse._SubParsersAction[_Parser]) -> None:
    do = _Later("app.cli.imports")

    group = _group(commands, "import", "fait entrer un fichier, d'un bloc ou pas du tout")
    roads = _import(
        group, "roads", "routes OpenStreetMap (.osm.pbf, .osm, .osm.gz, .osm.bz2) ou GraphML d'OSMnx", do.roads
    )
    roads.add_argument(
        "--place", metavar="LIEU", help="au lieu d'un fichier : un lieu nommé, par OSMnx (demande Internet)"
    )
    roads.add_argument(
        "--name", metavar="NOM", type=_network_name, required=True, help="nom du réseau, par exemple corse"
    )
    roads.add_argument(
        "--modes",
        metavar="MOYENS",
        type=_modes,
        help=f"moyens de transport, séparés par des virgules ; par défaut {','.join(MODES)} (réseau OSMnx : car)",
    )
    roads.add_argument(
        "--edits",
        metavar="FICHIER",
        type=Path,
        help="routes déclarées, en GeoJSON (docs/data.md, « Routes déclarées »)",
    )
    roads.add_argument(
        "--profile",
        metavar="FICHIER",
        type=Path,
        action="append",
        help="vitesses d'un territoire (.toml), à la place des nôtres ; une fois par moyen de transport",
    )
    roads.add_argument(
        "--epsg",
        metavar="CODE",
        type=_epsg,
        help="projection en mètres ; par défaut celle du territoire où sont les routes",
    )
    communes = _import(
        group, "communes", "contours et populations municipales (GeoJSON, noms ADMIN EXPRESS)", do.communes
    )
    communes.add_argument(
        "--allow-removals", action="store_true", help="accepte un fichier qui retire plus d'un cinquième des communes"
    )
    epci = _import(group, "epci", "contours et noms des EPCI (GeoJSON)", do.epci)
    grid = _import(group, "grid", "carreaux de population Filosofi (.gpkg ou .csv, 200 m ou 1 km)", do.grid)
    sites = _import(group, "sites", "lieux d'accueil", do.sites)
    for table in (communes, epci, grid, sites):
        table.add_argument("--millesime", metavar="AN", help="année des données, imprimée avec les chiffres")
        table.add_argument("--accept-errors", action="store_true", help="garde les lignes justes, écarte les autres")
    sites.add_argument(
        "--format",
        choices=["auto", "france-services"],
        default="auto",
        help="format du fichier (auto : d'après ses colonnes)",
    )
    sites.add_argument(
        "--remove-absent", action="store_true", help="retire les lieux de ce registre que le fichier n'a plus"
    )
    for table in (grid, sites):
        table.add_argument(
            "--encoding", metavar="ENCODAGE", help="encodage d'un CSV qui n'est pas en UTF-8, par exemple windows-1252"
        )
        table.add_argument(
            "--delimiter", metavar="SIGNE", help="séparateur d'un CSV si ce n'est pas la virgule, par exemple ';'"
        )


def _add_exports(commands: argparse._SubParsersAction[_Parser]) -> None:
    do = _Later("app.cli.exports")

    group = _group(commands, "export", "fait sortir un réseau pour d'autres outils")
    roads = _command(group, "roads", "réseau routier avec ses temps, en GraphML (lu par networkx)", do.roads)
    roads.add_argument("file", metavar="FICHIER", type=Path, help="se termine par .graphml ou .graphml.bz2")
    roads.add_argument("--name", metavar="NOM", required=True, help="nom du réseau")
    _mode(roads)
    _season(roads)


def _add_figures(commands: argparse._SubParsersAction[_Parser]) -> None:
    do = _Later("app.cli.figures")

    compute = _command(commands, "compute", "calcule et publie la couverture d'un département", do.compute)
    compute.add_argument("codes", metavar="DEPARTEMENT", nargs="*", help="2A, 09 ...")
    compute.add_argument("--all", action="store_true", help="tous les départements chargés")
    _mode(compute)
    compute.add_argument(
        "--season", choices=SEASONS, help="une seule saison ; par défaut l'été, et l'hiver là où des routes ferment"
    )
    compute.add_argument(
        "--threshold", metavar="MIN", type=int, default=30, help="seuil en minutes (strictement moins de)"
    )
    compute.add_argument("--roads", metavar="NOM", help="réseau routier à employer")
    compute.add_argument("--force", action="store_true", help="recalcule même si rien n'a changé")
    _json(compute)
    coverage = _command(commands, "coverage", "montre la couverture publiée", do.coverage)
    _zone_options(coverage)
    coverage.add_argument(
        "--level", choices=["departement", "epci", "commune"], default="departement", help="niveau du tableau"
    )
    gaps = _command(commands, "gaps", "montre où sont les habitants non couverts", do.gaps)
    _zone_options(gaps)
    report = _command(commands, "report", "écrit le rapport annuel en PDF accessible", do.report)
    report.add_argument("code", metavar="DEPARTEMENT", help="2A, 09 ...")
    _mode(report)
    _season(report)
    report.add_argument("--year", metavar="AN", type=int, required=True, help="année du rapport")
    report.add_argument(
        "--out", metavar="DOSSIER", type=Path, default=Path(), help="où écrire ; par défaut le dossier courant"
    )


def _add_validation(commands: argparse._SubParsersAction[_Parser]) -> None:
    do = _Later("app.cli.validate")

    group = _group(commands, "validate", "confronte nos temps de trajet à ceux des autres")
    times = _command(group, "times", "à Valhalla et OSRM, sur le même extrait (demande « make peers »)", do.times)
    times.add_argument("file", metavar="FICHIER", type=Path, help="extrait OpenStreetMap (.osm.pbf)")
    times.add_argument("--pairs", metavar="N", type=int, default=5000, help="trajets à comparer (5000)")
    times.add_argument(
        "--seed", metavar="N", type=int, default=1, help="graine du tirage (1) : même graine, mêmes trajets"
    )
    times.add_argument("--engines", metavar="DOSSIER", type=Path, help="moteurs ; par défaut .peers/engines")
    times.add_argument("--profile", metavar="FICHIER", type=Path, help="profil de vitesses d'un territoire (.toml)")
    times.add_argument("--epsg", metavar="CODE", type=_epsg, help="projection en mètres ; par défaut celle du lieu")
    _json(times)
    insee = _command(group, "insee", "aux minutes que l'INSEE publie par carreau de 200 m", do.insee)
    insee.add_argument("file", metavar="FICHIER", type=Path, help="fichier .parquet d'une région (data.gouv.fr)")
    insee.add_argument(
        "--sites", metavar="FICHIER", type=Path, help="lieux de ce type : CSV (longitude, latitude) ou GeoJSON"
    )
    insee.add_argument(
        "--departement", metavar="CODE", help="2A, 09 ... : ce département seul ; ses lieux chargés, sans --sites"
    )
    insee.add_argument(
        "--equipment", metavar="CODE", default="A128", help="type d'équipement de la BPE (A128 : France services)"
    )
    insee.add_argument(
        "--roads", metavar="NOM", help="réseau chargé, ou fichier de routes ; par défaut celui du département"
    )
    insee.add_argument(
        "--epsg", metavar="CODE", type=_epsg, help="projection d'un fichier de routes ; par défaut celle du lieu"
    )
    insee.add_argument(
        "--column",
        metavar="ROLE=NOM",
        action="append",
        default=[],
        help="nom d'une colonne (x, y, cell, equipment, minutes, people, commune)",
    )
    _json(insee)


def _add_service(commands: argparse._SubParsersAction[_Parser]) -> None:
    do = _Later("app.cli.service")

    demo = _command(commands, "demo", "charge et calcule le département de démonstration (fictif, code 00)", do.demo)
    demo.add_argument("--if-missing", action="store_true", help="ne fait rien s'il est déjà publié")
    demo.add_argument("--files", metavar="DOSSIER", type=Path, help="écrit seulement ses fichiers dans ce dossier")
    serve = _command(commands, "serve", "sert la page et l'API", do.serve)
    serve.add_argument("--host", metavar="ADRESSE", help="par défaut 127.0.0.1")
    serve.add_argument("--port", metavar="PORT", type=_port, help="par défaut 8000")


def _add_profiles(commands: argparse._SubParsersAction[_Parser]) -> None:
    do = _Later("app.cli.profiles")

    group = _group(commands, "profile", "les vitesses et les règles d'un moyen de transport, avec leurs sources")
    show = _command(group, "show", "montre le tableau d'un moyen de transport, ligne par ligne", do.show)
    show.add_argument("mode", choices=["car", "bike", "foot"], help="car (voiture), bike (vélo), foot (marche)")
    show.add_argument("--profile", metavar="FICHIER", type=Path, help="lignes d'un territoire, à la place des nôtres")
    _json(show)


def _network_name(text: str) -> str:
    """What stands in messages, in commands to type again and in the names of folders."""
    name = text.strip()
    if not 1 <= len(name) <= 60 or not name[0].isalnum() or any(not c.isprintable() or c in "/\\:" for c in name):
        raise argparse.ArgumentTypeError(
            f"nom attendu : 1 à 60 signes, une lettre ou un chiffre d'abord, sans « / », « \\ » ni « : » ; reçu « {text} »"
        )
    return name


def _epsg(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1_000_000):
        raise argparse.ArgumentTypeError(f"code EPSG attendu, un nombre comme 2154 ; reçu « {text} »")
    return int(text)


def _port(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"port {value} : attendu de 1 à 65535")
    return value


def _group(
    commands: argparse._SubParsersAction[_Parser], name: str, help_fr: str
) -> argparse._SubParsersAction[_Parser]:
    parser = commands.add_parser(name, help=help_fr, description=help_fr[0].upper() + help_fr[1:] + ".")
    return parser.add_subparsers(title="Commandes\u00a0", metavar="COMMANDE", required=True)


def _command(commands: argparse._SubParsersAction[_Parser], name: str, help_fr: str, do: Do) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_fr, description=help_fr[0].upper() + help_fr[1:] + ".")
    parser.set_defaults(do=do)
    return parser


def _import(commands: argparse._SubParsersAction[_Parser], name: str, help_fr: str, do: Do) -> argparse.ArgumentParser:
    parser = _command(commands, name, help_fr, do)
    parser.add_argument(
        "file", metavar="FICHIER", type=Path, nargs="?" if name == "roads" else None, help="fichier à faire entrer"
    )
    parser.add_argument("--dry-run", action="store_true", help="lit et contrôle tout, n'enregistre rien")
    return _json(parser)


def _zone_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar="DEPARTEMENT", help="2A, 09 ...")
    _mode(parser)
    _season(parser)
    parser.add_argument(
        "--threshold", metavar="MIN", type=int, default=30, help="seuil en minutes (strictement moins de)"
    )
    parser.add_argument("--own-only", action="store_true", help="sans les lieux des départements voisins")
    parser.add_argument("--no-mobile", action="store_true", help="sans les bus")
    _json(parser)


def _mode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mode",
        choices=MODES,
        default=HEADLINE_MODE,
        help="moyen de transport : car (voiture), bike (vélo), foot (marche)",
    )


def _season(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--season", choices=SEASONS, default=HEADLINE_SEASON, help="summer (été) ou winter (hiver, routes fermées)"
    )


def _modes(text: str) -> tuple[str, ...]:
    asked = [part.strip() for part in text.split(",")]
    for mode in asked:
        if mode not in MODES:
            raise argparse.ArgumentTypeError(f"moyen inconnu « {mode} » (possibles : {', '.join(MODES)})")
    return tuple(mode for mode in MODES if mode in asked)


def _json(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--json", action="store_true", help="réponse pour les machines, sur la sortie standard")
    return parser
