"""A network cut at the border makes false gaps: the run must say on which side."""

from __future__ import annotations

from app.services.compute_margin import margin_warning
from data.territory import TERRITORIES, Extent


def around(extent: Extent, degrees: float) -> Extent:
    return extent[0] - degrees, extent[1] - degrees, extent[2] + degrees, extent[3] + degrees


def test_a_network_cut_at_the_border_is_told_on_every_side() -> None:
    gers = TERRITORIES["32"].extent
    said = margin_warning("32", gers, gers)
    assert said is not None
    assert all(side in said for side in ("à l'ouest", "au sud", "à l'est", "au nord"))


def test_a_network_that_goes_half_an_hour_beyond_is_enough() -> None:
    assert margin_warning("32", TERRITORIES["32"].extent, around(TERRITORIES["32"].extent, 0.75)) is None


def test_one_short_side_is_named_alone() -> None:
    west, south, east, north = around(TERRITORIES["32"].extent, 0.75)
    said = margin_warning("32", TERRITORIES["32"].extent, (west, south, east - 0.7, north))
    assert said is not None
    assert "(à l'est)" in said


def test_the_sea_has_no_roads_to_ask_for() -> None:
    corsica = (8.5748, 41.3711, 9.5580, 43.0076)
    assert margin_warning("2A", TERRITORIES["2A"].extent, corsica) is None
    assert margin_warning("2B", TERRITORIES["2B"].extent, corsica) is None
    assert margin_warning("974", TERRITORIES["974"].extent, TERRITORIES["974"].extent) is None
