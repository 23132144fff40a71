"""Read by Alembic. The service hands its connection over; the ``alembic`` command opens one from settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from alembic import context
from geoalchemy2 import Geometry, alembic_helpers
from sqlalchemy import Connection

from app.persistence.models import Base
from app.persistence.session import make_engine
from app.settings import Settings

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def _render_item(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """A geometry column without its own index: the index is written beside it, as all the others are."""
    if kind == "type" and isinstance(item, Geometry):
        autogenerate.imports.add("from geoalchemy2 import Geometry")
        return f"Geometry({item.geometry_type!r}, srid={item.srid}, spatial_index=False)"
    return False  # Alembic's own way


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_server_default=True,
        include_object=alembic_helpers.include_object,  # PostGIS's own tables are not ours to drop
        render_item=_render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run() -> None:
    if context.is_offline_mode():
        raise SystemExit("Les migrations ont besoin d'une base : --sql n'est pas pris en charge.")
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    engine = make_engine(Settings())
    try:
        with engine.connect() as connection:
            _migrate(connection)
    finally:
        engine.dispose()


_run()
