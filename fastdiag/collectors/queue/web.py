"""Bounded GETs of a management API. Redirects are not followed: they lead to login pages."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from fastdiag.collectors.metrics_page import refuse_packed
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Secret

if TYPE_CHECKING:
    import httpx

MAX_BODY_BYTES: Final = 2_000_000
CONNECT_LIMIT_S: Final = 3.0
_LEAST_S: Final = 0.01
OK: Final = 200
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said. ``server`` and ``realm`` are the headers that tell which program it is."""

    status: int
    body: bytes
    server: str
    realm: str

    @property
    def is_refusal(self) -> bool:
        """Whether the server wants other credentials."""
        return self.status in {UNAUTHORIZED, FORBIDDEN}

    def json(self) -> object:
        """Return the body as data; None when it is none, such as a web page."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Web:
    """An HTTP server, asked within ``until`` (a point of ``time.monotonic()``). ``requests`` counts."""

    def __init__(self, url: Secret, until: float) -> None:
        import httpx  # noqa: PLC0415 - 0.2 s of imports

        self.requests = 0
        self.until = until
        try:
            parts = urlsplit(url.reveal())
            self._base = httpx.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port)
        except (ValueError, httpx.InvalidURL):
            parts, self._base = urlsplit(""), httpx.URL("")
        if not self._base.host:
            raise SourceFailed(
                Reason.FAILED, "the URL of the queue is none", hint="write it like http://HOST:15672"
            )
        self._path = parts.path.rstrip("/")
        user = (unquote(parts.username or ""), unquote(parts.password or ""))
        self.is_anonymous = user == ("", "")
        self._client = httpx.Client(
            auth=None if self.is_anonymous else user,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "fastdiag"},
        )

    @property
    def shown(self) -> str:
        """The URL without credentials."""
        return f"{self._base}{self._path}"

    def close(self) -> None:
        """Let go of what connections there are."""
        self._client.close()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Ask for a path below the URL's own. Raises SourceFailed."""
        import httpx  # noqa: PLC0415 - as above

        left_s = max(_LEAST_S, self.until - time.monotonic())
        self.requests += 1
        timeout = httpx.Timeout(left_s, connect=min(CONNECT_LIMIT_S, left_s))
        url = f"{self._base}{self._path}{path}"
        try:
            with self._client.stream("GET", url, params=query, timeout=timeout) as response:
                return _answer(response, self._read(response))
        except httpx.HTTPError as error:
            raise _fault(error, left_s) from error

    def _read(self, response: httpx.Response) -> bytes:
        import httpx  # noqa: PLC0415 - as above

        refuse_packed(response.headers.get("content-encoding", ""))
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise SourceFailed(
                    Reason.FAILED, f"the answer is larger than {MAX_BODY_BYTES // 1_000_000} MB"
                )
            if time.monotonic() > self.until:
                raise httpx.ReadTimeout("the answer trickles")
        return bytes(body)


def _answer(response: httpx.Response, body: bytes) -> Answer:
    return Answer(
        status=response.status_code,
        body=body,
        server=response.headers.get("server", ""),
        realm=response.headers.get("www-authenticate", ""),
    )


def _fault(error: httpx.HTTPError, limit_s: float) -> SourceFailed:
    import httpx  # noqa: PLC0415 - as above

    match error:
        case httpx.ConnectTimeout():
            limit_s = min(CONNECT_LIMIT_S, limit_s)
            return SourceFailed(
                Reason.TIMED_OUT,
                f"no connection within {limit_s:.1f} s",
                hint="check host, port and firewall",
            )
        case httpx.TimeoutException():
            return SourceFailed(
                Reason.TIMED_OUT,
                f"connected, but no complete answer within {limit_s:.1f} s",
                hint="is the broker overloaded, or this not the port of its HTTP API?",
            )
        case httpx.ConnectError():
            return SourceFailed(Reason.FAILED, _said(error), hint="check host and port, and whether it runs")
        case _:
            return SourceFailed(
                Reason.FAILED,
                f"no HTTP answer: {_said(error)}",
                hint="check host and port; https:// where the port speaks TLS",
            )


def _said(error: Exception) -> str:
    text = str(error) or type(error).__name__
    text = text.partition("] ")[2] or text  # [Errno 111] Connection refused
    return text[:1].lower() + text[1:]
