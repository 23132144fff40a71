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
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.site import SPATIAL_FORMS
from app.errors import NotFoundError, NotReadyError
from app.persistence.models import Commune, Departement, Epci, GridCell, ImportBatch, RoadNetwork, Site
from app.services.compute_margin import margin_warning
from data.territory import Extent


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
    communes = _communes(session, code)
    cells, cell_warnings = _cells(session, communes)
    sites = load_sites(session, network)
    if not sites:
        raise NotReadyError(
            "Aucun lieu d'accueil actif et localisé sur ce territoire. Importez-en : "
            "accueil30 import sites FICHIER.csv --format france-services"
        )
    inputs = {
        "roads": {
            "sha256": network.source_sha256,
            "label": network.name,
            "file": network.source_name,
            "osm_date": network.osm_date,
            "profile": network.profile_version,
            "nodes": network.node_count,
        },
        "communes": _batch_of(session, Commune, Commune.departement_code == code)
        | {
            "rows": len(communes),
            "content_sha256": _sha([(c.code_insee, c.population_municipale) for c in communes]),
        },
        "population_grid": _batch_of(session, GridCell, GridCell.code_insee.in_([c.code_insee for c in communes]))
        | {
            "rows": len(cells),
            "content_sha256": _sha([(c.cell_id, c.commune, c.individuals) for c in cells]),
        },
        "sites": {"rows": len(sites), "sha256": sites_sha256(sites)},
    }
    margin = margin_warning(code, _bounds([c.outline for c in communes]), _bounds([to_shape(network.extent)]))
    warnings = (*([margin] if margin else []), *cell_warnings)
    return RunInputs(code, departement.nom, communes, cells, sites, inputs, warnings)


def _bounds(shapes: list[BaseGeometry]) -> Extent:
    west, south, east, north = shapely.total_bounds(shapes)
    return float(west), float(south), float(east), float(north)


def sites_sha256(sites: tuple[SiteInput, ...]) -> str:
    return _sha([(str(s.site_id), s.form, s.departement_code, s.lon, s.lat) for s in sites])


def load_sites(session: Session, network: RoadNetwork) -> tuple[SiteInput, ...]:
    """Active places within the network's extent, whichever département they stand in, in a stable order."""
    rows = session.execute(
        select(
            Site.id, Site.name, Site.form, Site.carrier, Site.departement_code,
            func.ST_X(Site.geometry), func.ST_Y(Site.geometry),
        )
        .where(
            Site.deleted_at.is_(None),
            Site.status == "active",
            Site.form.in_(SPATIAL_FORMS),
            func.ST_Intersects(Site.geometry, network.extent),
        )
        .order_by(Site.id)
    )  # fmt: skip
    return tuple(SiteInput(*row) for row in rows)


def _communes(session: Session, code: str) -> tuple[CommuneInput, ...]:
    rows = session.execute(
        select(
            Commune.code_insee, Commune.nom, Commune.epci_code, Epci.nom, Commune.population_municipale,
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
    sizes = sorted({row.cell_size_m for row in rows})
    warnings = []
    if len(sizes) > 1:
        # Two grids over the same people would count them twice: the finest one speaks.
        rows = [row for row in rows if row.cell_size_m == sizes[0]]
        warnings.append(f"Plusieurs grilles de population ({sizes} m) : seule la plus fine, {sizes[0]} m, est comptée.")
    return (
        tuple(CellInput(row[0], row[1], index[row[2]], float(row[3]), row[4], row[5], bytes(row[6])) for row in rows),
        warnings,
    )


def _batch_of(session: Session, table: Any, where: Any) -> dict[str, Any]:
    """The files the rows came from, newest first."""
    batches = session.scalars(
        select(ImportBatch)
        .where(ImportBatch.id.in_(select(table.batch_id).where(where).distinct()))
        .order_by(ImportBatch.created_at.desc())
    ).all()
    return {
        "sha256": batches[0].sha256 if batches else "",
        "file": ", ".join(batch.file_name for batch in batches),
        "millesime": ", ".join(sorted({batch.millesime for batch in batches if batch.millesime})) or None,
    }


def _sha(rows: list[tuple[Any, ...]]) -> str:
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def commune_of_cells(cells: tuple[CellInput, ...]) -> np.ndarray:
    return np.fromiter((cell.commune for cell in cells), np.int32, len(cells))
