"""Time lost at junctions of towns and at signals, and speeds in town, drawn.

In ``tests/data/drawn/car.toml`` a town is where 6 junctions stand within 500 m; a junction there costs 2 s, a signal
7 s. A street takes 12 s for 100 m; a primary road 6 s outside, 8 s in town.
"""

from __future__ import annotations

import pytest

from tests.data.drawn_map import MapMaker

STREET = {"highway": "residential"}
ONEWAY = STREET | {"oneway": "yes"}
SIGNAL = {"highway": "traffic_signals"}

#: Junctions b c e f g h j k. Within 500 m of f: b c e f g j k, so that f is in town, and b c g j k likewise. Of e:
#: b e f j only; of h: c g h k only.
TOWN = """
a--b--c--d
|  |  |  |
e--f--g--h
|  |  |  |
i--j--k--l
"""
COLUMNS = (("aei", STREET), ("bfj", STREET), ("cgk", STREET), ("dhl", STREET))
ROWS = (("abcd", STREET), ("efgh", STREET), ("ijkl", STREET))


def test_dense_town_costs_two_seconds_a_junction(a_map: MapMaker) -> None:
    drawn = a_map(TOWN, *ROWS, *COLUMNS)
    # e -> f -> g -> h: 36 + 2, 36 + 2, 36
    assert drawn.travel_s("e", "h") == drawn.travel_s("h", "e") == 112.0
    assert drawn.report.urban_junctions == 6
    assert ("e", "f", 38.0) in drawn.arcs()
    assert ("f", "e", 36.0) in drawn.arcs()


def test_village_costs_nothing(a_map: MapMaker) -> None:
    drawn = a_map(TOWN, *ROWS[:2], *COLUMNS[:2])  # junctions: b, e, f only
    assert drawn.report.urban_junctions == 0
    assert drawn.travel_s("e", "h") == 108.0


def test_delay_is_paid_at_the_end_of_the_road_not_along_it(a_map: MapMaker) -> None:
    drawn = a_map(TOWN.replace("f--g", "fx-g"), ROWS[0], ("efxgh", STREET), ROWS[2], *COLUMNS)
    # x is 100 m from f: to g 24 + 2, to h 36 more; to f 12 + 2, to e 36 more.
    assert drawn.travel_s("x", "h") == 62.0
    assert drawn.travel_s("x", "e") == 50.0
    # Who comes to x passes f, and loses nothing at x.
    assert drawn.travel_s("e", "x") == 36.0 + 2.0 + 12.0


def test_town_is_the_same_for_all_modes(a_map: MapMaker) -> None:
    drawn = a_map(TOWN, *ROWS, *COLUMNS)
    bike = drawn.again("bike")
    assert bike.travel_s("e", "h") == 72.0 + 1.0 + 72.0 + 1.0 + 72.0
    assert bike.report.urban_junctions == drawn.report.urban_junctions
    assert drawn.again("foot").travel_s("e", "h") == 648.0


@pytest.mark.parametrize("closed", [{"access": "private"}, {"motor_vehicle": "no"}])
def test_closed_street_leaves_the_town_as_it_is(a_map: MapMaker, closed: dict[str, str]) -> None:
    drawn = a_map(TOWN, *ROWS, *COLUMNS[:2], ("cgk", STREET | closed), COLUMNS[3])
    # g carries a junction where no car turns: e -> f -> h
    assert drawn.travel_s("e", "f") == 38.0
    assert drawn.travel_s("e", "h") == 38.0 + 72.0


def test_paths_and_service_roads_make_no_town(a_map: MapMaker) -> None:
    small = [("abcd", STREET), ("efgh", STREET), ("ijkl", {"highway": "footway"})]
    columns = [(way, {"highway": kind}) for way, kind in (("aei", "service"), ("bfj", "track"), ("cgk", "path"))]
    drawn = a_map(TOWN, *small, *columns, ("dhl", {"highway": "service"}))
    assert drawn.report.urban_junctions == 0
    assert drawn.again("foot").report.urban_junctions == 0


def test_speed_in_town_where_both_ends_are_in_it(a_map: MapMaker) -> None:
    drawn = a_map(TOWN, ROWS[0], ("efgh", {"highway": "primary"}), ROWS[2], *COLUMNS)
    # e is not in town: e -> f outside, 300 m in 18 s; f -> g inside, 24 s; g -> h outside; 2 s at f and at g.
    assert drawn.travel_s("e", "h") == 18.0 + 2.0 + 24.0 + 2.0 + 18.0


