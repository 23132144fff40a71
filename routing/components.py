"""Strongly connected components: from where can one both leave and come back."""

from __future__ import annotations

import numpy as np
from numba import int32
from numpy.typing import NDArray

from routing.compiled import compiled, read_only


def largest_strong_component(first_out: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which nodes belong to the largest strongly connected component: bool[n].

    ``first_out`` int32[n + 1] and ``head`` int32[m] as in ``Csr``. Of two components of one size, the one
    that holds the lowest node.
    """
    component = strong_components(first_out, head)
    if len(component) == 0:
        return np.empty(0, np.bool_)
    sizes = np.bincount(component)
    in_a_largest = sizes[component] == sizes.max()
    main: NDArray[np.bool_] = component == component[np.argmax(in_a_largest)]
    return main


@compiled(int32[::1](read_only(int32), read_only(int32)))
def strong_components(first_out: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int32]:
    """Label of the strongly connected component of each node: int32[n], from 0 (Tarjan, no recursion)."""
    n = len(first_out) - 1
    met_at = np.full(n, -1, np.int32)  # when the node was first met
    low = np.empty(n, np.int32)  # the earliest node still open that it leads back to
    component = np.full(n, -1, np.int32)
    cursor = first_out[:-1].copy()  # next arc to follow out of each node
    open_nodes = np.empty(n, np.int32)
    path = np.empty(n, np.int32)
    open_count = 0
    met_count = 0
    component_count = 0
    for root in range(n):
        if met_at[root] >= 0:
            continue
        depth = 0
        path[0] = root
        while depth >= 0:
            u = path[depth]
            if met_at[u] < 0:
                met_at[u] = met_count
                low[u] = met_count
                met_count += 1
                open_nodes[open_count] = u
                open_count += 1
            if cursor[u] < first_out[u + 1]:
                v = head[cursor[u]]
                cursor[u] += 1
                if met_at[v] < 0:
                    depth += 1
                    path[depth] = v
                elif component[v] < 0:
                    low[u] = min(low[u], met_at[v])
                continue
            if low[u] == met_at[u]:
                v = np.int32(-1)
                while v != u:
                    open_count -= 1
                    v = open_nodes[open_count]
                    component[v] = component_count
                component_count += 1
            depth -= 1
            if depth >= 0:
                low[path[depth]] = min(low[path[depth]], low[u])
    return component
