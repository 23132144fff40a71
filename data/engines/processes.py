"""Executables of others: where they are, run to the end, or kept as a server on a free port of this machine."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from data.errors import BadInputError

#: Where ``make peers`` puts the engines, from the root of the project.
ENGINES_FOLDER: Final = Path(".peers") / "engines"
PROGRAMS: Final = (
    "valhalla/bin/valhalla_build_tiles",
    "valhalla/bin/valhalla_service",
    "valhalla/config.json",
    "osrm/bin/osrm-extract",
    "osrm/bin/osrm-contract",
    "osrm/bin/osrm-routed",
    "osrm/share/profiles/car.lua",
)
PREPARATION_TIMEOUT_S: Final = 3600.0
START_TIMEOUT_S: Final = 60.0
ANSWER_TIMEOUT_S: Final = 120.0


class EngineError(Exception):
    """An engine failed, or answered something else than what was asked; says which and what it said."""


def find_engines(folder: Path | None = None) -> Path:
    """The folder of the engines: the one given, else ``.peers/engines`` of the project, else of the current folder.

    Raises BadInputError, which says ``make peers``, when one of ``PROGRAMS`` is not there.
    """
    project = Path(__file__).resolve().parents[2]
    places = [folder] if folder is not None else [project / ENGINES_FOLDER, Path.cwd() / ENGINES_FOLDER]
    for place in places:
        if all((place / program).is_file() for program in PROGRAMS):
            return place.resolve()
    missing = [program for program in PROGRAMS if not (places[0] / program).is_file()]
    raise BadInputError(
        "Les moteurs de comparaison Valhalla et OSRM ne sont pas installés.",
        received=f"dans {places[0]}, il manque {', '.join(missing)}",
        expected="les exécutables des deux moteurs (ils ne servent qu'à vérifier, jamais au service)",
        action="lancez « make peers », ou désignez leur dossier avec --engines",
    )


def run_program(command: Sequence[str | Path], *, folder: Path, timeout_s: float = PREPARATION_TIMEOUT_S) -> None:
    """Run an engine's program to its end in ``folder``. Raises EngineError with the end of what it said."""
    try:
        done = subprocess.run(  # noqa: S603  our own list of words, no shell
            [str(word) for word in command],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise EngineError(f"{Path(command[0]).name}: not finished after {timeout_s:.0f} s") from late
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:]
        raise EngineError(f"{Path(command[0]).name}: exit code {done.returncode}\n{said}")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class JsonClient:
    """One connection, kept open, to a server of this machine that answers JSON."""

    def __init__(self, name: str, port: int) -> None:
        self._name = name
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_TIMEOUT_S)

    def ask(self, path: str, body: Any | None = None) -> tuple[int, Any]:
        """(HTTP status, decoded JSON) of a GET, or of a POST when there is a body. Raises EngineError."""
        payload = None if body is None else json.dumps(body)
        try:
            try:
                return self._ask_once(path, payload)
            except ConnectionError:  # a kept connection is closed after so many questions, or seconds of silence
                return self._ask_once(path, payload)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            raise EngineError(f"{self._name}: no usable answer to {path[:80]} ({error!r})") from error

    def _ask_once(self, path: str, payload: str | None) -> tuple[int, Any]:
        method = "GET" if payload is None else "POST"
        try:
            self._connection.request(method, path, payload, {"Content-Type": "application/json"})
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read())
        except ConnectionError:
            self._connection.close()  # the next request opens a new one
            raise

    def close(self) -> None:
        self._connection.close()


@contextmanager
def server(name: str, command: Sequence[str | Path], port: int, *, folder: Path, ready: str) -> Iterator[JsonClient]:
    """A client of a server started for the time of the block, and ended after it, whatever happens.

    ``ready``: the path whose first answer says that it listens. Raises EngineError when it ends, or does not answer
    within ``START_TIMEOUT_S``; its messages are in ``folder``/NAME.log.
    """
    log = folder / f"{name}.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603  our own list of words, no shell
            [str(word) for word in command], cwd=folder, stdout=sink, stderr=subprocess.STDOUT
        )
    client = JsonClient(name, port)
    try:
        _wait_until_it_answers(name, process, client, ready, log)
        yield client
    finally:
        client.close()
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        process.kill()
        process.wait()


def _wait_until_it_answers(
    name: str, process: subprocess.Popen[bytes], client: JsonClient, ready: str, log: Path
) -> None:
    late_at_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < late_at_s:
        if process.poll() is not None:
            break
        with suppress(EngineError):
            client.ask(ready)
            return
        time.sleep(0.05)
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise EngineError(f"{name}: the server does not answer\n{said}")
