"""OpenStreetMap files to tables: decoding only, nothing is judged here (``routing.profile`` does that).

The compiled reader does the heavy part in one pass: it keeps the position of every node in a temporary file
(16 bytes a node) and writes the objects that matter for roads as text, because reading that text back is
several times quicker than meeting each object, node by node, from Python.
"""

from __future__ import annotations

import re
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
from data.store import StoreError, sha256_file

OSM_SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
_RESTRICTION_KEYS = (
    "restriction",
    "restriction:motorcar",
    "restriction:motor_vehicle",
    "restriction:conditional",
)
_LOCATION = np.dtype([("id", "<u8"), ("lon_e7", "<i4"), ("lat_e7", "<i4")])
_EXPECTED = "un extrait OpenStreetMap lisible (.osm.pbf, .osm, .osm.gz ou .osm.bz2) contenant des routes"
_ESCAPED = re.compile("%([0-9a-f]+)%")
_EPOCH = "1970-01-01"  # what some tools write when they have dropped the dates
_TEMPORARY_BYTES = (6, 64 << 20)  # at most, times the file's size, plus: a PBF spends 3 bytes a node or more
_REPORT_EVERY = 20_000  # lines between two calls of progress

Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Restriction:
    """A turn restriction as it stands in the file. Members: (kind "n" | "w" | "r", id, role)."""

    relation_id: int
    tags: Tags
    members: tuple[tuple[str, int, str], ...]


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

    @property
    def absent_refs(self) -> int:
        """References to nodes that the file does not hold (ways cut by the border of the extract)."""
        return int(np.count_nonzero(self.way_node < 0))


@dataclass(frozen=True, slots=True, eq=False)
class _Positions:
    """All nodes of the file: id int64[n], lon and lat float64[n]."""

    id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


@dataclass(slots=True)
class _Objects:
    """What the lines of text say, before nodes are looked up."""

    node_tags: dict[int, Tags] = field(default_factory=dict)
    way_id: list[int] = field(default_factory=list)
    way_tags: list[Tags] = field(default_factory=list)
    way_refs: list[str] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    newest: str = ""


def read_osm(path: Path, progress: Progress | None = None) -> OsmTables:
    """Every way with ``highway=*`` or a ferry, their nodes, and the turn restrictions.

    ``progress`` counts bytes of the decoded roads; it starts with an unknown total. Raises BadInputError when
    the file is absent, empty, cut short, of another format, or holds no road.
    """
    _check_file(path)
    if progress is not None:
        progress(0, None)
    _require_temporary_space(path)
    with tempfile.TemporaryDirectory(prefix="accueil30-osm-") as folder:
        header_date, positions = _decode(path, Path(folder))
        objects = _read_objects(Path(folder) / "roads.opl", progress)
    if not any("highway" in tags for tags in objects.way_tags):
        raise BadInputError(
            f"Le fichier {path.name} ne contient aucune route.",
            received=f"{len(positions.id)} nœuds, aucune voie « highway »",
            expected=_EXPECTED,
            action="vérifiez que l'extrait n'a pas été filtré et qu'il couvre le département",
        )
    return _tables(path, header_date, objects, positions)


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


def _decode(path: Path, folder: Path) -> tuple[str | None, _Positions]:
    """One pass of the compiled reader: ``roads.opl`` in ``folder``; date of the header; ids and positions."""
    locations_path = folder / "locations"
    try:
        header_date = _run_reader(path, locations_path, folder / "roads.opl")
    except RuntimeError as error:
        raise BadInputError(
            f"Le fichier {path.name} est illisible ou incomplet.",
            received=f"{path.stat().st_size} octets, lecture arrêtée : {error}",
            expected=_EXPECTED,
            action="téléchargez le fichier à nouveau et comparez sa taille à celle annoncée par la source",
        ) from error
    stored = np.fromfile(locations_path, dtype=_LOCATION)
    # Undefined positions (also the unused end of the file) are far outside the globe, like mistyped ones.
    stored = stored[(np.abs(stored["lon_e7"]) <= 1_800_000_000) & (np.abs(stored["lat_e7"]) <= 900_000_000)]
    ids = stored["id"].astype(np.int64)
    return header_date, _Positions(ids, stored["lon_e7"] / 1e7, stored["lat_e7"] / 1e7)


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
            _with_key(osmium.osm.WAY, "highway", "route"),
            _with_key(osmium.osm.RELATION, *_RESTRICTION_KEYS),
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


