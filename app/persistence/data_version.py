"""Short texts that change when what is read has changed: the ETags of figures and tiles."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

_RUNS: Final = """
    (select jsonb_agg(
         jsonb_build_array(departement_code, mode, season, run_id) order by departement_code, mode, season
     ) from published_run),
    (select jsonb_agg(id order by id) from road_network where is_current)
"""
# The sum of versions tells apart two edits whose transactions crossed: the later may have the earlier date.
_SITES: Final = """
    (select jsonb_build_array(count(*) filter (where deleted_at is null), sum(version), max(updated_at))
     from site)
"""
_IMPORTS: Final = """
    (select jsonb_build_array(count(*), max(created_at)) from import_batch)
"""
# Two transactions with the same snapshot see the same rows of the same database; the start of the server tells
# clusters apart. NULL in a transaction that has written: its own rows are seen, its snapshot does not say so.
_INSTANT: Final = """
    case when pg_current_xact_id_if_assigned() is null
         then concat_ws(' ', pg_current_snapshot(), current_database(), pg_postmaster_start_time()) end
"""
#: parts -> the instant they were last read at, and their digest. One assignment: safe from several threads.
_last: Final[dict[tuple[str, ...], tuple[str | None, str]]] = {}
_AGREEMENTS: Final = """
    (select jsonb_build_array(count(*), sum(version), max(updated_at)) from agreement)
"""


def runs_version(session: Session) -> str:
    """Of published runs, boundaries, population and roads."""
    return _digest(session, _RUNS, _IMPORTS)


def sites_version(session: Session) -> str:
    """Of the register of sites, and of the boundaries around which its tiles are cut."""
    return _digest(session, _SITES, _IMPORTS)


def figures_version(session: Session) -> str:
    """Of everything a figure or a report is made of."""
    return _digest(session, _RUNS, _IMPORTS, _SITES, _AGREEMENTS)


def _digest(session: Session, *parts: str) -> str:
    """Of what ``parts`` read; they are read again only once something was committed since the last time."""
    instant = session.execute(_text((_INSTANT,))).scalar_one()
    known = _last.get(parts)
    if instant is not None and known is not None and known[0] == instant:
        return known[1]
    instant, *read = session.execute(_text((_INSTANT, *parts))).one()
    digest = hashlib.sha256(json.dumps(read, default=str).encode()).hexdigest()[:16]
    _last[parts] = instant, digest
    return digest


@cache
def _text(parts: tuple[str, ...]) -> TextClause:
    return text("select " + ", ".join(parts))
