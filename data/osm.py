"""OpenStreetMap files to tables: decoding only, nothing is judged here (``routing.profile`` does that).

The compiled reader does the heavy part in one pass: it keeps the position of every node in a temporary file
(16 bytes a node) and writes the objects that matter for roads as text, because reading that text back is
several times quicker than meeting each object, node by node, from Python.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium
from numpy.typing import NDArray

from data.contract import Progress
from data.errors import BadInputError
from data.osm_text import RESTRICTION_KEYS, ROAD_KEYS, WATER_KEYS, Objects, Restriction, Tags, read_objects
from data.store import StoreError, sha256_file

__all__ = ["OSM_SUFFIXES", "OsmTables", "Restriction", "Tags", "read_osm"]

OSM_SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
_LOCATION = np.dtype([("id", "<u8"), ("lon_e7", "<i4"), ("lat_e7", "<i4")])
_EXPECTED = "un extrait OpenStreetMap lisible (.osm.pbf, .osm, .osm.gz ou .osm.bz2) contenant des routes"
_EPOCH = "1970-01-01"  # what some tools write when they have dropped the dates
#: The compiled filter of ids takes 4 MB for each 33 million ids, up to 170 MB: from this size on, its speed is worth it.
_LARGE_FILE_BYTES = 10 << 20
_CHUNK_NODES = 1 << 18  # looked up together: 4 MB of the file of positions
_TEMPORARY_BYTES = (6, 64 << 20)  # at most, times the file's size, plus: a PBF spends 3 bytes a node or more


@dataclass(frozen=True, slots=True, eq=False)
class OsmTables:
    """The roads of a file: n nodes that ways use, w ways, r references from ways to nodes.

    ``way_node[way_first[i]:way_first[i + 1]]`` are the nodes of way i, as indices; -1 for one the file lacks.
    """

    source_name: str
    sha256: str
    osm_date: str | None  # ISO date of the file's header, else of the newest road; None when nothing says
    node_id: NDArray[np.int64]  # [n], ascending
    node_lon: NDArray[np.float64]  # [n]
    node_lat: NDArray[np.float64]  # [n]
    node_tags: dict[int, Tags]  # by index of node: barriers, signals and other points of the road
    way_id: NDArray[np.int64]  # [w]
    way_tags: list[Tags]  # [w]
    way_first: NDArray[np.int64]  # [w + 1]
    way_node: NDArray[np.int32]  # [r]
    restrictions: tuple[Restriction, ...]
    # Lines nobody walks across (rivers, canals, shores, the sea): v lines, u points.
    water_first: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))  # [v + 1]
    water_lon: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))  # [u]
    water_lat: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))  # [u]

    @property
    def absent_refs(self) -> int:
        """References to nodes the file lacks (ways cut by its border), or places outside the globe."""
        return int(np.count_nonzero(self.way_node < 0))


@dataclass(frozen=True, slots=True, eq=False)
class _Positions:
    """Nodes of the file: id int64[n], lon and lat int32[n], in ten-millionths of a degree as the file has them."""

    id: NDArray[np.int64]
    lon_e7: NDArray[np.int32]
    lat_e7: NDArray[np.int32]

    def among(self, wanted: NDArray[np.int64]) -> _Positions:
        """Those whose id is ``wanted`` (ascending), in their own order."""
        keep = _index_in(wanted, self.id) >= 0
        return _Positions(self.id[keep], self.lon_e7[keep], self.lat_e7[keep])


def read_osm(path: Path, progress: Progress | None = None) -> OsmTables:
    """Every way with ``highway=*`` or a ferry, their nodes, the turn restrictions, and the waters that stop walkers.

    ``progress`` counts bytes of the decoded roads; it starts with an unknown total. Raises BadInputError when
    the file is absent, empty, cut short, of another format, or holds no road.
    """
    _check_file(path)
    if progress is not None:
        progress(0, None)
    _require_temporary_space(path)
    with tempfile.TemporaryDirectory(prefix="accueil30-osm-") as folder:
        locations, roads = Path(folder) / "locations", Path(folder) / "roads.opl"
        header_date = _decode(path, locations, roads)
        objects = read_objects(roads, progress)
        if not any("highway" in tags for tags in objects.way_tags):
            raise BadInputError(
                f"Le fichier {path.name} ne contient aucune route.",
                received=f"{sum(len(part.id) for part in _stored(locations))} nœuds, aucune voie « highway »",
                expected=_EXPECTED,
                action="vérifiez que l'extrait n'a pas été filtré et qu'il couvre le département",
            )
        _add_shores(path, objects)
        return _tables(path, header_date, objects, locations)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise BadInputError(
            f"Le fichier de routes {path} est introuvable.",
            received="un dossier" if path.is_dir() else "aucun fichier à cet endroit",
            expected=_EXPECTED,
            action="vérifiez le chemin du fichier",
        )
    if not path.name.lower().endswith(OSM_SUFFIXES):
        raise BadInputError(
            f"Le fichier {path.name} n'est pas un extrait OpenStreetMap reconnu.",
            received=f"un fichier « {path.suffix or 'sans suffixe'} »",
            expected=_EXPECTED,
            action="téléchargez l'extrait au format .osm.pbf, ou renommez-le s'il l'est déjà",
        )
    if path.stat().st_size == 0:
        raise BadInputError(
            f"Le fichier {path.name} est vide.",
            received="0 octet",
            expected=_EXPECTED,
            action="téléchargez le fichier à nouveau",
        )


def _require_temporary_space(path: Path) -> None:
    """Ask before: the index is a mapped file, and a mapped file on a full disk kills the process outright."""
    folder = tempfile.gettempdir()
    needed_mb = (_TEMPORARY_BYTES[0] * path.stat().st_size + _TEMPORARY_BYTES[1]) >> 20
    free_mb = shutil.disk_usage(folder).free >> 20
    if free_mb < needed_mb:
        raise StoreError(
            f"Place insuffisante dans le dossier temporaire {folder} : lire {path.name} demande "
            f"{needed_mb} Mo, {free_mb} Mo sont libres. Libérer de la place ou choisir un autre dossier avec "
            "TMPDIR."
        )


def _decode(path: Path, locations: Path, roads: Path) -> str | None:
    """One pass of the compiled reader, which writes the two files ``locations`` (see ``_stored``) and ``roads``
    (OPL); the date of the header."""
    try:
        return _run_reader(path, locations, roads)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:  # the last two: a number that is none
        raise BadInputError(
            f"Le fichier {path.name} est illisible ou incomplet.",
            received=f"{path.stat().st_size} octets, lecture arrêtée : {error}",
            expected=_EXPECTED,
            action="téléchargez le fichier à nouveau et comparez sa taille à celle annoncée par la source",
        ) from error


def _run_reader(path: Path, locations_path: Path, roads_path: Path) -> str | None:
    index = osmium.index.create_map(f"sparse_file_array,{locations_path}")
    locations = osmium.NodeLocationsForWays(index)
    locations.apply_nodes_to_ways = False
    writer = osmium.WriteHandler(str(roads_path))
    reader = osmium.io.Reader(str(path))
    try:
        stamp = reader.header().get("osmosis_replication_timestamp") or reader.header().get("timestamp")
        osmium.apply(
            reader,
            locations,
            _with_key(osmium.osm.NODE, "barrier", "highway"),
            _with_key(osmium.osm.WAY, *ROAD_KEYS, *WATER_KEYS),
            _with_key(osmium.osm.RELATION, *RESTRICTION_KEYS, *WATER_KEYS, "type"),  # some say their type and no turn
            writer,
        )
    finally:
        writer.close()
        reader.close()
    return stamp[:10] or None


def _with_key(kind: osmium.osm.osm_entity_bits, *keys: str) -> osmium.filter.KeyFilter:
    """Of the objects of this kind, those that carry one of the keys; all objects of other kinds."""
    key_filter = osmium.filter.KeyFilter(*keys)
    key_filter.enable_for(kind)
    return key_filter


def _add_shores(path: Path, objects: Objects) -> None:
    """Borders of the lakes and wide rivers drawn as relations: their ways mostly carry no tag, so that the first pass
    left them. A second one reads the ways alone, and only where there is such a relation."""
    missing = objects.water_members - objects.water_id
    if not missing:
        return
    ways = osmium.FileProcessor(str(path), osmium.osm.WAY)
    if path.stat().st_size > _LARGE_FILE_BYTES:
        ways = ways.with_filter(osmium.filter.IdFilter(missing))
    for way in ways:
        if way.id in missing and isinstance(way, osmium.osm.Way) and not way.deleted:
            objects.add_water(way.id, ",".join([f"n{node.ref}" for node in way.nodes]))


def _tables(path: Path, header_date: str | None, objects: Objects, locations: Path) -> OsmTables:
    refs, way_first = objects.way_refs.arrays()
    water_refs, water_first = objects.water_refs.arrays()
    wanted = _distinct(np.concatenate((refs, water_refs)))
    positions = _positions(path, locations, wanted)
    del wanted
    used = positions.among(_distinct(refs)) if len(water_refs) else positions
    newest = objects.newest[1:11]
    water_first, water_at = _water_lines(_index_in(positions.id, water_refs), water_first)
    return OsmTables(
        source_name=path.name,
        sha256=sha256_file(path),
        osm_date=header_date or (newest if newest > _EPOCH else None),
        node_id=used.id,
        node_lon=used.lon_e7 / 1e7,
        node_lat=used.lat_e7 / 1e7,
        node_tags=_tags_of_used(used.id, objects.node_tags),
        way_id=np.array(objects.way_id, np.int64),
        way_tags=objects.way_tags,
        way_first=way_first,
        way_node=_index_in(used.id, refs),
        restrictions=tuple(objects.restrictions),
        water_first=water_first,
        water_lon=positions.lon_e7[water_at] / 1e7,
        water_lat=positions.lat_e7[water_at] / 1e7,
    )


def _water_lines(at: NDArray[np.int32], first: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Lines of water, cut where the file lacks a node (-1 in ``at``): where each starts, and their points."""
    line = np.repeat(np.arange(len(first) - 1), np.diff(first))
    # A line goes on from one point to the next of the same way, when both are there.
    goes_on = (line[1:] == line[:-1]) & (at[1:] >= 0) & (at[:-1] >= 0)
    run = np.concatenate(([0], np.cumsum(~goes_on))) if len(at) else np.empty(0, np.int64)
    counts = np.bincount(run)
    keep = counts[run] >= 2  # also leaves out the absent, alone in their run
    return np.concatenate(([0], np.cumsum(counts[counts >= 2]))), at[keep]


