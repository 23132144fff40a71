"""From ``make run`` to the first 200 on /readyz, packages present: on a fresh store, then again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.persistence.embedded import EmbeddedCluster
from benchmarks.server import running
from benchmarks.surroundings import COMMAND, PROJECT, on_two_cores, own_store, timed_command
from benchmarks.tables import Line, Section

GOAL_S = 8.0
REPEATS = 3
MAKE_RUN = ("make", "--silent", "run")


def measure() -> Section:
    """Seconds of the first run and the median of later ones, the cluster left running or stopped between."""
    section = Section("start", "from `make run` to the first 200 on /readyz, packages present")
    if not _is_set_up():
        section.skipped = ".venv/ is not that of requirements.lock: `make setup` first"
        return section
    with on_two_cores(), own_store() as store:
        section.lines.append(Line("first run: cluster, tables, demonstration", _ready_s(store), "s"))
        again = sorted(_ready_s(store) for _ in range(REPEATS))
        section.lines.append(Line("again, cluster left running", again[REPEATS // 2], "s", GOAL_S))
        after_stop = sorted(_ready_s_from_stopped(store) for _ in range(REPEATS))
        section.lines.append(Line("again, cluster stopped before", after_stop[REPEATS // 2], "s", GOAL_S))
        section.lines += [
            Line(f"accueil30 {' '.join(arguments)}", timed_command(store, *arguments), "s")
            for arguments in (("--help",), ("db", "status"), ("coverage", "00"))
        ]
    section.notes.append(f"Medians of {REPEATS}; files in the system's cache.")
    return section


def _ready_s(store: Path) -> float:
    with running(store, MAKE_RUN) as server:
        return server.ready_s


def _ready_s_from_stopped(store: Path) -> float:
    EmbeddedCluster(store).stop()
    return _ready_s(store)


def _is_set_up() -> bool:
    """What scripts/setup.sh asks itself: whether it would install anything."""
    written = PROJECT / ".venv" / ".done-requirements.lock"
    wanted = b"".join((PROJECT / name).read_bytes() for name in ("requirements.lock", "pyproject.toml"))
    is_ours = COMMAND.parent == PROJECT / ".venv" / "bin"
    return is_ours and written.is_file() and written.read_text().strip() == hashlib.sha256(wanted).hexdigest()
