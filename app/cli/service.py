"""``accueil30 demo | serve``"""

from __future__ import annotations

import argparse
import errno
import socket
from typing import TYPE_CHECKING

from app.cli.console import say
from app.errors import InvalidInputError
from app.settings import Settings

if TYPE_CHECKING:
    from app.cli.workplace import Transaction


def demo(options: argparse.Namespace) -> None:
    from app.cli.workplace import open_workplace

    if options.files:
        from data.demo import write_demo

        options.files.mkdir(parents=True, exist_ok=True)
        write_demo(options.files)
        say(f"Fichiers du département fictif écrits dans {options.files}.")
        return
    settings, transaction = open_workplace()
    if options.if_missing and _is_published(transaction):
        return
    from app.services.demo import load_demo
    from data.store import Store

    outcome = load_demo(transaction, Store(settings.store), say)
    done = "déjà publié" if outcome.was_already_done else "publié"
    say(f"Département de démonstration {done} (fictif, code 00).")


def _is_published(transaction: Transaction) -> bool:
    """Asked at each ``make run``: without loading what imports and computes."""
    from app.persistence.run_repository import published_run
    from data.territory import FICTIONAL_CODE

    with transaction() as session:
        return published_run(session, FICTIONAL_CODE, "car") is not None


def serve(options: argparse.Namespace) -> None:
    import uvicorn

    from app.cli.workplace import open_workplace

    settings = Settings()
    host, port = options.host or settings.host, options.port or settings.port
    _check_port_is_free(host, port)
    open_workplace()  # a database that cannot start says so here, before anything is served

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                say(_WELCOME.format(address=f"http://{host}:{port}"))

    config = uvicorn.Config(
        "app.main:app_from_environment",
        factory=True,
        host=host,
        port=port,
        log_level="warning",
        loop="uvloop",
        http="httptools",
    )
    Server(config).run()


_WELCOME = """
Accueil30 est prêt.
  À ouvrir                  : {address}/
  API                       : {address}/api/v1/departements
  Arrêter                   : Ctrl-C (la base reste en marche : accueil30 db stop l'arrête)

Charger un vrai département (ici la Corse-du-Sud) :
  .venv/bin/accueil30 import roads corse.osm.pbf --name corse
  .venv/bin/accueil30 import epci epci.geojson
  .venv/bin/accueil30 import communes communes.geojson --millesime 2023
  .venv/bin/accueil30 import grid carreaux.gpkg --millesime 2019
  .venv/bin/accueil30 import sites france-services.csv --format france-services
  .venv/bin/accueil30 compute 2A
"""


def _check_port_is_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise InvalidInputError(
                    f"Le port {port} est déjà pris sur {host}, peut-être par un autre Accueil30. "
                    f"Choisissez-en un autre : make run PORT={port + 1}"
                ) from None
            raise InvalidInputError(f"Impossible d'écouter sur {host}:{port} : {error.strerror}.") from None
