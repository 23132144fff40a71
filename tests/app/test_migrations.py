"""The database made by the migrations is the one that models.py describes."""

from __future__ import annotations

from sqlalchemy import Engine, text

from app.persistence.migrate import current, head


def test_a_migrated_database_is_at_head(engine: Engine) -> None:
    assert current(engine) == head()
    with engine.connect() as c:
        assert c.execute(text("select count(*) from site")).scalar_one() == 0
