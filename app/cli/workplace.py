"""Settings and a database that is ready: what every command that touches figures begins with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from app.persistence.migrate import upgrade
from app.persistence.session import make_engine, transaction
from app.settings import Settings

Transaction = Callable[[], AbstractContextManager[Session]]


def open_workplace() -> tuple[Settings, Transaction]:
    """Start the database if need be, bring its tables up to date, and give the way to open a transaction."""
    settings = Settings()
    engine = make_engine(settings)
    upgrade(engine)
    return settings, lambda: transaction(engine)
