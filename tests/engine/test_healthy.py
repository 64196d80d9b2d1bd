"""A healthy service stays healthy, whichever of its sources are seen, however much the table grows."""

from __future__ import annotations

from typing import Final

import pytest

from fastdiag.engine.diagnose import diagnose
from fastdiag.model.diagnosis import Diagnosis, Status, Verdict
from fastdiag.model.signal import Reading
from fastdiag.model.snapshot import Snapshot
from tests.engine.tables import builtin

BOOK = builtin()
MIB: Final = 1024.0 * 1024

SERVICE: Final = {
    "service.cpu": 0.35,
    "service.cores": 4,
    "workers.count": 4,
    "workers.busy": 2,
    "workers.cpu.max": 0.5,
    "workers.cpu.wait": 0.04,
    "workers.age": 86_400,
    "workers.restarts": 0,
    "server.age": 90_000,
    "server.keepalive": 5,
    "server.timeout": 30,
    "server.max_requests": 0,
    "server.backlog": 0,
    "server.backlog.limit": 2048,
    "server.listen_overflows": 0,
    "loop.polling.ratio": 0.8,
    "loop.running.ratio": 0.2,
    "loop.blocked.ratio": 0,
    "loop.switches": 300,
    "threads.limiter.busy": 1,
    "threads.limiter.size": 40,
    "threads.locked": 0,
    "process.threads": 6,
    "process.rss": 700 * MIB,
    "process.rss.growth": 0,
    "process.memory.utilization": 0.5,
    "process.fds": 60,
    "process.fds.utilization": 0.06,
    "process.fds.growth": 0,
    "process.swap": 0,
    "process.sockets.close_wait": 0,
    "process.zombies": 0,
    "process.connecting": 0,
    "dns.waiting": 0,
    "cache.waiting": 0,
    "background.active": 0,
    "http.in_flight": 3,
    "http.stuck": 0,
    "http.oldest": 0.2,
    "external.waiting": 1,
    "external.stuck": 0,
    "external.oldest": 0.1,
    "db.sockets": 8,
    "db.sockets.waiting": 0,
    "db.sockets.stuck": 0,
    "probe.latency": 0.004,
    "probe.failures": 0,
}
HOST: Final = {
    "host.cpu": 0.5,
    "host.iowait": 0.02,
    "host.steal": 0.01,
    "host.memory": 0.6,
    "host.swap.rate": 0,
    "host.pressure.cpu": 0.05,
    "host.pressure.memory": 0,
    "host.pressure.io": 0.01,
    "host.throttled.ratio": 0.01,
    "host.throttled.time": 0,
    "host.oom_kills": 0,
}
METRICS: Final = {
    "http.rps": 80,
    "http.latency.p50": 0.03,
    "http.latency.p95": 0.18,
    "http.latency.p99": 0.4,
    "http.errors.ratio": 0.001,
    "http.timeouts.ratio": 0,
    "http.denied.ratio": 0.03,
    "http.rejected.ratio": 0,
    "http.response.bytes": 4000,
    "proxy.errors.ratio": 0.001,
    "proxy.bad_gateway.ratio": 0,
    "proxy.gateway_timeout.ratio": 0,
    "proxy.client_closed.ratio": 0.004,
    "proxy.retries": 0,
    "external.rps": 40,
    "external.latency.p95": 0.15,
    "external.errors.ratio": 0.002,
    "external.timeouts": 0,
    "external.throttled.ratio": 0,
    "runtime.gc.full": 0.01,
    "restart.count": 1,
    "restart.relief.memory": 0.02,
    "restart.relief.fds": 0,
    "restart.relief.connections": 0,
    "restart.relief.latency": 0.05,
    "observability.http_metrics": 1,
    "observability.dependency_timing": 0,
    "observability.series": 800,
    "observability.scrape.duration": 0.03,
}
DATABASE: Final = {
    "db.unreachable": 0,
    "db.latency": 0.001,
    "db.connections.total": 12,
    "db.connections.usable": 97,
    "db.connections.refused": 0,
    "db.connections.idle": 10,
    "db.connections.idle_in_transaction": 0,
    "db.locks.waiting": 0,
    "db.locks.oldest": 0,
    "db.locks.behind_one": 0,
    "db.locks.deadlocks": 0,
    "db.transactions.longest": 0.05,
    "db.transactions.idle.longest": 0.02,
    "db.queries.slow": 0,
    "db.queries.longest": 0.02,
    "db.queries.rate": 320,
    "db.queries.top.rate": 100,
    "db.queries.mean": 0.002,
    "db.waits.io": 0,
    "db.waits.lwlock": 0,
    "db.active.running": 1,
    "db.server.cpu": 0.3,
    "db.service.connections": 8,
    "db.service.busy": 1,
    "db.service.held": 0,
    "db.service.leaked": 0,
    "db.service.lock_waits": 0,
    "db.pgbouncer.clients.waiting": 0,
    "db.pgbouncer.clients.total": 20,
    "db.pgbouncer.clients.limit": 1000,
    "db.pgbouncer.servers.active": 1,
    "db.pgbouncer.servers.idle": 9,
    "db.pgbouncer.servers.limit": 20,
    "db.pgbouncer.wait.longest": 0,
}
QUEUE_AND_CACHE: Final = {
    "queue.depth": 2,
    "queue.oldest": 0.4,
    "queue.prefetched": 3,
    "queue.consumers": 4,
    "queue.failures": 0,
    "queue.completed": 5,
    "queue.growth": 0,
    "queue.processes": 4,
    "queue.processes.busy": 2,
    "queue.broker.latency": 0.001,
    "queue.broker.unreachable": 0,
    "cache.latency": 0.0005,
    "cache.clients": 40,
    "cache.clients.limit": 10_000,
    "cache.refused": 0,
    "cache.memory.utilization": 0.4,
    "cache.evictions": 0,
    "cache.unreachable": 0,
}
UNSEEN_INSIDE: Final = {
    "observability.tracing": 0,
    "observability.request_ids": 0,
    "observability.instrumentator_broken": 0,
}
SOURCES: Final = {
    "processes": SERVICE,
    "host": HOST,
    "metrics": METRICS,
    "database": DATABASE,
    "queue and cache": QUEUE_AND_CACHE,
    "packages": UNSEEN_INSIDE,
}
ALL: Final = {name: value for values in SOURCES.values() for name, value in values.items()}


