"""Which road graph answers for a place, opened once and shared (its arrays are read-only and memory-mapped)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from geoalchemy2.functions import ST_DWithin, ST_MakePoint, ST_SetSRID
from numpy.typing import ArrayLike, NDArray
from sqlalchemy import Numeric, Select, Text, case, cast, func, select
from sqlalchemy.orm import Session

from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON, MODE_LABELS_FR, travel_fr, travels_fr
from app.errors import FieldError, InvalidInputError, NotReadyError
from app.persistence.models import Commune, RoadNetwork
from data.store import Store
from routing.graph import UNREACHED_DS, RoadGraph
from routing.graph_files import BrokenGraphError, open_graph
from routing.snap import Attachment, attach

#: A network answers for a département when it has roads near this share of its communes. Not all: an islet without
#: a road is no reason to refuse.
MIN_SHARE_OF_COMMUNES = 0.9


#: A point a little beyond the last road may still be attached to it (about 1 km).
EXTENT_MARGIN_DEG = 0.01


#: What says that a road of one graph is that of the same number in another.
_SAME_ROADS = ("road_way_id", "road_length_m", "shape_first", "shape_x_m", "shape_y_m")


@dataclass(frozen=True, slots=True, eq=False)
class Roads:
    """The roads of a question. People live, and sites stand, by a road in any season; what moves is who can pass.

    Road r of one graph is road r of the other; in summer they are one graph.
    """

    homes: RoadGraph  # where people live: the graph of summer
    travel: RoadGraph  # times are searched on it

    def attach(self, x_m: ArrayLike, y_m: ArrayLike, max_access_m: ArrayLike) -> Attachment:
        """``routing.snap.attach`` to the roads of summer. Who lives by a road that winter closes walks, in winter, to one
        that is open if there is one within the same distance; else they stay there, with no route."""
        at = attach(self.homes, x_m, y_m, max_access_m)
        if self.travel is self.homes:
            return at
        shut = np.flatnonzero((at.road >= 0) & ~_is_open(self.travel)[at.road])
        x, y, limit_m = np.broadcast_arrays(np.asarray(x_m), np.asarray(y_m), np.asarray(max_access_m))
        other = attach(self.travel, x[shut], y[shut], limit_m[shut])
        shut, other = shut[other.road >= 0], other.take(other.road >= 0)
        columns = {field.name: getattr(at, field.name).copy() for field in fields(Attachment)}
        for name in columns.keys() - {"nearest_m"}:
            columns[name][shut] = getattr(other, name)
        return Attachment(**columns)


def open_roads(session: Session, store: Store, network: RoadNetwork) -> Roads:
    """The graphs of ``network``.

    NotReadyError: a graph cannot be opened, or the summer network a winter one was imported with is lost.
    """
    if network.season == HEADLINE_SEASON:
        graph = open_network(store, network)
        return Roads(graph, graph)
    summer = summer_network(session, network)
    roads = None
    if summer is not None:
        for one in (summer, network):
            open_network(store, one)
        roads = _open_winter(store.root / summer.graph_path, store.root / network.graph_path)
    if roads is None:
        raise NotReadyError(
            f"Le réseau d'été importé avec le réseau « {network.name} » ({travel_fr(network.mode, network.season)}) "
            "manque ou ne lui correspond plus : c'est à lui que les habitants et les lieux sont rattachés, en hiver aussi. "
            f"Réimportez les routes : accueil30 import roads FICHIER.osm.pbf --name {network.name} --modes {network.mode}"
        )
    return roads


@lru_cache(maxsize=4)
def _open_winter(summer: Path, winter: Path) -> Roads | None:
    """None for graphs whose roads are not the same."""
    homes, travel = _open(summer), _open(winter)
    if not all(np.array_equal(getattr(homes, name), getattr(travel, name)) for name in _SAME_ROADS):
        return None
    # A valley that snow cuts off still has roads of its own.
    return Roads(homes, replace(travel, road_attachable=homes.road_attachable & _is_open(travel)))


def _is_open(graph: RoadGraph) -> NDArray[np.bool_]:
    """Roads open in a direction at least: bool[k]."""
    return np.asarray(np.minimum(graph.road_forward_ds, graph.road_backward_ds) < UNREACHED_DS)


def open_network(store: Store, network: RoadNetwork) -> RoadGraph:
    """The graph of ``network``; NotReadyError when its folder is lost, cut short, or of an earlier version."""
    try:
        return _open(store.root / network.graph_path)
    except (FileNotFoundError, BrokenGraphError) as error:
        why = "manque" if isinstance(error, FileNotFoundError) else "est incomplet ou d'une version antérieure"
        raise NotReadyError(
            f"Le graphe du réseau « {network.name} » ({travel_fr(network.mode, network.season)}) {why} : "
            f"{store.root / network.graph_path}. Réimportez : accueil30 import roads FICHIER --name {network.name} "
            f"--modes {network.mode}"
        ) from error


def is_openable(store: Store, network: RoadNetwork) -> bool:
    try:
        open_network(store, network)
    except NotReadyError:
        return False
    return True


@lru_cache(maxsize=8)
def _open(folder: Path) -> RoadGraph:
    return open_graph(folder)


def clear_opened() -> None:
    """Forget the graphs that are open: their folders are looked at again."""
    _open.cache_clear()
    _open_winter.cache_clear()


def network_for_departement(
    session: Session, code: str, *, mode: str, season: str = HEADLINE_SEASON, name: str | None = None
) -> RoadNetwork:
    """The current network with roads in most of the département's communes, the last made current of
    equals; NotReadyError if none.

    The winter one is the companion of the summer one: made of the same file, by the same profile.
    """
    if name:
        network = current_network(session, name, mode, HEADLINE_SEASON)
    else:
        network = session.scalars(_covering(code, mode).limit(1)).first()
    if network is None:
        raise NotReadyError(_no_network_fr(session, code, mode, name))
    if season == HEADLINE_SEASON:
        return network
    winter = winter_companion(session, network)
    if winter is None:
        raise NotReadyError(
            f"Aucune route du réseau « {network.name} » ({MODE_LABELS_FR[mode]}) ne ferme en hiver : il n'y a pas de "
            "réseau d'hiver, les chiffres d'été valent toute l'année."
        )
    return winter


def _covering(code: str, mode: str) -> Select[RoadNetwork]:
    """The current networks with roads in most of the département's communes, the one that answers first."""
    meets = func.avg(case((func.ST_Intersects(Commune.geometry, RoadNetwork.extent), 1.0), else_=0.0))
    share = select(meets).where(Commune.departement_code == code).correlate(RoadNetwork).scalar_subquery()
    return (
        _current(mode, HEADLINE_SEASON)
        .where(share >= MIN_SHARE_OF_COMMUNES)
        .order_by(func.round(cast(share, Numeric), 2).desc(), RoadNetwork.current_since.desc())
    )


