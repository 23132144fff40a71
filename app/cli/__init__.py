"""``accueil30``: the command line. Thin: it parses, calls a service, shows what came back.

Exit codes: 0 done, 1 failed, 2 wrong usage. Progress and messages go to stderr; stdout holds the answer, as text or,
with ``--json``, for machines.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from app.cli.console import WrongUsageError, explain, say
from app.cli.parser import build_parser


def main() -> None:
    """Entry point of the installed command."""
    raise SystemExit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Parse, do, and turn what was raised on purpose into a French sentence and an exit code."""
    options = build_parser().parse_args(arguments)
    try:
        return int(options.do(options) or 0)
    except KeyboardInterrupt:
        say("Interrompu : rien d'inachevé n'a été gardé.")
        return 1
    except BrokenPipeError:  # `accueil30 ... | head`
        sys.stderr.close()
        return 1
    except WrongUsageError as error:
        say(f"Commande mal écrite. {error}")
        return 2
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        say(f"Échec. {message}")
        return 1
