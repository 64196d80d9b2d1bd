"""Invented diagnoses that every format is tried on: they derive from no rule and no engine."""

from __future__ import annotations

from dataclasses import replace

from fastdiag.model.diagnosis import (
    Assessment,
    Diagnosis,
    Fact,
    NextCheck,
    RankedCause,
    Status,
    SymptomFound,
    Verdict,
)
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Check, Fix, Kind, Severity
from fastdiag.model.signal import Missing, Part, Range, Reading, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus

PROMETHEUS = SourceState(
    name="prometheus",
    status=SourceStatus.OK,
    target='http://127.0.0.1:9090 {job="shop-api"}',
    readings=11,
    seconds=0.184,
    requests=18,
)
POSTGRES = SourceState(
    name="postgres",
    status=SourceStatus.PARTIAL,
    target="postgresql://app@127.0.0.1:5432/shop",
    readings=14,
    seconds=5.213,
    requests=9,
    error="role app may not see other sessions",
    hint="GRANT pg_read_all_stats TO app",
)
PROCESSES = SourceState(
    name="processes",
    status=SourceStatus.OK,
    target="uvicorn shop.main:app, pids 4711, 4712",
    readings=21,
    seconds=4.402,
)
PROBE = SourceState(
    name="probe",
    status=SourceStatus.FAILED,
    target="http://127.0.0.1:8000/",
    seconds=2.001,
    requests=3,
    error="no answer within 2 s",
    hint="raise --deadline, or look whether the service accepts connections",
)
SCRAPE = SourceState(
    name="scrape", status=SourceStatus.SKIPPED, error="not needed: prometheus has the same metrics"
)
WORKERS = SourceState(name="workers", status=SourceStatus.OK, target="uvicorn", readings=3, seconds=0.01)


def reading(  # noqa: PLR0913 - one parameter a field
    signal: str,
    unit: Unit,
    value: float | None,
    *,
    source: str = "prometheus",
    before: float | None = None,
    by: tuple[Part, ...] = (),
    window: Range | None = None,
    bias: str | None = None,
) -> Reading:
    return Reading(
        signal=signal, unit=unit, source=source, value=value, before=before, by=by, window=window, bias=bias
    )


def by_signal(*readings: Reading) -> dict[str, Reading]:
    return {one.signal: one for one in readings}


def route(method: str, handler: str, value: float, before: float | None, count: float) -> Part:
    return Part(labels=(("handler", handler), ("method", method)), value=value, before=before, count=count)


SICK = by_signal(
    reading(
        "http.latency.p95",
        Unit.SECONDS,
        4.2,
        before=0.12,
        by=(
            route("POST", "/checkout", 6.13, 0.118, 310.0),
            route("GET", "/basket", 4.4, 0.05, 1204.0),
            route("GET", "/admin/export", 9.0, None, 3.0),
        ),
    ),
    reading("http.errors.ratio", Unit.RATIO, 0.031, before=0.0),
    reading("http.rps", Unit.PER_SECOND, 38.4, before=41.0, bias="only 1 of 2 workers was scraped"),
    reading("http.stuck", Unit.COUNT, 14.0, source="processes"),
    reading(
        "service.cpu",
        Unit.RATIO,
        0.12,
        source="processes",
        window=Range(lowest=0.08, highest=0.16, samples=5),
    ),
    reading("db.pool.utilization", Unit.RATIO, 1.0, before=0.3),
    reading("db.pool.waiting", Unit.COUNT, 11.0),
    reading(
        "db.locks.behind_one",
        Unit.COUNT,
        12.0,
        source="postgres",
        by=(Part(labels=(("pid", "20114"), ("table", "orders")), value=12.0),),
    ),
    reading("db.locks.idle_blockers", Unit.COUNT, 1.0, source="postgres"),
    reading(
        "external.latency.p95",
        Unit.SECONDS,
        0.09,
        by=(Part(labels=(("server_address", "payments"),), value=0.09, count=290.0),),
    ),
)

