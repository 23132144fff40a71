"""Where points stand: the nearest road one can walk to, on which side of it, and why there is none.

Distances are 64-bit and exact, whatever the boxes of ``routing.segments``. All the loops that call each other
are in this file, and take no number from another one, because Numba's cache looks at one file only.
"""

from __future__ import annotations

import math

import numpy as np
from numba import boolean, float32, float64, int8, int32, int64, types
from numpy.typing import NDArray

from routing.compiled import compiled, read_only
from routing.segments import LINES_TYPE, Lines

#: Waiting boxes of a walk down the tree: fewer than ``fan`` a level.
_STACK = 256
#: Boxes are compared with a little room, so that a distance rounded otherwise hides nothing.
_ROOM = 1.0 + 1e-12
#: Two things this near are in the same place: a point and a junction, the end of a walk and the bank it ends on.
SAME_PLACE_M = 0.01

#: What ``stand`` says of a point, see ``routing.snap.Cause``.
ATTACHED, ATTACHED_PAST_AN_ISLAND, TOO_FAR, ON_AN_ISLAND, ACROSS_WATER = range(5)

_I32, _I64, _F32, _F64 = read_only(int32), read_only(int64), read_only(float32), read_only(float64)


@compiled(types.UniTuple(int64, 2)(_I64, int64, int64))  # type: ignore[no-untyped-call]
def _children(level_first: NDArray[np.int64], fan: int, node: int) -> tuple[int, int]:
    """The boxes just inside a box that is not a piece."""
    level = 1
    while node >= level_first[level + 1]:
        level += 1
    begin = level_first[level - 1] + (node - level_first[level]) * fan
    return begin, min(begin + fan, level_first[level])


@compiled(float64(_F32, int64, float64, float64))
def _box_d2(box: NDArray[np.float32], node: int, x: float, y: float) -> float:
    """Square of the distance from (x, y), itself counted from the origin, to a box: never too long."""
    aside = max(float64(box[4 * node]) - x, x - float64(box[4 * node + 2]), 0.0)
    above = max(float64(box[4 * node + 1]) - y, y - float64(box[4 * node + 3]), 0.0)
    return float(aside * aside + above * above)


@compiled(int64(LINES_TYPE, int64, float64, float64, float64, int64[::1], float64[::1], int64))
def _open_box(
    lines: Lines,
    node: int,
    x: float,
    y: float,
    most_d2: float,
    nodes: NDArray[np.int64],
    d2s: NDArray[np.float64],
    top: int,
) -> int:
    """Put the boxes inside ``node`` that are within reach on the stack, the nearest on top; its new height."""
    begin, end = _children(lines.level_first, lines.fan, node)
    bottom = top
    for child in range(begin, end):
        d2 = _box_d2(lines.box, child, x, y)
        if d2 > most_d2:
            continue
        at = top
        while at > bottom and d2s[at - 1] < d2:
            nodes[at], d2s[at] = nodes[at - 1], d2s[at - 1]
            at -= 1
        nodes[at], d2s[at] = child, d2
        top += 1
    return top


@compiled(float64(_F64, _F64, int64, float64, float64))
def _segment_d2(x_m: NDArray[np.float64], y_m: NDArray[np.float64], i: int, x: float, y: float) -> float:
    """Square of the distance from (x, y) to the segment from point ``i`` to the next."""
    from_x, from_y = x - x_m[i], y - y_m[i]
    along_x, along_y = x_m[i + 1] - x_m[i], y_m[i + 1] - y_m[i]
    dot = from_x * along_x + from_y * along_y
    if dot <= 0.0:
        return float(from_x * from_x + from_y * from_y)
    length2 = along_x * along_x + along_y * along_y
    if dot >= length2:
        to_x, to_y = x - x_m[i + 1], y - y_m[i + 1]
        return float(to_x * to_x + to_y * to_y)
    cross = along_x * from_y - along_y * from_x
    return float(cross * cross / length2)


