"""``accueil30 db ...``"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from app.cli.console import answer_json, say
from app.errors import InvalidInputError
from app.persistence.embedded import EmbeddedCluster
from app.settings import Settings


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


def _cluster() -> EmbeddedCluster:
    settings = Settings()
    if settings.database_url:
        raise InvalidInputError(
            "ACCUEIL30_DATABASE_URL désigne votre propre base : démarrez-la et arrêtez-la avec vos outils. "
            "Sans cette variable, le service emploie sa base embarquée."
        )
    return EmbeddedCluster(settings.store)
