"""Attachment beside a slow twin that tries every segment with shapely, on worlds nobody thought of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from routing.graph import RoadGraph
from routing.snap import JUNCTION_TOLERANCE_M, Attachment, Cause, attach, attachment_xy
from tests.routing.worlds import CLOSED, Road, make_graph

Place = tuple[float, float]


@dataclass(frozen=True)
class World:
    nodes: list[Place]
    roads: list[Road]
    water: list[list[Place]]

    def graph(self, *, flip: float = 1.0) -> RoadGraph:
        """The graph; ``flip=-1`` is its image in a mirror that runs north and south."""
        nodes = [(flip * x, y) for x, y in self.nodes]
        roads = [
            Road(r.tail, r.head, r.there_ds, r.back_ds, tuple((flip * x, y) for x, y in r.bend), r.attachable)
            for r in self.roads
        ]
        points = [(flip * x, y) for line in self.water for x, y in line]
        columns: dict[str, Any] = {
            "water_first": np.cumsum([0] + [len(line) for line in self.water]),
            "water_x_m": [x for x, _ in points],
            "water_y_m": [y for _, y in points],
        }
        return make_graph(nodes, roads, **columns)


place = st.tuples(st.integers(0, 40).map(float), st.integers(0, 40).map(float))
# Off the lattice: a walk then seldom grazes the corner of a river, where "crossing" is a matter of rounding.
home = st.tuples(*(st.integers(-40, 320).map(lambda n: n / 8 + 0.0137) for _ in range(2)))
homes = st.lists(home, min_size=1, max_size=4)
limits = st.sampled_from([0.0, 3.3, 12.7, 100.0])


@st.composite
def worlds(draw: st.DrawFn, *, max_water: int = 0) -> World:
    nodes = draw(st.lists(place, min_size=2, max_size=9))
    node, time_ds = st.integers(0, len(nodes) - 1), st.sampled_from([10, 10, 10, CLOSED])
    bend = st.lists(place, max_size=9).map(tuple)
    road = st.builds(Road, node, node, time_ds, time_ds, bend, st.sampled_from([True, True, True, False]))
    line = st.lists(place, min_size=2, max_size=8)
    return World(nodes, draw(st.lists(road, max_size=7)), draw(st.lists(line, max_size=max_water)))


def segments_of(graph: RoadGraph, road: int, water: Sequence[shapely.LineString]) -> list[shapely.LineString]:
    """Those of the shape, cut where water crosses them."""
    segments: list[shapely.LineString] = []
    reaches = [shapely.LineString(line.coords[i : i + 2]) for line in water for i in range(len(line.coords) - 1)]
    for whole in shape_segments_of(graph, road):
        met = shapely.intersection(whole, reaches)
        at_m = sorted(whole.project(point) for point in met if point.geom_type == "Point" and not point.is_empty)
        cuts = [whole.interpolate(m).coords[0] for m in at_m if 0 < m < whole.length]
        ends = [whole.coords[0], *cuts, whole.coords[-1]]
        segments += [shapely.LineString(ends[i : i + 2]) for i in range(len(ends) - 1)]
    return segments


def shape_segments_of(graph: RoadGraph, road: int) -> NDArray[np.object_]:
    begin, end = graph.shape_first[road], graph.shape_first[road + 1]
    xy = np.column_stack([graph.shape_x_m[begin:end], graph.shape_y_m[begin:end]])
    return np.asarray(shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)))


def is_dry(point: shapely.Point, segment: shapely.LineString, water: Sequence[shapely.LineString]) -> bool:
    """The walk to the segment, without a centimetre at either end, shares no point with the water."""
    if not water:
        return True
    walk = shapely.LineString([point, segment.interpolate(segment.project(point))])
    if walk.length <= 2 * JUNCTION_TOLERANCE_M:
        return True
    ends = (walk.interpolate(JUNCTION_TOLERANCE_M), walk.interpolate(walk.length - JUNCTION_TOLERANCE_M))
    return not shapely.intersects(shapely.LineString(ends), list(water)).any()


@dataclass(frozen=True)
class Expected:
    dry_m: dict[int, float]  # road of the main component -> shortest dry walk within the limit
    cause: Cause
    nearest_m: float


def is_road_of_the_mode(graph: RoadGraph, number: int, road: Road) -> bool:
    """Open, and one may stop on it; as long as graphs do not keep the latter, what is off the network counts."""
    ends = [graph.road_tail[number], graph.road_head[number]]
    off_the_network = not hasattr(graph, "road_allows_stop") and not graph.in_main_component[ends].all()
    return (road.attachable or off_the_network) and not road.there_ds == road.back_ds == CLOSED


def expect(world: World, graph: RoadGraph, x: float, y: float, limit_m: float) -> Expected:
    point = shapely.Point(x, y)
    water = [shapely.LineString(line) for line in world.water]
    dry: dict[bool, dict[int, float]] = {True: {}, False: {}}
    near_m: dict[bool, list[float]] = {True: [np.inf], False: [np.inf]}
    for number, road in enumerate(world.roads):
        if not is_road_of_the_mode(graph, number, road):
            continue
        is_main = bool(graph.road_attachable[number])
        segments = segments_of(graph, number, water)
        for segment, away_m in zip(segments, shapely.distance(segments, point).tolist(), strict=True):
            near_m[is_main].append(away_m)
            if away_m <= limit_m and is_dry(point, segment, water):
                dry[is_main][number] = min(dry[is_main].get(number, np.inf), away_m)
    best_m, island_m = (min(dry[is_main].values(), default=np.inf) for is_main in (True, False))
    if best_m < np.inf:
        cause = Cause.ATTACHED_PAST_AN_ISLAND if island_m < best_m else Cause.ATTACHED
    elif min(near_m[True]) <= limit_m:
        cause = Cause.ACROSS_WATER
    elif island_m < np.inf:
        cause = Cause.ON_AN_ISLAND
    else:
        cause = Cause.ACROSS_WATER if min(near_m[False]) <= limit_m else Cause.TOO_FAR
    return Expected(dry[True], cause, min(near_m[True] + near_m[False]))


def assert_as_the_twin(world: World, places: list[Place], limit_m: float) -> Attachment:
    graph = world.graph()
    x, y = np.array(places).T
    found = attach(graph, x, y, limit_m)
    for p, (x_m, y_m) in enumerate(places):
        expected = expect(world, graph, x_m, y_m, limit_m)
        assert Cause(found.cause[p]) == expected.cause
        np.testing.assert_allclose(found.nearest_m[p], expected.nearest_m, atol=1e-9)
        best_m = min(expected.dry_m.values(), default=np.inf)
        np.testing.assert_allclose(found.access_m[p], best_m, atol=1e-9)
        as_near = [road for road, away_m in sorted(expected.dry_m.items()) if away_m <= best_m + 1e-9]
        exactly = [road for road in as_near if expected.dry_m[road] == best_m]
        assert found.road[p] in (as_near or [-1])
        if as_near == exactly:  # else two roads as near but for a rounding
            assert found.road[p] == (exactly or [-1])[0]
    return found


@given(worlds(), homes, limits)
@settings(max_examples=400, deadline=None)
def test_as_the_slow_twin(world: World, places: list[Place], limit_m: float) -> None:
    found = assert_as_the_twin(world, places, limit_m)
    x, y = np.array(places).T
    foot_x, foot_y = attachment_xy(world.graph(), found)
    kept = found.road >= 0
    # a foot within a centimetre of a junction is put on it
    np.testing.assert_allclose(np.hypot(x - foot_x, y - foot_y)[kept], found.access_m[kept], atol=0.0101)


@given(worlds(max_water=3), homes, limits)
@settings(max_examples=400, deadline=None)
def test_as_the_slow_twin_across_no_water(world: World, places: list[Place], limit_m: float) -> None:
    assert_as_the_twin(world, places, limit_m)


@given(worlds(), homes, st.tuples(st.floats(-30, 30), st.floats(-30, 30)))
@settings(max_examples=300, deadline=None)
def test_who_moves_gains_or_loses_no_more_than_the_move(world: World, places: list[Place], move: Place) -> None:
    graph = world.graph()
    x, y = np.array(places).T
    here, there = attach(graph, x, y, 1e6), attach(graph, x + move[0], y + move[1], 1e6)
    kept = here.road >= 0
    assert kept.tolist() == (there.road >= 0).tolist()
    assert (np.abs(here.access_m[kept] - there.access_m[kept]) <= np.hypot(*move) + 1e-9).all()


@given(worlds(), st.data())
@settings(max_examples=300, deadline=None)
def test_on_a_road_there_is_nothing_to_walk(world: World, data: st.DataObject) -> None:
    graph = world.graph()
    roads = np.flatnonzero(graph.road_attachable)
    if len(roads) == 0:
        return
    road = data.draw(st.sampled_from(roads.tolist()))
    fraction = data.draw(st.floats(0, 1))
    one = Attachment(np.array([road], np.int32), np.array([fraction]), np.zeros(1))
    found = attach(graph, *attachment_xy(graph, one), 1e-6)
    assert found.access_m[0] <= 1e-9
    assert found.side.tolist() == [0]


@given(worlds(max_water=2), homes, limits)
@settings(max_examples=300, deadline=None)
def test_in_a_mirror_left_is_right_and_all_else_the_same(world: World, places: list[Place], limit_m: float) -> None:
    x, y = np.array(places).T
    graph, image = world.graph(), world.graph(flip=-1.0)
    # Of components of one size, the main one depends on where the nodes are: leave those worlds out.
    is_main, is_main_there = (g.in_main_component[np.append(g.road_tail, g.road_head)] for g in (graph, image))
    assume(np.array_equal(is_main, is_main_there))
    seen, mirrored = attach(graph, x, y, limit_m), attach(image, -x, y, limit_m)
    for name in ("road", "fraction", "access_m", "cause", "nearest_m"):
        np.testing.assert_array_equal(getattr(seen, name), getattr(mirrored, name))
    np.testing.assert_array_equal(seen.side, -mirrored.side)


@given(worlds(max_water=2), homes, limits, st.randoms())
@settings(max_examples=300, deadline=None)
def test_neither_the_others_nor_their_order_matter(
    world: World, places: list[Place], limit_m: float, random: Any
) -> None:
    graph = world.graph()
    shuffled = list(range(len(places)))
    random.shuffle(shuffled)
    x, y = np.array(places).T
    together = attach(graph, x, y, limit_m).take(np.array(shuffled))
    for p, which in enumerate(shuffled):
        alone = attach(graph, x[which], y[which], limit_m)
        for name in ("road", "fraction", "access_m", "side", "cause", "nearest_m"):
            assert getattr(alone, name)[0] == getattr(together, name)[p]


@given(worlds(max_water=2), homes)
@settings(max_examples=300, deadline=None)
def test_a_longer_limit_changes_nothing_for_who_is_attached(world: World, places: list[Place]) -> None:
    graph = world.graph()
    x, y = np.array(places).T
    near, far = attach(graph, x, y, 9.1), attach(graph, x, y, 60.0)
    kept = near.road >= 0
    for name in ("road", "fraction", "access_m", "side", "nearest_m"):
        np.testing.assert_array_equal(getattr(near, name)[kept], getattr(far, name)[kept])
    assert (far.access_m[~kept] > 9.1).all()
