"""HEAD is GET without its body, at every address, also through the real server."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.app import grid_world
from tests.app.api.test_api_problems import operations

pytestmark = pytest.mark.usefixtures("world")
LON, LAT = grid_world.centre_wgs84(3)
VALUES = {"code": "00", "year": "2026", "layer": "communes", "z": "0", "x": "0", "y": "0"}
PARAMS = {"/api/v1/isochrones": {"lon": LON, "lat": LAT}, "/api/v1/nearest": {"lon": LON, "lat": LAT}}
#: Their content moves from one request to the next.
MOVING = ("/metrics",)


def test_head_is_get_without_its_body(api: TestClient) -> None:
    """Built from the OpenAPI document, and the pages: no address can forget it."""
    templates = [path for method, path, _ in operations(api) if method == "get"]
    for template in [*templates, "/", "/carte/00", "/api/v1/openapi.json", "/rien"]:
        path = re.sub(r"{(\w+)}", lambda m: VALUES.get(m[1], "00000000-0000-0000-0000-000000000000"), template)
        expected, answer = (api.request(method, path, params=PARAMS.get(template)) for method in ("GET", "HEAD"))
        assert answer.status_code == expected.status_code, path
        assert answer.content == b"", path
        ignored = ("content-length",) if path in MOVING else ()
        wanted = {name: value for name, value in expected.headers.items() if name not in ignored}
        assert {name: value for name, value in answer.headers.items() if name not in ignored} == wanted, path


def test_head_where_there_is_no_get_is_refused(api: TestClient) -> None:
    address = "/api/v1/agreements/00000000-0000-0000-0000-000000000000/allocations"
    answer = api.head(address)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_head_unchanged_is_304_and_is_measured_as_head(api: TestClient) -> None:
    etag = api.get("/api/v1/departements").headers["etag"]
    assert api.head("/api/v1/departements", headers={"If-None-Match": etag}).status_code == 304
    assert 'requests_total{method="HEAD",route="/api/v1/departements",status="304"} 1' in api.get("/metrics").text


@pytest.fixture
def port(settings: Settings) -> Iterator[int]:
    """A real server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(20)


def test_through_the_server_one_connection_takes_several(port: int) -> None:
    """A byte of body after HEAD would be read as the start of the next answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    lengths = []
    for method in ("HEAD", "GET", "HEAD", "GET"):
        connection.request(method, "/api/v1/departements")
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200
        assert bool(body) == (method == "GET")
        lengths.append(answer.headers["content-length"])
    assert len(set(lengths)) == 1 and int(lengths[0]) > 0
    connection.close()
