"""One request to an address that takes what is sent to it: bounded in time and bytes, and to no other."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from fastdiag import __version__
from fastdiag.channels.failure import DeliveryError
from fastdiag.channels.web_faults import fault
from fastdiag.model.notify import WebPlace

if TYPE_CHECKING:
    import httpx

CONNECT_LIMIT_S: Final = 3.0
ANSWER_LIMIT_S: Final = 8.0
MAX_ANSWER_BYTES: Final = 64 * 1024
MAX_QUOTED_CHARS: Final = 120
LEAST_TIMEOUT_S: Final = 0.05
_AGAIN: Final = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Answers after which the same request may succeed (RFC 9110, sections 15.5 and 15.6)."""
_DENIED: Final = frozenset((401, 403, 407))
_GONE: Final = frozenset((404, 410))
_REDIRECTS: Final = range(300, 400)
_TOO_LARGE: Final = 413


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent where. ``path`` is added to that of the place."""

    place: WebPlace
    method: str
    content_type: str
    body: bytes = field(repr=False)
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def ask(request: Request, deadline: float) -> bytes:
    """Send a request once and return what was answered, or the beginning of it.

    Redirects are not followed, for they could lead to another host.

    Raises:
        DeliveryError: it was not taken, or there was no answer in time.

    """
    import httpx  # noqa: PLC0415 - 0.2 s of imports

    left = max(LEAST_TIMEOUT_S, min(ANSWER_LIMIT_S, deadline - time.monotonic()))
    try:
        with (
            _client(request.place, left) as client,
            client.stream(
                request.method,
                f"{request.place.url.reveal()}{request.path}",
                content=request.body,
                headers=_headers(request),
            ) as response,
        ):
            said = _read(response, time.monotonic() + left)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise fault(error, left) from None  # the error quotes the URL
    _check(response, said)
    return said


def _client(place: WebPlace, left_s: float) -> httpx.Client:
    import httpx  # noqa: PLC0415 - as above

    return httpx.Client(
        verify=_trust(place),
        timeout=httpx.Timeout(left_s, connect=min(CONNECT_LIMIT_S, left_s)),
        follow_redirects=False,
        limits=httpx.Limits(max_keepalive_connections=0),
    )


def _trust(place: WebPlace) -> ssl.SSLContext | bool:
    """Return whose certificates count; True is those of the client library."""
    ca_file = place.access.ca_file
    if ca_file is None:
        is_plain = urlsplit(place.url.reveal()).scheme == "http"
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else True  # nobody's: none are loaded
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError):
        raise DeliveryError(f"{ca_file} holds no certificates", hint="ca_file names a file in PEM") from None


def _headers(request: Request) -> dict[str, str]:
    return {
        "User-Agent": f"fastdiag/{__version__}",
        "Accept-Encoding": "identity",  # an answer that unfolds to gigabytes is not read
        "Content-Type": request.content_type,
        **request.headers,
        **{name: value.reveal() for name, value in request.place.access.headers},
    }


def _read(response: httpx.Response, deadline: float) -> bytes:
    """Read the answer, piece by piece, so that neither a trickle nor a flood holds us up."""
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
            break  # what it has to say stands at the beginning
    return bytes(body[:MAX_ANSWER_BYTES])


def _check(response: httpx.Response, said: bytes) -> None:
    status = response.status_code
    if response.is_success:
        return
    if status in _DENIED:
        raise DeliveryError(f"access was refused ({status})", hint="check its URL, and its token or user")
    if status in _REDIRECTS:
        to = urlsplit(response.headers.get("location", "")).hostname
        raise DeliveryError(
            f"redirected{f' to {to}' if to else ''} ({status})", hint="give the final URL: none is followed"
        )
    if status in _GONE:
        raise DeliveryError(
            f"nothing takes messages at this address ({status})",
            hint="was the webhook revoked? make a new one",
        )
    quoted = _quoted(response, said)
    if status in _AGAIN:
        wait_s = _asked_wait(response.headers.get("retry-after", ""))
        asks = "" if wait_s is None else f", asks to wait {wait_s:.0f} s"
        raise DeliveryError(
            f"the server does not take it now ({status}{asks}){quoted}", is_passing=True, wait_s=wait_s
        )
    hint = "less than a diagnosis may be sent there" if status == _TOO_LARGE else None
    raise DeliveryError(f"the server refused it ({status}){quoted}", hint=hint)


def _quoted(response: httpx.Response, said: bytes) -> str:
    """Return what the answer says in plain text; web pages say nothing to us."""
    text = said.decode("utf-8", "replace").strip()
    is_plain = text and not text.startswith("<") and "content-encoding" not in response.headers
    return f": {text[:MAX_QUOTED_CHARS]}" if is_plain else ""


def _asked_wait(header: str) -> float | None:
    """Return the seconds that a Retry-After asks for: a number, or a moment (RFC 9110, section 10.2.3)."""
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError, OSError):
        return None
