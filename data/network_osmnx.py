"""The second way in, and the way out: graphs of OSMnx (a file, an area by name), GraphML by networkx."""

from __future__ import annotations

import bz2
import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import networkx as nx
import numpy as np
import pyproj
import requests

from data.errors import BadInputError
from data.measure import Float, Int, french_epsg, project, road_lengths_m, seconds_to_ds
from data.network_report import NetworkReport, graph_facts, ways_facts
from data.store import atomic_write, sha256_file
from routing.graph import UNREACHED_DS, GraphMeta, RoadGraph, build_road_graph
from routing.profile import ROAD_CLASSES, Profile, WayRule

_EXPECTED = "un réseau enregistré par OSMnx (save_graphml), en .graphml ou .graphml.bz2"
#: OSMnx has already turned these into the direction of its arcs.
_DIRECTION_KEYS = frozenset({"oneway", "oneway:motorcar", "oneway:motor_vehicle"})
#: Seven decimals are a centimetre, the precision of OpenStreetMap.
_DECIMALS = 7


@dataclass(slots=True)
class _Road:
    """A road found in an OSMnx graph: its two arcs put together."""

    tail: int
    head: int
    rule: WayRule
    osm_id: int
    name: str | None
    shape: tuple[tuple[float, float], ...]
    forward_kmh: float | None
    backward_kmh: float | None = None


def graph_from_graphml(
    path: Path, profile: Profile, *, name: str, crs_epsg: int | None
) -> tuple[RoadGraph, NetworkReport]:
    """The graph of a file written by OSMnx, with the speeds of ``profile``; ``.bz2`` is read as well.

    ``crs_epsg`` None takes the projection of the French territory around. An arc goes the way OSMnx drew it; an arc and its mirror make one road. Where OSMnx merged unlike ways
    ("highway" or "maxspeed" is a list), the slowest of the combinations counts. In the report a "way" is an
    arc. OSMnx keeps neither turn restrictions nor waters, and drops the signals: none of them is in such a graph; nor
    are junctions of towns, whose delays and speeds need streets it may have left out. Raises BadInputError for a file
    that is absent, damaged, or not of OSMnx, and for another mode than the car: the arcs of OSMnx have the directions
    of the network it was asked for, which the file does not name.
    """
    if profile.mode != "car":
        raise BadInputError(
            f"Le réseau {path.name} ne peut servir qu'à la voiture.",
            received="un réseau OSMnx, où les sens de circulation sont ceux des voitures",
            expected="un extrait .osm.pbf pour les vélos et les piétons",
            action="importez un extrait OpenStreetMap, ou ce fichier pour la voiture seule (--modes car)",
        )
    source = _load(path)
    nodes = {node: index for index, node in enumerate(source.nodes)}
    try:
        lon, lat = _lon_lat(source)
        rules = [(arc, _slowest_rule(arc[2], profile)) for arc in source.edges(data=True)]
        roads = list(_paired(rules, nodes, np.column_stack((lon, lat))))
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(path, f"un attribut manque ou surprend : {error!r}") from error
    if not roads:
        raise _unreadable(path, f"{source.number_of_edges()} arcs, aucun ouvert aux voitures")
    meta = GraphMeta(
        name=name,
        mode=profile.mode,
        crs_epsg=crs_epsg or french_epsg(np.asarray(lon), np.asarray(lat), path.name),
        source_name=path.name,
        source_sha256=sha256_file(path),
        osm_date=_download_date(source),
        profile_version=profile.version,
    )
    graph = _build(meta, roads, list(source.nodes))
    return graph, NetworkReport(**ways_facts(rule for _, rule in rules), **graph_facts(graph))


def graph_from_place(
    query: str, profile: Profile, *, name: str, crs_epsg: int | None, keep_as: Path
) -> tuple[RoadGraph, NetworkReport]:
    """The roads of a named area ("Ajaccio, France"), asked of Nominatim and Overpass through OSMnx.

    Needs Internet. What was downloaded is kept as GraphML in ``keep_as``, so that the graph can be made again
    and its hash known. Raises BadInputError when the services cannot be reached or do not know the place.
    """
    import osmnx  # noqa: PLC0415  (two seconds, spared to all who read a file)

    try:
        downloaded = osmnx.graph_from_place(query, network_type="drive")
    except requests.RequestException as error:
        raise BadInputError(
            "Les services d'OpenStreetMap (Nominatim, Overpass) ne répondent pas.",
            received=f"la demande « {query} », sans réponse : {type(error).__name__}",
            expected="un accès à Internet",
            action="vérifiez la connexion, ou importez un extrait .osm.pbf déjà téléchargé",
        ) from error
    except (TypeError, ValueError) as error:  # OSMnx's own errors derive from ValueError
        raise BadInputError(
            f"Le lieu « {query} » n'a pas donné de réseau routier.",
            received=str(error),
            expected="le nom d'une commune ou d'un territoire connu d'OpenStreetMap",
            action="précisez le nom (« Ajaccio, Corse-du-Sud, France »)",
        ) from error
    osmnx.save_graphml(downloaded, keep_as)
    return graph_from_graphml(keep_as, profile, name=name, crs_epsg=crs_epsg)


