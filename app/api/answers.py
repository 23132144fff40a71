"""Answers made of figures: remembered as long as the data does not change, and with an ETag that says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.api.deps import Db
from app.domain.version import answering_code_version
from app.persistence.data_version import figures_version
from app.services.recent import Recent
from app.settings import Settings

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A body to send; ``filename`` when a browser should save it."""

    content: bytes
    media_type: str
    filename: str | None = None
    is_inline: bool = False

    @classmethod
    def of(cls, model: BaseModel) -> Answer:
        return cls(model.model_dump_json().encode(), JSON)


@dataclass(frozen=True, slots=True)
class Answers:
    """Makes the answer of one request, or finds it again."""

    request: Request
    db: Db
    recent: Recent[Answer]

    def serve(self, make: Callable[[Session], Answer]) -> Response:
        """What ``make`` answers in a read-only session, unless this address was asked of the same data.

        Everything is read in one snapshot: the ETag is that of the data the figures were read from.
        """
        with self.db.read() as session:
            version = figures_version(session)
            etag = etag_of(self.request, version)
            headers = {"ETag": etag, "Cache-Control": "no-cache"}
            if is_known(self.request, etag):
                return Response(status_code=304, headers=headers)
            key = (self.request.url.path, self.request.url.query, version)
            answer = self.recent.get(key)
            if answer is None:
                answer = make(session)
                self.recent.put(key, answer, len(answer.content))
        if answer.filename:
            kind = "inline" if answer.is_inline else "attachment"
            headers["Content-Disposition"] = f'{kind}; filename="{answer.filename}"'
        return Response(answer.content, media_type=answer.media_type, headers=headers)


def etag_of(request: Request, version: str) -> str:
    """The ETag of this address: of all that its answer is made of.

    The address is in it, so that nobody can be told that what does not exist has not changed: whoever shows this
    ETag was once given this address, of the same data, by the same code, under the same settings.
    """
    settings: Settings = request.app.state.settings
    parts = (
        request.url.path,
        request.url.query,
        version,
        answering_code_version(),
        settings.label,
        settings.funding_class_thresholds,
        settings.basemap_tiles_url,
        settings.basemap_attribution,
    )
    return f'"{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether If-None-Match holds that ETag (weakened or not by a proxy)."""
    return etag in request.headers.get("if-none-match", "")


async def get_answers(request: Request, db: Db) -> Answers:
    return Answers(request, db, request.app.state.answers)


AnswersDep = Annotated[Answers, Depends(get_answers)]
