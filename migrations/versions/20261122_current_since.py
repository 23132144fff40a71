"""when a network was last made current

Revision: 2e9a7b41d06c. After: 8d3f60b1c9e4.

Until now only the moment it was made was kept, which is the best that can be said of earlier networks.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2e9a7b41d06c"
down_revision = "8d3f60b1c9e4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "road_network",
        sa.Column(
            "current_since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
    )
    op.execute("UPDATE road_network SET current_since = created_at")


def downgrade() -> None:
    op.drop_column("road_network", "current_since")
