"""The pages: HTML shells and their static files. Every figure in them is read from the API by the browser."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from app.settings import Settings
from data.territory import FICTIONAL_CODE, FICTIONAL_NEIGHBOUR_CODE

_HERE = Path(__file__).resolve().parent
_DEPARTEMENT_CODE = re.compile(r"[0-9][0-9A-Z]|9[78][0-9]")

_FICTIONAL = (FICTIONAL_CODE, FICTIONAL_NEIGHBOUR_CODE)

router = APIRouter(include_in_schema=False)


def static_files() -> StaticFiles:
    """What to mount at ``/static``: styles, modules, the vendored MapLibre."""
    return StaticFiles(directory=_HERE / "static")


@router.get("/")
def home(request: Request) -> HTMLResponse:
    """The loaded départements."""
    return _page(request, "home", title="Départements", script="home.js")


@router.get("/carte/{code}")
def departement_map(request: Request, code: str) -> Response:
    """The map page of one département; an impossible code is a 404, a lower-case one is redirected."""
    if code != code.upper():
        return RedirectResponse(f"/carte/{code.upper()}", status_code=308)
    if not _DEPARTEMENT_CODE.fullmatch(code):
        return _page(request, "unknown", title="Département inconnu", status=404, values={"code": code})
    values = {"code": code, "fiction_hidden": "" if code in _FICTIONAL else "hidden"}
    return _page(request, "map", title=f"Département {code}", script="carte.js", values=values)


@router.get("/accessibilite")
def accessibility(request: Request) -> HTMLResponse:
    """The declaration: no audit yet, hence "non conforme"."""
    return _page(request, "accessibility", title="Accessibilité : non conforme")


def _page(
    request: Request,
    name: str,
    *,
    title: str,
    script: str | None = None,
    status: int = 200,
    values: dict[str, str] | None = None,
) -> HTMLResponse:
    settings: Settings = request.app.state.settings
    safe = {
        "label": escape(settings.label),
        "basemap_url": escape(settings.basemap_tiles_url or ""),
        "basemap_attribution": escape(settings.basemap_attribution),
        **{key: escape(value) for key, value in (values or {}).items()},
    }
    body = _template("layout").substitute(
        safe,
        title=escape(title),
        main=_template(name).substitute(safe),
        script=f'<script type="module" src="/static/js/{script}"></script>' if script else "",
    )
    return HTMLResponse(body, status_code=status, headers=_security_headers(settings.basemap_tiles_url))


@cache
def _template(name: str) -> Template:
    return Template((_HERE / "templates" / f"{name}.html").read_text(encoding="utf-8"))


def _security_headers(basemap_url: str | None) -> dict[str, str]:
    """Nothing but our own origin, plus the configured base map. ``data:`` images are MapLibre's own icons."""
    basemap = ""
    if basemap_url:
        parts = urlsplit(basemap_url)
        basemap = f" {parts.scheme}://{parts.netloc}"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; "
        f"img-src 'self' data: blob:{basemap}; connect-src 'self'{basemap}; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }
