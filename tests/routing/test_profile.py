"""The rules of the car: what each tag means. Speeds expected here are worked out from the table and 0.88."""

from __future__ import annotations

import pytest

from routing.profile import CLASS_INDEX, ROAD_CLASSES, WayRule, load_profile
from routing.profiles.access import CLOSED_VALUES, OPEN_VALUES

CAR = load_profile("car")
CAR_CLASSES = [row for row in ROAD_CLASSES if row.name in CAR.table.classes]


def rule_of(highway: str = "residential", **tags: str) -> WayRule:
    rule = CAR.interpret_way({"highway": highway} | {key.replace("__", ":"): tags[key] for key in tags})
    assert rule is not None
    return rule


def speeds(rule: WayRule) -> tuple[float | None, float | None]:
    """Outside and inside built-up places, along the way."""
    return rule.forward_kmh, rule.forward_urban_kmh


@pytest.mark.parametrize("road_class", CAR_CLASSES, ids=lambda road_class: road_class.name)
def test_each_class_has_its_speeds_without_a_limit(road_class) -> None:  # type: ignore[no-untyped-def]
    row = CAR.table.classes[road_class.name]
    tags = {"highway": road_class.name, "motor_vehicle": "yes", "oneway": "no"}
    if road_class.name == "ferry":
        tags = {"route": "ferry", "motor_vehicle": "yes"}
    rule = CAR.interpret_way(tags)
    assert rule is not None
    assert rule.class_index == CLASS_INDEX[road_class.name]
    assert rule.forward_kmh == rule.backward_kmh == row.outside_kmh
    assert rule.forward_urban_kmh == rule.backward_urban_kmh == row.inside_kmh
    assert rule.is_attachable == row.attachable


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"highway": "footway"},
        {"highway": "footway", "access": "yes"},
        {"highway": "footway", "access": "no"},
        {"highway": "cycleway", "vehicle": "yes"},
        {"highway": "steps", "motor_vehicle": "yes"},
        {"highway": "platform"},
        {"highway": "construction", "construction": "primary"},
        {"highway": "proposed"},
        {"highway": "pedestrian"},
        {"highway": "pedestrian", "motor_vehicle": "no"},
        {"highway": "bus_stop"},
        {"highway": "busway"},
        {"highway": "ferry"},
        {"route": "bus"},
        {"route": "hiking"},
    ],
)
def test_what_is_no_road_for_cars(tags: dict[str, str]) -> None:
    assert CAR.interpret_way(tags) is None


def test_pedestrian_street_opens_to_cars_that_a_tag_names_at_walking_pace() -> None:
    assert speeds(rule_of("pedestrian", motor_vehicle="destination")) == (6, 6)
    assert rule_of("path", motorcar="yes").forward_kmh == 10


@pytest.mark.parametrize(
    ("highway", "maxspeed", "outside_kmh", "inside_kmh"),
    [
        # 0.88 of the limit...
        ("motorway", "130", 114.4, 95),
        ("motorway", "110", 96.8, 95),
        ("trunk", "110", 96.8, 95),
        ("trunk", "90", 79.2, 79.2),
        ("primary", "80", 70.4, 65),
        ("primary", "50", 44, 44),
        ("secondary", "50", 44, 44),
        ("residential", "30", 26.4, 26.4),
        ("residential", "20", 17.6, 17.6),
        # ... and never more than the fastest of the three sources for the class
        ("primary", "90", 75, 65),
        ("secondary", "80", 63, 55),
        ("tertiary", "80", 58, 40),
        ("unclassified", "80", 40, 35),
        ("residential", "50", 35, 30),
        ("service", "50", 25, 20),
        ("motorway", "150", 115, 95),
        # a slow limit is slow whatever the class
        ("motorway", "50", 44, 44),
    ],
)
def test_limit_is_driven_at_88_per_cent_up_to_the_ceiling(
    highway: str, maxspeed: str, outside_kmh: float, inside_kmh: float
) -> None:
    assert speeds(rule_of(highway, maxspeed=maxspeed)) == pytest.approx((outside_kmh, inside_kmh))


def test_limit_of_each_direction() -> None:
    rule = rule_of(maxspeed="30", maxspeed__forward="20")
    assert rule.forward_kmh == pytest.approx(17.6)
    assert rule.backward_kmh == pytest.approx(26.4)
    assert rule_of("primary", maxspeed__backward="50").backward_urban_kmh == pytest.approx(44)