@compiled(float64(_F64, _F64, int64, float64, float64))
def _share(x_m: NDArray[np.float64], y_m: NDArray[np.float64], i: int, x: float, y: float) -> float:
    """Where along the segment from point ``i`` to the next its nearest to (x, y) is, in 0..1."""
    along_x, along_y = x_m[i + 1] - x_m[i], y_m[i + 1] - y_m[i]
    dot = (x - x_m[i]) * along_x + (y - y_m[i]) * along_y
    length2 = along_x * along_x + along_y * along_y
    if dot <= 0.0:
        return 0.0
    return 1.0 if dot >= length2 else float(dot / length2)


@compiled(boolean(_F64, _F64, int64, float64, float64, float64, float64))
def _meets(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], i: int, ax: float, ay: float, bx: float, by: float
) -> bool:
    """Whether the segment from point ``i`` to the next shares a point with the one from a to b."""
    px, py, qx, qy = x_m[i] - ax, y_m[i] - ay, x_m[i + 1] - ax, y_m[i + 1] - ay
    bx, by = bx - ax, by - ay
    if max(px, qx) < min(0.0, bx) or min(px, qx) > max(0.0, bx):
        return False
    if max(py, qy) < min(0.0, by) or min(py, qy) > max(0.0, by):
        return False
    if (bx * py - by * px) * (bx * qy - by * qx) > 0.0:
        return False
    along_x, along_y = qx - px, qy - py
    return bool((along_y * px - along_x * py) * (along_x * (by - py) - along_y * (bx - px)) <= 0.0)


@compiled(boolean(_F32, int64, float64, float64, float64, float64))
def _is_apart(box: NDArray[np.float32], node: int, west: float, south: float, east: float, north: float) -> bool:
    """Whether a box has nothing in common with another, itself counted from the origin."""
    return bool(
        box[4 * node] > east or box[4 * node + 2] < west or box[4 * node + 1] > north or box[4 * node + 3] < south
    )


@compiled(int64(LINES_TYPE, float64, float64, float64, float64, int64, int64[::1]))
def _first_met(lines: Lines, ax: float, ay: float, bx: float, by: float, guess: int, nodes: NDArray[np.int64]) -> int:
    """A segment (number of its first point) that the walk from a to b meets, away from its ends; -1 if none.

    ``guess`` is tried first: what stopped one walk often stops the next. Ends are cut by SAME_PLACE_M.
    """
    length = math.hypot(bx - ax, by - ay)
    if length <= 2 * SAME_PLACE_M or len(lines.piece_line) == 0:
        return -1
    cut_x, cut_y = (bx - ax) / length * SAME_PLACE_M, (by - ay) / length * SAME_PLACE_M
    ax, ay, bx, by = ax + cut_x, ay + cut_y, bx - cut_x, by - cut_y
    if guess >= 0 and _meets(lines.x_m, lines.y_m, guess, ax, ay, bx, by):
        return guess
    west, east = min(ax, bx) - lines.origin_x_m, max(ax, bx) - lines.origin_x_m
    south, north = min(ay, by) - lines.origin_y_m, max(ay, by) - lines.origin_y_m
    level_first = lines.level_first
    nodes[0] = level_first[-1] - 1
    top = 1
    while top > 0:
        top -= 1
        node = nodes[top]
        if _is_apart(lines.box, node, west, south, east, north):
            continue
        if node < level_first[1]:
            begin = lines.piece_first[node]
            for i in range(begin, begin + lines.piece_segments[node]):
                if _meets(lines.x_m, lines.y_m, i, ax, ay, bx, by):
                    return i
            continue
        begin, end = _children(level_first, lines.fan, node)
        for child in range(begin, end):
            nodes[top] = child
            top += 1
    return -1


