"""``accueil30 profile ...``"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rich.table import Table as RichTable

from app.cli.console import answer_json, answer_table, say
from app.errors import InvalidInputError


def show(options: argparse.Namespace) -> None:
    """The rows a mode travels by, with those of a territory's file in their place."""
    from routing.profiles.describe import MODE_NAMES, sections
    from routing.profiles.table import ProfileError, load_table

    try:
        table = load_table(options.mode, options.profile)
    except ProfileError as error:
        raise InvalidInputError(str(error)) from error
    shown = list(sections(table))
    if options.json:
        answer_json({"mode": table.mode, "version": table.version, "sections": [asdict(one) for one in shown]})
        return
    say(f"{MODE_NAMES[table.mode]}, version {table.version}.")
    for section in shown:
        printed = RichTable(title=section.title, title_justify="left")
        for header in section.headers:
            printed.add_column(header)
        for row in section.rows:
            printed.add_row(*row)
        answer_table(printed)