def test_road_from_one_town_to_the_next_is_outside(a_map: MapMaker) -> None:
    """Cells of 50 m: every node of either town is in it, and the road between them is 3 km long."""
    gap = " " * 59
    town = TOWN.strip("\n").split("\n")
    other = [line.upper() for line in town]
    lines = [left + ("-" * 59 if number == 2 else gap) + right for number, (left, right) in enumerate(zip(town, other, strict=True))]  # fmt: skip
    ways = [*ROWS, *COLUMNS, *((way.upper(), tags) for way, tags in (*ROWS, *COLUMNS))]
    drawn = a_map("\n".join(lines), *ways, ("hE", {"highway": "primary"}), cell_m=50.0)
    assert drawn.report.urban_junctions == 16
    # h and E are 60 cells apart: 3,000 m at 60 km/h, and the junction E.
    assert drawn.travel_s("h", "E") == 180.0 + 2.0


def test_signal_on_the_way_costs_both_directions(a_map: MapMaker) -> None:
    drawn = a_map("A--B--C", ("ABC", STREET), points={"B": SIGNAL})
    assert drawn.travel_s("A", "C") == drawn.travel_s("C", "A") == 36.0 + 7.0 + 36.0
    assert (drawn.graph.node_count, drawn.report.signals) == (3, 1)
    assert drawn.again("bike").travel_s("A", "C") == 72.0 + 3.0 + 72.0


@pytest.mark.parametrize(("way", "there_s", "back_s"), [("forward", 79.0, 72.0), ("backward", 72.0, 79.0)])
def test_signal_for_one_direction(a_map: MapMaker, way: str, there_s: float, back_s: float) -> None:
    drawn = a_map("A--B--C", ("ABC", STREET), points={"B": SIGNAL | {"traffic_signals:direction": way}})
    assert (drawn.travel_s("A", "C"), drawn.travel_s("C", "A")) == (there_s, back_s)


def test_signal_at_a_junction_of_a_town_is_its_delay(a_map: MapMaker) -> None:
    drawn = a_map(TOWN, *ROWS, *COLUMNS, points={"f": SIGNAL})
    # 7 s at f, not 9; 2 s at g
    assert drawn.travel_s("e", "h") == 36.0 + 7.0 + 36.0 + 2.0 + 36.0


#: Cells of 10 m (1.2 s): two carriageways 20 m apart cross two others 30 m apart.
DUAL_CROSSING = """
           p  q
           |  |
a----------b--c----------d
           |  |
h----------g--f----------e
           |  |
           r  s
"""


@pytest.mark.parametrize(
    ("tags", "roads"),
    [
        (SIGNAL, 2),
        ({"highway": "crossing"}, 1),
        ({"highway": "crossing", "crossing": "traffic_signals"}, 1),
        ({"highway": "bus_stop"}, 1),
        ({"highway": "stop"}, 1),
        ({"highway": "give_way"}, 1),
        ({"highway": "turning_circle"}, 1),
        ({"barrier": "toll_booth"}, 1),
    ],
)
def test_only_a_point_that_costs_time_or_stops_cuts_a_road(a_map: MapMaker, tags: dict[str, str], roads: int) -> None:
    drawn = a_map("A--x--B", ("AxB", STREET), points={"x": tags})
    assert drawn.graph.road_count == drawn.report.roads == roads


def test_crossing_of_dual_carriageways_is_paid_once(a_map: MapMaker) -> None:
    ways = (("abcd", ONEWAY), ("efgh", ONEWAY), ("qcfs", ONEWAY), ("rgbp", ONEWAY))
    ends = (("ah", STREET), ("de", STREET), ("pq", STREET), ("rs", STREET))
    drawn = a_map(DUAL_CROSSING, *ways, *ends, points=dict.fromkeys("bcfg", SIGNAL), cell_m=10.0)
    # 110 m, the lights, 30 m, 110 m
    assert drawn.travel_s("a", "d") == 13.2 + 7.0 + 3.6 + 13.2
    # Straight over from r: 20 m, the lights, 20 m, 20 m
    assert drawn.travel_s("r", "p") == pytest.approx(2.4 + 7.0 + 2.4 + 2.4)
    # Left into the first of the two: 110 m, the lights, 20 m.
    assert drawn.travel_s("a", "p") == pytest.approx(13.2 + 7.0 + 2.4)
    assert drawn.report.signals == 4


