"""Vector tiles: which query draws a layer at a zoom, and when a tile has changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy.orm import Session

from app.domain.coverage import SCOPES, Scope
from app.domain.site import FORM_LABELS_FR
from app.domain.travel import HEADLINE_MODE, HEADLINE_SEASON
from app.errors import FieldError, InvalidInputError
from app.persistence import tiles as store
from app.persistence.data_version import runs_version, sites_version
from app.services.recent import Recent
from routing.profile import ROAD_CLASSES

Layer = Literal["departements", "communes", "cells", "sites", "roads"]
LAYERS: Final = get_args(Layer)
MAX_ZOOM: Final = 14
MIN_ZOOM: Final[dict[Layer, int]] = {"departements": 0, "communes": 0, "cells": 5, "sites": 0, "roads": 5}
#: Changes when the same data would be drawn otherwise.
DRAWING_VERSION: Final = 1

#: Below: cells are merged into two-pixel squares. From: the covered ones are drawn too.
CELLS_ALONE_FROM_ZOOM: Final = 9
COVERED_CELLS_FROM_ZOOM: Final = 11
#: Sites of the neighbours are drawn as far as this around a département: about 50 km, more than 30 min.
AROUND_DEG: Final = 0.5
ROAD_NAMES_FROM_ZOOM: Final = 13
#: Few, and a map of islands without them would be wrong: drawn at every zoom.
FERRY_RANK: Final = next(road.rank for road in ROAD_CLASSES if road.name == "ferry")
#: zoom -> the smallest roads drawn (ranks of routing.profile: 2 primary, 3 secondary, 4 tertiary, 5 streets).
_MAX_RANK: Final = {5: 1, 6: 2, 7: 2, 8: 3, 9: 3, 10: 4, 11: 5, 12: 6, 13: 9, 14: 9}

#: layer -> property -> its type in TileJSON
FIELDS: Final[dict[Layer, dict[str, str]]] = {
    "departements": {"code": "String", "nom": "String", "covered_pct": "Number"},
    "communes": {
        "code": "String",
        "nom": "String",
        "covered_pct": "Number",
        "uncovered": "Number",
        "total": "Number",
    },
    "cells": {
        "people": "Number",
        "minutes": "Number",
        "is_covered": "Boolean",
        "state": "String",
        "code_insee": "String",
    },
    "sites": {
        "id": "String",
        "name": "String",
        "form": "String",
        "form_label": "String",
        "carrier": "String",
        "status": "String",
        "departement": "String",
    },
    "roads": {"rank": "Number", "name": "String"},
}


@dataclass(frozen=True, slots=True)
class Tile:
    layer: Layer
    z: int
    x: int
    y: int
    departement: str | None
    scope: Scope
    mode: str = HEADLINE_MODE
    season: str = HEADLINE_SEASON


def check_tile(tile: Tile) -> None:
    """Raise InvalidInputError for a tile that does not exist."""
    least, side = MIN_ZOOM[tile.layer], 1 << max(0, min(tile.z, MAX_ZOOM))
    errors = []
    if not least <= tile.z <= MAX_ZOOM:
        errors.append(_out_of_range("z", tile.z, least, MAX_ZOOM))
    errors += [
        _out_of_range(name, value, 0, side - 1)
        for name, value in (("x", tile.x), ("y", tile.y))
        if not 0 <= value < side
    ]
    if errors:
        detail = f"Tuile {tile.z}/{tile.x}/{tile.y} inexistante : {errors[0].message}"
        raise InvalidInputError(detail, errors)


def tile_version(session: Session, layer: Layer) -> str:
    """What a tile's ETag is made of: it changes when the tile may have changed."""
    version = sites_version(session) if layer == "sites" else runs_version(session)
    return f"{DRAWING_VERSION}-{version}"


def draw_tile(session: Session, tile: Tile, version: str, recent: Recent[bytes]) -> bytes:
    """The tile of ``version``, from memory or from PostGIS."""
    content = recent.get((tile, version))
    if content is None:
        content = store.read_tile(session, _query(tile), _parameters(tile))
        recent.put((tile, version), content, len(content))
    return content


def layer_bounds(session: Session, departement: str | None) -> tuple[float, float, float, float] | None:
    return store.layer_bounds(session, departement)


def fictional_flags(session: Session, departement: str | None) -> list[bool]:
    return store.fictional_flags(session, departement)


def _query(tile: Tile) -> str:
    return "cells_from_afar" if tile.layer == "cells" and tile.z < CELLS_ALONE_FROM_ZOOM else tile.layer


def _parameters(tile: Tile) -> dict[str, Any]:
    neighbours, mobile = SCOPES[tile.scope]
    return {
        "z": tile.z,
        "x": tile.x,
        "y": tile.y,
        "departement": tile.departement,
        "mode": tile.mode,
        "season": tile.season,
        "around_deg": AROUND_DEG,
        "scope": tile.scope,
        "neighbours": neighbours,
        "mobile": mobile,
        "all_states": tile.z >= COVERED_CELLS_FROM_ZOOM,
        "max_rank": _MAX_RANK.get(tile.z, 0),
        "ferry_rank": FERRY_RANK,
        "with_names": tile.z >= ROAD_NAMES_FROM_ZOOM,
        "form_labels": json.dumps(FORM_LABELS_FR),
    }


def _out_of_range(name: str, value: int, least: int, most: int) -> FieldError:
    return FieldError(f"path.{name}", str(value), f"{name} va de {least} à {most} ici ; reçu : {value}.")
