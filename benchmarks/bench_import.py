"""From a PBF to a graph one can search: ours beside Valhalla's tiles, OSRM's extract, pyrosm's network.

Each is a whole process, from its start to its end, measured from outside in the same way (wait4): what starting
Python and loading libraries costs is in our figure and in pyrosm's. Valhalla and OSRM take the two cores they are
given, we take one. OSRM's figure is the extract alone, without the contraction that it needs before any question.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.peers import ProcessCost, engines_folder, measure_ours, measure_process, peers_python
from benchmarks.surroundings import digests, on_two_cores, real_file
from benchmarks.tables import Line, Section
from data.engines.osrm import extract_command, link_extract
from data.engines.valhalla import build_command, write_config

FILES = {
    "Corsica": "corse/routes/corse_reconstruit_longueurs_vraies.osm.pbf",
    "Ariège and 40 km around": "midi-pyrenees/routes/dep09_tampon40km.osm.pbf",
    "Midi-Pyrénées": "midi-pyrenees/routes/midi_pyrenees_reconstruit.osm.pbf",
    "Genève": "osm-pbf/geneve_2025-01.osm.pbf",
}
REPEATS = 3
#: Goals of the service: three times as fast as Valhalla and pyrosm, a third of pyrosm's memory.
TIMES_FASTER = 3.0
TIMES_LIGHTER = 3.0
_OURS = """
import sys
from pathlib import Path
from data.roads import read_roads
from routing.graph_files import save_graph
graph, _ = read_roads(Path(sys.argv[1]), name="bench", crs_epsg=2154)
save_graph(graph, Path(sys.argv[2]))
"""
_PYROSM = Path(__file__).resolve().parent / "peers_pyrosm.py"


def measure() -> Section:
    """Best of three runs each, time and highest memory, one after the other on two cores."""
    files = {name: real_file(path) for name, path in FILES.items()}
    engines, python = engines_folder(), peers_python()
    section = Section(
        "import",
        "PBF to graph with times, whole processes",
        inputs=digests(dict(zip(FILES.values(), files.values(), strict=True))),
    )
    with on_two_cores():
        for name, pbf in files.items():
            costs = {
                "ours": _best(lambda folder, pbf=pbf: _ours(pbf, folder)),
                "Valhalla tiles": _best(lambda folder, pbf=pbf: _valhalla(pbf, folder, engines)),
                "OSRM extract": _best(lambda folder, pbf=pbf: _osrm(pbf, folder, engines)),
                "pyrosm": _best(lambda folder, pbf=pbf: measure_process([python, _PYROSM, pbf], folder=folder)),
            }
            section.lines += _lines(name, costs)
        section.lines += _starts(python)
    section.notes += [
        "Whole processes, best of three: Python's start and its libraries are counted for us and for pyrosm.",
        "Ours: restrictions, delays, waters, attachable roads and components included, saved to disk; cars only. "
        "Valhalla: its tiles, all modes, two threads. OSRM: extract alone, car, two threads. pyrosm: "
        'get_network("driving") without to_graph, no travel time.',
    ]
    return section


def _lines(name: str, costs: dict[str, ProcessCost]) -> list[Line]:
    ours = costs.pop("ours")
    wall = {peer: cost.wall_s for peer, cost in costs.items()}
    cpu = {peer: cost.cpu_s for peer, cost in costs.items()}
    peak = {peer: cost.peak_mb for peer, cost in costs.items()}
    faster = {"Valhalla tiles": TIMES_FASTER, "pyrosm": TIMES_FASTER}
    return [
        Line(f"{name}: time", ours.wall_s, "s", peers=wall, peer_goals=faster),
        Line(f"{name}: processor time", ours.cpu_s, "s", peers=cpu),
        Line(f"{name}: peak memory", ours.peak_mb, "MB", peers=peak, peer_goals={"pyrosm": TIMES_LIGHTER}),
    ]


def _starts(python: Path) -> list[Line]:
    """What the figures above hold that has nothing to do with roads."""
    ours = _best(lambda folder: measure_ours("import data.roads, routing.graph_files"))  # noqa: ARG005
    theirs = _best(lambda folder: measure_process([python, "-c", "from pyrosm import OSM"], folder=folder))
    return [
        Line("no file, libraries loaded: time", ours.wall_s, "s", peers={"pyrosm": theirs.wall_s}),
        Line("no file, libraries loaded: peak memory", ours.peak_mb, "MB", peers={"pyrosm": theirs.peak_mb}),
    ]


def _best(run: Callable[[Path], ProcessCost]) -> ProcessCost:
    """The quickest of three runs, each in a folder of its own, with the highest memory of the three."""
    costs = []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory(prefix="a30-") as folder:
            costs.append(run(Path(folder)))
    best = min(costs, key=lambda cost: cost.wall_s)
    return ProcessCost(best.wall_s, best.cpu_s, max(cost.peak_mb for cost in costs))


def _ours(pbf: Path, folder: Path) -> ProcessCost:
    return measure_ours(_OURS, pbf, folder / "graph")


def _valhalla(pbf: Path, folder: Path, engines: Path) -> ProcessCost:
    return measure_process(build_command(write_config(folder, engines), pbf, engines), folder=folder)


def _osrm(pbf: Path, folder: Path, engines: Path) -> ProcessCost:
    link_extract(pbf, folder)
    return measure_process(extract_command(folder, engines), folder=folder)