def other_networks(session: Session, code: str, network: RoadNetwork) -> tuple[str, ...]:
    """Names of the other current networks that could have answered for the département by the same mode."""
    names = {found.name for found in session.scalars(_covering(code, network.mode))}
    return tuple(sorted(names - {network.name}))


def winter_companion(session: Session, network: RoadNetwork) -> RoadNetwork | None:
    """The current winter network of the same name and mode; None where no road closes in winter."""
    return current_network(session, network.name, network.mode, "winter")


def summer_network(session: Session, network: RoadNetwork) -> RoadNetwork | None:
    """The summer network of the same import (itself in summer), the current one if it may be; None when it is lost."""
    if network.season == HEADLINE_SEASON:
        return network
    made_alike = networks_made_alike(
        network.name,
        network.mode,
        HEADLINE_SEASON,
        source_sha256=network.source_sha256,
        profile_version=network.profile_version,
        edits_sha256=None if network.edits is None else network.edits["sha256"],
    )
    return session.scalars(made_alike.limit(1)).first()


def networks_made_alike(
    name: str, mode: str, season: str, *, source_sha256: str, profile_version: str, edits_sha256: str | None
) -> Select[RoadNetwork]:
    """Those made of the same file, profile and declarations: the current one first, then the last that was."""
    declared = cast(RoadNetwork.edits["sha256"].astext, Text)
    return (
        select(RoadNetwork)
        .where(
            RoadNetwork.name == name,
            RoadNetwork.mode == mode,
            RoadNetwork.season == season,
            RoadNetwork.source_sha256 == source_sha256,
            RoadNetwork.profile_version == profile_version,
            declared.is_(None) if edits_sha256 is None else declared == edits_sha256,
        )
        .order_by(RoadNetwork.is_current.desc(), RoadNetwork.current_since.desc())
    )


