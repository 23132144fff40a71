"""Fails when a document tells a newcomer something untrue: dead links, missing settings, missing commands."""

from __future__ import annotations

import argparse
import re
import sys
from importlib.metadata import version
from pathlib import Path

from app.cli.parser import build_parser
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def dead_links() -> list[str]:
    found = []
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            if "://" not in target and not (document.parent / target).exists():
                found.append(f"{document.relative_to(ROOT)}: dead link {target}")
    return found


def undocumented_settings(text: str) -> list[str]:
    names = [f"ACCUEIL30_{field.upper()}" for field in Settings.model_fields]
    return [f"README.md: setting {name} is not documented" for name in names if name not in text]


def commands(parser: argparse.ArgumentParser, prefix: str = "") -> list[str]:
    found: list[str] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                deeper = commands(child, f"{prefix}{name} ")
                found += deeper or [f"{prefix}{name}"]
    return found


def undocumented_commands(text: str) -> list[str]:
    missing = [name for name in commands(build_parser()) if f"accueil30 {name}" not in text]
    return [f"README.md: command `accueil30 {name}` is not documented" for name in missing]


def undocumented_words(text: str) -> list[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    words = re.findall(r"^([a-z]+):.*##", makefile, flags=re.MULTILINE)
    return [f"README.md: `make {word}` is not documented" for word in words if f"make {word}" not in text]


def missing_version() -> list[str]:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return [] if version("accueil30") in text else [f"CHANGELOG.md: nothing on version {version('accueil30')}"]


def main() -> int:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    faults = [
        *dead_links(),
        *undocumented_settings(readme),
        *undocumented_commands(readme),
        *undocumented_words(readme),
        *missing_version(),
    ]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if not faults:
        sys.stdout.write(f"docs: {len(DOCUMENTS)} documents agree with the code\n")
    return bool(faults)


if __name__ == "__main__":
    raise SystemExit(main())
