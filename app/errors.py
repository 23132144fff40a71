"""Everything that can go wrong in the service, without a word of HTTP (the table error -> status is in api/problems.py).

    ServiceError
    |- NotFoundError            nothing under that name
    |- InvalidInputError        values that cannot be used; carries the list of fields
    |  `- BadFileError          a file that cannot be imported; nothing was kept
    |- ConflictError            the state of things does not allow it
    |  `- EditedMeanwhileError  somebody else changed it first; carries both versions
    `- NotReadyError            the service cannot answer yet
       `- DatabaseUnavailableError

Messages are French: what was received, what was expected, what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    field: str
    received: str
    message: str


class ServiceError(Exception):
    """Root of what the service raises on purpose."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFoundError(ServiceError):
    """Nothing under that name."""


class InvalidInputError(ServiceError):
    """Values that cannot be used."""

    def __init__(self, detail: str, errors: list[FieldError] | None = None) -> None:
        super().__init__(detail)
        self.errors = errors or []


class BadFileError(InvalidInputError):
    """A file that cannot be imported; nothing was kept."""


class ConflictError(ServiceError):
    """The state of things does not allow it."""


class EditedMeanwhileError(ConflictError):
    """Somebody else changed it first."""

    def __init__(self, detail: str, *, yours: dict[str, Any], current: dict[str, Any]) -> None:
        super().__init__(detail)
        self.yours = yours
        self.current = current


class NotReadyError(ServiceError):
    """The service cannot answer yet."""


class DatabaseUnavailableError(NotReadyError):
    """No database: not installed, not started, disk full, half-made cluster."""
