"""One file of roads -> one road graph, whatever the file's format, with the report every import gives."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np

from data.contract import Progress, ReadReport
from data.errors import BadInputError
from data.network import NetworkReport, graph_from_osm
from data.network_osmnx import graph_from_graphml
from data.osm import OsmTables, read_osm
from data.territory import METROPOLE_EXTENT, TERRITORIES, contains
from routing.graph import RoadGraph
from routing.profile import car_profile

METROPOLE_EPSG: Final = 2154
_GRAPHML_SUFFIXES: Final = (".graphml", ".graphml.bz2")


def read_roads(
    path: Path, *, name: str, crs_epsg: int | None = None, progress: Progress | None = None
) -> tuple[RoadGraph, ReadReport]:
    """The car graph of an OSM extract or of an OSMnx GraphML file, and what was read, left out and not understood.

    ``crs_epsg`` is a projection in metres; None takes that of the French territory the roads are in.
    Raises BadInputError when the file cannot be used, or when no projection is given for roads outside France.
    """
    if path.name.endswith(_GRAPHML_SUFFIXES):
        graph, facts = graph_from_graphml(path, car_profile(), name=name, crs_epsg=crs_epsg or METROPOLE_EPSG)
    else:
        tables = read_osm(path, progress)
        graph, facts = graph_from_osm(tables, car_profile(), name=name, crs_epsg=crs_epsg or _epsg_of(tables))
    return graph, _report(path, graph, facts)


def epsg_at(lon: float, lat: float) -> int | None:
    """The legal projection of the French territory around a point; None outside France."""
    overseas = (t for t in TERRITORIES.values() if t.crs_epsg != METROPOLE_EPSG)
    found = next((t.crs_epsg for t in overseas if contains(t.extent, lon, lat, margin_deg=0.5)), None)
    return found or (METROPOLE_EPSG if contains(METROPOLE_EXTENT, lon, lat) else None)


def _epsg_of(tables: OsmTables) -> int:
    lon, lat = float(np.median(tables.node_lon)), float(np.median(tables.node_lat))
    found = epsg_at(lon, lat)
    if found is None:
        raise BadInputError(
            f"Les routes de {tables.source_name} sont hors de France.",
            received=f"des routes autour de lon={lon:.3f}, lat={lat:.3f}",
            expected="un extrait de la métropole ou d'un territoire d'outre-mer",
            action="vérifiez l'extrait, ou donnez une projection en mètres avec --epsg",
        )
    return found


def _report(path: Path, graph: RoadGraph, facts: NetworkReport) -> ReadReport:
    report = ReadReport(
        path=str(path),
        sha256=graph.meta.source_sha256,
        kind="roads",
        rows_read=facts.ways_read,
        rows_kept=facts.ways_kept,
        rows_rejected=facts.ways_read - facts.ways_kept,
    )
    report.facts = {key: value for key, value in asdict(facts).items() if not isinstance(value, dict)}
    report.facts |= {f"fermées ({why})": count for why, count in facts.ways_closed.items()}
    for value, count in sorted(facts.unknown_values.items(), key=lambda item: (-item[1], item[0])):
        report.warning(
            f"{count} voie(s) avec {value}, valeur non comprise : la vitesse de la classe de route est employée.",
            "Corrigez la valeur dans OpenStreetMap si elle est fautive.",
            field=value.split("=")[0],
            value=value.split("=", 1)[-1],
        )
    for message in facts.warnings:
        report.warning(message, "Vérifier si ce territoire en dépend.")
    return report
