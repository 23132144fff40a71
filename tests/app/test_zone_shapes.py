"""The shape of a zone is where the people of its figures live."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from geoalchemy2.shape import from_shape
from shapely.geometry import shape
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.persistence.models import Commune, Departement, Epci
from app.persistence.zone_shapes import zone_shapes
from data.store import Store
from tests.app import grid_world

EPCI = "000000001"


@pytest.fixture
def world(session: Session, tmp_path: Path) -> Session:
    grid_world.load_grid_world(session, Store(tmp_path))
    return session


def test_an_epci_that_goes_on_next_door_is_drawn_up_to_the_departement(world: Session) -> None:
    """Its own outline holds communes of another département: their people are not in these figures."""
    own = grid_world.communes()
    whole = shapely.MultiPolygon([shapely.box(*own.total_bounds).buffer(0.5)])
    world.execute(update(Epci).where(Epci.code_siren == EPCI).values(geometry=from_shape(whole, srid=4326)))
    drawn = shape(zone_shapes(world, "00", "epci")[EPCI])
    expected = own[own["epci_code"] == EPCI].union_all()
    assert drawn.symmetric_difference(expected).area < 0.01 * expected.area


def test_every_commune_is_drawn_in_one_epci_or_outside_any(world: Session) -> None:
    shapes = zone_shapes(world, "00", "epci")
    assert sorted(shapes) == ["-", EPCI]
    outside = grid_world.communes().set_index("code_insee").geometry["00003"]
    assert shape(shapes["-"]).symmetric_difference(outside).area < 0.01 * outside.area


def test_a_commune_of_the_same_epci_next_door_is_not_drawn(world: Session) -> None:
    here = world.get_one(Departement, "00")
    world.add(Departement(code="0V", nom="Voisin", geometry=here.geometry, batch_id=here.batch_id))
    world.flush()
    world.execute(update(Commune).where(Commune.code_insee == "00002").values(departement_code="0V"))
    alpha, beta = (grid_world.communes().set_index("code_insee").geometry[code] for code in ("00001", "00002"))
    for departement, expected in (("00", alpha), ("0V", beta)):
        drawn = shape(zone_shapes(world, departement, "epci")[EPCI])
        assert drawn.symmetric_difference(expected).area < 0.01 * expected.area
