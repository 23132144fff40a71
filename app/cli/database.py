"""``accueil30 db ...``"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.cli.console import answer_json, say
from app.domain.wording import integer_fr
from app.errors import InvalidInputError
from app.persistence.embedded import EmbeddedCluster
from app.settings import Settings

if TYPE_CHECKING:
    from app.persistence.backup import BackupOutcome


def start(_: argparse.Namespace) -> None:
    cluster = _cluster()
    cluster.start()
    say("La base est en marche.")


def stop(_: argparse.Namespace) -> None:
    say("La base est arrêtée." if _cluster().stop() else "La base ne tournait pas.")


def status(options: argparse.Namespace) -> None:
    found = _cluster().status()
    if options.json:
        answer_json(asdict(found))
    else:
        for name, value in asdict(found).items():
            say(f"{name} : {value}")


def migrate(_: argparse.Namespace) -> None:
    from app.persistence.migrate import upgrade
    from app.persistence.session import make_engine

    engine = make_engine(Settings())
    say("Tables mises à jour." if upgrade(engine) else "Tables déjà à jour.")


def backup(options: argparse.Namespace) -> None:
    from app.persistence.backup import backup as write_backup
    from app.persistence.session import make_engine
    from data.store import Store

    settings = Settings()
    outcome = write_backup(make_engine(settings), Store(settings.store), options.file, _say_step)
    _say_parts(outcome)
    size_mb = f"{options.file.stat().st_size / 1e6:.1f}".replace(".", ",")
    say(f"Sauvegarde écrite : {options.file} ({size_mb} Mo).")


def restore(options: argparse.Namespace) -> None:
    from app.persistence.backup import restore as load_backup
    from app.persistence.backup_file import read_manifest
    from app.persistence.session import make_engine
    from data.store import Store

    read_manifest(options.file)  # a file that is not ours is refused before a cluster is made for it
    settings = Settings()
    outcome = load_backup(make_engine(settings), Store(settings.store), options.file, _say_step)
    _say_parts(outcome)
    say(f"Sauvegarde rechargée : {options.file}, écrite le {outcome.manifest.created_at}.")


def _say_step(doing: str) -> None:
    say(f"{doing}...")


def _say_parts(outcome: BackupOutcome) -> None:
    manifest = outcome.manifest
    say(
        f"  accueil30 {manifest.service_version}, révision {manifest.migration} : {len(manifest.rows)} tables, "
        f"{integer_fr(sum(manifest.rows.values()))} lignes, {outcome.graphs} graphe(s) de routes."
    )
    for name in outcome.missing_graphs:
        say(f"  À voir : le graphe du réseau « {name} » n'est pas dans le dossier du service ; réimportez ses routes.")


def _cluster() -> EmbeddedCluster:
    settings = Settings()
    if settings.database_url:
        raise InvalidInputError(
            "ACCUEIL30_DATABASE_URL désigne votre propre base : démarrez-la et arrêtez-la avec vos outils. "
            "Sans cette variable, le service emploie sa base embarquée."
        )
    return EmbeddedCluster(settings.store)
