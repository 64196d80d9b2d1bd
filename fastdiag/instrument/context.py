"""The request that the running code works for."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fastdiag.instrument.tasks import Watched


class RequestContext:
    """One request; its tasks and threads share it, because they inherit the context that it is in.

    id            the request's id
    tasks         what the application began in it, unless it is done and all is well
    is_over       whether it has been answered, or given up
    failed_calls  outgoing requests (method, host, path) that failed, so that a repetition is known
    """

    __slots__ = ("failed_calls", "id", "is_over", "tasks")

    def __init__(self, request_id: str) -> None:
        self.id = request_id
        self.is_over = False
        self.tasks: set[Watched] = set()
        self.failed_calls: set[tuple[str, str, str]] = set()


CURRENT: Final[ContextVar[RequestContext | None]] = ContextVar("fastdiag_request", default=None)


def request_id() -> str | None:
    """Return the id of the request that the caller works for, None outside a request.

    To hand on to what does not inherit the context: a queue's message, a header of an outgoing call.
    """
    context = CURRENT.get()
    return context.id if context else None