LOCKS = RankedCause(
    rank=1,
    id="database-locks",
    kind=Kind.FAILURE,
    title="Statements queue behind one lock in the database",
    why="One transaction holds a lock that the others need. They wait and keep their connections.",
    probability=0.91,
    root=0.9,
    low=0.71,
    high=0.97,
    verdict=Verdict.VERY_LIKELY,
    explains=("low-cpu-high-latency", "hanging-requests"),
    driven_by=None,
    supports=(
        Fact(
            because="a connection that is idle in transaction holds others up",
            when="db.locks.idle_blockers >= 1",
            said="db.locks.idle_blockers 1 >= 1",
            log_odds=3.58,
            signals={"db.locks.idle_blockers": 1.0},
            reasons={},
        ),
        Fact(
            because="one connection holds up most of the statements that wait",
            when="db.locks.behind_one >= 5",
            said="db.locks.behind_one 12 >= 5",
            log_odds=4.09,
            signals={"db.locks.behind_one": 12.0},
            reasons={},
        ),
    ),
    contradicts=(
        Fact(
            because="some requests still fail at once instead of waiting",
            when="http.errors.ratio > $errors",
            said="http.errors.ratio 3.1% > 2%",
            log_odds=-0.42,
            signals={"http.errors.ratio": 0.031},
            reasons={},
        ),
    ),
    unknown=(
        Fact(
            because="a statement has waited for a lock for longer than $slow",
            when="db.locks.oldest > $slow",
            said="db.locks.oldest > 1s",
            log_odds=0.0,
            signals={"db.locks.oldest": None},
            reasons={"db.locks.oldest": "denied: needs pg_read_all_stats"},
        ),
    ),
    check=(
        Check(
            run=(
                'psql "$DATABASE_URL" -c "SELECT pid, pg_blocking_pids(pid), state, xact_start'
                ' FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0"'
            ),
            look_for="one pid in most rows: that session is the root",
        ),
    ),
    fix=Fix(
        now="End the blocking session: SELECT pg_terminate_backend(PID). Its transaction is rolled back.",
        then="Commit before calling others; set lock_timeout and idle_in_transaction_session_timeout.",
        avoid="Do not enlarge the pool: more sessions would wait behind the same lock.",
    ),
    references=("https://www.postgresql.org/docs/current/explicit-locking.html",),
)
POOL = RankedCause(
    rank=2,
    id="db-pool-exhaustion",
    kind=Kind.FAILURE,
    title="The database connection pool is exhausted",
    why="Every pooled connection is checked out, so new requests queue for one.",
    probability=0.93,
    root=0.17,
    low=0.03,
    high=0.29,
    verdict=Verdict.POSSIBLE,
    explains=("low-cpu-high-latency", "hanging-requests"),
    driven_by="database-locks",
    supports=(
        Fact(
            because="almost every pool connection is checked out",
            when="db.pool.utilization >= 95%",
            said="db.pool.utilization 100% >= 95%",
            log_odds=2.71,
            signals={"db.pool.utilization": 1.0},
            reasons={},
        ),
        Fact(
            because="requests are queueing for a connection",
            when="(db.pool.waiting >= 1 or db.pool.wait.p95 >= 100ms)",
            said="db.pool.waiting 11 >= 1",
            log_odds=4.0,
            signals={"db.pool.waiting": 11.0, "db.pool.wait.p95": None},
            reasons={},
        ),
    ),
    contradicts=(),
    unknown=(),
    check=(Check(run="fastdiag snapshot --metrics-url URL", look_for="db.pool.waiting above zero"),),
    fix=Fix(
        now="Mend what holds the connections.",
        then="Size the pool on purpose.",
        avoid="Do not only raise max_overflow.",
    ),
    references=(),
)
UPSTREAM = RankedCause(
    rank=3,
    id="slow-external-dependency",
    kind=Kind.FAILURE,
    title="A service that this one calls is slow",
    why="Requests wait for the answer of another service.",
    probability=0.19,
    root=0.16,
    low=0.02,
    high=0.3,
    verdict=Verdict.POSSIBLE,
    explains=("low-cpu-high-latency",),
    driven_by=None,
    supports=(),
    contradicts=(
        Fact(
            because="calls to other services are answered fast",
            when="external.latency.p95 < 300ms",
            said="external.latency.p95 90 ms < 300ms",
            log_odds=-2.7,
            signals={"external.latency.p95": 0.09},
            reasons={},
        ),
    ),
    unknown=(),
    check=(Check(run="sudo fastdiag snapshot --pid 4711", look_for="external.stuck above zero"),),
    fix=Fix(
        now="Lower the timeout of the calls.", then="Add a circuit breaker.", avoid="Do not add retries."
    ),
    references=(),
)
BLIND = RankedCause(
    rank=4,
    id="missing-tracing",
    kind=Kind.VISIBILITY,
    title="No traces tell where the time of a request goes",
    why="Without spans a slow request is one number.",
    probability=0.4,
    root=0.4,
    low=0.4,
    high=0.4,
    verdict=Verdict.POSSIBLE,
    explains=("slow-request-logs-only",),
    driven_by=None,
    supports=(),
    contradicts=(),
    unknown=(),
    check=(),
    fix=None,
    references=(),
)

