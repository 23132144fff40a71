"""From a file of roads to a graph with travel times: ours beside OSMnx, in one run on the same roads."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import osmium
import osmnx

from benchmarks.tables import Line
from data.roads import read_roads


def measure(pbf: Path) -> Line:
    """Seconds of each, once. OSMnx reads XML only: the conversion is made beforehand, and not counted."""
    with tempfile.TemporaryDirectory() as folder:
        xml = Path(folder) / "roads.osm"
        _convert(pbf, xml)
        start_s = time.perf_counter()
        graph, _ = read_roads(pbf, name="corse")
        ours_s = time.perf_counter() - start_s
        start_s = time.perf_counter()
        theirs = osmnx.graph_from_xml(xml)
        osmnx.add_edge_travel_times(osmnx.add_edge_speeds(theirs, fallback=50))
        theirs_s = time.perf_counter() - start_s
    note = f"{graph.node_count} nodes; OSMnx {len(theirs)}, from XML, largest component, simplified"
    return Line("roads: file to graph with times", ours_s, "s", peers={"OSMnx": theirs_s}, note=note)


def _convert(pbf: Path, xml: Path) -> None:
    with osmium.SimpleWriter(str(xml)) as writer:
        for thing in osmium.FileProcessor(str(pbf)):
            writer.add(thing)
