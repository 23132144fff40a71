"""Reception points made and mended by hand: what is accepted, and who wins when two people edit."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import opening_hours
from sqlalchemy.orm import Session

from app.domain.site import FORM_LABELS_FR, SPATIAL_FORMS
from app.errors import EditedMeanwhileError, FieldError, InvalidInputError, NotFoundError
from app.persistence import places, site_repository
from app.persistence.site_repository import Position, SiteRecord
from data.territory import TERRITORIES

MANUAL_SOURCE: Final = "manuel"
#: A counter just across the border still serves the département: about 5 km around its bounding box.
EXTENT_MARGIN_DEG: Final = 0.05
#: « 0V » is the fictional neighbour of the fictional département.
_CODE_INSEE: Final = re.compile(r"(?:[0-9]{2}|2[AB]|0V)[0-9]{3}")
#: What someone may set; the rest is the service's.
EDITABLE: Final = (
    "name", "carrier", "form", "status", "address", "postal_code", "commune_nom", "code_insee", "lon", "lat",
    "opening_hours", "walk_in", "by_appointment", "accreditation", "comment",
)  # fmt: skip
_PLACE_FIELDS: Final = {"form", "commune_nom", "code_insee", "lon", "lat"}


@dataclass(frozen=True, slots=True)
class SitePage:
    items: list[SiteRecord]
    next: str | None


def get_site(session: Session, site_id: UUID) -> SiteRecord:
    site = site_repository.get_site(session, site_id)
    if site is None:
        raise NotFoundError(f"Aucun lieu d’accueil {site_id} : il n’existe pas ou a été supprimé.")
    return site


def list_sites(
    session: Session, *, departement: str | None, text: str | None, after: str | None, limit: int
) -> SitePage:
    """One page, oldest sites first; ``after`` is the ``next`` of the page before."""
    position = None if after is None else decode_cursor(after)
    found = site_repository.list_sites(session, departement=departement, text=text, after=position, limit=limit + 1)
    items = found[:limit]
    last = items[-1] if len(found) > limit else None
    return SitePage(items, None if last is None else encode_cursor(Position(last.created_at, last.id)))


def create_site(session: Session, values: Mapping[str, Any]) -> SiteRecord:
    """``values``: the editable fields, and ``departement`` which must agree with the place.

    Raises InvalidInputError with one line a field.
    """
    fields = {name: values.get(name) for name in EDITABLE}
    _refuse(_hours_errors(fields["opening_hours"]))
    place = _find_place(session, fields, values.get("departement"))
    site_id = uuid4()
    given = {name: value for name, value in fields.items() if name in values or name in ("lon", "lat")}
    return site_repository.insert_site(
        session, {**given, **place, "id": site_id, "source": MANUAL_SOURCE, "source_id": str(site_id)}
    )


def change_site(session: Session, site_id: UUID, version: int, changes: Mapping[str, Any]) -> SiteRecord:
    """Write ``changes`` over ``version``. Raises EditedMeanwhileError with both versions when it is stale.

    Only what changes is checked: an imported site whose hours or commune are wrong can still get its comment.
    """
    current = get_site(session, site_id)
    if current.version != version:
        raise _edited(current, version, changes)
    if all(getattr(current, name) == value for name, value in changes.items()):
        return current
    if "opening_hours" in changes:
        _refuse(_hours_errors(changes["opening_hours"]))
    values = dict(changes)
    if _PLACE_FIELDS & changes.keys():
        values |= _moved(session, current, changes)
    written = site_repository.update_site(session, site_id, version, values)
    if written is None:
        raise _edited(get_site(session, site_id), version, changes)
    return written


def _moved(session: Session, current: SiteRecord, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a site whose place or form changes; its commune follows the point unless given too."""
    fields = {name: getattr(current, name) for name in EDITABLE} | dict(changes)
    has_moved = (fields["lon"], fields["lat"]) != (current.lon, current.lat)
    if has_moved and "code_insee" not in changes and fields["lon"] is not None and fields["lat"] is not None:
        found = places.commune_at(session, fields["lon"], fields["lat"])
        fields["code_insee"] = found.code_insee if found else fields["code_insee"]
    place = _find_place(session, fields, None if fields["code_insee"] else current.departement_code)
    return {"lon": fields["lon"], "lat": fields["lat"], **place}


def delete_site(session: Session, site_id: UUID, version: int) -> None:
    """The row stays, dated; it is no longer found. Raises EditedMeanwhileError when the version is stale."""
    if not site_repository.delete_site(session, site_id, version):
        raise _edited(get_site(session, site_id), version, {})


def encode_cursor(position: Position) -> str:
    raw = json.dumps([position.created_at.isoformat(), str(position.id)])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> Position:
    try:
        instant, site_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        position = Position(datetime.fromisoformat(instant), UUID(site_id))
        if position.created_at.tzinfo is None:
            raise ValueError("instant without a zone")
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        detail = "Curseur de pagination illisible : renvoyez tel quel le « next » de la page précédente."
        raise InvalidInputError(detail, [FieldError("query.after", cursor[:80], detail)]) from error
    return position


