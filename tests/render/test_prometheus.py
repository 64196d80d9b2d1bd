"""A report as metrics: what promtool and the client library read, and what is unknown has no series."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fastdiag.model.headroom import Headroom
from fastdiag.model.notify import Delivery
from fastdiag.model.report import Report
from fastdiag.render.prometheus import Extras, render
from tests.render.diagnoses import ALL, HALF_SEEN, HEALTHY, POOL_DRAINED
from tests.render.headrooms import BUSY
from tests.stack.processes import MissingServerError

Series = dict[tuple[str, ...], float]
SYMPTOMS = ("low-cpu-high-latency", "hanging-requests", "random-timeouts", "error-spike")
DELIVERIES = (
    Delivery(name="slack", where="hooks.slack.com", seconds=0.2, attempts=1),
    Delivery(name="mail", where="ops", seconds=0.2, attempts=3, error="connection refused"),
)
FULL = Report(diagnosis=POOL_DRAINED, headroom=BUSY)
EXTRAS = Extras(symptoms=SYMPTOMS, deliveries=DELIVERIES, cpu_seconds=1.25)


def series(text: str, name: str) -> Series:
    """Return the samples of a metric by the values of its labels, `service` left out."""
    return {
        tuple(value for label, value in sorted(sample.labels.items()) if label != "service"): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"fastdiag_{name}"
    }


def test_the_state_of_the_service() -> None:
    text = render(FULL, EXTRAS)
    assert series(text, "status") == {("critical",): 1, ("ok",): 0, ("warning",): 0, ("inconclusive",): 0}
    assert series(text, "conclusive") == {(): 1}
    assert series(text, "last_run_timestamp_seconds") == {(): 1795317247.0}
    assert series(text, "run_cpu_seconds") == {(): 1.25}
    assert series(text, "run_collection_seconds") == {(): 5.213}


def test_a_symptom_that_cannot_be_told_is_neither_there_nor_not() -> None:
    text = render(FULL, EXTRAS)
    assert series(text, "symptom_active") == {
        ("low-cpu-high-latency",): 1,
        ("hanging-requests",): 1,
        ("error-spike",): 0,
    }
    assert series(text, "symptom_unknown") == {("random-timeouts",): 1}


def test_every_cause_of_the_table_has_its_probability() -> None:
    text = render(FULL, EXTRAS)
    probability = series(text, "cause_probability")
    assert probability["database-locks",] == 0.91
    assert probability["event-loop-blocking",] == 0
    assert series(text, "cause_root_probability")["db-pool-exhaustion",] == 0.17


def test_headroom_and_its_unknowns() -> None:
    text = render(FULL, EXTRAS)
    used = series(text, "headroom_utilization_ratio")
    assert set(used) == {(one.limit.id,) for one in BUSY.limits}
    reached = series(text, "headroom_reach_multiple")
    assert set(reached) == {(one.limit.id, one.reach.of.value) for one in BUSY.limits if one.reach}
    assert set(series(text, "headroom_limit_unknown")) == {(one.limit.id,) for one in BUSY.unknown}


def test_the_sources_and_what_they_cost() -> None:
    text = render(FULL, EXTRAS)
    status = series(text, "source_status")
    assert status["probe", "failed"] == 1
    assert status["probe", "ok"] == 0
    assert series(text, "source_readings")["postgres",] == 14
    assert series(text, "source_duration_seconds")["probe",] == 2.001
    assert series(text, "source_requests")["prometheus",] == 18


def test_whether_messages_arrived() -> None:
    assert series(render(FULL, EXTRAS), "notify_delivered") == {("slack",): 1, ("mail",): 0}
    assert series(render(FULL), "notify_delivered") == {}


def test_a_snapshot_that_was_written_by_hand_has_no_moment() -> None:
    by_hand = replace(HEALTHY, snapshot=replace(HEALTHY.snapshot, taken_at="", service=""))
    text = render(Report(diagnosis=by_hand))
    assert series(text, "last_run_timestamp_seconds") == {}
    assert 'service="unknown"' in text


def test_a_service_with_a_hostile_name_stays_one_label() -> None:
    name = 'shop"} 1\nfastdiag_status{status="ok'
    text = render(Report(diagnosis=replace(HEALTHY, snapshot=replace(HEALTHY.snapshot, service=name))))
    [family] = [one for one in text_string_to_metric_families(text) if one.name == "fastdiag_conclusive"]
    assert family.samples[0].labels == {"service": name.replace("\n", " ")}


@pytest.mark.parametrize("name", ALL)
def test_every_diagnosis_has_a_status_and_no_series_twice(name: str) -> None:
    lines = [line.rsplit(" ", 1)[0] for line in render(Report(diagnosis=ALL[name])).splitlines()]
    samples = [line for line in lines if not line.startswith("#")]
    assert len(samples) == len(set(samples))
    assert sum(series(render(Report(diagnosis=ALL[name])), "status").values()) == 1


def test_a_limit_that_stands_twice_makes_no_series_twice() -> None:
    doubled: Headroom = replace(BUSY, limits=(*BUSY.limits, *BUSY.limits))
    assert render(Report(diagnosis=HALF_SEEN, headroom=doubled)) == render(
        Report(diagnosis=HALF_SEEN, headroom=BUSY)
    )


def test_promtool_finds_nothing_to_complain_of() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        raise MissingServerError("promtool is not installed (Debian: apt install prometheus)")
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=render(FULL, EXTRAS),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
