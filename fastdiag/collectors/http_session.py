"""A `requests` session that cannot be held up, flooded or led astray, whatever the server does.

prometheus-api-client sets no time limit, reads bodies of any size and follows redirects, to login pages
among others. It takes a session of ours, and this one keeps the limits for it.
"""

from __future__ import annotations

import io
import threading
import time
from typing import Any, Final

import requests
import urllib3.exceptions

from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

MAX_BODY_BYTES: Final = 8_000_000
CONNECT_LIMIT_S: Final = 3.0
_CHUNK_BYTES: Final = 64 * 1024
_LEAST_TIMEOUT_S: Final = 0.01  # zero would mean non-blocking


class BoundedSession(requests.Session):
    """Reads at most 8 MB until ``deadline`` (a point of ``time.monotonic()``) and follows no redirect.

    Faults of the network, and answers that are no data, are raised as SourceFailed.
    """

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self.deadline = deadline
        self.is_victoria_metrics = False
        self._thread = threading.local()

    @property
    def last_body(self) -> bytes:
        """The body of the last answer that this thread got: the client library drops parts of it."""
        body: bytes = getattr(self._thread, "body", b"")
        return body

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - the signature is the library's
        """Send, and return a response whose body is at hand."""
        left = max(_LEAST_TIMEOUT_S, self.deadline - time.monotonic())
        kwargs |= {"stream": True, "timeout": (min(CONNECT_LIMIT_S, left), left)}
        try:
            response = super().send(request, **kwargs)
            body = self._read(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise fault(error, left) from error
        response.raw = io.BytesIO(body)
        self._thread.body = body
        self.is_victoria_metrics |= "x-server-hostname" in response.headers
        refuse_other_than_data(response, body)
        return response

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - the library's signature
        """Say that there is none: data does not move, only login pages do."""
        return

    def _read(self, response: requests.Response) -> bytes:
        """Read what arrives, piece by piece, so that a trickle is noticed as well as a flood."""
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                response.raw.close()
                raise SourceFailed(
                    Reason.FAILED,
                    f"the answer is larger than {MAX_BODY_BYTES // 10**6} MB",
                    hint="narrow it with --service or --selector",
                )
            if time.monotonic() > self.deadline:
                response.raw.close()
                raise requests.ReadTimeout
        return bytes(body)


def refuse_other_than_data(response: requests.Response, body: bytes) -> None:
    """Raise SourceFailed for an answer that says, in one way or another, that this is not the place."""
    status = response.status_code
    if status in {401, 403, 407}:
        raise SourceFailed(
            Reason.DENIED,
            f"the server refused access ({status})",
            hint="give credentials in the URL: http://USER:PASSWORD@HOST/",
        )
    if response.is_redirect:
        where = response.headers["location"].split("?")[0]
        raise SourceFailed(
            Reason.FAILED, f"redirected to {where}", hint="give the final URL, or log in past the proxy"
        )
    if response.headers.get("content-type", "").startswith("text/html") or body.lstrip()[:1] == b"<":
        raise SourceFailed(
            Reason.FAILED,
            f"a web page answered ({status}), not a Prometheus API",
            hint="a login page or another service? check host, port and base path",
        )
    if status == requests.codes.not_found:
        raise SourceFailed(
            Reason.FAILED,
            "there is no Prometheus API at this path (404)",
            hint="give the base path, such as /prometheus or /select/0/prometheus",
        )


def fault(error: Exception, limit_s: float) -> SourceFailed:
    """Say in plain words what went wrong on the way."""
    match error:
        case requests.exceptions.SSLError():
            return SourceFailed(
                Reason.FAILED,
                f"TLS failed: {_innermost(error)}",
                hint="does the port speak TLS? is the certificate trusted here (REQUESTS_CA_BUNDLE)?",
            )
        case requests.ConnectTimeout():
            return SourceFailed(
                Reason.TIMED_OUT,
                f"no connection within {min(CONNECT_LIMIT_S, limit_s):.0f} s",
                hint="check host, port and firewall",
            )
        case requests.Timeout() | urllib3.exceptions.TimeoutError() | TimeoutError():
            return SourceFailed(
                Reason.TIMED_OUT,
                f"connected, but no complete answer within {limit_s:.1f} s",
                hint="raise --deadline, or look whether the server itself is overloaded",
            )
        case _:
            return SourceFailed(
                Reason.FAILED, _innermost(error), hint="check host and port, and whether it runs"
            )


def _innermost(error: BaseException) -> str:
    """Return the message at the bottom of the pile of exceptions, where the fault is named."""
    deeper: BaseException | None = error
    while deeper is not None:
        error = deeper
        nested = (a for a in (*error.args, getattr(error, "reason", None)) if isinstance(a, BaseException))
        deeper = next(nested, None) or error.__cause__ or error.__context__
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error) or type(error).__name__
