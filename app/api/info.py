"""The ``info`` block: what must be printed beside any figure, so that it can be traced and questioned."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain import version
from app.domain.coverage import THRESHOLD_S
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON
from app.persistence.models import RoadNetwork
from app.services.runs import RunView
from data.sources import SOURCES

NO_ROUTE: Final = "no_route"
#: Minutes as everyone reads them: a number, « no_route » (no road goes there), null (unknown).
Minutes = Annotated[
    float | Literal["no_route"] | None,
    Field(description="Minutes au dixième ; « no_route » : aucune route ; null : inconnu"),
]
GRID_SOURCE: Final = "filosofi"
_REAL_SOURCES: Final = ("osm", GRID_SOURCE, "admin-express", "populations", "france-services")


class RoadNetworkInfo(BaseModel):
    name: str
    osm_date: str | None
    nodes: int


class GridInfo(BaseModel):
    """Les carreaux selon lesquels la population est répartie ; null : aucune grille, une commune est un point."""

    source: str | None
    millesime: str | None


class PopulationInfo(BaseModel):
    """La population montrée, du fichier des communes."""

    shown: str
    source: str | None
    millesime: str | None
    grid: GridInfo


class SitesSnapshot(BaseModel):
    counted: int
    sha256: str
    is_stale: bool = Field(description="Comme info.is_stale, gardé pour les clients existants")


class Attribution(BaseModel):
    name: str
    producer: str
    licence: str
    attribution: str = Field(description="Le texte que la licence demande d’afficher")


class Info(BaseModel):
    """Provenance d’un chiffre."""

    service_version: str
    run_id: UUID | None
    run_created_at: datetime | None
    mode: str
    season: str = Field(description="summer ou winter : routes saisonnières ouvertes ou fermées")
    direction: str
    threshold_rule: str
    threshold_min: float | None = Field(description="null : plusieurs durées demandées, que threshold_rule énumère")
    road_network: RoadNetworkInfo | None
    population: PopulationInfo | None
    sites_snapshot: SitesSnapshot | None
    is_stale: bool | None = Field(
        description="Une donnée au moins a changé depuis ce calcul ; null : plusieurs calculs"
    )
    changed_inputs: list[str] | None = Field(description="Ce qui a changé depuis ce calcul, nommé en français")
    is_fictional: bool
    attributions: list[Attribution]


@cache
def service_version() -> str:
    """Read once. « 0+source » when the code runs from a folder that was never installed."""
    try:
        return version.service_version()
    except PackageNotFoundError:
        return "0+source"


def minutes(seconds: float | None, threshold_s: float = THRESHOLD_S) -> float | Literal["no_route"] | None:
    """Seconds to minutes, rounded to 0.1 but never across the threshold: 1,799 s is 29.9, not 30.0."""
    if seconds is None or math.isnan(seconds):
        return None
    if math.isinf(seconds):
        return NO_ROUTE
    rounded = math.floor(seconds / 6 + 0.5) / 10
    if seconds < threshold_s <= rounded * 60:
        return math.floor(seconds / 6) / 10
    return rounded


def threshold_rule(threshold_s: int) -> str:
    return f"strictement moins de {threshold_s / 60:g} min ({threshold_s} s)".replace(".", ",")


def run_info(run: RunView, threshold_s: int) -> Info:
    """Provenance of the figures of a run."""
    return Info(
        service_version=service_version(),
        run_id=run.id,
        run_created_at=run.created_at,
        mode=run.mode,
        season=run.season,
        direction=run.direction,
        threshold_rule=threshold_rule(threshold_s),
        threshold_min=threshold_s / 60,
        road_network=RoadNetworkInfo(name=run.road_network_name, osm_date=run.road_osm_date, nodes=run.road_node_count),
        population=PopulationInfo(
            shown="population municipale",
            source=run.communes_file,
            millesime=run.communes_millesime,
            grid=GridInfo(source=run.grid_file, millesime=run.grid_millesime),
        ),
        sites_snapshot=SitesSnapshot(counted=run.sites_counted, sha256=run.sites_sha256, is_stale=run.is_stale),
        is_stale=run.is_stale,
        changed_inputs=list(run.changed),
        is_fictional=run.is_fictional,
        attributions=attributions([run.is_fictional], has_grid=run.grid_file is not None),
    )


def list_info(fictional: Iterable[bool], mode: str = HEADLINE_MODE, season: str = HEADLINE_SEASON) -> Info:
    """Provenance of figures of several départements; each item says its own run."""
    flags = list(fictional)
    return Info(
        service_version=service_version(),
        run_id=None,
        run_created_at=None,
        mode=mode,
        season=season,
        direction="arrival",
        threshold_rule=threshold_rule(THRESHOLD_S),
        threshold_min=THRESHOLD_S / 60,
        road_network=None,
        population=None,
        sites_snapshot=None,
        is_stale=None,
        changed_inputs=None,
        is_fictional=bool(flags) and all(flags),
        attributions=attributions(flags),
    )


def network_info(
    network: RoadNetwork, direction: str, *, is_fictional: bool, limits_min: Sequence[int] = (THRESHOLD_S // 60,)
) -> Info:
    """Provenance of times asked at one point: the road graph alone, and the durations asked for."""
    base = list_info([is_fictional], network.mode, network.season)
    roads = RoadNetworkInfo(name=network.name, osm_date=network.osm_date, nodes=network.node_count)
    rule = threshold_rule(60 * limits_min[0])
    if len(limits_min) > 1:
        shorter = ", ".join(str(limit) for limit in limits_min[:-1])
        rule = f"strictement moins de {shorter} et {limits_min[-1]} min"
    threshold = {"threshold_rule": rule, "threshold_min": float(limits_min[0]) if len(limits_min) == 1 else None}
    return base.model_copy(update={"direction": direction, "road_network": roads, **threshold})


def attributions(fictional: Iterable[bool], *, has_grid: bool = True) -> list[Attribution]:
    """The sources to name beside figures of départements, some of which may be fictional; a grid only if one counted."""
    flags = set(fictional)
    real = tuple(key for key in _REAL_SOURCES if has_grid or key != GRID_SOURCE)
    keys = (real if False in flags else ()) + (("demonstration",) if True in flags else ())
    return [
        Attribution(name=found.name, producer=found.producer, licence=found.licence, attribution=found.attribution)
        for found in (SOURCES[key] for key in keys)
    ]


def attribution_text(info: Info) -> str:
    """One line for a file that travels alone."""
    return " ; ".join(f"{item.attribution} – {item.licence}" for item in info.attributions)
