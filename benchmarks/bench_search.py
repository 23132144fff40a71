"""Our search beside scipy's and networkx's, on the roads of Corsica, with equality checked before any clock.

``python -m benchmarks.bench_search [ROADS.osm.pbf [SITES.geojson]]``; without arguments, the files of
``ACCUEIL30_REAL_DATA``. Read the ratios: times change from machine to machine, and with the company it keeps.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx
import numpy as np
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from scipy.sparse.csgraph import dijkstra  # type: ignore[import-untyped]

from data.measure import project
from data.roads import read_roads
from routing.graph import UNREACHED_DS, Csr, RoadGraph
from routing.graph_files import open_graph, save_graph
from routing.isochrone import isochrones
from routing.search import times_at, times_to_sites
from routing.snap import Attachment, attach

LIMIT_DS = 18_000
ROADS = "corse/routes/corse_reconstruit_longueurs_vraies.osm.pbf"
SITES = "corse/points/points_corse_geolocalises.geojson"


def median_ms(work: Callable[[], object], repeats: int = 15) -> float:
    took_s = []
    for _ in range(repeats):
        start_s = time.perf_counter()
        work()
        took_s.append(time.perf_counter() - start_s)
    return 1000 * float(np.median(took_s))


def lightest_matrix(csr: Csr) -> csr_matrix:
    """scipy adds parallel arcs up: keep the lightest of each pair of nodes."""
    n = len(csr.first_out) - 1
    start = np.repeat(np.arange(n), np.diff(csr.first_out))
    order = np.lexsort((csr.weight_ds, csr.head, start))
    start, head, weight = start[order], csr.head[order], csr.weight_ds[order].astype(float)
    first = np.ones(len(start), np.bool_)
    first[1:] = (np.diff(start) != 0) | (np.diff(head) != 0)
    return csr_matrix((weight[first], (start[first], head[first])), shape=(n, n))


def networkx_twin(csr: Csr) -> networkx.MultiDiGraph[int]:
    start = np.repeat(np.arange(len(csr.first_out) - 1), np.diff(csr.first_out))
    twin: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
    twin.add_nodes_from(range(len(csr.first_out) - 1))
    twin.add_weighted_edges_from(zip(start.tolist(), csr.head.tolist(), csr.weight_ds.tolist(), strict=True))
    return twin


def on_junctions(points: Attachment) -> Attachment:
    """The starts of the roads of these points: the others search from nodes only."""
    starts = np.zeros(len(points))
    return Attachment(points.road, starts, starts)


def read_sites(path: Path, graph: RoadGraph) -> Attachment:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    kept = [f for f in features if f["properties"].get("source", "").startswith("france-services")] or features
    lon, lat = np.array([f["geometry"]["coordinates"] for f in kept], np.float64).T
    return attach(graph, *project(lon, lat, graph.meta.crs_epsg), 1000.0)


def compare(graph: RoadGraph, sites: Attachment) -> list[tuple[str, float, float, float]]:
    """(question, ours, scipy, networkx) in ms, once all three have given the same answer at every node."""
    matrix, twin = lightest_matrix(graph.backward), networkx_twin(graph.backward)
    nodes = graph.road_tail[sites.road].tolist()
    first, one = nodes[0], sites.take(np.array([0]))

    def scipy_nearest() -> Any:
        return dijkstra(matrix, indices=nodes, min_only=True)

    def networkx_nearest() -> dict[int, float]:
        return dict(networkx.multi_source_dijkstra_path_length(twin, set(nodes)))

    ours = times_to_sites(graph, sites).time_ds.astype(float)
    ours[ours == UNREACHED_DS] = np.inf
    np.testing.assert_array_equal(ours, scipy_nearest())
    found = networkx_nearest()
    np.testing.assert_array_equal(ours, [found.get(node, np.inf) for node in range(graph.node_count)])
    return [
        (
            f"nearest of {len(sites)} sites, all {graph.node_count} nodes",
            median_ms(lambda: times_to_sites(graph, sites)),
            median_ms(scipy_nearest),
            median_ms(networkx_nearest, 3),
        ),
        (
            "one site, 30 min",
            median_ms(lambda: times_to_sites(graph, one, LIMIT_DS)),
            median_ms(lambda: dijkstra(matrix, indices=first, limit=LIMIT_DS)),
            median_ms(lambda: networkx.single_source_dijkstra_path_length(twin, first, cutoff=LIMIT_DS), 5),
        ),
    ]


def time_the_rest(graph: RoadGraph, sites: Attachment) -> list[tuple[str, float]]:
    """What has no twin elsewhere, in ms."""
    random = np.random.default_rng(0)
    node = random.integers(0, graph.node_count, 10_000)
    x_m, y_m = graph.node_x_m[node] + 50.0, graph.node_y_m[node] + 50.0
    points = attach(graph, x_m, y_m, 5000.0)
    one = sites.take(np.array([0]))
    everywhere = times_to_sites(graph, sites)
    near = times_to_sites(graph, one, round(LIMIT_DS * 1.1))
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "graph"
        save_graph(graph, saved)
        opening_ms = median_ms(lambda: open_graph(saved))
    return [
        ("attach 10,000 points", median_ms(lambda: attach(graph, x_m, y_m, 5000.0), 5)),
        ("times of 10,000 points", median_ms(lambda: times_at(graph, everywhere, sites, points, "arrival"))),
        ("isochrone of 30 min, search apart", median_ms(lambda: isochrones(graph, near, one, [1800.0]))),
        (
            "isochrones of 10, 20, 30 min",
            median_ms(lambda: isochrones(graph, near, one, [600.0, 1200.0, 1800.0])),
        ),
        ("open a saved graph", opening_ms),
    ]


def main(arguments: list[str]) -> None:
    real_data = Path(os.environ.get("ACCUEIL30_REAL_DATA", "../shared/data"))
    roads = Path(arguments[0]) if arguments else real_data / ROADS
    points = Path(arguments[1]) if len(arguments) > 1 else real_data / SITES
    start_s = time.perf_counter()
    graph, _ = read_roads(roads, name=roads.stem)
    reading_s = time.perf_counter() - start_s
    print(f"{graph.node_count} nodes, {len(graph.forward.head)} arcs, read in {reading_s:.1f} s")
    sites = read_sites(points, graph)
    print(f"{'':44}{'ours':>10}{'scipy':>16}{'networkx':>18}")
    for name, ours_ms, scipy_ms, networkx_ms in compare(graph, on_junctions(sites)):
        print(
            f"{name:44}{ours_ms:7.2f} ms{scipy_ms:8.2f} ms ×{scipy_ms / ours_ms:<5.1f}"
            f"{networkx_ms:8.1f} ms ×{networkx_ms / ours_ms:<5.0f}"
        )
    for name, took_ms in time_the_rest(graph, sites):
        print(f"{name:44}{took_ms:7.2f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
