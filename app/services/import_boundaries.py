"""Communes, EPCI and, from the communes, départements."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.errors import BadFileError
from app.persistence.bulk import copy_rows
from app.persistence.grid_assignment import assign_cells_to_communes
from app.persistence.models import Commune, Departement, Epci
from app.services.imports import ImportOutcome, record_batch, refuse_if_unusable, still_in_place
from data.contract import ReadReport
from data.territory import territory

#: A file that would remove more than this share of a département's communes is more likely partial than a reform:
#: the largest wave of mergers so far took about a tenth of a département's communes in one year (2016-01-01).
MAX_REMOVED_SHARE = 0.2


def import_communes(
    session: Session,
    communes: GeoDataFrame,
    report: ReadReport,
    *,
    millesime: str | None,
    is_dry_run: bool = False,
    accept_errors: bool = False,
    allow_removals: bool = False,
) -> ImportOutcome:
    """Replace the communes of each département found in the file; the départements' outlines follow."""
    refuse_if_unusable(report, accept_errors=accept_errors)
    if still_in_place(session, Commune, report, millesime=millesime):
        return ImportOutcome("communes", report, {}, is_dry_run, was_already_done=True)
    codes = sorted(set(communes["departement_code"]))
    removed = _removed_codes(session, communes, codes, allow_removals=allow_removals)
    counts = {"communes": len(communes), "départements": len(codes), "communes retirées": len(removed)}
    if is_dry_run:
        return ImportOutcome("communes", report, counts, is_dry_run=True, was_already_done=False)

    batch = record_batch(session, report, millesime=millesime)
    for code in codes:  # a placeholder outline, replaced below by the union of the communes
        _upsert_departement(session, code, communes, batch.id)
    session.execute(delete(Commune).where(Commune.departement_code.in_(codes)))
    copy_rows(
        session,
        "commune",
        (
            "code_insee",
            "nom",
            "departement_code",
            "epci_code",
            "population_municipale",
            "geometry",
            "batch_id",
        ),
        (
            (
                r.code_insee,
                r.nom,
                r.departement_code,
                r.epci_code,
                _int_or_none(r.population_municipale),
                wkb,
                batch.id,
            )
            for r, wkb in zip(communes.itertuples(), _ewkb(communes), strict=True)
        ),
    )
    session.execute(_UNION_OF_COMMUNES, {"codes": codes})
    assign_cells_to_communes(session)
    return ImportOutcome("communes", report, counts, is_dry_run=False, was_already_done=False)


def import_epcis(
    session: Session,
    epcis: GeoDataFrame,
    report: ReadReport,
    *,
    millesime: str | None,
    is_dry_run: bool = False,
    accept_errors: bool = False,
) -> ImportOutcome:
    """Add or replace the EPCI of the file, by SIREN."""
    refuse_if_unusable(report, accept_errors=accept_errors)
    if still_in_place(session, Epci, report, millesime=millesime):
        return ImportOutcome("epci", report, {}, is_dry_run, was_already_done=True)
    counts = {"EPCI": len(epcis)}
    if not is_dry_run:
        batch = record_batch(session, report, millesime=millesime)
        session.execute(delete(Epci).where(Epci.code_siren.in_(list(epcis["code_siren"]))))
        copy_rows(
            session,
            "epci",
            ("code_siren", "nom", "nature", "geometry", "batch_id"),
            (
                (r.code_siren, r.nom, r.nature, wkb, batch.id)
                for r, wkb in zip(epcis.itertuples(), _ewkb(epcis), strict=True)
            ),
        )
    return ImportOutcome("epci", report, counts, is_dry_run, was_already_done=False)


_UNION_OF_COMMUNES = text(
    """
    UPDATE departement SET geometry = u.geometry
    FROM (SELECT departement_code, ST_Multi(ST_UnaryUnion(ST_Collect(geometry))) AS geometry
          FROM commune WHERE departement_code = ANY(:codes) GROUP BY departement_code) AS u
    WHERE departement.code = u.departement_code
    """
)


def _upsert_departement(session: Session, code: str, communes: GeoDataFrame, batch_id: object) -> None:
    known = territory(code)
    row = session.get(Departement, code) or Departement(code=code)
    row.nom = known.nom
    row.is_fictional = known.is_fictional
    row.batch_id = batch_id  # type: ignore[assignment]
    outline = communes.geometry[communes["departement_code"] == code].iloc[0]
    row.geometry = func.ST_GeomFromEWKB(shapely.to_wkb(shapely.set_srid(outline, 4326), include_srid=True))
    session.add(row)
    session.flush()


def _removed_codes(session: Session, communes: GeoDataFrame, codes: list[str], *, allow_removals: bool) -> set[str]:
    before = set(session.scalars(select(Commune.code_insee).where(Commune.departement_code.in_(codes))))
    removed = before - set(communes["code_insee"])
    if before and len(removed) > MAX_REMOVED_SHARE * len(before) and not allow_removals:
        raise BadFileError(
            f"Le fichier retirerait {len(removed)} communes sur {len(before)} ({', '.join(sorted(removed)[:5])}...). "
            "Un fichier de communes remplace tout le département : celui-ci paraît partiel. Donnez le fichier complet, "
            "ou ajoutez --allow-removals si c'est voulu. Rien n'a été importé."
        )
    return removed


def _ewkb(table: GeoDataFrame) -> list[str | None]:
    with_srid = shapely.set_srid(np.asarray(table.geometry, dtype=object), 4326)
    return list(shapely.to_wkb(with_srid, hex=True, include_srid=True))


def _int_or_none(value: object) -> int | None:
    return None if value is None or value is pd.NA else int(str(value))
