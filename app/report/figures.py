"""The report's figures as SVG of our own: the map, the bar of the headline, the outline on the cover.

Nothing is computed here: shares and people arrive in the content.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.domain.wording import integer_fr, percent_fr
from app.report.classes import CLASSES, class_of, shown_share
from app.report.content import MapContent, MapPoint, MapShape, ZoneLine
from app.report.frame import Frame, LabelRoom, frame_of, label_point_m
from app.report.french import plural
from app.report.legend import LEGEND_HEIGHT, Legend, draw_legend
from app.report.svg import (
    Texture,
    document,
    element,
    mm,
    path_data,
    pen,
    rectangle_data,
    text,
    textured,
    title,
)
from app.report.symbols import INK, circle_radius, draw_circle, draw_site

WIDTH: Final = mm(170)
MAX_HEIGHT: Final = mm(176)
MIN_HEIGHT: Final = mm(90)
MARGIN: Final = mm(6)
LABEL_MM: Final = 3.3
#: Communes named on the map, the most peopled first, if there is room.
LABEL_COUNT: Final = 14
ROAD_COLOUR: Final = "#6f6458"
ROAD_WIDTHS_MM: Final = (0.5, 0.4, 0.28)
MINOR_ROAD_WIDTH_MM: Final = 0.22


def map_svg(content: MapContent, communes: Sequence[ZoneLine], *, threshold_min: int) -> str:
    """The map, 170 mm wide, legend below. Every shape's code must be among ``communes``.

    Raises ValueError without any shape, KeyError for a shape that is no commune of ours.
    """
    frame = frame_of(content.shapes, WIDTH, MIN_HEIGHT, MAX_HEIGHT, MARGIN)
    room = LabelRoom(frame)
    inside = [point for point in content.points if frame.shows(frame.point(point.x_m, point.y_m))]
    most_people = max((point.people for point in inside if point.kind == "uncovered"), default=0)
    by_people = sorted(communes, key=lambda zone: (-zone.total, zone.code))
    drawing = [
        element("rect", width=frame.width, height=frame.height, fill="#ffffff"),
        _communes(content.shapes, {zone.code: shown_share(zone) for zone in communes}, frame),
        _roads(content, frame),
        _points(inside, frame, room, most_people),
        _labels(content.shapes, [zone.code for zone in by_people[:LABEL_COUNT]], frame, room),
    ]
    legend = Legend(
        threshold_min=threshold_min,
        counts={kind: sum(p.kind == kind for p in inside) for kind in ("site", "neighbour_site", "uncovered")},
        outside=len(content.points) - len(inside),
        most_people=most_people,
        metres_per_unit=frame.metres_per_unit,
        road_colour=ROAD_COLOUR if content.roads else None,
    )
    clip = element("clipPath", element("rect", width=frame.width, height=frame.height), id="frame")
    border = pen(fill="none", stroke=INK, stroke_width=mm(0.3))
    return document(
        WIDTH,
        frame.height + LEGEND_HEIGHT,
        [
            element("defs", clip),
            element("g", "".join(drawing), clip_path="url(#frame)"),
            element("path", d=rectangle_data(3, 3, frame.width - 6, frame.height - 6), **border),
            draw_legend(legend, top=frame.height),
        ],
    )


def _shape_path(shape: MapShape, frame: Frame) -> str:
    return "".join(path_data(frame.line(ring), closed=True) for ring in shape.rings)


def _communes(shapes: Sequence[MapShape], shares: dict[str, float | None], frame: Frame) -> str:
    paths = [_shape_path(shape, frame) for shape in shapes]
    classes = [class_of(shares[shape.code]) for shape in shapes]
    # a wide stroke under every commune shows only outside: the territory's own outline
    outline = element("path", d="".join(paths), fill="none", stroke=INK, stroke_width=mm(0.9))
    fills = [
        element(
            "path",
            title(f"{shape.nom} ({shape.code}) : {percent_fr(shares[shape.code])}"),
            d=path,
            fill=map_class.fill,
            fill_rule="evenodd",
        )
        for shape, path, map_class in zip(shapes, paths, classes, strict=True)
        if path
    ]
    textures = [
        textured(
            f"map-{map_class.texture}",
            map_class.texture,
            "".join(path for path, own in zip(paths, classes, strict=True) if own is map_class),
            (0, 0, frame.width, frame.height),
        )
        for map_class in CLASSES
        if map_class.texture
    ]
    border = pen(fill="none", stroke="#44545a", stroke_width=mm(0.12), stroke_linejoin="round")
    borders = element("path", d="".join(paths), **border)
    return "".join([outline, *fills, *textures, borders])


def _roads(content: MapContent, frame: Frame) -> str:
    drawn: list[str] = []
    for rank in sorted({rank for rank, _ in content.roads}, reverse=True):
        data = "".join(path_data(frame.line(line), closed=False) for r, line in content.roads if r == rank)
        width_mm = ROAD_WIDTHS_MM[rank] if 0 <= rank < len(ROAD_WIDTHS_MM) else MINOR_ROAD_WIDTH_MM
        brush = pen(
            fill="none",
            stroke=ROAD_COLOUR,
            stroke_width=mm(width_mm),
            stroke_linejoin="round",
        )
        if data:
            drawn.append(element("path", d=data, **brush))
    return "".join(drawn)


def _points(points: Sequence[MapPoint], frame: Frame, room: LabelRoom, most_people: int) -> str:
    """Circles of people first, the largest below; sites on top of everything."""
    circles = sorted((p for p in points if p.kind == "uncovered"), key=lambda p: (-p.people, p.x_m, p.y_m))
    sites = sorted((p for p in points if p.kind != "uncovered"), key=lambda p: (p.kind, p.x_m, p.y_m))
    drawn: list[str] = []
    for point in circles:
        centre, radius = frame.point(point.x_m, point.y_m), circle_radius(point.people, most_people)
        room.block(centre, radius)
        drawn.append(draw_circle(centre, radius, f"{point.label} : {point.people}"))
    for point in sites:
        centre = frame.point(point.x_m, point.y_m)
        room.block(centre, mm(0.9))
        drawn.append(draw_site(centre, point.kind, point.label))
    return "".join(drawn)


def _labels(shapes: Sequence[MapShape], codes: Sequence[str], frame: Frame, room: LabelRoom) -> str:
    by_code = {shape.code: shape for shape in shapes if any(len(ring) > 2 for ring in shape.rings)}
    drawn: list[str] = []
    for code in codes:
        shape = by_code.get(code)
        if shape is None:
            continue
        place = room.place(frame.point(*label_point_m(shape)), shape.nom, LABEL_MM)
        if place is not None:
            # the halo is the same word in a wide white pen, drawn before: not every viewer knows paint-order
            drawn.append(
                text(
                    *place,
                    shape.nom,
                    LABEL_MM,
                    stroke="#ffffff",
                    stroke_width=mm(0.9),
                    stroke_linejoin="round",
                )
            )
            drawn.append(text(*place, shape.nom, LABEL_MM))
    return "".join(drawn)


def bar_svg(zone: ZoneLine) -> str:
    """Covered, uncovered and unknown people of a territory as one bar, to scale."""
    height, left = mm(7), 0
    drawn: list[str] = []
    paints: tuple[tuple[int, str, Texture | None], ...] = (
        (zone.covered, "#8fbab4", None),
        (zone.uncovered, "#123f49", "hatch"),
        (zone.unknown, "#ffffff", "dots"),
    )
    seen = 0
    for people, fill, texture in paints:
        seen += people
        right = round(WIDTH * seen / zone.total) if zone.total else 0
        if right > left:
            data = rectangle_data(left, 0, right - left, height)
            drawn.append(element("path", d=data, fill=fill))
            if texture:
                drawn.append(textured(f"bar-{texture}", texture, data, (left, 0, right - left, height)))
        left = right
    border = pen(fill="none", stroke=INK, stroke_width=mm(0.2))
    drawn.append(element("path", d=rectangle_data(2, 2, WIDTH - 4, height - 4), **border))
    return document(WIDTH, height, drawn)


def bar_alt(zone: ZoneLine) -> str:
    return (
        f"Barre à l'échelle : {plural(zone.covered, 'personne couverte', 'personnes couvertes')}, "
        f"{integer_fr(zone.uncovered)} non couvertes, {integer_fr(zone.unknown)} de situation inconnue, "
        f"sur {integer_fr(zone.total)}."
    )


def outline_svg(content: MapContent) -> str:
    """The territory's communes and sites, pale, for the cover: a decoration that says nothing."""
    frame = frame_of(content.shapes, mm(120), mm(30), mm(120), mm(2))
    paths = "".join(_shape_path(shape, frame) for shape in content.shapes)
    style = pen(fill="#e4ece9", stroke="#b3c7c2", stroke_width=mm(0.2), fill_rule="evenodd")
    sites = [frame.point(p.x_m, p.y_m) for p in content.points if p.kind == "site"]
    dots = [element("circle", cx=x, cy=y, r=mm(0.7), fill="#0f5560") for x, y in sites if frame.shows((x, y))]
    return document(frame.width, frame.height, [element("path", d=paths, **style), *dots])
