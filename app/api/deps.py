"""What routes share: the strict router, the database, the ETag of an editable thing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Final, NoReturn

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.types import Message, Receive

from app.api.french import query_names
from app.api.problems import Refused, problem_responses, received
from app.errors import FieldError, InvalidInputError
from app.persistence.session import read_session, transaction
from app.settings import Settings

API_PREFIX: Final = "/api/v1"
#: A site or an agreement is a few kilobytes; files come in by another door.
MAX_BODY_BYTES: Final = 256 * 1024
_ETAG: Final = re.compile(r'(?:W/)?"v([1-9][0-9]{0,8})"')


@dataclass(frozen=True, slots=True)
class Database:
    """Opens one session for one request.

    A route opens it in its own body rather than getting it from a dependency with ``yield``: the commit then
    comes before the answer, and a connection is only ever held by a thread that is running.
    """

    engine: Engine

    @contextmanager
    def read(self) -> Iterator[Session]:
        with read_session(self.engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        with transaction(self.engine) as session:
            yield session


# Async, though they wait for nothing: FastAPI would spend a thread on each, and queue for it.
async def get_database(request: Request) -> Database:
    return Database(request.app.state.engine)


async def get_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


Db = Annotated[Database, Depends(get_database)]
SettingsDep = Annotated[Settings, Depends(get_settings)]


def _refuse_constant(text: str) -> NoReturn:
    raise Refused(400, f"« {text} » n’existe pas en JSON ; écrivez null quand la valeur est inconnue.")


def _limited(receive: Receive) -> Receive:
    """``receive`` that stops at ``MAX_BODY_BYTES``, whatever Content-Length says."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY_BYTES:
            raise Refused(413, f"Corps de plus de {MAX_BODY_BYTES // 1024} Kio : c’est trop pour cette adresse.")
        return message

    return counted


class StrictRequest(Request):
    """A request whose JSON is JSON: no NaN, no Infinity, no nesting that exhausts the stack."""

    async def json(self) -> Any:
        body = await self.body()
        try:
            return json.loads(body, parse_constant=_refuse_constant)
        except RecursionError as error:
            raise Refused(400, "Le corps JSON est imbriqué trop profondément.") from error
        except UnicodeDecodeError as error:
            raise Refused(400, "Le corps reçu n’est pas du texte UTF-8.") from error


class StrictRoute(APIRoute):
    """Refuses unknown or repeated query parameters, bodies that are not JSON, bodies too large."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            check_query(request, query_names(self.dependant))
            if self.body_field is not None:
                _check_content_type(request)
            return await handler(StrictRequest(request.scope, _limited(request.receive)))

        return strict


def check_query(request: Request, known: list[str]) -> None:
    """Raise InvalidInputError naming the parameters that exist when one of the received ones does not."""
    expected = "Paramètres acceptés : " + (", ".join(known) if known else "aucun") + "."
    counts = Counter(name for name, _ in request.query_params.multi_items())
    errors = [
        FieldError(f"query.{name}", received(request.query_params[name]), f"Paramètre inconnu. {expected}")
        for name in counts
        if name not in known
    ] + [
        FieldError(f"query.{name}", f"{count} fois", "Paramètre répété : donnez-le une seule fois.")
        for name, count in counts.items()
        if name in known and count > 1
    ]
    if errors:
        raise InvalidInputError(f"Paramètre refusé : {errors[0].field[6:]}. {expected}", errors)


def _check_content_type(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not re.fullmatch(r"application/[\w.-]+\+json", media_type):
        raise Refused(415, f"Type de contenu reçu : « {received(media_type) or 'aucun'} ». Envoyez application/json.")


def api_router(tag: str) -> APIRouter:
    """A router of the public API: strict, and with its errors documented as problems."""
    return APIRouter(
        prefix=API_PREFIX,
        tags=[tag],
        route_class=StrictRoute,
        responses=problem_responses(422, 503),
    )


def etag(version: int) -> str:
    return f'"v{version}"'


def expected_version(
    if_match: Annotated[
        str | None, Header(alias="If-Match", description='Version lue, telle que reçue dans ETag : "v3"')
    ] = None,
) -> int:
    """The version the client says it read.

    ``W/`` is accepted because reverse proxies that compress weaken our tags; ``*`` is not, since it would
    silently overwrite the edits of others.
    """
    if if_match is None:
        raise Refused(
            428,
            'En-tête If-Match absent. Relisez la ressource et renvoyez son ETag, par exemple If-Match: "v3".',
        )
    match = _ETAG.fullmatch(if_match.strip())
    if match is None:
        raise Refused(400, f'If-Match reçu : « {received(if_match)} ». Attendu : une seule version, comme "v3".')
    return int(match.group(1))


ExpectedVersion = Annotated[int, Depends(expected_version)]
