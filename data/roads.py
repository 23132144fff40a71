"""One file of roads -> its road graphs, whatever the file's format, with the report every import gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.contract import Finding, Progress, ReadReport
from data.errors import BadInputError
from data.measure import french_epsg
from data.network import Ground, graph_from_osm, survey
from data.network_report import NetworkReport
from data.osm import OsmTables, read_osm
from data.road_edits import RoadEdits, apply_road_edits
from routing.graph import RoadGraph
from routing.profile import Profile, load_profile

#: A territory's own table of speeds: one for all modes, or one for each of those it names.
Overrides = Path | Mapping[str, Path] | None

_GRAPHML_SUFFIXES: Final = (".graphml", ".graphml.bz2")
_EXAMPLES_SHOWN = 3


def read_roads(
    path: Path,
    *,
    name: str,
    crs_epsg: int | None = None,
    mode: str = "car",
    season: str = "summer",
    edits: RoadEdits | None = None,
    overrides: Overrides = None,
    progress: Progress | None = None,
) -> tuple[RoadGraph, ReadReport]:
    """The graph of one mode and season of an OSM extract (or, for cars, of an OSMnx GraphML file), and what was read,
    left out, not understood.

    ``crs_epsg`` is a projection in metres; None takes that of the French territory the roads are in. ``edits`` are
    the planner's declared roads, put in before anything is judged. Raises BadInputError when the file cannot be used,
    when no projection is given for roads outside France, ValueError for an unknown mode.
    """
    file = _File.read(path, crs_epsg, [mode], edits, progress)
    return file.graph(name, load_profile(mode, _override(overrides, mode)), season)


def read_networks(
    path: Path,
    *,
    name: str,
    crs_epsg: int | None = None,
    modes: Sequence[str] = ("car",),
    edits: RoadEdits | None = None,
    overrides: Overrides = None,
    progress: Progress | None = None,
) -> Iterator[tuple[RoadGraph, ReadReport]]:
    """The graph of each mode, as ``read_roads`` gives it, the file decoded once.

    A mode's winter graph follows its summer one only where a road closes in winter: elsewhere they are the same.
    ``graph.meta`` says the mode and the season. Profiles are loaded before the file is: a wrong table fails at once.
    """
    profiles = [load_profile(mode, _override(overrides, mode)) for mode in modes]
    file = _File.read(path, crs_epsg, modes, edits, progress)
    for profile in profiles:
        graph, report = file.graph(name, profile, "summer")
        yield graph, report
        if report.facts["ways_closed_in_winter"] or report.facts["nodes_closed_in_winter"]:
            yield file.graph(name, profile, "winter")


def read_place(query: str, *, name: str, crs_epsg: int | None = None, keep_as: Path) -> tuple[RoadGraph, ReadReport]:
    """The car graph of a named area, downloaded by OSMnx and kept as GraphML in ``keep_as``; needs Internet."""
    from data.network_osmnx import graph_from_place  # noqa: PLC0415

    graph, facts = graph_from_place(query, load_profile("car"), name=name, crs_epsg=crs_epsg, keep_as=keep_as)
    return graph, _report(keep_as, graph, facts, [])


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """A file of roads, decoded if it is an extract. The tables of an OSMnx file are read by its own module."""

    path: Path
    crs_epsg: int | None
    decoded: tuple[OsmTables, Ground] | None
    findings: list[Finding]

    @classmethod
    def read(
        cls,
        path: Path,
        crs_epsg: int | None,
        modes: Sequence[str],
        edits: RoadEdits | None,
        progress: Progress | None,
    ) -> _File:
        if path.name.endswith(_GRAPHML_SUFFIXES):
            _check_graphml(path, modes, edits)
            return cls(path, crs_epsg, None, [])
        tables = read_osm(path, progress)
        findings: list[Finding] = []
        if edits is not None:
            tables, findings = apply_road_edits(tables, edits)
        epsg = crs_epsg or french_epsg(tables.node_lon, tables.node_lat, tables.source_name)
        return cls(path, epsg, (tables, survey(tables, epsg)), findings)

    def graph(self, name: str, profile: Profile, season: str) -> tuple[RoadGraph, ReadReport]:
        if self.decoded is None:
            from data.network_osmnx import graph_from_graphml  # noqa: PLC0415  (loads networkx, for these files alone)

            graph, facts = graph_from_graphml(self.path, profile, name=name, crs_epsg=self.crs_epsg)
        else:
            tables, ground = self.decoded
            graph, facts = graph_from_osm(
                tables, profile, name=name, crs_epsg=ground.crs_epsg, season=season, ground=ground
            )
        return graph, _report(self.path, graph, facts, self.findings)


def _check_graphml(path: Path, modes: Sequence[str], edits: RoadEdits | None) -> None:
    if edits is not None:
        raise BadInputError(
            f"Les routes déclarées ne peuvent pas être ajoutées au réseau {path.name}.",
            received="un réseau OSMnx, où les voies d'OpenStreetMap sont déjà fondues en arcs",
            expected="un extrait .osm.pbf",
            action="importez l'extrait OpenStreetMap du territoire avec les routes déclarées",
        )
    others = [mode for mode in modes if mode != "car"]
    if others:
        raise BadInputError(
            f"Le réseau {path.name} ne peut servir qu'à la voiture.",
            received=f"un réseau OSMnx, demandé pour : {', '.join(others)}",
            expected="un extrait .osm.pbf pour les vélos et les piétons",
            action="importez un extrait OpenStreetMap, ou ce fichier pour la voiture seule (--modes car)",
        )


def _override(overrides: Overrides, mode: str) -> Path | None:
    return overrides.get(mode) if isinstance(overrides, Mapping) else overrides


def _report(path: Path, graph: RoadGraph, facts: NetworkReport, findings: list[Finding]) -> ReadReport:
    used = facts.ways_kept - facts.ways_without_road
    report = ReadReport(
        path=str(path),
        sha256=graph.meta.source_sha256,
        kind="roads",
        rows_read=facts.ways_read,
        rows_kept=used,
        rows_rejected=facts.ways_read - used,
        facts={"mode": graph.meta.mode, "season": graph.meta.season, **facts.facts()},
        findings=list(findings),
    )
    for value, count in sorted(facts.unknown_values.items(), key=lambda item: (-item[1], item[0])):
        what = (
            "barrière inconnue : elle ferme la voie"
            if value.startswith("barrier=")
            else "valeur non comprise : elle est laissée de côté"
        )
        report.warning(
            f"{count} voie(s) ou point(s) avec {value}, {what}.",
            "Corrigez la valeur dans OpenStreetMap si elle est fautive.",
            field=value.split("=")[0],
            value=value.split("=", 1)[-1],
        )
    _say_conditions(report, facts.conditions)
    for message in facts.warnings:
        report.warning(message, "Vérifier si ce territoire en dépend.")
    return report


def _say_conditions(report: ReadReport, conditions: Mapping[str, int]) -> None:
    """One warning a tag: hours and weights come in hundreds of spellings."""
    by_key: dict[str, dict[str, int]] = {}
    for condition, count in conditions.items():
        key, value = condition.split("=", 1)
        by_key.setdefault(key, {})[value] = count
    for key, counts in sorted(by_key.items()):
        often = sorted(counts, key=lambda value: (-counts[value], value))[:_EXAMPLES_SHOWN]
        report.warning(
            f"{sum(counts.values())} voie(s) avec {key}, condition lue et non appliquée "
            f"({' ; '.join(often)}{'…' if len(counts) > _EXAMPLES_SHOWN else ''}).",
            "Vérifier si ce territoire en dépend ; une route déclarée peut fermer ou ouvrir la voie.",
            field=key,
            value=often[0],
        )
