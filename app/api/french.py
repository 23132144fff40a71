"""Validation errors of pydantic, said in French: what was received, what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel

from app.api.schemas import DEPARTEMENT_PATTERN
from app.errors import FieldError

#: pydantic's error type -> message; ``{name}`` are pydantic's own context values.
MESSAGES: Final[dict[str, str]] = {
    "missing": "Valeur obligatoire absente.",
    "extra_forbidden": "Champ inconnu ou non modifiable.",
    "string_type": "Attendu : un texte.",
    "string_unicode": "Attendu : un texte Unicode valide.",
    "string_too_short": "Texte trop court : au moins {min_length} caractère(s).",
    "string_too_long": "Texte trop long : au plus {max_length} caractères.",
    "string_pattern_mismatch": "Écriture inattendue ; modèle attendu : {pattern}",
    "int_type": "Attendu : un nombre entier.",
    "int_parsing": "Attendu : un nombre entier.",
    "int_parsing_size": "Nombre entier trop grand.",
    "int_from_float": "Attendu : un nombre entier, sans décimales.",
    "float_type": "Attendu : un nombre.",
    "float_parsing": "Attendu : un nombre, avec un point décimal.",
    "finite_number": "Attendu : un nombre fini (ni NaN ni infini).",
    "decimal_type": "Attendu : un montant décimal.",
    "decimal_parsing": "Attendu : un montant décimal, par exemple « 85000.00 ».",
    "greater_than": "Trop petit : strictement plus de {gt}.",
    "greater_than_equal": "Trop petit : au moins {ge}.",
    "less_than": "Trop grand : strictement moins de {lt}.",
    "less_than_equal": "Trop grand : au plus {le}.",
    "multiple_of": "Attendu : un multiple de {multiple_of}.",
    "bool_type": "Attendu : true, false, ou null si vous ne savez pas.",
    "bool_parsing": "Attendu : true ou false.",
    "none_required": "Attendu : null.",
    "uuid_type": "Attendu : un identifiant UUID.",
    "uuid_parsing": "Attendu : un identifiant UUID, par exemple « 1b4e28ba-2fa1-11d2-883f-0016d3cca427 ».",
    "date_type": "Attendu : une date AAAA-MM-JJ.",
    "date_parsing": "Attendu : une date AAAA-MM-JJ.",
    "date_from_datetime_parsing": "Attendu : une date AAAA-MM-JJ.",
    "date_from_datetime_inexact": "Attendu : une date AAAA-MM-JJ, sans heure.",
    "list_type": "Attendu : une liste.",
    "too_long": "Liste trop longue : au plus {max_length} éléments.",
    "too_short": "Liste trop courte : au moins {min_length} élément(s).",
    "dict_type": "Attendu : un objet JSON.",
    "model_type": "Attendu : un objet JSON.",
    "model_attributes_type": "Attendu : un objet JSON.",
}
_FALLBACK: Final = "Valeur refusée."
_QUOTED: Final = re.compile(r"'((?:[^'\\]|\\.)*)'")


def field_errors(errors: Iterable[Mapping[str, Any]], route: Any = None) -> list[FieldError]:
    """Translate pydantic's ``errors()``; ``route`` gives the names expected instead of an unknown one."""
    return [FieldError(_path(error["loc"]), _received(error), _message(error, route)) for error in errors]


def _path(loc: Iterable[str | int]) -> str:
    return ".".join(str(part) for part in loc)


def _received(error: Mapping[str, Any]) -> str:
    if error["type"] == "missing":
        return "rien"
    text = str(error.get("input"))
    return text if len(text) <= 80 else text[:79] + "…"


def _message(error: Mapping[str, Any], route: Any) -> str:
    context = error.get("ctx") or {}
    if error["type"] == "value_error":  # our own validators already speak French
        return str(context.get("error", _FALLBACK))
    if error["type"] in ("literal_error", "enum"):
        allowed = _QUOTED.findall(str(context.get("expected", "")))
        return "Valeurs acceptées : " + ", ".join(allowed) + "."
    if error["type"] == "extra_forbidden" and (known := body_fields(route)):
        return f"Champ inconnu ou non modifiable. Champs acceptés : {', '.join(known)}."
    if context.get("pattern") == DEPARTEMENT_PATTERN:
        return "Code de département attendu, en majuscules : « 01 », « 2A », « 971 »."
    template = MESSAGES.get(error["type"], _FALLBACK)
    try:
        return template.format(**context)
    except KeyError:
        return _FALLBACK


def body_fields(route: Any) -> list[str]:
    """Names of the fields of the JSON body a route accepts."""
    body = getattr(route, "body_field", None)
    model = getattr(getattr(body, "field_info", None), "annotation", None)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return list(model.model_fields)
    return []


def query_names(dependant: Any) -> list[str]:
    """Names of the query parameters of a route's ``dependant``, those of its dependencies included."""
    names = [str(parameter.alias) for parameter in dependant.query_params]
    return names + [name for inner in dependant.dependencies for name in query_names(inner)]
