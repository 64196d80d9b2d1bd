"""What reaches a report: values, exemplars without secrets, how a service logs; whatever the log holds."""

import json
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdiag.collectors.gather import gather
from fastdiag.collectors.logs.collect import collect
from fastdiag.collectors.logs.facts import SIGNALS, write_facts
from fastdiag.collectors.logs.lines import Batch, lines_of
from fastdiag.collectors.logs.window import stretch_of
from fastdiag.collectors.sink import Sink
from fastdiag.model.log_place import LogFile
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Bound, Catalogue, LogPattern, LogSource, Reading, Signal
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Secret, Target
from tests.collectors.logs.reading import CATALOGUE, LINES, readings, stretch

POOL = "QueuePool limit of size 5 overflow 10 reached, connection timed out"
PLANTED = "hunter2-planted"


def facts(text: str) -> dict[str, float | None]:
    sink = Sink("logs", CATALOGUE, time.monotonic() + 60)
    write_facts(stretch(text).records, sink)
    return {name: reading.value for name, reading in sink.close()[0].items()}


def exemplars(reading: Reading) -> list[str]:
    return [value for part in reading.by for name, value in part.labels if name == "line"]


def test_an_exemplar_begins_where_it_gets_interesting_and_keeps_no_secret() -> None:
    line = f"ERROR dsn=postgresql://shop:{PLANTED}@db/shop token={PLANTED} failed: {POOL} {PLANTED}"
    found, _ = readings(stretch(line), secrets=[Secret(PLANTED)])
    (shown,) = exemplars(found["logs.pool_timeouts"])
    assert shown.startswith(POOL)
    assert PLANTED not in shown


@pytest.mark.parametrize("before", [0, 100, 900, 1020, 5000])
def test_a_secret_that_a_cut_would_halve_does_not_leak(before: int) -> None:
    line = f"{'x ' * before}password={PLANTED}{PLANTED} {POOL} api_key={PLANTED}{'y' * 300}"
    found, _ = readings(stretch(line))
    assert not any(PLANTED in shown for shown in exemplars(found["logs.pool_timeouts"]))


def test_markup_escapes_and_holes_are_text() -> None:
    raw = (
        f"\x00\x00\x00\x1b[31m[red]{POOL}[/red]\x1b]0;owned\x07 \u202e<script>\n".encode() + b"\xff\xfe" * 50
    )
    found, _ = readings(stretch(raw))
    (shown,) = exemplars(found["logs.pool_timeouts"])
    assert shown.isprintable()
    assert "\x1b" not in shown


def test_a_line_of_ten_megabytes_is_read_as_far_as_lines_go() -> None:
    found, _ = readings(stretch(f"{POOL}{'x' * 10_000_000}\n{POOL}"))
    assert found["logs.pool_timeouts"].value == 2
    assert all(len(shown) <= 160 for shown in exemplars(found["logs.pool_timeouts"]))


def test_a_log_that_makes_every_record_a_kind_of_its_own_fills_no_report() -> None:
    text = "\n".join(f"QueuePool limit of size {n} overflow 1 reached" for n in range(3000))
    found, _ = readings(stretch(text))
    assert found["logs.pool_timeouts"].value == 3000
    assert len(found["logs.pool_timeouts"].by) == 10


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80), st.sampled_from([POOL.encode(), b"{", b'{"a": "httpx.ReadTimeout"}'])
        )
    )
)
def test_no_content_makes_the_source_fail(pieces: list[bytes]) -> None:
    read = stretch(b"\n".join(pieces))
    found, missing = readings(read)
    assert found or missing
    write_facts(read.records, Sink("logs", CATALOGUE, time.monotonic() + 60))


def test_what_a_user_adds_needs_no_python() -> None:
    own = Signal(
        id="logs.own",
        unit=Unit.COUNT,
        title="own",
        sources=(
            LogSource(
                pattern=LogPattern(regex="ledger (?P<which>[a-z]{1,9}) locked", literals=("ledger ",)),
                library="ours",
            ),
        ),
    )
    found, _ = readings(stretch("ledger main locked\nledger main locked"), catalogue=Catalogue({own.id: own}))
    assert found["logs.own"].value == 2
    assert ("which", "main") in found["logs.own"].by[0].labels


def test_a_count_of_a_tail_that_is_too_short_is_a_lower_bound() -> None:
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 10))
    batch = Batch(lines=lines_of(f"{stamp} {POOL}".encode())[0], since=None, until=now, is_cut=True)
    found, _ = readings(stretch_of("app.log", batch, None, 300))
    assert found["logs.pool_timeouts"].bound is Bound.AT_LEAST
    assert "reaches back" in (found["logs.pool_timeouts"].bias or "")


def test_how_a_service_logs_is_told_from_its_records() -> None:
    fields = {
        "event": "done",
        "request_id": "a1b2c3",
        "duration_ms": 8120,
        "db": {"time": 7.9},
        "span_id": "9f",
    }
    told = facts("\n".join([json.dumps(fields)] * 30))
    assert told["observability.logs.structured"] == 1
    assert told["observability.request_ids"] == 1
    assert told["observability.tracing"] == 1
    assert told["observability.logs.durations"] == 1
    assert told["observability.logs.breakdown"] == 0  # `time` below `db` is no name that loggers agree on


def test_text_without_ids_and_parts_is_told_as_such() -> None:
    told = facts("\n".join(["2026-11-22 12:00:00,123 INFO GET /pay took 8.12 s"] * 30))
    assert told["observability.logs.durations"] == 1
    assert told["observability.request_ids"] == told["observability.logs.structured"] == 0
    assert "observability.tracing" not in told  # no trace id in a log does not mean that there is no tracing


def test_few_records_tell_nothing_of_how_a_service_logs() -> None:
    assert facts("one\ntwo\n") == {}


def test_the_source_reads_a_log_that_grows_and_quotes_it(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes((LINES / "uvicorn.log").read_bytes())

    def grow() -> None:
        for _ in range(20):
            with log.open("a", encoding="utf-8") as file:
                file.write(f"ERROR:    Exception\nTraceback (most recent call last):\nTimeoutError: {POOL}\n")
            time.sleep(0.02)

    writer = threading.Thread(target=grow)
    target = Target(logs=(LogFile(path=log, name="app.log"),), deadline_s=3.0)
    writer.start()
    (source,) = gather(target, CATALOGUE, {"logs": collect})
    writer.join()
    assert source.state.status is SourceStatus.OK, source.state
    reading = source.readings["logs.pool_timeouts"]
    assert reading.value is not None
    assert reading.value >= 10
    assert any(POOL in shown for shown in exemplars(reading))
    assert set(SIGNALS) <= set(source.readings)
