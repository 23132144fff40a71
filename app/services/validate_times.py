"""Our driving times beside Valhalla's and OSRM's, on the same extract and the same trips."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from app.domain.scores import (
    AGREEMENT_TARGET,
    BAND_TARGET,
    LEAST_OF_VALHALLA,
    MOST_OF_OSRM,
    RatioScore,
    ratio_score,
    telling_threshold_s,
)
from app.errors import InvalidInputError
from app.services.validation_pairs import TARGETS_PER_SOURCE, Junctions, Trips, draw_trips, find_junctions
from data.contract import Progress
from data.engines.osrm import osrm
from data.engines.processes import find_engines
from data.engines.valhalla import valhalla
from data.errors import BadInputError
from data.measure import french_epsg
from data.network import graph_from_osm
from data.osm import OsmTables, read_osm
from routing.graph import RoadGraph
from routing.profile import Profile, load_profile

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

#: An engine that moves a junction farther than this answers another question.
MAX_MOVED_M: Final = 30.0
#: Trips of 4 to 40 minutes, by the median of the three engines' times: nobody's clock chooses.
SHORTEST_S: Final = 240.0
LONGEST_S: Final = 2400.0
#: Drawing stops there when the extract is too small to give enough trips.
MOST_DRAWN: Final = 5
ENGINES: Final = ("valhalla", "osrm")
KINDS: Final = ("all", "agreed", "urban", "mixed", "rural")
#: "agreed": trips on which the other two engines agree, once scaled. Where they do not, one of them takes a road that is
#: closed to the other, and nobody can agree with both. Said beside the figures of all trips, never in their place.
AGREED_BAND: Final = 0.25


class Engine(Protocol):
    """What is asked of an engine: seconds and places, as ``data.engines`` give them."""

    def matrix(self, sources: Float, targets: Float) -> tuple[Float, Float, Float]: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target: what was asked, what was found; None where the extract cannot tell."""

    what: str
    target: str
    found: float | None
    is_met: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class ComparedTrips:
    """The p trips kept, for whoever wants to look closer. times_s: by engine, "ours" among them, float64[p]."""

    graph: RoadGraph
    junctions: Junctions
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    times_s: dict[str, Float]
    kind: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class TimesValidation:
    """Scores by engine then by kind of trip: "all", "agreed" (the other two engines
    agree), "urban" (both ends), "rural" (neither), "mixed".

    ``engines_apart``: OSRM over Valhalla on the same trips, the disagreement of the others among themselves.
    """

    file: str
    sha256: str
    profile_version: str
    seed: int
    asked: int
    junctions: int
    sources: int
    drawn: int
    kept: int
    dropped: dict[str, int]
    median_s: float
    scores: dict[str, dict[str, RatioScore | None]]
    engines_apart: RatioScore | None
    verdicts: tuple[Verdict, ...]

    @property
    def is_met(self) -> bool:
        """Every target that the extract can judge is met."""
        return self.kept > 0 and all(verdict.is_met is not False for verdict in self.verdicts)


