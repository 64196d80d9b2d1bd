"""Metrics to a Prometheus Pushgateway: one group for each service and host, replaced as a whole."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

from fastdiag.channels.web import Request, ask
from fastdiag.model.notify import WebPlace

JOB: Final = "fastdiag"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_TEST: Final = "# HELP fastdiag_test Somebody tries out whether metrics arrive.\n# TYPE fastdiag_test gauge\n"


def push(place: WebPlace, text: str, group: Mapping[str, str], deadline: float) -> None:
    """Replace the metrics of a group once. Raise DeliveryError when they were not taken."""
    _ask(place, "PUT", group, text, deadline)


def check(place: WebPlace, group: Mapping[str, str], deadline: float) -> None:
    """Push a metric into a group of its own and delete it again. Raise DeliveryError where that fails."""
    own = {**group, "test": "true"}
    _ask(place, "PUT", own, f"{_TEST}fastdiag_test 1\n", deadline)
    _ask(place, "DELETE", own, "", deadline)


def _ask(place: WebPlace, method: str, group: Mapping[str, str], text: str, deadline: float) -> None:
    request = Request(
        place=place, method=method, content_type=CONTENT_TYPE, body=text.encode(), path=path(group)
    )
    ask(request, deadline)


def path(group: Mapping[str, str]) -> str:
    """Return the path of a group. Values are in base64: they may be empty or hold a slash."""
    labels = "".join(f"/{name}@base64/{_encoded(value)}" for name, value in group.items())
    return f"/metrics/job/{JOB}{labels}"


def _encoded(value: str) -> str:
    """Return a value as the Pushgateway decodes it; an empty one is a lone padding character."""
    return base64.urlsafe_b64encode(value.encode()).decode() or "="
