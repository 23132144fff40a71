"""The tables. One class a table; no behaviour: what a row means is in app/domain.

Geometries are EPSG:4326. Money is NUMERIC(12, 2). Instants carry their zone. Codes are text.
``travel_time_s`` columns: NULL = unknown (not attached to the roads), Infinity = no route, else seconds.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = dict[str, Any]


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: DateTime(timezone=True),
        date: Date,
        Json: JSONB,
        float: Double,
        Decimal: Numeric(12, 2),
    }


def _created() -> Mapped[datetime]:
    return mapped_column(server_default=func.now())


def _season() -> Mapped[str]:
    """What was there before seasons were told apart is summer."""
    return mapped_column(server_default="summer")


def _season_check(table: str) -> CheckConstraint:
    return CheckConstraint("season in ('summer','winter')", name=f"{table}_season")


class ImportBatch(Base):
    """One file taken in. Rows that came from it point here; the hash makes a second import a no-op."""

    __tablename__ = "import_batch"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str]
    millesime: Mapped[str | None]
    report: Mapped[Json]
    created_at: Mapped[datetime] = _created()


class Departement(Base):
    __tablename__ = "departement"
    code: Mapped[str] = mapped_column(primary_key=True)
    nom: Mapped[str]
    is_fictional: Mapped[bool] = mapped_column(server_default="false")
    geometry: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=True))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("import_batch.id"))


class Epci(Base):
    __tablename__ = "epci"
    code_siren: Mapped[str] = mapped_column(primary_key=True)
    nom: Mapped[str]
    nature: Mapped[str | None]
    geometry: Mapped[WKBElement | None] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=True))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("import_batch.id"))


class Commune(Base):
    __tablename__ = "commune"
    code_insee: Mapped[str] = mapped_column(primary_key=True)
    nom: Mapped[str]
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), index=True)
    epci_code: Mapped[str | None] = mapped_column(index=True)
    population_municipale: Mapped[int | None] = mapped_column(Integer)
    geometry: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=True))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("import_batch.id"))


class GridCell(Base):
    """A square of INSEE's grid. ``code_insee`` is the commune of its centre, or the nearest one within 2 km."""

    __tablename__ = "grid_cell"
    cell_id: Mapped[str] = mapped_column(primary_key=True)
    cell_size_m: Mapped[int] = mapped_column(SmallInteger)
    x_m: Mapped[int]
    y_m: Mapped[int]
    individuals: Mapped[float]
    households: Mapped[float | None]
    poor_households: Mapped[float | None]
    is_estimated: Mapped[bool]
    code_insee: Mapped[str | None] = mapped_column(index=True)
    assigned_by: Mapped[str] = mapped_column(server_default="centre")  # centre | nearest | none
    centre: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=True))
    geometry: Mapped[WKBElement] = mapped_column(Geometry("POLYGON", srid=4326, spatial_index=True))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("import_batch.id"), index=True)


class Site(Base):
    """A reception point. Unknown is NULL, never "no". Deleting keeps the row and dates it."""

    __tablename__ = "site"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        CheckConstraint("form in ('fixed','branch','outpost','mobile','phone')", name="site_form"),
        CheckConstraint("status in ('planned','active','suspended','closed')", name="site_status"),
        Index("site_paging", "created_at", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    source: Mapped[str]
    source_id: Mapped[str]
    name: Mapped[str]
    carrier: Mapped[str]
    form: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="active")
    address: Mapped[str | None]
    postal_code: Mapped[str | None]
    commune_nom: Mapped[str | None]
    code_insee: Mapped[str | None] = mapped_column(index=True)
    departement_code: Mapped[str] = mapped_column(index=True)
    opening_hours: Mapped[str | None]
    opening_hours_raw: Mapped[Json | None]
    walk_in: Mapped[bool | None] = mapped_column(Boolean)
    by_appointment: Mapped[bool | None] = mapped_column(Boolean)
    accreditation: Mapped[str | None]
    comment: Mapped[str | None]
    geometry: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", srid=4326, spatial_index=True))
    version: Mapped[int] = mapped_column(server_default="1")
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("import_batch.id"))
    created_at: Mapped[datetime] = _created()
    updated_at: Mapped[datetime] = _created()
    edited_at: Mapped[datetime | None]  # by hand, through the API: a later import leaves the row alone and says so
    deleted_at: Mapped[datetime | None]


