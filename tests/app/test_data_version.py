"""The version of the data changes with the data, and only then; it is not read again in between."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, event, text

from app.persistence.data_version import figures_version, runs_version, sites_version
from app.persistence.session import read_session, transaction

_NEW_SITE = text(
    "insert into site (id, source, source_id, name, carrier, form, departement_code, version, created_at, updated_at)"
    " values (gen_random_uuid(), 'essai', :number, 'Lieu', 'Commune', 'fixed', '00', 1, now(), now())"
)


def _versions(engine: Engine) -> tuple[str, str, str]:
    with read_session(engine) as session:
        return figures_version(session), sites_version(session), runs_version(session)


def test_a_committed_site_changes_the_versions_that_tell_of_sites(clean_engine: Engine) -> None:
    before = _versions(clean_engine)
    with transaction(clean_engine) as session:
        session.execute(_NEW_SITE, {"number": "1"})
    after = _versions(clean_engine)
    assert after[0] != before[0]
    assert after[1] != before[1]
    assert after[2] == before[2]


def test_a_rolled_back_site_changes_nothing(clean_engine: Engine) -> None:
    before = _versions(clean_engine)
    with pytest.raises(ZeroDivisionError), transaction(clean_engine) as session:
        session.execute(_NEW_SITE, {"number": "1"})
        raise ZeroDivisionError
    assert _versions(clean_engine) == before


def test_a_transaction_sees_its_own_write_and_others_do_not(clean_engine: Engine) -> None:
    before = _versions(clean_engine)
    with transaction(clean_engine) as session:
        assert sites_version(session) == before[1]
        session.execute(_NEW_SITE, {"number": "1"})
        own = sites_version(session)
        assert own != before[1]
        assert _versions(clean_engine) == before
        session.execute(_NEW_SITE, {"number": "2"})
        assert sites_version(session) not in (own, before[1])


def test_a_reader_that_began_before_a_commit_keeps_its_version(clean_engine: Engine) -> None:
    with read_session(clean_engine) as early:
        before = sites_version(early)
        with transaction(clean_engine) as session:
            session.execute(_NEW_SITE, {"number": "1"})
        late = _versions(clean_engine)[1]
        assert late != before
        assert sites_version(early) == before
    assert _versions(clean_engine)[1] == late


def test_rows_are_not_read_again_while_nothing_is_committed(clean_engine: Engine) -> None:
    _versions(clean_engine)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(clean_engine, "before_cursor_execute", note)
    try:
        _versions(clean_engine)
    finally:
        event.remove(clean_engine, "before_cursor_execute", note)
    assert len(asked) == 3
    assert not any("from site" in statement for statement in asked)
