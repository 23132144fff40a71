"""Outlines: every name they come under, every way they are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon

from data.boundaries import departements_from_communes, read_communes, read_departements, read_epci
from data.contract import COMMUNE_COLUMNS, EPCI_COLUMNS, ReadReport
from data.errors import BadInputError
from data.outline import cut_at_touches
from tests.data.builders import commune, feature, square, write_geojson

A = square(8.70, 42.00)
B = square(8.71, 42.00)
BOW_TIE = Polygon([(8.7, 42.0), (8.8, 42.1), (8.8, 42.0), (8.7, 42.1)])


def _errors(report: ReadReport) -> list[tuple[int | None, str | None]]:
    return [(finding.line, finding.field) for finding in report.findings if finding.severity == "error"]


@pytest.mark.parametrize(
    "properties",
    [
        {"insee_com": "2A004", "nom": "Ajaccio", "insee_dep": "2A", "siren_epci": "242010056",
         "population": 73822},
        {"INSEE_COM": "2A004", "NOM": "Ajaccio", "INSEE_DEP": "2A", "SIREN_EPCI": "242010056",
         "POPULATION": "73822"},
        {"code_insee": "2A004", "nom_officiel": "Ajaccio", "code_insee_du_departement": "2A",
         "codes_siren_des_epci": "242010056/200000000", "population": 73822.0},
        {"code_insee": "2A004", "nom_officiel": "Ajaccio", "code_insee_du_departement": "2A",
         "code_siren_epci": "242010056", "population": 73822},
        {"code": "2A004", "nom": "Ajaccio", "departement": "2A", "epci_code": "242010056",
         "population_municipale": 73822},
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".geojson", ".geojson.gz"])
def test_every_generation_of_names_gives_the_same_commune(
    tmp_path: Path, properties: dict[str, object], suffix: str
) -> None:
    path = write_geojson(tmp_path / f"c{suffix}", [feature(A, **properties)])
    table, report = read_communes(path)
    assert tuple(table.columns) == COMMUNE_COLUMNS
    assert table.crs.to_epsg() == 4326
    row = table.iloc[0]
    assert (row.code_insee, row.nom, row.departement_code) == ("2A004", "Ajaccio", "2A")
    assert (row.epci_code, row.population_municipale) == ("242010056", 73822)
    assert isinstance(row.geometry, MultiPolygon)
    assert row.geometry.equals(A)
    assert (report.rows_read, report.rows_kept, report.rows_rejected, report.findings) == (1, 1, 0, [])


@pytest.mark.parametrize(
    "crs", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326", "OGC:CRS84", None]
)  # fmt: skip
def test_wgs84_under_its_names(tmp_path: Path, crs: str | None) -> None:
    table, _ = read_communes(write_geojson(tmp_path / "c", [commune("2A001", "X", A)], crs=crs))
    assert len(table) == 1


def test_another_system_is_refused_by_its_name(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "c", [commune("2A001", "X", A)], crs="urn:ogc:def:crs:EPSG::2154")
    with pytest.raises(BadInputError) as caught:
        read_communes(path)
    assert "EPSG::2154" in caught.value.received
    assert "ogr2ogr" in caught.value.action


def test_lambert_93_metres_without_crs_are_refused(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "c.geojson", [commune("2A001", "X", square(1180000, 6110000, 900))], crs=None)
    with pytest.raises(BadInputError, match="pas des degrés") as caught:
        read_communes(path)
    assert "Lambert-93" in caught.value.received


def test_swapped_coordinates_refuse_the_file(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "c", [commune("2A001", "X", square(42.0, 8.7))])
    with pytest.raises(BadInputError, match="inversées") as caught:
        read_communes(path)
    assert "42.0000, 8.7000" in caught.value.received


def test_one_swapped_commune_among_good_ones_is_named(tmp_path: Path) -> None:
    path = write_geojson(
        tmp_path / "c.geojson",
        [
            commune("2A001", "Un", A),
            commune("2A002", "Deux", B),
            commune("2A003", "Trois", square(42.0, 8.7)),
        ],
    )
    table, report = read_communes(path)
    assert list(table.code_insee) == ["2A001", "2A002"]
    assert report.findings[0].line == 3
    assert "Trois" in report.findings[0].message
    assert "inversées" in report.findings[0].message


def test_bad_rows_are_named_and_the_good_ones_kept(tmp_path: Path) -> None:
    rows = [
        commune("2A001", "Bonne", A),
        commune("1001", "Zéro perdu", A, insee_dep="01"),
        commune("99001", "Nulle part", A),
        commune("2A001", "Doublon", B),
        commune("2A005", "Mal rangée", A, insee_dep="2B"),
        commune("2A006", "", A),
        commune("2A007", "Papillon", BOW_TIE),
        commune("2A008", "Sans contour", None),
        commune("2A009", "Un point", shapely.Point(8.7, 42.0)),
        commune("2A010", "Ailleurs", square(2.35, 48.85)),
        commune("2A011", "Population", A, population=-3),
        commune("2A012", "Siren", A, siren_epci="12"),
        commune("2A013", "Contour vide", {"type": "Polygon", "coordinates": []}),
        commune("2A014", "Contour cassé", {"type": "Polygon", "coordinates": [[["x", 1]]]}),
        commune("2A015", "Type inconnu", {"type": "Cercle", "coordinates": [1, 2]}),
        commune("2A016", "Infinie", {"type": "Point", "coordinates": [1e999, 42]}),
        commune("2A017", "Demi", A, population=1.5),
    ]
    text = write_geojson(tmp_path / "c", rows).read_text().replace("Infinity", "1e999")
    (tmp_path / "c").write_text(text)
    table, report = read_communes(tmp_path / "c")
    assert list(table.nom) == ["Bonne"]
    assert report.rows_read == len(rows) == report.rows_kept + report.rows_rejected
    assert _errors(report) == [
        (2, "code"),
        (3, "code"),
        (4, "code"),
        (5, "departement"),
        (6, "nom"),
        (7, "geometry"),
        (8, "geometry"),
        (9, "geometry"),
        (10, "geometry"),
        (11, "population"),
        (12, "epci"),
        (13, "geometry"),
        (14, "geometry"),
        (15, "geometry"),
        (16, "geometry"),
        (17, "population"),
    ]
    by_line = {finding.line: finding for finding in report.findings}
    assert "« 01001 »" in by_line[2].suggestion
    assert "Papillon" in by_line[7].message
    assert "se croise" in by_line[7].message
    assert "8.75000, 42.05000" in by_line[7].suggestion
    assert all(finding.message.endswith(".") and finding.suggestion for finding in report.findings)


def test_missing_column_names_what_was_found(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "c", [feature(A, nom="X", numero=3)])
    with pytest.raises(BadInputError, match="Colonne absente : code") as caught:
        read_communes(path)
    assert "nom, numero" in caught.value.received
    assert "insee_com" in caught.value.expected


def test_unknown_population_stays_unknown(tmp_path: Path) -> None:
    rows = [commune("2A001", "Un", A, population=10), commune("2A002", "Deux", B, population=None)]
    table, report = read_communes(write_geojson(tmp_path / "c", rows))
    assert table.population_municipale.isna().tolist() == [False, True]
    assert report.facts["communes_without_population"] == 1
    assert table.epci_code.tolist() == [None, None]


def test_commune_merged_since_is_kept_with_a_warning(tmp_path: Path) -> None:
    rows = [
        feature(A, code="2A001", nom="Un", code_2026="2A002"),
        feature(B, code="2A002", nom="Deux", code_2026="2A002"),
    ]
    table, report = read_communes(write_geojson(tmp_path / "c", rows))
    assert len(table) == 2
    warning = next(finding for finding in report.findings if finding.field == "code_2026")
    assert warning.line == 1
    assert "2A002" in warning.suggestion


def test_fictional_departement_is_accepted(tmp_path: Path) -> None:
    table, _ = read_communes(write_geojson(tmp_path / "c", [commune("00001", "Port-Fictif", square(-6.0, 46.0))]))
    assert table.departement_code.tolist() == ["00"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b'{"type": "FeatureCollection", "features": [',
        b'{"type": "Topology"}',
        b'{"type": "FeatureCollection", "features": []}',
        b"[1]",
        b"PK\x03\x04zip",
        b"<OGRVRTDataSource></OGRVRTDataSource>",
        b'{"a": "\xe9"}',
        b"\x1f\x8b tronque",
        b'{"a":' * 100_000,
    ],
)
def test_files_that_are_not_geojson_are_refused_in_french(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.geojson"
    path.write_bytes(content)
    with pytest.raises(BadInputError) as caught:
        read_communes(path)
    assert all((caught.value.message, caught.value.received, caught.value.expected, caught.value.action))


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="introuvable"):
        read_communes(tmp_path / "absent.geojson")


def test_nan_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.geojson"
    document = {
        "type": "FeatureCollection",
        "features": [commune("2A001", "X", {"type": "Point", "coordinates": [float("nan"), 1]})],
    }
    path.write_text(json.dumps(document))
    with pytest.raises(BadInputError, match="illisible"):
        read_communes(path)


def test_nothing_usable_refuses_the_file(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "c", [commune("2A001", "Papillon", BOW_TIE)])
    with pytest.raises(BadInputError, match="Aucune ligne utilisable") as caught:
        read_communes(path)
    assert "Papillon" in caught.value.received


# --- outlines that touch themselves ---


def test_inner_loop_touching_the_outline_becomes_a_hole(tmp_path: Path) -> None:
    """The neck of a bay closed by simplification: the ring passes twice by one vertex."""
    ring = [
        (8.7, 42.0),
        (8.8, 42.0),
        (8.8, 42.1),
        (8.75, 42.1),
        (8.77, 42.05),
        (8.73, 42.05),
        (8.75, 42.1),
        (8.7, 42.1),
    ]
    outline = Polygon(ring)
    assert not outline.is_valid
    table, report = read_communes(write_geojson(tmp_path / "c", [commune("2A001", "La Baie", outline)]))
    kept = table.geometry.iloc[0]
    assert kept.is_valid
    assert kept.area == pytest.approx(0.01 - 0.04 * 0.05 / 2)
    assert not kept.contains(shapely.Point(8.75, 42.06))
    assert set(shapely.get_coordinates(kept).round(9).flatten()) == set(
        shapely.get_coordinates(outline).round(9).flatten()
    )
    assert report.findings[0].severity == "warning"
    assert "8.75000, 42.10000" in report.findings[0].suggestion


def test_outer_loop_touching_the_outline_becomes_a_second_part() -> None:
    ring = [(0, 0), (2, 0), (2, 2), (1, 2), (2, 3), (0, 3), (1, 2), (0, 2)]
    cut = cut_at_touches(MultiPolygon([Polygon(ring)]))
    assert cut is not None
    assert cut.is_valid
    assert len(cut.geoms) == 2
    assert cut.area == pytest.approx(5)


def test_a_crossing_outline_is_never_cut() -> None:
    assert cut_at_touches(MultiPolygon([BOW_TIE])) is None


def test_a_hostile_outline_is_judged_not_repaired(tmp_path: Path) -> None:
    """4,000 edges that all cross would keep make_valid busy for hours; the verdict alone is immediate."""
    ring = [(8.7 + 0.1 * (i % 2), 42.0 + 0.0001 * ((i * 173) % 4001)) for i in range(4000)]
    path = write_geojson(
        tmp_path / "c.geojson", [commune("2A001", "Hérisson", Polygon(ring)), commune("2A002", "B", B)]
    )
    table, _ = read_communes(path)
    assert list(table.nom) == ["B"]


# --- EPCI and départements ---


@pytest.mark.parametrize(
    "properties",
    [
        {"code_siren": "200040764", "nom": "CC du Sud Corse", "nature": "Communauté de communes"},
        {"CODE_SIREN": "200040764", "NOM": "CC du Sud Corse", "NATURE": "Communauté de communes"},
        {"code_siren": "200040764", "nom_officiel": "CC du Sud Corse", "nature": "Communauté de communes"},
        {"epci_code": "200040764", "epci_nom": "CC du Sud Corse", "epci_type": "CC"},
    ],
)
def test_epci_under_its_names(tmp_path: Path, properties: dict[str, str]) -> None:
    table, report = read_epci(write_geojson(tmp_path / "e.geojson", [feature(A, **properties)]))
    assert tuple(table.columns) == EPCI_COLUMNS
    assert table.iloc[0].tolist()[:3] == ["200040764", "CC du Sud Corse", "Communauté de communes"]
    assert report.rows_kept == 1


def test_epci_bad_rows(tmp_path: Path) -> None:
    rows = [
        feature(A, code_siren="200040764", nom="Bonne"),
        feature(A, code_siren="20004076", nom="Court"),
        feature(A, code_siren="200040764", nom="Doublon"),
        feature(square(-70.0, 45.0), code_siren="200040765", nom="Au Québec"),
    ]
    table, report = read_epci(write_geojson(tmp_path / "e.geojson", rows))
    assert table.nom.tolist() == ["Bonne"]
    assert _errors(report) == [(2, "code"), (3, "code"), (4, "geometry")]


def test_departements(tmp_path: Path) -> None:
    rows = [
        feature(A, code="2A", nom="Corse-du-Sud"),
        feature(B, code="1", nom="Ain"),
        feature(B, code="20", nom="Corse"),
    ]
    table, report = read_departements(write_geojson(tmp_path / "d.geojson", rows))
    assert table.code.tolist() == ["2A"]
    assert "« 01 »" in report.findings[0].suggestion


def test_departements_dissolved_from_communes(tmp_path: Path) -> None:
    rows = [
        commune("2A001", "Un", A),
        commune("2A002", "Deux", B),
        commune("2B001", "Trois", square(9.2, 42.3)),
    ]
    communes, _ = read_communes(write_geojson(tmp_path / "c", rows))
    found = departements_from_communes(communes)
    assert isinstance(found, gpd.GeoDataFrame)
    assert found.code.tolist() == ["2A", "2B"]
    assert found.nom.tolist() == ["Corse-du-Sud", "Haute-Corse"]
    assert found.geometry.iloc[0].equals(shapely.union(A, B))
    assert all(isinstance(outline, MultiPolygon) for outline in found.geometry)


def test_ten_thousand_rows_with_progress_and_bounded_findings(tmp_path: Path) -> None:
    rows = [commune(f"2A{i:03d}", f"C{i}", square(8.6 + i % 50 * 0.01, 41.5 + i // 50 * 0.01)) for i in range(1000)]
    rows += [commune(f"2B{i:03d}", f"D{i}", square(8.6 + i % 50 * 0.01, 42.3 + i // 50 * 0.01)) for i in range(1000)]
    path = write_geojson(tmp_path / "c", rows * 5)
    seen: list[tuple[int, int | None]] = []
    table, report = read_communes(path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (10_000, 10_000)
    assert seen == sorted(seen)
    assert (len(table), report.rows_read, report.rows_rejected) == (2000, 10_000, 8000)
    errors = [finding for finding in report.findings if finding.severity == "error"]
    assert len(errors) == 1001
    assert "7000 autres" in errors[-1].message
