"""A `requests` session that cannot be held up, flooded or led astray, whatever the server does.

prometheus-api-client sets no time limit, reads bodies of any size and follows redirects, to login pages
among others. It takes a session of ours, and this one keeps the limits for it.
"""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import Any, Final

import requests
import requests.auth
import urllib3.exceptions

from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Access, Secret

MAX_BODY_BYTES: Final = 8_000_000
CONNECT_LIMIT_S: Final = 3.0
_CHUNK_BYTES: Final = 64 * 1024
_CA_HINT: Final = "prometheus.ca_file in fastdiag.yaml, or PROMETHEUS_CA_FILE, names a file of certificates"
_LEAST_TIMEOUT_S: Final = 0.01  # zero would mean non-blocking


class Login(requests.auth.AuthBase):
    """Sends the headers that a server asks for, and the user and password of its URL.

    As the way to log in, so that ~/.netrc does not replace them.
    """

    def __init__(self, access: Access, user: tuple[str, Secret] | None = None) -> None:
        self._access = access
        self._user = user

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add them to a request."""
        request.headers.update({name: value.reveal() for name, value in self._access.headers})
        if self._user:
            name, password = self._user
            requests.auth.HTTPBasicAuth(name, password.reveal())(request)
        return request


class BoundedSession(requests.Session):
    """Reads at most 8 MB until ``deadline`` (a point of ``time.monotonic()``) and follows no redirect.

    Faults of the network, and answers that are no data, are raised as SourceFailed.
    """

    def __init__(self, deadline: float, ca_file: Path | None = None) -> None:
        super().__init__()
        self.deadline = deadline
        self.verify = str(ca_file) if ca_file else True
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
            hint="set PROMETHEUS_TOKEN or PROMETHEUS_USERNAME, or the same under prometheus in fastdiag.yaml",
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
            why = _innermost(error)
            return SourceFailed(Reason.FAILED, f"TLS failed: {why}", hint=_tls_hint(why))
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
        case _ if isinstance(_root(error), TimeoutError):
            return SourceFailed(
                Reason.TIMED_OUT, f"no answer within {limit_s:.1f} s", hint="check host, port and firewall"
            )
        case _:
            why = _innermost(error)
            hint = _CA_HINT if "CA certificate" in why else "check host and port, and whether it runs"
            return SourceFailed(Reason.FAILED, why, hint=hint)


def _tls_hint(why: str) -> str:
    if "certificate" in why.lower():
        return f"is it your own authority's? {_CA_HINT}"
    return "does the port speak TLS? http:// where it does not"


def _root(error: BaseException) -> BaseException:
    """Return the exception at the bottom of the pile, where the fault is named."""
    deeper: BaseException | None = error
    while deeper is not None:
        error = deeper
        nested = (a for a in (*error.args, getattr(error, "reason", None)) if isinstance(a, BaseException))
        deeper = next(nested, None) or error.__cause__ or error.__context__
    return error


def _innermost(error: BaseException) -> str:
    root = _root(error)
    if isinstance(root, OSError) and root.strerror:
        return root.strerror[:1].lower() + root.strerror[1:]
    return str(root) or type(root).__name__
