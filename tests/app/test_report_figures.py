"""The map and the other figures, as XML."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from app.report.classes import CLASSES, class_of, shown_share
from app.report.content import MapShape
from app.report.figures import WIDTH, bar_svg, map_svg, outline_svg
from app.report.frame import LabelRoom, frame_of, label_point_m
from app.report.legend import round_down
from app.report.svg import mm
from app.report.symbols import circle_radius
from tests.app.report_world import SMALL_COMMUNES, large_content, small_content, zone

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<Bourg> & "l\'an" ]]> \x00\x0b'


def small_map() -> ElementTree.Element:
    content = small_content()
    return ElementTree.fromstring(map_svg(content.map, content.communes, threshold_min=30))


def luminance(colour: str) -> float:
    """Relative luminance, 0 black to 1 white (WCAG)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_class_is_in_the_legend_with_its_paint() -> None:
    root = small_map()
    words = [element.text for element in root.iter(f"{SVG}text")]
    fills = [element.get("fill") for element in root.iter(f"{SVG}path")]
    for map_class in CLASSES:
        assert map_class.label in words
        assert map_class.fill in fills
    clips = {element.get("id") for element in root.iter(f"{SVG}clipPath")}
    assert {"legend-hatch", "legend-dots", "map-hatch", "map-dots"} <= clips


def test_classes_stay_apart_without_colour() -> None:
    lights = [luminance(map_class.fill) for map_class in CLASSES[:5]]
    for lighter, darker in pairwise(lights):
        assert (lighter + 0.05) / (darker + 0.05) > 1.25
    assert CLASSES[4].texture != CLASSES[5].texture


def test_classes_hold_each_share_once_and_never_round_up() -> None:
    shares = [None, 0.0, 1e-9, 49.999999, 50.0, 89.999999, 90.0, 99.999999, 100.0]
    assert [CLASSES.index(class_of(share)) for share in shares] == [5, 4, 3, 3, 2, 2, 1, 1, 0]
    with pytest.raises(ValueError, match="impossible à classer"):
        class_of(math.nan)


def test_all_unknown_is_drawn_unknown_not_uncovered() -> None:
    unknown = next(z for z in SMALL_COMMUNES if z.unknown == z.total and z.total)
    assert unknown.covered_pct == 0.0
    assert shown_share(unknown) is None


def test_names_are_escaped_and_the_file_stays_xml() -> None:
    content = small_content()
    shapes = (replace(content.map.shapes[0], nom=HOSTILE), *content.map.shapes[1:])
    points = (replace(content.map.points[0], label=HOSTILE), *content.map.points[1:])
    drawn = map_svg(replace(content.map, shapes=shapes, points=points), content.communes, threshold_min=30)
    titles = [element.text or "" for element in ElementTree.fromstring(drawn).iter(f"{SVG}title")]
    assert sum('<Bourg> & "l’an" ]]>' in words for words in titles) == 2


def test_every_commune_and_point_inside_is_drawn_and_outsiders_are_said() -> None:
    content, root = small_content(), small_map()
    titles = {element.text for element in root.iter(f"{SVG}title")}
    assert {f"{z.nom.replace(chr(39), '’')} ({z.code})" for z in content.communes} == {
        words.split(" : ")[0] for words in titles if words and "(" in words
    }
    assert "Maison du voisin" in titles
    assert "Maison trop loin" not in titles
    assert "1\u00a0point hors du cadre" in [element.text for element in root.iter(f"{SVG}text")]


def test_the_scale_bar_is_to_scale() -> None:
    content = small_content()
    frame = frame_of(content.map.shapes, WIDTH, mm(90), mm(176), mm(6))
    root = small_map()
    words = [element.text or "" for element in root.iter(f"{SVG}text")]
    length_m = next(int(word.split()[0]) * 1000 for word in words if word.endswith(" km"))
    bars = [e for e in root.iter(f"{SVG}rect") if e.get("height") == str(mm(1.5))]
    drawn = sum(int(e.get("width", "0")) for e in bars)
    assert drawn == pytest.approx(length_m / frame.metres_per_unit, abs=1)
    left, right = frame.point(0.0, 0.0), frame.point(float(length_m), 0.0)
    assert right[0] - left[0] == pytest.approx(drawn, abs=1)


