"""Reception points as the API reads and writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool, model_validator

from app.api.schemas import DEPARTEMENT_PATTERN, Line, Paragraph, Strict, line, paragraph
from app.domain.site import CARRIER_LABELS_FR, FORM_LABELS_FR, Carrier, Form, Status
from app.persistence.site_repository import SiteRecord

Name = Annotated[Line, line(3, 150)]
Short = Annotated[Line, line(1, 200)]
Code = Annotated[Line, line(5, 5)]
Hours = Annotated[Line, line(1, 500)]
Comment = Annotated[Paragraph, paragraph(2000), Field(json_schema_extra={"maxLength": 2000})]
Lon = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False, description="Longitude, degrés WGS 84")]
Lat = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False, description="Latitude, degrés WGS 84")]

#: API name -> column, where they differ.
COLUMN_OF: Final = {"commune": "commune_nom"}


class SiteIn(Strict):
    """Un lieu d’accueil à créer. Ce qui n’est pas donné est inconnu (null), jamais « non »."""

    name: Name
    carrier: Carrier = Field(description="Qui porte l’accueil")
    form: Form = Field(description="Lieu fixe, antenne, permanence, bus ou téléphone")
    status: Status = "active"
    address: Short | None = None
    postal_code: Code | None = None
    commune: Short | None = Field(None, description="Suit code_insee quand la commune est chargée")
    code_insee: Code | None = Field(None, description="Absent : la commune qui contient le point")
    departement: str | None = Field(
        None,
        pattern=DEPARTEMENT_PATTERN,
        description="Déduit de la commune ; donné, il doit s’accorder avec elle",
    )
    lon: Lon | None = None
    lat: Lat | None = None
    opening_hours: Hours | None = Field(None, description="Notation opening_hours d’OpenStreetMap")
    walk_in: StrictBool | None = Field(None, description="Sans rendez-vous : true, false, null = inconnu")
    by_appointment: StrictBool | None = Field(None, description="Sur rendez-vous : true, false, null = inconnu")
    accreditation: Short | None = None
    comment: Comment | None = None


class SitePatch(Strict):
    """Ce qui change. Un champ absent ne change pas ; null efface (redevient inconnu)."""

    name: Name | None = None
    carrier: Carrier | None = None
    form: Form | None = None
    status: Status | None = None
    address: Short | None = None
    postal_code: Code | None = None
    commune: Short | None = None
    code_insee: Code | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    opening_hours: Hours | None = None
    walk_in: StrictBool | None = None
    by_appointment: StrictBool | None = None
    accreditation: Short | None = None
    comment: Comment | None = None

    @model_validator(mode="after")
    def _required_stay(self) -> Self:
        emptied = [name for name in ("name", "carrier", "form", "status") if name in self.model_fields_set]
        refused = [name for name in emptied if getattr(self, name) is None]
        if refused:
            raise ValueError(f"Ne peut pas être effacé : {', '.join(refused)}.")
        return self


class SiteOut(BaseModel):
    """Un lieu d’accueil."""

    id: UUID
    name: str
    carrier: str
    carrier_label: str
    form: str
    form_label: str
    status: str
    address: str | None
    postal_code: str | None
    commune: str | None
    code_insee: str | None
    departement: str
    lon: float | None
    lat: float | None
    opening_hours: str | None
    walk_in: bool | None
    by_appointment: bool | None
    accreditation: str | None
    comment: str | None
    source: str
    source_id: str
    version: int
    created_at: datetime
    updated_at: datetime


class SitePageOut(BaseModel):
    items: list[SiteOut]
    next: str | None = Field(description="Curseur de la page suivante, null sur la dernière")


def columns(fields: dict[str, Any]) -> dict[str, Any]:
    """API names to column names."""
    return {COLUMN_OF.get(name, name): value for name, value in fields.items()}


def site_out(site: SiteRecord) -> SiteOut:
    return SiteOut(
        carrier_label=CARRIER_LABELS_FR.get(site.carrier, site.carrier),
        form_label=FORM_LABELS_FR[site.form],
        commune=site.commune_nom,
        departement=site.departement_code,
        **{
            name: getattr(site, name)
            for name in SiteOut.model_fields
            if name not in ("carrier_label", "form_label", "commune", "departement")
        },
    )
