"""The bodies of answers to outgoing requests: a timeout while one is read is a timeout, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Protocol

import httpx

from fastdiag.instrument.guard import Guard

_GUARD = Guard("bodies of httpx")


class Failing(Protocol):
    """Whoever wants to know of a failure."""

    def failed(self, kind: type[BaseException]) -> None:
        """Take note of it."""


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, call: Failing) -> None:
        self._stream = stream
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except httpx.HTTPError as error:
            with _GUARD:
                self._call.failed(type(error))
            raise

    def close(self) -> None:
        self._stream.close()


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, call: Failing) -> None:
        self._stream = stream
        self._call = call

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except httpx.HTTPError as error:
            with _GUARD:
                self._call.failed(type(error))
            raise

    async def aclose(self) -> None:
        await self._stream.aclose()


def watch_body(response: httpx.Response, call: Failing) -> None:
    """Tell the call when reading the body fails."""
    if isinstance(response.stream, httpx.SyncByteStream):
        response.stream = _Body(response.stream, call)


def watch_async_body(response: httpx.Response, call: Failing) -> None:
    """Tell the call when reading the body fails."""
    if isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = _AsyncBody(response.stream, call)