def _tags_of_used(used: NDArray[np.int64], tags_by_id: dict[int, Tags]) -> dict[int, Tags]:
    indices = _index_in(used, np.fromiter(tags_by_id, np.int64, len(tags_by_id)))
    pairs = zip(indices.tolist(), tags_by_id.values(), strict=True)
    return {index: tags for index, tags in pairs if index >= 0}


def _positions(path: Path, locations: Path, wanted: NDArray[np.int64]) -> _Positions:
    """Of the nodes ``wanted`` (ascending), those that the file has."""
    parts = [part.among(wanted) for part in _stored(locations)]
    if len(wanted) and wanted[0] < 0:
        parts.append(_new_nodes(path).among(wanted))
    return _sorted(_Positions(*(np.concatenate(columns) for columns in zip(*map(_columns, parts), strict=True))))


def _stored(locations: Path) -> Iterator[_Positions]:
    """All nodes of the file, as they came, some thousands at a time; at least one part, which may be empty."""
    with locations.open("rb") as file:
        is_more = True
        while is_more:
            stored = np.fromfile(file, dtype=_LOCATION, count=_CHUNK_NODES)
            is_more = len(stored) == _CHUNK_NODES
            # Undefined positions (also the unused end of the file) are far outside the globe, like mistyped ones.
            on_globe = (np.abs(stored["lon_e7"]) <= 1_800_000_000) & (np.abs(stored["lat_e7"]) <= 900_000_000)
            stored = stored[on_globe]
            yield _Positions(stored["id"].astype(np.int64), stored["lon_e7"], stored["lat_e7"])


