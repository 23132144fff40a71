"""To which commune the people of a grid cell belong: the one that holds the cell's centre.

Outlines are simplified and coasts are ragged, so some centres fall in the sea. Those go to the nearest commune
within 2 km, but only where nothing else could claim them: a département one of whose neighbours is not loaded could
otherwise swallow the neighbour's cells along the border. Cells left alone keep NULL and are counted in the import.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.persistence.models import Departement
from data.territory import territory

NEAREST_COMMUNE_MAX_M = 2_000


def assign_cells_to_communes(session: Session) -> None:
    """Assign every cell again; cheap enough (one spatial join) never to be wrong after a change of communes."""
    session.execute(_BY_CENTRE)
    loaded = set(session.scalars(Departement.__table__.select().with_only_columns(Departement.code)))
    enclosed = [code for code in sorted(loaded) if set(territory(code).neighbours) <= loaded]
    session.execute(_BY_NEAREST, {"codes": enclosed, "max_m": NEAREST_COMMUNE_MAX_M})


_BY_CENTRE = text(
    """
    WITH inside AS (
        SELECT g.cell_id, min(c.code_insee) AS code_insee
        FROM grid_cell g LEFT JOIN commune c ON ST_Covers(c.geometry, g.centre)
        GROUP BY g.cell_id)
    UPDATE grid_cell g
    SET code_insee = inside.code_insee,
        assigned_by = CASE WHEN inside.code_insee IS NULL THEN 'none' ELSE 'centre' END
    FROM inside
    WHERE g.cell_id = inside.cell_id
      AND (g.code_insee IS DISTINCT FROM inside.code_insee OR g.assigned_by = 'nearest')
    """
)
_BY_NEAREST = text(
    """
    UPDATE grid_cell g
    SET code_insee = near.code_insee, assigned_by = 'nearest'
    FROM (SELECT o.cell_id, n.code_insee
          FROM grid_cell o CROSS JOIN LATERAL (
              SELECT c.code_insee, c.geometry, c.departement_code FROM commune c
              ORDER BY c.geometry <-> o.centre, c.code_insee LIMIT 1) n
          WHERE o.code_insee IS NULL AND n.departement_code = ANY(:codes) AND ST_Distance(n.geometry::geography, o.centre::geography) <= :max_m) near
    WHERE g.cell_id = near.cell_id
    """
)
