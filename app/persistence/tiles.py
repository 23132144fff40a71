"""Vector tiles read from PostGIS; the queries are in tiles.sql."""

from __future__ import annotations

import hashlib
import json
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


def runs_version(session: Session, departement: str | None) -> str:
    """Changes when what is drawn of runs, boundaries or roads changes."""
    return _digest(
        session,
        """
        select
            (select jsonb_agg(jsonb_build_array(departement_code, run_id) order by departement_code)
             from published_run
             where mode = 'car' and (cast(:departement as text) is null or departement_code = :departement)),
            (select jsonb_build_array(count(*), max(created_at)) from import_batch),
            (select jsonb_agg(id order by id) from road_network where is_current)
        """,
        departement,
    )


def sites_version(session: Session, departement: str | None) -> str:
    """Changes with any edit. The sum of versions tells two edits apart whose transactions crossed."""
    return _digest(
        session,
        """
        select jsonb_build_array(count(*) filter (where deleted_at is null), sum(version), max(updated_at)),
            cast(:departement as text)
        from site
        """,
        departement,
    )


def layer_bounds(session: Session, departement: str | None) -> tuple[float, float, float, float] | None:
    """west, south, east, north of the départements drawn; None when none is loaded."""
    row = session.execute(
        text(
            "select ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box) from (select ST_Extent(geometry) as box"
            " from departement where cast(:departement as text) is null or code = :departement) as extent"
        ),
        {"departement": departement},
    ).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])


def fictional_flags(session: Session, departement: str | None) -> list[bool]:
    """Whether each of the départements drawn is fictional."""
    query = select(Departement.is_fictional)
    return list(session.scalars(query if departement is None else query.where(Departement.code == departement)))


def _digest(session: Session, query: str, departement: str | None) -> str:
    row = session.execute(_text(query), {"departement": departement}).one()
    return hashlib.sha256(json.dumps(list(row), default=str).encode()).hexdigest()[:16]


@cache
def _text(query: str) -> TextClause:
    return text(query)


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
