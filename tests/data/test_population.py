"""Population grids: both formats, both sizes, every vintage's column names, and grids in the wrong place."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from data.contract import GRID_COLUMNS
from data.errors import BadInputError
from data.geopackage import envelope
from data.population import cell_centres_wgs84, cell_polygons_wgs84, read_grid
from tests.data.builders import cell_id, gpkg_square, write_grid_csv, write_grid_gpkg

X, Y = 4_252_000, 2_030_000  # south of Corsica, in EPSG:3035
HEADER = ("idcar_200m", "idcar_1km", "i_est_200", "i_est_1km", "ind", "men", "men_pauv")


def _row(x_m: int = X, y_m: int = Y, ind: object = "12.5", men: object = "5", poor: object = "1") -> list[object]:
    return [cell_id(x_m, y_m), cell_id(X, Y, 1000), "0", "1", ind, men, poor]


@pytest.mark.parametrize(
    ("header", "size_m"),
    [
        (HEADER, 200),
        (("Idcar_200m", "Idcar_1km", "I_est_200", "I_est_1km", "Ind", "Men", "Men_pauv"), 200),
        (("IdINSPIRE", "Id_carr1km", "I_est_cr", "I_est_1km", "Ind", "Men", "Men_pauv"), 200),
        (("Id_carr1km", "x", "I_est_1km", "y", "Ind", "Men", "Men_pauv"), 1000),
        (("idcar_1km", "x", "i_est_1km", "y", "ind", "men", "men_pauv"), 1000),
    ],
)
def test_columns_of_each_vintage(tmp_path: Path, header: tuple[str, ...], size_m: int) -> None:
    rows = [[cell_id(X, Y, size_m), "?", mark, "?", "12.5", "5", "1.2"] for mark in ("1",)]
    table, report = read_grid(write_grid_csv(tmp_path / "g.csv", header, rows))
    assert tuple(table.columns) == GRID_COLUMNS
    assert table.iloc[0].tolist() == [cell_id(X, Y, size_m), size_m, X, Y, 12.5, 5.0, 1.2, True]
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (1, 1, 0)
    assert report.facts["cell_size_m"] == size_m


@pytest.mark.parametrize(("delimiter", "text"), [(",", "12.5"), (";", "12,5")])
def test_decimal_point_or_comma(tmp_path: Path, delimiter: str, text: str) -> None:
    table, _ = read_grid(write_grid_csv(tmp_path / "g.csv", HEADER, [_row(ind=text)], delimiter=delimiter))
    assert table.individuals.tolist() == [12.5]


def test_estimated_is_one_and_nothing_else(tmp_path: Path) -> None:
    marks = ("0", "1", "2", "", "1.0", "7")
    rows = [[cell_id(X + 200 * i, Y), "", mark, "", "1", "1", "0"] for i, mark in enumerate(marks)]
    table, report = read_grid(write_grid_csv(tmp_path / "g.csv", HEADER, rows))
    assert table.is_estimated.tolist() == [False, True, False, False, True]
    assert [(finding.line, finding.field) for finding in report.findings] == [(7, "i_est")]


@pytest.mark.parametrize("has_envelope", [True, False])
@pytest.mark.parametrize("capital", [True, False])
def test_geopackage(tmp_path: Path, has_envelope: bool, capital: bool) -> None:
    names = ["Idcar_200m", "Ind", "Men", "Men_pauv", "I_est_200"]
    columns = {name if capital else name.lower(): "TEXT" if "car" in name else "REAL" for name in names}
    rows: list[list[Any]] = [
        [
            gpkg_square(X + 200 * i, Y, 200, has_envelope=has_envelope),
            cell_id(X + 200 * i, Y),
            2.5 * i,
            1.0,
            None,
            i % 2,
        ]
        for i in range(4)
    ]
    table, report = read_grid(write_grid_gpkg(tmp_path / "g.gpkg", columns, rows))
    assert table.individuals.tolist() == [0.0, 2.5, 5.0, 7.5]
    assert table.x_m.tolist() == [X, X + 200, X + 400, X + 600]
    assert table.is_estimated.tolist() == [False, True, False, True]
    assert table.poor_households.isna().all()
    assert report.facts["format"] == "GeoPackage"


def test_geopackage_is_told_by_its_content_not_its_name(tmp_path: Path) -> None:
    path = write_grid_gpkg(
        tmp_path / "g.csv",
        {"idcar_200m": "TEXT", "ind": "REAL"},
        [[gpkg_square(X, Y, 200), cell_id(X, Y), 1.0]],
    )
    table, report = read_grid(path)
    assert len(table) == 1
    assert {finding.field for finding in report.findings} == {"men", "men_pauv", "i_est_200"}


def test_bad_rows_are_named(tmp_path: Path) -> None:
    rows = [
        _row(),
        _row(),
        _row(X + 200, ind="-1"),
        _row(X + 400, ind="nan"),
        _row(X + 600, ind=""),
        _row(X + 800, ind="1e300"),
        _row(X + 1000, men="beaucoup"),
        [cell_id(X + 130, Y), "", "0", "", "1", "1", "0"],
        ["N2030000E4252000", "", "0", "", "1", "1", "0"],
        ["", "", "0", "", "1", "1", "0"],
        _row(X + 1200)[:4],
        _row(X + 1400, ind="inf"),
        _row(X + 1600, ind="1 234"),
        _row(X + 1800, men="", poor=""),
    ]
    table, report = read_grid(write_grid_csv(tmp_path / "g.csv", HEADER, rows))
    assert table.x_m.tolist() == [X, X + 1800]
    assert math.isnan(table.households.iloc[1])
    assert report.rows_read == len(rows) == report.rows_kept + report.rows_rejected
    assert {finding.line: finding.field for finding in report.findings} == {
        3: "id",
        4: "ind",
        5: "ind",
        6: "ind",
        7: "ind",
        8: "men",
        9: "id",
        10: "id",
        11: "id",
        12: None,
        13: "ind",
        14: "ind",
    }
    assert "double" in next(finding.message for finding in report.findings if finding.line == 3)


@pytest.mark.parametrize(
    ("ids", "received"),
    [
        ([cell_id(340000, 7650000, epsg=2975)], "CRS2975"),
        ([cell_id(X, Y), cell_id(340000, 7650000, epsg=5490)], "CRS5490"),
        ([cell_id(1_180_000, 6_110_000)], "hors de France"),
        ([cell_id(Y, X)], "hors de France"),
    ],
)
def test_identifiers_of_another_system_refuse_the_grid(tmp_path: Path, ids: list[str], received: str) -> None:
    rows = [[name, "", "0", "", "1", "1", "0"] for name in ids]
    with pytest.raises(BadInputError, match="pas dans le système attendu") as caught:
        read_grid(write_grid_csv(tmp_path / "g.csv", HEADER, rows))
    assert received in caught.value.received
    assert "EPSG:3035" in caught.value.expected


def test_geopackage_declared_in_lambert_93_is_refused(tmp_path: Path) -> None:
    path = write_grid_gpkg(
        tmp_path / "g.gpkg",
        {"idcar_200m": "TEXT", "ind": "REAL"},
        [[gpkg_square(1_180_000, 6_110_000, 200, srs_id=2154), cell_id(X, Y), 1.0]],
        epsg=2154,
    )
    with pytest.raises(BadInputError) as caught:
        read_grid(path)
    assert "EPSG:2154" in caught.value.received


def test_geometry_that_contradicts_the_identifiers_is_refused(tmp_path: Path) -> None:
    """A reprojected layer whose declaration was left as it was."""
    path = write_grid_gpkg(
        tmp_path / "g.gpkg",
        {"idcar_200m": "TEXT", "ind": "REAL"},
        [[gpkg_square(1_180_000 + 200 * i, 6_110_000, 200), cell_id(X + 200 * i, Y), 1.0] for i in range(3)],
    )
    with pytest.raises(BadInputError) as caught:
        read_grid(path)
    assert "Lambert-93" in caught.value.received
    assert cell_id(X, Y) in caught.value.received


def test_one_displaced_square_is_a_row_error(tmp_path: Path) -> None:
    rows = [[gpkg_square(X + 200 * i + 50 * (i == 2), Y, 200), cell_id(X + 200 * i, Y), 1.0] for i in range(4)]
    path = write_grid_gpkg(tmp_path / "g.gpkg", {"idcar_200m": "TEXT", "ind": "REAL"}, rows)
    table, report = read_grid(path)
    assert len(table) == 3
    assert [(finding.line, finding.field) for finding in report.findings if finding.severity == "error"] == [
        (3, "geometry")
    ]


def test_csv_with_swapped_lon_lat_is_refused(tmp_path: Path) -> None:
    lon, lat = (float(value) for value in cell_centres_wgs84(X, Y, 200))
    header = (*HEADER, "lon", "lat")
    good, _ = read_grid(write_grid_csv(tmp_path / "g.csv", header, [[*_row(), lon, lat]]))
    assert len(good) == 1
    with pytest.raises(BadInputError) as caught:
        read_grid(write_grid_csv(tmp_path / "g.csv", header, [[*_row(), lat, lon]]))
    assert "centre donné" in caught.value.received


def test_two_sizes_would_count_people_twice(tmp_path: Path) -> None:
    rows = [_row(), [cell_id(X, Y, 1000), "", "0", "", "12.5", "5", "1"]]
    with pytest.raises(BadInputError, match="plusieurs tailles") as caught:
        read_grid(write_grid_csv(tmp_path / "g.csv", HEADER, rows))
    assert "200 m, 1000 m" in caught.value.received


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"PK\x03\x04",
        b"%PDF-1.4",
        b"ind,men\n1,2\n",
        b"idcar_200m,men\na,b\n",
        b"SQLite format 3\x00 tronque",
        b"idcar_200m,ind\n",
        b"ind\n1\n",
        b"<OGRVRTDataSource/>",
        b'idcar_200m,ind\n"jamais ferm',
    ],
)
def test_files_that_are_no_grid_are_refused_in_french(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "g.csv"
    path.write_bytes(content)
    with pytest.raises(BadInputError) as caught:
        read_grid(path)
    assert all((caught.value.message, caught.value.received, caught.value.expected, caught.value.action))


def test_truncated_geopackage(tmp_path: Path) -> None:
    rows = [[gpkg_square(X + 200 * i, Y, 200), cell_id(X + 200 * i, Y), 1.0] for i in range(500)]
    path = write_grid_gpkg(tmp_path / "g.gpkg", {"idcar_200m": "TEXT", "ind": "REAL"}, rows)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BadInputError, match="abîmé"):
        read_grid(path)


def test_a_view_is_not_run(tmp_path: Path) -> None:
    """A layer that is a view would run its author's query, here an endless one."""
    path = write_grid_gpkg(
        tmp_path / "g.gpkg",
        {"idcar_200m": "TEXT", "ind": "REAL"},
        [],
        create="CREATE VIEW carreaux AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT x'00' AS geom, 'a' AS idcar_200m, 1.0 AS ind FROM n",
    )
    with pytest.raises(BadInputError, match="pas une couche"):
        read_grid(path)


