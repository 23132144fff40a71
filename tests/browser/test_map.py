"""The map is really drawn, a click really computes, and nothing is lost without it."""

from __future__ import annotations

import pytest

from tests.browser.conftest import DEMO, Look, Service
from tests.browser.reading import figures, rows

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

#: The drawing itself, as pixels: how many colours, and the share of the commonest.
COLOURS = """() => {
  const drawn = window.accueil30.map.getCanvas();
  const copy = Object.assign(document.createElement('canvas'), {width: drawn.width, height: drawn.height});
  const context = copy.getContext('2d');
  context.drawImage(drawn, 0, 0);
  const {data} = context.getImageData(0, 0, copy.width, copy.height);
  const seen = new Map();
  for (let i = 0; i < data.length; i += 4) {
    const colour = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
    seen.set(colour, (seen.get(colour) ?? 0) + 1);
  }
  return {colours: seen.size, commonest: Math.max(...seen.values()) / (data.length / 4)};
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_is_drawn(look: Look, scheme: str) -> None:
    visit = look(f"/carte/{DEMO}", color_scheme=scheme)
    visit.wait_map()
    visit.wait_drawn("departements-land", "communes-fill", "roads-line", "sites-symbol", "communes-names")
    pixels = visit.page.evaluate(COLOURS)
    assert pixels["colours"] > 100
    assert pixels["commonest"] < 0.8


def test_uncovered_squares_are_drawn_when_there_are_any(look: Look, service: Service) -> None:
    gap = service.get(f"/departements/{DEMO}/gaps")["items"][0]
    lon, lat = gap["centre"]
    visit = look(f"/carte/{DEMO}?vue={lon},{lat},11.5")
    visit.wait_map()
    visit.wait_drawn("cells-fill")
    states = visit.page.evaluate(
        """() => window.accueil30.map.queryRenderedFeatures({layers: ['cells-fill']})
          .map((cell) => cell.properties.state)"""
    )
    assert "uncovered" in states


def test_a_click_shows_isochrones_and_the_nearest_sites(look: Look, service: Service) -> None:
    site = service.a_site()
    visit = look(f"/carte/{DEMO}?vue={site['lon']},{site['lat']},13.5")
    visit.wait_figures()  # before them the page still moves
    visit.wait_map()
    canvas = visit.page.locator("#map canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    # 140 m beside the site: near its road, off its symbol (a click on a site takes the site's own place).
    visit.page.mouse.click(box["x"] + box["width"] / 2 + 21, box["y"] + box["height"] / 2 + 21)
    visit.page.locator("#nearest").wait_for(timeout=60_000)
    visit.wait_map()
    visit.wait_drawn(*(f"isochrone-fill-{minutes}" for minutes in (10, 20, 30)))
    point = visit.page.evaluate("() => window.accueil30.store.get().point")
    nearest = service.get(f"/nearest?lon={point['lon']}&lat={point['lat']}&limit=3")["items"]
    shown = visit.page.locator("#nearest tbody th").all_text_contents()
    assert len(shown) == len(nearest)
    assert all(text.startswith(item["site"]["name"]) for text, item in zip(shown, nearest, strict=True))
    assert "point=" in visit.page.url


def test_an_address_with_a_point_computes_it_again(look: Look, service: Service) -> None:
    site = service.a_site()
    visit = look(f"/carte/{DEMO}?point={site['lon']},{site['lat']}")
    visit.page.locator("#nearest").wait_for(timeout=60_000)
    visit.wait_map()
    visit.wait_drawn("isochrone-line-30")


def test_a_point_in_the_sea_is_refused_in_french(look: Look) -> None:
    visit = look(f"/carte/{DEMO}?point=-38.5,12.25")
    alert = visit.page.locator("#access-body .notice.error")
    alert.wait_for(timeout=60_000)
    assert alert.get_by_role("button", name="Réessayer").is_visible()


def test_without_webgl_everything_is_in_the_tables(read: Look, service: Service) -> None:
    visit = read(f"/carte/{DEMO}")
    visit.wait_figures()
    assert "WebGL" in visit.page.locator("#map-message").inner_text()
    assert figures(visit.page) == service.get(f"/departements/{DEMO}/coverage")["population"]
    assert len(rows(visit.page, "communes")) > 3
    visit.page.get_by_role("tab", name="Lieux").click()
    visit.page.locator("#panel-sites button.quiet").first.click()
    visit.page.locator("#nearest").wait_for(timeout=60_000)
    assert not any("maplibre" in url for url in visit.requested), "1 MB of map for a browser that cannot draw"


def test_without_scripts_the_figures_are_one_link_away(read: Look) -> None:
    visit = read(f"/carte/{DEMO}", java_script_enabled=False)
    link = visit.page.locator("noscript a, .notice a").first
    answer = visit.page.context.request.get(visit.address + str(link.get_attribute("href")))
    assert answer.ok
