"""The outermost layer of the application: gives each request its context, and its id to the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from fastdiag.instrument.context import CURRENT, RequestContext
from fastdiag.instrument.guard import Guard
from fastdiag.instrument.request_ids import id_for
from fastdiag.instrument.tasks import leave

# ASGI's own types, spelt as Starlette does: what stands in a message depends on its type.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_ARRIVAL: Final = Guard("the arrival of a request")
_ANSWER: Final = Guard("the request id of an answer")
_END: Final = Guard("the end of a request")
_STARTS: Final = frozenset({"http.response.start", "websocket.accept"})


class Requests:
    """ASGI middleware.

    app          what it stands around; the name by which others walk through the layers
    header       name of the request id's header, in lower case; None: ids are neither read nor answered
    start        called in the running event loop with every scope; cheap when there is nothing to start
    """

    def __init__(self, app: Application, header: bytes | None, start: Callable[[], None]) -> None:
        self.app = app
        self._header = header
        self._start = start

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        with _ARRIVAL:
            self._start()
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        context = RequestContext("")
        with _ARRIVAL:
            self._identify(scope, context)
        token = CURRENT.set(context)
        try:
            await self.app(scope, receive, self._sending(send, context) if context.id else send)
            # Not after an error: the server is about to log it, and that line needs the id most.
            CURRENT.reset(token)
        finally:
            with _END:
                leave(context)

    def _identify(self, scope: Scope, context: RequestContext) -> None:
        if self._header is None:
            return
        context.id = id_for(scope["headers"], self._header)
        for name, _ in scope["headers"]:
            if name == self._header:
                return
        # Whatever else deals with request ids in the application takes over this one.
        scope["headers"] = [*scope["headers"], (self._header, context.id.encode("ascii"))]

    def _sending(self, send: Send, context: RequestContext) -> Send:
        header = self._header or b""

        async def send_with_id(message: Message) -> None:
            if message["type"] in _STARTS:
                with _ANSWER:
                    _add(message, header, context.id)
            await send(message)

        return send_with_id


def _add(message: Message, header: bytes, request_id: str) -> None:
    """Add the id to the headers of an answer, unless the application has done so itself."""
    headers = message.get("headers") or ()
    for name, _ in headers:
        if name.lower() == header:
            return
    message["headers"] = [*headers, (header, request_id.encode("ascii"))]
