"""A trivial request, timed from outside: it waits for nothing but the event loop."""

from __future__ import annotations

import time
from typing import Final

from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.model.signal import Reason
from fastdiag.model.target import Target

PATH: Final = "/.well-known/fastdiag-probe"
"""No application routes it, so the router answers 404 at once: no handler, no database, no side effect."""
PROBES: Final = 8
"""On fresh connections: with several workers, the chance to miss one of two for all eight is 1 in 128."""
PATIENCE_S: Final = 2.0
SPARE_S: Final = 0.3


def collect(target: Target, sink: Sink) -> None:
    """Send a few trivial requests to ``target.app_url``, one at a time, and time them.

    An answer of any status counts: the question is how long the loop takes to give one.
    """
    if target.app_url is None:
        raise SourceSkipped(
            "no URL of the service is known", hint="give one with --app-url http://127.0.0.1:8000"
        )
    sink.target = target.app_url
    times, failures = _probe(target.app_url.rstrip("/") + PATH, target.sample_gap_s, sink)
    if not times and not failures:
        raise SourceFailed(Reason.TIMED_OUT, "no time left to probe", hint="raise --deadline")
    sink.reading("probe.failures", len(failures) / (len(times) + len(failures)))
    late = [error for error in failures if error.startswith("no answer")]
    if times or late:
        bias = f"{late[0]}: at least that long" if late else None
        sink.reading("probe.latency", PATIENCE_S if late else max(times), bias=bias)
    else:
        sink.missing("probe.latency", Reason.FAILED, failures[0])
        sink.problem(failures[0], hint="is the service listening where --app-url points?")


def _probe(url: str, window_s: float, sink: Sink) -> tuple[list[float], list[str]]:
    """Return the latencies of the answered probes and what became of the others."""
    import httpx  # noqa: PLC0415 - costs start-up time

    times: list[float] = []
    failures: list[str] = []
    ends = time.monotonic() + min(window_s, sink.remaining() - SPARE_S)
    while len(times) + len(failures) < PROBES and (left := ends - time.monotonic()) > 0:
        pause = time.monotonic() + left / (PROBES - len(times) - len(failures))
        sink.requests += 1
        patience = min(PATIENCE_S, sink.remaining() - SPARE_S)
        started = time.monotonic()
        try:
            # A client of its own for every probe: a kept-alive connection would stay with one worker.
            with httpx.Client(timeout=max(patience, 0.1), trust_env=False, verify=False) as client:  # noqa: S501 - only time is taken from the answer
                client.get(url, headers={"user-agent": "fastdiag", "connection": "close"})
            times.append(time.monotonic() - started)
        except httpx.TimeoutException:
            failures.append(f"no answer within {patience:.1f} s")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failures.append(f"{type(error).__name__}: {error}")
        time.sleep(max(0.0, min(pause, ends) - time.monotonic()))
    return times, failures
