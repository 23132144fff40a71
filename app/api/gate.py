"""The door of what is long to make: few at work, few waiting, the others are told to come back.

A waiting request holds neither a thread nor a connection, and the short answers have threads of their own: a crowd
before this door delays nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from app.api.problems import Refused

Made = TypeVar("Made")
#: About what it takes for one of those at work to be done.
RETRY_AFTER_S: Final = 5


class Gate:
    """``at_work`` calls at once, each in a thread, and at most ``waiting`` behind them. Made in the event loop."""

    def __init__(self, at_work: int, waiting: int) -> None:
        self.limiter = CapacityLimiter(at_work)
        self.most_inside = at_work + waiting
        self.inside = 0

    async def run(self, call: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
        """What ``call`` answers, made in a thread when its turn comes. Raises Refused (429) when too many wait.

        Counted here rather than asked of the limiter: a call is only in its queue some turns of the loop later.
        """
        if self.inside >= self.most_inside:
            raise Refused(
                429,
                "Trop de calculs longs sont déjà demandés (isochrones, lieux proches, rapports). "
                f"Réessayez dans {RETRY_AFTER_S} secondes.",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        self.inside += 1
        try:
            return await to_thread.run_sync(partial(call, *args, **kwargs), limiter=self.limiter)
        finally:
            self.inside -= 1


async def get_gate(request: Request) -> Gate:
    gate: Gate = request.app.state.gate
    return gate


GateDep = Annotated[Gate, Depends(get_gate)]