def _columns(positions: _Positions) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    return positions.id, positions.lon_e7, positions.lat_e7


def _sorted(positions: _Positions) -> _Positions:
    """By id; of several versions of a node, the last one of the file."""
    ids = positions.id
    if np.all(ids[1:] > ids[:-1]):
        return positions
    ids, last = np.unique(ids[::-1], return_index=True)
    return _Positions(ids, positions.lon_e7[::-1][last], positions.lat_e7[::-1][last])


def _distinct(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sorted, each once. By sorting: np.unique goes by hashing, four times slower on ids that are nearly in order."""
    ids = np.sort(ids)
    is_new = np.ones(len(ids), np.bool_)
    is_new[1:] = ids[1:] != ids[:-1]
    return ids[is_new]


def _index_in(sorted_ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int32]:
    """Place of each wanted id, -1 when it is not there."""
    found = np.full(len(wanted), -1, np.int32)
    if len(sorted_ids) == 0:
        return found
    for start in range(0, len(wanted), _CHUNK_NODES):  # so that what is only passing stays small
        part = wanted[start : start + _CHUNK_NODES]
        at = np.minimum(np.searchsorted(sorted_ids, part), len(sorted_ids) - 1)
        found[start : start + _CHUNK_NODES] = np.where(sorted_ids[at] == part, at, -1)
    return found


def _new_nodes(path: Path) -> _Positions:
    """The nodes drawn in an editor and not yet uploaded: the index cannot hold their negative ids."""
    new = [
        (node.id, node.location.x, node.location.y)
        for node in osmium.FileProcessor(str(path), osmium.osm.NODE)
        if isinstance(node, osmium.osm.Node) and node.id < 0 and node.location.valid()
    ]
    ids, lon_e7, lat_e7 = np.array(new, np.int64).reshape(-1, 3).T
    return _Positions(ids, lon_e7.astype(np.int32), lat_e7.astype(np.int32))
