"""What the drawn maps share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.data.drawn_map import DrawnMap, MapMaker, Tags, draw


@pytest.fixture
def a_map(tmp_path: Path) -> MapMaker:
    def make(drawing: str, *ways: tuple[str, Tags], **more: Any) -> DrawnMap:
        return draw(tmp_path / "drawn.osm.pbf", drawing, ways, **more)

    return make
