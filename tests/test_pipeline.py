"""From settings to a diagnosis: one's own rules and parameters, and one snapshot of many sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag import pipeline
from fastdiag.collectors.gather import Gathered
from fastdiag.config import SOURCES, Settings, load_settings
from fastdiag.config.settings import Flags
from fastdiag.discovery.assemble import assemble
from fastdiag.discovery.stock import take_stock
from fastdiag.errors import ConfigError, RuleError, SnapshotError
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Missing, Reading, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from fastdiag.model.survey import Stock
from fastdiag.model.target import NO_PAST, Secret, Target

OWN_CAUSE = """\
id: feature-flag-service-slow
title: The feature flag service is slow
explains: [low-cpu-high-latency]
assumption: dependencies answer in time
why: Every request asks it for its flags.
evidence:
  for:
    - {when: "flags.latency > 200ms", weight: decisive, because: the flag service takes long}
  against:
    - {when: "flags.latency < 20ms", weight: decisive, because: the flag service is fast}
check:
  - {run: "curl -s http://flags/health", look_for: a slow answer}
fix: {now: serve the defaults, then: cache the flags, avoid: asking more often}
examples:
  - {name: slow, given: {service.cpu: 20%, http.latency.p95: 4s, flags.latency: 900ms}, expect: {rank: 1}}
  - {name: fast, given: {service.cpu: 20%, http.latency.p95: 4s, flags.latency: 5ms}, expect: ruled out}
  - {name: unseen, given: {service.cpu: 20%, http.latency.p95: 4s}, expect: {at_most: possible}}
