"""The tables themselves: sources and dates, a territory's own rows, the document planners read."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

import pytest

from routing.profile import FASTEST_KMH, MODES, ProfileError, load_profile, overrides_mode
from routing.profiles.describe import sections
from routing.profiles.table import load_table, packaged_rows
from scripts.write_profiles import DOCUMENT, document

#: Change a row, and the version of its mode changes with it: write here the new version and the digest the test gives.
DIGESTS = {
    "car-fr-2026.11.4": "3b2a72ad3498",
    "bike-fr-2026.11.1": "57bc1b837eb5",
    "foot-fr-2026.11.1": "056e0c3d5ed2",
}


@pytest.mark.parametrize("mode", MODES)
def test_a_table_that_changes_changes_its_version(mode: str) -> None:
    raw = packaged_rows(mode)
    version = raw.pop("version")
    digest = hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()[:12]
    assert DIGESTS.get(version) == digest, f"{mode}: {digest}"


@pytest.mark.parametrize("mode", MODES)
def test_every_row_says_what_it_is_where_it_comes_from_and_when(mode: str) -> None:
    for section in sections(load_table(mode)):
        assert section.rows
        for row in section.rows:
            assert len(row) == len(section.headers)
            assert len(row[1]) > 1
            assert len(row[-2]) > 3
            assert row[-1].startswith("20")


def test_a_bigger_road_is_never_slower() -> None:
    classes = load_table("car").classes
    names = ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "service", "track")
    rows = [classes[name] for name in names]
    for speeds in (
        [row.outside_kmh for row in rows],
        [row.inside_kmh for row in rows],
        [row.ceiling_outside_kmh or 0 for row in rows],
        [row.ceiling_inside_kmh or 0 for row in rows],
    ):
        assert speeds == sorted(speeds, reverse=True)


def test_a_ceiling_is_never_below_the_speed_and_the_country_never_slower_than_the_town() -> None:
    for row in load_table("car").classes.values():
        assert row.ceiling_outside_kmh is not None
        assert row.ceiling_inside_kmh is not None
        assert row.outside_kmh <= row.ceiling_outside_kmh <= FASTEST_KMH
        assert row.inside_kmh <= row.ceiling_inside_kmh
        assert row.inside_kmh <= row.outside_kmh
        assert row.ceiling_inside_kmh <= row.ceiling_outside_kmh


def test_document_is_what_the_tables_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run: python -m scripts.write_profiles"


def test_tables_are_packaged_with_the_code() -> None:
    project = tomllib.loads((DOCUMENT.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert "routing" in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert "exclude" not in project["tool"]["hatch"]["build"]["targets"]["wheel"]


def _write(folder: Path, text: str) -> Path:
    path = folder / "mon_territoire.toml"
    path.write_text(text, encoding="utf-8")
    return path


_HEAD = 'mode = "car"\n'
_ROW = '[classes]\nunclassified = { outside_kmh = 40, source = "relevés du département", date = "2026-05" }\n'


def test_overrides_replace_values_and_mark_the_version(tmp_path: Path) -> None:
    profile = load_profile("car", _write(tmp_path, _HEAD + _ROW))
    rule = profile.interpret_way({"highway": "unclassified"})
    assert rule is not None
    assert (rule.forward_kmh, rule.forward_urban_kmh) == (40, 30)
    row = profile.table.classes["unclassified"]
    assert (row.label, row.source, row.date) == ("petite route", "relevés du département", "2026-05")
    version, plus, digest = profile.version.partition("+")
    assert (version, plus, len(digest)) == (load_profile("car").version, "+", 8)
    ours = load_profile("car").interpret_way({"highway": "unclassified"})
    assert ours is not None
    assert ours.forward_kmh == 35  # the packaged table is left as it was


def test_overrides_that_say_the_same_have_the_same_version(tmp_path: Path) -> None:
    first = load_profile("car", _write(tmp_path, _HEAD + _ROW)).version
    assert load_profile("car", _write(tmp_path, "# une remarque\n" + _HEAD + _ROW)).version == first
    assert load_profile("car", _write(tmp_path, _HEAD + _ROW.replace("40", "39"))).version != first


def test_overrides_of_limits_and_settings(tmp_path: Path) -> None:
    text = (
        _HEAD + '[limits]\n"FR:rural" = { limit_kmh = 90, source = "arrêté", date = "2026-01" }\n'
        '[settings]\nsignal_delay_s = { value = 10, source = "comptages", date = "2026-01" }\n'
    )
    profile = load_profile("car", _write(tmp_path, text))
    rule = profile.interpret_way({"highway": "trunk", "maxspeed": "FR:rural"})
    assert rule is not None
    assert rule.forward_kmh == pytest.approx(79.2)
    assert profile.interpret_node({"highway": "traffic_signals"}).forward_delay_s == 10


def test_mode_of_a_file(tmp_path: Path) -> None:
    assert overrides_mode(_write(tmp_path, 'mode = "bike"\n')) == "bike"
    with pytest.raises(ProfileError, match="aucun mode"):
        overrides_mode(_write(tmp_path, ""))


def _row(values: str, key: str = "classes.primary") -> str:
    section, name = key.split(".", 1)
    return f'{_HEAD}[{section}]\n{name} = {{ {values}, source = "moi", date = "2026-01" }}\n'


@pytest.mark.parametrize(
    ("text", "received"),
    [
        (_row("outside_kmh = -10"), "classes.primary.outside_kmh = -10"),
        (_row("outside_kmh = 0"), "classes.primary.outside_kmh = 0"),
        (_row("outside_kmh = 116"), "classes.primary.outside_kmh = 116"),
        (_row("outside_kmh = nan"), "classes.primary.outside_kmh = nan"),
        (_row("outside_kmh = inf"), "classes.primary.outside_kmh = inf"),
        (_row('outside_kmh = "60"'), "classes.primary.outside_kmh = 60"),
        (_row("outside_kmh = true"), "classes.primary.outside_kmh = True"),
        (_row("vitesse = 60"), "classes.primary.vitesse"),
        (_row('access = "libre"'), "classes.primary.access = libre"),
        (_row('attachable = "oui"'), "classes.primary.attachable = oui"),
        (_row("label = 3"), "classes.primary.label = 3"),
        (_row("outside_kmh = 60", "classes.autoroute"), "classes.autoroute"),
        (_row("ceiling_kmh = 60", "surfaces.asphalte"), "surfaces.asphalte"),
        (_row("value = -1", "settings.signal_delay_s"), "settings.signal_delay_s.value = -1"),
        (_row("value = 35.5", "settings.urban_junctions_min"), "settings.urban_junctions_min.value = 35.5"),
        (_row("value = 1.5", "settings.limit_share"), "settings.limit_share.value = 1.5"),
        (_row("passes = 1", "barriers.gate"), "barriers.gate.passes = 1"),
        (_row("limit_kmh = 500", 'limits."FR:rural"'), "limits.FR:rural.limit_kmh = 500"),
        (_HEAD + "[vitesses]\nprimary = 60\n", "vitesses"),
        (_HEAD + "[classes]\nprimary = 60\n", "classes.primary = 60"),
        (_HEAD + "classes = 60\n", "classes = 60"),
        (_HEAD + "[classes]\nprimary = { outside_kmh = 60, date = '2026-01' }\n", "classes.primary.source = rien"),
        (_HEAD + "[classes]\nprimary = { outside_kmh = 60, source = 'moi' }\n", "classes.primary.date = rien"),
        (_HEAD + "[classes]\nprimary = { source = 'moi', date = 'hier' }\n", "classes.primary.date = hier"),
        (_HEAD + "[classes]\nprimary = { source = ' ', date = '2026-01' }\n", "classes.primary.source"),
        ('mode = "bike"\n' + _ROW, "mode = « bike »"),
        (_ROW, "aucun mode"),
        ('version = "mienne"\n' + _HEAD, "version"),
        ("mode = car\n", "line 1"),
        ("[classes\n", "line 1"),
    ],
)
def test_file_that_cannot_be_used_says_why_in_french(tmp_path: Path, text: str, received: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile("car", _write(tmp_path, text))
    error = caught.value
    assert received in error.received
    assert "mon_territoire.toml" in error.message
    assert error.expected
    assert error.action
    for part in ("Reçu : ", "Attendu : ", "À faire : "):
        assert part in str(error)


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="illisible"):
        load_profile("car", tmp_path / "absent.toml")
    with pytest.raises(ProfileError, match="illisible"):
        load_profile("car", tmp_path)
    (tmp_path / "latin.toml").write_bytes("# été\n".encode("latin-1"))
    with pytest.raises(ProfileError, match="illisible"):
        load_profile("car", tmp_path / "latin.toml")


def test_unknown_mode() -> None:
    with pytest.raises(ProfileError, match="car, bike, foot"):
        load_profile("avion")
