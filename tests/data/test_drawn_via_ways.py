"""Turn restrictions through ways, drawn: dual carriageways, roundabouts, ways in any order. 100 m take 12 s."""

from __future__ import annotations

import pytest

from tests.data.drawn_map import FIRST_RELATION_ID, MapMaker, turn

STREET = {"highway": "residential"}
ONEWAY = STREET | {"oneway": "yes"}

#: Two carriageways joined by links at b-e and c-f; a to d goes east, h to g west; the ends are joined.
DUAL = """
g--f---e---h
|  |   |   |
|  |   |   |
a--b---c---d
"""
CARRIAGEWAYS = (("ab", ONEWAY), ("bc", ONEWAY), ("cd", ONEWAY), ("he", ONEWAY), ("ef", ONEWAY), ("fg", ONEWAY))
ENDS = (("ga", STREET), ("dh", STREET))


def test_no_u_turn_between_two_carriageways(a_map: MapMaker) -> None:
    ways = (*CARRIAGEWAYS, *ENDS, ("bf", STREET), ("ce", STREET))
    # a -> b -> f -> g: 3 + 3 + 3 cells = 108 s
    assert a_map(DUAL, *ways).travel_s("a", "g") == 36.0  # by the end ga itself
    drawn = a_map(DUAL, *ways, turns=[turn("no_u_turn", "ab", "bf", "fg")])
    # b to g: who starts at b has no road behind, and may: 36 + 36.
    assert drawn.travel_s("b", "g") == 72.0
    assert drawn.report.restrictions.applied == 1
    assert drawn.report.turn_states == 2  # at b and at f


def test_no_u_turn_by_the_link_is_gone_round_by_the_next_one(a_map: MapMaker) -> None:
    ways = (*CARRIAGEWAYS, ("dh", STREET), ("bf", STREET), ("ce", STREET))
    free = a_map(DUAL, *ways, ("ga", ONEWAY))
    # a -> b -> f -> g: 3 cells each
    assert free.travel_s("a", "g") == 108.0
    drawn = a_map(DUAL, *ways, ("ga", ONEWAY), turns=[turn("no_u_turn", "ab", "bf", "fg")])
    # a -> b -> c -> e -> f -> g: 3 + 4 + 3 + 4 + 3 cells
    assert drawn.travel_s("a", "g") == 204.0
    # Down the link from f and up again is not the forbidden path: the memory of ab is lost at c.
    assert drawn.travel_s("c", "f") == 36.0 + 48.0


@pytest.mark.parametrize("via", ["bf", "fb"])
def test_via_way_drawn_either_way(a_map: MapMaker, via: str) -> None:
    ways = (*CARRIAGEWAYS, ("dh", STREET), ("ga", ONEWAY), (via, STREET), ("ce", STREET))
    drawn = a_map(DUAL, *ways, turns=[turn("no_u_turn", "ab", via, "fg")])
    assert drawn.travel_s("a", "g") == 204.0


def test_link_in_two_ways_given_in_the_wrong_order(a_map: MapMaker) -> None:
    drawing = """
    g--f---e---h
    |  |   |   |
    |  m   |   |
    |  |   |   |
    a--b---c---d
    """
    ways = (*CARRIAGEWAYS, ("dh", STREET), ("ga", ONEWAY), ("bm", STREET), ("fm", STREET), ("ce", STREET))
    drawn = a_map(drawing, *ways, turns=[turn("no_u_turn", "ab", "fm bm", "fg")])
    # a -> b -> c -> e -> f -> g: 3 + 4 + 4 + 4 + 3 cells
    assert drawn.travel_s("a", "g") == 216.0
    assert drawn.report.restrictions.applied == 1


def test_link_cut_by_a_side_road_is_still_one_via(a_map: MapMaker) -> None:
    drawing = """
    g--f---e---h
    |  |   |   |
    |  m-x |   |
    |  |   |   |
    a--b---c---d
    """
    ways = (*CARRIAGEWAYS, ("dh", STREET), ("ga", ONEWAY), ("bmf", STREET), ("mx", STREET), ("ce", STREET))
    drawn = a_map(drawing, *ways, turns=[turn("no_u_turn", "ab", "bmf", "fg")])
    # Into the side road, round, and on: the forbidden path was left. 3 + 2 + 2 + 2 + 2 + 3 cells = 168 s.
    assert drawn.travel_s("a", "g") == 168.0
    assert drawn.travel_s("b", "x") == 24.0 + 24.0


def test_no_restriction_through_ways_binds_who_comes_from_elsewhere(a_map: MapMaker) -> None:
    """A street crosses the dual carriageway: straight over is allowed, left and left again is not."""
    drawing = """
       n
       |
    g--f--e
       |
    a--b--c
       |
       s
    """
    ways = (("ab", ONEWAY), ("bc", ONEWAY), ("ef", ONEWAY), ("fg", ONEWAY), ("ga", STREET), ("ce", STREET))
    links = (("sb", STREET), ("bf", STREET), ("fn", STREET))
    drawn = a_map(drawing, *ways, *links, turns=[turn("no_u_turn", "ab", "bf", "fg")])
    assert drawn.travel_s("a", "n") == 36.0 + 24.0 + 24.0  # left, then straight over
    assert drawn.travel_s("s", "g") == 24.0 + 24.0 + 36.0  # straight over, then left


ONLY = """
a---b---c
    |
    d---e
    |
    f
"""


