"""What the headers of a trivial answer tell: whether requests carry an id, and what time it is there."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Part, Reason

MAX_HEADER_BYTES: Final = 8192
PATIENCE_S: Final = 0.25
"""After the first line the rest comes at once, or is not worth waiting for."""
ID_HEADERS: Final = frozenset(
    {
        *("x-request-id", "request-id", "x-correlation-id", "correlation-id", "x-trace-id", "trace-id"),
        *("traceresponse", "traceparent", "x-b3-traceid", "x-amzn-trace-id", "x-cloud-trace-context"),
        *("x-datadog-trace-id", "sentry-trace", "elastic-apm-traceparent", "uber-trace-id"),
    }
)
"""Names under which middleware and tracing libraries send an id back, in lower case."""
TIMING: Final = "server-timing"
TIMING_ID: Final = "traceparent;"
"""As an entry of Server-Timing, the id that browsers' tracing reads."""
RESOLUTION_S: Final = 1.0
"""A Date header is cut to whole seconds."""
_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one answer told beside its status.

    ids     names of the headers that hold an id; None when the headers did not come as a whole
    skew_s  how far its Date is from our clock, at least; None when there is none
    """

    ids: tuple[str, ...] | None = None
    skew_s: float | None = None


def own_ids() -> tuple[str, str]:
    """Return a request id and a trace context of our own, as header lines.

    The context is not sampled: where tracing follows its caller, the probe leaves no trace behind.
    """
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    return f"X-Request-ID: fastdiag-{trace}", f"traceparent: 00-{trace}-{span}-00"


def read_headers(connection: socket.socket, received: bytes, until: float) -> Said:
    """Read the rest of the headers, of which ``received`` is here, and say what they tell. Never raises."""
    until = min(until, time.monotonic() + PATIENCE_S)
    text = b"\r\n" + received
    try:
        while _END not in text and len(text) < MAX_HEADER_BYTES:
            connection.settimeout(max(0.001, until - time.monotonic()))
            chunk = connection.recv(MAX_HEADER_BYTES)
            if not chunk or time.monotonic() > until:
                break
            text += chunk
    except OSError:
        return Said()
    head, end, _ = text.partition(_END)
    return said(_headers(head), time.time()) if end else Said()


def said(headers: Mapping[str, str], now: float) -> Said:
    """Return what complete headers tell to somebody whose clock says ``now`` (seconds since the epoch)."""
    ids = sorted(name for name in ID_HEADERS & headers.keys() if headers[name])
    if TIMING_ID in headers.get(TIMING, "").replace(" ", "").lower():
        ids.append(TIMING)
    return Said(ids=tuple(ids), skew_s=_skew(headers.get("date"), now))


def _headers(head: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
    return {name.strip().lower(): value.strip() for name, colon, value in lines if colon}


def _skew(date: str | None, now: float) -> float | None:
    """Return how far ``now`` lies outside the second that a Date header names."""
    try:
        second = parsedate_to_datetime(date or "").timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, second - now, now - second - RESOLUTION_S)


def report_headers(answers: Sequence[Said], sink: Sink, *, is_direct: bool) -> None:
    """Tell what all answers together show. What a proxy adds cannot be told from the service's own."""
    names = [answer.ids for answer in answers if answer.ids is not None]
    if names:
        found = sorted({name for ids in names for name in ids})
        parts = [Part(labels=(("header", name),), value=1.0) for name in found]
        bias = "a proxy in front of the service may have added it" if found and not is_direct else None
        sink.reading("observability.request_ids", float(bool(found)), by=parts, bias=bias)
    elif answers:
        sink.missing("observability.request_ids", Reason.FAILED, "no answer had complete headers")
    skews = [answer.skew_s for answer in answers if answer.skew_s is not None]
    if skews:
        # A blocked loop sends a Date that it made up earlier: the answer that was nearest tells the clock.
        sink.reading("probe.server.date_skew", min(skews))
    elif answers:
        sink.missing("probe.server.date_skew", Reason.ABSENT, "no answer has a Date header")
