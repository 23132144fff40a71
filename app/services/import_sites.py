"""Reception points from a register. What somebody corrected by hand is never overwritten."""

from __future__ import annotations

import math

import shapely
from geoalchemy2.shape import from_shape
from geopandas import GeoDataFrame
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.persistence.models import Commune, Site
from app.services.imports import ImportOutcome, record_batch, refuse_if_unusable
from data.contract import ReadReport

_COPIED = (
    "name", "carrier", "form", "address", "postal_code", "commune_nom", "code_insee", "departement_code",
    "opening_hours", "opening_hours_raw", "by_appointment", "accreditation", "comment",
)  # fmt: skip


def known_communes(session: Session) -> dict[str, str]:
    """code -> name of the communes loaded: what a register's codes are checked against, and named from."""
    return {row.code_insee: row.nom for row in session.execute(select(Commune.code_insee, Commune.nom))}


def import_sites(
    session: Session,
    sites: GeoDataFrame,
    report: ReadReport,
    *,
    millesime: str | None,
    is_dry_run: bool = False,
    accept_errors: bool = False,
    remove_absent: bool = False,
) -> ImportOutcome:
    """Add new sites, update those of the same source that changed, keep the hand-edited ones as they are.

    Sites of the same source and départements that the file no longer has stay, unless ``remove_absent``.
    """
    refuse_if_unusable(report, accept_errors=accept_errors)
    source = str(sites["source"].iloc[0])
    present = {s.source_id: s for s in session.scalars(select(Site).where(Site.source == source))}
    counts = {"nouveaux": 0, "modifiés": 0, "inchangés": 0, "corrigés à la main, laissés tels quels": 0}
    batch = None if is_dry_run else record_batch(session, report, millesime=millesime)
    for record in sites.itertuples():
        site = present.pop(record.source_id, None)
        values = {name: _none_if_missing(getattr(record, name)) for name in _COPIED}
        if site is not None and site.edited_at is not None:
            counts["corrigés à la main, laissés tels quels"] += 1
            continue
        if site is not None and site.deleted_at is None and _is_same(site, values, record.geometry):
            counts["inchangés"] += 1
            continue
        counts["modifiés" if site is not None else "nouveaux"] += 1
        if batch is not None:
            _write(session, site, source, record.source_id, values, record.geometry, batch.id)
    concerned = set(sites["departement_code"])  # a register of one département says nothing of the others
    absents = [s for s in present.values() if not (s.deleted_at or s.edited_at) and s.departement_code in concerned]
    if absents:
        counts["absents du nouveau fichier, " + ("retirés" if remove_absent else "gardés")] = len(absents)
    if remove_absent and not is_dry_run:
        for site in absents:
            site.deleted_at = func.now()
            site.version += 1
    was_already_done = counts["nouveaux"] == counts["modifiés"] == 0 and not absents
    if was_already_done and batch is not None:
        session.delete(batch)
    session.flush()
    return ImportOutcome("sites", report, counts, is_dry_run, was_already_done)


def _is_same(site: Site, values: dict[str, object], point: shapely.Point) -> bool:
    if any(getattr(site, name) != value for name, value in values.items()):
        return False
    if site.geometry is None:
        return False
    return bool(shapely.equals_identical(shapely.from_wkb(bytes(site.geometry.data)), point))


def _write(
    session: Session,
    site: Site | None,
    source: str,
    source_id: str,
    values: dict[str, object],
    point: shapely.Point,
    batch_id: object,
) -> None:
    if site is None:
        site = Site(source=source, source_id=source_id, version=1)
        session.add(site)
    else:
        site.version += 1
        site.updated_at = func.now()
        site.deleted_at = None
    for name, value in values.items():
        setattr(site, name, value)
    site.batch_id = batch_id  # type: ignore[assignment]
    # A value, not a call of PostGIS: rows made of values alone go out a thousand at a time. Extended: the others
    # are sent as text, which loses the last bit.
    site.geometry = from_shape(point, srid=4326, extended=True)


def _none_if_missing(value: object) -> object:
    """pandas writes a missing value as NaN; the database wants NULL."""
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else value
