"""A world small enough to be worked out by hand, put in through the service's own imports.

Ten 1 km cells in a row from west to east, the first site at the west end. Each centre is a junction, and the drive
from one centre to the next takes a time chosen here, so that the row reaches the threshold exactly:

    cell      0      1      2       3       4       5        6    7     8       9 (10 km north of the row)
    seconds   0    600   1200  1799.9    1800  1800.1     3000   -     -       no road within reach: unknown
    people    1      2      4       8      16      32       64              512

Cells 7 and 8 belong to the neighbouring département; a neighbour's site stands on cell 7, 600 s beyond cell 6.
Commune A holds cells 0 to 3, commune B cells 4 to 6 and 9; commune C has 100 people and no cell.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from sqlalchemy.orm import Session

from app.services.import_boundaries import import_communes, import_epcis
from app.services.import_grid import import_grid
from app.services.import_roads import import_roads
from app.services.import_sites import import_sites
from data.contract import COMMUNE_COLUMNS, EPCI_COLUMNS, GRID_COLUMNS, SITE_COLUMNS, ReadReport
from data.store import Store
from routing.graph import UNREACHED_DS, GraphMeta, RoadGraph, build_road_graph

X0_M, Y0_M = 2_800_000, 2_720_000  # EPSG:3035, in the Bay of Biscay
DRIVE_DS = [6000, 6000, 5999, 1, 1, 11_999, 6000, 6000]  # from each centre of the row to the next
PEOPLE = {0: 1, 1: 2, 2: 4, 3: 8, 4: 16, 5: 32, 6: 64, 9: 512}
POPULATION = {"00001": 15, "00002": 16 + 32 + 64 + 512, "00003": 100}
TIME_S = {0: 0.0, 1: 600.0, 2: 1200.0, 3: 1799.9, 4: 1800.0, 5: 1800.1, 6: 3000.0}


def report(kind: str, rows: int, sha256: str | None = None) -> ReadReport:
    return ReadReport(f"{kind}.made", sha256 or f"sha-of-{kind}", kind, rows_read=rows, rows_kept=rows)


def corner_m(cell: int) -> tuple[int, int]:
    return (X0_M + 1000 * cell, Y0_M) if cell < 9 else (X0_M, Y0_M + 10_000)


def centre_wgs84(cell: int) -> tuple[float, float]:
    x_m, y_m = corner_m(cell)
    return Transformer.from_crs(3035, 4326, always_xy=True).transform(x_m + 500, y_m + 500)


def cell_id(cell: int) -> str:
    x_m, y_m = corner_m(cell)
    return f"CRS3035RES1000mN{y_m}E{x_m}"


def graph(
    *, one_way: bool = False, mode: str = "car", season: str = "summer", slower: int = 1, shuts_west: bool = False
) -> RoadGraph:
    """The row of junctions; with ``one_way`` the road from cell 1 to cell 0 is closed in that direction.

    A one-way winter is that of the summer that goes both ways. ``shuts_west`` closes the road between cell 1 and cell 2: the roads of cells 0 and 1 lead nowhere else;
    ``slower`` multiplies every time; the name and the file are the same whatever the mode and the season.
    """
    lon, lat = zip(*(centre_wgs84(cell) for cell in range(9)), strict=True)
    x_m, y_m = Transformer.from_crs(4326, 2154, always_xy=True).transform(lon, lat)
    # A slow way round keeps cell 0 in the main component when its road is one-way.
    tails, heads = [*range(8), 1], [*range(1, 9), 0]
    forward = np.array([*DRIVE_DS, 9000]) * slower
    backward = forward.copy()
    if one_way:
        backward[0] = UNREACHED_DS
    if shuts_west:
        forward[1] = backward[1] = UNREACHED_DS
    ends = np.column_stack([tails, heads])
    return build_road_graph(
        meta=GraphMeta(
            *(
                "row",
                mode,
                2154,
                "row.osm.pbf",
                f"sha-of-row-{one_way and season == 'summer'}",
                "2026-01-01",
                "by hand",
            ),
            season=season,
        ),
        node_x_m=x_m,
        node_y_m=y_m,
        node_osm_id=np.arange(9) + 1,
        road_tail=tails,
        road_head=heads,
        road_length_m=np.full(9, 1000.0),
        road_forward_ds=forward,
        road_backward_ds=backward,
        road_class=np.zeros(9),
        road_attachable=np.ones(9, dtype=bool),
        road_way_id=np.arange(9),
        road_name=np.full(9, -1),
        names=(),
        shape_first=np.arange(0, 20, 2),
        shape_x_m=np.asarray(x_m)[ends].ravel(),
        shape_y_m=np.asarray(y_m)[ends].ravel(),
    )


def communes() -> gpd.GeoDataFrame:
    def box(west: int, south: int, east: int, north: int) -> shapely.MultiPolygon:
        ring = [(west, south), (east, south), (east, north), (west, north)]
        x_m, y_m = zip(*((X0_M + 1000 * x, Y0_M + 1000 * y) for x, y in ring), strict=True)
        lon, lat = Transformer.from_crs(3035, 4326, always_xy=True).transform(x_m, y_m)
        return shapely.MultiPolygon([shapely.Polygon(zip(lon, lat, strict=True))])

    rows = [
        ("00001", "Alpha", "00", "000000001", 15, box(0, 0, 4, 1)),
        (
            "00002",
            "Bêta",
            "00",
            "000000001",
            POPULATION["00002"],
            shapely.union_all([box(4, 0, 7, 1), box(0, 10, 1, 11)]),
        ),
        ("00003", "Gamma", "00", None, 100, box(2, 1, 4, 2)),
    ]
    table = pd.DataFrame(rows, columns=list(COMMUNE_COLUMNS), dtype=object)  # object: None stays None
    table["population_municipale"] = table["population_municipale"].astype("Int64")
    return gpd.GeoDataFrame(table, geometry="geometry", crs=4326)


def cells() -> pd.DataFrame:
    rows = [
        (cell_id(cell), 1000, *corner_m(cell), float(people), people / 2, float("nan"), False)
        for cell, people in PEOPLE.items()
    ]
    return pd.DataFrame(rows, columns=list(GRID_COLUMNS))


def site_table(*records: tuple[str, int, str, str]) -> gpd.GeoDataFrame:
    """Sites as (source_id, cell, form, departement_code)."""
    made = pd.DataFrame(
        [
            {
                **dict.fromkeys(SITE_COLUMNS),
                "source": "test",
                "source_id": source_id,
                "name": f"Lieu {source_id}",
                "carrier": "france_services",
                "form": form,
                "departement_code": departement_code,
                "opening_hours_raw": {},
                "geometry": shapely.Point(centre_wgs84(cell)),
            }
            for source_id, cell, form, departement_code in records
        ]
    )
    return gpd.GeoDataFrame(made, geometry="geometry", crs=4326)


def epcis() -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        [("000000001", "Communauté de la rangée", "CC", communes().geometry.iloc[0])], columns=list(EPCI_COLUMNS)
    )
    return gpd.GeoDataFrame(table, geometry="geometry", crs=4326)


def load_grid_world(
    session: Session, store: Store, *, one_way: bool = False, site_order: tuple[int, ...] = (0, 1, 2)
) -> None:
    """Everything but the run, through the imports."""
    made = graph(one_way=one_way)
    import_roads(session, store, made, report("roads", 9, made.meta.source_sha256))
    import_epcis(session, epcis(), report("epci", 1), millesime="2026")
    import_communes(session, communes(), report("communes", 3), millesime="2026")
    import_grid(session, cells(), report("grid", len(PEOPLE)), millesime="2019")
    records = (("west", 0, "fixed", "00"), ("beyond", 7, "fixed", "0V"), ("bus", 4, "mobile", "00"))
    sites = site_table(*(records[position] for position in site_order))
    import_sites(session, sites, report("sites", 3), millesime=None)