def judged(values: dict[str, float]) -> Diagnosis:
    readings = {
        name: Reading(signal=name, unit=BOOK.catalogue.unit(name), source="given", value=value)
        for name, value in values.items()
    }
    return diagnose(
        Snapshot(service="s", taken_at="2026-01-01T00:00:00Z", window_s=300, readings=readings, missing={}),
        BOOK,
    )


def test_with_everything_seen_it_is_ok_and_no_failure_is_even_possible() -> None:
    diagnosis = judged(ALL)

    assert diagnosis.status is Status.OK
    lacks = {"missing-tracing", "missing-dependency-timing", "missing-correlation-ids"}
    assert {a.id for a in diagnosis.others if a.verdict >= Verdict.POSSIBLE} <= lacks


@pytest.mark.parametrize("source", SOURCES)
def test_one_source_alone_raises_no_alarm(source: str) -> None:
    diagnosis = judged(dict(SOURCES[source]))

    assert diagnosis.status in {Status.OK, Status.INCONCLUSIVE}
    assert diagnosis.symptoms == ()


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_is_not_seen_raises_no_alarm(source: str) -> None:
    rest = {name: value for name, value in ALL.items() if name not in SOURCES[source]}

    assert judged(rest).status in {Status.OK, Status.INCONCLUSIVE}


@pytest.mark.parametrize(
    "peculiarity",
    [
        {"workers.restarts": 1.0, "server.max_requests": 1000.0, "workers.age": 20.0},  # planned recycling
        {"server.age": 30.0, "workers.age": 30.0, "process.rss.growth": 40 * MIB},  # just started
        {"http.rps": 400.0, "service.cpu": 0.58, "workers.cpu.max": 0.75, "loop.polling.ratio": 0.5},  # busy
        {"queue.depth": 900.0, "queue.oldest": 20.0, "queue.growth": -2.0},  # draining after a burst
        {"process.rss": 6 * 1024 * MIB, "http.response.bytes": 600.0 * 1024},  # large, and fine with it
        {"external.waiting": 12.0, "http.in_flight": 14.0, "db.service.held": 1.0},  # it calls a lot
        {"host.cpu": 0.97, "host.pressure.cpu": 0.1},  # a full machine on which the service is fast
    ],
    ids=["recycling", "young", "busy", "draining", "large", "calling", "neighbours"],
)
def test_a_peculiarity_without_harm_is_no_failure(peculiarity: dict[str, float]) -> None:
    assert judged({**ALL, **peculiarity}).status is Status.OK


def test_nobody_sees_where_the_time_goes_and_that_is_said_after_the_failures() -> None:
    slow = {
        **UNSEEN_INSIDE,
        "service.cpu": 0.05,
        "http.latency.p95": 4.0,
        "observability.dependency_timing": 0,
    }
    drained = {**slow, "db.pool.utilization": 1.0, "db.pool.waiting": 14}

    diagnosis = judged(drained)

    assert diagnosis.conclusive, "a lack of visibility is no rival of a failure"
    kinds = [(cause.id, cause.kind.value) for cause in diagnosis.causes]
    assert kinds[0] == ("db-pool-exhaustion", "failure")
    assert {name for name, kind in kinds if kind == "visibility"} == {
        "missing-tracing",
        "missing-dependency-timing",
        "missing-correlation-ids",
    }
    assert not judged(slow).conclusive, "they do not tell why it is slow"


def test_a_lack_of_visibility_leaves_the_failures_as_they_are() -> None:
    drained = {
        "service.cpu": 0.05,
        "http.latency.p95": 4.0,
        "db.pool.utilization": 1.0,
        "db.pool.waiting": 14,
    }
    with_lacks = {**drained, "observability.tracing": 0, "observability.request_ids": 0}

    alone, both = judged(drained).causes[0], judged(with_lacks).causes[0]

    assert both.id == alone.id
    assert both.root == pytest.approx(alone.root)
