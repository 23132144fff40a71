"""What can be wrong with a file, said so that the person who holds it can mend it."""

from __future__ import annotations


class BadInputError(Exception):
    """A source that cannot be read as a whole; nothing of it was kept.

    The four parts are French and are shown as they stand: what is wrong, what was received, what was expected,
    what to do.
    """

    def __init__(self, message: str, *, received: str, expected: str, action: str) -> None:
        super().__init__(message)
        self.message = message
        self.received = received
        self.expected = expected
        self.action = action

    def __str__(self) -> str:
        parts = (("Reçu", self.received), ("Attendu", self.expected), ("À faire", self.action))
        return " ".join([self.message, *(f"{label} : {text.removesuffix('.')}." for label, text in parts)])
