"""Which code made a figure: the released version and a fingerprint of what computes."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def service_version() -> str:
    return version("accueil30")


@cache
def computing_code_version() -> str:
    """``0.1.0+1a2b3c4d``: changes when a line of ``routing/``, ``data/`` or the run's own service changes."""
    digest = hashlib.sha256()
    for path in [*sorted((_ROOT / "routing").glob("*.py")), *sorted((_ROOT / "app" / "services").glob("compute*.py"))]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return f"{service_version()}+{digest.hexdigest()[:8]}"
