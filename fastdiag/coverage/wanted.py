"""Which signals of the catalogue answer which item of the checklist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fastdiag.model.signal import Catalogue, Signal

REQUESTS: Final = "requests-by-endpoint"
LATENCY: Final = "latency-percentiles"
ERRORS: Final = "errors-by-endpoint"
QUERIES: Final = "database-query-duration"
POOL: Final = "pool-usage"
WAIT: Final = "pool-wait"
EXTERNAL: Final = "external-latency"
TIMEOUTS: Final = "timeouts-and-retries"
RESTARTS: Final = "worker-restarts"
QUEUES: Final = "queue-and-background-failures"
LOGGING: Final = "structured-logs"
TRACES: Final = "trace-ids"

BACKGROUND: Final = ("background.failed", "background.lost", "background.running")
"""Tasks inside the process, which only ``fastdiag.instrument`` counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What has to be there for an item to be visible.

    groups      of each, one signal suffices; all groups are needed
    also        signals without which an item is seen, but not well; each with what is missing then
    by_endpoint whether the endpoint must be told apart
    elsewhere   whether a program beside the service may show it, so that the service's page cannot deny it
    pending     packages whose metrics appear with the first event only
    alike       names of metrics that may show it although the catalogue does not know them
    """

    item: str
    groups: tuple[tuple[str, ...], ...]
    also: tuple[tuple[tuple[str, ...], str], ...] = ()
    by_endpoint: bool = False
    elsewhere: bool = False
    pending: tuple[str, ...] = ()
    alike: str = ""

    @property
    def signals(self) -> tuple[str, ...]:
        """All signals that are looked at for it."""
        return (
            *(name for group in self.groups for name in group),
            *(name for group, _ in self.also for name in group),
        )

    def resembles(self, name: str) -> bool:
        """Whether a metric's name sounds like the item."""
        return bool(self.alike) and re.fullmatch(self.alike, name) is not None


SELF_MADE: Final = frozenset({LATENCY, POOL, WAIT, EXTERNAL, TIMEOUTS, QUEUES})
"""Items of which ``fastdiag.instrument`` shows all or a part."""
_OTEL: Final = "opentelemetry-instrumentation-"
_RETRIES: Final = ("external.retries", "proxy.retries")
WANTED: Final = (
    Wanted(
        item=REQUESTS,
        groups=(("http.rps",),),
        by_endpoint=True,
        alike=r".*(?:http|request).*(?:_total|_count)",
    ),
    Wanted(
        item=LATENCY,
        groups=(("http.latency.p95",), ("http.latency.p99",)),
        also=((("loop.lag.p95",), "the wait for a blocked event loop is not in it"),),
        alike=r".*(?:http|request).*(?:duration|latency|seconds|milliseconds).*_bucket",
    ),
    Wanted(
        item=ERRORS,
        groups=(("http.errors.ratio",),),
        by_endpoint=True,
        alike=r".*(?:http|request|response).*(?:error|exception|status).*(?:_total|_count)",
    ),
    Wanted(
        item=QUERIES,
        groups=(("db.queries.latency.p95", "db.queries.mean"),),
        elsewhere=True,
        pending=tuple(
            f"{_OTEL}{name}" for name in ("psycopg", "psycopg2", "dbapi", "pymysql", "mysqlclient")
        ),
        alike=r".*(?:db|sql|database|query|queries|postgres)_.*(?:duration|latency|seconds|milliseconds).*",
    ),
    Wanted(
        item=POOL,
        groups=(("db.pool.in_use", "db.pgbouncer.servers.active"),),
        also=(
            (("db.pool.size", "db.pgbouncer.servers.limit"), "how large the pool may grow is not published"),
        ),
        alike=r".*(?:db|sql|database|connection|pg|postgres).*pool.*|.*pool.*(?:checked_?out|in_?use|size|overflow).*",
    ),
    Wanted(
        item=WAIT,
        groups=(
            (
                *("db.pool.wait.p95", "db.pool.wait.mean", "db.pool.waiting"),
                *("db.pgbouncer.wait.mean", "db.pgbouncer.wait.longest"),
            ),
        ),
        also=((("db.pool.timeouts",), "checkouts that time out are not counted"),),
        alike=r".*(?:pool|checkout|acquire).*(?:wait|pending|queue|timeout|acquire|checkout).*",
    ),
    Wanted(
        item=EXTERNAL,
        groups=(("external.latency.p95",),),
        pending=tuple(f"{_OTEL}{name}" for name in ("httpx", "requests", "urllib3", "aiohttp-client")),
        alike=r".*(?:external|upstream|outbound|client|dependency|third_party).*(?:duration|latency|seconds).*",
    ),
    Wanted(
        item=TIMEOUTS,
        groups=(("external.timeouts",),),
        also=((_RETRIES, "retries are not counted"),),
        pending=tuple(f"{_OTEL}{name}" for name in ("requests", "urllib3", "aiohttp-client")),
        alike=r".*(?:timeout|time_out|retries|retry).*",
    ),
    Wanted(
        item=RESTARTS,
        groups=(("workers.restarts",),),
        elsewhere=True,
        alike=r".*(?:worker|process|container).*(?:restart|respawn|reboot|boot|exit).*",
    ),
    Wanted(
        item=QUEUES,
        groups=(("queue.depth",), ("queue.failures", "queue.failed")),
        elsewhere=True,
        alike=r".*(?:queue|celery|job|task|background)_.*(?:depth|length|size|failed|failure|error).*",
    ),
)
BY_ITEM: Final = {wanted.item: wanted for wanted in WANTED}


def signals_of(catalogue: Catalogue) -> tuple[Signal, ...]:
    """Return the definitions of all signals that any item looks at, each once."""
    extra = (*BACKGROUND, "http.timeouts.ratio")
    names = dict.fromkeys((*(name for wanted in WANTED for name in wanted.signals), *extra))
    return tuple(catalogue.signals[name] for name in names if name in catalogue.signals)


def known_to(catalogue: Catalogue, wanted: Wanted) -> tuple[tuple[str, ...], ...]:
    """Return the groups of an item with the signals that the catalogue has, without empty ones."""
    groups = (tuple(name for name in group if name in catalogue.signals) for group in wanted.groups)
    return tuple(group for group in groups if group)
