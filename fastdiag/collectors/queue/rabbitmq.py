"""RabbitMQ's management API, asked so that it costs a large broker little.

The list of queues comes without statistics, which the API would work out for each of them; consumers and
counters are asked for only of the queues that hold most.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastdiag.collectors.queue.health import Health
from fastdiag.collectors.queue.rabbitmq_health import health_of
from fastdiag.collectors.queue.sight import (
    COMPLETED,
    CONSUMERS,
    DEPTH,
    FAILED,
    FAILURES,
    NOTHING_WAITS,
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
    partly,
    seen,
)
from fastdiag.collectors.queue.web import NOT_FOUND, OK, Answer, Web
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Missing, Reason

REALM: Final = "RabbitMQ"
PAGE_QUEUES: Final = 100
MAX_PAGES: Final = 5
MAX_DETAILS: Final = 10
"""So many queues, the fullest first, are asked for consumers and counters."""
_OWN_OF_CELERY: Final = (".celery.pidbox", "celeryev.")
DEAD_SUFFIX: Final = ".XQ"
DELAYED_SUFFIX: Final = ".DQ"
"""Dramatiq's dead and delayed messages."""
DELAYED_PREFIX: Final = "celery_delayed_"
DENIED_HINT: Final = (
    "grant the user the monitoring tag, and read access to the virtual host:"
    " rabbitmqctl set_user_tags USER monitoring; rabbitmqctl set_permissions -p / USER '' '' '.*'"
)
PARTIAL: Final = (
    f"only {MAX_PAGES * PAGE_QUEUES} of the broker's queues were looked at:"
    " ?vhost=NAME in the URL of its API chooses"
)
_NO_TIME: Final = "the next message carries no time of sending"
_NOT_ASKED: Final = f"only the {MAX_DETAILS} fullest queues are asked for it"
_QUIET: Final = "the broker keeps no counters of this queue yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A queue in the list."""

    name: str
    vhost: str
    ready: float | None
    unacked: float | None

    @property
    def messages(self) -> float:
        """All its messages, as far as the broker tells them."""
        return (self.ready or 0.0) + (self.unacked or 0.0)

    @property
    def is_aside(self) -> bool:
        """Whether messages wait there that are not due, or dead."""
        return self.name.endswith((DEAD_SUFFIX, DELAYED_SUFFIX)) or self.name.startswith(DELAYED_PREFIX)

    def sight(self, details: Mapping[str, object] | Missing | None) -> QueueSight:
        """Return what the list and the details show."""
        told = absent(_NOT_ASKED) if details is None else details
        what = f"the queue {self.name!r}"
        gauges: dict[str, Fact] = {
            DEPTH: seen(self.ready, of=what),
            PREFETCHED: seen(self.unacked, of=what),
        }
        totals: dict[str, Fact] = {
            FAILURES: absent("the broker does not know whether a job failed"),
            RETRIES: absent("the broker does not know whether a job is a retry"),
        }
        if isinstance(told, Missing):
            gauges |= {CONSUMERS: told, OLDEST: told}
            totals[COMPLETED] = told
        else:
            gauges |= {
                CONSUMERS: _consumers(told),
                OLDEST: _oldest(told) if self.ready != 0 else NOTHING_WAITS,
            }
            totals[COMPLETED] = _acknowledged(told)
        return QueueSight(name=self.name, system=System.RABBITMQ, gauges=gauges, totals=totals)


