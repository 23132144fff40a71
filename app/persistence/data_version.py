"""Short texts that change when what is read has changed: the ETags of figures and tiles."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

_RUNS: Final = """
    (select jsonb_agg(jsonb_build_array(departement_code, mode, run_id) order by departement_code, mode)
     from published_run),
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
    row = session.execute(_text(parts)).one()
    return hashlib.sha256(json.dumps(list(row), default=str).encode()).hexdigest()[:16]


@cache
def _text(parts: tuple[str, ...]) -> TextClause:
    return text("select " + ", ".join(parts))
