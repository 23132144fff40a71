"""Planner-declared edits: what they change is exact, what they cannot change is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import BadInputError
from data.road_edits import FIRST_DECLARED_ID, JOIN_WITHIN_M, RoadEdits, apply_road_edits, read_road_edits
from routing.profile import MODES, ROAD_CLASSES, load_profile
from tests.data import drawn_map
from tests.data.drawn_map import DrawnMap, drawn_profile

#: Two roads with a river between B and C; E is a landing 200 m from any road; F to G is private, on the way A to H.
RIVER = """\
A----B      C----D
|
|  E
|
F----G----H
"""
STREET = {"highway": "tertiary"}
PRIVATE = {"highway": "service", "access": "private"}
WAYS = [("AB", STREET), ("CD", STREET), ("AF", STREET), ("FG", PRIVATE), ("GH", STREET)]
DAY = date(2026, 11, 22)
COMMON = {
    "modes": ["car"],
    "reason": "bac municipal",
    "declared_by": "Service des routes",
    "declared_on": "2026-03-01",
}


def line(*places: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(place) for place in places]}


def edit(action: str, geometry: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    kept = {name: value for name, value in ({"action": action} | COMMON | fields).items() if value is not ...}
    return {"type": "Feature", "properties": kept, "geometry": geometry}


def read(tmp_path: Path, *features: dict[str, Any]) -> RoadEdits:
    path = tmp_path / "routes-declarees.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return read_road_edits(path, as_of=DAY)


@pytest.fixture
def river(tmp_path: Path) -> DrawnMap:
    return drawn_map.draw(tmp_path / "river.osm.pbf", RIVER, WAYS)


def edited(made: DrawnMap, edits: RoadEdits, mode: str = "car", season: str = "summer") -> DrawnMap:
    """The same map with the edits in it."""
    tables, _ = apply_road_edits(made.tables, edits)
    return replace(made, tables=tables).again(mode, season)


def time_s(made: DrawnMap, start: str, end: str) -> float:
    found = made.travel_s(start, end)
    assert found is not None, f"no way from {start} to {end}"
    return found


def crossing(made: DrawnMap, start: str = "B", end: str = "C", **fields: Any) -> dict[str, Any]:
    return edit("add_crossing", line(made.lon_lat[start], made.lon_lat[end]), **{"minutes": 6, **fields})


def test_a_crossing_joins_the_two_banks_in_its_minutes_and_the_wait(river: DrawnMap, tmp_path: Path) -> None:
    alone_s = time_s(river, "A", "B")
    with_boat = edited(river, read(tmp_path, crossing(river)))
    other_bank_s = time_s(with_boat, "C", "D")
    wait_s = drawn_profile("car").boarding_wait_s
    assert time_s(with_boat, "A", "D") == pytest.approx(alone_s + wait_s + 360 + other_bank_s, abs=0.001)
    assert time_s(with_boat, "D", "A") == pytest.approx(time_s(with_boat, "A", "D"), abs=0.001)
    assert time_s(with_boat, "A", "B") == alone_s, "nothing else moves"


def test_without_the_boat_the_other_bank_is_out_of_reach(river: DrawnMap) -> None:
    """The test above can fail: the river does cut the map in two."""
    assert not river.is_attached("D")


def test_a_declared_way_has_a_number_that_openstreetmap_never_gives(river: DrawnMap, tmp_path: Path) -> None:
    tables, _ = apply_road_edits(river.tables, read(tmp_path, crossing(river)))
    assert tables.way_id[-1] >= FIRST_DECLARED_ID
    assert np.all(np.diff(tables.node_id) > 0)
    assert np.all(np.diff(tables.way_id) > 0)
    assert len(river.tables.way_tags) == len(WAYS), "the tables received are left as they are"


def test_a_road_added_is_timed_by_its_class_and_its_limit(river: DrawnMap, tmp_path: Path) -> None:
    """A bridge declared like the road of the map that has the same tags takes the same time for the same length."""
    a_bridge = edit(
        "add_road", line(river.lon_lat["B"], river.lon_lat["C"]), road_class="tertiary", maxspeed_kmh=30, name="Pont"
    )
    with_bridge = edited(river, read(tmp_path, a_bridge))
    drawn = drawn_map.draw(tmp_path / "bridge.osm.pbf", RIVER, [*WAYS, ("BC", {**STREET, "maxspeed": "30"})])
    assert time_s(with_bridge, "A", "D") == time_s(drawn, "A", "D")


def test_a_bend_of_an_added_road_is_driven(river: DrawnMap, tmp_path: Path) -> None:
    (b_lon, b_lat), (c_lon, c_lat) = river.lon_lat["B"], river.lon_lat["C"]
    bend = ((b_lon + c_lon) / 2, b_lat + 0.002)
    straight = edit("add_road", line((b_lon, b_lat), (c_lon, c_lat)), road_class="tertiary")
    bent = edit("add_road", line((b_lon, b_lat), bend, (c_lon, c_lat)), road_class="tertiary")
    longer_s = time_s(edited(river, read(tmp_path, bent)), "B", "C")
    assert longer_s > time_s(edited(river, read(tmp_path, straight)), "B", "C") * 1.1


def test_a_oneway_road_goes_one_way(river: DrawnMap, tmp_path: Path) -> None:
    """Out by the declared one-way bridge, back by a boat: each direction has its own time."""
    bridge = edit("add_road", line(river.lon_lat["B"], river.lon_lat["C"]), road_class="tertiary", oneway=True)
    made = edited(river, read(tmp_path, bridge, crossing(river)))
    assert time_s(made, "B", "C") < 300
    assert time_s(made, "C", "B") > 360


def test_a_private_road_opened_then_closed_again(river: DrawnMap, tmp_path: Path) -> None:
    assert not river.is_attached("G")
    opened = edited(river, read(tmp_path, edit("open", osm_way_id=104)))
    assert time_s(opened, "A", "H") > 0
    closed = edited(opened, read(tmp_path, edit("close", osm_way_id=104)))
    assert not closed.is_attached("G")


def test_the_barrier_of_an_opened_road_opens_with_it(tmp_path: Path) -> None:
    made = drawn_map.draw(tmp_path / "gate.osm.pbf", RIVER, WAYS, points={"F": {"barrier": "bollard"}})
    edits = read(tmp_path, edit("open", osm_way_id=104))
    _, findings = apply_road_edits(made.tables, edits)
    assert "1 barrière(s)" in findings[0].message
    assert time_s(edited(made, edits), "A", "H") > 0


def test_a_line_joins_a_road_opened_or_added_in_the_same_file(river: DrawnMap, tmp_path: Path) -> None:
    """From H, reached by the opened road alone, a bridge to C: and one more road from the middle of that bridge."""
    (h_lon, h_lat), (c_lon, c_lat) = river.lon_lat["H"], river.lon_lat["C"]
    middle = ((h_lon + c_lon) / 2, (h_lat + c_lat) / 2)
    bridge = edit("add_road", line((h_lon, h_lat), middle, (c_lon, c_lat)), road_class="tertiary")
    to_b = edit("add_road", line(middle, river.lon_lat["B"]), road_class="tertiary")
    made = edited(river, read(tmp_path, bridge, to_b, edit("open", osm_way_id=104)))
    assert time_s(made, "B", "D") < time_s(made, "A", "D")
    assert time_s(made, "G", "D") > 0


def test_an_end_joins_the_nearest_point_of_a_road_and_no_farther_than_said(river: DrawnMap, tmp_path: Path) -> None:
    lon, lat = river.lon_lat["B"]
    near = (lon, lat + 0.9 * JOIN_WITHIN_M / 111_200)
    edits = read(tmp_path, edit("add_crossing", line(near, river.lon_lat["C"]), minutes=6))
    _, findings = apply_road_edits(river.tables, edits)
    assert "à 90 m et 0 m" in findings[0].message
    far = (lon, lat + 1.1 * JOIN_WITHIN_M / 111_200)
    edits = read(tmp_path, edit("add_crossing", line(far, river.lon_lat["C"]), minutes=6))
    with pytest.raises(BadInputError, match=r"ne rejoint aucune route.*Attendu.*100 m"):
        apply_road_edits(river.tables, edits)


def test_an_end_does_not_join_a_road_that_its_mode_may_not_use(river: DrawnMap, tmp_path: Path) -> None:
    """G stands on the open road to H, so close that one: only the private road is left there."""
    edits = read(tmp_path, edit("close", osm_way_id=105), crossing(river, "G", "C"))
    with pytest.raises(BadInputError, match="ne rejoint aucune route"):
        apply_road_edits(river.tables, edits)


def test_an_edit_out_of_its_dates_is_listed_and_not_applied(river: DrawnMap, tmp_path: Path) -> None:
    edits = read(tmp_path, crossing(river, valid_until="2026-11-21"), crossing(river, valid_from="2026-11-23"))
    tables, findings = apply_road_edits(river.tables, edits)
    assert len(tables.way_id) == len(river.tables.way_id)
    assert ["Hors de sa période" in finding.message for finding in findings] == [True, True]
    assert [item["is_applied"] for item in edits.as_json()["edits"]] == [False, False]
    valid = read(tmp_path, crossing(river, valid_from="2026-11-22", valid_until="2026-11-22"))
    assert len(apply_road_edits(river.tables, valid)[0].way_id) == len(river.tables.way_id) + 1


def test_each_edit_is_said_with_its_reason_its_author_and_its_date(river: DrawnMap, tmp_path: Path) -> None:
    edits = read(tmp_path, crossing(river, name="Bac du Port", valid_until="2027-01-31"))
    _, findings = apply_road_edits(river.tables, edits)
    said = findings[0].message
    for words in ("Bac du Port", "en 6 min", "voiture", "bac municipal", "Service des routes", "01/03/2026"):
        assert words in said
    assert "jusqu'au 31/01/2027" in said
    assert "embarquement (5 min)" in said


def test_a_winter_closure_writes_the_condition_openstreetmap_uses(river: DrawnMap, tmp_path: Path) -> None:
    closure = edit("close_winter", osm_way_id=101, closed_from="11-15", closed_until="05-01")
    tables, _ = apply_road_edits(river.tables, read(tmp_path, closure))
    assert tables.way_tags[0]["motor_vehicle:conditional"] == "no @ (Nov 15-May 01)"
    assert tables.way_tags[0]["highway"] == "tertiary"
    assert "motor_vehicle:conditional" not in river.tables.way_tags[0]


#: A pass from B to C, and the valley road that goes round by D and E all year.
PASS = """\
A----B----C----F
     |    |
     |    |
     |    |
     D----E