STUCK = SymptomFound(
    id="hanging-requests",
    title="Requests hang without clear errors",
    severity=Severity.WARNING,
    means="Requests wait for something that does not come.",
    evidence=("http.stuck 14 >= 1",),
)
SLOW = SymptomFound(
    id="low-cpu-high-latency",
    title="CPU is low, but latency is high",
    severity=Severity.CRITICAL,
    means="Requests are waiting for something, not computing.",
    evidence=("service.cpu 12% < 50%", "http.latency.p95 4.2 s > 1s"),
)

POOL_DRAINED = Diagnosis(
    snapshot=Snapshot(
        service="shop-api",
        taken_at="2026-11-22T03:14:07Z",
        window_s=300.0,
        readings=SICK,
        missing={
            "db.locks.oldest": Missing(Reason.DENIED, "needs pg_read_all_stats"),
            "db.transactions.longest": Missing(Reason.DENIED, "needs pg_read_all_stats"),
            "db.queries.longest": Missing(Reason.DENIED, "needs pg_read_all_stats"),
            "probe.latency": Missing(Reason.TIMED_OUT, "probe: no answer within 2 s"),
            "db.pool.wait.p95": Missing(Reason.ABSENT, "no library exposes it"),
            "workers.heartbeat": Missing(Reason.ABSENT, "uvicorn has none"),
        },
        sources=(PROMETHEUS, POSTGRES, PROCESSES, PROBE, SCRAPE, WORKERS),
        parameters={"slow": "1s", "errors": "2%"},
        also=(reading("service.cpu", Unit.RATIO, 0.11),),
        fastdiag="0.1.0",
    ),
    status=Status.CRITICAL,
    conclusive=True,
    symptoms=(SLOW, STUCK),
    unknown_symptoms=("random-timeouts",),
    causes=(LOCKS, POOL, UPSTREAM, BLIND),
    others=(
        Assessment(
            id="event-loop-blocking",
            title="Blocking code stops the event loop",
            probability=0.0,
            root=0.0,
            verdict=Verdict.RULED_OUT,
            because="the loop polls most of the time: loop.polling.ratio 97% >= 80%",
        ),
        Assessment(
            id="cpu-saturation",
            title="CPU is saturated",
            probability=0.0,
            root=0.0,
            verdict=Verdict.RULED_OUT,
            because="CPU is idle: service.cpu 12% < 50%",
        ),
        Assessment(
            id="connection-leak",
            title="Connections are not given back",
            probability=0.04,
            root=0.03,
            verdict=Verdict.UNLIKELY,
            because=None,
        ),
    ),
    next_checks=(
        NextCheck(
            signal="db.locks.oldest",
            title="longest present wait for a lock",
            run="fastdiag snapshot --postgres DSN",
            gain_bits=0.61,
            cost_s=5.0,
        ),
        NextCheck(
            signal="db.transactions.longest",
            title="age of the oldest open transaction",
            run="fastdiag snapshot --postgres DSN",
            gain_bits=0.22,
            cost_s=5.0,
        ),
        NextCheck(
            signal="external.stuck",
            title="calls to other services unanswered for longer than $slow",
            run="sudo fastdiag snapshot --pid 4711",
            gain_bits=0.1,
            cost_s=5.0,
        ),
    ),
    unseen=(),
)

UNDECIDED = replace(
    POOL_DRAINED,
    conclusive=False,
    causes=(
        replace(POOL, rank=1, driven_by=None, root=0.44, probability=0.46, low=0.12, high=0.81),
        replace(UPSTREAM, rank=2, root=0.38, probability=0.4, low=0.1, high=0.77),
        replace(LOCKS, rank=3, root=0.16, probability=0.18, low=0.01, high=0.4, verdict=Verdict.POSSIBLE),
        replace(
            UPSTREAM,
            rank=4,
            id="queue-buildup",
            title="A queue grows faster than it is drained",
            root=0.15,
            low=0.0,
            high=0.3,
        ),
    ),
)

