"""The search benchmark (``bench_search``) as a section of tables."""

from __future__ import annotations

from benchmarks import bench_search
from benchmarks.surroundings import digests, real_file
from benchmarks.tables import Line, Section
from data.roads import read_roads

#: ms, to the nearest of 37 sites from every node of Corsica.
GOAL_MS = 5.0


def measure() -> Section:
    """Ours beside scipy and networkx on the same arrays, equal at every node before any clock."""
    files = {path: real_file(path) for path in (bench_search.ROADS, bench_search.SITES)}
    graph, _ = read_roads(files[bench_search.ROADS], name="corse")
    sites = bench_search.read_sites(files[bench_search.SITES], graph)
    section = Section("search", "nearest site from every node, Corsica", inputs=digests(files))
    for what, ours, scipy, networkx in bench_search.compare(graph, bench_search.on_junctions(sites)):
        goal = None if section.lines else GOAL_MS
        section.lines.append(Line(what, ours, "ms", goal, {"scipy": scipy, "networkx": networkx}))
    section.lines += [Line(what, took, "ms") for what, took in bench_search.time_the_rest(graph, sites)]
    section.notes += [
        f"{graph.node_count} nodes, {len(graph.forward.head)} arcs; medians, one thread, compiled beforehand.",
        "Equal to the decisecond at every node: scipy's dijkstra(min_only) on the same arrays after summing out "
        "parallel arcs by minimum, networkx's multi_source_dijkstra on every arc.",
    ]
    return section
