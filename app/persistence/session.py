"""The engine and its sessions. One engine a process, made by whoever assembles it (main, cli, a test)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from app.errors import DatabaseUnavailableError, InvalidInputError
from app.persistence.embedded import EmbeddedCluster
from app.settings import Settings

_CONNECT_TIMEOUT_S = 10
_DRIVER = "postgresql+psycopg"
_OUR_NAMES = ("postgres", "postgresql", _DRIVER)
# SQLSTATE -> what the planner should know. Two letters: the whole class.
_SAYINGS = {
    "53100": "Le disque de la base est plein : rien n'a été enregistré. Libérez de la place, puis recommencez.",
    "53300": "La base n'accepte plus de connexions : trop de programmes l'utilisent. Réessayez dans un instant.",
    "57P": "La base s'arrête ou redémarre : rien n'a été enregistré. Réessayez dans un instant.",
    "08": "La liaison avec la base est coupée : rien n'a été enregistré. Réessayez dans un instant.",
}


def make_engine(settings: Settings) -> Engine:
    """The engine of ``settings``: yours (``database_url``) or the embedded cluster, started here if need be.

    A connection that fails, now or later, raises DatabaseUnavailableError in French. A private cluster that
    was killed is started again by the next connection; one that was stopped on purpose stays stopped.
    Raises InvalidInputError for an address that is not one of PostgreSQL.
    """
    if settings.database_url:
        return _engine(database_address(settings.database_url), settings.pool_size, _nothing_to_revive)
    cluster = EmbeddedCluster(settings.store)
    cluster.start()
    return _engine(make_url(cluster.url()), settings.pool_size, lambda: _revive(cluster))


def database_address(text: str) -> URL:
    """``postgres://``, ``postgresql://`` or ``postgresql+psycopg://`` -> the address SQLAlchemy uses."""
    try:
        address = make_url(text)
    except (ArgumentError, ValueError):
        raise InvalidInputError(
            "ACCUEIL30_DATABASE_URL n'est pas une adresse de base ; attendu : "
            "postgresql://utilisateur:motdepasse@machine:5432/base (dans le mot de passe, écrivez %40 pour "
            "@)."
        ) from None
    if address.drivername not in _OUR_NAMES:
        raise InvalidInputError(
            f"ACCUEIL30_DATABASE_URL commence par « {address.drivername}:// » ; le service ne parle qu'à "
            "PostgreSQL (avec PostGIS) : postgresql://utilisateur:motdepasse@machine:5432/base."
        )
    return address.set(drivername=_DRIVER)


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session whose work is kept as a whole at the end, or not at all when an exception goes through."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def read_session(engine: Engine) -> Iterator[Session]:
    """A session that cannot write and sees one instant of the base: the figures of one answer agree."""
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with Session(reader) as session:
        yield session


def _engine(address: URL, pool_size: int, revive: Callable[[], bool]) -> Engine:
    engine = create_engine(
        address,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "application_name": "accueil30",
            "options": "-c timezone=UTC",
        },
    )
    _speak_french(engine, revive)
    return engine


def _speak_french(engine: Engine, revive: Callable[[], bool]) -> None:
    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Dialect, _record: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        try:
            return dialect.connect(*args, **options)
        except psycopg.OperationalError as error:
            if revive():
                return dialect.connect(*args, **options)
            raise DatabaseUnavailableError(_cannot_connect(engine.url, error)) from error

    @event.listens_for(engine, "handle_error")
    def _explain(context: ExceptionContext) -> None:
        saying = _saying(context.original_exception, lost=context.is_disconnect)
        if saying and not context.is_pre_ping:
            raise DatabaseUnavailableError(saying) from context.original_exception


def _saying(error: BaseException | None, *, lost: bool) -> str | None:
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    for code, saying in _SAYINGS.items():
        if state is not None and state.startswith(code):
            return saying
    return _SAYINGS["08"] if lost else None


def _cannot_connect(address: URL, error: psycopg.Error) -> str:
    cause = str(error).strip().splitlines()
    shown = address.render_as_string(hide_password=True)
    return (
        f"La base {shown} ne répond pas : {cause[0] if cause else type(error).__name__}. "
        "Vérifiez qu'elle est démarrée (« accueil30 db status ») et que l'adresse est la bonne."
    )


def _nothing_to_revive() -> bool:
    return False


def _revive(cluster: EmbeddedCluster) -> bool:
    if cluster.status().state not in ("crashed", "starting"):
        return False
    cluster.start()
    return True
