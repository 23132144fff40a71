"""What mappers write in OpenStreetMap tags, as numbers. What is not understood is None, never a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping

KMH_PER_MPH = 1.609344
#: Outside this band a speed limit is a slip of the keyboard (French limits: walking pace to 130).
PLAUSIBLE_LIMIT_KMH = (5.0, 150.0)
LONGEST_CROSSING_S = 3 * 86_400.0
#: "No limit" leaves the speed of the class: it is not a speed, and it is not a mistake either.
NO_LIMITS = frozenset(("none", "DE:motorway"))

#: re.ASCII: "٥٠" and the like are digits for Python, and no limit that anybody meant to write.
_LIMIT = re.compile(r"(\d+(?:\.\d+)?) ?(km/h|kmh|kph|mph)?", re.ASCII)
#: A zone that says its number ("FR:30", "FR:zone30", "CH:zone:30"), in countries that count in km/h.
_ZONE = re.compile(r"(?:FR|AD|BE(?:-[A-Z]{3})?|CH|DE|ES|IT|LI|LU|MC):(?:zone:?)?(\d{1,3})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_ISO_8601 = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII)
_MINUTES = re.compile(r"(\d+(?:\.\d+)?)(?: ?min)?", re.ASCII)


def parse_maxspeed(value: str, implicit_kmh: Mapping[str, float]) -> float | None:
    """Legal limit in km/h of a ``maxspeed`` value; None when it is not understood.

    Reads "80", "80 km/h", "30 mph", "FR:zone30", the rules of ``implicit_kmh`` ("FR:urban", "walk"), and a list
    whose parts agree ("50;50"). Refuses knots, lists that disagree ("50;70", "50|70"), "signals", "variable", a
    country without a source, and anything outside ``PLAUSIBLE_LIMIT_KMH``. ``NO_LIMITS`` are not numbers: ask first.
    """
    limits = {_one_limit_kmh(part.strip(), implicit_kmh) for part in re.split("[;|]", value)}
    return limits.pop() if len(limits) == 1 else None


def _one_limit_kmh(value: str, implicit_kmh: Mapping[str, float]) -> float | None:
    if value in implicit_kmh:
        return implicit_kmh[value]
    if zone := _ZONE.fullmatch(value):
        limit_kmh = float(zone[1])
    elif match := _LIMIT.fullmatch(value):
        limit_kmh = float(match[1]) * (KMH_PER_MPH if match[2] == "mph" else 1.0)
    else:
        return None
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
