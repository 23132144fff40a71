"""runs are immutable

Revision: 5c0e1f4a7d21. After: b3b7e529a0dc.

A published figure must not be changed by a stray UPDATE: the database refuses it. Whole runs can still be deleted.
"""

from __future__ import annotations

from alembic import op

revision = "5c0e1f4a7d21"
down_revision = "b3b7e529a0dc"
branch_labels = None
depends_on = None

TABLES = ("run", "run_site", "run_cell", "run_zone")


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_update_of_run() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'un calcul ne change pas (table %): faites-en un nouveau', TG_TABLE_NAME;
        END $$
        """
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_is_immutable BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_update_of_run()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_is_immutable ON {table}")
    op.execute("DROP FUNCTION refuse_update_of_run()")
