"""Answers of an HTTP API that are no data, and faults on the way to it: what, and what to do next."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from dataclasses import dataclass
from typing import Final

import requests
import urllib3.exceptions

from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

PLAIN_HINT: Final = "does the port speak TLS? http:// where it does not"
TLS_HINT: Final = "check host and port, and whether it runs; https:// where the port speaks TLS"
HOST_HINT: Final = "check the host name, and that it is known where fastdiag runs"
LESS_HINT: Final = "a shorter --window or a narrower --selector asks less of it; its log says more"
BROKEN_OFF_HINT: Final = "the server died on the way, or a proxy in between cuts answers off: see their logs"
MAX_QUOTED_CHARS: Final = 60
_WANTS_TLS: Final = re.compile(rb"\bHTTPS (server|port)\b", re.IGNORECASE)
_ORDINARY_WORD: Final = re.compile(r"[A-Z][a-z]+\b")
"""Not a name such as HTTPException or SSL."""
_SERVER_FAULT: Final = 500
_BUSY: Final = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What a kind of server is called, and what to do about the faults that are its own."""

    name: str
    login: str
    ca_file: str
    path: str
    fewer: str
    less: str


PROMETHEUS: Final = Api(
    name="Prometheus",
    login="set PROMETHEUS_TOKEN or PROMETHEUS_USERNAME, or the same under prometheus in fastdiag.yaml",
    ca_file="prometheus.ca_file in fastdiag.yaml, or PROMETHEUS_CA_FILE, names a file of certificates",
    path="give the base path, such as /prometheus or /select/0/prometheus",
    fewer=LESS_HINT,
    less="narrow it with --service or --selector",
)
LOKI: Final = Api(
    name="Loki",
    login="set LOKI_BEARER_TOKEN or LOKI_USERNAME, and LOKI_ORG_ID for the tenant; or the same under loki in"
    " fastdiag.yaml",
    ca_file="loki.ca_file in fastdiag.yaml, or LOKI_CA_CERT_PATH, names a file of certificates",
    path="give the base path, without /loki/api/v1",
    fewer="a narrower query asks less of it; its log says more",
    less='narrow the query: more labels, or a filter such as |= "ERROR"',
)


def refuse_other_than_data(response: requests.Response, body: bytes, api: Api = PROMETHEUS) -> None:
    """Raise SourceFailed for an answer that says, in one way or another, that this is not the place."""
    status = response.status_code
    if status in {401, 403, 407}:
        raise SourceFailed(Reason.DENIED, f"the server refused access ({status})", hint=api.login)
    if response.is_redirect:
        where = response.headers["location"].split("?")[0]
        raise SourceFailed(
            Reason.FAILED, f"redirected to {where}", hint="give the final URL, or log in past the proxy"
        )
    if status == requests.codes.bad_request and _WANTS_TLS.search(body):
        raise SourceFailed(Reason.FAILED, "the port speaks TLS, and was asked without", hint="write https://")
    if status >= _SERVER_FAULT and not body.lstrip().startswith(b"{"):
        hint = f"its log says why; of a proxy, whether the {api.name} behind it runs"
        raise SourceFailed(Reason.FAILED, f"the server, or a proxy before it, fails ({status})", hint=hint)
    if status == _BUSY:
        raise SourceFailed(Reason.FAILED, "the server takes no more queries now (429)", hint=api.fewer)
    if response.headers.get("content-type", "").startswith("text/html") or body.lstrip()[:1] == b"<":
        raise SourceFailed(
            Reason.FAILED,
            f"a web page answered ({status}), not a {api.name} API",
            hint="a login page or another service? check host, port and base path",
        )
    if status == requests.codes.not_found:
        raise SourceFailed(
            Reason.FAILED,
            f"there is no {api.name} API at this path (404)",
            hint=api.path,
        )


