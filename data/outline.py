"""Outlines of places: is this polygon one we can count with, and if not, where is it wrong?

Nothing is repaired by ``make_valid``: on a hostile outline it runs for minutes, and on an honest mistake it
invents a shape. One defect alone is accepted, and said: a ring that touches itself at one of its own
vertices, as simplified outlines do where a neck of land was narrower than the simplification. It encloses a
surface without ambiguity; the ring is cut at that vertex into rings that are valid, and no vertex moves.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

_MAX_VERTICES: Final = 20_000
_TOUCHES: Final = "Ring Self-intersection"

Ring = NDArray[np.float64]  # [n, 2], first point repeated at the end


def to_multipolygon(geometry: BaseGeometry) -> MultiPolygon | None:
    """The same surface as a flat MultiPolygon; None when the geometry is not made of polygons or is empty."""
    if geometry.is_empty:
        return None
    flat = shapely.force_2d(geometry)
    if isinstance(flat, Polygon):
        return MultiPolygon([flat])
    return flat if isinstance(flat, MultiPolygon) else None


def invalidity(geometry: BaseGeometry) -> tuple[str, float, float] | None:
    """(reason in French, lon, lat) of the first defect; None when the geometry is valid."""
    if geometry.is_valid:
        return None
    reason, _, place = str(shapely.is_valid_reason(geometry)).partition("[")
    lon, lat = (*place.rstrip("]").split(), "nan", "nan")[:2]
    return _REASONS_FR.get(reason, reason), float(lon), float(lat)


def touches_itself(geometry: BaseGeometry) -> bool:
    """True when the first defect is a ring touching itself at a vertex, and nothing worse."""
    return str(shapely.is_valid_reason(geometry)).startswith(_TOUCHES)


def cut_at_touches(outline: MultiPolygon) -> MultiPolygon | None:
    """The same surface, each self-touching ring cut at its repeated vertices; None when that is not enough.

    Linear in the number of vertices, save for the placing of the few loops made.
    """
    if shapely.get_num_coordinates(outline) > _MAX_VERTICES:
        return None
    parts: list[Polygon] = []
    for polygon in outline.geoms:
        shells, holes = _loops(np.asarray(polygon.exterior.coords)), []
        for ring in polygon.interiors:
            holes += _loops(np.asarray(ring.coords))
        cut = _assemble(shells, holes)
        if cut is None:
            return None
        parts += cut
    whole = MultiPolygon(parts)
    return whole if whole.is_valid else None


def _loops(ring: Ring) -> list[Ring]:
    """Cut a closed ring at every vertex it passes twice; loops of fewer than four points enclose nothing."""
    stack: list[tuple[float, float]] = []
    place: dict[tuple[float, float], int] = {}
    loops: list[Ring] = []
    for x, y in ring[:, :2]:
        point = (float(x), float(y))
        if point in place:
            start = place[point]
            loop = [*stack[start:], point]
            for passed in stack[start + 1 :]:
                del place[passed]
            del stack[start + 1 :]
            if len(loop) >= 4:
                loops.append(np.array(loop))
        else:
            place[point] = len(stack)
            stack.append(point)
    return loops


def _assemble(shells: list[Ring], holes: list[Ring]) -> list[Polygon] | None:
    """Polygons from the loops of one exterior ring and its holes; None when a loop's role is ambiguous.

    A loop inside another one, walked the other way round, is a hole; walked the same way it counts twice.
    """
    outer: list[Polygon] = []
    inner = [Polygon(ring) for ring in holes]
    for polygon in sorted((Polygon(ring) for ring in shells), key=lambda item: -item.area):
        around = next((shell for shell in outer if shell.contains(polygon.representative_point())), None)
        if around is None:
            outer.append(polygon)
        elif shapely.is_ccw(polygon.exterior) != shapely.is_ccw(around.exterior):
            inner.append(polygon)
        else:
            return None
    result = []
    for shell in outer:
        own = [hole.exterior for hole in inner if shell.contains(hole.representative_point())]
        result.append(Polygon(shell.exterior, own))
    return result


_REASONS_FR: Final = {
    "Self-intersection": "le contour se croise lui-même",
    "Ring Self-intersection": "le contour se touche lui-même",
    "Hole lies outside shell": "un trou est en dehors du contour",
    "Holes are nested": "deux trous sont emboîtés",
    "Nested shells": "deux parties se recouvrent",
    "Duplicate Rings": "un contour est en double",
    "Too few points in geometry component": "le contour a moins de trois points distincts",
    "Invalid Coordinate": "une coordonnée n'est pas un nombre",
    "Interior is disconnected": "l'intérieur est coupé en deux par un trou",
}
