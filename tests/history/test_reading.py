"""What is kept of a diagnosis, and what of it is not worth its bytes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from fastdiag.errors import HistoryError
from fastdiag.history.codec import DamagedError, pack_run, pack_snapshot, unpack_run, unpack_snapshot
from fastdiag.history.reading import mark_of, run_of
from fastdiag.model.history import Occasion
from tests.history.runs import POOL, START, cause, run
from tests.render.diagnoses import POOL_DRAINED


def test_a_run_has_what_a_report_compares_and_charts() -> None:
    kept = run_of(POOL_DRAINED, Occasion.ALERT, "web-1")
    assert (kept.id, kept.host, kept.occasion) == (0, "web-1", Occasion.ALERT)
    assert (kept.service, kept.taken_at) == (POOL_DRAINED.snapshot.service, POOL_DRAINED.snapshot.taken_at)
    assert [seen.id for seen in kept.causes] == [ranked.id for ranked in POOL_DRAINED.causes]
    assert kept.signals["http.latency.p95"] == 4.2
    assert kept.sources["postgres"] == "partial"


def test_a_signal_that_was_not_seen_is_not_there_and_never_zero() -> None:
    readings = POOL_DRAINED.snapshot.readings
    changed = {
        **readings,
        "http.rps": replace(readings["http.rps"], value=None),
        "http.stuck": replace(readings["http.stuck"], value=math.nan),
    }
    odd = replace(POOL_DRAINED, snapshot=replace(POOL_DRAINED.snapshot, readings=changed))
    assert set(changed) - set(run_of(odd, Occasion.REPORT, "web-1").signals) == {"http.rps", "http.stuck"}


def test_numbers_are_kept_to_what_a_chart_shows() -> None:
    fine = replace(run(1), signals={"a": 0.123456789, "b": 12345678.9, "c": 1e-12})
    assert unpack_run(pack_run(fine), 3).signals == {"a": 0.123457, "b": 12345700.0, "c": 1e-12}


@pytest.mark.parametrize("content", [b"", b"\0", pack_snapshot("{}"), pack_run(run(1))[:-9]])
def test_bytes_that_are_no_run_are_told(content: bytes) -> None:
    with pytest.raises(DamagedError, match="run 3 cannot be read"):
        unpack_run(content, 3)


@pytest.mark.parametrize("content", [b"", b"\0", pack_run(run(1, cause(POOL))), pack_snapshot("{}")[:-3]])
def test_bytes_that_are_no_snapshot_are_told(content: bytes) -> None:
    with pytest.raises(DamagedError, match="the snapshot of run 3"):
        unpack_snapshot(content, 3)


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(DamagedError, match="cut off"):
        unpack_snapshot(pack_snapshot("x" * 9_000_000), 3)


def test_a_mark_is_one_line_without_a_secret() -> None:
    made = mark_of("deploy v1.2\n with postgresql://shop:hunter2@db/shop \x1b[31m", "shop", START)
    assert made.at == "2026-11-20T00:00:00Z"
    assert made.service == "shop"
    assert made.text.startswith("deploy v1.2")
    assert "hunter2" not in made.text
    assert made.text.isprintable()


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_mark_says_something(text: str) -> None:
    with pytest.raises(HistoryError, match="the mark is empty"):
        mark_of(text, None, START)
