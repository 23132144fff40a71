"""Counters of this process, as Prometheus text: requests by route and status, time spent by route."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from typing import Final

#: Seconds. The promise is 95 % of answers under 0.1 s, hence the fine steps below it.
BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts kept in memory; safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self._buckets: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS_S) + 1))
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def record(self, method: str, route: str, status: int, seconds: float) -> None:
        """``route`` is a template (``/sites/{site_id}``), never a path: series stay few."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._buckets[route][bisect_left(BUCKETS_S, seconds)] += 1
            self._seconds[route] += seconds

    def render(self) -> str:
        with self._lock:
            requests = sorted(self._requests.items())
            buckets = sorted((route, list(counts)) for route, counts in self._buckets.items())
            seconds = dict(self._seconds)
        lines = [
            "# HELP accueil30_requests_total Requêtes servies.",
            "# TYPE accueil30_requests_total counter",
            *(_counter(method, route, status, count) for (method, route, status), count in requests),
            "# HELP accueil30_request_duration_seconds Durée des requêtes.",
            "# TYPE accueil30_request_duration_seconds histogram",
        ]
        for route, counts in buckets:
            lines += _histogram(_escape(route), counts, seconds[route])
        return "\n".join(lines) + "\n"


def _counter(method: str, route: str, status: int, count: int) -> str:
    labels = f'method="{method}",route="{_escape(route)}",status="{status}"'
    return f"accueil30_requests_total{{{labels}}} {count}"


def _histogram(route: str, counts: list[int], seconds: float) -> list[str]:
    name = "accueil30_request_duration_seconds"
    lines, running = [], 0
    for bound, count in zip((*BUCKETS_S, "+Inf"), counts, strict=True):
        running += count
        lines.append(f'{name}_bucket{{route="{route}",le="{bound}"}} {running}')
    return [
        *lines,
        f'{name}_sum{{route="{route}"}} {seconds:.6f}',
        f'{name}_count{{route="{route}"}} {running}',
    ]


def _escape(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
