"""What the report's map shows, in metres, with the words that say the same."""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import Transformer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.coverage import ZoneFigures
from app.domain.travel import travel_fr
from app.domain.wording import integer_fr, threshold_fr
from app.persistence.models import Commune, Road, RoadNetwork, Run, RunSite
from app.report.content import MapContent, MapPoint, MapShape, Ring
from app.services.gaps import Gap
from app.services.networks import drawn_network
from app.services.runs import RunView
from data.territory import territory

#: Drawn on one A4 page: a vertex every 150 m is finer than the printer's dot at the scale of a département.
SIMPLIFY_M = 150.0
#: Motorways to secondary roads (routing.profile.ROAD_CLASSES): what a reader knows his département by.
MAX_ROAD_RANK = 3
NAMED_IN_ALT = 5


def build_map(session: Session, run: RunView, communes: list[ZoneFigures], gaps: list[Gap]) -> MapContent:
    crs_epsg = territory(run.departement_code).crs_epsg
    to_plane = Transformer.from_crs(4326, crs_epsg, always_xy=True)
    pct = {zone.code: zone.covered_pct for zone in communes}
    return MapContent(
        shapes=_shapes(session, run, pct, crs_epsg),
        points=(*_site_points(session, run, to_plane), *_gap_points(gaps, to_plane)),
        roads=_roads(session, run, crs_epsg),
        alt=_alt(run, communes, gaps),
    )


def _shapes(session: Session, run: RunView, pct: dict[str, float | None], crs_epsg: int) -> tuple[MapShape, ...]:
    # Simplified together, so that neighbours keep the same border.
    rows = session.execute(
        select(Commune.code_insee, Commune.nom, func.ST_AsBinary(func.ST_Transform(Commune.geometry, crs_epsg)))
        .where(Commune.departement_code == run.departement_code)
        .order_by(Commune.code_insee)
    ).all()
    outlines = shapely.from_wkb([bytes(row[2]) for row in rows])
    simple = shapely.coverage_simplify(outlines, SIMPLIFY_M) if shapely.coverage_is_valid(outlines) else outlines
    return tuple(
        MapShape(row.code_insee, row.nom, _rings(shape), pct.get(row.code_insee))
        for row, shape in zip(rows, simple, strict=True)
    )


def _rings(shape: shapely.Geometry) -> tuple[Ring, ...]:
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return tuple(_line(ring) for polygon in polygons for ring in (polygon.exterior, *polygon.interiors))


def _line(line: shapely.Geometry) -> Ring:
    return tuple((float(x), float(y)) for x, y in shapely.get_coordinates(line))


def _site_points(session: Session, run: RunView, to_plane: Transformer) -> list[MapPoint]:
    rows = session.execute(
        select(RunSite.name, RunSite.departement_code, func.ST_X(RunSite.geometry), func.ST_Y(RunSite.geometry))
        .where(RunSite.run_id == run.id, RunSite.access_m.is_not(None))
        .order_by(RunSite.number)
    ).all()
    points = []
    for name, departement_code, lon, lat in rows:
        x_m, y_m = to_plane.transform(lon, lat)
        kind = "site" if departement_code == run.departement_code else "neighbour_site"
        points.append(MapPoint(x_m, y_m, name, kind))
    return points


def _gap_points(gaps: list[Gap], to_plane: Transformer) -> list[MapPoint]:
    return [
        MapPoint(*to_plane.transform(*gap.centre), gap.communes[0].nom, "uncovered", people=gap.people) for gap in gaps
    ]


def _roads(session: Session, run: RunView, crs_epsg: int) -> tuple[tuple[int, Ring], ...]:
    used = session.scalars(select(RoadNetwork).join(Run, Run.road_network_id == RoadNetwork.id).where(Run.id == run.id))
    drawn = drawn_network(session, used.one())
    outline = select(func.ST_Collect(Commune.geometry)).where(Commune.departement_code == run.departement_code)
    merged = func.ST_LineMerge(func.ST_Collect(func.ST_Transform(Road.geometry, crs_epsg)))
    rows = session.execute(
        select(Road.rank, func.ST_AsBinary(func.ST_Simplify(merged, SIMPLIFY_M)))
        .where(
            Road.network_id == (None if drawn is None else drawn.id),
            Road.rank <= MAX_ROAD_RANK,
            Road.geometry.op("&&")(outline.scalar_subquery()),
        )
        .group_by(Road.rank)
        .order_by(Road.rank.desc())
    ).all()
    return tuple(
        (rank, _line(line))
        for rank, wkb in rows
        if wkb is not None
        for line in shapely.get_parts(shapely.from_wkb(bytes(wkb)))
        if not np.isclose(line.length, 0.0)
    )


def _alt(run: RunView, communes: list[ZoneFigures], gaps: list[Gap]) -> str:
    inhabited = [zone for zone in communes if zone.total]
    whole = sum(zone.covered == zone.total for zone in inhabited)
    none = sum(zone.covered == 0 for zone in inhabited)
    worst = sorted((zone for zone in inhabited if zone.uncovered), key=lambda z: (-z.uncovered, z.code))[:NAMED_IN_ALT]
    text = (
        f"Carte de {run.departement_nom} par commune : part des habitants à moins de {threshold_fr(run.threshold_s)} "
        f"{travel_fr(run.mode, run.season)} d'un lieu d'accueil. {whole} communes sur {len(inhabited)} sont entièrement couvertes, {none} ne le sont pas du tout. "
        f"{run.sites_counted} lieux d'accueil sont placés. Les habitants non couverts forment {len(gaps)} zones."
    )
    if worst:
        named = " ; ".join(f"{zone.nom} ({integer_fr(zone.uncovered)})" for zone in worst)
        text += f" Communes où ils sont les plus nombreux : {named}."
    return text + " Les mêmes données sont en tableau dans ce document."
