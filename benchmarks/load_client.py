"""A client that asks as fast as it is answered: n keep-alive connections, one request at a time on each.

``python -m benchmarks.load_client PORT ADDRESSES --clients 20 --deadline-s 60``: ADDRESSES is a file, one path a
line. Always to 127.0.0.1. It runs in a process of its own, and says how much of a core it used: close to 100 %,
it would be measuring itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

HOST = "127.0.0.1"
NO_BODY = (204, 304)


@dataclass(slots=True)
class Tally:
    """What all the connections together have seen."""

    latency_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    body_bytes: int = 0
    empty: int = 0


async def ask_all(port: int, addresses: list[str], clients: int, deadline_s: float) -> dict[str, Any]:
    """Ask every address once, shared out among the connections, and sum up; ends at the deadline, saying so."""
    opened = await asyncio.gather(*(asyncio.open_connection(HOST, port) for _ in range(clients)))
    tally, left = Tally(), iter(addresses)
    started_s, cpu_s = time.perf_counter(), time.process_time()
    asking = [_ask_in_turn(reader, writer, left, tally) for reader, writer in opened]
    is_whole = True
    try:
        await asyncio.wait_for(asyncio.gather(*asking), deadline_s)
    except TimeoutError:
        is_whole = False
    took_s = time.perf_counter() - started_s
    cpu_s = time.process_time() - cpu_s
    for _, writer in opened:
        writer.close()
    p50, p95, p99 = np.percentile(tally.latency_s, (50, 95, 99)) * 1000
    return {
        "requests": len(tally.latency_s),
        "is_whole": is_whole,
        "statuses": dict(tally.statuses),
        "empty": tally.empty,
        "body_bytes": tally.body_bytes,
        "took_s": took_s,
        "p50_ms": float(p50),
        "p95_ms": float(p95),
        "p99_ms": float(p99),
        "max_ms": max(tally.latency_s) * 1000,
        "client_core_pct": 100 * cpu_s / took_s,
    }


async def _ask_in_turn(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: Iterator[str], tally: Tally
) -> None:
    for path in left:
        start_s = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        status, length = _status_and_length(await reader.readuntil(b"\r\n\r\n"))
        await reader.readexactly(length)
        tally.latency_s.append(time.perf_counter() - start_s)
        tally.statuses[status] += 1
        tally.body_bytes += length
        tally.empty += length == 0


def _status_and_length(head: bytes) -> tuple[int, int]:
    """Of an answer whose length is told: ours always tell it."""
    lines = head.decode("latin-1").lower().split("\r\n")
    status = int(lines[0].split()[1])
    if status in NO_BODY:
        return status, 0
    told = next(line for line in lines if line.startswith("content-length:"))
    return status, int(told.partition(":")[2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("addresses", type=Path)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--deadline-s", type=float, default=60.0)
    options = parser.parse_args()
    addresses = options.addresses.read_text(encoding="utf-8").split()
    answer = uvloop.run(ask_all(options.port, addresses, options.clients, options.deadline_s))
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
