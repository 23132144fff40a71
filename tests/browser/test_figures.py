"""The page says what the API says: headline, tables, scopes, money, sources."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import DEMO, XSS_NAME, Look, Service
from tests.browser.reading import columns, figures, integer, rows

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_headline_is_the_api_s_and_adds_up(read: Look, service: Service) -> None:
    visit = read(f"/carte/{DEMO}")
    visit.wait_figures()
    shown = figures(visit.page)
    assert shown == service.get(f"/departements/{DEMO}/coverage")["population"]
    assert shown["covered"] + shown["uncovered"] + shown["unknown"] == shown["total"]


def test_every_zone_has_the_figures_of_the_api(read: Look, service: Service) -> None:
    visit = read(f"/carte/{DEMO}")
    visit.wait_figures()
    named = {"total": "Habitants", "covered": "Couverts", "uncovered": "Non couverts", "unknown": "Inconnus"}
    for level, panel in (("commune", "communes"), ("epci", "epci")):
        heads = columns(visit.page, panel)
        shown = {
            key: {name: integer(cells[heads.index(label)]) for name, label in named.items()}
            for key, cells in rows(visit.page, panel).items()
        }
        expected = service.get(f"/departements/{DEMO}/coverage/zones?level={level}")["items"]
        assert len(expected) > 3
        assert shown == {zone["code"]: zone["population"] for zone in expected}


def test_gaps_are_the_api_s_and_sum_to_the_uncovered(read: Look, service: Service) -> None:
    visit = read(f"/carte/{DEMO}?onglet=gaps")
    visit.wait_figures()
    people = columns(visit.page, "gaps").index("Habitants")
    shown = {int(key): integer(cells[people]) for key, cells in rows(visit.page, "gaps").items()}
    gaps = service.get(f"/departements/{DEMO}/gaps")
    assert shown == {gap["id"]: gap["people"] for gap in gaps["items"]}
    assert sum(shown.values()) == figures(visit.page)["uncovered"]


def test_counting_fewer_sites_shows_the_other_figures(look: Look, service: Service) -> None:
    visit = look(f"/carte/{DEMO}")
    visit.wait_figures()
    visit.page.get_by_label("Lieux des départements voisins").uncheck()
    visit.page.get_by_label("Bus et itinérances").uncheck()
    alone = service.get(f"/departements/{DEMO}/coverage?neighbours=false&mobile=false")["population"]
    assert alone != service.get(f"/departements/{DEMO}/coverage")["population"]
    visit.wait(
        rf"""() => document.querySelector('[data-figure=covered]')
          ?.textContent.replace(/\D/g, '') === '{alone["covered"]}'""",
        "the headline follows the switches",
    )
    visit.wait_map()
    assert "voisins=0" in visit.page.url and "bus=0" in visit.page.url
    for _ in range(100):  # the map asks for its new tiles a little after the figures have changed
        if any("/tiles/communes/" in url and "scope=own_fixed" in url for url in visit.requested):
            break
        visit.page.wait_for_timeout(100)
    else:
        raise AssertionError("the map never asked for the communes of the chosen scope")


def test_another_way_of_travelling_shows_its_own_figures(look: Look, service: Service) -> None:
    visit = look(f"/carte/{DEMO}")
    visit.wait_figures()
    on_foot = service.get(f"/departements/{DEMO}/coverage?mode=foot")["population"]
    assert on_foot["covered"] < figures(visit.page)["covered"]
    choice = visit.page.get_by_role("group", name="Trajet")
    assert choice.get_by_label("En voiture").is_checked()
    choice.get_by_label("En voiture").focus()
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("ArrowDown")
    visit.wait(
        rf"""() => document.querySelector('[data-figure=covered]')
          ?.textContent.replace(/\D/g, '') === '{on_foot["covered"]}'""",
        "the headline follows the choice",
    )
    assert visit.page.evaluate("() => document.activeElement.id") == "travel-foot", "the focus stays on the choice"
    visit.wait_figures()
    assert "trajet=pied" in visit.page.url
    assert "à pied" in visit.page.locator("#headline").inner_text()
    assert "à pied" in visit.page.locator("#method").inner_text()
    gaps = service.get(f"/departements/{DEMO}/gaps?mode=foot")["total_people"]
    people = columns(visit.page, "gaps").index("Habitants")
    assert sum(integer(cells[people]) for cells in rows(visit.page, "gaps").values()) == gaps
    for _ in range(100):
        if any("/tiles/communes/" in url and "mode=foot" in url for url in visit.requested):
            break
        visit.page.wait_for_timeout(100)
    else:
        raise AssertionError("the map never asked for the communes on foot")


def test_ways_of_travelling_stand_side_by_side(read: Look, service: Service) -> None:
    visit = read(f"/carte/{DEMO}?trajet=velo")
    visit.wait_figures()
    variants = service.get(f"/departements/{DEMO}/coverage?mode=bike")["variants"]
    lines = visit.page.locator("#variants tbody tr").all()
    assert len(lines) == len(variants) >= 3
    for line, variant in zip(lines, variants, strict=True):
        assert variant["label"] in str(line.text_content())
        assert integer(str(line.locator("td").first.text_content())) == variant["covered"]
    assert "à vélo" in str(visit.page.locator("#variants tr.selected").text_content())


def test_a_season_that_is_not_there_leaves_a_way_back(read: Look) -> None:
    visit = read(f"/carte/{DEMO}?trajet=velo&saison=hiver")
    alert = visit.page.locator("#headline [role=alert]")
    alert.wait_for()
    assert "en hiver" in alert.inner_text()
    visit.page.get_by_label("Été").click()  # the choice leaves with the season that was not there
    visit.wait_figures()
    assert "saison" not in visit.page.url and "trajet=velo" in visit.page.url


def test_an_unknown_way_of_travelling_is_said_and_leaves_the_address(read: Look) -> None:
    visit = read(f"/carte/{DEMO}?trajet=avion&onglet=epci")
    visit.wait_figures()
    assert "trajet" not in visit.page.url and "onglet=epci" in visit.page.url
    said = visit.page.locator("#unknown-travel").inner_text()
    assert "trajet=avion" in said and "en voiture" in said


def test_no_route_is_said_once(read: Look, service: Service) -> None:
    times = service.get(f"/departements/{DEMO}/coverage?mode=foot")["travel_time"]
    visit = read(f"/carte/{DEMO}?trajet=pied")
    visit.wait_figures()
    shown = visit.page.locator(".times").inner_text().lower()
    assert shown.count("sans route") + shown.count("sans aucune route") == int(times["has_no_route"])


def test_without_figures_the_name_stays_and_no_empty_choice_is_shown(read: Look) -> None:
    def unpublished(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        for item in body["items"]:
            item["published"] = []
        route.fulfill(response=answer, json=body)

    visit = read("/")
    name = visit.page.locator("h1").first
    name.wait_for()
    page = visit.page
    page.route("**/api/v1/departements", unpublished)
    page.route(
        "**/coverage?*",
        lambda route: route.fulfill(status=404, json={"title": "Introuvable", "detail": "Aucun calcul"}),
    )
    page.goto(page.url.rstrip("/") + f"/carte/{DEMO}")
    page.locator("#headline [role=alert]").wait_for()
    page.wait_for_function("() => document.title.includes('(00)')")
    assert "00" in page.locator("#title").inner_text() and len(page.locator("#title").inner_text()) > 4
    assert page.locator("#travel fieldset").count() == 0


def test_the_address_brings_back_the_same_page(read: Look) -> None:
    visit = read(f"/carte/{DEMO}?voisins=0&onglet=epci")
    visit.wait_figures()
    assert not visit.page.get_by_label("Lieux des départements voisins").is_checked()
    assert visit.page.get_by_role("tab", name="EPCI").get_attribute("aria-selected") == "true"


def test_a_hostile_name_is_shown_as_text(look: Look) -> None:
    visit = look(f"/carte/{DEMO}?onglet=sites")
    visit.wait_figures()
    visit.wait_map()
    assert any(XSS_NAME in cells[0] for cells in rows(visit.page, "sites").values())
    assert visit.page.evaluate("() => window.broken") is None


def test_fiction_staleness_money_and_sources_are_said(read: Look, service: Service) -> None:
    visit = read(f"/carte/{DEMO}")
    visit.wait_figures()
    assert visit.page.locator("#fiction").is_visible()
    info = service.get(f"/departements/{DEMO}/coverage")["info"]
    assert info["is_stale"], "a site was added after the run"
    assert visit.page.locator("#stale").is_visible()
    assert info["changed_inputs"] == ["les lieux d'accueil"]
    assert "les lieux d'accueil" in visit.page.locator("#stale").inner_text()
    method = visit.page.locator("#method").inner_text()
    assert info["run_id"] in method and info["threshold_rule"] in method
    for file in (info["population"], info["population"]["grid"]):
        assert f"({file['source']}, millésime {file['millesime']})" in method
    for source in info["attributions"]:
        assert source["licence"] in method
    money = visit.page.locator("#agreement").inner_text()
    assert "85\u202f000\u00a0€" in money and "payé" in money


def test_every_download_answers(read: Look) -> None:
    visit = read(f"/carte/{DEMO}")
    visit.wait_figures()
    for link in visit.page.locator("#downloads a").all():
        answer = visit.page.context.request.get(visit.address + str(link.get_attribute("href")))
        assert answer.ok, f"{link.inner_text()}: {answer.status}"


def test_home_lists_what_is_loaded(read: Look, service: Service) -> None:
    visit = read("/")
    card = visit.page.locator(".card").filter(has=visit.page.locator(f"a[href='/carte/{DEMO}']"))
    card.wait_for()
    item = next(one for one in service.get("/departements")["items"] if one["code"] == DEMO)
    assert item["verdict"] in card.inner_text()
    assert integer(card.locator(".card-detail").inner_text().split("non")[0]) == item["coverage"]["uncovered"]
    assert "fictif" in card.inner_text()


def test_home_with_nothing_loaded_says_how(read: Look, empty_service: Service) -> None:
    visit = read("/", of=empty_service)
    visit.page.get_by_text("Aucun département n’est chargé").wait_for()
    assert "accueil30 demo" in visit.page.locator("main").inner_text()


def test_a_departement_that_is_not_loaded_is_explained_in_french(read: Look) -> None:
    visit = read("/carte/75")
    alert = visit.page.locator("#headline [role=alert]")
    alert.wait_for()
    assert "75" in alert.inner_text()
    assert alert.get_by_role("button", name="Réessayer").is_visible()
