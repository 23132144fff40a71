"""The rules of the car: what each tag means. Speeds expected here are worked out from the table and 0.88."""

from __future__ import annotations

import pytest

from routing.profile import (
    ACCESS_KEYS,
    CLASS_INDEX,
    CLOSED_VALUES,
    OPEN_VALUES,
    ROAD_CLASSES,
    WAY_KEYS,
    WayRule,
    car_profile,
)
from routing.tag_values import parse_duration_s, parse_maxspeed

CAR = car_profile()


def rule_of(highway: str = "residential", **tags: str) -> WayRule:
    rule = CAR.interpret_way({"highway": highway} | {key.replace("__", ":"): tags[key] for key in tags})
    assert rule is not None
    return rule


def test_table_can_be_read_by_a_planner() -> None:
    assert [road_class.name for road_class in ROAD_CLASSES if road_class.rank == 0] == [
        "motorway",
        "motorway_link",
    ]
    ranks = [road_class.rank for road_class in ROAD_CLASSES]
    assert ranks == sorted(ranks)
    for road_class in ROAD_CLASSES:
        assert road_class.label
        assert any(char.isdigit() for char in road_class.source), f"{road_class.name}: no date"
        assert 5 <= road_class.car_kmh <= 130


def test_a_bigger_road_is_never_slower() -> None:
    plain = [
        road_class.car_kmh
        for road_class in ROAD_CLASSES
        if not road_class.name.endswith("_link")
        and road_class.name not in ("road", "ferry", "living_street")
        and road_class.rank < 8
    ]
    assert plain == sorted(plain, reverse=True)


@pytest.mark.parametrize(
    "road_class", [row for row in ROAD_CLASSES if row.rank < 8], ids=lambda road_class: road_class.name
)
def test_each_class_has_its_speed_without_a_limit(road_class) -> None:  # type: ignore[no-untyped-def]
    tags = {"highway": road_class.name, "motor_vehicle": "yes", "oneway": "no"}
    if road_class.name == "ferry":
        tags = {"route": "ferry", "motor_vehicle": "yes"}
    rule = CAR.interpret_way(tags)
    assert rule is not None
    assert rule.class_index == CLASS_INDEX[road_class.name]
    assert rule.forward_kmh == rule.backward_kmh == road_class.car_kmh
    assert rule.is_attachable == road_class.is_attachable


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"highway": "footway"},
        {"highway": "construction", "construction": "primary"},
        {"highway": "pedestrian"},
        {"highway": "bus_stop"},
        {"route": "bus"},
        {"highway": "busway"},
    ],
)
def test_what_is_no_road_for_cars(tags: dict[str, str]) -> None:
    assert CAR.interpret_way(tags) is None


@pytest.mark.parametrize(
    ("value", "limit_kmh"),
    [
        ("50", 50.0),
        ("80 km/h", 80.0),
        ("62.5", 62.5),
        ("30 mph", 48.28032),
        ("FR:urban", 50.0),
        ("FR:rural", 80.0),
        ("FR:motorway", 130.0),
        ("FR:zone30", 30.0),
        ("FR:walk", 6.0),
        ("walk", 6.0),
        ("10 knots", None),
        ("5 knots", None),
        ("50;70", None),
        ("signals", None),
        ("DE:urban", None),
        ("-50", None),
        ("0", None),
        ("500", None),
        ("", None),
        ("cinquante", None),
    ],
)
def test_maxspeed(value: str, limit_kmh: float | None) -> None:
    assert parse_maxspeed(value) == (None if limit_kmh is None else pytest.approx(limit_kmh))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0:20", 1200),
        ("1:30", 5400),
        ("00:12:30", 750),
        ("PT1H30M", 5400),
        ("PT45S", 45),
        ("P1DT1H", 90_000),
        ("90", 5400),
        ("7.5", 450),
        ("20 min", 1200),
        ("0", None),
        ("0:00", None),
        ("P", None),
        ("999:00", None),
        ("une heure", None),
        ("1h30", None),
    ],
)
def test_duration(value: str, seconds: float | None) -> None:
    assert parse_duration_s(value) == seconds