@pytest.mark.parametrize(
    ("highway", "tags", "outside_kmh", "inside_kmh"),
    [
        ("primary", {"zone:traffic": "FR:urban"}, 44, 44),
        ("tertiary", {"zone:traffic": "FR:urban"}, 40, 40),
        ("tertiary", {"zone:traffic": "FR:rural"}, 58, 58),
        ("primary", {"source:maxspeed": "FR:zone30"}, 26.4, 26.4),
        ("primary", {"zone:maxspeed": "FR:30"}, 26.4, 26.4),
        ("primary", {"zone:maxspeed": "30"}, 26.4, 26.4),
        ("primary", {"maxspeed:type": "FR:zone20"}, 17.6, 17.6),
        ("primary", {"maxspeed": "70", "source:maxspeed": "FR:urban"}, 61.6, 61.6),
        ("primary", {"maxspeed:type": "CH:rural"}, 70.4, 70.4),
        ("motorway", {"maxspeed:type": "FR:motorway"}, 114.4, 95),
        # the land around a motorway does not limit it
        ("motorway", {"zone:traffic": "FR:rural"}, 105, 90),
        ("trunk", {"zone:traffic": "FR:urban"}, 85, 73),
        # the most precise key that is a rule wins, and the tag that is no rule is no mistake
        ("primary", {"maxspeed:type": "sign", "zone:traffic": "FR:urban"}, 44, 44),
        ("primary", {"source:maxspeed": "survey"}, 67, 57),
        ("primary", {"source:maxspeed": "arrêté n° 2018 P 11503"}, 67, 57),
    ],
)
def test_limit_and_place_known_by_a_rule(
    highway: str, tags: dict[str, str], outside_kmh: float, inside_kmh: float
) -> None:
    rule = CAR.interpret_way({"highway": highway} | tags)
    assert rule is not None
    assert speeds(rule) == pytest.approx((outside_kmh, inside_kmh))
    assert rule.unknown == ()


def test_no_limit_leaves_the_class_speed_and_is_not_unknown() -> None:
    for tags in ({"maxspeed": "none"}, {"maxspeed": "DE:motorway"}, {"maxspeed__type": "DE:motorway"}):
        rule = rule_of("motorway", **tags)
        assert rule.forward_kmh == 105
        assert rule.unknown == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("maxspeed", "10 knots"),
        ("maxspeed", "signals"),
        ("maxspeed", "variable"),
        ("maxspeed", "-30"),
        ("maxspeed", "50;70"),
        ("maxspeed", "CA:urban"),
        ("maxspeed:forward", "vite"),
        ("maxspeed:type", "ES:urban"),
        ("zone:traffic", "XX:rural"),
        ("source:maxspeed", "FR:quelque chose"),
        ("surface", "linoleum"),
        ("surface", "asphalt;gravel"),
        ("smoothness", "perfect"),
        ("tracktype", "grade9"),
        ("oneway", "recommended"),
        ("motor_vehicle", "perhaps"),
        ("motor_vehicle:conditional", "no @ (hiver 2)"),
        ("maxspeed:conditional", "50"),
    ],
)
def test_what_is_not_understood_is_reported_and_leaves_the_class_speed(key: str, value: str) -> None:
    rule = CAR.interpret_way({"highway": "secondary", key: value})
    assert rule is not None
    assert rule.unknown == ((key, value),)
    assert speeds(rule) == (60, 49)
    assert rule.backward_kmh == 60


def test_limit_that_is_not_understood_leaves_the_next_key_to_decide() -> None:
    rule = rule_of("secondary", maxspeed="rapide", maxspeed__type="FR:zone30")
    assert rule.forward_kmh == pytest.approx(26.4)
    assert rule.unknown == (("maxspeed", "rapide"),)


def test_roundabout_is_slow_and_one_way() -> None:
    for junction in ("roundabout", "circular"):
        rule = rule_of("primary", junction=junction, maxspeed="80")
        assert (rule.forward_kmh, rule.forward_urban_kmh, rule.backward_kmh) == (25, 25, None)
    assert rule_of("living_street", junction="roundabout").forward_kmh == 15


@pytest.mark.parametrize(
    ("highway", "tags", "outside_kmh"),
    [
        ("tertiary", {"surface": "gravel"}, 40),
        ("tertiary", {"surface": "mud"}, 10),
        ("tertiary", {"surface": "asphalt"}, 50),
        ("service", {"surface": "gravel"}, 15),
        ("tertiary", {"smoothness": "very_bad"}, 20),
        ("unclassified", {"tracktype": "grade3"}, 30),
        ("unclassified", {"tracktype": "grade1"}, 35),
        ("track", {"motor_vehicle": "yes", "tracktype": "grade1"}, 20),
        ("track", {"motor_vehicle": "yes", "tracktype": "grade5"}, 5),
        ("track", {"motor_vehicle": "yes"}, 10),
        ("track", {"motor_vehicle": "yes", "maxspeed": "30"}, 20),
        ("service", {"service": "parking_aisle"}, 7.5),
        ("service", {"service": "driveway", "maxspeed": "30"}, 7.5),
        ("service", {"service": "alley", "maxspeed": "6"}, 5.28),
        ("residential", {"service": "driveway"}, 30),
    ],
)
def test_what_slows_a_way(highway: str, tags: dict[str, str], outside_kmh: float) -> None:
    rule = CAR.interpret_way({"highway": highway} | tags)
    assert rule is not None
    assert rule.forward_kmh == pytest.approx(outside_kmh)
    assert rule.unknown == ()


