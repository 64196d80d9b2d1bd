"""What others met in production is what the table names first, as far as their reports can show it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

import pytest
import yaml
from typer.testing import CliRunner

from fastdiag.cli.app import app
from fastdiag.engine.diagnose import diagnose
from fastdiag.model.diagnosis import Diagnosis, RankedCause, Verdict
from fastdiag.model.rule import Rulebook
from fastdiag.render.snapshot_file import load
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from tests.incidents.public import PublicCase, public_cases
from tests.incidents.public.report import REPORTS, Reports, read_reports
from tests.incidents.public.table import BlindSpot, Table, ToParameter, ToReading, ToSymptom, read_table
from tests.incidents.public.translate import ESTIMATED, document, write_files

SHARED: Final = REPORTS.parents[4] / "shared" / "incidents.yaml"
ENCODED: Final = ("yes", "claimed")


@cache
def book() -> Rulebook:
    return load_rulebook(builtin_rules())


@cache
def cases() -> tuple[PublicCase, ...]:
    return public_cases(book().catalogue)


@cache
def judged(name: str) -> Diagnosis:
    return diagnose(case(name).snapshot, book())


def case(name: str) -> PublicCase:
    return next(one for one in cases() if one.name == name)


@pytest.fixture(scope="module")
def reports() -> Reports:
    return read_reports()


@pytest.fixture(scope="module")
def table() -> Table:
    return read_table()


NAMES: Final = [report.id for report in read_reports().reports]
PLACES: Final = read_table().not_first


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PLACES])
def test_the_true_cause_stands_first(name: str) -> None:
    if case(name).blind_spot is None:
        assert [cause.id for cause in judged(name).causes[:1]] == list(case(name).causes)


@pytest.mark.parametrize("name", [name for name, place in PLACES.items() if place.within is not None])
def test_what_the_report_cannot_separate_is_among_the_first(name: str) -> None:
    listed = [cause.id for cause in judged(name).causes]
    (cause,) = case(name).causes
    assert cause in listed[: PLACES[name].within]


@pytest.mark.parametrize("name", [name for name, place in PLACES.items() if place.within is None])
def test_what_the_report_does_not_show_is_asked_for_and_nothing_wrong_claimed(name: str) -> None:
    place, diagnosis = PLACES[name], judged(name)
    assert set(case(name).causes).isdisjoint(cause.id for cause in diagnosis.causes)
    asked = [check.signal for check in diagnosis.next_checks]
    assert [one for one in asked if place.asks is None or f"{one}.".startswith(f"{place.asks}.")], asked
    claimed = {cause.id for cause in wrong(case(name), diagnosis) if cause.verdict > Verdict.POSSIBLE}
    roots = {cause.id for cause in diagnosis.causes if cause.id in claimed and cause.driven_by is None}
    assert roots == ({place.mistaken_for} if place.mistaken_for else set())


@pytest.mark.parametrize("name", NAMES)
def test_no_wrong_cause_is_very_likely(name: str) -> None:
    sure = [cause.id for cause in wrong(case(name), judged(name)) if cause.verdict is Verdict.VERY_LIKELY]
    assert sure == []


@pytest.mark.parametrize("name", NAMES)
def test_where_fastdiag_is_blind_it_claims_nothing(name: str) -> None:
    if case(name).blind_spot is not None:
        assert [cause.id for cause in judged(name).causes if cause.verdict > Verdict.POSSIBLE] == []


def wrong(one: PublicCase, diagnosis: Diagnosis) -> list[RankedCause]:
    return [cause for cause in diagnosis.causes if cause.id not in {*one.causes, *one.also}]


def test_the_table_covers_the_reports_and_has_no_unused_rows(reports: Reports, table: Table) -> None:
    reported = {name for report in reports.reports for name in report.signals}
    assert set(table.signals) == reported
    named = {name for report in reports.reports for name in (report.cause, *report.also)}
    assert set(table.causes) == named | reports.cause_ids
    assert {*table.not_first, *table.brought_about} <= {report.id for report in reports.reports}


def test_the_table_names_only_what_fastdiag_has(table: Table) -> None:
    rows = [row for rows in table.signals.values() for row in rows]
    signals = {row.signal for row in rows if isinstance(row, ToReading)} | set(table.combine)
    assert signals - set(book().catalogue.signals) == set()
    symptoms = {row.symptom for row in rows if isinstance(row, ToSymptom)}
    assert symptoms - {symptom.id for symptom in book().symptoms} == set()
    assert {row.name for row in rows if isinstance(row, ToParameter)} - set(book().parameters) == set()
    ours = {cause for cause in table.causes.values() if not isinstance(cause, BlindSpot)}
    assert ours - {cause.id for cause in book().causes} == set()


def test_several_signals_become_one_only_where_the_table_says_how(reports: Reports, table: Table) -> None:
    combined = set()
    for report in reports.reports:
        rows = [row for name in report.signals for row in table.signals[name] if isinstance(row, ToReading)]
        plain = [row.signal for row in rows if not row.before and row.grown_from is None and row.part is None]
        combined |= {signal for signal in plain if plain.count(signal) > 1}
    assert combined == set(table.combine)


def test_estimates_are_marked_and_not_trusted(reports: Reports) -> None:
    for report in reports.reports:
        assert report.estimated <= set(report.signals)
    leak = case("I04")
    assert leak.snapshot.readings["db.pool.in_use"].bias == ESTIMATED
    assert leak.snapshot.readings["db.pool.size"].bias is None
    assert case("I14").snapshot.readings["probe.latency"].bias is None  # the health route's own latency
    assert leak.estimated >= {"db.pool.in_use", "db.connections.idle_in_transaction", "http.errors.ratio"}


def test_a_report_is_translated_number_by_number(reports: Reports, table: Table) -> None:
    by_name = {report.id: report for report in reports.reports}
    assert document(by_name["I70"], table) == {
        "schema": 1,
        "service": "dhyansraj/mcp-mesh issue #817, PR #819 (2026-04)",
        "signals": {
            "probe.latency": {"source": "report", "value": 35.0, "before": 0.001},
            "service.cpu": {"source": "report", "value": 0.0, "bias": ESTIMATED},
        },
        "parameters": {"healthcheck_timeout": "30s"},
        "observed": [],
    }
    pool = case("I04").snapshot.readings["db.pool.size"]
    assert pool.value == 10
    login = case("I10").snapshot.readings["http.latency.p50"]
    assert [(part.labels, part.value) for part in login.by] == [
        ((("of", "routes with a database session"),), 30.01),
        ((("of", "routes without one"),), 0.44),
    ]
    assert case("I28").snapshot.readings["process.memory.utilization"].value == pytest.approx(16000 / 8192)
    assert case("I40").snapshot.observed == ("silent-task-failure",)


def test_every_report_is_a_file_for_the_command(tmp_path: Path) -> None:
    written = write_files(tmp_path)
    assert [path.stem for path in written] == NAMES
    assert [load(path, book().catalogue) for path in written] == [one.snapshot for one in cases()]
    for name in ("I26", "I32", "I40", "I66"):  # with parameters, with what a person observed
        shown = CliRunner().invoke(app, ["diagnose", str(tmp_path / f"{name}.json"), "--format", "json"])
        assert shown.exit_code == 0, shown.output
        listed = [cause["id"] for cause in json.loads(shown.stdout)["causes"]]
        assert listed == [cause.id for cause in judged(name).causes]


def test_the_copy_agrees_with_the_shared_collection() -> None:
    if not SHARED.is_file():
        pytest.skip("the shared collection of incidents does not lie beside the repository")
    assert facts(SHARED) == facts(REPORTS)


def facts(path: Path) -> tuple[dict[str, object], object]:
    file = yaml.safe_load(path.read_text(encoding="utf-8"))
    encoded = [report for report in file["incidents"] if report["confirmed"] in ENCODED]
    return {report["id"]: fact(report) for report in encoded}, file["cause_ids"]


def fact(report: dict[str, object]) -> dict[str, object]:
    plain = {key: report[key] for key in ("source", "kind", "confirmed", "cause", "signals")}
    return {**plain, "also": report.get("also", []), "estimated": report.get("estimated", [])}
