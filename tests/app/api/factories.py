"""Small worlds for the API's tests, put straight in the real PostGIS."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.persistence.models import Agreement, Allocation, Base
from app.persistence.session import transaction
from app.services.compute import compute
from data.store import Store
from tests.app import grid_world

#: In the row of cells: every inhabitant with a municipal figure, in the scope that counts every site.
TOTAL, UNKNOWN = 739, 612  # communes A 15, B 624, C 100; cell 9 and the point of C have no road within reach
ALPHA_LON, ALPHA_LAT = grid_world.centre_wgs84(0)


def load_world(engine: Engine, store: Store) -> None:
    """The row of cells of ``grid_world``, computed and published, with one agreement of two years."""
    with transaction(engine) as session:
        grid_world.load_grid_world(session, store)
        compute(session, store, "00")
        add_agreement(session)


def add_agreement(session: Session) -> Agreement:
    agreement = Agreement(
        departement_code="00",
        kind="local_solidarity_contract",
        label="Contrat local des solidarités 2024-2027",
        accounting_regime="civil",
        period_start=date(2024, 1, 1),
        period_end=date(2027, 12, 31),
    )
    session.add(agreement)
    session.flush()
    session.add_all(
        [
            Allocation(
                agreement_id=agreement.id,
                year=2025,
                state_share_eur=Decimal("85000.00"),
                notified_eur=Decimal("85000.00"),
                paid_eur=Decimal("42500.50"),
            ),
            Allocation(agreement_id=agreement.id, year=2026, state_share_eur=Decimal("60000.00")),
        ]
    )
    session.flush()
    return agreement


def empty(engine: Engine) -> None:
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"truncate {names} restart identity cascade"))


def site_body(**changes: Any) -> dict[str, Any]:
    """A site that is accepted in the row of cells, at the middle of its first cell."""
    body = {
        "name": "Maison des solidarités",
        "carrier": "polyvalence",
        "form": "fixed",
        "lon": ALPHA_LON,
        "lat": ALPHA_LAT,
        "opening_hours": "Mo-Fr 09:00-12:00,14:00-17:30",
        "walk_in": True,
    }
    return body | changes


def agreement_body(**changes: Any) -> dict[str, Any]:
    body = {
        "departement": "00",
        "kind": "calpae",
        "label": "Convention d’appui 2024-2026",
        "accounting_regime": "civil",
        "period_start": "2024-01-01",
        "period_end": "2026-12-31",
    }
    return body | changes
