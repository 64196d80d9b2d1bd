"""`fastdiag compare`: a good and a bad snapshot, its formats, its exit codes, what it refuses."""

from __future__ import annotations

import json

import pytest

from tests.cli.command import DRAINED, written
from tests.cli.conftest import Here

GOOD = """\
{"schema": 1, "service": "shop", "taken_at": "2026-11-22T03:00:00Z", "signals": {
  "service.cpu": {"value": "18%"}, "http.latency.p95": {"value": "120ms"}, "http.errors.ratio": {"value": 0},
  "db.pool.utilization": {"value": "30%"}, "db.pool.waiting": {"value": 0}
}}
"""
BAD = DRAINED.replace('"schema": 1,', '"schema": 1, "service": "shop", "taken_at": "2026-11-22T03:14:00Z",')


@pytest.fixture
def both(here: Here) -> Here:
    written(here.folder, GOOD, "before.json")
    written(here.folder, BAD, "after.json")
    return here


def test_the_first_line_says_what_became_worse(both: Here) -> None:
    ran = both.run("compare", "before.json", "after.json")
    assert (ran.code, ran.err) == (0, "")
    first, second, *rest = ran.out.splitlines()
    assert first.startswith("WORSE  shop: ok -> critical; the database connection pool is exhausted 0% -> ")
    assert "2026-11-22 03:00:00 UTC -> 2026-11-22 03:14:00 UTC, 14 min later" in second
    text = "\n".join(rest)
    assert "db.pool.waiting 0 -> 14" in text
    assert "seen only before  http.errors.ratio" in text


def test_the_other_way_round_it_is_better_and_says_that_time_runs_backwards(both: Here) -> None:
    ran = both.run("compare", "after.json", "before.json")
    assert ran.out.startswith("BETTER  shop: critical -> ok; ")
    assert "the first snapshot is the later one" in ran.out


def test_scripts_get_the_same(both: Here) -> None:
    document = both.run("compare", "before.json", "after.json", "-f", "json").document
    assert (document["schema"], document["trend"], document["service"]) == (1, "worse", "shop")
    first = document["causes"][0]
    assert first["id"] == "db-pool-exhaustion"
    assert first["before"]["verdict"] == "ruled out"
    assert first["after"]["probability"] > 0.6
    assert [driver["held"]["after"] for driver in first["drivers"]][:1] == [True]
    assert {signal["id"] for signal in document["signals"]} >= {"http.latency.p95", "db.pool.waiting"}


def test_the_suffix_of_the_output_decides_the_format(both: Here) -> None:
    assert both.run("compare", "before.json", "after.json", "-o", "change.md").code == 0
    assert (both.folder / "change.md").read_text().startswith("# Worse: shop: ok -&gt; critical")
    assert both.run("compare", "before.json", "after.json", "-o", "change.json").code == 0
    assert json.loads((both.folder / "change.json").read_text())["trend"] == "worse"


@pytest.mark.parametrize(
    ("order", "code"), [(("before.json", "after.json"), 1), (("after.json", "before.json"), 0)]
)
def test_the_exit_code_is_about_the_second(order: tuple[str, str], code: int, both: Here) -> None:
    assert both.run("compare", *order, "--fail-on", "warning").code == code


def test_the_same_file_twice_is_the_same(both: Here) -> None:
    ran = both.run("compare", "after.json", "after.json")
    assert ran.out.startswith("SAME  shop: critical, as before; no cause stands elsewhere than before\n")


def test_two_streams_are_refused(both: Here) -> None:
    ran = both.run("compare", "-", "-")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: BEFORE and AFTER cannot both be standard input\n")


def test_a_file_that_is_no_snapshot_is_named(both: Here) -> None:
    written(both.folder, "nonsense", "broken.json")
    ran = both.run("compare", "before.json", "broken.json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: broken.json:1:1: not JSON")