def test_north_is_up_and_shapes_fit() -> None:
    shapes = small_content().map.shapes
    frame = frame_of(shapes, WIDTH, mm(90), mm(176), mm(6))
    assert frame.point(0.0, 1000.0)[1] < frame.point(0.0, 0.0)[1]
    corners = [frame.point(x, y) for shape in shapes for ring in shape.rings for x, y in ring]
    assert all(frame.shows(corner) for corner in corners)


def test_circle_areas_follow_people() -> None:
    whole, quarter = circle_radius(400, 400), circle_radius(100, 400)
    assert (whole / quarter) ** 2 == pytest.approx(4.0, rel=0.05)
    assert circle_radius(0, 0) == circle_radius(1, 10**6) > 0


@pytest.mark.parametrize(("value", "expected"), [(0.5, 0), (1, 1), (9, 5), (390, 200), (1000, 1000), (7_400, 5000)])
def test_round_numbers_for_scale_and_circles(value: float, expected: int) -> None:
    assert round_down(value) == expected


def test_a_label_stands_inside_a_hollow_shape() -> None:
    horseshoe = (
        (0.0, 0.0),
        (30.0, 0.0),
        (30.0, 30.0),
        (20.0, 30.0),
        (20.0, 10.0),
        (10.0, 10.0),
        (10.0, 30.0),
        (0.0, 30.0),
    )
    x_m, y_m = label_point_m(MapShape("1", "U", (horseshoe,), 100.0))
    assert y_m == 15.0
    assert x_m in (5.0, 25.0)


def test_labels_never_overlap() -> None:
    frame = frame_of(small_content().map.shapes, WIDTH, mm(90), mm(176), mm(6))
    room = LabelRoom(frame)
    anchor = (frame.width // 2, frame.height // 2)
    places = [room.place(anchor, "Un nom de commune", 3.3) for _ in range(30)]
    assert places[0] is not None
    assert None in places
    for i, (a, b, c, d) in enumerate(room.taken):
        for e, f, g, h in room.taken[i + 1 :]:
            assert c < e or a > g or d < f or b > h


def test_holes_stay_holes() -> None:
    ring = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
    hole = ((40.0, 40.0), (60.0, 40.0), (60.0, 60.0), (40.0, 60.0))
    content = small_content().map
    one = replace(content, shapes=(MapShape("1", "Trouée", (ring, hole), 100.0),), points=(), roads=())
    root = ElementTree.fromstring(map_svg(one, [zone("1", "Trouée", 5, 0, 0, 1.0, 2.0)], threshold_min=30))
    path = next(e for e in root.iter(f"{SVG}path") if e.find(f"{SVG}title") is not None)
    assert path.get("fill-rule") == "evenodd"
    assert (path.get("d") or "").count("M") == 2


def test_a_map_without_communes_is_refused() -> None:
    content = small_content()
    with pytest.raises(ValueError, match="sans aucune commune"):
        map_svg(replace(content.map, shapes=()), content.communes, threshold_min=30)


def test_the_bar_is_to_scale_and_well_formed() -> None:
    root = ElementTree.fromstring(bar_svg(zone("1", "Moitié", 2, 1, 1, 1.0, 40.0)))
    data = [e.get("d") or "" for e in root.iter(f"{SVG}path") if e.get("fill") in ("#8fbab4", "#123f49", "#ffffff")]
    assert [d.split("h")[1].split("v")[0] for d in data] == [
        str(WIDTH // 2),
        str(WIDTH // 4),
        str(WIDTH // 4),
    ]
    ElementTree.fromstring(bar_svg(zone("1", "Personne", 0, 0, 0, None, None)))


def test_real_sized_figures_are_well_formed_and_the_same_each_time() -> None:
    content = large_content()
    drawn = map_svg(content.map, content.communes, threshold_min=30)
    assert drawn == map_svg(content.map, content.communes, threshold_min=30)
    assert len(list(ElementTree.fromstring(drawn).iter(f"{SVG}title"))) >= 360
    ElementTree.fromstring(outline_svg(content.map))
