"""Engines, transactions and what is said when the database is not there."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.errors import DatabaseUnavailableError, InvalidInputError
from app.persistence.embedded import EmbeddedCluster
from app.persistence.session import database_address, make_engine, read_session, transaction
from app.settings import Settings


def count(engine: Engine) -> object:
    with read_session(engine) as session:
        return session.execute(text("select count(*) from import_batch")).scalar_one()


def insert(session: Session) -> None:
    session.execute(
        text(
            "insert into import_batch (id, kind, file_name, sha256, report)"
            " values (gen_random_uuid(), 'essai', 'f', 's', '{}')"
        )
    )


def test_a_transaction_is_kept_as_a_whole(clean_engine: Engine) -> None:
    with transaction(clean_engine) as session:
        insert(session)
    assert count(clean_engine) == 1


def test_a_transaction_with_an_error_leaves_nothing(clean_engine: Engine) -> None:
    with pytest.raises(RuntimeError, match="au milieu"), transaction(clean_engine) as session:
        insert(session)
        raise RuntimeError("au milieu")
    assert count(clean_engine) == 0


def test_a_read_session_cannot_write(clean_engine: Engine) -> None:
    with pytest.raises(DBAPIError, match="read-only"), read_session(clean_engine) as session:
        insert(session)
    with transaction(clean_engine) as session:
        insert(session)  # the connection given back to the pool can write again
    assert count(clean_engine) == 1


def test_a_read_session_sees_one_instant(clean_engine: Engine) -> None:
    asked = text("select count(*) from import_batch")
    with read_session(clean_engine) as reader:
        assert reader.execute(asked).scalar_one() == 0
        with transaction(clean_engine) as writer:
            insert(writer)
        assert reader.execute(asked).scalar_one() == 0
    assert count(clean_engine) == 1


def test_the_session_fixture_undoes_what_the_code_under_test_commits(session: Session, engine: Engine) -> None:
    insert(session)
    session.commit()
    assert session.execute(text("select count(*) from import_batch")).scalar_one() == 1
    assert count(engine) == 0


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_usual_addresses_are_understood(scheme: str) -> None:
    address = database_address(f"{scheme}://moi:se%40cret@base:5433/accueil")
    assert address.drivername == "postgresql+psycopg"
    assert (address.username, address.password, address.host, address.port) == (
        "moi",
        "se@cret",
        "base",
        5433,
    )


@pytest.mark.parametrize("bad", ["mysql://moi:secret@base/accueil", "base:5432", "postgresql://moi:secret@base:x/a"])
def test_another_address_is_refused_without_showing_the_password(bad: str) -> None:
    with pytest.raises(InvalidInputError, match="ACCUEIL30_DATABASE_URL") as refused:
        database_address(bad)
    assert "secret" not in refused.value.detail


def test_a_database_that_does_not_answer_is_said_in_french(tmp_path: Path) -> None:
    engine = make_engine(Settings(database_url=f"postgresql://moi:secret@/base?host={tmp_path}", store=tmp_path))
    with (
        pytest.raises(DatabaseUnavailableError, match="ne répond pas") as refused,
        transaction(engine) as session,
    ):
        session.execute(text("select 1"))
    assert "secret" not in refused.value.detail


def test_a_connection_cut_in_the_middle_is_said_in_french(engine: Engine) -> None:
    with (
        pytest.raises(DatabaseUnavailableError, match="rien n'a été enregistré"),
        transaction(engine) as session,
    ):
        pid = session.execute(text("select pg_backend_pid()")).scalar_one()
        with transaction(engine) as other:
            other.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        session.execute(text("select 1"))
    assert count(engine) == 0, "the next one gets a good connection"


def test_a_killed_private_cluster_comes_back_and_a_stopped_one_does_not(tmp_store: Path) -> None:
    engine = make_engine(Settings(database_url=None, store=tmp_store))
    cluster = EmbeddedCluster(tmp_store)
    one = text("select 1")
    with read_session(engine) as session:
        assert session.execute(one).scalar_one() == 1
    pid = cluster.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while cluster.status().state != "crashed":
        time.sleep(0.01)
    with read_session(engine) as session:
        assert session.execute(one).scalar_one() == 1
    cluster.stop()
    with pytest.raises(DatabaseUnavailableError, match="db status"), read_session(engine) as session:
        session.execute(one)
    assert cluster.status().state == "stopped"
    engine.dispose()