"""
OWN_SIGNAL = """\
flags.latency:
  unit: s
  title: how long the feature flag service takes
  sources: [{gauge: flags_latency_seconds, library: our own}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def own_rules(folder: Path) -> Path:
    """Write a folder with a cause and a signal of the team's own."""
    for name, text in {
        "causes/feature-flag-service-slow.yaml": OWN_CAUSE,
        "signals/own.yaml": OWN_SIGNAL,
    }.items():
        path = folder / "ours" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return folder / "ours"


def settings(**flags: object) -> Settings:
    return load_settings(Flags(**flags), environ={})  # type: ignore[arg-type] - what a test writes


def snapshot(values: Mapping[str, tuple[float, Unit]], **more: object) -> Snapshot:
    readings = {
        name: Reading(signal=name, unit=unit, source="given", value=value)
        for name, (value, unit) in values.items()
    }
    empty = Snapshot(service="shop", taken_at="", window_s=300, readings=readings, missing={})
    return replace(empty, **more)  # type: ignore[arg-type] - what a test writes


SLOW = {"service.cpu": (0.2, Unit.RATIO), "http.latency.p95": (0.8, Unit.SECONDS)}


def test_a_cause_of_ones_own_ranks(own_rules: Path) -> None:
    values = {**SLOW, "http.latency.p95": (4.0, Unit.SECONDS), "flags.latency": (0.9, Unit.SECONDS)}
    outcome = pipeline.replay(snapshot(values), pipeline.rules(settings(rules=(own_rules,))))
    assert outcome.diagnosis.causes[0].id == "feature-flag-service-slow"
    assert outcome.diagnosis.causes[0].rank == 1


def test_rules_may_be_named_in_the_file(own_rules: Path) -> None:
    (own_rules.parent / "fastdiag.yaml").write_text("rules: [ours]\n")
    assert "feature-flag-service-slow" in {cause.id for cause in pipeline.rules(settings()).causes}


def test_a_fault_in_ones_own_rules_is_told_with_its_place(own_rules: Path) -> None:
    file = own_rules / "causes" / "feature-flag-service-slow.yaml"
    file.write_text(OWN_CAUSE.replace("flags.latency > 200ms", "flags.latancy > 200ms"))
    with pytest.raises(RuleError) as caught:
        pipeline.rules(settings(rules=(own_rules,)))
    assert str(caught.value).startswith(f"{file}:8:")
    assert "did you mean 'flags.latency'?" in str(caught.value)


def test_an_objective_of_ones_own_changes_the_diagnosis(folder: Path) -> None:
    relaxed = pipeline.replay(snapshot(SLOW), pipeline.rules(settings()))
    (folder / "fastdiag.yaml").write_text("parameters: {slow: 300ms}\n")
    strict = pipeline.replay(snapshot(SLOW), pipeline.rules(settings()))
    assert [symptom.id for symptom in relaxed.diagnosis.symptoms] == []
    assert [symptom.id for symptom in strict.diagnosis.symptoms] == ["low-cpu-high-latency"]
    assert strict.diagnosis.snapshot.parameters["slow"] == "300ms"


def test_all_parameters_that_do_not_fit_are_told_with_their_places(folder: Path) -> None:
    (folder / "fastdiag.yaml").write_text("parameters:\n  slwo: 1s\n  hang: 5%\n  errors: 300\n")
    with pytest.raises(ConfigError) as caught:
        pipeline.rules(settings())
    assert str(caught.value).splitlines() == [
        "3 faults in the parameters",
        "  fastdiag.yaml:2:9: unknown parameter 'slwo'",
        "    hint: did you mean 'slow'?",
        "  fastdiag.yaml:3:9: 5% does not fit parameter 'hang', which is in seconds",
        "    hint: write 4s or 250ms",
        "  fastdiag.yaml:4:11: 300 needs a unit: parameter 'errors' is a ratio",
        "    hint: write 300%, or 30000% if that is meant",
    ]


@pytest.mark.usefixtures("folder")
def test_the_parameters_of_a_snapshot_win_and_those_it_lacks_are_filled_in() -> None:
    rulebook = pipeline.rules(settings())
    outcome = pipeline.replay(snapshot(SLOW, parameters={"slow": "300ms", "gone": "?"}), rulebook)
    carried = outcome.diagnosis.snapshot.parameters
    assert (carried["slow"], carried["gone"], carried["hang"]) == ("300ms", "?", "10s")
    assert [symptom.id for symptom in outcome.diagnosis.symptoms] == ["low-cpu-high-latency"]
    assert outcome.notes == ("slow is 300ms as in the snapshot, not 1s as in the rules of today",)


@pytest.mark.usefixtures("folder")
def test_a_replay_of_a_replay_is_the_same() -> None:
    rulebook = pipeline.rules(settings())
    first = pipeline.replay(snapshot(SLOW), rulebook)
    assert pipeline.replay(first.diagnosis.snapshot, rulebook) == first


def test_a_carried_parameter_that_makes_no_sense_is_refused(folder: Path) -> None:
    with pytest.raises(SnapshotError, match="'soon' is not a number"):
        pipeline.replay(snapshot(SLOW, parameters={"slow": "soon"}), pipeline.rules(settings()))
    assert list(folder.iterdir()) == []


def gathered(source: str, *readings: Reading, missing: Mapping[str, Missing] | None = None) -> Gathered:
    state = SourceState(name=source, status=SourceStatus.OK, target="http://prom", readings=len(readings))
    return Gathered(state, {reading.signal: reading for reading in readings}, missing or {})


def latency(source: str, value: float, bias: str | None = None) -> Reading:
    return Reading(signal="http.latency.p95", unit=Unit.SECONDS, source=source, value=value, bias=bias)


def assembled(*sources: Gathered, target: Target | None = None) -> Snapshot:
    asked = load_settings(Flags(observed=("restart-fixes-temporarily",)), environ={})
    book = pipeline.rules(asked)
    return assemble(sources, target or Target(), book.catalogue, book.parameters, asked.observed)


@pytest.mark.usefixtures("folder")
def test_of_two_readings_the_trusted_one_is_taken_and_the_other_kept() -> None:
    taken = assembled(
        gathered("prometheus", latency("prometheus", 2.0, bias="one worker of four")),
        gathered("scrape", latency("scrape", 4.0)),
    )
    assert taken.readings["http.latency.p95"].source == "scrape"
    assert [reading.source for reading in taken.also] == ["prometheus"]
    assert taken.observed == ("restart-fixes-temporarily",)
    assert taken.parameters["slow"] == "1s"


@pytest.mark.usefixtures("folder")
def test_of_several_reasons_the_most_useful_is_told() -> None:
    absent = {"http.latency.p95": Missing(Reason.ABSENT, "it does not expose it")}
    denied = {"http.latency.p95": Missing(Reason.DENIED, "it wants a password")}
    most = min([Reason.ABSENT, Reason.DENIED], key=tuple(Reason).index)
    taken = assembled(gathered("scrape", missing=absent), gathered("prometheus", missing=denied))
    assert taken.missing["http.latency.p95"].reason is most
    assert str(taken.missing["db.locks.waiting"]).startswith("not configured: not asked: postgres")


@pytest.mark.usefixtures("folder")
def test_of_equal_reasons_that_of_the_source_that_knows_best_is_told() -> None:
    vague = {"queue.oldest": Missing(Reason.ABSENT, "prometheus does not expose it")}
    exact = {"queue.oldest": Missing(Reason.ABSENT, "Celery stamps no time on its jobs")}
    taken = assembled(gathered("prometheus", missing=vague), gathered("queue", missing=exact))
    assert taken.missing["queue.oldest"].detail == "Celery stamps no time on its jobs"


@pytest.mark.usefixtures("folder")
def test_where_a_target_was_found_is_told_and_a_secret_in_it_is_not() -> None:
    found = Target(
        prometheus=Secret("http://u:hunter2@prom"),
        origin=(("prometheus", "listening port of pid 41, as u:hunter2@prom"),),
        secrets=(Secret("http://u:hunter2@prom"),),
    )
    taken = assembled(gathered("prometheus", latency("prometheus", 2.0)), target=found)
    assert taken.sources[0].target == "http://prom (listening port of pid 41, as u:***@prom)"
    assert taken.service == "unknown"


@pytest.mark.usefixtures("folder")
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("source", ["pgbouncer", "queue", "cache", "scrape", "probe"])
def test_where_an_address_was_found_is_told_of_every_source_that_has_one(source: str) -> None:
    setting = {"scrape": "metrics_url", "probe": "app_url"}.get(source, source)
    found = Target(origin=((setting, "BROKER_URL of pid 41"),))
    (seen,) = assembled(gathered(source, latency(source, 2.0)), target=found).sources
    assert (seen.target or "").endswith(" (BROKER_URL of pid 41)")


def test_an_unknown_symptom_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ConfigError) as caught:
        pipeline.snapshot(settings(observed=("hanging-request",)))
    assert caught.value.hint == "did you mean 'hanging-requests'?"


