"""Files are seen whole or not at all, and a disk that refuses is said in French."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from data.sources import SOURCES, source
from data.store import Store, StoreError, atomic_write, require_free_space, sha256_file, slug


def test_sha256_of_a_file_longer_than_a_block(tmp_path: Path) -> None:
    content = bytes(range(256)) * 9000
    (tmp_path / "f").write_bytes(content)
    assert sha256_file(tmp_path / "f") == hashlib.sha256(content).hexdigest()


def test_atomic_write_replaces_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "dossier" / "a.bin"
    with atomic_write(target) as stream:
        stream.write(b"un")
        assert not target.exists()
    assert target.read_bytes() == b"un"
    assert target.stat().st_mode & 0o777 == 0o644
    with pytest.raises(RuntimeError), atomic_write(target) as stream:
        stream.write(b"deux, a moitie")
        raise RuntimeError
    assert target.read_bytes() == b"un"
    assert [path.name for path in target.parent.iterdir()] == ["a.bin"]


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    """/dev/full answers "no space" to every write, as a full disk does."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("pas de /dev/full sur cette machine")
    with (
        pytest.raises(StoreError, match="le disque est plein"),
        atomic_write(tmp_path / "a.bin"),
        full.open("wb", buffering=0) as stream,
    ):
        stream.write(b"x")
    assert list(tmp_path.iterdir()) == []


def test_errors_of_the_caller_pass_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "a"):
        (tmp_path / "absent").read_bytes()


def test_free_space_is_checked_where_the_folder_will_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_free_space(tmp_path / "pas" / "encore", 1)

    class Usage(NamedTuple):
        total: int
        used: int
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - 5_000_000, 5_000_000))
    with pytest.raises(StoreError, match=r"5,0 Mo libres, 2,5 Go nécessaires"):
        require_free_space(tmp_path, 2_500_000_000)


def test_store_paths_carry_the_hash(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    folder = store.graph_folder("Corse & îles/../", "0123456789abcdef")
    assert folder == tmp_path / "graphs" / "corse-iles-0123456789ab"


def test_store_on_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(StoreError, match="Impossible d'écrire"):
        Store(tmp_path / "f").prepare()


@pytest.mark.parametrize(
    ("name", "expected"), [("Île-de-France", "ile-de-france"), ("../..", "sans-nom"), ("", "sans-nom")]
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_every_source_has_what_must_be_printed() -> None:
    for key, item in SOURCES.items():
        assert item.key == key
        assert item.producer
        assert item.licence
        assert item.attribution
    assert "OpenStreetMap" in source("osm").attribution
    assert source("osm").is_share_alike
    assert "fictives" in source("demonstration").attribution