def write_graphml(graph: RoadGraph, path: Path) -> None:
    """Write the graph as GraphML for ``networkx.read_graphml``; compressed when the name ends in ``.bz2``.

    Nodes are numbered as in ``graph``: ``x``, ``y`` (degrees), ``osmid``. One edge per open direction:
    ``time_s`` (exact to 0.1), ``length_m``, ``highway``, ``osmid`` (of the way), ``name`` and ``geometry``
    (WKT, degrees). Numbers are typed as such, which OSMnx's own reader, made for text, refuses. Turn restrictions are
    not in it: a graph of junctions and arcs cannot say them, and its attribute ``turn_restrictions`` says so.
    """
    meta = graph.meta
    out: nx.MultiDiGraph[int] = nx.MultiDiGraph(
        name=meta.name, profile_version=meta.profile_version, turn_restrictions="left out"
    )
    to_degrees = pyproj.Transformer.from_crs(meta.crs_epsg, 4326, always_xy=True)
    lon, lat = to_degrees.transform(graph.node_x_m, graph.node_y_m)
    # Turn states double junctions, and no road of the file ends on them.
    for node in np.flatnonzero(graph.node_junction == np.arange(graph.node_count)).tolist():
        osm_id = int(graph.node_osm_id[node])
        out.add_node(node, x=float(lon[node]), y=float(lat[node]), osmid=osm_id)
    shape_lon, shape_lat = to_degrees.transform(graph.shape_x_m, graph.shape_y_m)
    for road in range(graph.road_count):
        _add_edges(out, graph, road, shape_lon, shape_lat)
    with atomic_write(path) as stream:
        text = "\n".join(nx.generate_graphml(out, prettyprint=False, named_key_ids=True)).encode()
        stream.write(bz2.compress(text) if path.suffix == ".bz2" else text)


def _add_edges(out: nx.MultiDiGraph[int], graph: RoadGraph, road: int, lon: Float, lat: Float) -> None:
    points = slice(int(graph.shape_first[road]), int(graph.shape_first[road + 1]))
    pairs = [f"{x:.{_DECIMALS}f} {y:.{_DECIMALS}f}" for x, y in zip(lon[points], lat[points], strict=True)]
    tail, head = int(graph.road_tail[road]), int(graph.road_head[road])
    forward_ds, backward_ds = int(graph.road_forward_ds[road]), int(graph.road_backward_ds[road])
    name = int(graph.road_name[road])
    facts = {
        "osmid": int(graph.road_way_id[road]),
        "highway": ROAD_CLASSES[graph.road_class[road]].name,
        "length_m": float(graph.road_length_m[road]),
    } | ({"name": graph.names[name]} if name >= 0 else {})
    ways = ((tail, head, forward_ds, pairs), (head, tail, backward_ds, pairs[::-1]))
    for start, end, time_ds, shape in ways:
        if time_ds < UNREACHED_DS:
            geometry = f"LINESTRING ({', '.join(shape)})"
            out.add_edge(start, end, time_s=time_ds / 10, geometry=geometry, **facts)


def _load(path: Path) -> nx.MultiDiGraph[int]:
    import osmnx  # noqa: PLC0415

    if not path.is_file():
        raise _unreadable(path, "aucun fichier à cet endroit")
    try:
        if path.suffix != ".bz2":
            return osmnx.load_graphml(path)
        with tempfile.NamedTemporaryFile(suffix=".graphml") as plain:
            plain.write(bz2.decompress(path.read_bytes()))
            plain.flush()
            return osmnx.load_graphml(plain.name)
    except (OSError, EOFError, ParseError, nx.NetworkXException, KeyError, TypeError, ValueError) as error:
        raise _unreadable(path, f"lecture arrêtée : {error}") from error


def _unreadable(path: Path, received: str) -> BadInputError:
    return BadInputError(
        f"Le fichier {path.name} n'est pas un réseau OSMnx lisible.",
        received=received,
        expected=_EXPECTED,
        action="enregistrez à nouveau le réseau avec OSMnx, ou importez un extrait .osm.pbf",
    )


