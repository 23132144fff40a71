"""Corsica from its files to two published runs: each step in one process, then as whole commands.

The steps are the commands themselves (``app.cli.run``), so that what is timed is what a planner runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import roads_beside_osmnx
from benchmarks.corsica import FILES, steps
from benchmarks.surroundings import PROJECT, digests, environment, on_two_cores, own_store, real_file, timed_command
from benchmarks.tables import Line, Section

GOAL_S = 15.0
#: Not counted in the totals: made once in the life of a machine.
APART = ("cluster made and started", "tables made")


def measure() -> Section:
    """Seconds of each step; a fresh store and a fresh cluster for each of the two ways."""
    files = {path: real_file(path) for path in FILES.values()}
    section = Section("chain", "Corsica, 2A and 2B, from PBF to published runs", inputs=digests(files))
    with on_two_cores():
        section.lines += _in_one_process()
        section.lines += _as_commands()
        section.lines.append(roads_beside_osmnx.measure(files[FILES["roads"]]))
    section.notes += [
        "Totals leave out the making of the cluster and of its tables. Each way begins with an empty store.",
        "Files are in the system's cache; every commit waits for the disk, as in service.",
    ]
    return section


def _in_one_process() -> list[Line]:
    with own_store() as store:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.bench_chain"],
            env=environment(store) | {"ACCUEIL30_REAL_DATA": str(_data_folder())},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"the chain failed:\n{done.stderr[-4000:]}")
    took_s: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    lines = [Line(f"one process: {what}", value, "s", note=_note(what)) for what, value in took_s.items()]
    total_s = sum(value for what, value in took_s.items() if what not in APART)
    return [*lines, Line("one process: total", total_s, "s", GOAL_S)]


def _as_commands() -> list[Line]:
    lines = []
    with own_store() as store:
        made_s = timed_command(store, "db", "start") + timed_command(store, "db", "migrate")
        lines.append(Line("commands: db start, db migrate", made_s, "s", note="apart"))
        total_s = 0.0
        for what, arguments in steps():
            took_s = timed_command(store, *arguments)
            total_s += took_s
            lines.append(Line(f"commands: {what}", took_s, "s"))
    return [*lines, Line("commands: total", total_s, "s", GOAL_S)]


def _note(what: str) -> str:
    return "apart" if what in APART else ""


def _data_folder() -> Path:
    """The folder of the real data, for a process started elsewhere."""
    name = FILES["roads"]
    return Path(str(real_file(name).resolve()).removesuffix(name))


def _time_steps() -> dict[str, float]:
    """What runs in the one process: seconds of each step, the loading of the libraries told apart."""
    took_s = {}
    start_s = time.perf_counter()
    from app import cli  # noqa: PLC0415
    from app.persistence.embedded import EmbeddedCluster  # noqa: PLC0415
    from app.services import compute, demo  # noqa: F401, PLC0415  what the steps would load one by one
    from app.settings import Settings  # noqa: PLC0415

    took_s["libraries loaded"] = time.perf_counter() - start_s
    start_s = time.perf_counter()
    EmbeddedCluster(Settings().store).start()
    took_s[APART[0]] = time.perf_counter() - start_s
    for what, arguments in [(APART[1], ["db", "migrate"]), *steps()]:
        start_s = time.perf_counter()
        if cli.run(arguments):
            raise SystemExit(f"{what} failed")
        took_s[what] = time.perf_counter() - start_s
    return took_s


if __name__ == "__main__":
    print(json.dumps(_time_steps()))
