"""What a run is computed from: communes, people, sites; read once, hashed, never changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from geoalchemy2.shape import to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from app.domain.site import SPATIAL_FORMS
from app.errors import NotFoundError, NotReadyError
from app.persistence.models import Commune, Departement, Epci, GridCell, RoadNetwork, Site
from app.services.compute_margin import margin_warning
from app.services.compute_sources import read_sources
from app.services.networks import summer_network
from data.territory import Extent

#: A grid that counts less than this share of another one's people in a commune does not cover the commune.
WHOLE_GRID_SHARE = 0.5
#: Sites a little beyond the last road are looked at too (about 1 km); whether they reach it, attachment decides.
NEAR_ROADS_DEG = 0.01


@dataclass(frozen=True, slots=True)
class CommuneInput:
    code_insee: str
    nom: str
    epci_code: str | None
    epci_nom: str | None
    population_municipale: int
    outline: BaseGeometry  # lon/lat


@dataclass(frozen=True, slots=True)
class CellInput:
    cell_id: str
    cell_size_m: int  # 0: a point that stands for a whole commune
    commune: int  # index in RunInputs.communes
    individuals: float
    lon: float
    lat: float
    footprint_wkb: bytes  # EWKB of the square or the point


@dataclass(frozen=True, slots=True)
class SiteInput:
    site_id: UUID
    register: str  # source and identifier there: what stays the same from one database to another
    name: str
    form: str
    carrier: str
    departement_code: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class RunInputs:
    departement_code: str
    departement_nom: str
    communes: tuple[CommuneInput, ...]
    cells: tuple[CellInput, ...]
    sites: tuple[SiteInput, ...]
    inputs: dict[str, Any]  # name -> {sha256, label, ...}, kept with the run
    warnings: tuple[str, ...]


def load_inputs(session: Session, code: str, network: RoadNetwork) -> RunInputs:
    """Everything a run of département ``code`` needs; NotFoundError / NotReadyError say what is missing."""
    departement = session.get(Departement, code)
    if departement is None:
        raise NotFoundError(
            f"Département {code} inconnu du service. Importez ses communes : accueil30 import communes FICHIER.geojson"
        )
    communes = _communes(session, code, departement.nom)
    cells, cell_warnings = _cells(session, communes)
    sites = load_sites(session, code, network)
    if not sites:
        raise NotReadyError(
            "Aucun lieu d'accueil actif et localisé sur ce territoire. Importez-en : "
            "accueil30 import sites FICHIER.csv --format france-services"
        )
    inputs = read_sources(session, code, network)
    inputs["communes"] |= {"rows": len(communes), "content_sha256": _sha([_commune_content(c) for c in communes])}
    inputs["population_grid"] |= {"rows": len(cells), "content_sha256": _sha([_cell_content(c) for c in cells])}
    inputs["sites"] = {"rows": len(sites), "sha256": sites_sha256(sites)}
    extent = (summer_network(session, network) or network).extent
    bounds = _bounds([c.outline for c in communes]), _bounds([to_shape(extent)])
    margin = margin_warning(code, *bounds, network.mode)
    warnings = (*([margin] if margin else []), *cell_warnings)
    return RunInputs(code, departement.nom, communes, cells, sites, inputs, warnings)


def _commune_content(commune: CommuneInput) -> tuple[Any, ...]:
    outline = hashlib.sha256(shapely.to_wkb(commune.outline, byte_order=1)).hexdigest()
    return (
        commune.code_insee, commune.nom, commune.epci_code, commune.epci_nom, commune.population_municipale, outline,
    )  # fmt: skip


def _cell_content(cell: CellInput) -> tuple[Any, ...]:
    return cell.cell_id, cell.commune, cell.individuals


def _bounds(shapes: list[BaseGeometry]) -> Extent:
    west, south, east, north = shapely.total_bounds(shapes)
    return float(west), float(south), float(east), float(north)


def sites_sha256(sites: tuple[SiteInput, ...]) -> str:
    """Of all a run keeps of its sites, by their names in their register: the same in every database."""
    return _sha([(s.register, s.name, s.form, s.carrier, s.departement_code, s.lon, s.lat) for s in sites])


def load_sites(session: Session, code: str | None, network: RoadNetwork) -> tuple[SiteInput, ...]:
    """Active places: those of the département wherever they stand, the others within reach of the network's roads.

    The same in both seasons: a site beyond a closed pass is still there.
    """
    extent = (summer_network(session, network) or network).extent
    within = func.ST_DWithin(Site.geometry, extent, NEAR_ROADS_DEG)
    rows = session.execute(
        select(
            Site.id, Site.source + ":" + Site.source_id, Site.name, Site.form, Site.carrier, Site.departement_code,
            func.ST_X(Site.geometry), func.ST_Y(Site.geometry),
        )
        .where(
            Site.deleted_at.is_(None),
            Site.status == "active",
            Site.form.in_(SPATIAL_FORMS),
            Site.geometry.is_not(None),
            or_(Site.departement_code == code, within) if code is not None else within,
        )
        .order_by(Site.source, Site.source_id)
    )  # fmt: skip
    return tuple(SiteInput(*row) for row in rows)


def _communes(session: Session, code: str, departement_nom: str) -> tuple[CommuneInput, ...]:
    elsewhere = select(Commune.epci_code).where(Commune.departement_code != code, Commune.epci_code.is_not(None))
    epci_nom = case((Commune.epci_code.in_(elsewhere), Epci.nom + f" (partie {departement_nom})"), else_=Epci.nom)
    rows = session.execute(
        select(
            Commune.code_insee, Commune.nom, Commune.epci_code, epci_nom, Commune.population_municipale,
            func.ST_AsBinary(Commune.geometry),
        )
        .outerjoin(Epci, Epci.code_siren == Commune.epci_code)
        .where(Commune.departement_code == code)
        .order_by(Commune.code_insee)
    ).all()  # fmt: skip
    without_population = [row.nom for row in rows if row.population_municipale is None]
    if without_population:
        raise NotReadyError(
            f"{len(without_population)} communes sans population municipale ({', '.join(without_population[:5])}...) : "
            "les habitants ne peuvent pas être comptés. Importez un fichier de communes qui porte leur population."
        )
    return tuple(
        CommuneInput(row[0], row[1], row[2], row[3], int(row[4] or 0), shapely.from_wkb(bytes(row[5]))) for row in rows
    )


def _cells(session: Session, communes: tuple[CommuneInput, ...]) -> tuple[tuple[CellInput, ...], list[str]]:
    index = {commune.code_insee: position for position, commune in enumerate(communes)}
    rows = session.execute(
        select(
            GridCell.cell_id, GridCell.cell_size_m, GridCell.code_insee, GridCell.individuals,
            func.ST_X(GridCell.centre), func.ST_Y(GridCell.centre), func.ST_AsEWKB(GridCell.geometry),
        )
        .where(GridCell.code_insee.in_(list(index)), GridCell.individuals > 0)
        .order_by(GridCell.cell_id)
    ).all()  # fmt: skip
    cells = [CellInput(row[0], row[1], index[row[2]], float(row[3]), row[4], row[5], bytes(row[6])) for row in rows]
    chosen = _one_grid_per_commune(cells)
    mixed = sorted({cell.cell_size_m for cell in cells})
    warnings = []
    if len(mixed) > 1:
        said = ", ".join(
            f"{sum(chosen_m == size_m for chosen_m in chosen.values())} communes en {size_m} m" for size_m in mixed
        )
        warnings.append(f"Plusieurs grilles de population sont chargées : {said}.")
    return tuple(cell for cell in cells if chosen[cell.commune] == cell.cell_size_m), warnings


def _one_grid_per_commune(cells: list[CellInput]) -> dict[int, int]:
    """commune -> cell size. Two grids over the same people would count them twice: the finest one speaks, unless it
    holds only scraps of the commune (a file cut at a border).
    """
    individuals: dict[int, dict[int, float]] = {}
    for cell in cells:
        of_commune = individuals.setdefault(cell.commune, {})
        of_commune[cell.cell_size_m] = of_commune.get(cell.cell_size_m, 0.0) + cell.individuals
    return {
        commune: min(size for size, people in sizes.items() if people >= WHOLE_GRID_SHARE * max(sizes.values()))
        for commune, sizes in individuals.items()
    }


def _sha(rows: list[tuple[Any, ...]]) -> str:
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def commune_of_cells(cells: tuple[CellInput, ...]) -> np.ndarray:
    return np.fromiter((cell.commune for cell in cells), np.int32, len(cells))