def validate_times(
    pbf: Path,
    *,
    pairs: int = 5000,
    seed: int = 1,
    engines: Path | None = None,
    crs_epsg: int | None = None,
    overrides: Path | None = None,
    progress: Progress | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> tuple[TimesValidation, ComparedTrips]:
    """Compare on ``pairs`` trips of one extract; the same file feeds the three engines.

    Raises BadInputError for an unusable file or when the engines are absent, InvalidInputError when the extract has
    no two junctions, EngineError when an engine fails.
    """
    place = find_engines(engines)  # before any work
    step("lecture des routes")
    profile = load_profile("car", overrides)
    graph = _read(pbf, profile, crs_epsg)
    junctions = find_junctions(graph, profile)
    if len(junctions) < 2:
        raise InvalidInputError(f"{pbf.name} : {len(junctions)} carrefour. Il en faut deux pour faire un trajet.")
    with _running(pbf, place, step) as running:
        step("trajets demandés aux trois moteurs")
        trips, times_s, dropped, drawn = _gather(graph, junctions, running, pairs, seed, progress)
    kind = _kinds(junctions, trips)
    compared = ComparedTrips(graph, junctions, trips.source, trips.target, times_s, kind)
    agreed = _agreed(times_s)
    scores = {name: _scores(times_s["ours"], times_s[name], kind, agreed) for name in ENGINES}
    apart = ratio_score(times_s["osrm"], times_s["valhalla"], threshold_s=telling_threshold_s(times_s["valhalla"]))
    found = TimesValidation(
        file=pbf.name,
        sha256=graph.meta.source_sha256,
        profile_version=graph.meta.profile_version,
        seed=seed,
        asked=pairs,
        junctions=len(junctions),
        sources=len(np.unique(trips.source)),
        drawn=drawn,
        kept=len(trips),
        dropped=dropped,
        median_s=float(np.median(trips.ours_s)) if len(trips) else float("nan"),
        scores=scores,
        engines_apart=apart,
        verdicts=tuple(_verdicts(scores)),
    )
    return found, compared


def _read(pbf: Path, profile: Profile, crs_epsg: int | None) -> RoadGraph:
    tables = read_osm(pbf)
    graph, _ = graph_from_osm(tables, profile, name=pbf.name, crs_epsg=crs_epsg or _epsg_of(tables))
    return graph


def _epsg_of(tables: OsmTables) -> int:
    """The French projection of the place; abroad (a proof needs no département), its UTM zone."""
    try:
        return french_epsg(tables.node_lon, tables.node_lat, tables.source_name)
    except BadInputError:
        zone = int((float(np.median(tables.node_lon)) + 180) // 6) + 1
        return (32600 if float(np.median(tables.node_lat)) >= 0 else 32700) + zone


@contextmanager
def _running(pbf: Path, engines: Path, step: Callable[[str], None]) -> Iterator[dict[str, Engine]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="a30-")))
        step("tuiles de Valhalla")
        first = stack.enter_context(valhalla(pbf, folder / "v", engines=engines))
        step("graphe d'OSRM")
        second = stack.enter_context(osrm(pbf, folder / "o", engines=engines))
        yield {"valhalla": first, "osrm": second}


