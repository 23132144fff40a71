"""Where a figure comes from: the machine, the versions, the real files, and a store of our own to work in."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.domain.version import computing_code_version
from app.persistence.embedded import EmbeddedCluster
from data.store import sha256_file

PROJECT = Path(__file__).resolve().parent.parent
COMMAND = Path(sys.executable).with_name("accueil30")
PACKAGES = ("numpy", "numba", "scipy", "networkx", "fastapi", "uvicorn", "sqlalchemy", "psycopg", "shapely", "osmium")
#: The goals are said for two cores: more are left unused.
CORES = 2


class MissingDataError(Exception):
    """The real files are not on this machine."""


def describe_machine() -> dict[str, Any]:
    """Date, processor, cores, load average, versions; nothing that names the machine."""
    return {
        "date": date.today().isoformat(),  # noqa: DTZ011  the day where the machine is
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "system": _system(),
        "python": platform.python_version(),
        "postgresql": _postgresql(),
        "code": computing_code_version(),
        "commit": _commit(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def real_data() -> Path:
    """The folder named by ``ACCUEIL30_REAL_DATA``. Raises MissingDataError."""
    folder = Path(os.environ.get("ACCUEIL30_REAL_DATA") or PROJECT.parent / "shared" / "data")
    if not folder.is_dir():
        raise MissingDataError("no real data here (ACCUEIL30_REAL_DATA names its folder)")
    return folder


def real_file(path: str) -> Path:
    """A file of the real data. Raises MissingDataError."""
    found = real_data() / path
    if not found.is_file():
        raise MissingDataError(f"{path} is not among the real data")
    return found


def digests(paths: Mapping[str, Path]) -> dict[str, str]:
    return {name: sha256_file(path)[:12] for name, path in paths.items()}


@contextmanager
def own_store() -> Iterator[Path]:
    """A fresh store, whose cluster is stopped and which is deleted afterwards."""
    store = Path(tempfile.mkdtemp(prefix="accueil30-bench-"))
    store.chmod(0o755)  # under root, the cluster's own user must walk into it
    try:
        yield store
    finally:
        if (store / "postgres").exists():
            EmbeddedCluster(store).stop()
        shutil.rmtree(store, ignore_errors=True)


@contextmanager
def on_two_cores() -> Iterator[None]:
    """This process and those it starts use two cores at most."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:CORES])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def environment(store: Path) -> dict[str, str]:
    """What a command on that store is started with: none of the caller's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ACCUEIL30_")}
    return kept | {"ACCUEIL30_STORE": str(store)}


def run_command(store: Path, *arguments: str) -> str:
    """Run ``accueil30 ...`` to its end, give its standard output. Raises RuntimeError with what it said."""
    done = subprocess.run([COMMAND, *arguments], env=environment(store), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"accueil30 {' '.join(arguments)} failed:\n{done.stderr[-4000:]}")
    return done.stdout


def timed_command(store: Path, *arguments: str) -> float:
    """Seconds that ``accueil30 ...`` takes as a whole."""
    start_s = time.perf_counter()
    run_command(store, *arguments)
    return time.perf_counter() - start_s


def cpu_s(pid: int) -> float:
    """Processor seconds used so far by a process and its children that live."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()
            if int(stat.parent.name) == pid or int(fields[1]) == pid:
                total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _cpu_model() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    with suppress(OSError):
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    return platform.system()


def _postgresql() -> str:
    """PostgreSQL and PostGIS, as their files say."""
    controls = sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
    if not controls:
        return "none"
    written = controls[-1].read_text()
    postgis = written.partition("default_version = '")[2].partition("'")[0]
    return f"{controls[-1].parts[-3]}, PostGIS {postgis}"


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    done = subprocess.run(
        [git, "describe", "--always", "--dirty"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
