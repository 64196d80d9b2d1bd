"""Situations in which an earlier table was wrong: each a mechanism, kept as a test."""

from __future__ import annotations

import pytest

from fastdiag.engine.diagnose import diagnose
from fastdiag.model.diagnosis import Diagnosis, Status, Verdict
from fastdiag.model.signal import Reading
from fastdiag.model.snapshot import Snapshot
from tests.engine.tables import builtin

BOOK = builtin()


def judged(values: dict[str, float], bias: str | None = None) -> Diagnosis:
    readings = {
        name: Reading(signal=name, unit=BOOK.catalogue.unit(name), source="given", value=value, bias=bias)
        for name, value in values.items()
    }
    return diagnose(
        Snapshot(service="s", taken_at="2026-01-01T00:00:00Z", window_s=300, readings=readings, missing={}),
        BOOK,
    )


def test_high_latency_is_a_symptom_although_nobody_saw_the_cpu() -> None:
    diagnosis = judged({"http.latency.p95": 30, "http.errors.ratio": 0.01, "db.pool.utilization": 1.0})
    assert diagnosis.status is Status.CRITICAL
    assert [symptom.id for symptom in diagnosis.symptoms] == ["high-latency"]


def test_with_the_cpu_seen_the_more_telling_symptom_stands_alone() -> None:
    diagnosis = judged({"http.latency.p95": 30, "service.cpu": 0.1})
    assert [symptom.id for symptom in diagnosis.symptoms] == ["low-cpu-high-latency"]


def test_a_reading_in_doubt_wakes_nobody() -> None:
    few = "only 3 requests in the window"
    assert judged({"http.errors.ratio": 0.33}, bias=few).status is Status.WARNING
    assert judged({"http.errors.ratio": 0.33}).status is Status.CRITICAL


@pytest.mark.parametrize(
    ("cause", "values"),
    [
        # A rare long block: the loop polls nearly always, and still a probe waited.
        ("event-loop-blocking", {"loop.polling.ratio": 0.92, "probe.latency": 1.8, "server.backlog": 3}),
        # One worker at its limit, hidden by the average of four.
        ("cpu-saturation", {"service.cpu": 0.28, "workers.cpu.max": 1.0, "loop.running.ratio": 0.99}),
        # A role's own limit: the server has slots, and refuses us.
        (
            "db-connection-limit",
            {"db.connections.total": 40, "db.connections.usable": 97, "db.connections.refused": 1},
        ),
    ],
)
def test_one_momentary_or_averaged_view_does_not_rule_out(cause: str, values: dict[str, float]) -> None:
    diagnosis = judged({"http.latency.p95": 3.0, **values})
    ruled_out = [other.id for other in diagnosis.others if other.verdict is Verdict.RULED_OUT]
    assert cause not in ruled_out


def test_what_is_not_shown_is_not_conclusive_and_not_lost() -> None:
    fine = {"http.latency.p95": 0.05, "http.errors.ratio": 0.0, "service.cpu": 0.1, "db.pool.waiting": 1.0}
    diagnosis = judged(fine)
    assert diagnosis.status is Status.OK
    assert not diagnosis.conclusive
    assert {other.id for other in diagnosis.others} == {cause.id for cause in BOOK.causes}


def test_a_consequence_is_no_surer_than_its_root() -> None:
    stuck = {"service.cpu": 0.05, "http.stuck": 20, "http.in_flight": 60, "external.stuck": 0}
    threads = {"threads.limiter.busy": 40, "threads.limiter.size": 40, "process.threads": 42}
    database = {"db.sockets": 30, "db.sockets.waiting": 30, "db.sockets.stuck": 30, "loop.polling.ratio": 0.9}
    verdicts = {c.id: c for c in judged({**stuck, **threads, **database}).causes}
    for cause in verdicts.values():
        if cause.driven_by:
            assert cause.verdict <= verdicts[cause.driven_by].verdict
