"""The real files of Corsica, Midi-Pyrénées and France load whole, with the totals they publish."""

from __future__ import annotations

import gzip
import json
import re
from datetime import datetime
from pathlib import Path

import pytest
import shapely
from opening_hours import OpeningHours

from data.boundaries import departements_from_communes, read_communes, read_departements, read_epci
from data.population import cell_centres_wgs84, read_grid
from data.sites.france_services import read_france_services
from data.territory import TERRITORIES

pytestmark = pytest.mark.real_data


@pytest.mark.parametrize(
    ("folder", "communes", "population", "epci", "departements"),
    [("corse", 360, 355_486, 19, 2), ("midi-pyrenees", 2944, 3_170_435, 103, 8)],
)
def test_boundaries_load_whole(
    real_data: Path, folder: str, communes: int, population: int, epci: int, departements: int
) -> None:
    limits = real_data / folder / "limites"
    suffix = "_corse" if folder == "corse" else ""
    table, report = read_communes(limits / f"communes{suffix}.geojson")
    assert (len(table), report.findings) == (communes, [])
    assert int(table.population_municipale.sum()) == population
    assert table.geometry.is_valid.all()
    groups, _ = read_epci(limits / f"epci{suffix}.geojson")
    assert len(groups) == epci
    assert set(table.epci_code.dropna()) <= set(groups.code_siren)
    outlines, _ = read_departements(limits / f"departements{suffix}.geojson")
    assert len(outlines) == departements
    dissolved = departements_from_communes(table).set_index("code").geometry
    for row in outlines.itertuples():
        difference = shapely.symmetric_difference(dissolved[row.code], row.geometry).area
        assert difference / row.geometry.area < 0.01


def test_national_outlines(real_data: Path) -> None:
    table, report = read_departements(real_data / "france" / "departements_france_2018.geojson.gz")
    assert (len(table), report.rows_rejected) == (101, 0)
    for row in table.itertuples():
        west, south, east, north = row.geometry.bounds
        extent = TERRITORIES[row.code].extent
        assert extent[0] <= west
        assert extent[1] <= south
        assert extent[2] >= east
        assert extent[3] >= north
        near = {other.code for other in table[table.geometry.intersects(row.geometry)].itertuples()} - {row.code}
        assert near <= set(TERRITORIES[row.code].neighbours)
        assert set(TERRITORIES[row.code].neighbours) - near <= {"04", "13"}


def test_the_one_national_outline_that_touches_itself(real_data: Path, tmp_path: Path) -> None:
    """Of 35,357 outlines, Condé-en-Normandie alone is invalid: kept, with a warning that says where."""
    with gzip.open(real_data / "france" / "communes_france_2018.geojson.gz") as stream:
        document = json.load(stream)
    calvados = [item for item in document["features"] if item["properties"]["departement"] == "14"]
    path = tmp_path / "calvados.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": calvados}))
    table, report = read_communes(path)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (len(calvados), len(calvados), 0)
    touching = [finding for finding in report.findings if finding.field == "geometry"]
    assert [finding.message.split(" :")[0] for finding in touching] == ["Condé-en-Normandie"]
    assert touching[0].value == "-0.56932, 48.89639"
    assert table.geometry.is_valid.all()


def test_corsican_grid_is_the_same_in_both_formats(real_data: Path) -> None:
    folder = real_data / "corse" / "population"
    tables = []
    for name in ("filosofi_2015_carreaux_1km_corse.gpkg", "filosofi_2015_carreaux_1km_corse.csv"):
        table, report = read_grid(folder / name)
        assert (len(table), report.findings) == (2994, [])
        assert report.facts["individuals_total"] == 270_859.0
        assert report.facts["estimated_cells"] == 2162
        tables.append(table.sort_values("cell_id", ignore_index=True))
    assert tables[0].equals(tables[1])


def test_corsican_cells_fall_on_corsica(real_data: Path) -> None:
    """Coastal centres may be in the water, but never far from a commune."""
    table, _ = read_grid(real_data / "corse" / "population" / "filosofi_2015_carreaux_1km_corse.gpkg")
    communes, _ = read_communes(real_data / "corse" / "limites" / "communes_corse.geojson")
    island = shapely.union_all(communes.geometry.to_numpy())
    centres = shapely.points(*cell_centres_wgs84(table.x_m, table.y_m, table.cell_size_m))
    assert shapely.contains(island, centres).mean() > 0.95
    assert shapely.distance(island, centres).max() < 0.02


def test_france_services_list(real_data: Path) -> None:
    path = real_data / "france" / "france_services_2024-08-01.csv"
    corsica, _ = read_communes(real_data / "corse" / "limites" / "communes_corse.geojson")
    known = dict(zip(corsica.code_insee, corsica.nom, strict=True))
    table, report = read_france_services(path, known_communes=known)
    assert (len(table), report.rows_rejected) == (2845, 0)
    assert table.departement_code.value_counts()[["2A", "2B", "973", "978"]].tolist() == [15, 22, 23, 2]
    assert table.form.value_counts().to_dict() == {"fixed": 2558, "mobile": 163, "branch": 124}
    assert (report.facts["hours_unknown"], report.facts["hours_zero_range"]) == (48, 30)
    texts = " ".join(table[["name", "address", "comment"]].fillna("").to_numpy().flatten())
    assert not re.search(r"(?<!\d)0[1-9](?:[ .]?\d\d){4}(?!\d)", texts)
    assert not re.search(r"[\w.]+@[\w-]+\.\w", texts)


def test_every_published_hours_is_valid_and_means_the_same(real_data: Path) -> None:
    """Each of the 2,845 rows, asked of another program at eight moments of each day of a week."""
    table, _ = read_france_services(real_data / "france" / "france_services_2024-08-01.csv")
    codes = ("Mo", "Tu", "We", "Th", "Fr", "Sa")
    for row in table.itertuples():
        cells = list(row.opening_hours_raw.values())
        if row.opening_hours is None:
            assert not any(cells)
            continue
        hours = OpeningHours(row.opening_hours)
        assert str(hours)
        for code, cell in zip(codes, cells, strict=True):
            ranges = [pair for pair in re.findall(r"(\d\d:\d\d) - (\d\d:\d\d)", cell) if pair[0] != pair[1]]
            day = 2 + codes.index(code)  # 2 March 2026 is a Monday
            for clock in ("08:15", "09:00", "11:59", "12:15", "13:45", "16:45", "17:45", "19:00"):
                is_open = any(start <= clock < end for start, end in ranges)
                assert hours.is_open(_at(day, clock)) == is_open, (
                    row.source_id,
                    code,
                    clock,
                    row.opening_hours,
                )


def _at(day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{day:02d}T{clock}")


def test_france_services_against_the_communes_of_2026(real_data: Path) -> None:
    """Three rows of the 2024 list name a commune merged since; arrondissements are not among them."""
    with gzip.open(real_data / "france" / "decoupage_2026_communes.json.gz") as stream:
        known = {item["code"]: item["nom"] for item in json.load(stream) if item["type"] == "commune-actuelle"}
    _, report = read_france_services(real_data / "france" / "france_services_2024-08-01.csv", known_communes=known)
    gone = [(finding.value, finding.suggestion) for finding in report.findings if finding.severity == "error"]
    assert [code for code, _ in gone] == ["49069", "93059", "93059"]
    assert "49126 (Orée d'Anjou)" in gone[0][1]
