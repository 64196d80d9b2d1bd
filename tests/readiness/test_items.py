"""Each item of the checklist: what lets it pass, what fails it, and what leaves it open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastdiag.engine.diagnose import diagnose
from fastdiag.model.audit import CodePlace, Confidence, Dismissal, Dismissed, Root, Severity, Unread
from fastdiag.model.checklist import Answer, Attestation, Readiness, Sight
from fastdiag.model.readiness import AlertRule, RuleSet
from fastdiag.readiness.answer import QUESTIONS, answer
from fastdiag.readiness.joining import with_sight
from fastdiag.render.readiness.words import telling
from tests.alerts.bench import shipped
from tests.readiness.facts import (
    ROUTE,
    ask,
    caught,
    code,
    coverage,
    facts,
    finding,
    item,
    items,
    seen,
    setting,
)

PASS, FAIL = Readiness.PASS, Readiness.FAIL
ATTESTED, OPEN = Readiness.ATTESTED, Readiness.CANNOT_TELL
HEALTHY = seen(
    workers__count=2.0,
    service__cores=4.0,
    db__connections__usable=97.0,
    db__transactions__longest=0.2,
    server__timeout=30.0,
    server__graceful_timeout=30.0,
)


def texts(one: Answer) -> str:
    return "\n".join(evidence.text for evidence in one.evidence)


def test_every_item_has_its_question() -> None:
    assert list(QUESTIONS) == [item.id for item in items()]


def test_of_which_nothing_is_known_nothing_passes_or_fails() -> None:
    answers = answer(items(), facts())
    assert {one.verdict for one in answers} == {OPEN}
    assert all(one.evidence for one in answers), "each says why it cannot be told"


def test_a_folder_without_any_route_is_no_service_and_lets_nothing_pass() -> None:
    """Nor does it tell that there is no ORM, no database and no queue."""
    answers = answer(items(), facts(replace(code(), roots=(), files=0)))
    assert {one.verdict for one in answers} == {OPEN}


# --- the code ---------------------------------------------------------------------------------


def test_code_in_which_nothing_blocks_passes_and_one_place_fails() -> None:
    assert ask("async-no-blocking", facts(code())).verdict is PASS
    failed = ask("async-no-blocking", facts(code(finding("blocking-call", kind="sync-http"))))
    assert failed.verdict is FAIL
    assert failed.evidence[0].place == CodePlace("app.py", 7, 5)
    assert "reached from GET /orders" in failed.evidence[0].text


def test_what_is_only_possible_neither_fails_nor_passes() -> None:
    doubtful = finding("blocking-call", confidence=Confidence.POSSIBLE)
    assert ask("async-no-blocking", facts(code(doubtful))).verdict is OPEN


def test_a_remark_does_not_keep_an_item_from_passing() -> None:
    assert (
        ask("async-no-blocking", facts(code(finding("blocking-call", severity=Severity.NOTE)))).verdict
        is PASS
    )


def test_code_that_could_not_be_read_as_a_whole_lets_nothing_pass() -> None:
    unread = (Unread(place=CodePlace("old.py", 3), reason="not Python 3"),)
    one = ask("async-no-blocking", facts(replace(code(), unread=unread)))
    assert one.verdict is OPEN
    assert "old.py:3: not Python 3" in texts(one)


def test_a_folder_without_routes_is_not_a_service_without_faults() -> None:
    one = ask("async-no-blocking", facts(replace(code(), roots=())))
    assert one.verdict is OPEN
    assert "no route of FastAPI" in texts(one)


def test_a_finding_that_somebody_accepted_counts_for_the_item_with_the_reason() -> None:
    accepted = Dismissed(finding=finding("blocking-call"), by=Dismissal.COMMENT, reason="1 KB, once a day")
    one = ask("async-no-blocking", facts(replace(code(), dismissed=(accepted,))))
    assert one.verdict is PASS
    assert "1 KB, once a day" in texts(one)


def test_only_the_database_concerns_the_orm_and_without_an_orm_nothing_does() -> None:
    http, rows = finding("blocking-call", kind="sync-http"), finding("blocking-call", kind="sync-database")
    orm = ("fastapi", "sqlalchemy")
    assert ask("sync-orm-reviewed", facts(code(http, packages=orm))).verdict is PASS
    assert ask("sync-orm-reviewed", facts(code(rows, packages=orm))).verdict is FAIL
    assert ask("sync-orm-reviewed", facts(code(http, packages=("fastapi",)))).verdict is PASS


def test_hashing_concerns_the_cpu_and_waiting_for_http_does_not() -> None:
    assert (
        ask("cpu-outside-requests", facts(code(finding("blocking-call", kind="password-hashing")))).verdict
        is FAIL
    )
    assert (
        ask("cpu-outside-requests", facts(code(finding("blocking-call", kind="sync-http")))).verdict is PASS
    )


# --- code and stacks --------------------------------------------------------------------------


def test_a_line_in_which_the_loop_was_caught_is_joined_with_the_finding_about_it() -> None:
    audit = code(finding("blocking-call", kind="sleep"))
    here = caught(HEALTHY, "app.py:7 in orders", 0.43, calls="time.sleep")
    stood = [e for e in ask("async-no-blocking", facts(audit, here)).evidence if e.source == "stacks"]
    assert "43% of samples, as the audit says of this line" in stood[0].text
    assert stood[0].finding == audit.findings[0]


def test_a_line_that_the_audit_does_not_know_fails_the_item_all_the_same() -> None:
    one = ask("async-no-blocking", facts(code(), caught(HEALTHY, "other.py:7 in orders", 0.43)))
    assert one.verdict is FAIL
    assert "as the audit says" not in texts(one)


def test_a_line_in_which_the_loop_is_seldom_caught_says_that_it_is_free() -> None:
    assert (
        ask("async-no-blocking", facts(code(), caught(HEALTHY, "app.py:7 in orders", 0.05))).verdict is PASS
    )


def test_a_cause_that_is_at_work_speaks_against_the_item_and_one_that_is_ruled_out_for_it() -> None:
    busy = seen(service__cpu=0.04, probe__latency=2.1, loop__blocked__ratio=0.92, loop__polling__ratio=0.04)
    blocked = facts(code(), busy, diagnosis=diagnose(busy, shipped()))
    one = ask("async-no-blocking", blocked)
    assert one.verdict is FAIL
    assert "at work right now: A blocking call holds up the event loop" in texts(one)
    idle = seen(service__cpu=0.04, probe__latency=0.002, loop__polling__ratio=0.99, server__backlog=0.0)
    free = ask("async-no-blocking", facts(code(), idle, diagnosis=diagnose(idle, shipped())))
    assert free.verdict is PASS
    assert "not at work while it was looked at" in texts(free)


def test_findings_tell_what_was_seen_of_them_and_stay_the_same_findings() -> None:
    audit = code(finding("blocking-call", kind="sleep"), finding("blocking-call", kind="sleep", line=90))
    here = caught(HEALTHY, "app.py:7 in orders", 0.43, calls="time.sleep")
    told = with_sight(audit, answer(items(), facts(audit, here))).findings
    assert "; seen live: the event loop stood still in time.sleep" in told[0].message
    assert "as the audit says" not in told[0].message
    assert told[0].fingerprint == audit.findings[0].fingerprint
    assert told[1] == audit.findings[1]


# --- pools and limits -------------------------------------------------------------------------

POOL = (setting("sqlalchemy.pool_size", 20), setting("sqlalchemy.max_overflow", 10, is_default=True))
DEFAULTS = tuple(replace(one, is_default=True) for one in POOL)
UNSIZED = replace(finding("pool-defaults", severity=Severity.NOTE), place=CodePlace("db.py", 5, 10))


def test_a_pool_that_somebody_sized_passes_and_one_on_defaults_fails() -> None:
    assert ask("pool-size-configured", facts(code(settings=POOL))).verdict is PASS
    assert ask("pool-size-configured", facts(code(UNSIZED, settings=DEFAULTS))).verdict is FAIL


def test_a_pool_of_a_script_of_which_the_audit_says_nothing_is_told_and_does_not_count() -> None:
    script = tuple(replace(one, place=CodePlace("migrate.py", 9, 1)) for one in DEFAULTS)
    both = ask("pool-size-configured", facts(code(settings=(*POOL, *script)), HEALTHY))
    assert both.verdict is PASS
    assert "in code that no route reaches" in texts(both)
    assert "2 workers x 30 connections" in texts(both), "those of the service alone"
    assert ask("pool-size-configured", facts(code(settings=script, packages=("sqlalchemy",)))).verdict is OPEN


def test_a_default_that_somebody_accepted_is_one_on_purpose() -> None:
    accepted = Dismissed(finding=UNSIZED, by=Dismissal.COMMENT, reason="5 is right")
    audit = replace(code(settings=DEFAULTS), dismissed=(accepted,))
    assert ask("pool-size-configured", facts(audit)).verdict is PASS


def test_workers_times_the_pool_of_the_code_are_held_against_the_slots_of_postgresql() -> None:
    fits = ask("pool-size-configured", facts(code(settings=POOL), HEALTHY))
    assert fits.verdict is PASS
    assert "2 workers x 30 connections of the code's pools = 60 of 97 usable slots" in texts(fits)
    crowded = replace(HEALTHY, readings={**HEALTHY.readings, **seen(workers__count=4.0).readings})
    too_many = ask("pool-size-configured", facts(code(settings=POOL), crowded))
    assert too_many.verdict is FAIL
    assert "120 of 97 usable slots, 23 too many" in texts(too_many)


def test_what_postgresql_sees_stands_beside_what_the_code_configures() -> None:
    taken = replace(HEALTHY, readings={**HEALTHY.readings, **seen(db__service__connections=75.0).readings})
    one = ask("pool-size-configured", facts(code(settings=POOL), taken))
    assert "PostgreSQL sees 75 of this service now, more than that" in texts(one)


def test_where_metrics_show_the_pools_they_count_and_the_code_stands_beside_them() -> None:
    measured = seen(workers__count=4.0, db__connections__usable=97.0, db__pool__size=40.0)
    one = ask("pool-size-configured", facts(code(settings=POOL), measured))
    assert one.verdict is PASS
    told = {evidence.source: evidence.speaks for evidence in one.evidence if "usable slots" in evidence.text}
    assert told == {"limits": True, "code, processes, postgres": None}


def test_a_pool_that_nobody_sized_is_told_with_what_the_workers_make_of_it() -> None:
    audit = code(UNSIZED, settings=DEFAULTS)
    (told,) = with_sight(audit, answer(items(), facts(audit, HEALTHY))).findings
    assert "seen live: 2 workers x 30 connections of the code's pools" in told.message


def test_a_pool_whose_size_is_computed_is_not_taken_for_a_number() -> None:
    sizes = (replace(setting("sqlalchemy.pool_size", None), text="settings.POOL"), POOL[1])
    one = ask("pool-size-configured", facts(code(settings=sizes), HEALTHY))
    assert one.verdict is PASS
    assert "of the code's pools" not in texts(one)
    assert "settings.POOL + 10" in texts(one)


def test_psycopgs_pool_is_as_large_as_its_smallest_size_unless_it_says_more() -> None:
    sizes = (setting("psycopg_pool.min_size", 8), setting("psycopg_pool.max_size", None, is_default=True))
    one = ask("pool-size-configured", facts(code(settings=sizes), HEALTHY))
    assert "2 workers x 8 connections" in texts(one)


def test_a_service_without_a_database_needs_no_pool_and_one_that_hides_it_is_not_known() -> None:
    assert ask("pool-size-configured", facts(code(packages=("fastapi",)))).verdict is PASS
    assert ask("pool-size-configured", facts(code(packages=("asyncpg",)))).verdict is OPEN


def test_workers_fit_where_cores_and_slots_do() -> None:
    database = ("fastapi", "sqlalchemy")
    fits = facts(code(settings=POOL, packages=database), HEALTHY)
    assert ask("workers-fit-capacity", fits).verdict is PASS
    crowded = replace(HEALTHY, readings={**HEALTHY.readings, **seen(service__cores=0.5).readings})
    assert ask("workers-fit-capacity", facts(code(settings=POOL, packages=database), crowded)).verdict is FAIL
    blind = seen(workers__count=2.0, service__cores=4.0)
    assert ask("workers-fit-capacity", facts(code(settings=POOL, packages=database), blind)).verdict is OPEN
    assert ask("workers-fit-capacity", facts(code(packages=("fastapi",)), blind)).verdict is PASS


def test_memory_that_is_nearly_used_up_fails() -> None:
    full = seen(workers__count=2.0, service__cores=4.0, process__rss=95.0, process__rss__limit=100.0)
    assert ask("workers-fit-capacity", facts(code(packages=("fastapi",)), full)).verdict is FAIL


@pytest.mark.parametrize(("timeout", "verdict"), [(30.0, OPEN), (1.0, FAIL), (0.0, FAIL)])
def test_the_worker_timeout_is_held_against_the_slowest_request_that_counts(
    timeout: float, verdict: Readiness
) -> None:
    one = ask("request-timeout-defined", facts(code(), seen(server__timeout=timeout)))
    assert one.verdict is verdict
    assert ("only waits" in texts(one)) == (verdict is OPEN)  # gunicorn's ends no request that awaits


def test_where_no_server_timeout_is_seen_it_cannot_be_told() -> None:
    assert ask("request-timeout-defined", facts(code(), seen(workers__count=2.0))).verdict is OPEN


@pytest.mark.parametrize(("grace", "verdict"), [(30.0, PASS), (1.0, FAIL)])
def test_the_grace_at_shutdown_is_held_against_the_slowest_request(grace: float, verdict: Readiness) -> None:
    assert ask("graceful-shutdown", facts(code(), seen(server__graceful_timeout=grace))).verdict is verdict


@pytest.mark.parametrize(("oldest", "verdict"), [(0.3, PASS), (45.0, FAIL)])
def test_the_oldest_transaction_decides_whether_they_are_short(oldest: float, verdict: Readiness) -> None:
    assert ask("transactions-short", facts(code(), seen(db__transactions__longest=oldest))).verdict is verdict


def test_that_nothing_would_end_a_statement_does_not_say_that_one_is_long() -> None:
    audit = code(finding("database-timeout"))
    assert ask("transactions-short", facts(audit, HEALTHY)).verdict is PASS
    assert ask("dependency-timeouts", facts(audit, HEALTHY)).verdict is FAIL


def test_state_in_a_handler_fails_as_soon_as_there_are_two_workers() -> None:
    audit = code(finding("worker-local-state"))
    assert ask("no-worker-local-state", facts(audit, seen(workers__count=2.0))).verdict is FAIL
    alone = ask("no-worker-local-state", facts(audit, seen(workers__count=1.0)))
    assert alone.verdict is OPEN
    assert "a second one or a restart would show it" in texts(alone)


# --- background work --------------------------------------------------------------------------


def test_without_background_work_its_items_pass_and_with_it_they_are_asked() -> None:
    names = ("critical-tasks-identified", "failed-jobs-tracked", "tasks-idempotent")
    assert {ask(name, facts(code())).verdict for name in names} == {PASS}
    begun = code(settings=(setting("background.create_task", "send_mail"),))
    asked = [ask(name, facts(begun)) for name in names]
    assert {one.verdict for one in asked} == {OPEN}
    assert "send_mail (db.py:5)" in texts(asked[0])


def test_tasks_of_a_queue_count_as_background_work() -> None:
    task = Root(
        text="celery task pay",
        kind="queue task",
        place=CodePlace("t.py", 1),
        function="t.pay",
        is_async=False,
    )
    assert ask("tasks-idempotent", facts(replace(code(), roots=(ROUTE, task)))).verdict is OPEN


def test_a_queue_whose_tasks_are_not_found_is_no_service_without_tasks() -> None:
    one = ask("critical-tasks-identified", facts(code(packages=("dramatiq",))))
    assert one.verdict is OPEN
    assert "the code uses dramatiq" in texts(one)


def test_a_critical_task_in_the_process_fails() -> None:
    audit = code(finding("critical-background-task"))
    assert ask("no-hidden-critical-work", facts(audit)).verdict is FAIL


# --- what is visible --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [item.id for item in items() if item.shown_by and item.id != "slow-queries-monitored"]
)
def test_what_has_to_be_tracked_passes_when_it_is_visible_and_fails_when_it_is_not(name: str) -> None:
    audit = code(settings=(setting("background.create_task", "send_mail"),))
    (shown_by,) = [item.shown_by for item in items() if item.id == name]
    assert ask(name, facts(audit, coverage=coverage())).verdict is PASS
    hidden = {one.replace("-", "_"): Sight.NOT_VISIBLE for one in shown_by[:1]}
    failed = ask(name, facts(audit, coverage=coverage(**hidden)))
    assert failed.verdict is FAIL
    assert failed.fix.endswith("main.py.\npip install it")
    unsure = {one.replace("-", "_"): Sight.CANNOT_TELL for one in shown_by[:1]}
    assert ask(name, facts(audit, coverage=coverage(**unsure))).verdict is OPEN


def test_statistics_of_the_database_show_slow_queries_as_well_as_the_services_own_metrics() -> None:
    blind = coverage(database_query_duration=Sight.NOT_VISIBLE)
    locks = seen(db__logging__lock_waits=1.0)
    assert ask("slow-queries-monitored", facts(code(), locks, coverage=blind)).verdict is FAIL
    for way in (seen(db__queries__top__share=0.4), seen(db__logging__slow_statements=1.0)):
        taken = replace(locks, readings={**locks.readings, **way.readings})
        assert ask("slow-queries-monitored", facts(code(), taken, coverage=blind)).verdict is PASS


def test_locks_are_watched_by_the_log_of_the_database_or_by_an_alert() -> None:
    slow = seen(db__queries__top__share=0.4, db__logging__lock_waits=0.0)
    known = facts(code(), slow, coverage=coverage())
    assert ask("slow-queries-monitored", known).verdict is OPEN, "something else may watch them"
    blind = replace(known, rules=rules(("LoopBlocked", "loop_blocked > 1"), ("Clock", "clock_skew > 1")))
    assert ask("slow-queries-monitored", blind).verdict is FAIL
    watched = replace(known, rules=rules(("Waits", "pg_locks_count > 10")))
    assert ask("slow-queries-monitored", watched).verdict is PASS


def rules(*alerts: tuple[str, str], records: dict[str, str] | None = None, error: str = "") -> RuleSet:
    made = tuple(AlertRule(name=name, group="g", query=query, error=error) for name, query in alerts)
    return RuleSet(url="http://prometheus:9090", alerts=made, records=records or {})


TOLD = (("Timeouts", 'rate(http_requests_total{status="504"}[5m]) > 0'), ("Restart", "changes(up[5m]) > 2"))


def test_alerts_for_all_three_pass_and_each_that_lacks_fails() -> None:
    queue = ("Jobs", "celery_queue_length > 100")
    busy = code(settings=(setting("background.create_task", "send_mail"),))
    assert ask("alerts-defined", facts(busy, rules=rules(*TOLD, queue))).verdict is PASS
    lacking = ask("alerts-defined", facts(busy, rules=rules(*TOLD)))
    assert lacking.verdict is FAIL
    assert "queue build-up: none of 2 alerting rules" in texts(lacking)
    assert ask("alerts-defined", facts(code(), rules=rules(*TOLD))).verdict is PASS, "no queue, no alert"


def test_recorded_series_are_looked_into_even_in_a_circle() -> None:
    records = {"job:slow": "job:bad", "job:bad": 'rate(x_total{code="504"}[5m]) + job:slow'}
    alert = (("Slow", "job:slow > 1"), TOLD[1])
    assert ask("alerts-defined", facts(code(), rules=rules(*alert, records=records))).verdict is PASS


def test_an_alert_that_the_server_cannot_evaluate_tells_nobody() -> None:
    one = ask("alerts-defined", facts(code(), rules=rules(*TOLD, error="many-to-many matching")))
    assert one.verdict is FAIL
    assert "cannot be evaluated: many-to-many matching" in texts(one)


def test_a_metric_that_only_sounds_alike_is_no_alert_for_timeouts() -> None:
    lookalike = (("Latency", "http_request_duration_seconds_bucket > 5040"), TOLD[1])
    assert ask("alerts-defined", facts(code(), rules=rules(*lookalike))).verdict is FAIL


# --- a team's own items ---------------------------------------------------------------------


def test_an_item_of_ones_own_is_vouched_for_or_open() -> None:
    own = replace(item("spikes-tested"), id="licences-checked", causes=())
    (open_one,) = answer((own,), facts(code()))
    assert open_one.verdict is OPEN
    (vouched_for,) = answer((own,), facts(code(), attestations=vouched("licences-checked")))
    assert vouched_for.verdict is ATTESTED


# --- attestations -----------------------------------------------------------------------------


def vouched(item: str, since: str = "2026-11-01", until: str = "2027-05-01") -> dict[str, Attestation]:
    return {item: Attestation(item=item, owner="payments", date=since, until=until, note="k6 at ten times")}


def test_what_no_machine_sees_somebody_vouches_for() -> None:
    one = ask("spikes-tested", facts(code(), attestations=vouched("spikes-tested")))
    assert one.verdict is ATTESTED
    assert "payments vouches for it since 2026-11-01, until 2027-05-01: k6 at ten times" in texts(one)


def test_that_nobody_vouches_is_said_of_what_only_a_person_can_know() -> None:
    assert "nobody vouches for it" in texts(ask("spikes-tested", facts(code())))
    assert "nobody vouches" not in texts(ask("latency-tracked", facts(code())))


def test_an_attestation_holds_on_its_last_day_and_not_on_the_next() -> None:
    last = vouched("spikes-tested", until="2026-11-23")
    assert ask("spikes-tested", facts(code(), attestations=last)).verdict is ATTESTED
    over = vouched("spikes-tested", until="2026-11-22")
    one = ask("spikes-tested", facts(code(), attestations=over))
    assert one.verdict is OPEN
    assert "ended on 2026-11-22" in texts(one)


def test_an_attestation_of_tomorrow_does_not_hold_today() -> None:
    early = vouched("spikes-tested", since="2026-11-24")
    assert ask("spikes-tested", facts(code(), attestations=early)).verdict is OPEN


def test_what_is_seen_wins_over_what_somebody_says() -> None:
    audit = code(finding("late-ack-without-idempotency"), packages=("celery",))
    one = ask("tasks-idempotent", facts(audit, attestations=vouched("tasks-idempotent")))
    assert one.verdict is FAIL
    assert [evidence.source for evidence in telling(one, verbose=False)] == ["code", "attestation"]


def test_a_worker_that_is_caught_in_two_calls_of_a_line_is_one_worker() -> None:
    both = caught(HEALTHY, "app.py:7 in home", 0.9, calls="time.sleep")
    reading = both.readings["loop.blocking_frame"]
    again = replace(
        reading.by[0], labels=(("calls", "requests.get"), ("frame", "app.py:7 in home"), ("worker", "7"))
    )
    for worker, is_told in (
        (again, False),
        (replace(again, labels=(*again.labels[:2], ("worker", "8"))), True),
    ):
        taken = replace(both.readings["loop.blocking_frame"], by=(*reading.by, worker))
        seen_twice = replace(both, readings={**both.readings, "loop.blocking_frame": taken})
        one = ask("async-no-blocking", facts(code(), seen_twice))
        assert ("(2 workers)" in texts(one)) is is_told
