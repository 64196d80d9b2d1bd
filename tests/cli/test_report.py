"""`fastdiag report` as it is typed: formats, files, the history, runs that overlap, runs that are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from fastdiag.config import Settings
from fastdiag.reporting.lock import alone, lock_file
from tests.cli.command import DRAINED, LIMIT_S, SLOWISH, environment, written
from tests.cli.conftest import Here

CALM: Final = """\
{"schema": 1, "service": "shop", "taken_at": "2026-11-21T10:00:00Z", "signals": {
  "service.cpu": {"value": "20%"}, "http.latency.p95": {"value": "90ms"},
  "http.errors.ratio": {"value": "0%"},
  "db.pool.utilization": {"value": "30%"}, "db.pool.waiting": {"value": 0}
}}
"""
DRY: Final = DRAINED.replace(
    '"schema": 1,', '"schema": 1, "service": "shop", "taken_at": "2026-11-22T10:00:00Z",'
)


@pytest.fixture
def state(here: Here, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = here.folder / "state"
    monkeypatch.setenv("STATE_DIRECTORY", str(directory))
    return directory


def files(here: Here) -> tuple[str, str]:
    return str(written(here.folder, CALM, "calm.json")), str(written(here.folder, DRY, "dry.json"))


def test_two_files_make_a_report_of_what_changed(here: Here) -> None:
    calm, dry = files(here)
    ran = here.run("report", dry, calm)  # in whatever order: each says when it was
    assert (ran.code, ran.err) == (0, "")
    assert "CRITICAL  shop: very likely the database connection pool is exhausted" in ran.out
    assert "Since the last report" in ran.out
    assert "requests are queueing for a connection: db.pool.waiting 0 -> 14" in ran.out
    assert "Over time" in ran.out
    assert max(len(line) for line in ran.out.splitlines() if "psql" not in line) <= 100


@pytest.mark.parametrize(("name", "begins"), [("r.md", "# CRITICAL"), ("r.html", "<!doctype html>")])
def test_the_suffix_of_the_output_says_which_form(name: str, begins: str, here: Here) -> None:
    ran = here.run("report", *files(here), "-o", name)
    assert (ran.code, ran.out) == (0, "")
    assert (here.folder / name).read_text(encoding="utf-8").lower().startswith(begins.lower())


def test_the_json_of_a_report_is_a_snapshot_as_well(here: Here) -> None:
    here.run("report", *files(here), "-o", "r.json")
    document = json.loads((here.folder / "r.json").read_text(encoding="utf-8"))
    assert document["status"] == "critical"
    assert document["report"]["since"]["trend"] == "worse"
    assert document["report"]["courses"][0]["signal"].startswith("db.pool")
    assert len(document["report"]["past"]["runs"]) == 1
    again = here.run("diagnose", "r.json", "-f", "json")
    assert json.loads(again.out)["causes"] == document["causes"]


def test_snapshot_and_diagnose_have_a_page_too(here: Here) -> None:
    _, dry = files(here)
    assert here.run("diagnose", dry, "-o", "d.html").code == 0
    assert "<html" in (here.folder / "d.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["headroom", "compare", "signals", "sources"])
def test_where_there_is_no_page_it_is_said_at_once(command: str, here: Here) -> None:
    calm, dry = files(here)
    given = {"headroom": (dry,), "compare": (calm, dry)}.get(command, ())
    for wanted in (("-f", "html"), ("-o", "page.html")):
        ran = here.run(command, *given, *wanted)
        assert (ran.code, ran.out) == (2, "")
        assert "there is no HTML page of this" in ran.err
    assert not (here.folder / "page.html").exists()


def test_fail_on_speaks_of_the_latest(here: Here) -> None:
    calm, dry = files(here)
    assert here.run("report", calm, dry, "--fail-on", "critical").code == 1
    assert here.run("report", calm, "--fail-on", "warning").code == 0


def test_what_cannot_be_meant_is_told_before_anything_is_asked(here: Here) -> None:
    calm, _ = files(here)
    other = str(
        written(here.folder, SLOWISH.replace('"schema": 1,', '"schema": 1, "service": "pay",'), "p.json")
    )
    for arguments, told in (
        ((calm, other), "snapshots of 2 services: pay, shop"),
        (("-", "-"), "only one SNAPSHOT can be standard input"),
        ((calm, "--save", "x.json"), "SNAPSHOT files are there already"),
        ((calm, "--textfile", "x.prom"), "--textfile stands beside SNAPSHOT files"),
        ((calm, "--symptom", "random-timeouts"), "--symptom stands beside SNAPSHOT files"),
        ((calm, "--no-stacks"), "--stacks stands beside SNAPSHOT files"),
        (("--no-history", "--history", "h.sqlite"), "--no-history stands beside --history"),
        ((calm, "--no-history", "--mark", "deploy"), "--mark needs a history"),
        (("--over", "5min"), "--over must be from 10min to 31d"),
        (("--over", "long"), "--over: "),
        (("--if-running", "wiat"), "did you mean 'wait'?"),
    ):
        ran = here.run("report", *arguments)
        assert (ran.code, ran.out) == (2, ""), arguments
        assert told in ran.err


# --- live -------------------------------------------------------------------------------------

NOWHERE: Final = ("--service", "shop", "--prometheus", "http://127.0.0.1:1", "--only", "prometheus")


def test_a_report_of_nothing_says_so(here: Here) -> None:
    ran = here.run("report", *NOWHERE)
    assert ran.code == 3
    assert "INCONCLUSIVE" in ran.out
    assert "nothing is known over time: Prometheus: " in ran.out


def test_who_wonders_why_no_message_came_is_told(here: Here) -> None:
    ran = here.run("report", *NOWHERE, "--notify", "http://127.0.0.1:1/hook")
    assert "note: nobody was told: still inconclusive\n" in ran.err


def test_while_another_report_is_under_way(here: Here, state: Path) -> None:
    with alone(lock_file(Settings(service="shop"), state)) as trouble:
        assert trouble is None
        refused = here.run("report", *NOWHERE)
        skipped = here.run("report", *NOWHERE, "--if-running", "skip")
    assert (refused.code, refused.out) == (2, "")
    assert f"another report of this service is under way (process {os.getpid()}" in refused.err
    assert (skipped.code, skipped.out) == (0, "")
    assert "note: skipped: another report" in skipped.err


def test_a_run_that_is_killed_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Kill it at several moments: the old page stands, or the new one does, and the next run works."""
    page = tmp_path / "shop.html"
    page.write_text("<!doctype html>the old one", encoding="utf-8")
    written(tmp_path, CALM, "calm.json")
    written(tmp_path, DRY, "dry.json")
    command = [sys.executable, "-m", "fastdiag", "report", "calm.json", "dry.json", "-o", "shop.html"]
    surroundings = {
        **environment(),
        "STATE_DIRECTORY": str(tmp_path / "state"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    for killed_after_s in (0.3, 0.6, 0.9):
        process = subprocess.Popen(command, cwd=tmp_path, env=surroundings)
        time.sleep(killed_after_s)
        process.send_signal(signal.SIGKILL)
        process.wait(LIMIT_S)
        text = page.read_text(encoding="utf-8")
        assert text.endswith("the old one") or text.rstrip().endswith("</html>")
    subprocess.run(command, cwd=tmp_path, env=surroundings, check=True, timeout=LIMIT_S)
    assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
