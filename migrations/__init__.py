"""The history of the database, one dated file a step. Run by app.persistence.migrate, or by ``alembic`` for developers."""