def fault(error: Exception, spent_s: float, api: Api = PROMETHEUS) -> SourceFailed:
    """Say in plain words what went wrong on the way, after so many seconds."""
    root = _root(error)
    if isinstance(root, TimeoutError) or _is_timeout(error):
        return _too_late(error, spent_s)
    match root:
        case ssl.SSLError() | requests.exceptions.SSLError():
            return _of_tls(root, api)
        case socket.gaierror():
            return SourceFailed(Reason.FAILED, _said(root), hint=HOST_HINT)
        case http.client.HTTPException():
            return _of_http(root)
        case ConnectionResetError():
            return SourceFailed(Reason.FAILED, f"no HTTP answer: {_said(root)}", hint=TLS_HINT)
        case _:
            why = _said(root)
            hint = api.ca_file if "CA certificate" in why else "check host and port, and whether it runs"
            return SourceFailed(Reason.FAILED, why, hint=hint)


def _is_timeout(error: Exception) -> bool:
    return isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError)


def _too_late(error: Exception, spent_s: float) -> SourceFailed:
    match error:
        case requests.ConnectTimeout():
            detail, hint = f"no connection within {spent_s:.1f} s", "check host, port and firewall"
        case requests.ReadTimeout() | urllib3.exceptions.ReadTimeoutError():
            detail = f"connected, but no complete answer within {spent_s:.1f} s"
            hint = "raise --deadline, or look whether the server itself is overloaded"
        case _:
            detail = f"connected, but nothing came within {spent_s:.1f} s"
            hint = "is that its port, and does it speak TLS as the URL says? else it may be overloaded"
    return SourceFailed(Reason.TIMED_OUT, detail, hint=hint)


def _of_http(error: http.client.HTTPException) -> SourceFailed:
    """Return what came instead of an answer."""
    detail, hint = f"no HTTP answer: {_said(error)}", TLS_HINT
    match error:
        case urllib3.exceptions.IncompleteRead(partial=got, expected=left):
            of = f" of {got + left}" if left else ""  # a body in chunks tells no length
            detail, hint = f"the answer broke off after {got}{of} bytes", BROKEN_OFF_HINT
        case http.client.IncompleteRead():  # counts what came of a chunk
            detail, hint = "the answer broke off", BROKEN_OFF_HINT
        case http.client.BadStatusLine() if not isinstance(error, http.client.RemoteDisconnected):
            detail = f"no HTTP answer: {str(error).strip()[:MAX_QUOTED_CHARS]!r}"
        case _:
            pass
    return SourceFailed(Reason.FAILED, detail, hint=hint)


def _of_tls(error: Exception, api: Api) -> SourceFailed:
    if not isinstance(error, ssl.SSLCertVerificationError):
        why = re.sub(r"^\[[^]]*\] |\s*\(_ssl\.c:\d+\)$", "", str(error))
        return SourceFailed(Reason.FAILED, f"TLS failed: {why}", hint=PLAIN_HINT)
    why = error.verify_message.rstrip(".")
    match why.lower():
        case text if "mismatch" in text:
            hint = "write the host as the certificate names it, or have one made for this name"
        case text if "expired" in text or "not yet valid" in text:
            hint = "renew it; where it is valid, look at the clock of this machine"
        case _:
            hint = f"is it your own authority's? {api.ca_file}"
    return SourceFailed(Reason.FAILED, f"TLS failed: the certificate does not hold: {why}", hint=hint)


def _root(error: BaseException) -> BaseException:
    """Return the exception at the bottom of the pile, or the one of HTTP: there the fault is named."""
    deeper: BaseException | None = error
    while deeper is not None and not isinstance(error, http.client.HTTPException):
        error = deeper
        nested = (a for a in (*error.args, getattr(error, "reason", None)) if isinstance(a, BaseException))
        deeper = next(nested, None) or error.__cause__ or error.__context__
    return error


def _said(error: BaseException) -> str:
    text = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:] if _ORDINARY_WORD.match(text) else text
