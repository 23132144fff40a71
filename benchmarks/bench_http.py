"""The real server under 20 concurrent clients: coverage as JSON, vector tiles, on a published Corsica."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.persistence.embedded import EmbeddedCluster
from benchmarks.corsica import DEPARTEMENTS, FILES, steps
from benchmarks.server import Server, running
from benchmarks.surroundings import PROJECT, cpu_s, digests, on_two_cores, own_store, real_file, run_command
from benchmarks.tables import Line, Section

GOAL_P95_MS = 100.0
CLIENTS = 20
DEADLINE_S = 60
LAYERS = ("communes", "cells", "sites", "roads")
ZOOMS = range(7, 14)
#: Of each layer at each zoom, at most: a thousand and some tiles in all, as a few planners would look at.
TILES_EACH = 40
REPEATS = 2000

Point = tuple[float, float]


@dataclass(slots=True)
class _Bench:
    """Asks a server lists of addresses, and keeps what was measured."""

    server: Server
    postgres_pid: int
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def ask(self, what: str, addresses: list[str], *, has_goal: bool = True) -> None:
        started_s = time.perf_counter()
        before = cpu_s(self.server.pid), cpu_s(self.postgres_pid)
        found = _load(self.server.port, addresses)
        took_s = time.perf_counter() - started_s
        used = cpu_s(self.server.pid) - before[0], cpu_s(self.postgres_pid) - before[1]
        if set(found["statuses"]) - {"200", "304"}:
            raise RuntimeError(f"{what}: answers {found['statuses']}")
        cores = ", ".join(
            f"{name} {100 * seconds / found['took_s']:.0f} %"
            for name, seconds in (("server", used[0]), ("PostgreSQL", max(0.0, used[1])))
        )
        cut = "" if found["is_whole"] else f", cut at {took_s:.0f} s"
        note = (
            f"p50 {found['p50_ms']:.1f}, p99 {found['p99_ms']:.1f}, max {found['max_ms']:.0f} ms; "
            f"{found['requests'] / found['took_s']:,.0f} requests/s{cut}; "
            f"{found['body_bytes'] / max(1, found['requests']) / 1000:.1f} kB each; "
            f"of a core: {cores}, client {found['client_core_pct']:.0f} %"
        )
        goal = GOAL_P95_MS if has_goal else None
        self.lines.append(Line(f"{what} ({found['requests']})", found["p95_ms"], "ms", goal, note=note))


def measure() -> Section:
    """p95 in ms of each list of addresses."""
    files = {path: real_file(path) for path in FILES.values()}
    section = Section("http", f"p95 with {CLIENTS} clients on keep-alive connections", inputs=digests(files))
    with on_two_cores(), own_store() as store:
        for arguments in ([], *(arguments for _, arguments in steps())):
            run_command(store, *(arguments or ["db", "start"]))
        with running(store) as server:
            bench = _Bench(server, EmbeddedCluster(store).status().pid or 0)
            tiles = _ask_everything(bench)
    section.lines += bench.lines
    section.notes += [
        "Server (one process), PostgreSQL and client share the two cores. « cold »: each address asked once since "
        "the server started; « warm »: asked before.",
        f"Tiles: {tiles}, in a shuffled order, at the communes of Corsica.",
        "The floor is an answer that touches no database: what HTTP itself costs here.",
    ]
    return section


def _ask_everything(bench: _Bench) -> str:
    """Ask each list; gives the count of tiles a layer, for the notes."""
    coverage = [
        f"/api/v1/departements/{code}/coverage?neighbours={neighbours}&mobile={mobile}"
        for code in DEPARTEMENTS
        for neighbours in ("true", "false")
        for mobile in ("true", "false")
    ]
    thresholds = [
        f"/api/v1/departements/{code}/coverage?threshold_min={minutes}"
        for code in DEPARTEMENTS
        for minutes in range(5, 105)
        if minutes != 30
    ]
    tiles = _tiles(bench.server, random.Random(30))
    bench.ask("floor: /healthz", ["/healthz"] * REPEATS, has_goal=False)
    bench.ask("coverage JSON, eight questions", coverage * (REPEATS // len(coverage)))
    bench.ask("coverage JSON, cold: every threshold from 5 to 104 min", thresholds)
    bench.ask("zones JSON, 360 communes", _zones() * (REPEATS // len(DEPARTEMENTS)))
    bench.ask("tiles, cold", tiles)
    bench.ask("tiles, warm", tiles)
    return ", ".join(f"{layer} {sum(f'/{layer}/' in tile for tile in tiles)}" for layer in LAYERS)


def _zones() -> list[str]:
    return [f"/api/v1/departements/{code}/coverage/zones?level=commune" for code in DEPARTEMENTS]


def _tiles(server: Server, random_order: random.Random) -> list[str]:
    """Distinct tiles that hold a point of a commune's outline, shuffled."""
    points, tiles = _points(server), []
    for z in ZOOMS:
        found = sorted({_tile_of(point, z) for point in points})
        for layer in LAYERS:
            chosen = random_order.sample(found, min(TILES_EACH, len(found)))
            tiles += [f"/api/v1/tiles/{layer}/{z}/{x}/{y}.mvt?scope=all" for x, y in chosen]
    random_order.shuffle(tiles)
    return tiles


def _points(server: Server) -> list[Point]:
    """A point of the outline of each commune: land, not sea."""
    return [
        _first_point(feature["geometry"]["coordinates"])
        for code in DEPARTEMENTS
        for feature in json.loads(server.get(f"/api/v1/departements/{code}/coverage/zones.geojson"))["features"]
    ]


def _first_point(coordinates: Any) -> Point:
    while isinstance(coordinates[0], list):
        coordinates = coordinates[0]
    return coordinates[0], coordinates[1]


def _tile_of(point: Point, z: int) -> tuple[int, int]:
    lon, lat = point
    side = 1 << z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * side), int(y * side)


def _load(port: int, addresses: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "addresses"
        written.write_text("\n".join(addresses), encoding="utf-8")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "benchmarks.load_client", str(port), str(written)),
                *("--clients", str(CLIENTS), "--deadline-s", str(DEADLINE_S)),
            ],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S + 60,
        )
    if done.returncode:
        raise RuntimeError(f"the client failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
