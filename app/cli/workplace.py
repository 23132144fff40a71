"""Settings and a database that is ready: what every command that touches figures begins with."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy.orm import Session

from app.persistence.migrate import upgrade
from app.persistence.session import make_engine, transaction
from app.settings import Settings


class Transaction(Protocol):
    """Opens a transaction; with ``snapshot`` all its reads see the database as it is at the first of them."""

    def __call__(self, *, snapshot: bool = False) -> AbstractContextManager[Session]: ...


def open_workplace() -> tuple[Settings, Transaction]:
    """Start the database if need be, bring its tables up to date, and give the way to open a transaction."""
    settings = Settings()
    engine = make_engine(settings)
    upgrade(engine)

    def opened(*, snapshot: bool = False) -> AbstractContextManager[Session]:
        return transaction(engine.execution_options(isolation_level="REPEATABLE READ") if snapshot else engine)

    return settings, opened
