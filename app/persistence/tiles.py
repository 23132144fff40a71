"""Vector tiles read from PostGIS; the queries are in tiles.sql."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from app.persistence.models import Departement

_NAME: Final = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_PARAMETER: Final = re.compile(r"(?<!:):([a-z_]+)")
_TYPES: Final = {"departement": "text", "z": "integer", "x": "integer", "y": "integer"}


def read_tile(session: Session, query: str, parameters: Mapping[str, Any]) -> bytes:
    """One tile of a named query, as Mapbox Vector Tile bytes; empty where there is nothing."""
    statement, wanted = _statement(query)
    found = session.execute(statement, {name: parameters[name] for name in wanted}).scalar_one_or_none()
    return b"" if found is None else bytes(found)


def layer_bounds(session: Session, departement: str | None) -> tuple[float, float, float, float] | None:
    """west, south, east, north of the départements drawn; None when none is loaded."""
    row = session.execute(
        text(
            "select ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box) from"
            " (select ST_Extent(geometry) as box from departement"
            " where cast(:departement as text) is null or code = :departement) as extent"
        ),
        {"departement": departement},
    ).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])


def fictional_flags(session: Session, departement: str | None) -> list[bool]:
    """Whether each of the départements drawn is fictional."""
    query = select(Departement.is_fictional)
    return list(session.scalars(query if departement is None else query.where(Departement.code == departement)))


@cache
def _statement(name: str) -> tuple[TextClause, tuple[str, ...]]:
    """The query of that name behind the common frame, and the parameters it takes."""
    parts = _NAME.split(files("app.persistence").joinpath("tiles.sql").read_text(encoding="utf-8"))
    queries = dict(zip(parts[1::2], parts[2::2], strict=True))
    sql = "\n".join(line.partition("--")[0] for line in (queries["frame"] + queries[name]).splitlines())
    wanted = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
    return text(_PARAMETER.sub(_cast, sql)), wanted


def _cast(match: re.Match[str]) -> str:
    """PostgreSQL cannot guess the type of a parameter that is only compared to null."""
    name = match.group(1)
    return f"cast(:{name} as {_TYPES[name]})" if name in _TYPES else f":{name}"
