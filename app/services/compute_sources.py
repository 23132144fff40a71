"""Where a run's inputs come from, read cheaply: kept with the run, and read again to tell whether it is out of date."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.persistence.models import Commune, Epci, GridCell, ImportBatch, RoadNetwork
from app.services.networks import summer_network

#: input -> its French name in "has changed since".
NAMES_FR = {
    "roads": "le réseau routier",
    "road_edits": "les routes déclarées",
    "communes": "les communes",
    "epci": "les EPCI",
    "population_grid": "les carreaux de population",
    "sites": "les lieux d'accueil",
}

#: What a report must be able to say of the roads: turn restrictions, conditions not applied, and the like.
_KEPT_FACTS = (
    "restrictions_applied",
    "restrictions_not_applied",
    "ways_closed_in_winter",
    "signals",
    "urban_junctions",
)


def read_sources(session: Session, code: str, network: RoadNetwork) -> dict[str, dict[str, Any]]:
    """input -> its files (name, sha256, millésime), the newest first; for the roads, the graph made of them, and in
    winter the one of summer, that homes and sites are attached to."""
    made_of = session.get_one(ImportBatch, network.batch_id).report.get("facts", {})
    declared = _declared_for(network)
    summer = summer_network(session, network)
    of_departement = select(Commune.code_insee).where(Commune.departement_code == code)
    epcis = select(Commune.epci_code).where(Commune.departement_code == code)
    return {
        "roads": {
            "sha256": network.source_sha256,
            "graph_sha256": network.graph_sha256,
            **({"summer_graph_sha256": summer.graph_sha256} if summer is not None and summer is not network else {}),
            "mode": network.mode,
            "season": network.season,
            "label": network.name,
            "file": network.source_name,
            "osm_date": network.osm_date,
            "profile": network.profile_version,
            "nodes": network.node_count,
            "facts": {key: made_of[key] for key in _KEPT_FACTS if key in made_of},
        },
        **({"road_edits": declared} if declared else {}),
        "communes": _files_of(session, Commune, Commune.departement_code == code),
        "epci": _files_of(session, Epci, Epci.code_siren.in_(epcis)),
        "population_grid": _files_of(session, GridCell, GridCell.code_insee.in_(of_departement)),
    }


def _declared_for(network: RoadNetwork) -> dict[str, Any] | None:
    """The file of declared roads and what it says of the network's mode; None where it says nothing of it."""
    if network.edits is None:
        return None
    edits = [edit for edit in network.edits["edits"] if network.mode in edit["modes"]]
    return {**network.edits, "edits": edits} if edits else None


def changed_sources(before: dict[str, Any], now: dict[str, Any]) -> tuple[str, ...]:
    """French names of the inputs whose files, graph or hash are not those of ``before``."""
    looked_at = ("sha256", "graph_sha256", "summer_graph_sha256", "files")
    return tuple(
        name_fr
        for key, name_fr in NAMES_FR.items()
        if any(before.get(key, {}).get(what) != now.get(key, {}).get(what) for what in looked_at)
    )


def _files_of(session: Session, table: Any, where: Any) -> dict[str, Any]:
    batches = session.execute(
        select(ImportBatch.file_name, ImportBatch.sha256, ImportBatch.millesime)
        .where(ImportBatch.id.in_(select(table.batch_id).where(where).distinct()))
        .order_by(ImportBatch.created_at.desc(), ImportBatch.sha256)
    ).all()
    millesimes = sorted({batch.millesime for batch in batches if batch.millesime})
    return {
        "sha256": batches[0].sha256 if batches else "",
        "file": ", ".join(dict.fromkeys(batch.file_name for batch in batches)),
        "millesime": ", ".join(millesimes) or None,
        "files": sorted([batch.sha256, batch.millesime] for batch in batches),
    }
