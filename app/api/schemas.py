"""Pieces shared by the bodies and answers of the API."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.functional_validators import AfterValidator

DEPARTEMENT_PATTERN: Final = r"^(?:[0-9]{2}|2[AB]|0V|9[78][0-9])$"
#: Tab and newline are text; the rest of C0/C1 never is, and PostgreSQL refuses NUL.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: As for years: what lies beyond is a typing error.
FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)
_MONEY: Final = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,2})?")


def clean_text(value: str) -> str:
    """Unicode NFC, without spaces around; control characters are refused."""
    if _CONTROL.search(value):
        raise ValueError("Caractère de contrôle interdit dans un texte.")
    return unicodedata.normalize("NFC", value).strip()


def _one_line(value: str) -> str:
    cleaned = clean_text(value)
    if "\n" in cleaned or "\r" in cleaned:
        raise ValueError("Texte attendu sur une seule ligne.")
    return cleaned


def _parse_money(value: Any) -> Any:
    """« 85000.00 », 85000 or 85000.5. No exponent, NaN or third decimal: an amount is never guessed."""
    if value is None or isinstance(value, Decimal):
        return value
    text = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    if not _MONEY.fullmatch(text):
        raise ValueError("Montant attendu en euros, positif ou nul, avec au plus deux décimales : « 85000.00 ».")
    return Decimal(text)


def _parse_day(value: Any) -> date:
    """« 2026-01-31 » and nothing else: a number would be read as seconds, an instant has a time zone."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"« {value} » n’est pas un jour du calendrier ; attendu : une date AAAA-MM-JJ.") from None
        if FIRST_DAY <= day <= LAST_DAY:
            return day
    raise ValueError(f"Attendu : une date AAAA-MM-JJ, en texte, du {FIRST_DAY} au {LAST_DAY}.")


def plain_amount(value: Decimal) -> str:
    return f"{value:.2f}"


class Strict(BaseModel):
    """A body: unknown fields are refused rather than ignored."""

    model_config = ConfigDict(extra="forbid", str_max_length=10_000)


# The length is checked after the cleaning, so that spaces do not make a name.
Line = Annotated[str, AfterValidator(_one_line)]
Paragraph = Annotated[str, AfterValidator(clean_text)]
Money = Annotated[
    Decimal,
    BeforeValidator(_parse_money, json_schema_input_type=str),
    PlainSerializer(plain_amount, return_type=str, when_used="json"),
    Field(description="Euros, en texte décimal : « 85000.00 »", examples=["85000.00"]),
]
Day = Annotated[
    date,
    BeforeValidator(_parse_day, json_schema_input_type=date),
    Field(description=f"AAAA-MM-JJ, du {FIRST_DAY} au {LAST_DAY}", examples=["2026-01-31"]),
]
DepartementPath = Annotated[
    str,
    Path(
        pattern=DEPARTEMENT_PATTERN,
        description="Code du département : « 2A », « 01 », « 971 » ; « 00 » est fictif",
    ),
]


def line(min_length: int, max_length: int) -> Any:
    """A one-line text whose length, once cleaned, is within bounds."""

    def bounded(value: str) -> str:
        if not min_length <= len(value) <= max_length:
            raise ValueError(f"Longueur reçue : {len(value)} ; attendue : de {min_length} à {max_length} caractères.")
        return value

    return AfterValidator(bounded)


def paragraph(max_length: int) -> Any:
    """A text of several lines whose length, once cleaned, is within bounds."""

    def bounded(value: str) -> str:
        if len(value) > max_length:
            raise ValueError(f"Texte trop long : {len(value)} caractères reçus, au plus {max_length} acceptés.")
        return value

    return AfterValidator(bounded)
