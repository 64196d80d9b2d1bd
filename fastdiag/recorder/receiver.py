"""The receiver of Alertmanager's webhooks: a WSGI application.

    POST /alerts   a notification: 202 a snapshot is being taken · 200 there is one, or nothing to take
                   400 no notification · 401 without the secret · 413 too large · 429 enough for now
    GET /metrics   what it has done, for Prometheus; with the secret
    GET /health    200 while it can record, 503 with the reason otherwise

Alertmanager sends again after a 5xx at once, and after any other refusal with the next notification of the
group (group_interval): that is soon enough for what the limits refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from fastdiag.errors import FastdiagError
from fastdiag.recorder.alerts import AlertError, read_notification
from fastdiag.recorder.desk import Desk
from fastdiag.recorder.guard import is_allowed
from fastdiag.recorder.recording import Declined, Refusal
from fastdiag.recorder.tally import CONTENT_TYPE, Tally
from fastdiag.redact import Redactor

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from fastdiag.model.target import Secret

ALERTS: Final = "/alerts"
METRICS: Final = "/metrics"
HEALTH: Final = "/health"
_METHODS: Final = {ALERTS: "POST", METRICS: "GET", HEALTH: "GET"}
MAX_BODY_BYTES: Final = 2**20
"""A notification of a thousand alerts has about half of that."""
CHALLENGE: Final = 'Basic realm="fastdiag", charset="UTF-8"'
_HINT: Final = "see authorization and credentials_file under http_config of Alertmanager's webhook_configs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer."""

    status: HTTPStatus
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Receiver:
    """Answers requests; nobody waits for a snapshot."""

    def __init__(self, desk: Desk, secret: Secret, tally: Tally) -> None:
        self._desk = desk
        self._secret = secret
        self._tally = tally

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, as WSGI wants it."""
        path = str(environ.get("PATH_INFO", ""))
        try:
            answer = self._answer(path, environ)
        except Exception as error:  # noqa: BLE001 - the last resort: no traceback reaches anybody
            answer = _said(
                HTTPStatus.INTERNAL_SERVER_ERROR, "failed", f"internal error: {type(error).__name__}"
            )
        self._tally.answered(path if path in _METHODS else "other", answer.status)
        headers = {
            "Content-Type": answer.content_type,
            "Content-Length": str(len(answer.body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **answer.headers,
        }
        start_response(f"{answer.status.value} {answer.status.phrase}", list(headers.items()))
        return [answer.body]

    def _answer(self, path: str, environ: WSGIEnvironment) -> Answer:
        method = _METHODS.get(path)
        if method is None:
            return _said(HTTPStatus.NOT_FOUND, "unknown", f"there are {', '.join(_METHODS)}")
        if environ["REQUEST_METHOD"] != method:
            return _said(HTTPStatus.METHOD_NOT_ALLOWED, "unknown", f"use {method}", Allow=method)
        if path == HEALTH:
            return self._health()
        if not is_allowed(environ.get("HTTP_AUTHORIZATION"), self._secret):
            headers = {"WWW-Authenticate": CHALLENGE}
            return _said(
                HTTPStatus.UNAUTHORIZED, "unauthorized", f"the secret is missing or wrong: {_HINT}", **headers
            )
        if path == METRICS:
            page = self._tally.page(self._desk.recorder)
            return Answer(status=HTTPStatus.OK, body=page, content_type=CONTENT_TYPE)
        return self._alerts(environ)

    def _health(self) -> Answer:
        trouble = self._desk.recorder.trouble()
        if trouble:
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, "failed", trouble)
        return _said(HTTPStatus.OK, "ok", "ready")

    def _alerts(self, environ: WSGIEnvironment) -> Answer:
        body = environ["wsgi.input"].read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            return _said(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "refused", f"at most {MAX_BODY_BYTES} bytes")
        try:
            notification = read_notification(body)
        except AlertError as error:
            return _said(HTTPStatus.BAD_REQUEST, "refused", _one_line(error))
        trigger = notification.trigger
        if trigger is None:
            return _said(HTTPStatus.OK, "ignored", "all of its alerts are resolved")
        declined = self._desk.offer(trigger)
        if declined is None:
            return _said(HTTPStatus.ACCEPTED, "accepted", "a snapshot is being taken")
        return _declined(declined)


def _declined(declined: Declined) -> Answer:
    if declined.refusal.is_covered:
        return _said(HTTPStatus.OK, declined.refusal.value, declined.said)
    if declined.refusal is Refusal.FAILED and declined.again_s is None:
        return _said(HTTPStatus.SERVICE_UNAVAILABLE, declined.refusal.value, declined.said)
    again = {} if declined.again_s is None else {"Retry-After": str(math.ceil(declined.again_s))}
    return _said(HTTPStatus.TOO_MANY_REQUESTS, declined.refusal.value, declined.said, **again)


def _said(status: HTTPStatus, outcome: str, text: str, /, **headers: str) -> Answer:
    """Return an answer for people and programs; what it quotes is foreign, and may hold a secret."""
    document = {"outcome": outcome, "said": Redactor.of(()).text(text)}
    return Answer(status=status, body=f"{json.dumps(document)}\n".encode(), headers=headers)


def _one_line(error: FastdiagError) -> str:
    return " ".join(str(error).split())
