"""What a benchmark gives back, and how it is shown: what, how long, the goal, the ratio against each peer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

WIDTH = 150


@dataclass(frozen=True, slots=True)
class Line:
    """One measure. ``peers``: the same question in the same unit, asked of others in the same run.

    ``goal`` is a bound from above, or from below when ``at_least`` (rates, ratios). ``peer_goals``: how many
    times ours each peer must take at least; a peer with a goal that is not among ``peers`` is said absent.
    """

    what: str
    value: float
    unit: str
    goal: float | None = None
    peers: dict[str, float] = field(default_factory=dict)
    note: str = ""
    at_least: bool = False
    peer_goals: dict[str, float] = field(default_factory=dict)

    @property
    def is_met(self) -> bool | None:
        """Every goal that could be judged is met: strictly under, at least as many times; None without one."""
        judged = [] if self.goal is None else [self.value >= self.goal if self.at_least else self.value < self.goal]
        judged += [self.ratio(name) >= goal for name, goal in self.peer_goals.items() if name in self.peers]
        return all(judged) if judged else None

    def ratio(self, peer: str) -> float:
        """How many times ours this peer took."""
        return self.peers[peer] / self.value


@dataclass(slots=True)
class Section:
    """The lines of one benchmark, and the load average (1 min) of the machine before it."""

    name: str
    title: str
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)  # path -> first characters of its sha256
    load_before: float | None = None
    skipped: str | None = None


def show(section: Section, console: Console) -> None:
    """One table, its notes, its inputs."""
    load = "" if section.load_before is None else f" (load average before: {section.load_before:.1f})"
    console.print(f"\n[bold]{section.name}[/bold] {section.title}{load}")
    if section.skipped:
        console.print(f"  skipped: {section.skipped}")
        return
    console.print(_table(section.lines))
    for note in section.notes:
        console.print(f"  {note}")
    for path, digest in section.inputs.items():
        console.print(f"  input {path} sha256 {digest}")


def _table(lines: list[Line]) -> Table:
    """Columns that would be empty are left out."""
    columns = {
        "what": [line.what for line in lines],
        "ours": [quantity(line.value, line.unit) for line in lines],
        "goal": [_goal(line) for line in lines],
        "others, and how many times ours": [_peers(line) for line in lines],
        "note": [line.note for line in lines],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    table = Table(box=SIMPLE, pad_edge=False)
    for heading in kept:
        table.add_column(heading, justify="right" if heading == "ours" else "left")
    for row in zip(*kept.values(), strict=True):
        table.add_row(*row)
    return table


def as_json(section: Section) -> dict[str, Any]:
    """The section for machines; each line with ``is_met`` and the ratio of each peer."""
    value = asdict(section)
    for line, written in zip(section.lines, value["lines"], strict=True):
        written["is_met"] = line.is_met
        written["ratios"] = {name: line.ratio(name) for name in line.peers}
    return value


def quantity(value: float, unit: str) -> str:
    """Three figures that mean something: 1.23 ms, 12.3 s, 1,234 requests/s."""
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f} {unit}".strip()


def _goal(line: Line) -> str:
    if line.goal is None:
        return ""
    is_met = line.value >= line.goal if line.at_least else line.value < line.goal
    sign = "≥" if line.at_least else "<"
    return f"{sign} {line.goal:g} {line.unit}".strip() + f": {'met' if is_met else 'MISSED'}"


def _peers(line: Line) -> str:
    named = [*line.peers, *(name for name in line.peer_goals if name not in line.peers)]
    return ", ".join(_peer(line, name) for name in named)


def _peer(line: Line, name: str) -> str:
    goal = line.peer_goals.get(name)
    wanted = "" if goal is None else f"≥ ×{goal:g}"
    if name not in line.peers:
        return f"{name} absent ({wanted})"
    if goal is not None:
        wanted = f" ({wanted}: {'met' if line.ratio(name) >= goal else 'MISSED'})"
    return f"{name} {quantity(line.peers[name], line.unit)} ×{line.ratio(name):.1f}{wanted}"
