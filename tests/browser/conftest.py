"""A real service on the demonstration département, and a real headless Chromium that looks at it.

Everything here has the life of this folder's tests: Playwright keeps an event loop in the main thread, which
other tests should not find there.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Playwright, Request, sync_playwright

from app.main import create_app
from app.persistence.embedded import EmbeddedCluster
from app.persistence.migrate import upgrade
from app.persistence.session import make_engine, transaction
from app.services.demo import load_demo
from app.settings import Settings
from data.store import Store

CHROMIUM = (
    os.environ.get("ACCUEIL30_CHROMIUM")
    or shutil.which("chromium")
    or shutil.which("chromium-browser")
    or "/usr/bin/chromium"
)
ARGUMENTS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
DEMO = "00"
XSS_NAME = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>Maison'
PATIENCE_S = 60


@dataclass(frozen=True)
class Service:
    """The service under test."""

    address: str

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.address}/api/v1{path}") as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{self.address}/api/v1{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def a_site(self) -> dict[str, Any]:
        """A site of the demonstration that stands somewhere, the same in every run."""
        page = self.get(f"/sites?departement={DEMO}&limit=100")
        placed: list[dict[str, Any]] = [site for site in page["items"] if site["lon"] is not None]
        return min(placed, key=lambda site: (site["lat"], site["lon"]))


@dataclass
class Visit:
    """A page being looked at, and what it did that it should not have."""

    page: Page
    address: str
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def outside(self) -> list[str]:
        """Requests that left the service."""
        own = (self.address, "data:", "blob:")
        return [url for url in self.requested if not url.startswith(own)]

    def wait(self, script: str, what: str) -> Any:
        """Ask again until true. Not ``wait_for_function``: our policy forbids the eval it needs."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            answer = self.page.evaluate(script)
            if answer:
                return answer
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{what}: still false after {PATIENCE_S} s; page said: {self.complaints}")

    def wait_map(self) -> None:
        """The map exists and has drawn all it was asked to."""
        self.wait("() => Boolean(window.accueil30?.map?.loaded())", "the map is drawn")

    def wait_drawn(self, *layers: str) -> None:
        """Each of these layers has something on the screen."""
        for layer in layers:
            query = f"window.accueil30.map.queryRenderedFeatures({{layers: ['{layer}']}})"
            self.wait(f"() => {query}.length > 0", f"{layer} is drawn")

    def wait_figures(self) -> None:
        self.wait(
            """() => Boolean(document.querySelector('#covered-pct'))
              && !document.querySelector('[aria-busy=true]')""",
            "the figures are shown",
        )


Look = Callable[..., Visit]


@pytest.fixture(scope="package")
def service(cluster: EmbeddedCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The demonstration département, a hostile site name, and agreements: served for real."""
    settings = _settings(cluster, tmp_path_factory, "browser")
    engine = make_engine(settings)
    upgrade(engine)
    load_demo(lambda: transaction(engine), Store(settings.store), lambda _: None)
    engine.dispose()
    with _Server(settings) as address:
        running = Service(address)
        running.post("/sites", _hostile_site(running))
        yield running


@pytest.fixture(scope="package")
def empty_service(cluster: EmbeddedCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service just installed: not one département."""
    settings = _settings(cluster, tmp_path_factory, "browser_empty")
    engine = make_engine(settings)
    upgrade(engine)
    engine.dispose()
    with _Server(settings) as address:
        yield Service(address)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    yield from _launch(playwright, ARGUMENTS)


@pytest.fixture(scope="package")
def browser_without_webgl(playwright: Playwright) -> Iterator[Browser]:
    yield from _launch(playwright, ("--no-sandbox", "--disable-3d-apis", "--disable-background-networking"))


@pytest.fixture
def look(browser: Browser, service: Service) -> Iterator[Look]:
    """``look("/carte/00", color_scheme="dark")`` opens a page; no script of it may have failed at the end."""
    yield from _looking(browser, service)


@pytest.fixture
def read(browser_without_webgl: Browser, service: Service) -> Iterator[Look]:
    """The same by a browser that cannot draw the map: quicker, and the figures must all be there."""
    yield from _looking(browser_without_webgl, service)


def _looking(browser: Browser, service: Service) -> Iterator[Look]:
    visits: list[Visit] = []

    def open_page(path: str, *, of: Service = service, **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "fr-FR", **options})
        visit = Visit(context.new_page(), of.address)
        _listen(visit)
        visit.page.goto(of.address + path)
        visits.append(visit)
        return visit

    yield open_page
    for visit in visits:
        visit.page.context.close()
    assert [text for visit in visits for text in visit.complaints] == []
    assert [url for visit in visits for url in visit.outside()] == []


def _listen(visit: Visit) -> None:
    def on_request(request: Request) -> None:
        visit.requested.append(request.url)

    visit.page.context.on("request", on_request)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    # A refusal of the API is announced in the console too; tests that provoke one look at what the page says.
    visit.page.on(
        "console",
        lambda line: (
            visit.complaints.append(line.text) if line.type == "error" and "status of 4" not in line.text else None
        ),
    )


def _launch(playwright: Playwright, arguments: tuple[str, ...]) -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail(f"no Chromium at {CHROMIUM}: apt-get install chromium, or name it in ACCUEIL30_CHROMIUM")
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(arguments))
    yield launched
    launched.close()


def _settings(cluster: EmbeddedCluster, tmp: pytest.TempPathFactory, name: str) -> Settings:
    database = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    cluster.create_database(database)
    return Settings(database_url=cluster.url(database), store=tmp.mktemp(name), port=8000)


def _hostile_site(service: Service) -> dict[str, Any]:
    """Beside an existing site, so that it is on a road."""
    beside = service.a_site()
    return {
        "name": XSS_NAME,
        "carrier": "other",
        "form": "fixed",
        "lon": beside["lon"],
        "lat": beside["lat"],
        "departement": DEMO,
        "code_insee": beside["code_insee"],
    }


class _Server:
    """uvicorn in a thread, on a free port."""

    def __init__(self, settings: Settings) -> None:
        config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, log_level="warning")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        deadline = time.monotonic() + PATIENCE_S
        while not self.server.started:
            if not self.thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the service did not start")
            time.sleep(0.05)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=10)
