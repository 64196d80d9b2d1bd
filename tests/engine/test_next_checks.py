"""What to look at next: never for a queue, cache or pooler that the service shows no sign of."""

from __future__ import annotations

import pytest

from fastdiag.engine.diagnose import diagnose, weigh
from fastdiag.model.diagnosis import NextCheck
from fastdiag.model.signal import Missing, Reading, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from fastdiag.rulebook.load import builtin_rules, load_rulebook

BOOK = load_rulebook(builtin_rules(), ())
SLOW = {"service.cpu": 0.05, "http.latency.p95": 4.0, "http.stuck": 6.0}
OUT_OF_SIGHT = {
    name: Missing(Reason.ABSENT, "looked for, and not seen")
    for name in ("db.sockets", "db.pooled", "queue.sockets", "cache.waiting")
}
NAMED = {
    "--pgbouncer": "a PgBouncer before its database",
    "--postgres": "a PostgreSQL database",
    "--queue": "a job queue",
    "redis-cli": "a Redis",
    "--prometheus": "a Prometheus that scrapes it",
}
SYMPTOMS = ("delayed-jobs", "silent-task-failure", "restart-fixes-temporarily")


def snapshot_with(
    values: dict[str, float],
    missing: dict[str, Missing] | None = None,
    sources: tuple[SourceState, ...] = (),
    reported: tuple[str, ...] = SYMPTOMS,
) -> Snapshot:
    readings = {
        name: Reading(signal=name, unit=BOOK.catalogue.unit(name), source="test", value=value)
        for name, value in (SLOW | values).items()
    }
    return Snapshot(
        service="shop",
        taken_at="2026-01-01T00:00:00Z",
        window_s=300.0,
        readings=readings,
        missing=missing or {},
        sources=sources,
        observed=reported,
    )


def checks(
    values: dict[str, float],
    missing: dict[str, Missing] | None = None,
    sources: tuple[SourceState, ...] = (),
    reported: tuple[str, ...] = SYMPTOMS,
) -> tuple[NextCheck, ...]:
    """Return what is proposed for a slow service of which this was seen besides."""
    return diagnose(snapshot_with(values, missing, sources, reported), BOOK).next_checks


def asking(named: str, proposed: tuple[NextCheck, ...]) -> list[NextCheck]:
    return [check for check in proposed if named in check.run]


def is_conditional(check: NextCheck) -> bool:
    return any(check.title.endswith(f", if the service has {words}") for words in NAMED.values())


def test_where_nobody_could_look_a_source_is_proposed_on_a_condition() -> None:
    proposed = checks({})
    for named in ("--postgres", "--queue"):
        (*_, check) = asking(named, proposed)
        assert check.title.endswith(f", if the service has {NAMED[named]}")
    conditions = [is_conditional(check) for check in proposed]
    assert conditions == sorted(conditions)  # what every service has comes first


def test_a_queue_and_a_cache_out_of_sight_are_not_proposed() -> None:
    proposed = checks({}, OUT_OF_SIGHT)
    assert not asking("--queue", proposed)
    assert not asking("redis-cli", proposed)
    # A database may be reached over a Unix socket, which shows nowhere: last, and on a condition.
    assert all(is_conditional(check) for check in asking("--postgres", proposed))


@pytest.mark.parametrize(
    ("seen", "named"),
    [
        ({"db.sockets": 4.0}, "--postgres"),
        ({"db.pool.in_use": 3.0}, "--postgres"),
        ({"db.pooled": 1.0}, "--pgbouncer"),
        ({"queue.sockets": 2.0}, "--queue"),
        ({"queue.processes": 4.0}, "--queue"),
    ],
)
def test_what_is_in_sight_is_proposed_without_a_condition(seen: dict[str, float], named: str) -> None:
    missing = {name: why for name, why in OUT_OF_SIGHT.items() if name not in seen}
    reported = () if named == "--pgbouncer" else SYMPTOMS  # others would be asked first
    found = asking(named, checks(seen, missing, reported=reported))
    assert found
    assert not any(is_conditional(check) for check in found)


def test_a_service_that_is_connected_to_postgresql_itself_has_no_pooler_to_ask() -> None:
    assert all(is_conditional(check) for check in asking("--pgbouncer", checks({"db.pooled": 0.0})))


@pytest.mark.parametrize(("pooled", "is_proposed"), [(1.0, True), (0.0, False)])
def test_what_prometheus_does_not_have_the_console_may_tell(pooled: float, *, is_proposed: bool) -> None:
    absent = {
        name: Missing(Reason.ABSENT, "prometheus does not expose it")
        for name in BOOK.catalogue.signals
        if name.startswith("db.pgbouncer.")
    }
    skipped = SourceState(name="pgbouncer", status=SourceStatus.SKIPPED)
    found = asking("--pgbouncer", checks({"db.pooled": pooled}, absent, (skipped,), reported=()))
    assert bool(found) is is_proposed


def test_a_source_that_was_asked_is_one_that_somebody_knew_of() -> None:
    failed = SourceState(name="postgres", status=SourceStatus.FAILED)
    found = asking("--postgres", checks({}, OUT_OF_SIGHT, (failed,)))
    assert found
    assert not any(is_conditional(check) for check in found)


@pytest.mark.parametrize(("status", "is_sure"), [(SourceStatus.OK, True), (SourceStatus.FAILED, False)])
def test_a_page_of_metrics_is_the_sign_of_a_prometheus(status: SourceStatus, *, is_sure: bool) -> None:
    proposed = checks({}, sources=(SourceState(name="scrape", status=status),))
    found = asking("--prometheus", proposed)
    assert found
    assert all(is_conditional(check) is not is_sure for check in found)


def test_among_what_is_in_sight_the_gain_decides() -> None:
    proposed = [
        check for check in checks({"db.sockets": 4.0, "queue.sockets": 1.0}) if not is_conditional(check)
    ]
    gains = [check.gain_bits / check.cost_s for check in proposed]
    assert gains == sorted(gains, reverse=True)


HEALTHY = {
    "service.cpu": 0.05,
    "http.latency.p95": 0.02,
    "http.errors.ratio": 0.0,
    "probe.latency": 0.002,
    "http.stuck": 0.0,
}


@pytest.mark.parametrize(
    ("queue", "sockets", "is_proposed"),
    [
        (SourceStatus.SKIPPED, 2.0, True),
        (SourceStatus.OK, 2.0, False),  # it was asked
        (SourceStatus.SKIPPED, 0.0, False),  # there is none
    ],
)
def test_where_all_seems_well_only_what_is_in_sight_and_nobody_asked_is_proposed(
    queue: SourceStatus, sockets: float, *, is_proposed: bool
) -> None:
    """A queue may pile up although the service itself answers as ever."""
    sources = (
        SourceState(name="queue", status=queue),
        SourceState(name="processes", status=SourceStatus.OK),
    )
    found = checks(HEALTHY | {"queue.sockets": sockets}, sources=sources, reported=())
    assert bool(asking("--queue", found)) is is_proposed
    assert not asking("--pid", found)
    assert not any(is_conditional(check) for check in found)


def test_a_command_counts_with_what_its_signals_tell_together() -> None:
    """The process table answers dozens of questions at once."""
    (_, inference) = weigh(snapshot_with({}), BOOK)
    ranked = sorted(inference.outlooks(), key=lambda outlook: -outlook.gain_bits)[:4]
    assert inference.joint_gain(ranked) > ranked[0].gain_bits
    assert inference.joint_gain(ranked[:1]) == ranked[0].gain_bits
    assert inference.joint_gain(()) == 0
