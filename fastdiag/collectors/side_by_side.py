"""Several servers of one kind, looked at side by side: one that fails costs the others nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol, TypeVar

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.model.target import Secret

MAX_SERVERS: Final = 8
SPARE_S: Final = 0.3
MARGIN_S: Final = 0.1
"""By so much earlier each gives up by itself, so that it can still say what it waited for."""


class Watched(Protocol):
    """A server, as far as it has been seen."""

    shown: str
    requests: int
    failure: SourceFailed | None


W = TypeVar("W", bound=Watched)


def affordable(urls: Sequence[Secret], sink: Sink, *, what: str, option: str) -> Sequence[Secret]:
    """Return those that are asked; that there are more is a problem of the source."""
    if len(urls) > MAX_SERVERS:
        sink.problem(
            f"only {MAX_SERVERS} of {len(urls)} {what} were asked", hint=f"{option} names those to ask"
        )
    return urls[:MAX_SERVERS]


def watch_all(servers: Sequence[W], watch: Callable[[W, float], None], sink: Sink) -> None:
    """Watch each until shortly before the sink's time is up (``watch`` is told when); keep what failed."""
    until = time.monotonic() + max(0.0, sink.remaining() - SPARE_S)
    calls = [partial(watch, server, until - MARGIN_S) for server in servers]
    for server, result in zip(servers, run_all(calls, until), strict=True):
        if isinstance(result, SourceFailed):
            server.failure = result
    sink.target = ", ".join(server.shown for server in servers)
    sink.requests = sum(server.requests for server in servers)


def complain(servers: Sequence[Watched], sink: Sink) -> None:
    """Tell which failed. When all did, the first one's reason is the source's: it is raised."""
    failures = [(server, server.failure) for server in servers if server.failure is not None]
    if failures and len(failures) == len(servers):
        raise failures[0][1]
    for server, failure in failures:
        sink.problem(f"{server.shown}: {failure.detail}", hint=failure.hint)