def test_stop_lines_of_one_crossing_are_paid_once(a_map: MapMaker) -> None:
    """Signals stand 20 m before the crossing on each side, J itself has none: W -> s -> J -> t -> E."""
    drawing = """
                N
                |
    W---------s-J-t---------E
                |
                S
    """
    ways = (("WsJtE", STREET), ("NJS", STREET))
    drawn = a_map(drawing, *ways, points={"s": SIGNAL, "t": SIGNAL}, cell_m=10.0)
    # 100 m, the lights, 20 m, 20 m, 100 m
    assert drawn.travel_s("W", "E") == drawn.travel_s("E", "W") == 12.0 + 7.0 + 2.4 + 2.4 + 12.0
    # Into the side street: the lights once, 20 m, 20 m.
    assert drawn.travel_s("W", "N") == pytest.approx(12.0 + 7.0 + 2.4 + 2.4)
    # From the side street, which has no lights of its own, t is within the crossing: nothing is lost there.
    assert drawn.travel_s("N", "E") == pytest.approx(2.4 + 2.4 + 12.0)


def test_two_signals_farther_apart_are_two(a_map: MapMaker) -> None:
    drawn = a_map("W---------s---t---------E", ("WstE", STREET), points={"s": SIGNAL, "t": SIGNAL}, cell_m=10.0)
    assert drawn.travel_s("W", "E") == 12.0 + 7.0 + 4.8 + 7.0 + 12.0


def test_crossings_near_to_each_other_do_not_chain(a_map: MapMaker) -> None:
    """Cells of 30 m, a side street at each of six junctions: (b c d), (e f) and (g) are three crossings, not one."""
    drawing = """
    A--b-c-d-e-f-g--H
       | | | | | |
       q r s t u v
    """
    sides = [(side, STREET) for side in ("bq", "cr", "ds", "et", "fu", "gv")]
    drawn = a_map(drawing, ("AbcdefgH", STREET), *sides, cell_m=15.0)
    assert drawn.report.urban_junctions == 6
    # 45 + 150 + 45 m at 30 km/h: 28.8 s; three waits of 2 s.
    assert drawn.travel_s("A", "H") == pytest.approx(28.8 + 3 * 2.0)
    # From the far side g comes first: alone, then f and e, then d, c and b.
    assert drawn.travel_s("H", "A") == pytest.approx(28.8 + 3 * 2.0)


def test_driveway_between_two_junctions_takes_nothing_off_their_waits(a_map: MapMaker) -> None:
    """Cells of 10 m. J and K, 50 m apart, are two crossings whether or not a driveway leaves between them."""
    drawing = """
    q     r    s     t
    |     |    |     |
    A-----J-x--K-----B
    |     | |  |     |
    u     v d  w     y
    """
    streets = (("AJxKB", STREET), ("qAu", STREET), ("rJv", STREET), ("sKw", STREET), ("tBy", STREET))
    more = (("qrst", STREET), ("uvwy", STREET), ("xd", {"highway": "service", "access": "private"}))
    drawn = a_map(drawing, *streets, *more, cell_m=10.0)
    # 60 m, J, 50 m, K, 60 m, B: 170 m in 20.4 s and three waits.
    assert drawn.travel_s("A", "B") == drawn.travel_s("B", "A") == pytest.approx(20.4 + 3 * 2.0)


def test_roundabout_is_paid_at_its_entry(a_map: MapMaker) -> None:
    """Cells of 50 m. Six arms, all in town; the ring at 25 km/h: 100 m in 14.4 s."""
    drawing = """
    p  q  r
    |  |  |
    B--C--D
    |     |
    G--F--E
    |  |  |
    u  v  w
    """
    ring = ("BGFEDCB", {"highway": "residential", "junction": "roundabout"})
    arms = [(arm, STREET) for arm in ("pB", "qC", "rD", "uG", "vF", "wE")]
    drawn = a_map(drawing, ring, *arms, cell_m=50.0)
    assert drawn.report.urban_junctions == 6
    # p -> B 12 + 2; B -> G 100 m, G -> F 150 m, F -> E 150 m; E -> w 12
    assert drawn.travel_s("p", "w") == pytest.approx(12.0 + 2.0 + 14.4 + 21.6 + 21.6 + 12.0)


def test_fork_of_a_motorway_is_no_junction(a_map: MapMaker) -> None:
    """Cells of 50 m: all is in town. At 90 km/h 150 m take 6 s; the slip road n to j, 100 m at 45 km/h, 8 s."""
    motorway = {"highway": "motorway", "maxspeed": "100"}
    slip_road = {"highway": "motorway_link", "oneway": "yes"}
    drawing = TOWN + "   |\nm--n--o\n"
    drawn = a_map(drawing, *ROWS, *COLUMNS, ("mno", motorway), ("nj", slip_road), cell_m=50.0)
    assert ("m", "n", 6.0) in drawn.arcs()
    assert ("n", "o", 6.0) in drawn.arcs()
    # The slip road ends at a junction of the town.
    assert ("n", "j", 10.0) in drawn.arcs()