@pytest.mark.usefixtures("folder")
def test_the_past_is_asked_of_prometheus_only_and_the_moment_is_told() -> None:
    asked = settings(at="2026-01-02T03:04:05Z", app_url="http://127.0.0.1:1", service="shop")
    taken = pipeline.snapshot(asked).diagnosis.snapshot
    told = {state.name: (state.status, state.error) for state in taken.sources if state.name != "prometheus"}
    assert set(told.values()) == {(SourceStatus.SKIPPED, NO_PAST)}
    assert len(told) == len(SOURCES) - 1
    assert taken.taken_at == "2026-01-02T03:04:05Z"
    assert str(taken.missing["probe.latency"]) == f"not configured: probe: {NO_PAST}"


@pytest.mark.usefixtures("folder")
def test_a_survey_tells_what_each_source_lacks_and_what_to_do() -> None:
    elsewhere = "http://192.0.2.1"  # whatever runs on this machine is not asked for
    asked = settings(only=("postgres", "cache"), cache=("redis://:hunter2@127.0.0.1:1",), app_url=elsewhere)
    survey = pipeline.survey(asked)
    postgres, cache = survey.sources
    assert not survey.seen - {"cache.unreachable"}
    assert (postgres.state.status, postgres.origin) == (SourceStatus.SKIPPED, None)
    assert [(step.do, step.is_exact) for step in postgres.steps] == [
        ("--postgres postgresql://USER@HOST:5432/DATABASE", True)
    ]
    assert (cache.origin, cache.state.target) == ("--cache", "redis://127.0.0.1:1")
    assert cache.owed == len(cache.yields) + sum(len(lack.signals) for lack in cache.lacks)
    assert "hunter2" not in repr(survey)


def lacking(detail: str, reason: Reason = Reason.DENIED) -> dict[str, Missing]:
    return {"db.connections.active": Missing(reason, detail), "db.connections.idle": Missing(reason, detail)}


def stock_of(*sources: Gathered) -> tuple[Stock, ...]:
    catalogue = pipeline.rules(settings()).catalogue
    return take_stock(sources, Target(), catalogue, None, ()).sources


@pytest.mark.usefixtures("folder")
def test_the_sql_that_details_tell_becomes_a_step() -> None:
    detail = 'role "app" may not see 3 of 9 connections: GRANT pg_monitor TO "app";'
    (stock,) = stock_of(gathered("postgres", missing=lacking(detail)))
    (step,) = stock.steps
    assert (step.do, step.is_exact) == ('GRANT pg_monitor TO "app";', True)
    assert step.why == 'role "app" may not see 3 of 9 connections'
    assert step.signals == ("db.connections.active", "db.connections.idle")


@pytest.mark.usefixtures("folder")
def test_what_another_source_shows_already_is_no_gain() -> None:
    seen = Reading(signal="db.connections.active", unit=Unit.COUNT, source="prometheus", value=3)
    detail = "hidden: GRANT pg_monitor TO app;"
    _, stock = stock_of(gathered("prometheus", seen), gathered("postgres", missing=lacking(detail)))
    assert stock.steps[0].signals == ("db.connections.idle",)


@pytest.mark.usefixtures("folder")
def test_what_only_root_sees_is_told_as_a_command() -> None:
    missing = {"loop.blocked.ratio": Missing(Reason.DENIED, "thread states of another user's processes")}
    (stock,) = stock_of(gathered("processes", missing=missing))
    assert [(step.do, step.signals) for step in stock.steps] == [
        ("sudo fastdiag sources", ("loop.blocked.ratio",))
    ]
