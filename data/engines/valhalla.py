"""Valhalla: tiles of an extract, then times and isochrones by car (costing "auto", its own defaults).

Tiles are built without an admin database, as its users do who follow its first page: speeds are those it assigns
by class, density and tags.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.engines.processes import EngineError, JsonClient, find_engines, free_port, run_program, server

Float = NDArray[np.float64]

_CONFIG: Final = "valhalla.json"
_STAGES: Final = ("loki", "thor", "odin", "meili")


def write_config(folder: Path, engines: Path, *, port: int = 0, threads: int = 2) -> Path:
    """Its default settings, with tiles and sockets in ``folder``; no admin, time zone or elevation files."""
    config: dict[str, Any] = json.loads((engines / "valhalla" / "config.json").read_text(encoding="utf-8"))
    tiles = folder / "tiles"
    tiles.mkdir(parents=True, exist_ok=True)
    config["mjolnir"] |= {"tile_dir": str(tiles), "concurrency": threads}
    for absent in ("tile_extract", "traffic_extract", "admin", "landmarks", "timezone"):
        config["mjolnir"].pop(absent, None)
    for stage in _STAGES:
        config[stage]["service"]["proxy"] = f"ipc://{folder}/{stage}"
    config["httpd"]["service"] |= {
        "listen": f"tcp://127.0.0.1:{port}",
        "loopback": f"ipc://{folder}/loopback",
        "interrupt": f"ipc://{folder}/interrupt",
        "drain_seconds": 1,
        "shutdown_seconds": 1,
    }
    path = folder / _CONFIG
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def build_command(config: Path, pbf: Path, engines: Path, *, threads: int = 2) -> list[str]:
    """The command that makes the tiles of an extract (benchmarks time it as it stands)."""
    program = engines / "valhalla" / "bin" / "valhalla_build_tiles"
    return [str(program), "-c", str(config), "-j", str(threads), str(pbf.resolve())]


class Valhalla:
    """A running service."""

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    def matrix(self, sources: Float, targets: Float) -> tuple[Float, Float, Float]:
        """Seconds from each source to each target: float64[s, t], nan without a route; and where they were put.

        ``sources`` float64[s, 2], ``targets`` float64[t, 2]: lon, lat. Also lon, lat of the roads they were moved
        to: float64[s, 2], float64[t, 2], nan for those it could not place. Raises EngineError.
        """
        asked = {
            "sources": _locations(sources),
            "targets": _locations(targets),
            "costing": "auto",
            "verbose": True,
        }
        status, answer = self._client.ask("/sources_to_targets", asked)
        if status != 200:  # "no suitable edges near location", "no path could be found"
            if isinstance(answer, dict) and answer.get("error_code") in (171, 441, 442):
                return (
                    np.full((len(sources), len(targets)), np.nan),
                    np.full((len(sources), 2), np.nan),
                    np.full((len(targets), 2), np.nan),
                )
            raise EngineError(f"valhalla: HTTP {status} {str(answer)[:500]}")
        rows = answer["sources_to_targets"]
        time_s = np.array([[_number(cell["time"]) for cell in row] for row in rows], np.float64)
        return time_s, _placed(answer["sources"]), _placed(answer["targets"])

    def isochrone(self, lon: float, lat: float, minutes: Sequence[float], **options: Any) -> Mapping[str, Any]:
        """Its GeoJSON answer: one polygon (or more) per number of minutes. Raises EngineError."""
        asked = {
            "locations": [{"lon": lon, "lat": lat}],
            "costing": "auto",
            "contours": [{"time": value} for value in minutes],
            "polygons": True,
        } | options
        status, answer = self._client.ask("/isochrone", asked)
        if status != 200:
            raise EngineError(f"valhalla: HTTP {status} {str(answer)[:500]}")
        found: Mapping[str, Any] = answer
        return found

    def nothing(self) -> None:
        """A question without work: what the connection itself costs."""
        self._client.ask("/status")


@contextmanager
def valhalla(pbf: Path, folder: Path, *, engines: Path | None = None, threads: int = 1) -> Iterator[Valhalla]:
    """Tiles of ``pbf`` built in ``folder`` (which must be short of path: its sockets live there), and the service.

    ``threads``: of the service; tiles always take two. Raises BadInputError without engines, EngineError when one
    fails.
    """
    place = find_engines(engines)
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = write_config(folder, place, port=port)
    run_program(build_command(config, pbf, place), folder=folder)
    command: list[str | Path] = [place / "valhalla" / "bin" / "valhalla_service", config, str(threads)]
    with server("valhalla", command, port, folder=folder, ready="/status") as client:
        yield Valhalla(client)


def _locations(lon_lat: Float) -> list[dict[str, float]]:
    return [{"lon": lon, "lat": lat} for lon, lat in lon_lat.tolist()]


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _placed(locations: list[dict[str, float] | None]) -> Float:
    return np.array([[p["lon"], p["lat"]] if p else [np.nan, np.nan] for p in locations], np.float64)
