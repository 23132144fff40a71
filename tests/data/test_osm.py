"""Decoding: what comes out is what was written, and what cannot be read is refused in French."""

from __future__ import annotations

import bz2
import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytest

from data.errors import BadInputError
from data.osm import Restriction, read_osm
from data.store import StoreError, sha256_file
from tests.data.drawn_map import write

STREET = {"highway": "residential"}
XML = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
  <node id="7" lat="46.5" lon="2.0" timestamp="2026-05-01T10:00:00Z"/>
  <node id="3" lat="46.6" lon="2.1"><tag k="barrier" v="gate"/></node>
  <node id="9" lat="46.7" lon="2.2"><tag k="highway" v="traffic_signals"/></node>
  <way id="12" timestamp="2026-04-02T10:00:00Z"><nd ref="7"/><nd ref="3"/><nd ref="99"/>
    <tag k="highway" v="primary"/><tag k="name" v="Rue %25 de l'Été, n° 1 = &quot;é&quot; 🚗"/></way>
  <way id="13" timestamp="2026-04-03T10:00:00Z"><nd ref="3"/><nd ref="7"/><tag k="building" v="yes"/></way>
</osm>
"""


@pytest.fixture
def pbf(tmp_path: Path) -> Path:
    path = tmp_path / "carte.osm.pbf"
    place = {"A": (2.0, 46.5), "B": (2.1, 46.5), "C": (2.2, 46.6)}
    restriction = [("w", 101, "from"), ("n", 2, "via"), ("w", 102, "to")]
    write(
        path,
        place,
        [("AB", STREET), ("BC", {"route": "ferry"}), ("AC", {"route": "bus"}), ("CA", {"waterway": "river"})],
        points={"B": {"barrier": "bollard"}, "C": {"amenity": "bench"}},
        relations=[
            (restriction, {"type": "restriction", "restriction": "no_left_turn"}),
            ([("w", 101, "")], {"type": "route", "route": "bus"}),
        ],
    )
    return path


def test_tables_hold_what_was_written(pbf: Path) -> None:
    tables = read_osm(pbf)
    assert tables.node_id.tolist() == [1, 2, 3]
    assert tables.node_lon.tolist() == [2.0, 2.1, 2.2]
    assert tables.node_lat.tolist() == [46.5, 46.5, 46.6]
    assert tables.node_tags == {1: {"barrier": "bollard"}}
    assert tables.way_id.tolist() == [101, 102]
    assert tables.way_tags == [STREET, {"route": "ferry"}]
    assert tables.way_first.tolist() == [0, 2, 4]
    assert tables.way_node.tolist() == [0, 1, 1, 2]
    assert tables.restrictions == (
        Restriction(
            901,
            {"type": "restriction", "restriction": "no_left_turn"},
            (("w", 101, "from"), ("n", 2, "via"), ("w", 102, "to")),
        ),
    )
    assert tables.source_name == "carte.osm.pbf"
    assert tables.sha256 == sha256_file(pbf)
    assert tables.absent_refs == 0


@pytest.mark.parametrize("suffix", [".osm", ".osm.gz", ".osm.bz2"])
def test_xml_plain_or_compressed(tmp_path: Path, suffix: str) -> None:
    plain = XML.encode()
    content = {".osm": plain, ".osm.gz": gzip.compress(plain), ".osm.bz2": bz2.compress(plain)}[suffix]
    path = tmp_path / f"carte{suffix}"
    path.write_bytes(content)
    tables = read_osm(path)
    assert tables.way_tags == [{"highway": "primary", "name": 'Rue %25 de l\'Été, n° 1 = "é" 🚗'}]
    assert tables.node_id.tolist() == [3, 7]  # sorted; 9 is on no road
    assert tables.node_lat.tolist() == [46.6, 46.5]
    assert tables.node_tags == {0: {"barrier": "gate"}}
    assert tables.way_node.tolist() == [1, 0, -1]  # 99 is not in the file
    assert tables.absent_refs == 1
    assert tables.osm_date == "2026-04-02"  # the newest road; a building does not count


def test_nodes_of_an_editor_not_yet_uploaded(tmp_path: Path) -> None:
    path = tmp_path / "dessin.osm"
    path.write_text(XML.replace('"7"', '"-7"').replace('"3"', '"-3"'), encoding="utf-8")
    tables = read_osm(path)
    assert tables.node_id.tolist() == [-7, -3]
    assert tables.node_lon.tolist() == [2.0, 2.1]
    assert tables.node_tags == {1: {"barrier": "gate"}}


def test_ways_that_agree_on_what_is_read_share_their_tags(tmp_path: Path) -> None:
    path = tmp_path / "carte.osm.pbf"
    said = STREET | {"name": "Rue Élie", "maxspeed": "30"}
    write(
        path,
        {"A": (2.0, 46.5), "B": (2.1, 46.5)},
        [("AB", said | {"lit": "yes", "length": "12"}), ("BA", said | {"length": "13"}), ("AB", STREET), ("BA", said)],
        points={},
    )
    first, second, other, last = read_osm(path).way_tags
    assert first == said
    assert other == STREET
    assert first is second is last


@pytest.mark.parametrize("name", ["_CHUNK_NODES", "_BLOCK_CHARACTERS", "_MOST_PAIRS", "_MOST_KINDS", "_MOST_UNREAD"])
def test_pieces_read_together_and_caches_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "carte.osm"
    streets = "".join(
        f'<way id="{20 + way}"><nd ref="9"/><nd ref="{3 + 4 * (way % 2)}"/><tag k="highway" v="road"/></way>\n'
        for way in range(40)
    )
    path.write_text(XML.replace("</osm>", streets + "</osm>"), encoding="utf-8")
    whole = read_osm(path)
    monkeypatch.setattr(f"data.osm{'' if name == '_CHUNK_NODES' else '_text'}.{name}", 1)
    parts = read_osm(path)
    for column in ("node_id", "node_lon", "node_lat", "way_id", "way_first", "way_node"):
        np.testing.assert_array_equal(getattr(parts, column), getattr(whole, column))
    assert parts.way_tags == whole.way_tags
    assert parts.node_tags == whole.node_tags == {0: {"barrier": "gate"}, 2: {"highway": "traffic_signals"}}


def test_of_several_versions_of_a_node_the_last_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.osm._CHUNK_NODES", 2)
    path = tmp_path / "deux.osm"
    again = '<node id="3" lat="46.9" lon="2.5" version="2"/>\n  <way id="12"'
    path.write_text(XML.replace('<way id="12"', again, 1), encoding="utf-8")
    tables = read_osm(path)
    assert tables.node_id.tolist() == [3, 7]
    assert tables.node_lat.tolist() == [46.9, 46.5]


def test_file_without_dates_has_none(pbf: Path) -> None:
    assert read_osm(pbf).osm_date is None


def test_position_off_the_globe_is_a_node_that_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "faux.osm"
    path.write_text(XML.replace('lat="46.5" lon="2.0"', 'lat="46.5" lon="200"'), encoding="utf-8")
    tables = read_osm(path)
    assert tables.node_id.tolist() == [3]
    assert tables.absent_refs == 2


def test_progress_ends_at_its_total(pbf: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    read_osm(pbf, lambda done, total: calls.append((done, total)))
    assert calls[0] == (0, None)
    assert calls[-1][0] == calls[-1][1]


def test_temporary_files_are_removed(pbf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    read_osm(pbf)
    (tmp_path / "court.osm.pbf").write_bytes(pbf.read_bytes()[:-10])
    with pytest.raises(BadInputError):
        read_osm(tmp_path / "court.osm.pbf")
    assert list(scratch.iterdir()) == []


def test_too_little_room_is_refused_before_anything_is_written(pbf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.osm._TEMPORARY_BYTES", (6, 1 << 60))
    with pytest.raises(StoreError, match="TMPDIR"):
        read_osm(pbf)


def refusal(path: Path) -> BadInputError:
    with pytest.raises(BadInputError) as caught:
        read_osm(path)
    error = caught.value
    assert error.received
    assert error.expected
    assert error.action
    return error


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.99])
def test_truncated_pbf(pbf: Path, tmp_path: Path, kept: float) -> None:
    whole = pbf.read_bytes()
    path = tmp_path / "court.osm.pbf"
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert "illisible ou incomplet" in refusal(path).message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("texte.osm.pbf", b"bonjour " * 1000),
        ("zeros.osm.pbf", bytes(4096)),
        ("page.osm.pbf", b"<!DOCTYPE html><html><body>404</body></html>"),
        ("court.osm", XML.encode()[:300]),
        ("court.osm.bz2", bz2.compress(XML.encode())[:-20]),
        ("court.osm.gz", gzip.compress(XML.encode())[:-20]),
        ("faux.osm.gz", XML.encode()[:40]),
    ],
)
def test_unreadable_content(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    error = refusal(path)
    assert name in error.message
    assert f"{len(content)} octets" in error.received


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('lat="46.5"', 'lat="nan"'),
        ('lat="46.5"', 'lat="abc"'),
        ('lon="2.0"', 'lon=""'),
        ('node id="1"', 'node id="abc"'),
        ('node id="1"', 'node id="99999999999999999999"'),
        ('way id="9"', 'way id="neuf"'),
        ('ref="1"', 'ref="un"'),
        ('version="1" lat', 'version="un" lat'),
    ],
)
def test_number_that_is_none(tmp_path: Path, right: str, wrong: str, suffix: str) -> None:
    """The compiled reader has an error of its own for each: none of them may come out raw."""
    text = (
        '<osm version="0.6"><node id="1" version="1" lat="46.5" lon="2.0"/><node id="2" version="1" lat="46.5" '
        'lon="2.1"/><way id="9" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>'
    )
    assert right in text
    path = tmp_path / f"chiffres.osm{suffix}"
    content = text.replace(right, wrong, 1).encode()
    path.write_bytes(gzip.compress(content) if suffix else content)
    assert "illisible ou incomplet" in refusal(path).message


def test_empty_absent_folder_and_other_suffix(tmp_path: Path) -> None:
    empty = tmp_path / "vide.osm.pbf"
    empty.touch()
    assert "est vide" in refusal(empty).message
    assert "introuvable" in refusal(tmp_path / "nulle-part.osm.pbf").message
    assert refusal(tmp_path).received == "un dossier"
    other = tmp_path / "routes.shp"
    other.write_bytes(b"x")
    assert "« .shp »" in refusal(other).received


def test_file_without_a_road(tmp_path: Path) -> None:
    path = tmp_path / "eau.osm.pbf"
    write(path, {"A": (2.0, 46.5), "B": (2.1, 46.5)}, [("AB", {"waterway": "river"})], points={})
    assert "aucune route" in refusal(path).message


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "nodes", "ways", "restrictions", "date"),
    [  # PROVENANCE counts all nodes and highway=* ways; nodes here are those of roads and ferries
        ("andorra_2013-05", 69_644, 1_615, 0, "2013-05-28"),
        ("geneve_2025-01", 168_716, 14_574, 583, "2025-01-28"),
        ("liechtenstein_2015-07", 142_832, 4_660, 3, "2015-07-27"),
        ("monaco", 180_118, 2_927, 27, "2016-03-05"),
        ("paris_marais", 4_598, 1_219, None, None),
        ("saint-brieuc_loudeac_22", 11_197, 220, 0, "2023-04-09"),
    ],
)
def test_genuine_extracts(
    real_data: Path, name: str, nodes: int, ways: int, restrictions: int | None, date: str | None
) -> None:
    tables = read_osm(real_data / "osm-pbf" / f"{name}.osm.pbf")
    assert sum("highway" in tags for tags in tables.way_tags) == ways
    assert 0 < len(tables.node_id) < nodes
    assert tables.osm_date == date
    if restrictions is not None:
        assert len(tables.restrictions) == restrictions
    assert np.all(np.diff(tables.node_id) > 0)
    assert len(tables.way_tags) == len(tables.way_id) == len(tables.way_first) - 1
    assert tables.way_first[-1] == len(tables.way_node)
    assert tables.way_node.max() == len(tables.node_id) - 1