def _gather(
    graph: RoadGraph,
    junctions: Junctions,
    engines: dict[str, Engine],
    pairs: int,
    seed: int,
    progress: Progress | None,
) -> tuple[Trips, dict[str, Float], dict[str, int], int]:
    """Draw and ask until ``pairs`` trips are kept: (trips, times by engine, why others were dropped, drawn)."""
    random = np.random.default_rng(seed)
    kept: list[tuple[Trips, dict[str, Float]]] = []
    dropped: dict[str, int] = {}
    drawn = count = 0
    while count < pairs and drawn < MOST_DRAWN * pairs:
        sources = max(1, -(-(pairs - count) // TARGETS_PER_SOURCE))
        trips = draw_trips(graph, junctions, sources, random)
        if len(trips) == 0:
            break
        times_s, moved_m = _ask(junctions, engines, trips, progress, (count, pairs))
        keep = _judge(trips, times_s, moved_m, dropped)
        drawn += len(trips)
        kept.append(_only(trips, times_s, keep))
        count += int(keep.sum())
    trips, times_s = _together(kept, pairs)
    return trips, times_s, dropped, drawn


def _ask(
    junctions: Junctions,
    engines: dict[str, Engine],
    trips: Trips,
    progress: Progress | None,
    at: tuple[int, int],
) -> tuple[dict[str, Float], dict[str, Float]]:
    """By engine: seconds, and how far the farther end of each trip was moved, float64[p]."""
    times_s = {name: np.full(len(trips), np.nan) for name in engines}
    moved_m = {name: np.full(len(trips), np.nan) for name in engines}
    first = np.flatnonzero(np.diff(trips.source, prepend=-1))
    for start, stop in zip(first, np.append(first[1:], len(trips)), strict=True):
        here = slice(int(start), int(stop))
        sources, targets = junctions.lon_lat[trips.source[start : start + 1]], junctions.lon_lat[trips.target[here]]
        for name, engine in engines.items():
            time_s, source_at, target_at = engine.matrix(sources, targets)
            times_s[name][here] = time_s[0]
            moved_m[name][here] = np.maximum(_apart_m(sources, source_at), _apart_m(targets, target_at))
        if progress is not None:
            progress(min(at[0] + int(stop), at[1]), at[1])
    return times_s, moved_m


def _apart_m(asked: Float, placed: Float) -> Float:
    """Metres between places a few hundred metres apart at most."""
    east, north = (placed - asked).T * 111_195.0
    apart_m: Float = np.hypot(east * np.cos(np.radians(asked[:, 1])), north)
    return apart_m


def _judge(trips: Trips, times_s: dict[str, Float], moved_m: dict[str, Float], dropped: dict[str, int]) -> Bool:
    """Which trips are kept; the others are counted by their first reason."""
    keep = np.ones(len(trips), np.bool_)

    def drop(reason: str, is_wrong: Bool) -> None:
        dropped[reason] = dropped.get(reason, 0) + int(np.count_nonzero(keep & is_wrong))
        keep[is_wrong] = False

    for name, time_s in times_s.items():
        drop(f"{name}: no route", np.isnan(time_s))
        drop(f"{name}: moved", moved_m[name] > MAX_MOVED_M)
    middle_s = np.median(np.stack([trips.ours_s, *(np.nan_to_num(time_s) for time_s in times_s.values())]), axis=0)
    drop("too short", middle_s < SHORTEST_S)
    drop("too long", middle_s > LONGEST_S)
    return keep


def _only(trips: Trips, times_s: dict[str, Float], keep: Bool) -> tuple[Trips, dict[str, Float]]:
    kept = Trips(trips.source[keep], trips.target[keep], trips.ours_s[keep])
    return kept, {name: time_s[keep] for name, time_s in times_s.items()}


def _together(kept: list[tuple[Trips, dict[str, Float]]], most: int) -> tuple[Trips, dict[str, Float]]:
    """The first ``most`` trips of all the draws; times by engine, ours among them."""
    if not kept:
        none = np.zeros(0, np.int64)
        return Trips(none, none, np.zeros(0)), {name: np.zeros(0) for name in ("ours", *ENGINES)}
    trips = Trips(
        np.concatenate([one.source for one, _ in kept])[:most],
        np.concatenate([one.target for one, _ in kept])[:most],
        np.concatenate([one.ours_s for one, _ in kept])[:most],
    )
    times_s = {name: np.concatenate([times[name] for _, times in kept])[:most] for name in kept[0][1]}
    return trips, {"ours": trips.ours_s} | times_s


def _kinds(junctions: Junctions, trips: Trips) -> NDArray[np.str_]:
    ends = junctions.is_urban[trips.source].astype(int) + junctions.is_urban[trips.target]
    kind: NDArray[np.str_] = np.array(["rural", "mixed", "urban"])[ends]
    return kind


def _agreed(times_s: dict[str, Float]) -> Bool:
    """Trips whose ratio OSRM / Valhalla is within ``AGREED_BAND`` of the median one."""
    ratio = times_s["osrm"] / times_s["valhalla"]
    agreed: Bool = np.abs(ratio / np.median(ratio) - 1) <= AGREED_BAND if len(ratio) else np.zeros(0, np.bool_)
    return agreed


def _scores(ours_s: Float, theirs_s: Float, kind: NDArray[np.str_], agreed: Bool) -> dict[str, RatioScore | None]:
    scores = {}
    masks = {"all": np.ones(len(kind), np.bool_), "agreed": agreed}
    for name in KINDS:
        of_kind = masks.get(name, kind == name)
        threshold_s = telling_threshold_s(theirs_s[of_kind])
        scores[name] = ratio_score(ours_s[of_kind], theirs_s[of_kind], threshold_s=threshold_s)
    return scores


def _verdicts(scores: dict[str, dict[str, RatioScore | None]]) -> Iterator[Verdict]:
    """The targets of the service, over all trips."""
    beside_valhalla, beside_osrm = scores["valhalla"]["all"], scores["osrm"]["all"]
    if beside_valhalla is None or beside_osrm is None:
        return
    yield _at_least("temps médian / Valhalla", LEAST_OF_VALHALLA, beside_valhalla.median)
    is_met = beside_osrm.median <= MOST_OF_OSRM
    yield Verdict("temps médian / OSRM", f"au plus {MOST_OF_OSRM}", beside_osrm.median, is_met)
    for label, score in (("Valhalla", beside_valhalla), ("OSRM", beside_osrm)):
        yield _at_least(f"trajets à ±15 % du rapport médian, {label}", BAND_TARGET, score.within_band)
    for label, score in (("Valhalla", beside_valhalla), ("OSRM", beside_osrm)):
        yield _at_least(f"même côté du seuil, {label}", AGREEMENT_TARGET, score.agreement)


def _at_least(what: str, target: float, found: float | None) -> Verdict:
    return Verdict(what, f"au moins {target}", found, None if found is None else found >= target)
