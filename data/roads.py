"""One file of roads -> one road graph, whatever the file's format, with the report every import gives."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Final

from data.contract import Progress, ReadReport
from data.measure import french_epsg
from data.network import NetworkReport, graph_from_osm
from data.osm import OsmTables, read_osm
from routing.graph import RoadGraph
from routing.profile import car_profile

_GRAPHML_SUFFIXES: Final = (".graphml", ".graphml.bz2")


def read_roads(
    path: Path, *, name: str, crs_epsg: int | None = None, progress: Progress | None = None
) -> tuple[RoadGraph, ReadReport]:
    """The car graph of an OSM extract or of an OSMnx GraphML file, and what was read, left out, not understood.

    ``crs_epsg`` is a projection in metres; None takes that of the French territory the roads are in.
    Raises BadInputError when the file cannot be used, or when no projection is given for roads outside France.
    """
    if path.name.endswith(_GRAPHML_SUFFIXES):
        from data.network_osmnx import graph_from_graphml  # noqa: PLC0415  (loads networkx, for these files alone)

        graph, facts = graph_from_graphml(path, car_profile(), name=name, crs_epsg=crs_epsg)
    else:
        tables = read_osm(path, progress)
        graph, facts = graph_from_osm(tables, car_profile(), name=name, crs_epsg=crs_epsg or _epsg_of(tables))
    return graph, _report(path, graph, facts)


def read_place(query: str, *, name: str, crs_epsg: int | None = None, keep_as: Path) -> tuple[RoadGraph, ReadReport]:
    """The car graph of a named area, downloaded by OSMnx and kept as GraphML in ``keep_as``; needs Internet."""
    from data.network_osmnx import graph_from_place  # noqa: PLC0415

    graph, facts = graph_from_place(query, car_profile(), name=name, crs_epsg=crs_epsg, keep_as=keep_as)
    return graph, _report(keep_as, graph, facts)


def _epsg_of(tables: OsmTables) -> int:
    return french_epsg(tables.node_lon, tables.node_lat, tables.source_name)


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
