"""Which code made a figure: the released version and a fingerprint of what computes."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

_ROOT = Path(__file__).resolve().parents[2]
_COMPUTING = (
    "routing/*.py",
    "routing/profiles/*.toml",
    "data/*.py",
    "data/sites/*.py",
    "app/domain/coverage.py",
    "app/persistence/grid_assignment.py",
    "app/services/compute*.py",
    "app/services/import_*.py",
)


_ANSWERING: Final = ("app", "data", "routing")
#: What an answer is written with: code, queries, templates. Not what the browser reads by itself.
_WRITING_SUFFIXES: Final = (".py", ".sql", ".html", ".css", ".svg", ".typ")


def service_version() -> str:
    return version("accueil30")


@cache
def computing_code_version() -> str:
    """``0.1.0+1a2b3c4d``: changes when a line of what makes a figure changes, from the file to the sum."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _COMPUTING for path in _ROOT.glob(pattern)):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return f"{service_version()}+{digest.hexdigest()[:8]}"


@cache
def answering_code_version() -> str:
    """Changes when a line that can change an answer does: the sum, its words, its format."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in _ANSWERING for path in (_ROOT / folder).rglob("*")):
        if path.suffix in _WRITING_SUFFIXES:
            digest.update(str(path.relative_to(_ROOT)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
