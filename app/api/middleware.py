"""What surrounds every answer: security headers, measures, and the refusal of NUL bytes."""

from __future__ import annotations

import time
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.metrics import Metrics
from app.api.problems import problem

#: Pages set their own policy (scripts, workers, base map); everything else is data and runs nothing.
DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=()",
}


class Surroundings:
    """Pure ASGI: no task and no buffering per request, unlike Starlette's BaseHTTPMiddleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, scope["path"])
            await send(message)

        try:
            if _has_nul(scope):
                refusal = problem(Request(scope), 400, "L’adresse contient un octet nul (%00).")
                await refusal(scope, receive, send_with_headers)
            else:
                await self.app(scope, receive, send_with_headers)
        finally:
            self.metrics.record(_method(scope), _route(scope), status, time.perf_counter() - started)


def _has_nul(scope: Scope) -> bool:
    """PostgreSQL has no NUL in text: it would be a database error far from its cause."""
    return "\x00" in scope["path"] or b"%00" in scope["query_string"]


def _add_headers(message: Message, path: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if not path.startswith("/static/"):
        headers.setdefault("Content-Security-Policy", DATA_POLICY)
    if path.startswith("/api/") or path in ("/healthz", "/readyz", "/metrics"):
        headers.setdefault("Cache-Control", "no-cache")


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in ("GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS") else "other"


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "unmatched"))
