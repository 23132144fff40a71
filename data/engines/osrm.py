"""OSRM: the graph of an extract (its own ``car.lua``, contraction hierarchies), then times by car."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.engines.processes import EngineError, JsonClient, find_engines, free_port, run_program, server

Float = NDArray[np.float64]

#: Its address bar holds the whole question: that many points at once, at most.
MAX_POINTS: Final = 1000
_BASE: Final = "roads"


def extract_command(folder: Path, engines: Path, *, threads: int = 2) -> list[str]:
    """The command that reads ``folder``/roads.osm.pbf into its graph (benchmarks time it as it stands)."""
    home = engines / "osrm"
    extract = [str(home / "bin" / "osrm-extract"), "-p", str(home / "share" / "profiles" / "car.lua")]
    return [*extract, "-t", str(threads), str(folder / f"{_BASE}.osm.pbf")]


def link_extract(pbf: Path, folder: Path) -> None:
    """Stand the extract in ``folder`` under the name that ``extract_command`` reads (its files go beside it)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{_BASE}.osm.pbf").symlink_to(pbf.resolve())


class Osrm:
    """A running service."""

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    def matrix(self, sources: Float, targets: Float) -> tuple[Float, Float, Float]:
        """Seconds from each source to each target: float64[s, t], nan without a route; and where they were put.

        ``sources`` float64[s, 2], ``targets`` float64[t, 2]: lon, lat. Also lon, lat of the roads they were moved
        to: float64[s, 2], float64[t, 2]. Raises EngineError.
        """
        points = np.concatenate((sources, targets))
        if len(points) > MAX_POINTS:
            raise ValueError(f"{len(points)} points at once, {MAX_POINTS} at most")
        where = ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in points.tolist())
        first = ";".join(map(str, range(len(sources))))
        then = ";".join(map(str, range(len(sources), len(points))))
        path = f"/table/v1/driving/{where}?sources={first}&destinations={then}&generate_hints=false"
        status, answer = self._client.ask(path)
        if status != 200 or answer.get("code") != "Ok":
            raise EngineError(f"osrm: HTTP {status} {str(answer)[:500]}")
        time_s = np.array(
            [[np.nan if cell is None else cell for cell in row] for row in answer["durations"]], np.float64
        )
        return time_s, _placed(answer["sources"]), _placed(answer["destinations"])


@contextmanager
def osrm(pbf: Path, folder: Path, *, engines: Path | None = None, threads: int = 1) -> Iterator[Osrm]:
    """The graph of ``pbf`` made in ``folder``, and the service; preparation always takes two threads.

    Raises BadInputError without engines, EngineError when one fails.
    """
    place = find_engines(engines)
    link_extract(pbf, folder)
    run_program(extract_command(folder, place), folder=folder)
    graph = folder / f"{_BASE}.osrm"
    programs = place / "osrm" / "bin"
    run_program([programs / "osrm-contract", "-t", "2", graph], folder=folder)
    port = free_port()
    command: list[str | Path] = [programs / "osrm-routed", "-i", "127.0.0.1", "-p", str(port), "-t", str(threads)]
    limits: list[str | Path] = ["--max-table-size", str(MAX_POINTS), graph]
    with server("osrm", [*command, *limits], port, folder=folder, ready="/nearest/v1/driving/0,0") as client:
        yield Osrm(client)


def _placed(locations: list[dict[str, Any]]) -> Float:
    return np.array([place["location"] for place in locations], np.float64)
