"""The real server on a store of our own: started as a planner starts it, stopped whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.surroundings import COMMAND, PROJECT, environment

HOST = "127.0.0.1"
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that has said it is ready, ``ready_s`` after its command."""

    pid: int
    port: int
    ready_s: float

    def get(self, path: str) -> bytes:
        """The body of an answer. Raises RuntimeError when it is not 200."""
        connection = HTTPConnection(HOST, self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {body[:300]!r}")
        return body


@contextmanager
def running(store: Path, command: Sequence[str] | None = None) -> Iterator[Server]:
    """``accueil30 serve`` (or ``command``, which reads PORT) until the block ends."""
    port = free_port()
    command = command or [str(COMMAND), "serve", "--port", str(port)]
    with tempfile.TemporaryFile() as said:
        start_s = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment(store) | {"PORT": str(port)},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            yield Server(process.pid, port, _wait_ready(process, port) - start_s)
        except _NotReadyError as error:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {error}\n{said.read()[-4000:].decode()}") from error
        finally:
            _stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class _NotReadyError(Exception):
    pass


def _wait_ready(process: subprocess.Popen[bytes], port: int) -> float:
    """When /readyz first answered 200, on the clock of ``time.perf_counter``."""
    deadline_s = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < deadline_s:
        if process.poll() is not None:
            raise _NotReadyError(f"ended with {process.returncode} before it was ready")
        with suppress(OSError):
            connection = HTTPConnection(HOST, port, timeout=5)
            try:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return time.perf_counter()
            finally:
                connection.close()
        time.sleep(0.02)
    raise _NotReadyError(f"not ready after {PATIENCE_S:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C to the whole group, then less politely."""
    for how, patience_s in ((signal.SIGINT, 10), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
            return
