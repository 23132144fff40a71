"""``python -m benchmarks [--only NAME] [--json FILE]``: every benchmark in turn, with ratios against peers.

Figures are printed, never asserted. Read the ratios and the load average first: times change from machine to
machine, and with the company they keep.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import bench_attach, bench_chain, bench_http, bench_import, bench_isochrone, bench_start, search_tables
from benchmarks.surroundings import MissingDataError, describe_machine
from benchmarks.tables import WIDTH, Section, as_json, show

BENCHMARKS: dict[str, Callable[[], Section]] = {
    "search": search_tables.measure,
    "attach": bench_attach.measure,
    "isochrone": bench_isochrone.measure,
    "chain": bench_chain.measure,
    "import": bench_import.measure,
    "http": bench_http.measure,
    "start": bench_start.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="this one; may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures there too")
    options = parser.parse_args()
    console = Console(width=WIDTH, highlight=False)
    machine = describe_machine()
    _show_machine(machine, console)
    sections = []
    for name in options.only or BENCHMARKS:
        section = _measure(name)
        show(section, console)
        sections.append(section)
        if options.json:  # after each: what was measured is kept if the next one fails
            text = json.dumps({"machine": machine, "benchmarks": [as_json(s) for s in sections]}, indent=2)
            options.json.write_text(text + "\n", encoding="utf-8")


def _measure(name: str) -> Section:
    load = os.getloadavg()[0]
    try:
        section = BENCHMARKS[name]()
    except MissingDataError as missing:
        return Section(name, "", skipped=str(missing))
    section.load_before = round(load, 2)
    return section


def _show_machine(machine: dict[str, Any], console: Console) -> None:
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    load = " ".join(f"{value:.1f}" for value in machine["load_average"])
    console.print(
        f"{machine['date']}: {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}; load average {load}"
    )
    console.print(f"Python {machine['python']}, PostgreSQL {machine['postgresql']}, {packages}")
    console.print(f"code {machine['code']}, commit {machine['commit']}")


if __name__ == "__main__":
    main()
