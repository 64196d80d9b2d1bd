"""Readings of the pools: what waits in both samples, and what holds it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from fastdiag.collectors.pgbouncer.console import Rows
from fastdiag.collectors.pgbouncer.rows import Database, Pool, PoolKey, entries_of, number
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Labels, Missing, Part, Range, Reason

MAX_PARTS: Final = 50
ONE_SAMPLE: Final = "seen in one sample only: what passes cannot be told from what persists"
UNTIMED: Final = "PgBouncer times no wait for a pool that has no server connection"
_WAITING: Final[dict[str, Callable[[Pool], int]]] = {
    "db.pgbouncer.clients.waiting": lambda pool: pool.clients_waiting,
    "db.pgbouncer.clients.stranded": lambda pool: pool.clients_waiting if pool.is_stranded else 0,
}
_COUNTED: Final[dict[str, Callable[[Pool], int]]] = {
    "db.pgbouncer.clients.active": lambda pool: pool.clients_active,
    "db.pgbouncer.servers.active": lambda pool: pool.servers_active,
    "db.pgbouncer.servers.idle": lambda pool: pool.servers_idle,
    "db.pgbouncer.servers.total": lambda pool: pool.servers_total,
}
_LIMIT: Final = "db.pgbouncer.servers.limit"
_PAUSED: Final = "db.pgbouncer.paused"
_LONGEST: Final = "db.pgbouncer.wait.longest"


def report_clients(sink: Sink, lists: Rows | Missing, config: Rows | Missing) -> None:
    """Write db.pgbouncer.clients.total and .limit."""
    for signal, found, name in (
        ("db.pgbouncer.clients.total", entries_of(lists, "list", "items"), "used_clients"),
        ("db.pgbouncer.clients.limit", entries_of(config, "key", "value"), "max_client_conn"),
    ):
        value = found if isinstance(found, Missing) else number(found, name)
        if isinstance(value, Missing):
            sink.missing(signal, value.reason, value.detail)
        elif value is None:
            sink.missing(signal, Reason.ABSENT, f"this PgBouncer does not show {name}")
        else:
            sink.reading(signal, value)


def report_pools(
    sink: Sink,
    first: Sequence[Pool] | Missing,
    last: Sequence[Pool] | Missing,
    databases: Mapping[str, Database] | Missing,
) -> None:
    """Write every signal of the pools, from one sample (twice the same) or two."""
    for sample in (last, first):
        if isinstance(sample, Missing):
            for signal in (*_WAITING, *_COUNTED, _LIMIT, _LONGEST):
                sink.missing(signal, sample.reason, sample.detail)
            return
    if isinstance(first, Missing) or isinstance(last, Missing):  # for the type checker: seen above
        return
    are_two = first is not last
    for signal, waits in _WAITING.items():
        _report_waiting(sink, signal, waits, first, last, are_two=are_two)
    for signal, of in _COUNTED.items():
        sink.reading(signal, sum(map(of, last)), by=_parts({pool.key: of(pool) for pool in last}))
    _report_longest(sink, last)
    _report_limit(sink, last, databases)


def report_paused(sink: Sink, databases: Mapping[str, Database] | Missing) -> None:
    """Tell which databases an administrator has paused: their clients wait, whatever is free."""
    if isinstance(databases, Missing):
        sink.missing(_PAUSED, databases.reason, databases.detail)
        return
    paused = sorted(name for name, database in databases.items() if database.is_paused)
    parts = [Part(labels=(("database", name),), value=1.0) for name in paused[:MAX_PARTS]]
    sink.reading(_PAUSED, float(len(paused)), by=parts)
    if paused:
        sink.problem(f"paused by an administrator: {', '.join(paused[:5])}", hint="RESUME in the console")


def _report_waiting(  # noqa: PLR0913 - both samples, and what to count in them
    sink: Sink,
    signal: str,
    of: Callable[[Pool], int],
    first: Sequence[Pool],
    last: Sequence[Pool],
    *,
    are_two: bool,
) -> None:
    """Write what waits in both samples: a queue that comes and goes is how a pool works."""
    before = {pool.key: of(pool) for pool in first}
    fewer = {pool.key: min(of(pool), before.get(pool.key, 0)) for pool in last}
    sums = (sum(map(of, first)), sum(map(of, last)))
    sink.reading(
        signal,
        sum(fewer.values()),
        by=_parts(fewer),
        window=Range(lowest=min(sums), highest=max(sums), samples=2) if are_two else None,
        bias=None if are_two or not any(sums) else ONE_SAMPLE,
    )


def _report_longest(sink: Sink, pools: Sequence[Pool]) -> None:
    timed = {pool.key: pool.maxwait_s for pool in pools if not pool.is_stranded}
    longest = max(timed.values(), default=0.0)
    if any(pool.is_stranded for pool in pools) and not longest:
        sink.missing(_LONGEST, Reason.ABSENT, UNTIMED)
        return
    sink.reading(_LONGEST, longest, by=_parts(timed))


def _report_limit(sink: Sink, pools: Sequence[Pool], databases: Mapping[str, Database] | Missing) -> None:
    """Write what the pools may open; where clients wait, only those pools count."""
    if isinstance(databases, Missing):
        sink.missing(_LIMIT, databases.reason, databases.detail)
        return
    limits = {pool.key: databases[pool.database].limit for pool in pools if pool.database in databases}
    if not limits:
        sink.missing(_LIMIT, Reason.ABSENT, "no client has used a pool yet")
        return
    waiting = {pool.key for pool in pools if pool.clients_waiting} & limits.keys()
    sink.reading(_LIMIT, sum(limits[key] for key in waiting or limits), by=_parts(limits))


def _parts(values: Mapping[PoolKey, float]) -> list[Part]:
    parts = [Part(labels=_named(key), value=value) for key, value in values.items()]
    return sorted(parts, key=lambda part: (-part.value, part.labels))[:MAX_PARTS]


def _named(key: PoolKey) -> Labels:
    return (("database", key[0]), ("user", key[1]))
