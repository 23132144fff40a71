"""Which road graph answers for a place, opened once and shared (its arrays are read-only and memory-mapped)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from geoalchemy2.functions import ST_DWithin, ST_MakePoint, ST_SetSRID
from sqlalchemy import Numeric, case, cast, func, select
from sqlalchemy.orm import Session

from app.errors import FieldError, InvalidInputError, NotReadyError
from app.persistence.models import Commune, RoadNetwork
from data.store import Store
from routing.graph import RoadGraph
from routing.graph_files import open_graph

#: A network answers for a département when it has roads near this share of its communes. Not all: an islet without
#: a road is no reason to refuse.
MIN_SHARE_OF_COMMUNES = 0.9


#: A point a little beyond the last road may still be attached to it (about 1 km).
EXTENT_MARGIN_DEG = 0.01


def open_network(store: Store, network: RoadNetwork) -> RoadGraph:
    return _open(store.root / network.graph_path)


@lru_cache(maxsize=8)
def _open(folder: Path) -> RoadGraph:
    return open_graph(folder)


def network_for_departement(session: Session, code: str, *, mode: str, name: str | None = None) -> RoadNetwork:
    """The current network with roads in most of the département's communes, the newest of equals; NotReadyError if none."""
    meets = func.avg(case((func.ST_Intersects(Commune.geometry, RoadNetwork.extent), 1.0), else_=0.0))
    share = select(meets).where(Commune.departement_code == code).correlate(RoadNetwork).scalar_subquery()
    query = select(RoadNetwork).where(RoadNetwork.mode == mode, RoadNetwork.is_current)
    if name:
        query = query.where(RoadNetwork.name == name)
    else:
        query = query.where(share >= MIN_SHARE_OF_COMMUNES).order_by(func.round(cast(share, Numeric), 2).desc())
    query = query.order_by(RoadNetwork.created_at.desc())
    network = session.scalar(query.limit(1))
    if network is None:
        wanted = f"nommé « {name} »" if name else f"qui couvre le département {code}"
        raise NotReadyError(
            f"Aucun réseau routier {wanted} (mode {mode}). Importez-en un : "
            "accueil30 import roads FICHIER.osm.pbf --name NOM"
        )
    return network


def network_at(session: Session, lon: float, lat: float, *, mode: str) -> RoadNetwork:
    """The newest current network whose extent holds the point."""
    point = ST_SetSRID(ST_MakePoint(lon, lat), 4326)
    network = session.scalar(
        select(RoadNetwork)
        .where(
            RoadNetwork.mode == mode, RoadNetwork.is_current, ST_DWithin(RoadNetwork.extent, point, EXTENT_MARGIN_DEG)
        )
        .order_by(RoadNetwork.created_at.desc())
        .limit(1)
    )
    if network is None:
        raise InvalidInputError(
            f"Le point lon={lon:g}, lat={lat:g} est hors des réseaux routiers chargés. Vérifiez l'ordre "
            "(longitude puis latitude) ou importez les routes de ce territoire.",
            [
                FieldError("lon", f"{lon:g}", "Hors des réseaux chargés."),
                FieldError("lat", f"{lat:g}", "Hors des réseaux chargés."),
            ],
        )
    return network