@pytest.mark.parametrize(
    "blob",
    [
        None,
        b"",
        b"GP",
        b"xx\x00\x03" + b"\x00" * 40,
        b"GP\x00\x03\x00\x00\x00\x00\x01",
        "texte",
        b"GP\x00\x01\xdb\x0b\x00\x00pas du wkb",
        b"GP\x00\x11" + b"\x00" * 40,
    ],
)
def test_broken_geometry_blobs_have_no_envelope(blob: object) -> None:
    assert envelope(blob) is None


def test_ten_thousand_cells_with_progress(tmp_path: Path) -> None:
    rows = [_row(X + 200 * (i % 100), Y + 200 * (i // 100), ind=f"{i % 7}.5") for i in range(10_000)]
    seen: list[int] = []
    table, report = read_grid(
        write_grid_csv(tmp_path / "g.csv", HEADER, rows), progress=lambda done, _total: seen.append(done)
    )
    assert len(table) == 10_000
    assert seen == [5_000, 10_000]
    assert report.facts["individuals_total"] == pytest.approx(sum(i % 7 + 0.5 for i in range(10_000)))


def test_cells_on_the_map() -> None:
    """Corners go back to the metres of the identifier; the centre is inside; neighbours share an edge."""
    x, y = np.array([X, X + 200, 3_900_000]), np.array([Y, Y, 2_900_000])
    polygons = cell_polygons_wgs84(x, y, np.array([200, 200, 1000]))
    lon, lat = cell_centres_wgs84(x, y, np.array([200, 200, 1000]))
    back = pyproj.Transformer.from_crs(4326, 3035, always_xy=True)
    for index, (polygon, size) in enumerate(zip(polygons, (200, 200, 1000), strict=True)):
        assert polygon.is_valid
        assert polygon.contains(shapely.Point(lon[index], lat[index]))
        corner_x, corner_y = back.transform(*shapely.get_coordinates(polygon).T)
        assert np.allclose(sorted(set(np.round(corner_x))), [x[index], x[index] + size])
        assert np.allclose(sorted(set(np.round(corner_y))), [y[index], y[index] + size])
    assert shapely.intersection(polygons[0], polygons[1]).length > 0.001
    single = cell_polygons_wgs84([X], [Y], 200)
    assert single[0].equals_exact(polygons[0], 1e-12)
