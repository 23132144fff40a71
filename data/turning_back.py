"""Where nobody turns round to dodge a restriction.

One may turn round at any node of the graph at no cost, which changes no shortest way but those that a turn restriction
closes: forbidden to turn left, one would go straight on for ten metres, turn round, and turn right. Nobody does. So who
has just met a restriction does not turn round on its own way (through ways), nor in the first ``TURN_BACK_M`` after it,
except at a dead end, where there is no other way out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from data.restrictions import Path, RoadEnds

#: There and back at 30 km/h this takes 24 s; OSRM counts 20 s for turning round (car.lua 26.10, u_turn_penalty).
TURN_BACK_M: Final = 100.0
_MOST_ROADS: Final = 12  # in the first TURN_BACK_M, were they all of no length


def turnings_back(roads: RoadEnds, forbidden: Iterable[Path]) -> list[Path]:
    """Paths to forbid besides ``forbidden``: those that end by turning round too near a restriction, sorted."""
    known = set(forbidden)
    search = _Search(roads, known)
    for start in {path[:-1] for path in known}:
        search.forbid_back_along(start)
        search.go_on(start, 0.0, _MOST_ROADS)
    return sorted(search.found - known)


class _Search:
    def __init__(self, roads: RoadEnds, forbidden: set[Path]) -> None:
        self._roads = roads
        self._forbidden = forbidden
        self.found: set[Path] = set()
        open_roads = [2 * np.flatnonzero(roads.forward_is_open), 2 * np.flatnonzero(roads.backward_is_open) + 1]
        directed = np.concatenate(open_roads)
        start = np.concatenate((roads.pieces.tail[open_roads[0] >> 1], roads.pieces.head[open_roads[1] >> 1]))
        order = np.argsort(start, kind="stable")
        self._directed, self._start = directed[order], start[order]

    def forbid_back_along(self, path: Path) -> None:
        """No turning round between the roads of ``path`` nor at its end, unless nothing else was ever left to do."""
        had_choice = False
        for length in range(1, len(path) + 1):
            ways_on = self._ways_on(path[:length])
            had_choice = had_choice or bool([road for road in ways_on if road not in path[length : length + 1]])
            if length > 1 and had_choice:
                self._forbid_back(path[:length])

    def _forbid_back(self, path: Path) -> None:
        if self._roads.is_open(path[-1] ^ 1):
            self.found.add((*path, path[-1] ^ 1))

    def go_on(self, path: Path, driven_m: float, roads_left: int) -> None:
        for road in self._ways_on(path):
            longer, far_m = (*path, road), driven_m + float(self._roads.length_m[road >> 1])
            if far_m < TURN_BACK_M and roads_left > 0:
                if self._ways_on(longer):
                    self._forbid_back(longer)
                self.go_on(longer, far_m, roads_left - 1)

    def _ways_on(self, path: Path) -> list[int]:
        """Directed roads by which one may go on, turning round apart."""
        first, last = np.searchsorted(self._start, (node := self._roads.end(path[-1]), node + 1))
        on = self._directed[first:last].tolist()
        return [road for road in on if road != path[-1] ^ 1 and not self._is_forbidden((*path, road))]

    def _is_forbidden(self, path: Path) -> bool:
        return any(path[start:] in self._forbidden for start in range(len(path) - 1))