def _read_objects(path: Path, progress: Progress | None) -> _Objects:
    """Sort the lines by their first letter. Fields of a line never hold a space: OPL escapes it."""
    objects = _Objects()
    for line in _lines(path, progress):
        fields = line.split(" ")
        object_id = int(fields[0][1:])
        tags = _tags(fields[7][1:])
        if fields[2] == "dD":  # a deletion, in a file that keeps history
            continue
        if line[0] == "n":
            objects.node_tags[object_id] = tags
        elif line[0] == "w" and ("highway" in tags or tags["route"] in ("ferry", "shuttle_train")):
            objects.way_id.append(object_id)
            objects.way_tags.append(tags)
            objects.way_refs.append(fields[8][1:])
            objects.newest = max(objects.newest, fields[4][1:11])
        elif line[0] == "r":
            objects.restrictions.append(Restriction(object_id, tags, _members(fields[8][1:])))
    return objects


def _lines(path: Path, progress: Progress | None) -> Iterator[str]:
    total, done = path.stat().st_size, 0
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            yield line[:-1]
            done += len(line)
            if progress is not None and number % _REPORT_EVERY == 0:
                progress(min(done, total), total)
    if progress is not None:
        progress(total, total)


def _tags(text: str) -> Tags:
    if not text:
        return {}
    tags = dict(pair.split("=", 1) for pair in text.split(","))
    return {_plain(key): _plain(value) for key, value in tags.items()} if "%" in text else tags


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _members(text: str) -> tuple[tuple[str, int, str], ...]:
    members = (member.split("@", 1) for member in text.split(",") if member)
    return tuple((target[0], int(target[1:]), _plain(role)) for target, role in members)


def _tables(path: Path, header_date: str | None, objects: _Objects, positions: _Positions) -> OsmTables:
    refs, way_first = _references(objects.way_refs)
    if len(refs) and refs.min() < 0:
        positions = _with_new_nodes(path, positions)
    positions = _sorted(positions)
    at = _index_in(positions.id, np.unique(refs))
    at = at[at >= 0]
    used = positions.id[at]
    return OsmTables(
        source_name=path.name,
        sha256=sha256_file(path),
        osm_date=header_date or (objects.newest if objects.newest > _EPOCH else None),
        node_id=used,
        node_lon=positions.lon[at],
        node_lat=positions.lat[at],
        node_tags=_tags_of_used(used, objects.node_tags),
        way_id=np.array(objects.way_id, np.int64),
        way_tags=objects.way_tags,
        way_first=way_first,
        way_node=_index_in(used, refs),
        restrictions=tuple(objects.restrictions),
    )


def _tags_of_used(used: NDArray[np.int64], tags_by_id: dict[int, Tags]) -> dict[int, Tags]:
    indices = _index_in(used, np.fromiter(tags_by_id, np.int64, len(tags_by_id)))
    pairs = zip(indices.tolist(), tags_by_id.values(), strict=True)
    return {index: tags for index, tags in pairs if index >= 0}


def _sorted(positions: _Positions) -> _Positions:
    """By id; of several versions of a node, the last one of the file."""
    ids = positions.id
    if np.all(ids[1:] > ids[:-1]):
        return positions
    ids, last = np.unique(ids[::-1], return_index=True)
    return _Positions(ids, positions.lon[::-1][last], positions.lat[::-1][last])


def _references(way_refs: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Node ids of all ways end to end, and where each way starts."""
    counts = [text.count(",") + 1 if text else 0 for text in way_refs]
    text = ",".join(text for text in way_refs if text).replace("n", "")
    refs = np.fromstring(text, dtype=np.int64, sep=",") if text else np.empty(0, np.int64)
    return refs, np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))


def _index_in(sorted_ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int32]:
    """Place of each wanted id, -1 when it is not there."""
    if len(sorted_ids) == 0:
        return np.full(len(wanted), -1, np.int32)
    at = np.minimum(np.searchsorted(sorted_ids, wanted), len(sorted_ids) - 1)
    return np.where(sorted_ids[at] == wanted, at, -1).astype(np.int32)


def _with_new_nodes(path: Path, positions: _Positions) -> _Positions:
    """Add the nodes drawn in an editor and not yet uploaded: the index cannot hold their negative ids."""
    new = [
        (node.id, node.location.lon, node.location.lat)
        for node in osmium.FileProcessor(str(path), osmium.osm.NODE)
        if isinstance(node, osmium.osm.Node) and node.id < 0 and node.location.valid()
    ]
    ids, lon, lat = np.array(new, np.float64).reshape(-1, 3).T
    return _Positions(
        np.concatenate((positions.id, ids.astype(np.int64))),
        np.concatenate((positions.lon, lon)),
        np.concatenate((positions.lat, lat)),
    )
