"""Times become figures: sums of cells per commune, EPCI and département, in each scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.coverage import SCOPES, Scope, ZoneFigures, parts_of
from app.services.compute_inputs import CellInput, CommuneInput, commune_of_cells
from routing.coverage import ZoneSums, zone_sums


@dataclass(frozen=True, slots=True)
class PartTimes:
    """Per cell: seconds to the nearest site of one part (nan unknown, inf no route) and its number (-1 none)."""

    time_s: np.ndarray
    site: np.ndarray


def scope_time_s(times: Mapping[str, PartTimes], scope: Scope) -> np.ndarray:
    """float64[cells]: the least time over the parts of ``scope``; nan stays nan."""
    return np.asarray(np.minimum.reduce([times[part].time_s for part in parts_of(scope)]))


def all_zones(
    departement_code: str,
    departement_nom: str,
    communes: Sequence[CommuneInput],
    cells: tuple[CellInput, ...],
    people: np.ndarray,
    individuals: np.ndarray,
    times: Mapping[str, PartTimes],
    threshold_s: int,
) -> list[tuple[Scope, ZoneFigures]]:
    """Every zone of every level in every scope."""
    commune = commune_of_cells(cells)
    is_point = np.fromiter((cell.cell_size_m == 0 for cell in cells), np.bool_, len(cells))
    epci_of_commune, epcis = _epcis(communes)
    levels = [
        ("commune", commune, [(c.code_insee, c.nom) for c in communes]),
        ("epci", epci_of_commune[commune], epcis),
        ("departement", np.zeros(len(cells), np.int32), [(departement_code, departement_nom)]),
    ]
    zones: list[tuple[Scope, ZoneFigures]] = []
    for scope in SCOPES:
        time_s = scope_time_s(times, scope)
        for level, zone, names in levels:
            sums = zone_sums(zone, len(names), people, individuals, time_s, threshold_s)
            has_point = np.bincount(zone[is_point], minlength=len(names)) > 0
            zones += [(scope, figures) for figures in figures_of(level, names, sums, has_point)]
    return zones


def _epcis(communes: Sequence[CommuneInput]) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """int32[communes] and (code, nom) of each EPCI; communes outside any share a last one, coded "-"."""
    named = {c.epci_code: c.epci_nom or c.epci_code for c in communes if c.epci_code}
    codes = sorted(named)
    index = {code: position for position, code in enumerate(codes)}
    names = [(code, named[code]) for code in codes]
    if any(not c.epci_code for c in communes):
        names.append(("-", "Communes hors EPCI"))
    return np.array([index.get(c.epci_code or "", len(codes)) for c in communes], dtype=np.int32), names


def figures_of(level: str, names: list[tuple[str, str]], sums: ZoneSums, has_point: np.ndarray) -> list[ZoneFigures]:
    """Array sums as one typed row a zone."""
    return [
        ZoneFigures(
            level=level,
            code=code,
            nom=nom,
            total=int(sums.total[i]),
            covered=int(sums.covered[i]),
            uncovered=int(sums.uncovered[i]),
            unknown=int(sums.unknown[i]),
            individuals_total=float(sums.individuals_total[i]),
            individuals_covered=float(sums.individuals_covered[i]),
            median_s=_none_if_nan(sums.median_s[i]),
            p95_s=_none_if_nan(sums.p95_s[i]),
            max_s=_none_if_nan(sums.max_s[i]),
            has_point_cell=bool(has_point[i]),
        )
        for i, (code, nom) in enumerate(names)
    ]


def _none_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