def test_impassable_way_is_closed() -> None:
    assert rule_of(smoothness="impassable").closed_by == "smoothness"


@pytest.mark.parametrize(
    ("tags", "is_open"),
    [
        ({}, True),
        ({"access": "private"}, False),
        ({"access": "no"}, False),
        ({"access": "permit"}, False),
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
        ({"service": "emergency_access", "motor_vehicle": "yes"}, True),
        ({"bicycle": "no"}, True),
        ({"foot": "no"}, True),
    ],
)
def test_access(tags: dict[str, str], is_open: bool) -> None:
    rule = rule_of("service", **tags)
    assert rule.is_open is is_open
    assert (rule.closed_by is None) is is_open


def test_words_of_access_do_not_contradict_each_other() -> None:
    assert not OPEN_VALUES & CLOSED_VALUES


def test_access_word_never_met_is_reported_and_the_next_key_decides() -> None:
    rule = rule_of(motor_vehicle="perhaps", access="private")
    assert rule.closed_by == "access"
    assert rule.unknown == (("motor_vehicle", "perhaps"),)


def test_track_needs_permission() -> None:
    assert rule_of("track").closed_by == "permission"
    assert rule_of("track", motor_vehicle="agricultural").closed_by == "access"
    assert rule_of("track", access="permissive").forward_kmh == 10


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
        ("residential", {"oneway": "yes", "cycleway": "opposite"}, "forward"),
        ("residential", {"oneway": "yes", "oneway:motor_vehicle": "no"}, "both"),
        ("residential", {"oneway:motor_vehicle": "yes"}, "forward"),
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
    for speed, urban, way in (
        (rule.forward_kmh, rule.forward_urban_kmh, "forward"),
        (rule.backward_kmh, rule.backward_urban_kmh, "backward"),
    ):
        assert (speed is not None) == (urban is not None) == (ways in ("both", way))


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
    for route in ("ferry", "shuttle_train"):
        rule = CAR.interpret_way({"route": route} | tags)
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
    assert speeds(untimed) == (10, 10)
    assert untimed.unknown == (("duration", "un quart d'heure"),)
    assert CAR.boarding_wait_s == 300


def test_nobody_lives_in_a_tunnel_on_a_bridge_or_on_a_motor_road() -> None:
    assert rule_of("primary").is_attachable
    assert rule_of("primary", tunnel="no", bridge="no").is_attachable
    assert not rule_of("primary", tunnel="yes").is_attachable
    assert not rule_of("primary", bridge="yes").is_attachable
    assert not rule_of("primary", bridge="viaduct").is_attachable
    assert not rule_of("trunk", motorroad="yes").is_attachable


def test_toll_is_noted() -> None:
    assert rule_of("motorway", toll="yes").is_toll
    assert not rule_of("motorway", toll="no").is_toll
    assert not rule_of("motorway").is_toll


@pytest.mark.parametrize(
    ("tags", "is_open", "is_winter_closed", "told"),
    [
        ({"motor_vehicle:conditional": "no @ (Nov 15-May 01)"}, True, True, 0),
        ({"access:conditional": "no @ (Nov-Apr)"}, True, True, 0),
        ({"vehicle:conditional": "no @ winter"}, True, True, 0),
        ({"motorcar:conditional": "no @ (snow)"}, True, True, 0),
        ({"motor_vehicle": "no", "motor_vehicle:conditional": "yes @ (May 15-Oct 31)"}, True, True, 0),
        ({"motor_vehicle": "yes", "access:conditional": "no @ (Nov-Apr)"}, True, False, 0),  # the precise key wins
        ({"motor_vehicle:conditional": "destination @ (Nov-Apr)"}, True, False, 0),
        ({"motor_vehicle:conditional": "no @ (Jan-Dec)"}, False, False, 0),
        ({"motor_vehicle:conditional": "no @ (Jun-Sep)"}, True, False, 1),  # of the summer alone: told, not applied
        ({"motor_vehicle": "no", "motor_vehicle:conditional": "yes @ (Dec-Mar)"}, False, False, 1),
        ({"motor_vehicle:conditional": "no @ (Mo-Fr 07:00-19:00)"}, True, False, 1),
        ({"access:conditional": "no @ (weight>3.5)"}, True, False, 1),
        ({"access:conditional": "no @ (Nov-Apr); no @ (22:00-06:00)"}, True, True, 1),
        ({"maxspeed:conditional": "50 @ (wet)"}, True, False, 1),
        ({"maxspeed:forward:conditional": "50 @ (22:00-06:00)"}, True, False, 1),
        ({"oneway:conditional": "yes @ (Jul-Aug)"}, True, False, 1),
        ({"hgv:conditional": "no @ (Nov-Apr)", "bicycle:conditional": "no @ (Nov-Apr)"}, True, False, 0),
        ({"access": "private", "access:conditional": "no @ (Nov-Apr)"}, False, False, 0),
    ],
)
def test_conditions(tags: dict[str, str], is_open: bool, is_winter_closed: bool, told: int) -> None:
    rule = CAR.interpret_way({"highway": "tertiary"} | tags)
    assert rule is not None
    assert (rule.is_open, rule.is_winter_closed, len(rule.conditions)) == (is_open, is_winter_closed, told)
    assert rule.unknown == ()


