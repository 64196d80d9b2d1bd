"""A trivial request, timed from outside: it waits for nothing but the event loop.

By a bare socket: HTTP clients limit each read and not the whole, so that a server which sends a byte now and
then holds them up for ever, and they cannot tell the network's share of the time from the server's.
"""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from fastdiag.collectors.probe_headers import Said, own_ids, read_headers, report_headers
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.model.signal import Bound, Reason
from fastdiag.model.target import Target

PATH: Final = "/.well-known/fastdiag-probe"
"""No application routes it, so the router answers 404 at once: no handler, no database, no side effect."""
PROBES: Final = 8
"""On fresh connections. Workers that accept from sockets of their own (SO_REUSEPORT) are met by chance: to
miss one of two with all eight has 1 chance in 128. Of workers that share one socket, a free one answers."""
PATIENCE_S: Final = 2.0
SPARE_S: Final = 0.3
MAX_ADDRESSES: Final = 3
LEAST_S: Final = 0.1
MAX_STATUS_LINE_BYTES: Final = 1024
GATEWAY_ERRORS: Final = frozenset({502, 503, 504})
"""Of a proxy, they say that it got nothing from the service; of the service itself, 503 that it is full."""


Address = tuple[socket.AddressFamily, tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to ask. ``is_direct``: the service itself listens there, not a proxy in front of it."""

    host: str
    port: int
    path: str
    is_tls: bool
    is_direct: bool

    @property
    def round_trips(self) -> int:
        """How often a probe crosses the network: TCP handshake, request; with TLS 1.3 one for its own."""
        return 3 if self.is_tls else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one probe: how long until the first line of an answer, of it until connected.

    said  what the headers tell, which are read when the clock has stopped
    """

    total_s: float
    connect_s: float
    status: int
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a probe got no answer of the service; ``waited_s`` when it was given up."""

    detail: str
    waited_s: float | None = None


def collect(target: Target, sink: Sink) -> None:
    """Send a few trivial requests to ``target.app_url``, one at a time, and time them.

    From the service itself an answer of any status counts: the question is how long the loop takes to give
    one. The network's own round trips are taken off, as the TCP handshake, which the kernel answers, shows
    them.
    """
    if target.app_url is None:
        raise SourceSkipped(
            "no URL of the service is known", hint="give one with --app-url http://127.0.0.1:8000"
        )
    place = _place(target.app_url, target)
    sink.target = _shown(place)
    outcomes = _probe(place, _resolved(place), target.sample_gap_s, sink)
    if not outcomes:
        raise SourceFailed(Reason.TIMED_OUT, "no time left to probe", hint="raise --deadline")
    _report(place, outcomes, sink)


def _place(url: str, target: Target) -> Place:
    """Take the URL apart; what is not needed is left out, credentials above all."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, SplitResult("", "", "", "", "")
    if not host or parts.scheme not in {"http", "https"}:
        raise SourceFailed(
            Reason.FAILED, "the URL of the service is none", hint="write it like http://127.0.0.1:8000"
        )
    port = port or (443 if parts.scheme == "https" else 80)
    return Place(
        host=host,
        port=port,
        path=parts.path.rstrip("/") + PATH,
        is_tls=parts.scheme == "https",
        is_direct=target.local is not None and port in target.local.ports,
    )


def _shown(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return f"{'https' if place.is_tls else 'http'}://{host}:{place.port}"


def _resolved(place: Place) -> list[Address]:
    """Look the host up, once: how long that takes is not the service's doing."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot be one
        raise SourceFailed(
            Reason.FAILED, f"the host is not known here: {_said(error)}", hint="check --app-url"
        ) from error
    return [(family, address) for family, _, _, _, address in found[:MAX_ADDRESSES]]


def _probe(place: Place, addresses: list[Address], window_s: float, sink: Sink) -> list[Answer | Failure]:
    """Ask over and over, evenly spread over the window."""
    outcomes: list[Answer | Failure] = []
    ends = time.monotonic() + min(window_s, sink.remaining() - SPARE_S)
    while len(outcomes) < PROBES and (left := ends - time.monotonic()) > 0:
        pause_ends = time.monotonic() + left / (PROBES - len(outcomes))
        sink.requests += 1
        patience_s = max(LEAST_S, min(PATIENCE_S, sink.remaining() - SPARE_S))
        outcomes.append(_ask(place, addresses, patience_s))
        time.sleep(max(0.0, min(pause_ends, ends) - time.monotonic()))
    return outcomes


def _ask(place: Place, addresses: list[Address], patience_s: float) -> Answer | Failure:
    """Ask once, on a connection of its own, within ``patience_s`` in all."""
    started = time.monotonic()
    until = started + patience_s
    try:
        with _connected(addresses, until) as plain:
            connected = time.monotonic()
            plain.settimeout(_left_s(until))
            with _secured(plain, place) as connection:
                connection.settimeout(_left_s(until))
                connection.sendall(_request(place))
                line, rest = _status_line(connection, until)
                ended = time.monotonic()
                said = read_headers(connection, rest, until)
    except TimeoutError:
        return Failure(detail=f"no answer within {patience_s:.1f} s", waited_s=patience_s)
    except OSError as error:
        return Failure(detail=_said(error))
    status = line.split()[1:2] if line.startswith(b"HTTP/") else []
    if not status or not status[0].isdigit():
        return Failure(detail="no HTTP answer" if line else "the connection was closed without an answer")
    return Answer(total_s=ended - started, connect_s=connected - started, status=int(status[0]), said=said)


def _connected(addresses: list[Address], until: float) -> socket.socket:
    """Connect to the first address that accepts. Raises what the last one said."""
    refusal = OSError("the host has no address")
    for family, address in addresses:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(_left_s(until))
            connection.connect(address)
        except OSError as error:
            connection.close()
            refusal = error
        else:
            return connection
    raise refusal


def _secured(plain: socket.socket, place: Place) -> socket.socket:
    if not place.is_tls:
        return plain
    context = ssl.create_default_context()
    context.check_hostname = False  # only time is taken from the answer, and nothing secret is sent
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=place.host)


def _request(place: Place) -> bytes:
    host = f"[{place.host}]" if ":" in place.host else place.host
    lines = (f"GET {place.path} HTTP/1.1", f"Host: {host}:{place.port}", "User-Agent: fastdiag")
    return "\r\n".join((*lines, "Accept: */*", *own_ids(), "Connection: close", "", "")).encode()


def _status_line(connection: socket.socket, until: float) -> tuple[bytes, bytes]:
    """Read the first line of the answer, which may come byte by byte, and whatever came along with it.

    Both are empty when the connection is closed first.
    """
    received = b""
    while b"\n" not in received and len(received) < MAX_STATUS_LINE_BYTES:
        connection.settimeout(_left_s(until))
        chunk = connection.recv(MAX_STATUS_LINE_BYTES)
        if not chunk:
            break
        received += chunk
    line, _, rest = received.partition(b"\n")
    return line, rest


def _left_s(until: float) -> float:
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _said(error: Exception) -> str:
    """Return an error in the system's words, in lower case and without codes."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{text[:1].lower()}{text[1:]}"


def _report(place: Place, outcomes: list[Answer | Failure], sink: Sink) -> None:
    judged = [_judged(outcome, is_direct=place.is_direct) for outcome in outcomes]
    failures = [outcome for outcome in judged if isinstance(outcome, Failure)]
    answers = [outcome for outcome in judged if isinstance(outcome, Answer)]
    refused = [answer for answer in answers if answer.status in GATEWAY_ERRORS]
    sink.reading("probe.failures", (len(failures) + len(refused)) / len(outcomes))
    report_headers([answer.said for answer in answers], sink, is_direct=place.is_direct)
    waited = [failure.waited_s for failure in failures if failure.waited_s is not None]
    # The quickest handshake is the network's own time; a slow one is a full accept queue, and counts.
    network_s = place.round_trips * min((answer.connect_s for answer in answers), default=0.0)
    latencies = [max(0.0, answer.total_s - network_s) for answer in answers]
    if waited:
        bias = f"no answer within {max(waited):.1f} s: at least that long"
        sink.reading("probe.latency", max([*waited, *latencies]), bias=bias, bound=Bound.AT_LEAST)
    elif latencies:
        sink.reading("probe.latency", max(latencies))
    else:
        sink.missing("probe.latency", Reason.FAILED, failures[0].detail)
        sink.problem(failures[0].detail, hint="is the service listening where --app-url points?")


def _judged(outcome: Answer | Failure, *, is_direct: bool) -> Answer | Failure:
    """Take what a proxy says on its own account for what it is: no answer of the service."""
    if isinstance(outcome, Failure) or is_direct:
        return outcome
    if outcome.status in GATEWAY_ERRORS:
        return Failure(detail=f"{outcome.status}: a proxy answered, not the service")
    if 300 <= outcome.status < 400:  # noqa: PLR2004 - the class of HTTP redirections
        return Failure(detail=f"{outcome.status}: redirected, perhaps by a proxy; give the final URL")
    return outcome
