"""Accessibility: automatic rules, the whole path from the keyboard, small and zoomed screens, paper."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests.browser.conftest import DEMO, Look, Service, Visit
from tests.browser.reading import rows

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


def broken_rules(visit: Visit, part: str | None = None) -> str:
    """What axe finds in the page, or in a part of it (a selector), in words; empty when all is well."""
    found = Axe().run(visit.page, context=part)
    return found.generate_report() if found.violations_count else ""


def keep_few_rows(visit: Visit, table: str) -> None:
    """Two hundred rows of one kind take axe ten seconds: those that resemble the first say the same."""
    name = visit.page.locator(f"#panel-{table} tbody th").first.inner_text()
    visit.page.locator(f"#{table}-search").fill(name.split()[0].strip(","))
    assert visit.page.locator(f"#panel-{table} tbody th").count() >= 1


@SCHEMES
@pytest.mark.parametrize("path", ["/", "/accessibilite", "/carte/zz9"])
def test_no_rule_of_axe_is_broken(read: Look, path: str, scheme: str) -> None:
    visit = read(path, color_scheme=scheme)
    visit.page.wait_for_load_state("networkidle")
    assert broken_rules(visit) == ""


@SCHEMES
def test_no_rule_of_axe_is_broken_on_the_map_page(look: Look, scheme: str) -> None:
    visit = look(f"/carte/{DEMO}", color_scheme=scheme)
    visit.wait_figures()
    visit.wait_map()
    keep_few_rows(visit, "communes")
    assert broken_rules(visit) == ""
    for tab in ("epci", "gaps", "sites"):
        visit.page.locator(f"#tab-{tab}").click()
        keep_few_rows(visit, tab)
        assert broken_rules(visit, "#tables") == "", tab


def test_no_rule_is_broken_with_a_point_and_an_error(read: Look, service: Service) -> None:
    site = service.a_site()
    visit = read(f"/carte/{DEMO}?point={site['lon']},{site['lat']}")
    visit.page.locator("#nearest").wait_for(timeout=60_000)
    visit.wait_figures()
    visit.page.locator("#point-lat").fill("quarante")
    visit.page.locator("#point-lat").press("Enter")
    assert "quarante" in visit.page.locator("#point-error").inner_text()
    assert visit.page.evaluate("() => document.activeElement.id") == "point-lat"
    keep_few_rows(visit, "communes")
    assert broken_rules(visit) == ""


def test_skip_link_is_first_and_works(read: Look) -> None:
    visit = read(f"/carte/{DEMO}")
    visit.wait_figures()
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("() => document.activeElement.textContent") == "Aller au contenu"
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("() => document.activeElement.id") == "contenu"


def test_tabs_sorting_search_and_access_from_the_keyboard(read: Look, service: Service) -> None:
    visit = read(f"/carte/{DEMO}")
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


def test_the_back_button_undoes_a_choice(read: Look, service: Service) -> None:
    site = service.a_site()
    visit = read(f"/carte/{DEMO}")
    visit.wait_figures()
    visit.page.locator("#point-lat").fill(str(site["lat"]).replace(".", ","))
    visit.page.locator("#point-lon").fill(str(site["lon"]))
    visit.page.locator("#point-lon").press("Enter")
    visit.page.locator("#nearest").wait_for(timeout=60_000)
    visit.page.go_back()
    visit.page.locator("#nearest").wait_for(state="detached")
    visit.page.go_forward()
    visit.page.locator("#nearest").wait_for(timeout=60_000)


def test_uncovered_filter_keeps_only_uncovered(read: Look, service: Service) -> None:
    visit = read(f"/carte/{DEMO}")
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


def test_a_switch_keeps_the_focus_when_figures_reload(read: Look) -> None:
    visit = read(f"/carte/{DEMO}")
    visit.wait_figures()
    visit.page.locator("#scope-mobile").press("Space")
    visit.wait("() => location.search === '?bus=0'", "the switch is in the address")
    visit.wait_figures()
    assert visit.page.evaluate("() => document.activeElement.id") == "scope-mobile"


@pytest.mark.parametrize("path", ["/", "/accessibilite", f"/carte/{DEMO}"])
def test_narrow_screens_never_scroll_sideways(look: Look, path: str) -> None:
    """A telephone, then 320 pixels: also a 1,280 pixel screen at 400 %."""
    visit = look(path, viewport={"width": 390, "height": 844})
    visit.page.wait_for_load_state("networkidle")
    if path.startswith("/carte"):
        visit.wait_figures()
        tops = [visit.page.locator(name).bounding_box() for name in ("#map", "#tables")]
        assert tops[0] and tops[1] and tops[0]["y"] < tops[1]["y"], "map on top, tables beneath"
    for width in (390, 320):
        visit.page.set_viewport_size({"width": width, "height": 844})
        assert visit.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_paper_has_every_table(read: Look) -> None:
    visit = read(f"/carte/{DEMO}")
    visit.wait_figures()
    visit.page.emulate_media(media="print")
    for panel in ("communes", "epci", "gaps", "sites"):
        assert visit.page.locator(f"#panel-{panel} table").is_visible()


def test_still_when_motion_is_unwanted(look: Look, service: Service) -> None:
    site = service.a_site()
    visit = look(f"/carte/{DEMO}?point={site['lon']},{site['lat']}", reduced_motion="reduce")
    visit.page.locator("#nearest").wait_for(timeout=60_000)
    visit.wait_map()
    visit.page.get_by_role("button", name="Voir sur la carte", exact=True).click()
    assert visit.page.evaluate("() => window.accueil30.map.isMoving()") is False


def test_every_page_links_to_the_declaration(read: Look) -> None:
    for path in ("/", f"/carte/{DEMO}", "/accessibilite"):
        visit = read(path)
        assert visit.page.locator("footer a[href='/accessibilite']").inner_text() == "Accessibilité : non conforme"