class RabbitMQ:
    """The queues of a broker, in one virtual host or all that the user may see."""

    def __init__(self, web: Web, vhost: str | None) -> None:
        self._web = web
        self._vhost = vhost

    def health(self) -> Health:
        """Tell whether the broker takes new messages. Raises SourceFailed."""
        return health_of(self._web)

    def look(self) -> Moment:
        """Look at every queue, the fullest in detail. Raises SourceFailed."""
        listed, is_complete = self._rows()
        rows = [row for row in listed if not _is_own_of_celery(row.name)]
        rows.sort(key=lambda row: (-row.messages, row.name))
        at = time.monotonic()
        if not rows:
            raise SourceFailed(Reason.ABSENT, "the broker has no queue that this user may see")
        detailed = [row.sight(self._details(row)) for row in rows[:MAX_DETAILS] if not row.is_aside]
        rest = [row.sight(None) for row in rows[MAX_DETAILS:] if not row.is_aside]
        queues = (*detailed, *rest, *_aside(rows))
        return Moment(
            at=at, queues=queues if is_complete else tuple(partly(each, PARTIAL) for each in queues)
        )

    def _rows(self) -> tuple[list[Row], bool]:
        """Return the queues of the first pages, and whether these are all."""
        path = "/api/queues" if self._vhost is None else f"/api/queues/{quote(self._vhost, safe='')}"
        rows: list[Row] = []
        for page in range(1, MAX_PAGES + 1):
            query = {
                "disable_stats": "true",
                "enable_queue_totals": "true",
                "page": str(page),
                "page_size": str(PAGE_QUEUES),
            }
            items, pages = _page(accepted(self._web.get(path, query)))
            rows += items
            if page >= pages:
                return rows, True
        return rows, False

    def _details(self, row: Row) -> Mapping[str, object] | Missing:
        path = f"/api/queues/{quote(row.vhost, safe='')}/{quote(row.name, safe='')}"
        query = {"columns": "name,consumers,message_stats,head_message_timestamp"}
        try:
            found = accepted(self._web.get(path, query)).json()
        except SourceFailed as failure:
            return Missing(failure.reason, failure.detail)
        return found if isinstance(found, dict) else absent("the API told nothing of it")


def accepted(answer: Answer) -> Answer:
    """Return an answer that holds data. Raises SourceFailed for every other, with what to do."""
    if answer.is_refusal:
        raise SourceFailed(
            Reason.DENIED,
            f"RabbitMQ's management API refused access ({answer.status})",
            hint=DENIED_HINT,
        )
    if answer.status == NOT_FOUND:
        raise SourceFailed(
            Reason.FAILED, "RabbitMQ knows no such virtual host or queue (404)", hint="check the URL's path"
        )
    if answer.status != OK:
        raise SourceFailed(Reason.FAILED, f"RabbitMQ's management API answered {answer.status}")
    return answer


def _page(answer: Answer) -> tuple[list[Row], int]:
    match answer.json():
        case {"items": list(items), "page_count": int(pages)}:
            return _rows_of(items), pages
        case list(items):  # brokers that do not know pages
            return _rows_of(items), 1
        case _:
            raise SourceFailed(
                Reason.FAILED, "this is not RabbitMQ's management API", hint="its usual port is 15672"
            )


def _rows_of(items: Iterable[object]) -> list[Row]:
    return [row for item in items if (row := _row(item)) is not None]


def _row(item: object) -> Row | None:
    match item:
        case {"name": str(name), "vhost": str(vhost), **counts}:
            ready, unacked = counts.get("messages_ready"), counts.get("messages_unacknowledged")
            return Row(name=name, vhost=vhost, ready=_count(ready), unacked=_count(unacked))
        case _:
            return None


def _aside(rows: Iterable[Row]) -> list[QueueSight]:
    """Return Dramatiq's dead and delayed messages and Celery's delayed ones for what they are."""
    sights = []
    for row in rows:
        signal = FAILED if row.name.endswith(DEAD_SUFFIX) else SCHEDULED
        if row.is_aside:
            total = None if row.ready is None or row.unacked is None else row.messages
            gauges = {signal: seen(total, of=f"the queue {row.name!r}")}
            sights.append(QueueSight(name=row.name, system=System.RABBITMQ, gauges=gauges))
    return sights


def _is_own_of_celery(name: str) -> bool:
    return any(mark in name for mark in _OWN_OF_CELERY)


def _consumers(details: Mapping[str, object]) -> Fact:
    count = _count(details.get("consumers"))
    return absent(_QUIET) if count is None else Seen(count)


def _acknowledged(details: Mapping[str, object]) -> Fact:
    match details.get("message_stats"):
        case {"publish": _, **counts} | {"deliver_get": _, **counts}:  # a counter comes with its first event
            return Seen((_count(counts.get("ack")) or 0.0) + (_count(counts.get("deliver_no_ack")) or 0.0))
        case _:
            return absent(_QUIET)


def _oldest(details: Mapping[str, object]) -> Fact:
    sent = _count(details.get("head_message_timestamp"))
    return absent(_NO_TIME) if sent is None else Seen(max(0.0, time.time() - sent))


def _count(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None