"""
PASS_WAYS = [("AB", STREET), ("BC", STREET), ("CF", STREET), ("BDEC", STREET)]


def test_a_pass_declared_closed_in_winter_makes_the_pair(tmp_path: Path) -> None:
    """In winter, who lives at A goes round to F: exactly the time of a map without the pass."""
    made = drawn_map.draw(tmp_path / "pass.osm.pbf", PASS, PASS_WAYS)
    closure = read(tmp_path, edit("close_winter", osm_way_id=102, closed_from="11-15", closed_until="05-01"))
    in_summer, in_winter = (edited(made, closure, season=season) for season in ("summer", "winter"))
    without = drawn_map.draw(tmp_path / "valley.osm.pbf", PASS, [way for way in PASS_WAYS if way[0] != "BC"])
    assert time_s(in_summer, "A", "F") == time_s(made, "A", "F")
    assert time_s(in_winter, "A", "F") == time_s(without, "A", "F") > time_s(made, "A", "F")
    assert in_summer.report.ways_closed_in_winter == 1
    assert "Sans effet" not in apply_road_edits(made.tables, closure)[1][0].message
    on_a_bike = edited(made, closure, mode="bike", season="winter")
    assert time_s(on_a_bike, "A", "F") == time_s(made.again("bike"), "A", "F"), "declared for cars only"


def test_a_closure_that_spares_the_winter_day_is_said_to_have_no_effect(tmp_path: Path) -> None:
    made = drawn_map.draw(tmp_path / "pass.osm.pbf", PASS, PASS_WAYS)
    closure = read(tmp_path, edit("close_winter", osm_way_id=102, closed_from="02-01", closed_until="03-01"))
    assert "15 janvier" in apply_road_edits(made.tables, closure)[1][0].message
    assert time_s(edited(made, closure, season="winter"), "A", "F") == time_s(made, "A", "F")


def test_a_crossing_carries_only_the_modes_it_is_declared_for(river: DrawnMap, tmp_path: Path) -> None:
    """A passer for walkers and bicycles: 6 minutes and their own wait; the car stays on its bank."""
    boat = read(tmp_path, crossing(river, modes=["bike", "foot"]))
    assert not edited(river, boat).is_attached("D")
    for mode in ("bike", "foot"):
        made = edited(river, boat, mode)
        wait_s = drawn_profile(mode).boarding_wait_s
        banks_s = time_s(made, "A", "B") + time_s(made, "C", "D")
        assert time_s(made, "A", "D") == pytest.approx(banks_s + wait_s + 360, abs=0.001), mode


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (edit("explode", osm_way_id=101), r"« action » : valeur inconnue.*« explode ».*open, close, close_winter"),
        (edit(["open"], osm_way_id=101), "« action » : valeur inconnue"),  # type: ignore[arg-type]
        (edit("open"), "« osm_way_id » : identifiant absent"),
        (edit("open", osm_way_id="w101"), "« osm_way_id »"),
        (edit("open", osm_way_id=True), "« osm_way_id »"),
        (edit("open", osm_way_id=101, reason=...), "« reason » : champ obligatoire absent"),
        (edit("open", osm_way_id=101, reason=" "), "« reason » : texte vide"),
        (edit("open", osm_way_id=101, declared_by=...), "« declared_by »"),
        (edit("open", osm_way_id=101, declared_on=...), "« declared_on »"),
        (
            edit("open", osm_way_id=101, declared_on="01/03/2026"),
            r"« declared_on » : ce n'est pas une date.*AAAA-MM-JJ",
        ),
        (edit("open", osm_way_id=101, declared_on="2026-02-30"), "ce n'est pas une date"),
        (edit("open", osm_way_id=101, declared_on=20260301), "ce n'est pas une date"),
        (edit("open", osm_way_id=101, declared_on="2026-W01-1"), "ce n'est pas une date"),
        (edit("open", osm_way_id=101, declared_on="٢٠٢٦-03-01"), "ce n'est pas une date"),
        (edit("open", osm_way_id=101, declared_on="2026-11-23"), "dans le futur"),
        (
            edit("open", osm_way_id=101, valid_from="2026-05-01", valid_until="2026-04-30"),
            "finit avant de commencer",
        ),
        (edit("open", osm_way_id=101, modes=...), "« modes »"),
        (edit("open", osm_way_id=101, modes=["train"]), r"« modes ».*car, bike, foot"),
        (edit("open", osm_way_id=101, modes=[]), "« modes »"),
        (edit("open", osm_way_id=101, valid_untill="2027-01-01"), r"« valid_untill » : champ inconnu"),
        (edit("open", osm_way_id=101, minutes=5), "« minutes » : champ inconnu"),
        (edit("close_winter", osm_way_id=101, closed_from="11-15"), "« closed_until »"),
        (edit("close_winter", osm_way_id=101, closed_from="31-12", closed_until="05-01"), "jour de l'année"),
        (edit("close_winter", osm_way_id=101, closed_from="02-30", closed_until="05-01"), "jour de l'année"),
        (edit("close_winter", osm_way_id=101, closed_from="١١-15", closed_until="05-01"), "jour de l'année"),
        (edit("close_winter", osm_way_id=101, closed_from="01-01", closed_until="12-31"), r"15 juillet.*« close »"),
        (edit("close_winter", osm_way_id=101, closed_from="06-01", closed_until="08-31"), r"15 juillet.*« close »"),
        (edit("close_winter", osm_way_id=101, closed_from="11-15", closed_until="07-15"), r"15 juillet.*« close »"),
        (edit("close_winter", osm_way_id=101, closed_from="07-15", closed_until="02-01"), r"15 juillet.*« close »"),
        (edit("add_crossing", minutes=6), r"la géométrie ne convient pas.*aucune géométrie"),
        (edit("add_crossing", {"type": "Point", "coordinates": [2, 46]}, minutes=6), "« Point »"),
        (edit("add_crossing", line((2, 46)), minutes=6), "la géométrie ne convient pas"),
        (edit("add_crossing", line((2, 46), (2, 46)), minutes=6), "la géométrie ne convient pas"),
        (edit("add_crossing", line((2, 46), (2.001, 46))), "« minutes »"),
        (edit("add_crossing", line((2, 46), (2.001, 46)), minutes=0), "« minutes »"),
        (edit("add_crossing", line((2, 46), (2.001, 46)), minutes=-6), "« minutes »"),
        (edit("add_crossing", line((2, 46), (2.001, 46)), minutes="six"), "« minutes »"),
        (edit("add_road", line((2, 46), (2.001, 46))), "« road_class » : champ obligatoire absent"),
        (edit("add_road", line((2, 46), (2.001, 46)), road_class="ferry"), "« road_class » : valeur inconnue"),
        (edit("add_road", line((2, 46), (2.001, 46)), road_class="tertiary", maxspeed_kmh=500), "« maxspeed_kmh »"),
        (edit("add_road", line((2, 46), (2.001, 46)), road_class="tertiary", oneway="yes"), "« oneway »"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_field(tmp_path: Path, feature: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInputError, match=words) as refused:
        read(tmp_path, edit("close", osm_way_id=999), feature)
    assert "n° 2" in str(refused.value), "which declaration"
    assert refused.value.received
    assert refused.value.expected
    assert refused.value.action


def test_a_way_the_file_lacks_is_refused(river: DrawnMap, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"n° 1 : la voie 4242 n'est pas dans river\.osm\.pbf"):
        apply_road_edits(river.tables, read(tmp_path, edit("open", osm_way_id=4242)))


def test_a_way_no_car_can_use_is_not_opened_to_cars(tmp_path: Path) -> None:
    made = drawn_map.draw(tmp_path / "steps.osm.pbf", RIVER, [*WAYS[:3], ("FG", {"highway": "steps"}), WAYS[4]])
    with pytest.raises(BadInputError, match=r"ne peut pas être ouverte \(voiture\)"):
        apply_road_edits(made.tables, read(tmp_path, edit("open", osm_way_id=104)))


@pytest.mark.parametrize(
    ("road_class", "modes"),
    [("steps", ["car"]), ("steps", ["foot", "car"]), ("steps", ["bike", "car"]), ("corridor", ["car"])],
)
def test_a_road_added_that_a_mode_cannot_use_is_refused(
    river: DrawnMap, tmp_path: Path, road_class: str, modes: list[str]
) -> None:
    """It would be listed among the roads added, and nobody would drive on it."""
    bridge = edit("add_road", line(river.lon_lat["B"], river.lon_lat["C"]), road_class=road_class, modes=modes)
    with pytest.raises(BadInputError, match=rf"« road_class » : aucun trajet \(voiture\).*« {road_class} »"):
        apply_road_edits(river.tables, read(tmp_path, bridge))
    for_walkers = edit("add_road", line(river.lon_lat["B"], river.lon_lat["C"]), road_class=road_class, modes="foot")
    assert time_s(edited(river, read(tmp_path, for_walkers), "foot"), "A", "D") > 0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("road_class", [road.name for road in ROAD_CLASSES if road.name != "ferry"])
def test_a_road_added_is_driven_or_refused(river: DrawnMap, tmp_path: Path, road_class: str, mode: str) -> None:
    bridge = edit("add_road", line(river.lon_lat["B"], river.lon_lat["C"]), road_class=road_class, modes=mode)
    edits = read(tmp_path, bridge)
    try:
        tables, _ = apply_road_edits(river.tables, edits)
    except BadInputError:
        assert mode != "foot" or road_class in ("motorway", "motorway_link")
        return
    rule = load_profile(mode).interpret_way(tables.way_tags[-1])
    assert rule is not None
    assert rule.is_open


def test_two_declarations_of_one_way_are_refused_and_opening_one_that_closes_in_winter_is_not(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="déclare deux fois la voie 104"):
        read(tmp_path, edit("open", osm_way_id=104), edit("close", osm_way_id=104))
    both = read(
        tmp_path,
        edit("open", osm_way_id=104),
        edit("close_winter", osm_way_id=104, closed_from="12-01", closed_until="03-31"),
        edit("close", osm_way_id=104, modes="bike,foot"),
    )
    assert [item.action for item in both.edits] == ["open", "close_winter", "close"]
    assert both.edits[2].modes == ("bike", "foot")


def test_both_ends_on_one_point_are_refused(river: DrawnMap, tmp_path: Path) -> None:
    lon, lat = river.lon_lat["B"]
    with pytest.raises(BadInputError, match="rejoignent le même point"):
        apply_road_edits(
            river.tables, read(tmp_path, edit("add_crossing", line((lon, lat), (lon + 1e-5, lat)), minutes=6))
        )


def test_the_file_is_known_by_its_hash(tmp_path: Path) -> None:
    one = read(tmp_path, edit("open", osm_way_id=104)).as_json()
    two = read(tmp_path, edit("open", osm_way_id=104, reason="autre raison")).as_json()
    assert one["sha256"] != two["sha256"]
    assert one["as_of"] == "2026-11-22"
    assert read(tmp_path, edit("open", osm_way_id=104)).as_json() == one
