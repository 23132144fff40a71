"""Where a point or a commune code lies, among the boundaries loaded."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.persistence.models import Commune, Departement


@dataclass(frozen=True, slots=True)
class Place:
    """A commune that is loaded."""

    code_insee: str
    nom: str
    departement_code: str


@dataclass(frozen=True, slots=True)
class Extent:
    """Degrees, EPSG:4326."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float, margin_deg: float = 0.0) -> bool:
        return (
            self.west - margin_deg <= lon <= self.east + margin_deg
            and self.south - margin_deg <= lat <= self.north + margin_deg
        )


_PLACE = (Commune.code_insee, Commune.nom, Commune.departement_code)


def commune_by_code(session: Session, code_insee: str) -> Place | None:
    return _place(session.execute(select(*_PLACE).where(Commune.code_insee == code_insee)).first())


def commune_at(session: Session, lon: float, lat: float) -> Place | None:
    """The loaded commune a point lies in; on a shared border, the smallest code."""
    point = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    query = select(*_PLACE).where(func.ST_Intersects(Commune.geometry, point)).order_by(Commune.code_insee).limit(1)
    return _place(session.execute(query).first())


def has_communes(session: Session, departement_code: str) -> bool:
    query = select(Commune.code_insee).where(Commune.departement_code == departement_code).limit(1)
    return session.execute(query).first() is not None


def departement_extent(session: Session, code: str) -> Extent | None:
    """The bounding box of a département, None when its boundaries are not loaded."""
    shape = Departement.geometry
    row = session.execute(
        select(func.ST_XMin(shape), func.ST_YMin(shape), func.ST_XMax(shape), func.ST_YMax(shape)).where(
            Departement.code == code
        )
    ).first()
    return None if row is None else Extent(*row)


def _place(row: Row[str, str, str] | None) -> Place | None:
    return None if row is None else Place(*row)
