"""``accueil30 export ...``"""

from __future__ import annotations

import argparse

from app.cli.console import say
from app.cli.workplace import open_workplace
from app.domain.travel import travel_fr
from app.errors import InvalidInputError, NotFoundError


def roads(options: argparse.Namespace) -> None:
    from app.services.networks import current_network, loaded_fr, open_network
    from data.network_osmnx import write_graphml
    from data.store import Store

    if not options.file.name.endswith((".graphml", ".graphml.bz2")):
        raise InvalidInputError(f"Fichier reçu : {options.file}. Attendu : un nom en .graphml ou .graphml.bz2.")
    settings, transaction = open_workplace()
    with transaction() as session:
        network = current_network(session, options.name, options.mode, options.season)
        if network is None:
            travel = travel_fr(options.mode, options.season)
            raise NotFoundError(f"Aucun réseau routier nommé « {options.name} » ({travel}). {loaded_fr(session)}")
        graph = open_network(Store(settings.store), network)
    write_graphml(graph, options.file)
    say(f"Réseau « {options.name} » écrit dans {options.file}.")
