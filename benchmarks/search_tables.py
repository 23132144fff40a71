"""The search benchmarks (``bench_search``) as a section of tables: Corsica, Midi-Pyrénées, a made-up département."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import bench_search as bench
from benchmarks.peers import pandana_nearest
from benchmarks.surroundings import MissingDataError, digests, real_file
from benchmarks.synthetic import SIDE, departement, tiled
from benchmarks.tables import Line, Section, quantity
from data.roads import read_roads
from routing.dial import arcs_of, ready
from routing.graph import RoadGraph
from routing.graph_files import open_graph, save_graph
from routing.many import reach_each

FILES = {
    "Corsica": "corse/routes/corse_reconstruit_longueurs_vraies.osm.pbf",
    "Midi-Pyrénées": "midi-pyrenees/routes/midi_pyrenees_reconstruit.osm.pbf",
}
SITES, MANY_SITES, SEARCHES, NETWORKX_SEARCHES, SCIPY_SEARCHES = 300, 1_000, 300, 3, 60
#: Where pandana is asked: it prepares a graph for minutes.
PANDANA = tuple(FILES)
#: pandana answers within a distance: a whole day, farther than any node here.
PANDANA_LIMIT_DS = 864_000
COLUMNS, ROWS = 10, 6  # of the tiling: 15 million junctions


def measure() -> Section:
    """Every graph in turn; the made-up one carries the goals. Equal at every node before any clock."""
    files = {name: real_file(path) for name, path in FILES.items()}
    section = Section("search", "times over road graphs", inputs=digests(files))
    graphs = {name: read_roads(path, name=name)[0] for name, path in files.items()}
    graphs["made-up département"] = departement()
    for name, graph in graphs.items():
        _measure_graph(section, name, graph, has_goals=name not in FILES)
    section.notes += [
        "Medians, one thread unless said, compiled beforehand; ours and the others take turns on the same arcs.",
        "Times equal at every node: scipy's dijkstra and networkx's multi_source_dijkstra, before any clock. Turn "
        "states, delays and the seeds of attached points are in ours.",
        "The bound: arcs out of the nodes reached x one independent random read in an array as large as what one "
        "search touches (labels, first arcs and arcs of the nodes reached), the least that looking at their ends costs.",
        "A what-if step touches the cell of one site: beside a whole search it can win about as many times as there "
        "are sites, less what one call costs; hence the lines with more sites. ``reach`` is brought up to date when asked.",
    ]
    return section


def _measure_graph(section: Section, name: str, graph: RoadGraph, *, has_goals: bool) -> None:
    arcs = graph.forward.arc_count
    section.notes.append(f"{name}: {graph.node_count:,} nodes (turn states included), {arcs:,} arcs.")
    section.lines += _bounded(name, graph)
    section.lines.append(_nearest(name, graph))
    section.lines += _what_if(name, graph, has_goals=has_goals)
    section.lines += _threads_and_memory(name, graph)
    if has_goals:
        section.lines.append(_size(graph))


def _bounded(name: str, graph: RoadGraph) -> list[Line]:
    points = bench.on_junctions(graph, SCIPY_SEARCHES)
    took, nodes, arcs = bench.bounded(graph, points, NETWORKX_SEARCHES)
    touched_words = round(1.5 * nodes + arcs)  # a label and where its arcs begin, and the arcs
    touched_ns, whole_ns = (bench.random_access_ns(words) for words in (touched_words, graph.forward.arc_count))
    ours = took.pop("ours")
    bound_ms = arcs * touched_ns * 1e-6
    note = f"{nodes:,.0f} nodes reached, {arcs:,.0f} arcs looked at"
    reads = f"{touched_ns:.2f} ns a read in {touched_words / 131_072:.1f} MB ({whole_ns:.2f} in an array of all arcs)"
    return [
        Line(f"{name}: 30 min round one point", ours, "ms", None, took, note, peer_goals={"scipy": 5, "networkx": 70}),
        Line(f"{name}: the same over its bound", ours / bound_ms, "×", 8.0, note=reads),
    ]


def _nearest(name: str, graph: RoadGraph) -> Line:
    sites = bench.on_junctions(graph, SITES)
    took, times = bench.nearest(graph, sites)
    ours = took.pop("ours")
    what, note = f"{name}: nearest of {SITES} sites, all nodes", ""
    if name not in PANDANA:
        return Line(what, ours, "ms", None, took, peer_goals={"scipy": 2.5})
    try:
        found = pandana_nearest(
            node_count=graph.node_count,
            start=np.repeat(np.arange(graph.node_count, dtype=np.int32), np.diff(graph.forward.first_out)),
            end=graph.forward.head,
            weight_ds=graph.forward.weight_ds,
            site_node=np.array(bench.nodes_of(graph, sites), np.int32),
            limit_ds=PANDANA_LIMIT_DS,
            repeats=3,
            precomputes=False,
        )
    except MissingDataError as absent:
        note = str(absent)
    else:
        theirs = np.where(found.time_ds >= PANDANA_LIMIT_DS, np.inf, found.time_ds)
        took["pandana"] = float(np.median(found.query_ms))
        note = f"pandana prepares for {found.build_s:.1f} s; equal at {np.mean(theirs == times):.2%} of the nodes"
    goals = {"scipy": 2.5, "pandana": 90.0}
    return Line(what, ours, "ms", None, took, note, peer_goals=goals)


def _what_if(name: str, graph: RoadGraph, *, has_goals: bool) -> list[Line]:
    lines = []
    for site_count in (SITES, MANY_SITES) if has_goals else (SITES,):
        steps, recomputing_ms = bench.what_if(graph, bench.along_roads(graph, site_count))
        for what, took in steps.items():
            median, p95 = (quantity(1000 * float(np.percentile(took, q)), "µs") for q in (50, 95))
            named = f"{name}: {what} one of {site_count} sites"
            goals = {"recomputing": 300.0} if has_goals and site_count == SITES else {}
            peers = {"recomputing": recomputing_ms}
            lines.append(Line(named, float(np.median(took)), "ms", None, peers, f"median {median}", peer_goals=goals))
            lines.append(Line(f"{named}, p95", float(np.percentile(took, 95)), "ms", 1.0, note=f"p95 {p95}"))
    return lines


def _threads_and_memory(name: str, graph: RoadGraph) -> list[Line]:
    points = bench.along_roads(graph, SEARCHES)
    search = partial(reach_each, graph, points, bench.LIMIT_DS, "arrival")
    took = bench.side_by_side({str(threads): (partial(search, threads=threads), 9) for threads in (1, 2)})
    both = arcs_of(graph, "arrival").nbytes + arcs_of(graph, "departure").nbytes
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "graph"
        save_graph(graph, saved)
        opening_ms = bench.median_ms(lambda: open_graph(saved))
        first_ms = bench.median_ms(
            lambda: reach_each(open_graph(saved), bench.one(points, 0), bench.LIMIT_DS, "arrival", threads=1)
        )
    note = f"{took['1']:.0f} ms, then {took['2']:.0f} ms"
    gain = took["1"] / took["2"]
    return [
        Line(f"{name}: {SEARCHES} searches, two threads", gain, "×", 1.8, note=note, at_least=True),
        Line(f"{name}: memory per million arcs, both ways", both / graph.forward.arc_count, "MB", 20.0),
        Line(f"{name}: open a saved graph", opening_ms, "ms", 10.0),
        Line(
            f"{name}: open it and search 30 min round one point", first_ms, "ms", note="a new workspace, nothing copied"
        ),
    ]


def _size(graph: RoadGraph) -> Line:
    """The same 60 searches in the département and in copies of it among fifteen million junctions."""
    middle = np.abs(np.column_stack([graph.node_x_m, graph.node_y_m]) - graph.node_x_m.max() / 2).max(axis=1)
    nodes = np.flatnonzero(middle < 0.12 * graph.node_x_m.max()).astype(np.int32)
    nodes = np.random.default_rng(5).choice(nodes, SCIPY_SEARCHES)
    small_ms, small = bench.bounded_from_nodes(arcs_of(graph, "departure"), nodes)
    csr = tiled(graph, COLUMNS, ROWS, SIDE)
    large = ready(csr)
    copy = np.random.default_rng(6).integers(0, COLUMNS * ROWS, len(nodes)).astype(np.int32)
    large_ms, found = bench.bounded_from_nodes(large, nodes + copy * np.int32(graph.node_count))
    for one, other in zip(small, found, strict=True):
        np.testing.assert_array_equal(one, other)
    note = f"{small_ms:.2f} ms, then {large_ms:.2f} ms; {large.node_count / 1e6:.1f} M nodes, {csr.arc_count / 1e6:.1f} M arcs"
    return Line("30 min among 15 million junctions over 250,000", large_ms / small_ms, "×", 1.6, note=note)
