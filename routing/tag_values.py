"""What mappers write in OpenStreetMap tags, as numbers. What is not understood is None, never a guess."""

from __future__ import annotations

import re

KMH_PER_MPH = 1.609344
#: Outside this band a speed limit is a slip of the keyboard (French limits: walking pace to 130).
PLAUSIBLE_LIMIT_KMH = (5.0, 150.0)

#: Limits given by a rule instead of a sign. Code de la route as in force on 2026-01-01:
#: R413-2 (outside built-up areas: 130 on motorways, 110 with a central reservation, 80 elsewhere since
#: 2018-07-01; a département may have raised a road to 90 since loi 2019-1428: it has a sign and a number),
#: R413-3 (50 in built-up areas), R110-2 (zone 30; zone de rencontre, 20), R431-9 (walking pace, taken as 6).
IMPLICIT_LIMITS_KMH = {
    "FR:motorway": 130.0,
    "FR:trunk": 110.0,
    "FR:rural": 80.0,
    "FR:urban": 50.0,
    "FR:zone30": 30.0,
    "FR:30": 30.0,
    "FR:zone20": 20.0,
    "FR:20": 20.0,
    "FR:living_street": 20.0,
    "FR:walk": 6.0,
    "walk": 6.0,
}
LONGEST_CROSSING_S = 3 * 86_400.0
#: "No limit" leaves the speed of the class: it is not a speed, and it is not a mistake either.
NO_LIMIT = "none"

_LIMIT = re.compile(r"(\d+(?:\.\d+)?) ?(km/h|kmh|kph|mph)?")
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")
_ISO_8601 = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_MINUTES = re.compile(r"(\d+(?:\.\d+)?)(?: ?min)?")


def parse_maxspeed(value: str) -> float | None:
    """Legal limit in km/h of a ``maxspeed`` value; None when it is not understood.

    Reads "80", "80 km/h", "30 mph", "FR:urban", "walk". Refuses knots, lists ("50;70"), "signals" and
    anything outside ``PLAUSIBLE_LIMIT_KMH``. ``none`` is not a number: ask for it before calling.
    """
    value = value.strip()
    if value in IMPLICIT_LIMITS_KMH:
        return IMPLICIT_LIMITS_KMH[value]
    match = _LIMIT.fullmatch(value)
    if match is None:
        return None
    limit_kmh = float(match[1]) * (KMH_PER_MPH if match[2] == "mph" else 1.0)
    low_kmh, high_kmh = PLAUSIBLE_LIMIT_KMH
    return limit_kmh if low_kmh <= limit_kmh <= high_kmh else None


def parse_duration_s(value: str) -> float | None:
    """Seconds of a ``duration`` value, None when it is not understood, is zero, or passes three days.

    Reads "1:30" (hours:minutes), "0:12:30", "PT1H30M" and "90" (minutes).
    """
    value = value.strip()
    seconds = 0.0
    if match := _CLOCK.fullmatch(value):
        seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
    elif match := _ISO_8601.fullmatch(value):
        days, hours, minutes, rest = (int(part or 0) for part in match.groups())
        seconds = days * 86_400 + hours * 3600 + minutes * 60 + rest
    elif match := _MINUTES.fullmatch(value):
        seconds = float(match[1]) * 60
    return float(seconds) if 0 < seconds <= LONGEST_CROSSING_S else None
