"""Query parameters that several routes share, and the question they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request

from app.api.exports import Separator
from app.domain.coverage import Scope, scope_of
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON, Mode, Season

Level = Literal["commune", "epci", "departement"]
ThresholdMin = Annotated[
    float,
    Query(
        ge=1,
        le=120,
        allow_inf_nan=False,
        description="Seuil en minutes ; on est couvert strictement en dessous",
    ),
]
ModeQuery = Annotated[Mode, Query(description="Moyen de transport : car (voiture), bike (vélo), foot (marche)")]
SeasonQuery = Annotated[
    Season, Query(description="summer : routes saisonnières ouvertes ; winter : fermées, là où il y en a")
]
SeparatorQuery = Annotated[Separator, Query(description="semicolon : pour un tableur français")]
BomQuery = Annotated[bool, Query(description="Marque d’ordre UTF-8, que d’anciens tableurs attendent")]
ScopeQuery = Annotated[Scope, Query(description="Lieux comptés : tous, du seul département, sans les bus")]
LonQuery = Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False, description="Longitude, degrés WGS 84")]
LatQuery = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False, description="Latitude, degrés WGS 84")]


@dataclass(frozen=True, slots=True)
class Question:
    """Which figures: mode, season, threshold, which sites count, which run. None: those of the run asked for."""

    mode: Mode | None
    season: Season | None
    threshold_s: int
    scope: Scope
    run_id: UUID | None

    def keywords(self) -> dict[str, Any]:
        """As the services take them."""
        return {
            "mode": self.mode,
            "season": self.season,
            "threshold_s": self.threshold_s,
            "scope": self.scope,
            "run_id": self.run_id,
        }


def question(
    request: Request,
    mode: ModeQuery = HEADLINE_MODE,
    season: SeasonQuery = HEADLINE_SEASON,
    threshold_min: ThresholdMin = 30,
    neighbours: Annotated[bool, Query(description="Compter les lieux des départements voisins")] = True,
    mobile: Annotated[bool, Query(description="Compter les bus et l’itinérance à leur point déclaré")] = True,
    run: Annotated[
        UUID | None,
        Query(
            description="Un calcul précis ; mode et season sont alors les siens, et doivent l’être s’ils sont donnés. "
            "Par défaut, celui qui est publié"
        ),
    ] = None,
) -> Question:
    """Decided in whole seconds: 30 min is 1,800 s."""
    is_free = {name: run is not None and name not in request.query_params for name in ("mode", "season")}
    return Question(
        None if is_free["mode"] else mode,
        None if is_free["season"] else season,
        round(threshold_min * 60),
        scope_of(neighbours=neighbours, mobile=mobile),
        run,
    )


QuestionDep = Annotated[Question, Depends(question)]