def current_network(session: Session, name: str, mode: str, season: str) -> RoadNetwork | None:
    """There is at most one."""
    return session.scalars(_current(mode, season).where(RoadNetwork.name == name).limit(1)).first()


def drawn_network(session: Session, network: RoadNetwork) -> RoadNetwork | None:
    """The network whose roads are drawn for this one: roads of cars in summer, of the same name; None without any."""
    if (network.mode, network.season) == (HEADLINE_MODE, HEADLINE_SEASON):
        return network
    return current_network(session, network.name, HEADLINE_MODE, HEADLINE_SEASON)


def _current(mode: str, season: str) -> Select[RoadNetwork]:
    return select(RoadNetwork).where(RoadNetwork.mode == mode, RoadNetwork.season == season, RoadNetwork.is_current)


def _no_network_fr(session: Session, code: str, mode: str, name: str | None) -> str:
    wanted = f"nommé « {name} »" if name else f"qui couvre le département {code}"
    option = "" if mode == HEADLINE_MODE else f" --modes {mode}"
    return (
        f"Aucun réseau routier {wanted} ({MODE_LABELS_FR.get(mode, mode)}). {loaded_fr(session)} Importez-en un : "
        f"accueil30 import roads FICHIER.osm.pbf --name NOM{option}"
    )


def loaded_fr(session: Session) -> str:
    """Which networks there are, by name."""
    rows = session.execute(select(RoadNetwork.name, RoadNetwork.mode, RoadNetwork.season).where(RoadNetwork.is_current))
    by_name: dict[str, list[tuple[str, str]]] = {}
    for name, mode, season in rows:
        by_name.setdefault(name, []).append((mode, season))
    said = " ; ".join(f"« {name} » ({travels_fr(pairs)})" for name, pairs in sorted(by_name.items()))
    return f"Réseaux chargés : {said or 'aucun'}."


def network_at(session: Session, lon: float, lat: float, *, mode: str, season: str = HEADLINE_SEASON) -> RoadNetwork:
    """The last made current of the networks whose extent holds the point.

    In winter, a place where no road closes is answered by its one network. InvalidInputError: outside them all.
    """
    network = _holding(session, lon, lat, mode, HEADLINE_SEASON)
    if network is not None and season != HEADLINE_SEASON:
        network = winter_companion(session, network) or network
    if network is None:
        raise _nowhere(session, lon, lat, mode)
    return network


def _holding(session: Session, lon: float, lat: float, mode: str | None, season: str) -> RoadNetwork | None:
    point = ST_SetSRID(ST_MakePoint(lon, lat), 4326)
    query = select(RoadNetwork).where(
        RoadNetwork.season == season, RoadNetwork.is_current, ST_DWithin(RoadNetwork.extent, point, EXTENT_MARGIN_DEG)
    )
    if mode is not None:
        query = query.where(RoadNetwork.mode == mode)
    return session.scalar(query.order_by(RoadNetwork.current_since.desc()).limit(1))


def _nowhere(session: Session, lon: float, lat: float, mode: str) -> InvalidInputError:
    other = _holding(session, lon, lat, None, HEADLINE_SEASON)
    if other is not None:
        detail = (
            f"Aucun réseau {MODE_LABELS_FR.get(mode, mode)} n'est chargé autour de lon={lon:g}, lat={lat:g}. "
            f"{loaded_fr(session)} Réimportez les routes avec ce moyen : "
            f"accueil30 import roads FICHIER.osm.pbf --name {other.name} --modes {mode}"
        )
        return InvalidInputError(detail, [FieldError("mode", mode, "Aucun réseau de ce moyen ici.")])
    return InvalidInputError(
        f"Le point lon={lon:g}, lat={lat:g} est hors des réseaux routiers chargés. Vérifiez l'ordre "
        "(longitude puis latitude) ou importez les routes de ce territoire.",
        [
            FieldError("lon", f"{lon:g}", "Hors des réseaux chargés."),
            FieldError("lat", f"{lat:g}", "Hors des réseaux chargés."),
        ],
    )