def _lon_lat(source: nx.MultiDiGraph[int]) -> tuple[Float, Float]:
    """Degrees of all nodes, in their order. ValueError for a graph in metres: so are its shapes then."""
    if not pyproj.CRS.from_user_input(source.graph["crs"]).is_geographic:
        raise ValueError(f"le réseau est projeté ({source.graph['crs']}), il le faut en degrés")
    lon, lat = (np.array([node[axis] for _, node in source.nodes(data=True)], np.float64) for axis in "xy")
    return lon, lat


def _slowest_rule(arc: dict[str, Any], profile: Profile) -> WayRule | None:
    """The rule of an arc; of the combinations a merged arc stands for, the slowest that is open."""
    read = {key: value for key, value in arc.items() if key in profile.way_keys - _DIRECTION_KEYS}
    choices = [[str(one) for one in (value if isinstance(value, list) else [value])] for value in read.values()]
    variants = (dict(zip(read, combination, strict=True)) for combination in itertools.product(*choices))
    rules = [rule for rule in map(profile.interpret_way, variants) if rule is not None]
    is_open = [rule for rule in rules if rule.forward_kmh is not None]
    return min(is_open or rules, key=lambda rule: rule.forward_kmh or 0.0, default=None)


def _paired(
    arcs: list[tuple[tuple[Any, Any, dict[str, Any]], WayRule | None]], nodes: dict[Any, int], lon_lat: Float
) -> Iterator[_Road]:
    """Open arcs as roads: an arc whose mirror was met before becomes the other direction of that road."""
    waiting: dict[tuple[Any, ...], list[_Road]] = {}
    for (start, end, arc), rule in arcs:
        if rule is None or rule.forward_kmh is None:
            continue
        tail, head = nodes[start], nodes[end]
        shape = _shape(arc, lon_lat[tail], lon_lat[head])
        mirrors = waiting.get((head, tail, shape[::-1]))
        if mirrors:
            mirrors.pop().backward_kmh = rule.forward_kmh
            continue
        name = _first(arc.get("name")) or _first(arc.get("ref"))
        road = _Road(tail, head, rule, int(_first(arc["osmid"])), name, shape, rule.forward_kmh)
        waiting.setdefault((tail, head, shape), []).append(road)
        yield road


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _shape(arc: dict[str, Any], start: Float, end: Float) -> tuple[tuple[float, float], ...]:
    line = arc.get("geometry")
    inner = [] if line is None else list(line.coords)[1:-1]
    points = [tuple(start), *inner, tuple(end)]
    return tuple((round(float(x), _DECIMALS), round(float(y), _DECIMALS)) for x, y in points)


def _build(meta: GraphMeta, roads: list[_Road], node_ids: list[Any]) -> RoadGraph:
    tail, head = (np.array([getattr(road, end) for road in roads], np.int64) for end in ("tail", "head"))
    shape_first: Int = np.concatenate(([0], np.cumsum([len(road.shape) for road in roads])))
    lon, lat = np.array([point for road in roads for point in road.shape]).T
    x_m, y_m = project(lon, lat, meta.crs_epsg)
    length_m = road_lengths_m(lon, lat, shape_first)
    kmh = np.array([(road.forward_kmh, road.backward_kmh) for road in roads], np.float64)
    drive_s = length_m[:, np.newaxis] * 3.6 / kmh
    names = list(dict.fromkeys(road.name for road in roads if road.name))
    name_index = {name: index for index, name in enumerate(names)}
    # Only nodes that an open road touches; each takes its position from the shape of one of its roads.
    used, at = np.unique(np.concatenate((tail, head)), return_index=True)
    point = np.concatenate((shape_first[:-1], shape_first[1:] - 1))[at]
    return build_road_graph(
        meta=meta,
        node_x_m=x_m[point],
        node_y_m=y_m[point],
        node_osm_id=np.array([int(node_ids[node]) for node in used], np.int64),
        road_tail=np.searchsorted(used, tail),
        road_head=np.searchsorted(used, head),
        road_length_m=length_m,
        road_forward_ds=seconds_to_ds(drive_s[:, 0]),
        road_backward_ds=seconds_to_ds(drive_s[:, 1]),
        road_class=np.array([road.rule.class_index for road in roads], np.uint8),
        road_attachable=np.array([road.rule.is_attachable for road in roads]),
        road_way_id=np.array([road.osm_id for road in roads], np.int64),
        road_name=np.array([name_index.get(road.name or "", -1) for road in roads], np.int32),
        names=names,
        shape_first=shape_first,
        shape_x_m=x_m,
        shape_y_m=y_m,
    )


def _download_date(source: nx.MultiDiGraph[int]) -> str | None:
    """Day of the download when OSMnx wrote it down: the data cannot be younger."""
    created = source.graph.get("created_date")
    return str(created)[:10] if created else None
