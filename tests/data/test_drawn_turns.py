"""Turn restrictions through one node, drawn. 100 m of street take 12 s; one may turn round at any node, at no cost.

The crossing of most drawings: B in the middle, A west, C east, N north, S south; three cells on each side (36 s), and
two rows (24 s) to the north and to the south.
"""

from __future__ import annotations

import pytest

from tests.data.drawn_map import FIRST_RELATION_ID, MapMaker, Tags, Turn, turn

STREET = {"highway": "residential"}
ONEWAY = STREET | {"oneway": "yes"}
CROSSING = """
   N
   |
A--B--C
   |
   S
"""
FOUR = (("AB", STREET), ("BC", STREET), ("NB", STREET), ("BS", STREET))


@pytest.mark.parametrize(
    ("value", "goal", "to", "seconds"),
    [
        # A -> B -> S, round at S, back to B, straight on: 36 + 24 + 24 + 24. By C it would be 24 s more.
        ("no_left_turn", "NB", "N", 108.0),
        # Likewise by N.
        ("no_right_turn", "BS", "S", 108.0),
        # A -> B -> N, round, back to B, left to C: 36 + 24 + 24 + 36.
        ("no_straight_on", "BC", "C", 120.0),
        ("no_entry", "BC", "C", 120.0),
        ("no_exit", "BC", "C", 120.0),
    ],
)
def test_a_forbidden_turn_is_gone_round(a_map: MapMaker, value: str, goal: str, to: str, seconds: float) -> None:
    drawn = a_map(CROSSING, *FOUR, turns=[turn(value, "AB", "B", goal)])
    assert drawn.travel_s("A", to) == seconds
    assert drawn.travel_s(to, "A") == {"N": 60.0, "S": 60.0, "C": 72.0}[to]  # the other way, nothing is forbidden
    assert drawn.report.restrictions.applied == drawn.report.forbidden_paths == 1
    assert drawn.report.turn_states == 1


@pytest.mark.parametrize(
    ("value", "goal", "free"),
    [("only_straight_on", "BC", "C"), ("only_left_turn", "NB", "N"), ("only_right_turn", "BS", "S")],
)
def test_a_mandatory_turn_closes_all_the_others(a_map: MapMaker, value: str, goal: str, free: str) -> None:
    drawn = a_map(CROSSING, *FOUR, turns=[turn(value, "AB", "B", goal)])
    straight_s = {"C": 72.0, "N": 60.0, "S": 60.0}
    # Out by the free road, round at its end, back to B, on: twice the free road more.
    back_s = 2 * {"C": 36.0, "N": 24.0, "S": 24.0}[free]
    for to, seconds in straight_s.items():
        assert drawn.travel_s("A", to) == (seconds if to == free else seconds + back_s)
    assert drawn.report.forbidden_paths == 3  # the two other roads, and back by AB


def test_only_u_turn_sends_everybody_back(a_map: MapMaker) -> None:
    """B cannot be crossed from A: nobody at A comes to C, who comes from C is free."""
    drawn = a_map(CROSSING, *FOUR, turns=[turn("only_u_turn", "AB", "B", "AB")])
    assert drawn.report.forbidden_paths == 3
    assert drawn.travel_s("C", "N") == 60.0
    assert not drawn.is_attached("A")  # one comes to it and never leaves it: not in the main network


def test_no_u_turn_where_one_would_turn_round(a_map: MapMaker) -> None:
    """From Z to Q the right turn at A is forbidden: one goes to B and turns round; then that is forbidden too."""
    drawing = """
    Z--A--B--C
       |
       Q
    """
    ways = (("ZA", STREET), ("AB", STREET), ("BC", STREET), ("AQ", STREET))
    first, second = turn("no_right_turn", "ZA", "A", "AQ"), turn("no_u_turn", "AB", "B", "AB")
    # Z -> A -> B -> A -> Q: 36 + 36 + 36 + 24
    assert a_map(drawing, *ways, turns=[first]).travel_s("Z", "Q") == 132.0
    # ... by C: 72 s more
    drawn = a_map(drawing, *ways, turns=[first, second])
    assert drawn.travel_s("Z", "Q") == 204.0
    assert drawn.report.restrictions.applied == 2