def test_limit_is_driven_at_88_per_cent() -> None:
    assert rule_of("primary", maxspeed="80").forward_kmh == pytest.approx(70.4)
    assert rule_of("residential", maxspeed="20").forward_kmh == pytest.approx(17.6)


def test_limit_of_each_direction() -> None:
    rule = rule_of(maxspeed="50", maxspeed__forward="30")
    assert rule.forward_kmh == pytest.approx(26.4)
    assert rule.backward_kmh == pytest.approx(44.0)


def test_limit_known_by_its_zone_only() -> None:
    assert rule_of(zone__traffic="FR:urban").forward_kmh == pytest.approx(44.0)
    assert rule_of(source__maxspeed="FR:zone30").forward_kmh == pytest.approx(26.4)
    assert rule_of(source__maxspeed="survey").unknown == ()
    assert rule_of(maxspeed="70", source__maxspeed="FR:urban").forward_kmh == pytest.approx(61.6)


def test_no_limit_leaves_the_class_speed_and_is_not_unknown() -> None:
    rule = rule_of("motorway", maxspeed="none")
    assert rule.forward_kmh == 115
    assert rule.unknown == ()


def test_limit_that_is_not_understood_is_reported_and_leaves_the_class_speed() -> None:
    rule = rule_of("secondary", maxspeed="10 knots")
    assert rule.forward_kmh == 55
    assert rule.unknown == (("maxspeed", "10 knots"),)


def test_roundabout_is_slow_and_one_way() -> None:
    for junction in ("roundabout", "circular"):
        rule = rule_of("primary", junction=junction, maxspeed="80")
        assert (rule.forward_kmh, rule.backward_kmh) == (25, None)
    assert rule_of("living_street", junction="roundabout").forward_kmh == 15


def test_loose_surface_slows_and_never_speeds_up() -> None:
    assert rule_of("tertiary", surface="gravel").forward_kmh == 30
    assert rule_of("service", surface="gravel").forward_kmh == 15
    assert rule_of("tertiary", surface="asphalt").forward_kmh == 45


@pytest.mark.parametrize(
    ("tags", "is_open"),
    [
        ({}, True),
        ({"access": "private"}, False),
        ({"access": "no"}, False),
        ({"access": "customers"}, True),
        ({"access": "destination"}, True),
        ({"access": "no", "motor_vehicle": "yes"}, True),
        ({"access": "yes", "motor_vehicle": "no"}, False),
        ({"vehicle": "no", "motorcar": "destination"}, True),
        ({"motor_vehicle": "yes", "motorcar": "no"}, False),
        ({"motor_vehicle": "agricultural;forestry"}, False),
        ({"motor_vehicle": "forestry;destination"}, True),
        ({"vehicle": "delivery"}, False),
        ({"access": "unknown"}, True),
        ({"area": "yes"}, False),
        ({"service": "emergency_access"}, False),
        ({"bicycle": "no"}, True),
    ],
)
def test_access(tags: dict[str, str], is_open: bool) -> None:
    assert rule_of("service", **tags).is_open is is_open


def test_words_of_access_do_not_contradict_each_other() -> None:
    assert not OPEN_VALUES & CLOSED_VALUES


def test_access_word_never_met_is_reported_and_the_next_key_decides() -> None:
    rule = rule_of(motor_vehicle="perhaps", access="private")
    assert not rule.is_open
    assert rule.closed_by == "access"
    assert rule.unknown == (("motor_vehicle", "perhaps"),)


def test_track_needs_permission() -> None:
    assert rule_of("track").closed_by == "permission"
    assert rule_of("track", motor_vehicle="agricultural").closed_by == "access"
    assert rule_of("track", motor_vehicle="yes").forward_kmh == 10