@compiled(types.Tuple((int64[::1], float64[::1]))(LINES_TYPE, LINES_TYPE))  # type: ignore[no-untyped-call]
def meetings(roads: Lines, water: Lines) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where the roads of the tree meet water away from their shape points: segment, and how far along it in 0..1.

    In no order, some twice. Where both run along one line there is no meeting.
    """
    nodes, found = np.empty(_STACK, np.int64), 0
    segment, share = np.empty(1024, np.int64), np.empty(1024)
    x_m, y_m, wx_m, wy_m = roads.x_m, roads.y_m, water.x_m, water.y_m
    for piece in range(len(roads.piece_line)):
        begin = roads.piece_first[piece]
        for i in range(begin, begin + roads.piece_segments[piece]):
            west, east = min(x_m[i], x_m[i + 1]) - water.origin_x_m, max(x_m[i], x_m[i + 1]) - water.origin_x_m
            south, north = min(y_m[i], y_m[i + 1]) - water.origin_y_m, max(y_m[i], y_m[i + 1]) - water.origin_y_m
            nodes[0], top = water.level_first[-1] - 1, min(len(water.piece_line), 1)
            while top > 0:
                top -= 1
                node = nodes[top]
                if _is_apart(water.box, node, west, south, east, north):
                    continue
                if node >= water.level_first[1]:
                    first_child, end_child = _children(water.level_first, water.fan, node)
                    for child in range(first_child, end_child):
                        nodes[top] = child
                        top += 1
                    continue
                first_w = water.piece_first[node]
                for w in range(first_w, first_w + water.piece_segments[node]):
                    if not _meets(wx_m, wy_m, w, x_m[i], y_m[i], x_m[i + 1], y_m[i + 1]):
                        continue
                    along_x, along_y = wx_m[w + 1] - wx_m[w], wy_m[w + 1] - wy_m[w]
                    whole = (x_m[i + 1] - x_m[i]) * along_y - (y_m[i + 1] - y_m[i]) * along_x
                    part = (wx_m[w] - x_m[i]) * along_y - (wy_m[w] - y_m[i]) * along_x
                    if whole == 0.0 or not 0.0 < part / whole < 1.0:
                        continue
                    if found == len(segment):
                        segment, share = np.append(segment, segment), np.append(share, share)
                    segment[found], share[found] = i, part / whole
                    found += 1
    return segment[:found].copy(), share[:found].copy()


@compiled(float64(LINES_TYPE, float64, float64, int64[::1], float64[::1]))
def _nearest_m(lines: Lines, x: float, y: float, nodes: NDArray[np.int64], d2s: NDArray[np.float64]) -> float:
    """Distance of the nearest of all the lines, however far; infinity when there is none."""
    best = math.inf
    if len(lines.piece_line) == 0:
        return best
    nodes[0], d2s[0], top = lines.level_first[-1] - 1, 0.0, 1
    while top > 0:
        top -= 1
        node = nodes[top]
        if d2s[top] > best * _ROOM:
            continue
        if node >= lines.level_first[1]:
            x_from, y_from = x - lines.origin_x_m, y - lines.origin_y_m
            top = _open_box(lines, node, x_from, y_from, best * _ROOM, nodes, d2s, top)
            continue
        begin = lines.piece_first[node]
        for i in range(begin, begin + lines.piece_segments[node]):
            best = min(best, _segment_d2(lines.x_m, lines.y_m, i, x, y))
    return math.sqrt(best)


@compiled(int64(LINES_TYPE, int64, LINES_TYPE, float64, float64, int64, int64[::1]))
def _water_met(
    roads: Lines, segment: int, water: Lines, x: float, y: float, guess: int, nodes: NDArray[np.int64]
) -> int:
    """What water the straight walk from (x, y) to a segment of a road meets first; -1 for none."""
    if len(water.piece_line) == 0:
        return -1
    share = _share(roads.x_m, roads.y_m, segment, x, y)
    foot_x = roads.x_m[segment] + share * (roads.x_m[segment + 1] - roads.x_m[segment])
    foot_y = roads.y_m[segment] + share * (roads.y_m[segment + 1] - roads.y_m[segment])
    return _first_met(water, x, y, foot_x, foot_y, guess, nodes)


@compiled(int8(boolean, boolean, float64, float64, float64))
def _cause(is_attached: bool, sees_main: bool, best_d2: float, island_d2: float, any_d2: float) -> int:
    """``island_d2`` is that of the nearest road off the main component without water between."""
    if is_attached:
        return ATTACHED_PAST_AN_ISLAND if island_d2 < best_d2 else ATTACHED
    if sees_main:
        return ACROSS_WATER
    if island_d2 < math.inf:
        return ON_AN_ISLAND
    return ACROSS_WATER if any_d2 < math.inf else TOO_FAR


_FOUND = types.Tuple((int32, int64, float64, float64, int8))  # type: ignore[no-untyped-call]
_SCRATCH = (int64[::1], float64[::1], int64[::1])


@compiled(_FOUND(LINES_TYPE, read_only(boolean), LINES_TYPE, float64, float64, float64, *_SCRATCH))
def _find_road(
    roads: Lines,
    is_island: NDArray[np.bool_],
    water: Lines,
    x: float,
    y: float,
    limit_m: float,
    nodes: NDArray[np.int64],
    d2s: NDArray[np.float64],
    water_nodes: NDArray[np.int64],
) -> tuple[int, int, float, float, int]:
    """Of one point: road (-1: none), its segment, how far, how far the nearest of any kind is, the cause."""
    road, segment, stopped_by = -1, -1, -1
    best_d2 = island_d2 = any_d2 = math.inf
    sees_main = False
    x_from, y_from = x - roads.origin_x_m, y - roads.origin_y_m
    most_d2 = limit_m * limit_m * _ROOM
    nodes[0], d2s[0], top = roads.level_first[-1] - 1, 0.0, min(len(roads.piece_line), 1)
    while top > 0:
        top -= 1
        node = nodes[top]
        if d2s[top] > most_d2:
            continue
        if node >= roads.level_first[1]:
            top = _open_box(roads, node, x_from, y_from, most_d2, nodes, d2s, top)
            continue
        line, begin = roads.piece_line[node], roads.piece_first[node]
        for i in range(begin, begin + roads.piece_segments[node]):
            d2 = _segment_d2(roads.x_m, roads.y_m, i, x, y)
            if d2 > most_d2 or math.sqrt(d2) > limit_m:
                continue
            any_d2 = min(any_d2, d2)
            if is_island[line]:
                if d2 < min(island_d2, best_d2) and _water_met(roads, i, water, x, y, -1, water_nodes) < 0:
                    island_d2 = d2
                continue
            sees_main = True
            if d2 > best_d2 or (d2 == best_d2 and (line > road or (line == road and i > segment))):
                continue
            met = _water_met(roads, i, water, x, y, stopped_by, water_nodes)
            if met >= 0:
                stopped_by = met
                continue
            road, segment, best_d2, most_d2 = line, i, d2, d2 * _ROOM
    cause = _cause(road >= 0, sees_main, best_d2, island_d2, any_d2)
    return road, segment, math.sqrt(best_d2), math.sqrt(any_d2), cause


@compiled(int8(LINES_TYPE, int32, int64, float64, float64, float64))
def _side(roads: Lines, road: int, segment: int, share: float, x: float, y: float) -> int:
    """+1 left of the road, -1 right of it, 0 straight ahead of one of its ends.

    Where the foot is a bend, one segment alone may lie: the one before and the one after decide together.
    """
    x_m, y_m = roads.x_m, roads.y_m
    foot = segment + 1 if share >= 1.0 else segment
    before = after = segment
    if share <= 0.0 or share >= 1.0:
        first, last = roads.first[road], roads.first[road + 1] - 1
        before, after = foot - 1, foot
        while before >= first and x_m[before] == x_m[before + 1] and y_m[before] == y_m[before + 1]:
            before -= 1
        while after < last and x_m[after] == x_m[after + 1] and y_m[after] == y_m[after + 1]:
            after += 1
        if before < first and after >= last:
            return 0
        before, after = (after if before < first else before), (before if after >= last else after)
    in_x, in_y = x_m[before + 1] - x_m[before], y_m[before + 1] - y_m[before]
    out_x, out_y = x_m[after + 1] - x_m[after], y_m[after + 1] - y_m[after]
    turn = in_x * out_y - in_y * out_x
    if in_x * out_x + in_y * out_y <= 0.0 and turn != 0.0:
        return -1 if turn > 0.0 else 1  # beyond a sharp bend one stands on its outside
    to_x, to_y = x - x_m[foot], y - y_m[foot]
    left = (in_x * to_y - in_y * to_x) + (out_x * to_y - out_y * to_x)
    return 1 if left > 0.0 else -1 if left < 0.0 else 0


@compiled(types.Tuple((float64, int8))(LINES_TYPE, int32, int64, float64, float64, float64))  # type: ignore[no-untyped-call]
def _place(roads: Lines, road: int, segment: int, x: float, y: float, away_m: float) -> tuple[float, int]:
    """Fraction along the road of the foot on that segment, and the side of the road the point is on."""
    whole_m = along_m = 0.0
    share = _share(roads.x_m, roads.y_m, segment, x, y)
    for i in range(roads.first[road], roads.first[road + 1] - 1):
        length_m = math.hypot(roads.x_m[i + 1] - roads.x_m[i], roads.y_m[i + 1] - roads.y_m[i])
        whole_m += length_m
        along_m += length_m if i < segment else share * length_m if i == segment else 0.0
    side = 0
    if away_m > SAME_PLACE_M:
        side = _side(roads, road, segment, share, x, y)
    if along_m <= SAME_PLACE_M or whole_m <= 0.0:
        return 0.0, side
    return (1.0 if along_m >= whole_m - SAME_PLACE_M else along_m / whole_m), side


@compiled(
    types.void(
        *(LINES_TYPE, read_only(boolean), LINES_TYPE, _F64, _F64, _F64, _I64),
        *(int32[::1], float64[::1], float64[::1], float64[::1], int8[::1], int8[::1]),
    )
)
def stand(
    roads: Lines,
    is_island: NDArray[np.bool_],
    water: Lines,
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    limit_m: NDArray[np.float64],
    order: NDArray[np.int64],
    road: NDArray[np.int32],
    fraction: NDArray[np.float64],
    access_m: NDArray[np.float64],
    nearest_m: NDArray[np.float64],
    side: NDArray[np.int8],
    cause: NDArray[np.int8],
) -> None:
    """Fill the six last, one entry a point, as ``routing.snap.Attachment`` says; ``is_island`` one entry a road.

    Points are looked at in ``order``, a permutation: it changes how fast, not what.
    A road is taken when the walk to it is within the limit (the limit included) and meets no water between
    its ends; of roads as near, the lowest number.
    """
    nodes, d2s, water_nodes = np.empty(_STACK, np.int64), np.empty(_STACK), np.empty(_STACK, np.int64)
    for p in order:
        road[p], segment, access_m[p], nearest_m[p], cause[p] = _find_road(
            roads, is_island, water, x_m[p], y_m[p], limit_m[p], nodes, d2s, water_nodes
        )
        fraction[p], side[p] = 0.0, 0
        if road[p] >= 0:
            fraction[p], side[p] = _place(roads, road[p], segment, x_m[p], y_m[p], access_m[p])
        elif cause[p] == TOO_FAR:
            nearest_m[p] = _nearest_m(roads, x_m[p], y_m[p], nodes, d2s)