def test_no_entry_from_several_roads(a_map: MapMaker) -> None:
    drawn = a_map(CROSSING, *FOUR, turns=[turn("no_entry", "AB NB BS", "B", "BC")])
    assert drawn.report.forbidden_paths == 3
    # Nobody can come to C any more, so that C is outside the main network.
    assert not drawn.is_attached("C")
    assert drawn.travel_s("A", "N") == 60.0


def test_no_exit_to_several_roads(a_map: MapMaker) -> None:
    drawn = a_map(CROSSING, *FOUR, turns=[turn("no_exit", "AB", "B", "NB BS")])
    # A -> B -> C -> B -> N: 36 + 72 + 24
    assert drawn.travel_s("A", "N") == drawn.travel_s("A", "S") == 132.0
    assert drawn.travel_s("A", "C") == 72.0


def test_ways_drawn_the_other_way_round(a_map: MapMaker) -> None:
    ways = (("BA", STREET), ("CB", STREET), ("BN", STREET), ("SB", STREET))
    drawn = a_map(CROSSING, *ways, turns=[turn("no_left_turn", "BA", "B", "BN")])
    assert drawn.travel_s("A", "N") == 108.0
    assert drawn.travel_s("N", "A") == 60.0


def test_several_restrictions_at_one_junction(a_map: MapMaker) -> None:
    turns = [
        turn("no_left_turn", "AB", "B", "NB"),
        turn("no_left_turn", "BC", "B", "BS"),
        turn("no_straight_on", "NB", "B", "BS"),
        turn("no_u_turn", "BC", "B", "BC"),
    ]
    drawn = a_map(CROSSING, *FOUR, turns=turns)
    assert drawn.travel_s("A", "N") == 36.0 + 24.0 + 24.0 + 24.0  # by S, and straight on to the north
    assert drawn.travel_s("C", "S") == 36.0 + 36.0 + 36.0 + 24.0  # by A: from N one may not go straight on to S
    assert drawn.travel_s("N", "S") == 24.0 + 36.0 + 36.0 + 24.0  # by A: from C one may not turn left
    assert drawn.travel_s("C", "N") == 60.0
    assert drawn.report.restrictions.applied == 4


def test_two_mandatory_turns_from_one_road_leave_both_open(a_map: MapMaker) -> None:
    turns = [turn("only_straight_on", "AB", "B", "BC"), turn("only_right_turn", "AB", "B", "BS")]
    drawn = a_map(CROSSING, *FOUR, turns=turns)
    assert (drawn.travel_s("A", "C"), drawn.travel_s("A", "S")) == (72.0, 60.0)
    assert drawn.travel_s("A", "N") == 36.0 + 2 * 24.0 + 24.0  # by S, the shorter of the two
    assert drawn.report.restrictions.applied == 2


def test_restriction_starts_with_its_road_not_before(a_map: MapMaker) -> None:
    """Who lives half-way along AB is under it; who starts at the junction itself has no road behind."""
    drawn = a_map("""
   N
   |
A-hB--C
   |
   S
""", ("AhB", STREET), *FOUR[1:], turns=[turn("no_left_turn", "AhB", "B", "NB")])  # fmt: skip
    assert drawn.travel_s("h", "N") == 12.0 + 24.0 + 24.0 + 24.0
    assert drawn.travel_s("B", "N") == 24.0


# --- ways that pass through the junction ------------------------------------------------------------------


def test_way_that_passes_through_is_read_by_the_name_of_the_turn(a_map: MapMaker) -> None:
    """ABC is one way: from A, north is left; from C, it is right. "no_left_turn" can only mean from A."""
    drawn = a_map(CROSSING, ("ABC", STREET), *FOUR[2:], turns=[turn("no_left_turn", "ABC", "B", "NB")])
    assert (drawn.travel_s("A", "N"), drawn.travel_s("C", "N")) == (108.0, 60.0)


