"""By what means and in which season people travel, and how it is said in French."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, cast, get_args

Mode = Literal["car", "bike", "foot"]
Season = Literal["summer", "winter"]

MODES: Final[tuple[Mode, ...]] = get_args(Mode)
SEASONS: Final[tuple[Season, ...]] = get_args(Season)
#: The figure of the programme: by car, with every seasonal road open. The others stand beside it, never in it.
HEADLINE_MODE: Final[Mode] = "car"
HEADLINE_SEASON: Final[Season] = "summer"

MODE_LABELS_FR: Final[dict[str, str]] = {"car": "en voiture", "bike": "à vélo", "foot": "à pied"}
SEASON_LABELS_FR: Final[dict[str, str]] = {"summer": "en été", "winter": "en hiver"}


def travel_fr(mode: str, season: str, *, says_summer: bool = False) -> str:
    """("bike", "winter") -> "à vélo, en hiver"; summer is said only where a winter stands beside it."""
    label = MODE_LABELS_FR.get(mode, mode)
    is_said = says_summer or season != HEADLINE_SEASON
    return f"{label}, {SEASON_LABELS_FR.get(season, season)}" if is_said else label


def travels_fr(pairs: Iterable[tuple[str, str]]) -> str:
    """What there is, in words: "en voiture ; en voiture, en hiver"; "aucun" without any."""
    return " ; ".join(travel_fr(*pair) for pair in sorted(set(pairs), key=travel_rank)) or "aucun"


def travel_labels(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """How each of these is called side by side: summer is said only of a mode that has a winter too."""
    known = list(pairs)
    return {(mode, season): travel_fr(mode, season, says_summer=(mode, "winter") in known) for mode, season in known}


def travel_rank(pair: tuple[str, str]) -> tuple[int, int]:
    """Orders (mode, season): the headline first, each winter behind its summer."""
    mode, season = pair
    return [*MODES].index(cast(Mode, mode)), [*SEASONS].index(cast(Season, season))


def options_fr(mode: str, season: str) -> str:
    """What is typed after a command for this mode and season: "" for the headline."""
    words = [f" --mode {mode}"] if mode != HEADLINE_MODE else []
    return "".join([*words, *([f" --season {season}"] if season != HEADLINE_SEASON else [])])