@pytest.mark.parametrize(
    ("highway", "tags", "ways"),
    [
        ("residential", {}, "both"),
        ("residential", {"oneway": "yes"}, "forward"),
        ("residential", {"oneway": "true"}, "forward"),
        ("residential", {"oneway": "1"}, "forward"),
        ("residential", {"oneway": "-1"}, "backward"),
        ("residential", {"oneway": "no"}, "both"),
        ("residential", {"oneway": "reversible"}, "none"),
        ("residential", {"oneway": "alternating"}, "both"),
        ("residential", {"oneway": "recommended"}, "both"),
        ("residential", {"oneway": "yes", "oneway:bicycle": "no"}, "forward"),
        ("residential", {"oneway": "yes", "oneway:motor_vehicle": "no"}, "both"),
        ("motorway", {}, "forward"),
        ("motorway", {"oneway": "no"}, "both"),
        ("motorway_link", {}, "both"),
        ("tertiary", {"junction": "roundabout"}, "forward"),
        ("tertiary", {"junction": "roundabout", "oneway": "-1"}, "backward"),
    ],
)
def test_direction(highway: str, tags: dict[str, str], ways: str) -> None:
    rule = CAR.interpret_way({"highway": highway} | tags)
    assert rule is not None
    assert (rule.forward_kmh is not None) == (ways in ("both", "forward"))
    assert (rule.backward_kmh is not None) == (ways in ("both", "backward"))


def test_direction_that_changes_with_the_hour_is_said_to_close_the_road() -> None:
    assert rule_of(oneway="reversible").closed_by == "oneway"


@pytest.mark.parametrize(
    ("tags", "is_open"),
    [
        ({}, True),
        ({"motor_vehicle": "yes", "foot": "yes"}, True),
        ({"foot": "yes"}, False),
        ({"bicycle": "yes"}, False),
        ({"motor_vehicle": "no"}, False),
        ({"access": "yes", "foot": "yes"}, True),
    ],
)
def test_ferry_for_cars(tags: dict[str, str], is_open: bool) -> None:
    rule = CAR.interpret_way({"route": "ferry"} | tags)
    assert rule is not None
    assert rule.is_open is is_open
    assert not rule.is_attachable


def test_ferry_duration() -> None:
    timed = CAR.interpret_way({"route": "ferry", "duration": "0:20"})
    untimed = CAR.interpret_way({"route": "ferry", "duration": "un quart d'heure"})
    assert timed is not None
    assert untimed is not None
    assert timed.crossing_s == 1200
    assert untimed.crossing_s is None
    assert untimed.forward_kmh == 10
    assert untimed.unknown == (("duration", "un quart d'heure"),)


def test_nobody_lives_in_a_tunnel_or_on_a_motor_road() -> None:
    assert rule_of("primary").is_attachable
    assert not rule_of("primary", tunnel="yes").is_attachable
    assert not rule_of("trunk", motorroad="yes").is_attachable
    assert rule_of("primary", tunnel="no").is_attachable


def test_keys_that_are_read_are_all_declared() -> None:
    """Ways that agree on WAY_KEYS share a rule: a key read but not declared would be a silent error."""

    class Spy(dict[str, str]):
        asked: set[str] = set()  # noqa: RUF012

        def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
            self.asked.add(key)
            return super().get(key, default)

        def __getitem__(self, key: str) -> str:
            self.asked.add(key)
            return super().__getitem__(key)

        def __contains__(self, key: object) -> bool:
            self.asked.add(str(key))
            return super().__contains__(key)

    for tags in ({"highway": "residential"}, {"route": "ferry"}, {"highway": "track", "access": "yes"}):
        CAR.interpret_way(Spy(tags))
    assert Spy.asked <= WAY_KEYS
    assert set(ACCESS_KEYS) <= Spy.asked


@pytest.mark.parametrize(
    ("tags", "is_blocked"),
    [
        ({"barrier": "bollard"}, True),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "gate", "locked": "yes"}, True),
        ({"barrier": "gate", "locked": "yes", "access": "yes"}, False),
        ({"barrier": "lift_gate"}, False),
        ({"barrier": "something_new"}, True),
        ({"barrier": "bollard", "motor_vehicle": "destination"}, False),
        ({"highway": "crossing"}, False),
        ({"access": "private"}, False),
    ],
)
def test_barriers(tags: dict[str, str], is_blocked: bool) -> None:
    assert CAR.blocks(tags) is is_blocked
