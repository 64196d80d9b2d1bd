"""Outgoing requests of httpx: how long they take, how they fail, and which repeat one that failed.

Timed where the transport of the network begins, so that each hop of a redirection counts by itself, and
transports without a network (ASGI, tests) do not count at all. Timed until the headers of the answer are
there; a timeout while its body is read is counted when it happens.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final, Self

from fastdiag.instrument.context import CURRENT
from fastdiag.instrument.guard import Guard
from fastdiag.instrument.meter import METER
from fastdiag.instrument.metrics import CALL_RETRIES, CALL_TIMEOUTS, CALLS
from fastdiag.instrument.patching import Method, Patch, wrap

if TYPE_CHECKING:
    import httpx

BY_APPLICATION: Final = "application"
BY_TRANSPORT: Final = "transport"
_GUARD: Final = Guard("outgoing requests of httpx")
_METHODS: Final = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
_PORTS: Final = {"http": "80", "https": "443"}
# Answers that ask to come back later.
_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_CONTRIB: Final = "opentelemetry.instrumentation.httpx"


class Call:
    """One outgoing request: a context around the transport's work."""

    __slots__ = ("_began_s", "_key", "_labels", "_response", "host")

    def __init__(self, request: httpx.Request) -> None:
        url = request.url
        self.host = url.host
        port = str(url.port or _PORTS.get(url.scheme, ""))
        method = request.method if request.method in _METHODS else "_OTHER"
        self._labels = (self.host, port, method)
        self._key = (request.method, self.host, url.path)
        self._response: httpx.Response | None = None
        self._began_s = time.perf_counter()

    def __enter__(self) -> Self:
        """Begin."""
        with _GUARD:
            context = CURRENT.get()
            if context is not None and self._key in context.failed_calls:
                METER.record(CALL_RETRIES, 1, self.host, BY_APPLICATION)
        return self

    def answered(self, response: httpx.Response) -> None:
        """Take note that the headers are there."""
        self._response = response

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """End; a call that is cancelled from outside has neither answer nor failure."""
        with _GUARD:
            if kind is not None and issubclass(kind, Exception):
                self._ended("", kind.__name__, failed=True)
                self.failed(kind)
            elif self._response is not None:
                status = self._response.status_code
                error_type = str(status) if status >= 400 else ""  # noqa: PLR2004 - as HTTP and OpenTelemetry say
                self._ended(str(status), error_type, failed=status in _TRY_AGAIN)

    def failed(self, kind: type[BaseException]) -> None:
        """Count a timeout, before the answer or in its body."""
        if "Timeout" in kind.__name__:
            METER.record(CALL_TIMEOUTS, 1, self.host, kind.__name__)

    def _ended(self, status: str, error_type: str, *, failed: bool) -> None:
        if not (status and _is_timed_elsewhere()):
            METER.record(CALLS, time.perf_counter() - self._began_s, *self._labels, status, error_type)
        context = CURRENT.get()
        if context is not None and failed:
            context.failed_calls.add(self._key)
        elif context is not None:
            context.failed_calls.discard(self._key)


def _is_timed_elsewhere() -> bool:
    """Whether OpenTelemetry's instrumentation of httpx is at work: answers would be counted twice.

    Calls without an answer it leaves out (as of 0.66b1): those are recorded all the same.
    """
    contrib = sys.modules.get(_CONTRIB)
    if contrib is None:
        return False
    return bool(getattr(contrib.HTTPXClientInstrumentor(), "is_instrumented_by_opentelemetry", False))


def _install() -> None:
    import httpx  # noqa: PLC0415 - the application has it

    wrap(httpx.HTTPTransport, "handle_request", _timed)
    wrap(httpx.AsyncHTTPTransport, "handle_async_request", _timed_async)


def _timed(original: Method) -> Method:
    from fastdiag.instrument.call_bodies import watch_body  # noqa: PLC0415 - imports httpx

    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        with _GUARD:
            _note_retries(self, request)
        with Call(request) as call:
            response: httpx.Response = original(self, request)
            call.answered(response)
        with _GUARD:
            watch_body(response, call)
        return response

    return handle_request


def _timed_async(original: Method) -> Method:
    from fastdiag.instrument.call_bodies import watch_async_body  # noqa: PLC0415 - imports httpx

    async def handle_async_request(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        with _GUARD:
            _note_async_retries(self, request)
        with Call(request) as call:
            response: httpx.Response = await original(self, request)
            call.answered(response)
        with _GUARD:
            watch_async_body(response, call)
        return response

    return handle_async_request


def _note_retries(transport: httpx.HTTPTransport, request: httpx.Request) -> None:
    if _retries(transport) and "trace" not in request.extensions:
        request.extensions["trace"] = lambda event, _: _note(event, request.url.host)


def _note_async_retries(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> None:
    async def trace(event: str, _: object) -> None:
        _note(event, request.url.host)

    if _retries(transport) and "trace" not in request.extensions:
        request.extensions["trace"] = trace


def _retries(transport: Any) -> int:  # noqa: ANN401 - nothing public tells it
    """Return how often a transport repeats what could not connect, 0 as a rule."""
    return int(getattr(getattr(transport, "_pool", None), "_retries", 0))


def _note(event: str, host: str) -> None:
    if event == "connection.retry.started":
        METER.record(CALL_RETRIES, 1, host, BY_TRANSPORT)


PATCH: Final = Patch(module="httpx", needs=("AsyncHTTPTransport", "HTTPTransport"), install=_install)
