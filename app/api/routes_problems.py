"""What each kind of problem means: the addresses that ``type`` points to."""

from __future__ import annotations

from pydantic import BaseModel

from app.api.deps import api_router
from app.api.problems import KINDS, TYPE_BASE

router = api_router("Erreurs")


class ProblemKind(BaseModel):
    type: str
    status: int
    title: str
    meaning: str


class ProblemKinds(BaseModel):
    items: list[ProblemKind]


@router.get("/problems", summary="Les sortes d’erreurs", response_model=ProblemKinds)
def list_problems() -> ProblemKinds:
    """Ce que veut dire chaque « type » d’erreur."""
    return ProblemKinds(
        items=[
            ProblemKind(type=f"{TYPE_BASE}#{kind.slug}", status=kind.status, title=kind.title, meaning=kind.meaning)
            for kind in KINDS
        ]
    )
