"""Numbers out of tags: what is read, and above all what is refused."""

from __future__ import annotations

import pytest

from routing.profiles.table import load_table
from routing.tag_values import parse_duration_s, parse_maxspeed

LIMITS = load_table("car").limit_kmh


@pytest.mark.parametrize(
    ("value", "limit_kmh"),
    [
        ("50", 50.0),
        (" 50 ", 50.0),
        ("80 km/h", 80.0),
        ("62.5", 62.5),
        ("50 mph", 80.4672),
        ("30mph", 48.28032),
        ("walk", 6.0),
        ("FR:walk", 6.0),
        ("FR:urban", 50.0),
        ("FR:rural", 80.0),
        ("FR:trunk", 110.0),
        ("FR:motorway", 130.0),
        ("FR:living_street", 20.0),
        ("FR:zone30", 30.0),
        ("FR:zone:30", 30.0),
        ("FR:30", 30.0),
        ("FR:20", 20.0),
        ("FR:90", 90.0),
        ("CH:urban", 50.0),
        ("CH:rural", 80.0),
        ("CH:trunk", 100.0),
        ("CH:motorway", 120.0),
        ("CH:zone30", 30.0),
        ("IT:urban", 50.0),
        ("IT:rural", 90.0),
        ("IT:trunk", 110.0),
        ("IT:motorway", 130.0),
        ("DE:urban", 50.0),
        ("DE:rural", 100.0),
        ("ES:rural", 90.0),
        ("ES:motorway", 120.0),
        ("LU:rural", 90.0),
        ("BE:motorway", 120.0),
        ("BE-VLG:rural", 70.0),
        ("BE-WAL:rural", 90.0),
        ("LI:rural", 80.0),
        ("MC:urban", 50.0),
        ("AD:urban", 50.0),
        ("50;50", 50.0),
        ("50|50|50", 50.0),
        ("FR:urban;50", 50.0),
    ],
)
def test_limits_that_are_read(value: str, limit_kmh: float) -> None:
    assert parse_maxspeed(value, LIMITS) == pytest.approx(limit_kmh)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            " ",
            ";",
            "-30",
            "-50",
            "0",
            "4",
            "151",
            "500",
            "1e2",
            "nan",
            "inf",
            "٥٠٠",
            "٥٠",
            "5٠",
            "FR:٥٠",
            "FR:zone٣٠",
            "50,5",
        ),
        *("50;70", "50|70", "90;30;90;30", "50;", "50;signals"),
        *("signals", "variable", "none", "cinquante", "10 knots", "fr:urban", "FR:", "FR:urban:x", "implicit"),
        *("CA:urban", "US:rural", "GB:nsl_single", "GB:zone20", "FR:999", "FR:zone0"),
        *("ES:urban", "AD:rural", "BE:rural", "BE:urban", "DE:motorway"),  # they depend on the road, or are no number
    ],
)
def test_limits_that_are_never_guessed(value: str) -> None:
    assert parse_maxspeed(value, LIMITS) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0:20", 1200),
        ("1:30", 5400),
        ("00:12:30", 750),
        ("PT1H30M", 5400),
        ("PT45S", 45),
        ("P1DT1H", 90_000),
        ("90", 5400),
        ("7.5", 450),
        ("20 min", 1200),
        ("0", None),
        ("0:00", None),
        ("P", None),
        ("-5", None),
        ("999:00", None),
        ("une heure", None),
        ("1h30", None),
    ],
)
def test_duration(value: str, seconds: float | None) -> None:
    assert parse_duration_s(value) == seconds
