"""Accessibility: automatic rules, the whole path from the keyboard, small and zoomed screens, paper."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests.browser.conftest import DEMO, Look, Service
from tests.browser.reading import rows

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MAP_PAGES = [f"/carte/{DEMO}?onglet={tab}" for tab in ("communes", "epci", "gaps", "sites")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/accessibilite", "/carte/zz9", *MAP_PAGES])
def test_no_rule_of_axe_is_broken(look: Look, path: str, scheme: str) -> None:
    visit = look(path, color_scheme=scheme)
    if "?" in path:
        visit.wait_figures()
        visit.wait_map()
    visit.page.wait_for_load_state("networkidle")
    found = Axe().run(visit.page)
    assert found.violations_count == 0, found.generate_report()


def test_no_rule_is_broken_with_a_point_and_an_error(look: Look, service: Service) -> None:
    site = service.a_site()
    visit = look(f"/carte/{DEMO}?point={site['lon']},{site['lat']}")
    visit.page.locator("#nearest").wait_for(timeout=60_000)
    visit.wait_figures()
    visit.page.locator("#point-lat").fill("quarante")
    visit.page.locator("#point-lat").press("Enter")
    assert "quarante" in visit.page.locator("#point-error").inner_text()
    assert visit.page.evaluate("() => document.activeElement.id") == "point-lat"
    found = Axe().run(visit.page)
    assert found.violations_count == 0, found.generate_report()


def test_skip_link_is_first_and_works(look: Look) -> None:
    visit = look(f"/carte/{DEMO}")
    visit.wait_figures()
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("() => document.activeElement.textContent") == "Aller au contenu"
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("() => document.activeElement.id") == "contenu"


def test_tabs_sorting_search_and_access_from_the_keyboard(look: Look, service: Service) -> None:
    visit = look(f"/carte/{DEMO}")
    visit.wait_figures()
    page = visit.page
    page.get_by_role("tab", name="Communes").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("() => document.activeElement.id") == "tab-sites"
    page.keyboard.press("Home")
    page.locator("#panel-communes thead button", has_text="Habitants").press("Enter")
    order = list(rows(page, "communes"))
    zones = service.get(f"/departements/{DEMO}/coverage/zones")["items"]
    people = {zone["code"]: zone["population"]["total"] for zone in zones}
    assert [people[code] for code in order] == sorted(people.values(), reverse=True)
    assert page.locator("#panel-communes th[aria-sort=descending]").count() == 1
    page.locator("#communes-search").fill(order[0])
    assert list(rows(page, "communes")) == [order[0]]
    page.locator("#panel-communes tbody button.quiet").press("Enter")
    page.locator("#nearest, #access-body .notice.error").first.wait_for(timeout=60_000)
    assert page.evaluate("() => document.activeElement.id") == "acces"


def test_uncovered_filter_keeps_only_uncovered(look: Look, service: Service) -> None:
    visit = look(f"/carte/{DEMO}")
    visit.wait_figures()
    visit.page.get_by_label("Seulement les communes où des habitants ne sont pas couverts").check()
    zones = service.get(f"/departements/{DEMO}/coverage/zones")["items"]
    assert set(rows(visit.page, "communes")) == {z["code"] for z in zones if z["population"]["uncovered"] > 0}


def test_enter_on_the_map_computes_at_its_centre(look: Look, service: Service) -> None:
    site = service.a_site()
    visit = look(f"/carte/{DEMO}?vue={site['lon']},{site['lat']},10")
    visit.wait_map()
    visit.page.locator("#map canvas").focus()
    visit.page.keyboard.press("Enter")
    visit.page.locator("#nearest").wait_for(timeout=60_000)
    assert "Lieu le plus proche" in visit.page.locator("#status").inner_text()


def test_a_switch_keeps_the_focus_when_figures_reload(look: Look) -> None:
    visit = look(f"/carte/{DEMO}")
    visit.wait_figures()
    visit.page.locator("#scope-mobile").press("Space")
    visit.page.wait_for_timeout(300)
    visit.wait_figures()
    assert visit.page.evaluate("() => document.activeElement.id") == "scope-mobile"


@pytest.mark.parametrize("width", [390, 320])
@pytest.mark.parametrize("path", ["/", "/accessibilite", f"/carte/{DEMO}"])
def test_narrow_screens_never_scroll_sideways(look: Look, path: str, width: int) -> None:
    """320 pixels is also a 1,280 pixel screen at 400 %."""
    visit = look(path, viewport={"width": width, "height": 844})
    visit.page.wait_for_load_state("networkidle")
    assert visit.page.evaluate("() => document.documentElement.scrollWidth") <= width
    if path.startswith("/carte"):
        visit.wait_figures()
        assert visit.page.evaluate("() => document.documentElement.scrollWidth") <= width
        tops = [visit.page.locator(name).bounding_box() for name in ("#map", "#tables")]
        assert tops[0] and tops[1] and tops[0]["y"] < tops[1]["y"], "map on top, tables beneath"


def test_paper_has_every_table(look: Look) -> None:
    visit = look(f"/carte/{DEMO}")
    visit.wait_figures()
    visit.page.emulate_media(media="print")
    for panel in ("communes", "epci", "gaps", "sites"):
        assert visit.page.locator(f"#panel-{panel} table").is_visible()


def test_still_when_motion_is_unwanted(look: Look, service: Service) -> None:
    site = service.a_site()
    visit = look(f"/carte/{DEMO}?point={site['lon']},{site['lat']}", reduced_motion="reduce")
    visit.page.locator("#nearest").wait_for(timeout=60_000)
    visit.wait_map()
    visit.page.get_by_role("button", name="Voir sur la carte").click()
    assert visit.page.evaluate("() => window.accueil30.map.isEasing()") is False


def test_every_page_links_to_the_declaration(look: Look) -> None:
    for path in ("/", f"/carte/{DEMO}", "/accessibilite"):
        visit = look(path)
        assert (
            visit.page.locator("footer a[href='/accessibilite']").inner_text()
            == "Accessibilité : non conforme"
        )