def _edited(current: SiteRecord, version: int, changes: Mapping[str, Any]) -> EditedMeanwhileError:
    return EditedMeanwhileError(
        f"Ce lieu a été modifié entre-temps : vous aviez lu la version {version}, la version "
        f"{current.version} est en vigueur. Relisez-la, puis refaites votre modification.",
        yours={"version": version, **changes},
        current=asdict(current),
    )


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInputError("Lieu refusé : " + " ; ".join(error.message for error in errors), errors)


def _find_place(session: Session, fields: Mapping[str, Any], wanted: str | None) -> dict[str, Any]:
    """What follows from the place of a site: ``departement_code``, ``code_insee``, ``commune_nom``.

    The commune is known by its code, else by the point. Raises InvalidInputError.
    """
    _refuse(_point_errors(fields))
    by_code = fields["code_insee"] is not None
    place, errors = _place_by_code(session, fields) if by_code else _place_by_point(session, fields, wanted)
    _refuse(errors)
    departement = str(place["departement_code"])
    _refuse(_departement_errors(departement, wanted) or _extent_errors(session, fields, departement))
    return place


def _point_errors(fields: Mapping[str, Any]) -> list[FieldError]:
    lon, lat, form = fields.get("lon"), fields.get("lat"), str(fields.get("form"))
    if (lon is None) != (lat is None):
        missing = "lon" if lon is None else "lat"
        return [FieldError(f"body.{missing}", "rien", "lon et lat vont ensemble : donnez les deux ou aucun des deux.")]
    if lon is None and form in SPATIAL_FORMS:
        message = f"lon et lat sont obligatoires pour « {FORM_LABELS_FR[form]} » ; seul un téléphone s’en passe."
        return [FieldError("body.lon", "rien", message)]
    return []


def _hours_errors(hours: str | None) -> list[FieldError]:
    if hours is None or opening_hours.validate(hours):
        return []
    message = (
        "Horaires non reconnus. Attendu : la notation opening_hours d’OpenStreetMap, par exemple "
        "« Mo-Fr 09:00-12:00,14:00-17:30; PH off », ou null si vous ne les connaissez pas."
    )
    return [FieldError("body.opening_hours", hours[:80], message)]


def _place_by_point(
    session: Session, fields: Mapping[str, Any], wanted: str | None
) -> tuple[dict[str, Any], list[FieldError]]:
    lon, lat = fields.get("lon"), fields.get("lat")
    found = None if lon is None or lat is None else places.commune_at(session, lon, lat)
    if found is not None:
        return _place(found.departement_code, found.code_insee, found.nom), []
    if wanted is not None:
        return _place(wanted, None, fields.get("commune_nom")), []
    message = (
        "Commune inconnue : aucune commune chargée ne contient ce point. Donnez code_insee, ou departement, "
        "ou vérifiez lon et lat (ne sont-ils pas inversés ?)."
    )
    return {}, [FieldError("body.code_insee", "rien", message)]


def _place_by_code(session: Session, fields: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    code = str(fields["code_insee"])
    if not _CODE_INSEE.fullmatch(code):
        message = "Code INSEE attendu : cinq caractères, comme « 2A004 » ou « 01053 »."
        return {}, [FieldError("body.code_insee", code[:80], message)]
    commune = places.commune_by_code(session, code)
    departement = commune.departement_code if commune else departement_of(code)
    if commune is None and places.has_communes(session, departement):
        message = (
            f"Aucune commune {code} dans le département {departement} tel qu’il est chargé : code supprimé "
            "par une fusion, code postal pris pour un code INSEE, ou faute de frappe ?"
        )
        return {}, [FieldError("body.code_insee", code, message)]
    name = commune.nom if commune else fields.get("commune_nom")
    return _place(departement, code, name), []


def _place(departement: str, code_insee: str | None, nom: str | None) -> dict[str, Any]:
    return {"departement_code": departement, "code_insee": code_insee, "commune_nom": nom}


def _departement_errors(found: str, wanted: str | None) -> list[FieldError]:
    if wanted is None or wanted == found:
        return []
    message = f"Le lieu est dans le département {found} d’après sa commune, non dans {wanted}."
    return [FieldError("body.departement", wanted, message)]


def _extent_errors(session: Session, fields: Mapping[str, Any], departement: str) -> list[FieldError]:
    lon, lat = fields.get("lon"), fields.get("lat")
    extent = places.departement_extent(session, departement) or _known_extent(departement)
    if lon is None or lat is None or extent is None or extent.holds(lon, lat, EXTENT_MARGIN_DEG):
        return []
    swapped = " lon et lat semblent inversés." if extent.holds(lat, lon, EXTENT_MARGIN_DEG) else ""
    message = (
        f"Point hors du département {departement} : lon attendue entre {extent.west:.2f} et "
        f"{extent.east:.2f}, lat entre {extent.south:.2f} et {extent.north:.2f}.{swapped}"
    )
    return [FieldError("body.lon", f"{lon}, {lat}", message)]


def _known_extent(departement: str) -> places.Extent | None:
    """The rough extent of a département whose boundaries are not loaded."""
    known = TERRITORIES.get(departement)
    return None if known is None else places.Extent(*known.extent)


def departement_of(code_insee: str) -> str:
    """« 2A004 » → « 2A », « 97105 » → « 971 »."""
    return code_insee[:3] if code_insee.startswith(("97", "98")) else code_insee[:2]
