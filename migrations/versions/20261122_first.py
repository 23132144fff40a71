"""first

Revision: b3b7e529a0dc. After: nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "b3b7e529a0dc"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.create_table(
        "import_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("millesime", sa.Text(), nullable=True),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "departement",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("is_fictional", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("geometry", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["import_batch.id"],
        ),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index("idx_departement_geometry", "departement", ["geometry"], unique=False, postgresql_using="gist")
    op.create_table(
        "epci",
        sa.Column("code_siren", sa.Text(), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=True),
        sa.Column("geometry", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["import_batch.id"],
        ),
        sa.PrimaryKeyConstraint("code_siren"),
    )
    op.create_index("idx_epci_geometry", "epci", ["geometry"], unique=False, postgresql_using="gist")
    op.create_table(
        "grid_cell",
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("cell_size_m", sa.SmallInteger(), nullable=False),
        sa.Column("x_m", sa.Integer(), nullable=False),
        sa.Column("y_m", sa.Integer(), nullable=False),
        sa.Column("individuals", sa.Double(), nullable=False),
        sa.Column("households", sa.Double(), nullable=True),
        sa.Column("poor_households", sa.Double(), nullable=True),
        sa.Column("is_estimated", sa.Boolean(), nullable=False),
        sa.Column("code_insee", sa.Text(), nullable=True),
        sa.Column("assigned_by", sa.Text(), server_default="centre", nullable=False),
        sa.Column("centre", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("geometry", Geometry("POLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["import_batch.id"],
        ),
        sa.PrimaryKeyConstraint("cell_id"),
    )
    op.create_index("idx_grid_cell_centre", "grid_cell", ["centre"], unique=False, postgresql_using="gist")
    op.create_index("idx_grid_cell_geometry", "grid_cell", ["geometry"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_grid_cell_batch_id"), "grid_cell", ["batch_id"], unique=False)
    op.create_index(op.f("ix_grid_cell_code_insee"), "grid_cell", ["code_insee"], unique=False)
    op.create_table(
        "road_network",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("graph_path", sa.Text(), nullable=False),
        sa.Column("crs_epsg", sa.Integer(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.Text(), nullable=False),
        sa.Column("osm_date", sa.Text(), nullable=True),
        sa.Column("profile_version", sa.Text(), nullable=False),
        sa.Column("graph_sha256", sa.Text(), nullable=False),
        sa.Column("node_count", sa.Integer(), nullable=False),
        sa.Column("arc_count", sa.Integer(), nullable=False),
        sa.Column("length_km", sa.Double(), nullable=False),
        sa.Column("extent", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.Column("is_current", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["import_batch.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("idx_road_network_extent", "road_network", ["extent"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_road_network_name"), "road_network", ["name"], unique=False)
    op.create_table(
        "site",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("commune_nom", sa.Text(), nullable=True),
        sa.Column("code_insee", sa.Text(), nullable=True),
        sa.Column("departement_code", sa.Text(), nullable=False),
        sa.Column("opening_hours", sa.Text(), nullable=True),
        sa.Column("opening_hours_raw", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("walk_in", sa.Boolean(), nullable=True),
        sa.Column("by_appointment", sa.Boolean(), nullable=True),
        sa.Column("accreditation", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("geometry", Geometry("POINT", srid=4326, spatial_index=False), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("form in ('fixed','branch','outpost','mobile','phone')", name="site_form"),
        sa.CheckConstraint("status in ('planned','active','suspended','closed')", name="site_status"),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["import_batch.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("idx_site_geometry", "site", ["geometry"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_site_code_insee"), "site", ["code_insee"], unique=False)
    op.create_index(op.f("ix_site_departement_code"), "site", ["departement_code"], unique=False)
    op.create_index("site_paging", "site", ["created_at", "id"], unique=False)
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("departement_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("accounting_regime", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("period_end >= period_start", name="agreement_period"),
        sa.ForeignKeyConstraint(
            ["departement_code"],
            ["departement.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_agreement_departement_code"), "agreement", ["departement_code"], unique=False)
    op.create_table(
        "commune",
        sa.Column("code_insee", sa.Text(), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("departement_code", sa.Text(), nullable=False),
        sa.Column("epci_code", sa.Text(), nullable=True),
        sa.Column("population_municipale", sa.Integer(), nullable=True),
        sa.Column("geometry", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["import_batch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["departement_code"],
            ["departement.code"],
        ),
        sa.PrimaryKeyConstraint("code_insee"),
    )
    op.create_index("idx_commune_geometry", "commune", ["geometry"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_commune_departement_code"), "commune", ["departement_code"], unique=False)
    op.create_index(op.f("ix_commune_epci_code"), "commune", ["epci_code"], unique=False)
    op.create_table(
        "road",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("network_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("road_class", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("geometry", Geometry("LINESTRING", srid=4326, spatial_index=False), nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["road_network.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("idx_road_geometry", "road", ["geometry"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_road_network_id"), "road", ["network_id"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("departement_code", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("threshold_s", sa.Integer(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("inputs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("inputs_sha256", sa.Text(), nullable=False),
        sa.Column("result_sha256", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("road_network_id", sa.Uuid(), nullable=False),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["departement_code"],
            ["departement.code"],
        ),
        sa.ForeignKeyConstraint(
            ["road_network_id"],
            ["road_network.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_run_departement_code"), "run", ["departement_code"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("state_share_eur", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("department_share_eur", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("notified_eur", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("notified_on", sa.Date(), nullable=True),
        sa.Column("committed_eur", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("committed_on", sa.Date(), nullable=True),
        sa.Column("paid_eur", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("justified_eur", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("justified_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "coalesce(notified_eur, 0) >= 0 and coalesce(committed_eur, 0) >= 0 and coalesce(paid_eur, 0) >= 0 and coalesce(justified_eur, 0) >= 0",
            name="allocation_amounts",
        ),
        sa.CheckConstraint("department_share_eur >= 0", name="allocation_department_share"),
        sa.CheckConstraint("state_share_eur between 60000 and 110000", name="allocation_state_share"),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agreement_id", "year"),
    )
    op.create_index(op.f("ix_allocation_agreement_id"), "allocation", ["agreement_id"], unique=False)
    op.create_table(
        "published_run",
        sa.Column("departement_code", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["departement_code"],
            ["departement.code"],
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("departement_code", "mode"),
    )
    op.create_table(
        "run_cell",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("cell_size_m", sa.SmallInteger(), nullable=False),
        sa.Column("code_insee", sa.Text(), nullable=False),
        sa.Column("epci_code", sa.Text(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("individuals", sa.Double(), nullable=False),
        sa.Column("access_m", sa.Double(), nullable=True),
        sa.Column("own_fixed_s", sa.Double(), nullable=True),
        sa.Column("own_fixed_site", sa.Integer(), nullable=True),
        sa.Column("own_mobile_s", sa.Double(), nullable=True),
        sa.Column("own_mobile_site", sa.Integer(), nullable=True),
        sa.Column("neighbour_fixed_s", sa.Double(), nullable=True),
        sa.Column("neighbour_fixed_site", sa.Integer(), nullable=True),
        sa.Column("neighbour_mobile_s", sa.Double(), nullable=True),
        sa.Column("neighbour_mobile_site", sa.Integer(), nullable=True),
        sa.Column("geometry", Geometry("GEOMETRY", srid=4326, spatial_index=False), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "number"),
    )
    op.create_index("idx_run_cell_geometry", "run_cell", ["geometry"], unique=False, postgresql_using="gist")
    op.create_table(
        "run_site",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("departement_code", sa.Text(), nullable=False),
        sa.Column("access_m", sa.Double(), nullable=True),
        sa.Column("geometry", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "number"),
    )
    op.create_table(
        "run_zone",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("people_total", sa.Integer(), nullable=False),
        sa.Column("people_covered", sa.Integer(), nullable=False),
        sa.Column("people_uncovered", sa.Integer(), nullable=False),
        sa.Column("people_unknown", sa.Integer(), nullable=False),
        sa.Column("individuals_total", sa.Double(), nullable=False),
        sa.Column("individuals_covered", sa.Double(), nullable=False),
        sa.Column("median_s", sa.Double(), nullable=True),
        sa.Column("p95_s", sa.Double(), nullable=True),
        sa.Column("max_s", sa.Double(), nullable=True),
        sa.Column("has_point_cell", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "people_covered + people_uncovered + people_unknown = people_total", name="run_zone_adds_up"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "level", "code", "scope"),
    )


def downgrade() -> None:
    op.drop_table("run_zone")
    op.drop_table("run_site")
    op.drop_index("idx_run_cell_geometry", table_name="run_cell", postgresql_using="gist")
    op.drop_table("run_cell")
    op.drop_table("published_run")
    op.drop_index(op.f("ix_allocation_agreement_id"), table_name="allocation")
    op.drop_table("allocation")
    op.drop_index(op.f("ix_run_departement_code"), table_name="run")
    op.drop_table("run")
    op.drop_index(op.f("ix_road_network_id"), table_name="road")
    op.drop_index("idx_road_geometry", table_name="road", postgresql_using="gist")
    op.drop_table("road")
    op.drop_index(op.f("ix_commune_epci_code"), table_name="commune")
    op.drop_index(op.f("ix_commune_departement_code"), table_name="commune")
    op.drop_index("idx_commune_geometry", table_name="commune", postgresql_using="gist")
    op.drop_table("commune")
    op.drop_index(op.f("ix_agreement_departement_code"), table_name="agreement")
    op.drop_table("agreement")
    op.drop_index("site_paging", table_name="site")
    op.drop_index(op.f("ix_site_departement_code"), table_name="site")
    op.drop_index(op.f("ix_site_code_insee"), table_name="site")
    op.drop_index("idx_site_geometry", table_name="site", postgresql_using="gist")
    op.drop_table("site")
    op.drop_index(op.f("ix_road_network_name"), table_name="road_network")
    op.drop_index("idx_road_network_extent", table_name="road_network", postgresql_using="gist")
    op.drop_table("road_network")
    op.drop_index(op.f("ix_grid_cell_code_insee"), table_name="grid_cell")
    op.drop_index(op.f("ix_grid_cell_batch_id"), table_name="grid_cell")
    op.drop_index("idx_grid_cell_geometry", table_name="grid_cell", postgresql_using="gist")
    op.drop_index("idx_grid_cell_centre", table_name="grid_cell", postgresql_using="gist")
    op.drop_table("grid_cell")
    op.drop_index("idx_epci_geometry", table_name="epci", postgresql_using="gist")
    op.drop_table("epci")
    op.drop_index("idx_departement_geometry", table_name="departement", postgresql_using="gist")
    op.drop_table("departement")
    op.drop_table("import_batch")
