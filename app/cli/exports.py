"""``accueil30 export ...``"""

from __future__ import annotations

import argparse

from sqlalchemy import select

from app.cli.console import say
from app.cli.workplace import open_workplace
from app.errors import InvalidInputError, NotFoundError


def roads(options: argparse.Namespace) -> None:
    from app.persistence.models import RoadNetwork
    from app.services.networks import open_network
    from data.network_osmnx import write_graphml
    from data.store import Store

    if not options.file.name.endswith((".graphml", ".graphml.bz2")):
        raise InvalidInputError(f"Fichier reçu : {options.file}. Attendu : un nom en .graphml ou .graphml.bz2.")
    settings, transaction = open_workplace()
    with transaction() as session:
        network = session.scalar(
            select(RoadNetwork).where(RoadNetwork.name == options.name, RoadNetwork.is_current).limit(1)
        )
        if network is None:
            names = ", ".join(session.scalars(select(RoadNetwork.name).where(RoadNetwork.is_current))) or "aucun"
            raise NotFoundError(f"Aucun réseau routier nommé « {options.name} ». Réseaux chargés : {names}.")
        graph = open_network(Store(settings.store), network)
    write_graphml(graph, options.file)
    say(f"Réseau « {options.name} » écrit dans {options.file}.")
