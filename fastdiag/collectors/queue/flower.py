"""Flower, the monitor of Celery: its open metrics page, and its API where it lets us in."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping
from typing import Final

from fastdiag.collectors.metrics_page import parse
from fastdiag.collectors.queue.sight import (
    COMPLETED,
    CONSUMERS,
    DEPTH,
    FAILED,
    FAILURES,
    OLDEST,
    PREFETCHED,
    RETRIES,
    SCHEDULED,
    Fact,
    Moment,
    QueueSight,
    Seen,
    System,
    absent,
)
from fastdiag.collectors.queue.web import OK, Web
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.page import Page
from fastdiag.model.signal import Missing, Reason

EVENTS: Final = "flower_events_total"
EVENT_OF: Final[Mapping[str, str]] = {
    FAILURES: "task-failed",
    RETRIES: "task-retried",
    COMPLETED: "task-succeeded",
}
API_HINT: Final = (
    "start Flower with FLOWER_UNAUTHENTICATED_API=true behind a firewall, or with --basic-auth=USER:PASSWORD"
    " and put these into the URL"
)
LOGIN_HINT: Final = "give its login: http://USER:PASSWORD@HOST:5555, or let /metrics and /healthcheck through"
_NO_EVENTS: Final = "Flower has seen no events: start the workers with -E"
_NOT_TOLD: Final = "Flower does not tell it"


class Flower:
    """One Flower. ``denied`` is why its API told nothing, if it did."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self.denied: Missing | None = None

    def is_there(self) -> bool:
        """Whether Flower answers there. Raises SourceFailed where a login guards all of it."""
        answer = self._web.get("/healthcheck")
        if answer.is_refusal:
            why = f"what answers there wants a login ({answer.status}), also for Flower's open pages"
            raise SourceFailed(Reason.DENIED, why, hint=LOGIN_HINT)
        return answer.status == OK and answer.body.strip() == b"OK"

    def health(self) -> None:
        """Flower watches workers: of the broker it says nothing."""

    def look(self) -> Moment:
        """Read the metrics page and, where allowed, the lengths of the queues. Raises SourceFailed."""
        answer = self._web.get("/metrics")
        at = time.monotonic()
        if answer.is_refusal:
            why = f"Flower's metrics page wants a login ({answer.status})"
            raise SourceFailed(Reason.DENIED, why, hint=LOGIN_HINT)
        if answer.status != OK:
            raise SourceFailed(Reason.FAILED, f"Flower's metrics page answered {answer.status}")
        page = parse("text/plain", answer.body, self._web.until)
        everything = QueueSight(name=None, system=System.FLOWER, gauges=_gauges(page), totals=_totals(page))
        return Moment(at=at, queues=(everything, *self._lengths()))

    def _lengths(self) -> list[QueueSight]:
        answer = self._web.get("/api/queues/length")
        if answer.is_refusal:
            self.denied = Missing(Reason.DENIED, f"Flower's API wants a login ({answer.status})")
            return [_unknown_depth(self.denied)]
        match answer.json():
            case {"active_queues": list(queues)}:
                return [sight for queue in queues if (sight := _length(queue))]
            case _:
                return [_unknown_depth(Missing(Reason.FAILED, f"Flower's API answered {answer.status}"))]


def _length(queue: object) -> QueueSight | None:
    match queue:
        case {"name": str(name), "messages": int(messages)} if 0 <= messages < sys.maxsize:
            return QueueSight(name=name, system=System.FLOWER, gauges={DEPTH: Seen(float(messages))})
        case _:
            return None


def _unknown_depth(why: Missing) -> QueueSight:
    return QueueSight(name=None, system=System.FLOWER, gauges={DEPTH: why})


def _gauges(page: Page) -> dict[str, Fact]:
    prefetched = page.get("flower_worker_prefetched_tasks", {})
    online = page.get("flower_worker_online", {})
    return {
        PREFETCHED: Seen(math.fsum(prefetched.values())) if prefetched else absent(_NO_EVENTS),
        CONSUMERS: Seen(math.fsum(online.values())) if online else absent(_NO_EVENTS),
        OLDEST: absent(_NOT_TOLD),
        SCHEDULED: absent(_NOT_TOLD),
        FAILED: absent(_NOT_TOLD),
    }


def _totals(page: Page) -> dict[str, Fact]:
    events = page.get(EVENTS, {})
    if not events:
        return dict.fromkeys(EVENT_OF, absent(_NO_EVENTS))
    return {
        signal: Seen(
            math.fsum(count for labels, count in events.items() if dict(labels).get("type") == event)
        )
        for signal, event in EVENT_OF.items()
    }