class RoadNetwork(Base):
    """A road graph in the store (``graph_path`` is relative to it); its roads are drawn from ``road``.

    ``extent`` is where it has roads: squares of 5 km, not a box, since extracts are cut along borders. One network is
    current for each name, mode and season; there is a winter one only where at least one road closes in winter.
    ``current_since`` is when it was last made current: importing an earlier file again makes its network current again,
    and the last import answers where several networks could. ``edits`` is what a planner declared on top of the file: {file, sha256, as_of, edits: [...]}, NULL without any.
    """

    __tablename__ = "road_network"
    __table_args__ = (_season_check("road_network"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(index=True)
    mode: Mapped[str]
    season: Mapped[str] = _season()
    graph_path: Mapped[str]
    crs_epsg: Mapped[int]
    source_name: Mapped[str]
    source_sha256: Mapped[str]
    osm_date: Mapped[str | None]
    profile_version: Mapped[str]
    graph_sha256: Mapped[str]  # of the arrays: the same roads under the same code make the same graph
    node_count: Mapped[int]
    arc_count: Mapped[int]
    length_km: Mapped[float]
    edits: Mapped[Json | None]
    extent: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=True))
    is_current: Mapped[bool] = mapped_column(server_default="true")
    current_since: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("import_batch.id"))
    created_at: Mapped[datetime] = _created()


class Road(Base):
    """A road to draw; never used to compute."""

    __tablename__ = "road"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    network_id: Mapped[UUID] = mapped_column(ForeignKey("road_network.id", ondelete="CASCADE"), index=True)
    rank: Mapped[int] = mapped_column(SmallInteger)  # 0 motorway ... higher is smaller; see routing.profile
    road_class: Mapped[str]
    name: Mapped[str | None]
    geometry: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", srid=4326, spatial_index=True))


class Run(Base):
    """An immutable coverage computation of one département. Publishing moves ``published_run``."""

    __tablename__ = "run"
    __table_args__ = (_season_check("run"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), index=True)
    mode: Mapped[str]
    season: Mapped[str] = _season()
    direction: Mapped[str]
    threshold_s: Mapped[int]
    parameters: Mapped[Json]
    inputs: Mapped[Json]  # name -> {sha256, label, date, rows}
    inputs_sha256: Mapped[str]  # of inputs + parameters + code version: the same question has the same hash
    result_sha256: Mapped[str]  # of the cell rows: two runs of the same question must agree
    code_version: Mapped[str]
    road_network_id: Mapped[UUID] = mapped_column(ForeignKey("road_network.id"))
    warnings: Mapped[list[Any]] = mapped_column(JSONB)
    duration_s: Mapped[float]
    created_at: Mapped[datetime] = _created()


class RunSite(Base):
    """A site as the run saw it. ``number`` is the label cells point to."""

    __tablename__ = "run_site"
    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    name: Mapped[str]
    form: Mapped[str]
    carrier: Mapped[str]
    departement_code: Mapped[str]
    access_m: Mapped[float | None]  # NULL: not attached, not counted
    cause: Mapped[str | None]  # why it is not attached, see app.domain.attachment; NULL when it is, or before 0.2
    nearest_m: Mapped[float | None]  # from a site that is not attached to the nearest road of any kind
    geometry: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))