HEALTHY = Diagnosis(
    snapshot=Snapshot(
        service="shop-api",
        taken_at="2026-11-22T10:00:00Z",
        window_s=300.0,
        readings=by_signal(
            reading("http.latency.p95", Unit.SECONDS, 0.038),
            reading("http.errors.ratio", Unit.RATIO, 0.0),
            reading("service.cpu", Unit.RATIO, 0.21, source="processes"),
            reading("db.connections.utilization", Unit.RATIO, 0.18, source="postgres"),
        ),
        missing={
            "db.pool.utilization": Missing(Reason.ABSENT, "no library exposes it"),
            "external.latency.p95": Missing(Reason.ABSENT, "no library exposes it"),
        },
        sources=(
            PROMETHEUS,
            replace(POSTGRES, status=SourceStatus.OK, error=None, hint=None),
            PROCESSES,
            SCRAPE,
            WORKERS,
        ),
        fastdiag="0.1.0",
    ),
    status=Status.OK,
    conclusive=False,
    symptoms=(),
    unknown_symptoms=(),
    causes=(),
    others=POOL_DRAINED.others,
    next_checks=(),
    unseen=(),
)

HALF_SEEN = Diagnosis(
    snapshot=Snapshot(
        service="shop-api",
        taken_at="2026-11-22T10:00:00Z",
        window_s=300.0,
        readings=by_signal(reading("service.cpu", Unit.RATIO, 0.21, source="processes")),
        missing={
            "http.latency.p95": Missing(Reason.NOT_CONFIGURED, "no --metrics-url and no --prometheus"),
            "http.errors.ratio": Missing(Reason.NOT_CONFIGURED, "no --metrics-url and no --prometheus"),
            "http.stuck": Missing(Reason.DENIED, "needs the same user as the service, or root"),
        },
        sources=(
            replace(
                PROCESSES, status=SourceStatus.PARTIAL, readings=1, error="pid 4711 belongs to user shop"
            ),
            replace(PROBE, status=SourceStatus.SKIPPED, error="no application URL", hint="give --app-url"),
            replace(SCRAPE, error="no /metrics page was found"),
        ),
        fastdiag="0.1.0",
    ),
    status=Status.INCONCLUSIVE,
    conclusive=False,
    symptoms=(),
    unknown_symptoms=("hanging-requests", "low-cpu-high-latency"),
    causes=(),
    others=(),
    next_checks=(
        NextCheck(
            signal="http.stuck",
            title="requests unanswered for longer than $slow",
            run="sudo fastdiag snapshot --pid 4711",
            gain_bits=0.8,
            cost_s=5.0,
        ),
    ),
    unseen=("http.latency.p95", "probe.latency", "http.errors.ratio"),
)

ALL_FAILED = Diagnosis(
    snapshot=Snapshot(
        service="unknown",
        taken_at="2026-11-22T10:00:00Z",
        window_s=300.0,
        readings={},
        missing={"http.latency.p95": Missing(Reason.FAILED, "prometheus: connection refused")},
        sources=(
            replace(
                PROMETHEUS,
                status=SourceStatus.FAILED,
                target="http://127.0.0.1:9090",
                readings=0,
                error="connection refused",
                hint="is Prometheus running, and is --prometheus right?",
            ),
            PROBE,
        ),
        fastdiag="0.1.0",
    ),
    status=Status.INCONCLUSIVE,
    conclusive=False,
    symptoms=(),
    unknown_symptoms=(),
    causes=(),
    others=(),
    next_checks=(),
    unseen=("http.latency.p95", "http.errors.ratio", "service.cpu"),
)

UNEXPLAINED = replace(POOL_DRAINED, conclusive=False, causes=(), others=(), next_checks=())

BY_HAND = replace(
    HALF_SEEN,
    snapshot=Snapshot(
        service="unknown",
        taken_at="",
        window_s=300.0,
        readings=by_signal(reading("http.latency.p95", Unit.SECONDS, 0.2, source="given")),
        missing={},
    ),
    next_checks=(),
)

ALL = {
    "pool-drained": POOL_DRAINED,
    "undecided": UNDECIDED,
    "healthy": HEALTHY,
    "half-seen": HALF_SEEN,
    "all-failed": ALL_FAILED,
    "unexplained": UNEXPLAINED,
    "by-hand": BY_HAND,
}
"""Every diagnosis by the name of its golden files."""
