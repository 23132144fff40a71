"""The rules of the bicycle and of the walker, and what holds for the three modes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

import pytest

from routing.profile import CLASS_INDEX, MODES, ROAD_CLASSES, WAY_KEYS, Profile, WayRule, load_profile

PROFILES = {mode: load_profile(mode) for mode in MODES}
BIKE, FOOT = PROFILES["bike"], PROFILES["foot"]


def ways(rule: WayRule | None) -> str:
    """ "both", "forward", "backward"; what closes it in brackets; "absent" when it is no way of the mode."""
    if rule is None:
        return "absent"
    if rule.closed_by is not None:
        return f"({rule.closed_by})"
    return {(True, True): "both", (True, False): "forward", (False, True): "backward"}[
        rule.forward_kmh is not None, rule.backward_kmh is not None
    ]


@pytest.mark.parametrize(
    ("tags", "bike", "foot"),
    [
        ({"highway": "residential"}, "both", "both"),
        ({"highway": "motorway"}, "absent", "absent"),
        ({"highway": "trunk"}, "(permission)", "(permission)"),
        ({"highway": "trunk", "bicycle": "yes", "foot": "yes"}, "both", "both"),
        ({"highway": "trunk", "sidewalk": "both"}, "(permission)", "both"),
        ({"highway": "trunk", "sidewalk": "no", "cycleway:right": "track"}, "both", "(permission)"),
        ({"highway": "primary", "motorroad": "yes"}, "(permission)", "(permission)"),
        ({"highway": "primary", "motorroad": "yes", "foot": "yes"}, "(permission)", "both"),
        ({"highway": "footway"}, "both", "both"),
        ({"highway": "footway", "footway": "sidewalk"}, "both", "both"),
        ({"highway": "footway", "bicycle": "no"}, "(access)", "both"),
        ({"highway": "path"}, "both", "both"),
        ({"highway": "path", "foot": "no"}, "both", "(access)"),
        ({"highway": "steps"}, "both", "both"),
        ({"highway": "cycleway"}, "both", "both"),
        ({"highway": "cycleway", "foot": "no"}, "both", "(access)"),
        ({"highway": "bridleway"}, "absent", "both"),
        ({"highway": "bridleway", "bicycle": "yes"}, "both", "both"),
        ({"highway": "track"}, "both", "both"),
        ({"highway": "platform"}, "both", "both"),
        ({"highway": "corridor"}, "absent", "both"),
        ({"highway": "construction"}, "absent", "absent"),
        ({"highway": "proposed"}, "absent", "absent"),
        ({"highway": "pedestrian", "area": "yes"}, "(area)", "both"),
        ({"highway": "track", "area": "yes"}, "(area)", "(area)"),
        # access: the key that names the mode wins over the general one
        ({"highway": "service", "access": "private"}, "(access)", "(access)"),
        ({"highway": "service", "access": "no", "bicycle": "yes"}, "both", "(access)"),
        ({"highway": "service", "access": "private", "foot": "permissive"}, "(access)", "both"),
        ({"highway": "residential", "motor_vehicle": "no"}, "both", "both"),
        ({"highway": "residential", "vehicle": "no"}, "(access)", "both"),
        ({"highway": "residential", "vehicle": "no", "bicycle": "yes"}, "both", "both"),
        ({"highway": "residential", "bicycle": "dismount"}, "both", "both"),
        ({"highway": "primary", "bicycle": "use_sidepath", "foot": "use_sidepath"}, "(access)", "(access)"),
        ({"highway": "service", "service": "emergency_access"}, "both", "both"),
        # one-way streets
        ({"highway": "residential", "oneway": "yes"}, "forward", "both"),
        ({"highway": "residential", "oneway": "-1"}, "backward", "both"),
        ({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}, "both", "both"),
        ({"highway": "residential", "oneway": "yes", "cycleway": "opposite"}, "both", "both"),
        ({"highway": "residential", "oneway": "yes", "cycleway:left": "opposite_lane"}, "both", "both"),
        ({"highway": "residential", "oneway": "yes", "cycleway:left": "lane"}, "forward", "both"),
        ({"highway": "residential", "oneway": "yes", "cycleway:left:oneway": "-1"}, "both", "both"),
        ({"highway": "residential", "oneway": "-1", "cycleway": "opposite_track"}, "both", "both"),
        ({"highway": "residential", "oneway:bicycle": "yes"}, "forward", "both"),
        ({"highway": "residential", "oneway:bicycle": "-1"}, "backward", "both"),
        ({"highway": "residential", "oneway:foot": "yes"}, "both", "forward"),
        ({"highway": "residential", "oneway": "reversible"}, "(oneway)", "both"),
        ({"highway": "tertiary", "junction": "roundabout"}, "forward", "both"),
        ({"highway": "tertiary", "junction": "circular"}, "forward", "both"),
        # boats and shuttle trains
        ({"route": "ferry"}, "both", "both"),
        ({"route": "ferry", "foot": "yes"}, "(permission)", "both"),
        ({"route": "ferry", "foot": "yes", "bicycle": "yes"}, "both", "both"),
        ({"route": "ferry", "foot": "no", "motor_vehicle": "yes"}, "(permission)", "(access)"),
        ({"route": "shuttle_train"}, "(permission)", "(permission)"),
        ({"route": "shuttle_train", "foot": "yes"}, "(permission)", "both"),
        # dated closures of their own key
        ({"highway": "path", "foot:conditional": "no @ (Jan-Dec)"}, "both", "(access)"),
    ],
)
def test_who_goes_where(tags: dict[str, str], bike: str, foot: str) -> None:
    assert (ways(BIKE.interpret_way(tags)), ways(FOOT.interpret_way(tags))) == (bike, foot)


@pytest.mark.parametrize(
    ("tags", "bike_kmh", "foot_kmh"),
    [
        ({"highway": "primary", "maxspeed": "80"}, 15, 5),
        ({"highway": "residential", "maxspeed": "10"}, 10, 5),
        ({"highway": "residential", "maxspeed": "walk"}, 6, 5),
        ({"highway": "track"}, 12, 5),
        ({"highway": "path"}, 13, 5),
        ({"highway": "footway"}, 4, 5),
        ({"highway": "footway", "bicycle": "designated"}, 15, 5),
        ({"highway": "footway", "bicycle": "dismount"}, 4, 5),
        ({"highway": "residential", "bicycle": "dismount"}, 4, 5),
        ({"highway": "pedestrian"}, 6, 5),
        ({"highway": "steps"}, 2, 5),
        ({"highway": "steps", "bicycle": "dismount"}, 2, 5),
        ({"highway": "track", "surface": "gravel"}, 6, 3.75),
        ({"highway": "track", "surface": "mud"}, 3, 2.5),
        ({"highway": "residential", "surface": "sett"}, 9, 5),
        ({"highway": "residential", "surface": "asphalt"}, 15, 5),
        ({"highway": "tertiary", "junction": "roundabout"}, 15, 5),
        ({"route": "ferry"}, 5, 5),
    ],
)
def test_how_fast(tags: dict[str, str], bike_kmh: float, foot_kmh: float) -> None:
    for profile, kmh in ((BIKE, bike_kmh), (FOOT, foot_kmh)):
        rule = profile.interpret_way(tags)
        assert rule is not None
        assert rule.forward_kmh == rule.forward_urban_kmh == kmh
        assert not rule.is_toll
        assert rule.unknown == ()


@pytest.mark.parametrize(
    ("tags", "car", "bike", "foot"),
    [
        ({"barrier": "bollard"}, True, False, False),
        ({"barrier": "cycle_barrier"}, True, False, False),
        ({"barrier": "stile"}, True, True, False),
        ({"barrier": "kissing_gate"}, True, True, False),
        ({"barrier": "turnstile"}, True, True, False),
        ({"barrier": "wall"}, True, True, True),
        ({"barrier": "gate"}, False, False, False),
        ({"barrier": "gate", "locked": "yes"}, True, True, True),
        ({"barrier": "gate", "locked": "yes", "foot": "yes"}, True, True, False),
        ({"barrier": "gate", "access": "private", "bicycle": "yes"}, True, False, True),
        ({"barrier": "bollard", "bicycle": "no"}, True, True, False),
        ({"barrier": "never met"}, True, True, True),
    ],
)
def test_barriers_of_each_mode(tags: dict[str, str], car: bool, bike: bool, foot: bool) -> None:
    assert [PROFILES[mode].interpret_node(tags).blocks for mode in MODES] == [car, bike, foot]


def test_signals_of_each_mode() -> None:
    tags = {"highway": "traffic_signals", "traffic_signals:direction": "forward"}
    bike, foot = BIKE.interpret_node(tags), FOOT.interpret_node(tags)
    assert (bike.forward_delay_s, bike.backward_delay_s) == (2, 0)
    assert (foot.forward_delay_s, foot.backward_delay_s) == (2, 2)  # walkers wait whichever way they come


def test_winter_of_each_mode() -> None:
    tags = {"highway": "tertiary", "motor_vehicle:conditional": "no @ (Nov-Apr)"}
    rules = [profile.interpret_way(tags) for profile in PROFILES.values()]
    assert [rule is not None and rule.is_winter_closed for rule in rules] == [True, False, False]
    everybody = {"highway": "tertiary", "access:conditional": "no @ (Nov-Apr)"}
    rules = [profile.interpret_way(everybody) for profile in PROFILES.values()]
    assert [rule is not None and rule.is_winter_closed for rule in rules] == [True, True, True]


class _Recorded(Mapping[str, str]):
    """Tags that remember every key they were asked for, and cannot be copied without it being seen."""

    def __init__(self, tags: dict[str, str], asked: set[str]) -> None:
        self._tags, self._asked = tags, asked

    def __getitem__(self, key: str) -> str:
        self._asked.add(key)
        return self._tags[key]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("all tags were read at once: ways that agree on way_keys would not share a rule")

    def __len__(self) -> int:
        raise AssertionError("tags were counted")


_VALUES = {
    "highway": [road_class.name for road_class in ROAD_CLASSES] + ["construction"],
    "route": ["ferry", "shuttle_train", "bus"],
    "maxspeed": ["50", "FR:urban", "none", "x"],
    "maxspeed:type": ["FR:rural", "sign", "XX:y"],
    "oneway": ["yes", "no", "-1", "reversible", "x"],
    "junction": ["roundabout"],
    "area": ["yes"],
    "service": ["driveway", "emergency_access", "x"],
    "surface": ["gravel", "x"],
    "smoothness": ["bad", "impassable"],
    "tracktype": ["grade2", "x"],
    "tunnel": ["yes", "no"],
    "bridge": ["yes"],
    "toll": ["yes"],
    "motorroad": ["yes"],
    "sidewalk": ["both"],
    "duration": ["0:10", "x"],
}


def _random_tags(draw: random.Random, keys: list[str]) -> dict[str, str]:
    tags = {"highway": draw.choice(_VALUES["highway"])} if draw.random() < 0.9 else {"route": "ferry"}
    for key in draw.sample(keys, draw.randint(0, 6)):
        if key.endswith(":conditional"):
            values = ["no @ (Nov-Apr)", "yes @ (07:00-19:00)", "x"]
        elif key.startswith("cycleway"):
            values = ["opposite", "lane", "-1"]
        else:
            values = _VALUES.get(key, ["yes", "no", "designated", "dismount", "-1", "x"])
        tags.setdefault(key, draw.choice(values))
    return tags


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_the_keys_that_are_read_are_those_declared_and_all_of_them(profile: Profile) -> None:
    """Ways that agree on way_keys share a rule: a key read but not declared would be a silent error."""
    draw = random.Random(30)
    asked: set[str] = set()
    keys = sorted(WAY_KEYS)
    for _ in range(6_000):
        profile.interpret_way(_Recorded(_random_tags(draw, keys), asked))
    assert asked == profile.way_keys


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_every_rule_is_sound_whatever_the_tags(profile: Profile) -> None:
    draw = random.Random(31)
    keys = sorted(WAY_KEYS)
    for _ in range(6_000):
        tags = _random_tags(draw, keys)
        rule = profile.interpret_way(tags)
        if rule is None:
            continue
        assert 0 <= rule.class_index < len(ROAD_CLASSES)
        assert rule.is_open == (rule.closed_by is None)
        assert not (rule.is_winter_closed and not rule.is_open)
        for outside, inside in (
            (rule.forward_kmh, rule.forward_urban_kmh),
            (rule.backward_kmh, rule.backward_urban_kmh),
        ):
            assert (outside is None) == (inside is None)
            if outside is not None and inside is not None:
                assert 0 < inside <= outside <= 115
        assert all(tags[key] == value for key, value in rule.unknown + rule.conditions)


def test_classes_of_the_tables_are_known() -> None:
    for profile in PROFILES.values():
        assert set(profile.table.classes) <= set(CLASS_INDEX)
        assert "ferry" in profile.table.classes
    met = set().union(*(profile.table.classes for profile in PROFILES.values()))
    assert met == set(CLASS_INDEX)
    ranks = [road_class.rank for road_class in ROAD_CLASSES]
    assert ranks == sorted(ranks)
