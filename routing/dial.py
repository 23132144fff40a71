"""Dijkstra's search with one bucket per decisecond (Dial 1969) instead of a heap.

Times are whole, so a bucket holds nodes of exactly one time. Every arc weighs at least 1, so when a bucket is
opened its nodes are final, and so is which site is theirs: of those that come first together, the lowest
index, whatever the order of discovery.
"""

from __future__ import annotations

import numpy as np
from numba import int32, types
from numpy.typing import NDArray

from routing.compiled import compiled, read_only
from routing.graph import UNREACHED_DS

_INT32S = read_only(int32)
_TWO_INT32S = types.Tuple((int32[::1], int32[::1]))  # type: ignore[no-untyped-call]


@compiled(_TWO_INT32S(_INT32S, _INT32S, _INT32S, _INT32S, _INT32S, _INT32S, types.int64, types.int64))
def nearest_seed(  # noqa: PLR0912, PLR0915
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    weight_ds: NDArray[np.int32],
    seed_node: NDArray[np.int32],
    seed_ds: NDArray[np.int32],
    seed_site: NDArray[np.int32],
    limit_ds: int,
    heaviest_ds: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Search from all seeds at once (sorted by time): (time_ds int32[n], site int32[n]).

    Pending nodes lie within ``heaviest_ds`` of the current time, so as many buckets, used in a circle,
    suffice. A node is entered again each time it improves; the entries left behind are passed over.
    """
    n = len(first_out) - 1
    time_ds = np.full(n, UNREACHED_DS, np.int32)
    site = np.full(n, -1, np.int32)
    bucket_count = 1
    while bucket_count <= heaviest_ds:
        bucket_count *= 2
    mask = bucket_count - 1
    first_entry = np.full(bucket_count, -1, np.int32)
    # An arc is looked at once, when its start is final: it enters its end once at most.
    entry_node = np.empty(len(head) + len(seed_node), np.int32)
    next_entry = np.empty(len(head) + len(seed_node), np.int32)
    entry_count = 0
    pending = 0
    seed = 0
    now = 0
    while True:
        if pending == 0:
            if seed == len(seed_ds) or seed_ds[seed] > limit_ds:
                break
            now = max(now, seed_ds[seed])
        while seed < len(seed_ds) and seed_ds[seed] == now and now <= limit_ds:
            u = seed_node[seed]
            if now < time_ds[u]:
                time_ds[u] = now
                site[u] = seed_site[seed]
                entry_node[entry_count] = u
                next_entry[entry_count] = first_entry[now & mask]
                first_entry[now & mask] = entry_count
                entry_count += 1
                pending += 1
            elif now == time_ds[u]:
                site[u] = min(site[u], seed_site[seed])
            seed += 1
        entry = first_entry[now & mask]
        first_entry[now & mask] = -1
        while entry >= 0:
            u = entry_node[entry]
            entry = next_entry[entry]
            pending -= 1
            if time_ds[u] < now:
                continue
            for arc in range(first_out[u], first_out[u + 1]):
                v = head[arc]
                then = now + weight_ds[arc]
                if then < time_ds[v]:
                    if then > limit_ds:
                        continue
                    time_ds[v] = then
                    site[v] = site[u]
                    entry_node[entry_count] = v
                    next_entry[entry_count] = first_entry[then & mask]
                    first_entry[then & mask] = entry_count
                    entry_count += 1
                    pending += 1
                elif then == time_ds[v] and site[u] < site[v]:
                    site[v] = site[u]
        now += 1
    return time_ds, site