def test_one_way_street_that_passes_through_has_one_reading(a_map: MapMaker) -> None:
    drawn = a_map(CROSSING, ("ABC", ONEWAY), ("CNA", STREET), *FOUR[2:], turns=[turn("no_entry", "ABC", "B", "NB")])
    # C -> N as the crow flies is one road; A -> B -> C 72 s, and A -> N by CNA directly.
    assert drawn.report.restrictions.applied == 1
    assert ("B", "N", 24.0) in drawn.arcs()
    assert drawn.travel_s("A", "S") == 60.0


@pytest.mark.parametrize("value", ["no_straight_on", "no_entry", "no_u_turn"])
def test_ambiguous_restriction_is_told_not_applied(a_map: MapMaker, value: str) -> None:
    """From ABC to ABC: both directions would fit, and nothing says which."""
    drawn = a_map(CROSSING, ("ABC", STREET), *FOUR[2:], turns=[turn(value, "ABC", "B", "ABC")])
    assert drawn.report.restrictions.refused == {"ambiguous": [FIRST_RELATION_ID]}
    assert any("de plusieurs façons" in text and "901" in text for text in drawn.report.warnings)
    assert drawn.travel_s("A", "C") == 72.0


# --- whom a restriction binds --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "car_s", "bike_s"),
    [
        # A bicycle takes 24 s for 100 m: 120 s for the turn, 216 s by S.
        ({}, 108.0, 216.0),
        ({"except": "bicycle"}, 108.0, 120.0),
        ({"except": "psv;bicycle"}, 108.0, 120.0),
        ({"except": "motorcar"}, 60.0, 216.0),
        ({"except": "psv"}, 108.0, 216.0),
        ({"hour_on": "07:00", "hour_off": "09:00"}, 60.0, 120.0),
    ],
)
def test_exceptions(a_map: MapMaker, tags: Tags, car_s: float, bike_s: float) -> None:
    each = turn("no_left_turn", "AB", "B", "NB")
    drawn = a_map(CROSSING, *FOUR, turns=[Turn("AB", "B", "NB", {**each.tags, **tags})])
    assert drawn.travel_s("A", "N") == car_s
    assert drawn.again("bike").travel_s("A", "N") == bike_s
    assert drawn.again("foot").travel_s("A", "N") == 360.0  # 500 m at 5 km/h: nobody on foot is bound


@pytest.mark.parametrize(
    ("key", "car_s", "bike_s"),
    [
        ("restriction:motorcar", 108.0, 120.0),
        ("restriction:bicycle", 60.0, 216.0),
        ("restriction:hgv", 60.0, 120.0),
        ("restriction:bus", 60.0, 120.0),
    ],
)
def test_restriction_of_one_kind_of_vehicle(a_map: MapMaker, key: str, car_s: float, bike_s: float) -> None:
    drawn = a_map(CROSSING, *FOUR, turns=[turn("no_left_turn", "AB", "B", "NB", key=key)])
    bike = drawn.again("bike")
    assert (drawn.travel_s("A", "N"), bike.travel_s("A", "N")) == (car_s, bike_s)
    assert drawn.report.restrictions.for_others == (car_s == 60.0)
    assert bike.report.restrictions.for_others == (bike_s == 120.0)


def test_restriction_of_certain_hours_is_told_not_applied(a_map: MapMaker) -> None:
    dated = turn("no_left_turn @ (Mo-Fr 07:00-09:00)", "AB", "B", "NB", key="restriction:conditional")
    drawn = a_map(CROSSING, *FOUR, turns=[dated])
    assert drawn.travel_s("A", "N") == 60.0
    assert drawn.report.restrictions.refused == {"dated": [FIRST_RELATION_ID]}
    assert any("certaines heures" in text for text in drawn.report.warnings)