class RunCell(Base):
    """People and their time to the nearest site, in each of the four scopes (see app.domain.coverage.Scope)."""

    __tablename__ = "run_cell"
    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    cell_id: Mapped[str]  # grid id, or "commune:2A041" for a commune without a cell
    cell_size_m: Mapped[int] = mapped_column(SmallInteger)  # 0 for a point
    code_insee: Mapped[str]
    epci_code: Mapped[str | None]
    people: Mapped[int]  # calibrated to the municipal population
    individuals: Mapped[float]  # Filosofi, as published
    access_m: Mapped[float | None]
    cause: Mapped[str | None]  # as in run_site
    own_fixed_s: Mapped[float | None]
    own_fixed_site: Mapped[int | None]
    own_mobile_s: Mapped[float | None]
    own_mobile_site: Mapped[int | None]
    neighbour_fixed_s: Mapped[float | None]
    neighbour_fixed_site: Mapped[int | None]
    neighbour_mobile_s: Mapped[float | None]
    neighbour_mobile_site: Mapped[int | None]
    geometry: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", srid=4326, spatial_index=True))


class RunZone(Base):
    """Sums of the cells of one zone in one scope at the run's threshold; covered + uncovered + unknown = total."""

    __tablename__ = "run_zone"
    __table_args__ = (
        CheckConstraint("people_covered + people_uncovered + people_unknown = people_total", name="run_zone_adds_up"),
    )
    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    level: Mapped[str] = mapped_column(primary_key=True)  # commune | epci | departement
    code: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)  # all | own | all_fixed | own_fixed
    nom: Mapped[str]
    people_total: Mapped[int]
    people_covered: Mapped[int]
    people_uncovered: Mapped[int]
    people_unknown: Mapped[int]
    individuals_total: Mapped[float]
    individuals_covered: Mapped[float]
    median_s: Mapped[float | None]
    p95_s: Mapped[float | None]
    max_s: Mapped[float | None]
    has_point_cell: Mapped[bool]


class PublishedRun(Base):
    """The pointer that publishing moves."""

    __tablename__ = "published_run"
    __table_args__ = (_season_check("published_run"),)
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), primary_key=True)
    mode: Mapped[str] = mapped_column(primary_key=True)
    season: Mapped[str] = mapped_column(primary_key=True, server_default="summer")
    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id"))
    published_at: Mapped[datetime] = _created()


class Agreement(Base):
    __tablename__ = "agreement"
    __table_args__ = (CheckConstraint("period_end >= period_start", name="agreement_period"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), index=True)
    kind: Mapped[str]  # calpae | local_solidarity_contract | other
    label: Mapped[str]
    accounting_regime: Mapped[str]  # civil | rolling
    period_start: Mapped[date]
    period_end: Mapped[date]
    signed_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = _created()
    updated_at: Mapped[datetime] = _created()


class Allocation(Base):
    """The first-reception money of one year of an agreement. An amount not known yet is NULL, never 0."""

    __tablename__ = "allocation"
    __table_args__ = (
        UniqueConstraint("agreement_id", "year"),
        CheckConstraint("state_share_eur between 60000 and 110000", name="allocation_state_share"),
        CheckConstraint("department_share_eur >= 0", name="allocation_department_share"),
        CheckConstraint(
            "coalesce(notified_eur, 0) >= 0 and coalesce(committed_eur, 0) >= 0"
            " and coalesce(paid_eur, 0) >= 0 and coalesce(justified_eur, 0) >= 0",
            name="allocation_amounts",
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreement.id", ondelete="CASCADE"), index=True)
    year: Mapped[int]
    state_share_eur: Mapped[Decimal]
    department_share_eur: Mapped[Decimal | None]
    notified_eur: Mapped[Decimal | None]
    notified_on: Mapped[date | None]
    committed_eur: Mapped[Decimal | None]
    committed_on: Mapped[date | None]
    paid_eur: Mapped[Decimal | None]
    paid_on: Mapped[date | None]
    justified_eur: Mapped[Decimal | None]
    justified_on: Mapped[date | None]
