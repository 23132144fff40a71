"""Road graphs on disk: one file per array, opened without being read."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.arcs import Csr
from routing.graph import GraphMeta, RoadGraph, arrays_of

_FORMAT = "accueil30-road-graph-3"
_MANIFEST = "graph.json"
_NPY_HEADER_BYTES = 128


class BrokenGraphError(ValueError):
    """A folder that does not hold one whole road graph: truncated, mixed, or of another format."""


def save_graph(graph: RoadGraph, folder: Path) -> None:
    """Write the graph as one ``.npy`` per array in ``folder``, whole or not at all.

    The files are written in a folder beside and renamed at the end; a graph already there is replaced, and a
    process that has it open keeps reading the old one.
    """
    aside = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    arrays = arrays_of(graph)
    sizes = {}
    for name, array in arrays.items():
        path = aside / f"{name}.npy"
        np.save(path, array)
        sizes[name] = path.stat().st_size
    manifest = {"format": _FORMAT, "meta": asdict(graph.meta), "file_bytes": sizes, "names": graph.names}
    (aside / _MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    _swap_in(aside, folder)


def open_graph(folder: Path) -> RoadGraph:
    """Open a saved graph without reading it: arrays are read-only views of the files, paged in when touched.

    Raises FileNotFoundError when there is no such folder, BrokenGraphError when a file is missing, cut short
    or of another graph.
    """
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if manifest.get("format") != _FORMAT:
            raise BrokenGraphError(f"{folder}: format {manifest.get('format')!r}, expected {_FORMAT!r}")
        sizes: dict[str, int] = manifest["file_bytes"]
        arrays = {name: _open_array(folder / f"{name}.npy", size) for name, size in sizes.items()}
        graph = _graph_of(arrays, GraphMeta(**manifest["meta"]), tuple(manifest["names"]))
    except BrokenGraphError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenGraphError(f"{folder}: not a whole road graph ({error})") from error
    _check_lengths(graph, folder)
    return graph


def _swap_in(aside: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _open_array(path: Path, size_bytes: int) -> NDArray[Any]:
    if path.stat().st_size != size_bytes:
        raise BrokenGraphError(f"{path}: {path.stat().st_size} bytes, expected {size_bytes}")
    if size_bytes - _NPY_HEADER_BYTES <= 0:
        return np.load(path, allow_pickle=False)  # type: ignore[no-any-return]  # nothing to map in an empty array
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _graph_of(arrays: dict[str, NDArray[Any]], meta: GraphMeta, names: tuple[str, ...]) -> RoadGraph:
    tables = {
        side: Csr(**{part.name: arrays.pop(f"{side}_{part.name}") for part in fields(Csr)})
        for side in ("forward", "backward")
    }
    return RoadGraph(meta=meta, names=names, **tables, **arrays)  # type: ignore[arg-type]  # by the names of the files


def _check_lengths(graph: RoadGraph, folder: Path) -> None:
    """Arrays of one graph agree in length; those of two graphs mixed in one folder seldom do."""
    n, k, m = graph.node_count, graph.road_count, len(graph.forward.arc)
    s, p, e = len(graph.shape_x_m), len(graph.water_x_m), len(graph.entry_road)
    by_kind = {"node": n, "in": n, "road": k, "entry": e, "shape": s, "water": p, "forward": m, "backward": m}
    expected = {name: by_kind[name.split("_")[0]] for name in arrays_of(graph)}
    expected |= {"shape_first": k + 1, "water_first": len(graph.water_first)}
    expected |= {"forward_first_out": n + 1, "backward_first_out": n + 1}
    for name, array in arrays_of(graph).items():
        if array.shape != (expected[name],):
            raise BrokenGraphError(f"{folder}: {name} has shape {array.shape}, expected ({expected[name]},)")
    ends: list[tuple[NDArray[Any], int]] = [(graph.shape_first, s), (graph.water_first, p)]
    ends += [(csr.first_out, csr.arc_count) for csr in (graph.forward, graph.backward)]
    if any(len(first) == 0 or first[-1] != end for first, end in ends):
        raise BrokenGraphError(f"{folder}: the arrays are not of one graph")
