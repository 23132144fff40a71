"""Outlines of zones, ready for GeoJSON."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from app.persistence.models import Commune, Departement

#: About 20 m on the ground: no visible change at the scale of a commune.
TOLERANCE_DEG = 0.0002
_DIGITS = 5  # about 1 m


def zone_shapes(session: Session, departement_code: str, level: str) -> dict[str, dict[str, Any]]:
    """GeoJSON geometry by zone code. An EPCI is the union of its communes of this département: those its figures count,
    and not the whole of an EPCI that goes on next door.
    """
    if level == "epci":
        return _epci_shapes(session, departement_code)
    table, code = (Commune, Commune.code_insee) if level == "commune" else (Departement, Departement.code)
    owner = Commune.departement_code if level == "commune" else Departement.code
    query = select(code, _as_geojson(table.geometry)).where(owner == departement_code)
    return {code: json.loads(shape) for code, shape in session.execute(query)}


def _epci_shapes(session: Session, departement_code: str) -> dict[str, dict[str, Any]]:
    query = (
        select(func.coalesce(Commune.epci_code, literal("-")), _as_geojson(func.ST_Union(Commune.geometry)))
        .where(Commune.departement_code == departement_code)
        .group_by(Commune.epci_code)
    )
    return {code: json.loads(shape) for code, shape in session.execute(query)}


def _as_geojson(shape: Any) -> Any:
    simplified = func.ST_Multi(func.ST_SimplifyPreserveTopology(shape, TOLERANCE_DEG))
    return func.ST_AsGeoJSON(simplified, _DIGITS)
