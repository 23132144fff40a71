"""Run by ``.peers/venv``, never by ours: ``peers_pandana.py ASKED.npz ANSWERED.npz ANSWERED.json``.

Times go into the JSON: pandana itself talks on the standard output. See ``benchmarks.peers.pandana_nearest`` for what is in the files.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandana  # type: ignore[import-not-found]
import pandas as pd


def main(asked: str, answered: str, figures_json: str) -> None:
    data = np.load(asked)
    limit, sites = float(data["limit_ds"]), data["site_node"]
    # Places only serve to find the node of a site: every node has its own here, even where several stand together.
    place = np.arange(int(data["node_count"]), dtype=np.float64)
    x, y = pd.Series(place), pd.Series(np.zeros(len(place)))
    weights = pd.DataFrame({"weight": data["weight_ds"].astype(np.float64)})
    start_s = time.perf_counter()
    start, end = pd.Series(data["start"]).astype(np.int64), pd.Series(data["end"]).astype(np.int64)
    network = pandana.Network(x, y, start, end, weights, twoway=False)
    build_s = time.perf_counter() - start_s
    start_s = time.perf_counter()
    if data["precomputes"]:
        network.precompute(limit)
    precompute_s = time.perf_counter() - start_s
    start_s = time.perf_counter()
    network.set_pois("sites", limit, 1, pd.Series(place[sites]), pd.Series(np.zeros(len(sites))))
    set_pois_s = time.perf_counter() - start_s
    query_ms = []
    for _ in range(int(data["repeats"])):
        start_s = time.perf_counter()
        found = network.nearest_pois(limit, "sites", num_pois=1)
        query_ms.append(1000 * (time.perf_counter() - start_s))
    np.savez(answered, time_ds=found[1].to_numpy(np.float64))
    versions = {name: version(name) for name in ("pandana", "numpy", "pandas")}
    figures = {"build_s": build_s, "precompute_s": precompute_s, "set_pois_s": set_pois_s, "query_ms": query_ms}
    Path(figures_json).write_text(json.dumps(figures | {"versions": versions}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
