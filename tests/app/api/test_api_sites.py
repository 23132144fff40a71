"""Reception points: what is accepted, who wins when two people edit, pages that stay right."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from app.persistence.models import Site
from app.persistence.session import read_session
from tests.app import grid_world
from tests.app.api.factories import ALPHA_LAT, ALPHA_LON, site_body

pytestmark = pytest.mark.usefixtures("world")
SITES = "/api/v1/sites"


@pytest.fixture
def made(api: TestClient) -> Iterator[dict[str, Any]]:
    """A site of this test, deleted afterwards."""
    site = api.post(SITES, json=site_body()).json()
    yield site
    left = api.get(f"{SITES}/{site['id']}")
    if left.status_code == 200:
        api.delete(f"{SITES}/{site['id']}", headers={"If-Match": left.headers["etag"]})


def change(api: TestClient, site: dict[str, Any], version: int, **changes: Any) -> Any:
    return api.patch(f"{SITES}/{site['id']}", json=changes, headers={"If-Match": f'"v{version}"'})


def test_create_then_read(api: TestClient) -> None:
    answer = api.post(SITES, json=site_body())
    site = answer.json()
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"v1"'
    assert answer.headers["location"] == f"{SITES}/{site['id']}"
    assert (site["source"], site["version"], site["status"]) == ("manuel", 1, "active")
    assert (site["commune"], site["code_insee"], site["departement"]) == ("Alpha", "00001", "00")
    assert (site["carrier_label"], site["form_label"]) == ("Polyvalence départementale", "Lieu fixe")
    assert site["by_appointment"] is None, "not said is unknown, never no"
    read = api.get(answer.headers["location"])
    assert read.json() == site
    assert read.headers["etag"] == '"v1"'
    api.delete(answer.headers["location"], headers={"If-Match": '"v1"'})


REFUSED = [
    ({"name": "ab"}, "body.name"),
    ({"name": " " * 10}, "body.name"),
    ({"name": "x" * 151}, "body.name"),
    ({"name": "Mai\u0000son"}, "body.name"),
    ({"name": "Deux\nlignes"}, "body.name"),
    ({"name": 12}, "body.name"),
    ({"carrier": "mairie"}, "body.carrier"),
    ({"form": "bus"}, "body.form"),
    ({"status": "ouvert"}, "body.status"),
    ({"lon": None}, "body.lon"),
    ({"lon": None, "lat": None}, "body.lon"),
    ({"lon": 1e308}, "body.lon"),
    ({"lon": ALPHA_LAT, "lat": ALPHA_LON, "code_insee": "00001"}, "body.lon"),
    ({"lon": 2.35, "lat": 48.85}, "body.code_insee"),
    ({"code_insee": "00999"}, "body.code_insee"),
    ({"code_insee": "Ajaccio"}, "body.code_insee"),
    ({"departement": "2A"}, "body.departement"),
    ({"departement": "tout"}, "body.departement"),
    ({"opening_hours": "lundi 9h-12h"}, "body.opening_hours"),
    ({"opening_hours": "(" * 400}, "body.opening_hours"),
    ({"walk_in": "oui"}, "body.walk_in"),
    ({"walk_in": 1}, "body.walk_in"),
    ({"comment": "x" * 2001}, "body.comment"),
    ({"id": "00000000-0000-0000-0000-000000000000"}, "body.id"),
    ({"source": "france-services"}, "body.source"),
    ({"version": 7}, "body.version"),
    ({"deleted_at": None}, "body.deleted_at"),
]


@pytest.mark.parametrize(("changes", "field"), REFUSED, ids=[json.dumps(c)[:40] for c, _ in REFUSED])
def test_what_is_refused_names_its_field(api: TestClient, changes: dict[str, Any], field: str) -> None:
    before = api.get(SITES).json()
    answer = api.post(SITES, json=site_body(**changes))
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field
    assert api.get(SITES).json() == before


def test_allowed_values_are_named(api: TestClient) -> None:
    message = api.post(SITES, json=site_body(form="bus")).json()["errors"][0]["message"]
    assert message == "Valeurs acceptées : fixed, branch, outpost, mobile, phone."


def test_swapped_coordinates_are_guessed(api: TestClient) -> None:
    body = site_body(lon=ALPHA_LAT, lat=ALPHA_LON, code_insee="00001")
    assert "inversés" in api.post(SITES, json=body).json()["detail"]


def test_a_telephone_needs_no_point(api: TestClient) -> None:
    body = site_body(form="phone", lon=None, lat=None, departement="00", name="Numéro vert social")
    answer = api.post(SITES, json=body)
    assert answer.status_code == 201, answer.text
    site = answer.json()
    assert (site["lon"], site["lat"], site["departement"]) == (None, None, "00")
    refused = api.get(f"{SITES}/{site['id']}/isochrone")
    assert refused.status_code == 422
    api.delete(f"{SITES}/{site['id']}", headers={"If-Match": '"v1"'})


def test_patch_changes_only_what_is_given(api: TestClient, made: dict[str, Any]) -> None:
    answer = change(api, made, 1, walk_in=None, comment="Fermé en août")
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"v2"'
    changed = answer.json()
    expected = made | {"walk_in": None, "comment": "Fermé en août", "version": 2}
    assert changed == expected | {"updated_at": changed["updated_at"]}


def test_patch_of_the_same_values_is_no_new_version(api: TestClient, made: dict[str, Any]) -> None:
    assert change(api, made, 1, name=made["name"]).json()["version"] == 1


@pytest.mark.parametrize("name", ["departement", "version", "source", "id", "created_at", "deleted_at"])
def test_no_mass_assignment(api: TestClient, made: dict[str, Any], name: str) -> None:
    headers = {"If-Match": '"v1"'}
    answer = api.patch(f"{SITES}/{made['id']}", json={name: made.get(name)}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"body.{name}"
    assert "opening_hours" in answer.json()["errors"][0]["message"], "the accepted fields are named"


def test_required_fields_cannot_be_emptied(api: TestClient, made: dict[str, Any]) -> None:
    answer = change(api, made, 1, name=None)
    assert answer.status_code == 422
    assert "name" in answer.json()["errors"][0]["message"]


def test_a_site_that_moves_changes_commune(api: TestClient, made: dict[str, Any]) -> None:
    lon, lat = grid_world.centre_wgs84(5)
    moved = change(api, made, 1, lon=lon, lat=lat).json()
    assert (moved["commune"], moved["code_insee"]) == ("Bêta", "00002")
    assert (moved["lon"], moved["lat"]) == pytest.approx((lon, lat))


def test_an_edit_by_hand_is_dated(api: TestClient, engine: Engine, made: dict[str, Any]) -> None:
    """A later import leaves alone what someone has mended."""
    change(api, made, 1, comment="mendé")
    with read_session(engine) as session:
        assert session.scalar(select(Site.edited_at).where(Site.id == made["id"])) is not None


def test_stale_version_gives_both(api: TestClient, made: dict[str, Any]) -> None:
    first = change(api, made, 1, comment="première").json()
    answer = change(api, made, 1, comment="seconde")
    assert answer.status_code == 412
    problem = answer.json()
    assert problem["yours"] == {"version": 1, "comment": "seconde"}
    assert problem["current"] == first
    assert answer.headers["etag"] == '"v2"'
    assert api.get(f"{SITES}/{made['id']}").json()["comment"] == "première"


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        (None, 428),
        ("*", 400),
        ("v1", 400),
        ('"1"', 400),
        ('"v1", "v2"', 400),
        ('"v9999999999"', 400),
        ('"v7"', 412),
    ],
)
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_versions_that_do_not_do(
    api: TestClient, made: dict[str, Any], method: str, if_match: str | None, status: int
) -> None:
    headers = {} if if_match is None else {"If-Match": if_match}
    body = {"comment": "x"} if method == "PATCH" else None
    answer = api.request(method, f"{SITES}/{made['id']}", json=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_tag_weakened_by_a_proxy_is_accepted(api: TestClient, made: dict[str, Any]) -> None:
    answer = api.patch(f"{SITES}/{made['id']}", json={"comment": "x"}, headers={"If-Match": 'W/"v1"'})
    assert answer.status_code == 200


def test_two_people_at_once_one_wins(api: TestClient, made: dict[str, Any]) -> None:
    """Eight threads write over the same version: one 200, seven 412, and the winner's text stays."""
    answers: dict[str, Any] = {}
    gate = threading.Barrier(8)

    def edit(text: str) -> None:
        gate.wait()
        answers[text] = change(api, made, 1, comment=text)

    threads = [threading.Thread(target=edit, args=(f"main {i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers.values()) == [200] + [412] * 7
    winner = next(text for text, answer in answers.items() if answer.status_code == 200)
    kept = api.get(f"{SITES}/{made['id']}").json()
    assert (kept["comment"], kept["version"]) == (winner, 2)


def test_delete_keeps_the_row(api: TestClient, engine: Engine, made: dict[str, Any]) -> None:
    address = f"{SITES}/{made['id']}"
    assert api.delete(address, headers={"If-Match": '"v1"'}).status_code == 204
    assert api.get(address).status_code == 404
    assert api.delete(address, headers={"If-Match": '"v2"'}).status_code == 404
    assert change(api, made, 2, comment="x").status_code == 404
    with read_session(engine) as session:
        assert session.scalar(select(Site.deleted_at).where(Site.id == made["id"])) is not None


@pytest.mark.parametrize(
    ("site_id", "status"), [("00000000-0000-0000-0000-000000000000", 404), ("1", 422), ("../1", 404)]
)
def test_sites_that_are_not(api: TestClient, site_id: str, status: int) -> None:
    assert api.get(f"{SITES}/{site_id}").status_code == status


def pages(api: TestClient, limit: int) -> Iterator[list[dict[str, Any]]]:
    after = None
    while True:
        params = {"limit": limit} | ({"after": after} if after else {})
        page = api.get(SITES, params=params).json()
        yield page["items"]
        after = page["next"]
        if after is None:
            return


def test_pages_stay_right_while_sites_are_added_and_removed(api: TestClient) -> None:
    """Every site there from start to end is seen once, whatever comes and goes between two pages."""
    there = [site["id"] for site in api.get(SITES).json()["items"]]
    added = [api.post(SITES, json=site_body(name=f"Lieu {i}")).json() for i in range(5)]
    expected = [*there, *(site["id"] for site in added[1:])]
    seen: list[str] = []
    for turn, items in enumerate(pages(api, limit=2)):
        seen += [site["id"] for site in items]
        if turn == 0:
            api.delete(f"{SITES}/{added[0]['id']}", headers={"If-Match": '"v1"'})
            added.append(api.post(SITES, json=site_body(name="Lieu tardif")).json())
    assert len(seen) == len(set(seen))
    assert seen == [*expected, added[-1]["id"]]
    for site in added[1:]:
        api.delete(f"{SITES}/{site['id']}", headers={"If-Match": '"v1"'})


def test_filters(api: TestClient) -> None:
    def names(**params: str) -> set[str]:
        return {site["name"] for site in api.get(SITES, params=params).json()["items"]}

    assert names(departement="0V") == {"Lieu beyond"}
    assert names(q="LIEU wést") == {"Lieu west"}
    assert names(q="%") == set()
    assert names(q="' or 1=1 --") == set()


BAD_CURSORS = [
    "x", "", "e30", base64.urlsafe_b64encode(b'["2026-01-01", "x"]').decode(), "é" * 10, "A" * 201,
    base64.urlsafe_b64encode(b'["2026-01-01T00:00:00", "00000000-0000-0000-0000-000000000000"]').decode(),
    base64.urlsafe_b64encode(b"[" * 140).decode(),
]  # fmt: skip


@pytest.mark.parametrize("cursor", BAD_CURSORS)
def test_a_cursor_that_is_not_ours(api: TestClient, cursor: str) -> None:
    answer = api.get(SITES, params={"after": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.after"


@pytest.mark.parametrize("limit", ["0", "1001", "10000000", "-1", "1.5", "99999999999999999999999"])
def test_limits(api: TestClient, limit: str) -> None:
    assert api.get(SITES, params={"limit": limit}).status_code == 422


def test_a_text_that_looks_like_a_formula_is_inert_in_files_only(api: TestClient) -> None:
    site = api.post(SITES, json=site_body(name="=1+1 maison")).json()
    assert site["name"] == "=1+1 maison"
    api.delete(f"{SITES}/{site['id']}", headers={"If-Match": '"v1"'})
