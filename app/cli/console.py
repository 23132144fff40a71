"""What the command line shows: progress and messages on stderr, answers on stdout, all in French."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.errors import InvalidInputError, ServiceError
from data.contract import Finding
from data.contract import Progress as OnProgress
from data.errors import BadInputError
from data.store import StoreError

SHOWN_FINDINGS = 20
FILE_WIDTH = 140


class WrongUsageError(Exception):
    """A command that the parser let through and that still does not say what to do; French, exit code 2."""


def say(message: str) -> None:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(message)


def answer_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str, allow_nan=False)
    sys.stdout.write("\n")


def answer_table(table: Table) -> None:
    """As wide as the terminal; in a file or a pipe, wide enough not to cut a name."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = FILE_WIDTH
    console.print(table)


def explain(error: Exception) -> str | None:
    """The French sentence of an error raised on purpose; None for a defect, which must show its trace."""
    if isinstance(error, InvalidInputError) and error.errors:
        return "\n".join([error.detail, *(f"  {e.field} : reçu {e.received}. {e.message}" for e in error.errors)])
    if isinstance(error, ServiceError):
        return error.detail
    if isinstance(error, BadInputError | StoreError):
        return str(error)
    return _profile_error(error) or _settings_error(error)


def _profile_error(error: Exception) -> str | None:
    from routing.profiles.table import ProfileError

    return str(error) if isinstance(error, ProfileError) else None


def _settings_error(error: Exception) -> str | None:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return None
    wrong = (f"ACCUEIL30_{str(e['loc'][0]).upper()} = {e['input']!r} : {e['msg']}" for e in error.errors())
    return "Réglages inutilisables. " + " ; ".join(wrong)


def show_findings(findings: list[Finding]) -> None:
    """Line, field, value, what is wrong, what to do; the first ones, then how many more."""
    for finding in findings[:SHOWN_FINDINGS]:
        place = " ".join(
            part
            for part in (
                f"ligne {finding.line}" if finding.line is not None else "",
                f"champ {finding.field}" if finding.field else "",
                f"valeur {finding.value!r}" if finding.value is not None else "",
            )
            if part
        )
        kind = "ERREUR" if finding.severity == "error" else "À voir"
        say(f"  {kind}{f' {place}' if place else ''} : {finding.message} {finding.suggestion}")
    if len(findings) > SHOWN_FINDINGS:
        say(f"  ... et {len(findings) - SHOWN_FINDINGS} autres remarques (toutes avec --json).")


def _nothing_to_show(_done: int, _total: int | None) -> None:
    """Progress towards a file or a pipe."""


@contextmanager
def progress_bar(label: str) -> Iterator[OnProgress]:
    """A bar on stderr with percentage and time left; nothing where stderr is not a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _nothing_to_show
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(label, total=None)

        def advance(done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total)

        yield advance