# --- what cannot be applied -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("each", "reason"),
    [
        (turn("no_left_turn", "ZZ", "B", "NB"), "absent"),  # a way the file lacks
        (turn("no_left_turn", "AB", "Z", "NB"), "absent"),  # a node the file lacks
        (turn("no_left_turn", "AB", "A", "NB"), "apart"),  # a node that is not on both
        (turn("no_left_turn", "AB", "", "NB"), "members"),  # no via
        (turn("no_left_turn", "", "B", "NB"), "members"),
        (turn("no_left_turn", "AB", "B", ""), "members"),
        (turn("only_left_turn", "AB", "B", "NB BC"), "members"),
        (turn("no_turn_at_all", "AB", "B", "NB"), "value"),
        (turn("no_left_turn;no_u_turn", "AB", "B", "NB"), "value"),
    ],
)
def test_restriction_at_fault_is_told_and_left_aside(a_map: MapMaker, each: Turn, reason: str) -> None:
    drawn = a_map(CROSSING, *FOUR, turns=[each])
    report = drawn.report.restrictions
    assert report.refused == {reason: [FIRST_RELATION_ID]}
    assert (report.read, report.applied, drawn.report.forbidden_paths) == (1, 0, 0)
    assert drawn.report.facts()["restrictions_not_applied"] == 1
    assert any("901" in text for text in drawn.report.warnings)
    assert drawn.travel_s("A", "N") == 60.0


def test_turn_that_cannot_be_made_anyway_needs_nothing(a_map: MapMaker) -> None:
    """Into a one-way street the wrong way, into a private road, across a bollard: nothing is left to forbid."""
    north = ("NB", ONEWAY)
    private = ("BS", STREET | {"access": "private"})
    turns = [turn("no_left_turn", "AB", "B", "NB"), turn("no_right_turn", "AB", "B", "BS")]
    drawn = a_map(CROSSING, *FOUR[:2], north, private, turns=turns)
    assert (drawn.report.restrictions.without_object, drawn.report.restrictions.refused) == (2, {})
    stopped = a_map(CROSSING, *FOUR, turns=turns, points={"B": {"barrier": "bollard"}})
    assert (stopped.report.restrictions.without_object, stopped.report.restrictions.refused) == (2, {})


def test_mandatory_turn_into_a_closed_road_does_not_seal_the_junction(a_map: MapMaker) -> None:
    private = ("BS", STREET | {"access": "private"})
    drawn = a_map(CROSSING, *FOUR[:3], private, turns=[turn("only_right_turn", "AB", "B", "BS")])
    assert drawn.report.restrictions.refused == {"sealed": [FIRST_RELATION_ID]}
    assert drawn.travel_s("A", "C") == 72.0


# --- turning round to dodge a restriction ----------------------------------------------------------------------


def test_nobody_dodges_a_restriction_by_turning_round_at_once(a_map: MapMaker) -> None:
    """Cells of 20 m (2.4 s): P is 40 m behind B, Q 120 m. One does not turn round at P, one may at Q."""
    drawing = """
       N
       |
    A--B-P---Q--C
       |
       S
       |
       |
       |
       |
       T
    """
    streets = [(way, STREET) for way in ("AB", "BP", "PQ", "QC", "NB", "BS", "ST")]
    drawn = a_map(drawing, *streets, turns=[turn("no_left_turn", "AB", "B", "NB")], cell_m=20.0)
    # A -> B -> Q, round, back to B, right to N: 3 + 6 + 6 + 2 cells. By P it would be 3 + 2 + 2 + 2, by S too;
    # T is 2 + 5 cells from B.
    assert drawn.travel_s("A", "N") == pytest.approx(17 * 2.4)
    # Who comes from C has met no restriction, and may turn right as he likes; who starts at B too.
    assert drawn.travel_s("C", "N") == pytest.approx(11 * 2.4)
    assert drawn.travel_s("B", "N") == pytest.approx(2 * 2.4)


def test_dead_end_is_left_the_way_it_was_entered_even_near_a_restriction(a_map: MapMaker) -> None:
    drawn = a_map(CROSSING, *FOUR, turns=[turn("no_left_turn", "AB", "B", "NB")], cell_m=20.0)
    # S is a dead end 40 m behind B: one comes back from there. 3 + 2 + 2 + 2 cells of 2.4 s.
    assert drawn.travel_s("A", "S") == pytest.approx(5 * 2.4)
    assert drawn.travel_s("A", "N") == pytest.approx(9 * 2.4)
