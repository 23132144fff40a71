"""Reading and writing reception points. Nobody here commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from geoalchemy2 import WKTElement
from sqlalchemy import ColumnElement, Row, Select, func, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session

from app.persistence.models import Site


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """One site as it stands; ``lon`` and ``lat`` are both None when it stands nowhere."""

    id: UUID
    source: str
    source_id: str
    name: str
    carrier: str
    form: str
    status: str
    address: str | None
    postal_code: str | None
    commune_nom: str | None
    code_insee: str | None
    departement_code: str
    opening_hours: str | None
    walk_in: bool | None
    by_appointment: bool | None
    accreditation: str | None
    comment: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of sites stopped: the key of its last row."""

    created_at: datetime
    id: UUID


_COLUMNS: Final = (
    *(getattr(Site, name) for name in SiteRecord.__dataclass_fields__ if name not in ("lon", "lat")),
    func.ST_X(Site.geometry).label("lon"),
    func.ST_Y(Site.geometry).label("lat"),
)
_ALIVE: Final = Site.deleted_at.is_(None)


def get_site(session: Session, site_id: UUID) -> SiteRecord | None:
    return _record(session.execute(_select().where(Site.id == site_id)).first())


def get_sites(session: Session, site_ids: Sequence[UUID]) -> dict[UUID, SiteRecord]:
    """Those of the sites that still stand."""
    rows = session.execute(_select().where(Site.id.in_(site_ids)))
    return {row.id: SiteRecord(**row._mapping) for row in rows}


def list_sites(
    session: Session, *, departement: str | None, text: str | None, after: Position | None, limit: int
) -> list[SiteRecord]:
    """At most ``limit`` living sites after a position, oldest first: rows added meanwhile come last."""
    query = _select().order_by(Site.created_at, Site.id).limit(limit)
    if departement is not None:
        query = query.where(Site.departement_code == departement)
    if text:
        query = query.where(or_(*(_contains(column, text) for column in (Site.name, Site.commune_nom, Site.address))))
    if after is not None:
        query = query.where(tuple_(Site.created_at, Site.id) > tuple_(after.created_at, after.id))
    return [SiteRecord(**row._mapping) for row in session.execute(query)]


def insert_site(session: Session, values: Mapping[str, Any]) -> SiteRecord:
    """``values`` are columns of the table, with ``lon`` and ``lat`` in place of the geometry."""
    statement = insert(Site).values(**_with_geometry(values)).returning(*_COLUMNS)
    return SiteRecord(**session.execute(statement).one()._mapping)


def update_site(session: Session, site_id: UUID, version: int, values: Mapping[str, Any]) -> SiteRecord | None:
    """Write ``values`` over the given version; None when it is no longer the current one."""
    statement = (
        update(Site)
        .where(Site.id == site_id, Site.version == version, _ALIVE)
        .values(**_with_geometry(values), version=Site.version + 1, updated_at=func.now(), edited_at=func.now())
        .returning(*_COLUMNS)
        .execution_options(synchronize_session=False)
    )
    return _record(session.execute(statement).first())


def delete_site(session: Session, site_id: UUID, version: int) -> bool:
    """Date the end of a site; False when the version is no longer the current one."""
    statement = (
        update(Site)
        .where(Site.id == site_id, Site.version == version, _ALIVE)
        .values(deleted_at=func.now(), updated_at=func.now(), edited_at=func.now(), version=Site.version + 1)
        .returning(Site.id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(statement).first() is not None


def _select() -> Select[Any]:
    return select(*_COLUMNS).where(_ALIVE)


def _record(row: Row[Any] | None) -> SiteRecord | None:
    return None if row is None else SiteRecord(**row._mapping)


def _with_geometry(values: Mapping[str, Any]) -> dict[str, Any]:
    columns = dict(values)
    if "lon" in columns or "lat" in columns:
        lon, lat = columns.pop("lon"), columns.pop("lat")
        columns["geometry"] = None if lon is None else WKTElement(f"POINT({lon!r} {lat!r})", srid=4326)
    return columns


def _contains(column: Any, text: str) -> ColumnElement[bool]:
    """Case and accents do not count: « prefecture » finds « Préfecture »; ``%`` is a plain letter."""
    found: ColumnElement[bool] = func.strpos(_plain(column), _plain(text)) > 0
    return found


def _plain(value: Any) -> Any:
    decomposed = func.pg_catalog.normalize(func.lower(value), "NFD")
    return func.regexp_replace(decomposed, "[\u0300-\u036f]", "", "g")
