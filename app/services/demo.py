"""Loads the fictional demonstration département through the very same imports as a real one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.travel import MODES
from app.persistence.models import Agreement, Allocation, Departement
from app.services.compute import ComputeOutcome, compute_seasons
from app.services.import_boundaries import import_communes, import_epcis
from app.services.import_grid import import_grid
from app.services.import_roads import import_networks
from app.services.import_sites import import_sites, known_communes
from data.boundaries import read_communes, read_epci
from data.demo import write_demo
from data.population import read_grid
from data.roads import read_networks
from data.sites.france_services import read_france_services
from data.store import Store
from data.territory import FICTIONAL_CODE

Transaction = Callable[[], AbstractContextManager[Session]]
MILLESIME = "fictif"


def load_demo(transaction: Transaction, store: Store, say: Callable[[str], None]) -> ComputeOutcome:
    """Write the files, import each, compute, publish: all in one transaction, so that half a demonstration is never seen."""
    with tempfile.TemporaryDirectory(prefix="accueil30-demo-") as folder, transaction() as session:
        say("Fabrication des fichiers du département fictif...")
        files = write_demo(Path(folder))
        say("Import des routes, des communes, de la population et des lieux...")
        networks = read_networks(files.roads, name="demonstration", modes=MODES)
        import_networks(session, store, networks, name="demonstration", modes=MODES)
        import_epcis(session, *read_epci(files.epci), millesime=MILLESIME)
        import_communes(session, *read_communes(files.communes), millesime=MILLESIME, allow_removals=True)
        import_grid(session, *read_grid(files.grid), millesime=MILLESIME)
        table, report = read_france_services(files.sites, known_communes=known_communes(session))
        import_sites(session, table, report, millesime=MILLESIME, remove_absent=True)
        _add_agreement(session)
        outcomes = [
            outcome
            for mode in MODES
            for outcome in compute_seasons(
                session, store, FICTIONAL_CODE, mode=mode, step=lambda doing: say(f"Calcul : {doing}...")
            )
        ]
        return outcomes[0]


def _add_agreement(session: Session) -> None:
    """An invented agreement, so that every page has something to show."""
    if session.scalar(select(Agreement.id).where(Agreement.departement_code == FICTIONAL_CODE).limit(1)):
        return
    departement = session.get_one(Departement, FICTIONAL_CODE)
    agreement = Agreement(
        departement_code=departement.code,
        kind="local_solidarity_contract",
        label="Contrat local des solidarités 2024-2027 (fictif)",
        accounting_regime="civil",
        period_start=date(2024, 1, 1),
        period_end=date(2027, 12, 31),
        signed_on=date(2024, 6, 27),
    )
    session.add(agreement)
    session.flush()
    share = Decimal("85000.00")
    session.add_all(
        [
            Allocation(
                agreement_id=agreement.id, year=2024, state_share_eur=share, department_share_eur=Decimal("96000.00"),
                notified_eur=share, notified_on=date(2024, 7, 15), committed_eur=share, committed_on=date(2024, 9, 2),
                paid_eur=share, paid_on=date(2024, 10, 21), justified_eur=Decimal("181240.50"), justified_on=date(2025, 6, 30),
            ),
            Allocation(
                agreement_id=agreement.id, year=2025, state_share_eur=share, department_share_eur=Decimal("98500.00"),
                notified_eur=share, notified_on=date(2025, 5, 12), committed_eur=share, committed_on=date(2025, 6, 20),
                paid_eur=Decimal("68000.00"), paid_on=date(2025, 9, 30),
            ),
            Allocation(
                agreement_id=agreement.id, year=2026, state_share_eur=share, department_share_eur=Decimal("98500.00"),
                notified_eur=share, notified_on=date(2026, 4, 28),
            ),
        ]
    )  # fmt: skip
    session.flush()
