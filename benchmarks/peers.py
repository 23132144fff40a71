"""Those we are measured against and that do not live in our environment: pandana, pyrosm, Valhalla, OSRM.

``make peers`` installs them in ``.peers/``. Every function here raises MissingDataError, saying so, without it.
Plain functions: arrays or a file in, figures out.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.surroundings import PROJECT, MissingDataError
from data.engines.processes import find_engines
from data.engines.valhalla import valhalla
from data.errors import BadInputError

_PYTHON = PROJECT / ".peers" / "venv" / "bin" / "python"
_SCRIPTS = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class ProcessCost:
    """One whole process, from its start to its end: seconds on the clock, of processor, and its highest memory."""

    wall_s: float
    cpu_s: float
    peak_mb: float  # resident, of the largest process among it and its children


@dataclass(frozen=True, slots=True, eq=False)
class PandanaNearest:
    """pandana's ``nearest_pois``. ``time_ds`` float64[n]: limit_ds where no site is within it (pandana says so)."""

    build_s: float  # Network(...): contraction hierarchies
    precompute_s: float  # Network.precompute(limit), which its documentation asks for before many questions
    set_pois_s: float
    query_ms: list[float]  # nearest_pois from every node to the nearest site, one by one
    time_ds: NDArray[np.float64]
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class ValhallaIsochrones:
    """Isochrones asked one by one over one kept connection, each timed apart, tiles warm."""

    tiles_s: float
    took_ms: list[float]  # one for each point, polygon and JSON included
    connection_ms: float  # median of a question without work: part of each of ``took_ms``
    answers: list[Mapping[str, Any]]  # GeoJSON FeatureCollection, one for each point


def engines_folder() -> Path:
    """Where Valhalla and OSRM are. Raises MissingDataError."""
    try:
        return find_engines()
    except BadInputError as absent:
        raise MissingDataError("no Valhalla nor OSRM here: make peers") from absent


def peers_python() -> Path:
    """The Python that has pandana and pyrosm. Raises MissingDataError."""
    if not _PYTHON.exists():
        raise MissingDataError("no pandana nor pyrosm here: make peers")
    return _PYTHON


#: A process is measured by a small one of its own: the memory that Linux reports for a child starts at that of the
#: process it was forked from, and ours is larger than many of those we measure.
_LAUNCHER = """
import json, os, subprocess, sys, time
start_s = time.perf_counter()
process = subprocess.Popen(sys.argv[2:], stdout=2)
_, status, usage = os.wait4(process.pid, 0)
cost = [time.perf_counter() - start_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]
with open(sys.argv[1], "w") as out:
    json.dump([os.waitstatus_to_exitcode(status), cost], out)
"""


def measure_process(command: Sequence[str | Path], *, folder: Path | None = None) -> ProcessCost:
    """Run a command to its end and measure it from outside, the same way for everybody (wait4 of its parent).

    Raises RuntimeError with the end of what it said when it fails.
    """
    with tempfile.TemporaryDirectory(prefix="accueil30-") as name:
        figures = Path(name) / "cost.json"
        launched = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(figures), *map(str, command)]
        done = subprocess.run(launched, cwd=folder, capture_output=True, text=True, errors="replace", check=True)
        code, cost = json.loads(figures.read_text(encoding="utf-8"))
    if code:
        raise RuntimeError(f"{command[0]}: exit code {code}\n{done.stderr[-2000:]}")
    return ProcessCost(*cost)


def measure_ours(code: str, *arguments: str | Path) -> ProcessCost:
    """The same for a line of Python in our own environment; ``sys.argv[1:]`` are ``arguments``."""
    return measure_process([sys.executable, "-c", code, *arguments], folder=PROJECT)


def pandana_nearest(
    *,
    node_count: int,
    start: NDArray[np.int32],
    end: NDArray[np.int32],
    weight_ds: NDArray[np.int32],
    site_node: NDArray[np.int32],
    limit_ds: int,
    repeats: int = 5,
    precomputes: bool = True,
) -> PandanaNearest:
    """pandana's nearest site of every node, in its own process, times of the questions alone.

    Arcs m: ``start``, ``end``, ``weight_ds`` int32[m], one way, as they are driven (the graph's ``forward``): each
    node asks for the site it reaches first, which is our "arrival". Of parallel arcs the lightest is kept, because
    pandana is free to take any. ``site_node`` int32[s], all at time 0. ``precomputes``: asks beforehand for all that
    is within the limit of each node, which the nearest site does not need: tens of GB where that is everything.
    """
    order = np.lexsort((weight_ds, end, start))
    kept = np.ones(len(order), np.bool_)
    kept[1:] = (np.diff(start[order]) != 0) | (np.diff(end[order]) != 0)
    lightest = order[kept]
    with tempfile.TemporaryDirectory(prefix="accueil30-") as name:
        asked, answered = Path(name) / "asked.npz", Path(name) / "answered.npz"
        np.savez(
            asked,
            node_count=node_count,
            start=start[lightest],
            end=end[lightest],
            weight_ds=weight_ds[lightest],
            site_node=site_node,
            limit_ds=limit_ds,
            repeats=repeats,
            precomputes=precomputes,
        )
        said = run_peer("peers_pandana.py", asked, answered, figures=Path(name) / "figures.json")
        with np.load(answered) as arrays:
            time_ds = arrays["time_ds"]
    return PandanaNearest(time_ds=time_ds, **said)


def valhalla_isochrones(
    pbf: Path, lon_lat: NDArray[np.float64], minutes: Sequence[float] = (30.0,), *, repeats: int = 1, **options: Any
) -> ValhallaIsochrones:
    """Valhalla's isochrones round each point, float64[p, 2] lon, lat, on an extract: tiles are built once.

    Each point is asked ``repeats`` times, after one question that is not counted; its time is the median.
    ``options`` go into the request (denoise, generalize, reverse, polygons...).
    """
    engines = engines_folder()
    with tempfile.TemporaryDirectory(prefix="a30-") as name:  # sockets want a short path
        start_s = time.perf_counter()
        with valhalla(pbf, Path(name), engines=engines) as service:
            tiles_s = time.perf_counter() - start_s
            nothing_ms = [_took_ms(service.nothing)[0] for _ in range(20)]
            took_ms, answers = [], []
            for lon, lat in lon_lat.tolist():
                service.isochrone(lon, lat, minutes, **options)
                each = [_took_ms(lambda: service.isochrone(lon, lat, minutes, **options)) for _ in range(repeats)]  # noqa: B023
                took_ms.append(float(np.median([took for took, _ in each])))
                answers.append(each[0][1])
    return ValhallaIsochrones(tiles_s, took_ms, float(np.median(nothing_ms)), answers)


def _took_ms(work: Any) -> tuple[float, Any]:
    start_s = time.perf_counter()
    answer = work()
    return 1000 * (time.perf_counter() - start_s), answer


def run_peer(script: str, *arguments: Path, figures: Path) -> dict[str, Any]:
    """Run one of the ``peers_*.py`` with the peers' own Python; it writes its figures in the JSON file ``figures``."""
    command = [str(peers_python()), str(_SCRIPTS / script), *map(str, arguments), str(figures)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{script} failed:\n{done.stderr[-4000:]}")
    said: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    return said
