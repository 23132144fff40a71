"""The comparator with INSEE on a made Parquet file and a straight road, with minutes known by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyproj
import pytest
from pyarrow import parquet

from app.errors import InvalidInputError
from app.services.validate_insee import validate_insee
from data.access_times import AccessColumns, read_access_times
from data.errors import BadInputError
from data.site_points import read_points
from routing.profile import load_profile
from tests.routing.worlds import Road, make_graph

_X0_M, _Y0_M = 600_000.0, 6_600_000.0  # in the middle of France, EPSG:2154


def _write(path: Path, rows: list[dict[str, object]]) -> Path:
    parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


def _row(
    x: float, y: float, minutes: float | None, *, equipment: str = "A128", people: float = 10.0
) -> dict[str, object]:
    return {"X": x, "Y": y, "typeeq_id": equipment, "duree": minutes, "pop": people, "depcom": "36044"}


def test_rows_of_a_cell_are_one_cell_with_the_least_minutes(tmp_path: Path) -> None:
    rows = [
        _row(100, 100, 7.0),
        _row(100, 100, 5.0, people=3),
        _row(300, 100, 9.0, equipment="B201"),
        _row(500, 100, None),
    ]
    found = read_access_times(_write(tmp_path / "a.parquet", rows), "A128")
    assert found.x_m.tolist() == [100.0]
    assert found.minutes.tolist() == [5.0]
    assert found.people.tolist() == [13.0]
    assert (found.rows_read, found.rows_without_time) == (3, 1)


def test_cells_are_placed_by_their_identifier_when_there_is_no_x(tmp_path: Path) -> None:
    row = {
        "idcar_200m": "CRS3035RES200mN2029800E4252400",
        "typeeq_id": "A128",
        "duree": 1.0,
        "pop": 1.0,
        "depcom": "2A004",
    }
    found = read_access_times(_write(tmp_path / "a.parquet", [row]), "A128")
    assert (found.x_m[0], found.y_m[0]) == (4_252_500.0, 2_029_900.0)


def test_columns_can_be_renamed_and_absent_ones_are_said(tmp_path: Path) -> None:
    row = {"X": 1.0, "Y": 1.0, "typequ": "A128", "temps": 4.0, "pop": 1.0, "depcom": "2A004"}
    path = _write(tmp_path / "a.parquet", [row])
    with pytest.raises(
        BadInputError, match=r"il manque typeeq_id, duree.*--column equipment=NOM, --column minutes=NOM"
    ):
        read_access_times(path, "A128")
    found = read_access_times(path, "A128", columns=AccessColumns(equipment="typequ", minutes="temps"))
    assert found.minutes.tolist() == [4.0]


def test_what_cannot_be_used_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.parquet", [_row(1, 1, 1.0)])
    with pytest.raises(BadInputError, match="aucun carreau pour l'équipement Z999"):
        read_access_times(path, "Z999")
    with pytest.raises(BadInputError, match="aucun carreau"):
        read_access_times(path, "A128", departement="2A")
    (tmp_path / "b.parquet").write_text("not Parquet")
    with pytest.raises(BadInputError, match="n'est pas un fichier Parquet"):
        read_access_times(tmp_path / "b.parquet", "A128")
    with pytest.raises(BadInputError, match="n'est pas un fichier Parquet"):
        read_access_times(tmp_path / "absent.parquet", "A128")


def test_points_of_a_csv_and_of_the_bpe(tmp_path: Path) -> None:
    plain = tmp_path / "a.csv"
    plain.write_text("nom,longitude,latitude\nun,2.5,46.5\ndeux,,\n", encoding="utf-8")
    assert read_points(plain).tolist() == [[2.5, 46.5]]
    bpe = tmp_path / "b.csv"
    bpe.write_text("TYPEQU;LONGITUDE;LATITUDE\nA128;2,5;46,5\nB201;3;47\n", encoding="utf-8")
    assert read_points(bpe, "A128").tolist() == [[2.5, 46.5]]
    (tmp_path / "c.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="longitude et latitude"):
        read_points(tmp_path / "c.csv")


def test_minutes_worked_out_by_hand(tmp_path: Path) -> None:
    """Ten kilometres in 1,000 s; the site at the west end; cells on the road at 3, 6 and 9 km: 5, 10, 15 minutes."""
    ends = [(_X0_M, _Y0_M), (_X0_M + 10_000, _Y0_M)]
    graph = make_graph(ends, [Road(0, 1, 10_000)])
    to_grid = pyproj.Transformer.from_crs(2154, 3035, always_xy=True)
    to_wgs84 = pyproj.Transformer.from_crs(2154, 4326, always_xy=True)
    insee_min = (5.0, 12.0, 14.0)
    rows = [_row(*to_grid.transform(_X0_M + km * 1000, _Y0_M), m) for km, m in zip((3, 6, 9), insee_min, strict=True)]
    rows.append(_row(*to_grid.transform(_X0_M + 5000, _Y0_M + 5000), 3.0))  # five kilometres from any road
    cells = read_access_times(_write(tmp_path / "a.parquet", rows), "A128")
    site = np.array([to_wgs84.transform(_X0_M, _Y0_M)])
    found = validate_insee(graph, load_profile("car"), cells, site, equipment="A128")
    assert (found.cells, found.cells_not_attached, found.cells_unreached) == (4, 1, 0)
    assert found.overall is not None
    assert found.overall.count == 3
    assert found.overall.bias_min == pytest.approx((0 - 2 + 1) / 3, abs=0.02)
    assert found.overall.mae_min == pytest.approx(1.0, abs=0.02)
    assert found.overall.agreement == 1.0
    assert (found.by_place["urban"], found.by_place["rural"]) == (None, found.overall)
    assert {name for name, score in found.by_minutes.items() if score} == {"5-10", "10-15"}
    assert (found.worst[0].insee_min, found.worst[0].commune) == (12.0, "36044")
    assert found.worst[0].ours_min == pytest.approx(10.0, abs=0.02)


def test_sites_of_another_territory_are_refused(tmp_path: Path) -> None:
    graph = make_graph([(_X0_M, _Y0_M), (_X0_M + 1000, _Y0_M)], [Road(0, 1, 1000)])
    cells = read_access_times(_write(tmp_path / "a.parquet", [_row(1, 1, 1.0)]), "A128")
    with pytest.raises(InvalidInputError, match="Aucun des 1 lieux"):
        validate_insee(graph, load_profile("car"), cells, np.array([[9.0, 42.0]]), equipment="A128")