def test_only_through_a_way_is_a_path_without_a_way_out(a_map: MapMaker) -> None:
    """Coming from ab one must take bd, and then de: neither bc, nor df, nor back."""
    ways = (("ab", STREET), ("bc", STREET), ("bd", STREET), ("de", STREET), ("df", STREET))
    drawn = a_map(ONLY, *ways, turns=[turn("only_left_turn", "ab", "bd", "de")])
    # At b: bc and back; at d: df and back.
    assert drawn.report.forbidden_paths == 4
    assert drawn.travel_s("a", "e") == 48.0 + 24.0 + 48.0
    # By e, round, and back: 120 + 48 + 24 (to f), 120 + 48 + 24 + 48 (to c)
    assert drawn.travel_s("a", "f") == 192.0
    assert drawn.travel_s("a", "c") == 240.0
    # From c nothing is asked.
    assert drawn.travel_s("c", "f") == 48.0 + 24.0 + 24.0


def test_only_through_a_roundabout(a_map: MapMaker) -> None:
    """In by A, out by the second exit only. The ring B E D C turns anticlockwise: 100 m in 14.4 s."""
    drawing = """
    A---B---C---H
        |   |
        E---D---F
        |
        G
    """
    ring = ("BEDCB", {"highway": "residential", "junction": "roundabout"})
    arms = (("AB", STREET), ("DF", STREET), ("EG", STREET), ("CH", STREET))
    free = a_map(drawing, ring, *arms)
    assert free.travel_s("A", "G") == pytest.approx(48.0 + 28.8 + 24.0)
    drawn = a_map(drawing, ring, *arms, turns=[turn("only_straight_on", "AB", "BEDCB", "DF")])
    assert drawn.report.restrictions.applied == 1
    # A -> B -> E -> D -> F: 48 + 28.8 + 57.6 + 48
    assert drawn.travel_s("A", "F") == 182.4
    # To G: out at F, round, D -> C -> B -> E: 182.4 + 48 + 28.8 + 57.6 + 28.8 + 24
    assert drawn.travel_s("A", "G") == pytest.approx(182.4 + 48.0 + 28.8 + 57.6 + 28.8 + 24.0)


def test_no_exit_of_a_roundabout_for_who_came_in_by_one_arm(a_map: MapMaker) -> None:
    drawing = """
    A---B---C
        |   |
        E---D---F
        |
        G
    """
    ring = ("BEDCB", {"highway": "residential", "junction": "roundabout"})
    arms = (("AB", STREET), ("DF", STREET), ("EG", STREET))
    drawn = a_map(drawing, ring, *arms, turns=[turn("no_right_turn", "AB", "BEDCB", "EG")])
    # Once round the ring the memory of AB is lost? No: the path AB, BE, EG is; another lap passes E again.
    # 48 + BE 28.8 + ED 57.6 + DB 28.8 + 57.6 + BE 28.8 + EG 24
    assert drawn.travel_s("A", "G") == pytest.approx(48.0 + 28.8 + 57.6 + 28.8 + 57.6 + 28.8 + 24.0)
    assert drawn.travel_s("F", "G") == pytest.approx(48.0 + 28.8 + 57.6 + 28.8 + 24.0)


def test_overlapping_paths_are_both_respected(a_map: MapMaker) -> None:
    """no a-b-c-d, and no b-c-e: who has come by a, b, c is under both."""
    drawing = """
    a--b--c--d
          |
          e
          |
          |
          f
    """
    ways = (("ab", STREET), ("bc", STREET), ("cd", STREET), ("ce", STREET), ("ef", STREET))
    turns = [turn("no_straight_on", "ab", "bc", "cd"), turn("no_right_turn", "bc", "c", "ce")]
    drawn = a_map(drawing, *ways, turns=turns)
    # a -> d: at c turn round to b, round again at b (the memory of ab is lost), on to d: 36 + 36 + 36 + 36 + 36
    assert drawn.travel_s("a", "d") == 180.0
    # a -> e: nobody turns right from bc; from d one may turn left: 180 + 36 + 24
    assert drawn.travel_s("a", "e") == 240.0
    assert drawn.travel_s("b", "e") == 36.0 + 36.0 + 36.0 + 24.0


@pytest.mark.parametrize(
    ("start", "via", "goal", "reason"),
    [
        ("ab", "ef", "cd", "apart"),  # the way between touches neither
        ("ab", "zz", "cd", "absent"),
        ("ab bc", "ce", "ef", None),  # several from: bc fits, ab is apart
    ],
)
def test_chain_that_does_not_hold(a_map: MapMaker, start: str, via: str, goal: str, reason: str | None) -> None:
    ways = (("ab", STREET), ("bc", STREET), ("cd", STREET), ("ce", STREET), ("ef", STREET))
    drawn = a_map("a--b--c--d\n      |\n      e--f", *ways, turns=[turn("no_left_turn", start, via, goal)])
    found = drawn.report.restrictions
    assert found.refused == ({reason: [FIRST_RELATION_ID]} if reason else {})
    assert found.partly == ([] if reason else [FIRST_RELATION_ID])
    assert any("en partie" in text for text in drawn.report.warnings) == (reason is None)


def test_via_way_closed_to_the_mode(a_map: MapMaker) -> None:
    ways = (*CARRIAGEWAYS, *ENDS, ("bf", STREET | {"access": "private"}), ("ce", STREET))
    forbidden = a_map(DUAL, *ways, turns=[turn("no_u_turn", "ab", "bf", "fg")]).report.restrictions
    assert (forbidden.without_object, forbidden.refused) == (1, {})
    mandatory = a_map(DUAL, *ways, turns=[turn("only_u_turn", "ab", "bf", "fg")]).report.restrictions
    assert mandatory.refused == {"sealed": [FIRST_RELATION_ID]}
