"""Structured logs with request ids, and ids that travel: by records, headers and what is installed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fastdiag.coverage.facts import PROBE, WORKERS, Facts
from fastdiag.coverage.tracing_item import HEADER_IDS, TRACING
from fastdiag.model.checklist import Seen, Sight
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Part, Reading
from tests.coverage.answers import answers, concerns, facts, log, merits, page, why

PLAIN = [f'INFO:     127.0.0.1:{port} - "GET /orders HTTP/1.1" 200 OK' for port in range(40000, 40030)]


def structured(**more: object) -> list[str]:
    return [
        json.dumps({"level": "info", "message": "done", "path": "/orders", "request_id": f"r-{n}", **more})
        for n in range(30)
    ]


def logging_of(lines: list[str]) -> Seen:
    return answers(replace(facts(), logs=log(lines)))["structured-logs"]


def test_json_with_ids_is_visible_by_the_field_that_holds_them() -> None:
    seen = logging_of(structured())
    assert seen.sight is Sight.VISIBLE
    assert seen.by == ("request_id",)


@pytest.mark.parametrize(
    ("lines", "lacks"),
    [
        (PLAIN, "0% of 30 records are structured"),
        ([line.replace("request_id", "customer") for line in structured()], "0% of 30 records carry"),
        ([f"{line} request_id=r-{n}" for n, line in enumerate(PLAIN)], "0% of 30 records are structured"),
    ],
)
def test_fields_without_ids_and_ids_without_fields_are_not_enough(lines: list[str], lacks: str) -> None:
    seen = logging_of(lines)
    assert seen.sight is Sight.NOT_VISIBLE
    assert lacks in why(seen)
    assert "JsonFormatter" in seen.add


def test_few_records_say_nothing() -> None:
    seen = logging_of(structured()[:5])
    assert seen.sight is Sight.CANNOT_TELL
    assert "5 of the 20 records" in why(seen)


def test_where_the_time_went_is_told_or_missed() -> None:
    assert "not where the time went" in concerns(logging_of(structured(duration_ms=812)))
    assert "(db_time_ms)" in merits(logging_of(structured(duration_ms=812, db_time_ms=790)))


def test_a_time_that_only_the_log_has_is_visible_by_its_field() -> None:
    lines = structured(duration_ms=812, db_time_ms=790)
    seen = answers(replace(facts(page("python_info 1\n")), logs=log(lines)))
    assert (seen["latency-percentiles"].sight, seen["latency-percentiles"].by) == (
        Sight.VISIBLE,
        ("duration_ms",),
    )
    assert "only the log has it" in concerns(seen["latency-percentiles"])
    assert "Instrumentator(" in seen["latency-percentiles"].add
    assert seen["database-query-duration"].by == ("db_time_ms",)
    assert seen["external-latency"].sight is Sight.NOT_VISIBLE


def test_a_time_in_hardly_any_record_shows_nothing() -> None:
    lines = [*structured(), *structured(duration_ms=3)[:2]]
    seen = answers(replace(facts(page("python_info 1\n")), logs=log(lines)))
    assert seen["latency-percentiles"].sight is Sight.NOT_VISIBLE


def reading(signal: str, value: float, *, bias: str | None = None, **label: str) -> Reading:
    by = tuple(Part(labels=((name, text),), value=value) for name, text in label.items())
    return Reading(signal=signal, unit=Unit.COUNT, source=PROBE, value=value, by=by, bias=bias)


def known(header: Reading | None = None, tracer: Reading | None = None) -> Facts:
    pairs = (((PROBE, HEADER_IDS), header), ((WORKERS, TRACING), tracer))
    return replace(facts(), readings={key: one for key, one in pairs if one is not None})


def test_an_id_in_the_answer_is_visible_by_its_header() -> None:
    seen = answers(known(reading(HEADER_IDS, 1.0, header="x-request-id")))["trace-ids"]
    assert seen.sight is Sight.VISIBLE
    assert seen.by == ("x-request-id",)
    assert "cannot be seen from outside" in concerns(seen)


def test_an_id_that_a_proxy_may_have_added_proves_nothing() -> None:
    header = reading(HEADER_IDS, 1.0, bias="a proxy in front of the service may have added it", header="x")
    assert answers(known(header))["trace-ids"].sight is Sight.CANNOT_TELL


def test_a_tracer_that_is_only_installed_proves_nothing() -> None:
    tracer = reading(TRACING, 1.0, bias="installed; whether it is on cannot be seen", library="ddtrace")
    seen = answers(known(reading(HEADER_IDS, 0.0), tracer))["trace-ids"]
    assert seen.sight is Sight.CANNOT_TELL
    assert "ddtrace" in why(seen)


def test_neither_header_nor_tracer_is_not_visible() -> None:
    seen = answers(known(reading(HEADER_IDS, 0.0), reading(TRACING, 0.0)))["trace-ids"]
    assert seen.sight is Sight.NOT_VISIBLE
    assert "FastAPIInstrumentor.instrument_app(app)" in seen.add


def test_without_the_packages_a_tracer_cannot_be_denied() -> None:
    assert answers(known(reading(HEADER_IDS, 0.0)))["trace-ids"].sight is Sight.CANNOT_TELL


def test_ids_in_the_log_are_as_good_as_headers() -> None:
    seen = answers(replace(facts(), logs=log(structured())))["trace-ids"]
    assert seen.sight is Sight.VISIBLE
