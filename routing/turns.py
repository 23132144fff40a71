"""Turn restrictions: which memory a driver must keep, and where, so that every forbidden path is respected.

A *directed road* is ``2 * road`` driven from tail to head, ``2 * road + 1`` from head to tail. A *forbidden
path* is a list of directed roads: who has driven the first ones in that order may not go on by the last one.
Whether a path is forbidden depends on its end only, so a driver need remember no more than the longest piece
just driven that begins a forbidden path: the states of the automaton of Aho and Corasick (1975) over directed
roads. A junction where one may remember something has as many more nodes, *turn states*; all others are left
as they are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

_FORBIDDEN = -1
_NOTHING = 0  # the state of who remembers nothing: the junction itself


@dataclass(frozen=True, slots=True, eq=False)
class TurnStates:
    """s states beside the junctions, the b directed roads that lead to one, and the a arcs that leave them.

    Arcs out of the junctions themselves are not listed: they are all the open directed roads.
    """

    junction: Int64  # [s] the junction each state doubles
    first_road: Int64  # [b] directed roads that begin a forbidden path, in growing order
    first_state: Int64  # [b] the state of who has driven it, coming with no memory
    arc_state: Int64  # [a] the state left
    arc_road: Int64  # [a] the directed road taken
    arc_to: Int64  # [a] the state come to; -1 for the junction at the end of the road, with no memory


def turn_states(
    paths: Sequence[Sequence[int]], start: NDArray[np.integer], end: NDArray[np.integer], is_open: NDArray[np.bool_]
) -> TurnStates:
    """The states that the forbidden ``paths`` ask for, those no driver can be in left out.

    ``start``, ``end`` (junctions) and ``is_open`` are columns over the directed roads, two per road. States of
    a junction from which the same is permitted, now and later, are one. Raises ValueError naming the first
    path of fewer than two roads, of an unknown or closed road, or that is not one line.
    """
    _check(paths, start, end, is_open)
    if len(paths) == 0:
        nothing = np.empty(0, np.int64)
        return TurnStates(nothing, nothing, nothing, nothing, nothing, nothing)
    automaton = _automaton(paths)
    ways_out = _ways_out(paths, start, end, is_open)
    moves = {}
    pending = deque(automaton.children[_NOTHING].values())
    while pending:
        state = pending.popleft()
        if state in moves:
            continue
        moves[state] = automaton.moves(state, ways_out[int(end[automaton.last[state]])])
        pending.extend(to for _, to in moves[state] if to != _NOTHING)
    junction = {state: int(end[automaton.last[state]]) for state in moves}
    return _columns(automaton, _merged(moves, junction), moves, junction)


@dataclass(frozen=True, slots=True)
class _Automaton:
    """Its states are the beginnings of the paths, whole paths included; state 0 is the empty beginning."""

    children: list[dict[int, int]]
    fallback: list[int]  # the longest shorter beginning that the same drive ends with
    last: list[int]  # last directed road driven
    is_forbidden: list[bool]  # the drive ends with a whole path

    def after(self, state: int, road: int) -> int:
        """The state of who goes on by ``road``."""
        while state != _NOTHING and road not in self.children[state]:
            state = self.fallback[state]
        return self.children[state].get(road, _NOTHING)

    def moves(self, state: int, ways_out: list[int]) -> list[tuple[int, int]]:
        """(directed road, state come to) of each permitted way out."""
        come_to = [(road, self.after(state, road)) for road in ways_out]
        return [(road, to) for road, to in come_to if not self.is_forbidden[to]]


def _automaton(paths: Sequence[Sequence[int]]) -> _Automaton:
    made = _Automaton([{}], [_NOTHING], [-1], [False])
    for path in paths:
        state = _NOTHING
        for road in map(int, path):
            longer = made.children[state].get(road)
            if longer is None:
                longer = made.children[state][road] = len(made.last)
                made.children.append({})
                made.fallback.append(_NOTHING)
                made.last.append(road)
                made.is_forbidden.append(False)
            state = longer
        made.is_forbidden[state] = True
    pending = deque(made.children[_NOTHING].values())
    while pending:  # by growing length: a fallback is shorter, so known already
        state = pending.popleft()
        for road, longer in made.children[state].items():
            made.fallback[longer] = made.after(made.fallback[state], road)
            made.is_forbidden[longer] |= made.is_forbidden[made.fallback[longer]]
            pending.append(longer)
    return made


def _ways_out(
    paths: Sequence[Sequence[int]], start: NDArray[np.integer], end: NDArray[np.integer], is_open: NDArray[np.bool_]
) -> dict[int, list[int]]:
    """The open directed roads that leave each junction where a path may have to be remembered."""
    crossed = end[np.fromiter(chain.from_iterable(path[:-1] for path in paths), np.int64)]
    is_crossed = np.zeros(int(max(start.max(), end.max())) + 1, np.bool_)
    is_crossed[crossed] = True
    roads = np.flatnonzero(is_crossed[start] & is_open)
    ways_out: dict[int, list[int]] = {junction: [] for junction in np.unique(crossed).tolist()}
    for junction, road in zip(start[roads].tolist(), roads.tolist(), strict=True):
        ways_out[junction].append(road)
    return ways_out


def _merged(moves: dict[int, list[tuple[int, int]]], junction: dict[int, int]) -> dict[int, int]:
    """One number for all states of a junction that behave the same (Moore 1956: split until nothing differs)."""
    label = dict(junction)
    count = len(set(label.values()))
    while True:
        met: dict[object, int] = {}
        finer = {}
        for state, permitted in moves.items():
            behaviour = tuple((road, label[to] if to != _NOTHING else _FORBIDDEN) for road, to in permitted)
            finer[state] = met.setdefault((label[state], behaviour), len(met))
        label = finer
        if len(met) == count:
            return label
        count = len(met)


def _columns(
    automaton: _Automaton, label: dict[int, int], moves: dict[int, list[tuple[int, int]]], junction: dict[int, int]
) -> TurnStates:
    """Labels were given in the order states were met, so the first state of each label comes in order too."""
    of_label: dict[int, int] = {}
    for state, number in label.items():
        of_label.setdefault(number, state)
    arcs = [
        (number, road, label[to] if to != _NOTHING else -1)
        for number, state in of_label.items()
        for road, to in moves[state]
    ]
    first = sorted((road, label[state]) for road, state in automaton.children[_NOTHING].items())
    return TurnStates(
        np.array([junction[state] for state in of_label.values()], np.int64),
        *np.array(first, np.int64).reshape(-1, 2).T.copy(),
        *np.array(arcs, np.int64).reshape(-1, 3).T.copy(),
    )


def _check(
    paths: Sequence[Sequence[int]], start: NDArray[np.integer], end: NDArray[np.integer], is_open: NDArray[np.bool_]
) -> None:
    length = np.fromiter(map(len, paths), np.int64, len(paths))
    _refuse(paths, length < 2, np.arange(len(paths)), "fewer than two roads")
    road = np.fromiter(chain.from_iterable(paths), np.int64, int(length.sum()))
    path = np.repeat(np.arange(len(paths)), length)
    _refuse(paths, (road < 0) | (road >= len(start)), path, "an unknown road")
    _refuse(paths, ~is_open[road], path, "a road closed in that direction")
    is_broken = (path[1:] == path[:-1]) & (end[road[:-1]] != start[road[1:]])
    _refuse(paths, is_broken, path[1:], "a road that does not start where the one before ends")


def _refuse(paths: Sequence[Sequence[int]], is_wrong: NDArray[np.bool_], path: Int64, why: str) -> None:
    if is_wrong.any():
        first = int(path[np.argmax(is_wrong)])
        raise ValueError(f"forbidden path {first} {list(map(int, paths[first]))}: {why}")
