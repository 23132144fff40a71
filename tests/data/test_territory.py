"""The constants on départements: complete, symmetric, and apart from the fictional one."""

from __future__ import annotations

import pytest

from data.errors import BadInputError
from data.territory import (
    DEPARTEMENT_CODES,
    FICTIONAL_EXTENT,
    TERRITORIES,
    commune_of,
    departement_of,
    is_in_france,
    territory,
)


def test_the_101_departements_and_the_fictional_one() -> None:
    assert len(DEPARTEMENT_CODES) == 101
    assert "20" not in TERRITORIES
    assert TERRITORIES["00"].is_fictional
    assert {code for code, item in TERRITORIES.items() if item.is_fictional} <= {"00", "0V"}


def test_neighbours_go_both_ways_and_match_the_map() -> None:
    for code, item in TERRITORIES.items():
        assert code not in item.neighbours
        assert all(code in TERRITORIES[other].neighbours for other in item.neighbours)
    assert TERRITORIES["2A"].neighbours == ("2B",)
    assert TERRITORIES["75"].neighbours == ("92", "93", "94")
    assert TERRITORIES["29"].neighbours == ("22", "56")
    assert TERRITORIES["974"].neighbours == ()


@pytest.mark.parametrize(
    ("code", "epsg"),
    [("2A", 2154), ("00", 2154), ("971", 5490), ("972", 5490), ("973", 2972), ("974", 2975), ("976", 4471)],
)
def test_projected_system(code: str, epsg: int) -> None:
    assert territory(code).crs_epsg == epsg


@pytest.mark.parametrize(
    ("code_insee", "departement"),
    [("01004", "01"), ("2A004", "2A"), ("97411", "974"), ("97801", "978"), ("00001", "00"), ("1004", None),
     ("20004", None), ("99001", None), ("2C004", None), ("2a004", None), ("", None), ("010040", None)],
)  # fmt: skip
def test_departement_of_a_commune(code_insee: str, departement: str | None) -> None:
    assert departement_of(code_insee) == departement


@pytest.mark.parametrize(
    ("code_insee", "commune"),
    [("75112", "75056"), ("69389", "69123"), ("13201", "13055"), ("13217", "13217"), ("2A004", "2A004")],
)
def test_arrondissements_belong_to_their_commune(code_insee: str, commune: str) -> None:
    assert commune_of(code_insee) == commune


def test_unknown_code_says_what_to_write() -> None:
    with pytest.raises(BadInputError, match="inconnu") as caught:
        territory("1")
    assert "« 01 »" in caught.value.action
    with pytest.raises(BadInputError):
        territory("20")


def test_extents() -> None:
    assert is_in_france(8.74, 41.92)  # Ajaccio
    assert is_in_france(55.45, -20.88)  # Saint-Denis de La Réunion
    assert not is_in_france(41.92, 8.74)
    assert not is_in_france(-74.0, 40.7)
    assert not is_in_france(float("nan"), 45.0)
    west, south, east, north = FICTIONAL_EXTENT
    assert is_in_france((west + east) / 2, (south + north) / 2)
    for code in DEPARTEMENT_CODES:
        w, s, e, n = TERRITORIES[code].extent
        assert e <= west or w >= east or n <= south or s >= north, f"le département fictif recouvre le {code}"