def test_condition_that_is_read_and_not_applied_changes_no_speed() -> None:
    rule = rule_of("primary", maxspeed__conditional="30 @ (Mo-Fr 07:00-09:00)")
    assert speeds(rule) == (67, 57)
    assert rule.conditions == (("maxspeed:conditional", "30 @ (Mo-Fr 07:00-09:00)"),)


@pytest.mark.parametrize(
    ("tags", "is_blocked"),
    [
        ({"barrier": "bollard"}, True),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "gate", "locked": "yes"}, True),
        ({"barrier": "gate", "locked": "yes", "access": "yes"}, False),
        ({"barrier": "lift_gate"}, False),
        ({"barrier": "cycle_barrier"}, True),
        ({"barrier": "kerb"}, False),
        ({"barrier": "bollard", "bollard": "rising"}, False),
        ({"barrier": "bollard", "bollard": "removable"}, True),
        ({"barrier": "bollard", "motor_vehicle": "destination"}, False),
        ({"barrier": "bollard", "bicycle": "yes"}, True),
        ({"highway": "crossing"}, False),
        ({"access": "private"}, False),
        ({"highway": "crossing", "access": "no"}, False),
    ],
)
def test_barriers(tags: dict[str, str], is_blocked: bool) -> None:
    rule = CAR.interpret_node(tags)
    assert rule.blocks is CAR.blocks(tags) is is_blocked
    assert rule.unknown == ()


def test_barrier_never_met_stops_and_is_reported() -> None:
    rule = CAR.interpret_node({"barrier": "something_new"})
    assert rule.blocks
    assert rule.unknown == (("barrier", "something_new"),)


def test_gate_that_winter_closes() -> None:
    rule = CAR.interpret_node({"barrier": "gate", "access:conditional": "no @ (Nov-May 15)"})
    assert (rule.blocks, rule.is_winter_closed) == (False, True)
    assert not CAR.interpret_node({"barrier": "bollard", "access:conditional": "no @ (Nov-Apr)"}).is_winter_closed


@pytest.mark.parametrize(
    ("tags", "forward_s", "backward_s"),
    [
        ({"highway": "traffic_signals"}, 2, 2),
        ({"highway": "traffic_signals", "traffic_signals:direction": "forward"}, 2, 0),
        ({"highway": "traffic_signals", "traffic_signals:direction": "backward"}, 0, 2),
        ({"highway": "traffic_signals", "direction": "backward"}, 0, 2),
        ({"highway": "traffic_signals", "traffic_signals:direction": "both"}, 2, 2),
        ({"highway": "traffic_signals", "traffic_signals:direction": "forward", "direction": "backward"}, 2, 0),
        ({"highway": "traffic_signals", "direction": "90"}, 2, 2),
        ({"highway": "stop"}, 0, 0),
        ({"highway": "give_way", "direction": "forward"}, 0, 0),
        ({"highway": "crossing", "crossing": "traffic_signals"}, 0, 0),
        ({"highway": "mini_roundabout", "direction": "anti-clockwise"}, 0, 0),
        ({}, 0, 0),
    ],
)
def test_signals_cost_seconds_to_who_they_face(tags: dict[str, str], forward_s: float, backward_s: float) -> None:
    rule = CAR.interpret_node(tags)
    assert (rule.blocks, rule.forward_delay_s, rule.backward_delay_s) == (False, forward_s, backward_s)


def test_turn_restrictions_of_each_mode() -> None:
    bike, foot = load_profile("bike"), load_profile("foot")
    assert CAR.restriction_keys[0] == "restriction:motorcar"
    assert CAR.restriction_keys[-1] == bike.restriction_keys[-1] == "restriction"
    assert "restriction:bicycle" not in CAR.restriction_keys
    assert foot.restriction_keys == ()
    assert "motorcar" in CAR.exception_names
    assert "bicycle" in bike.exception_names
    assert "bicycle" not in CAR.exception_names
