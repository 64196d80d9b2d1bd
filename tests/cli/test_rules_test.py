"""`fastdiag rules test`: what differs is shown and counted, and what nobody tests is found."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import psutil
import pytest

from tests.cli.command import DRAINED, LIMIT_S, environment, written
from tests.cli.conftest import Here
from tests.stack.processes import script

CERT: Final = """\
id: cert-expired
title: The certificate of another service has expired
explains: [error-spike]
layer: application
assumption: defaults are production-safe
why: Calls are refused before they begin.
evidence:
  for:
    - {when: "external.errors.ratio >= 90%", weight: decisive, because: nearly every call fails}
    - {when: "external.latency.p95 < 50ms", weight: weak, because: "calls fail at once, without work"}
  against:
    - {when: "external.errors.ratio < 1%", weight: decisive, because: calls succeed}
check: [{run: openssl s_client -connect host:443, look_for: certificate has expired}]
fix: {now: renew it, then: watch its end, avoid: not to verify}
examples:
  - name: every call fails
    given: {http.errors.ratio: 60%, external.errors.ratio: 100%}
    expect: {at_least: possible}
  - name: calls succeed
    given: {http.errors.ratio: 60%, external.errors.ratio: 0%}
    expect: ruled out
  - name: little is seen
    given: {http.errors.ratio: 60%}
    expect: {at_most: possible}
"""
SCENARIO: Final = """\
- name: the drained pool of last friday
  snapshot: friday.json
  expect:
    status: critical
    ranking: [db-pool-exhaustion]
"""
OURS: Final = ("--rules", "ours")


@pytest.fixture
def ours(here: Here) -> Here:
    """Return a folder with a cause of one's own, and a scenario that rests on a saved snapshot."""
    for name, text in {
        "causes/cert-expired.yaml": CERT,
        "scenarios/friday.yaml": SCENARIO,
        "scenarios/friday.json": DRAINED,
    }.items():
        path = here.folder / "ours" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        written(path.parent, text, path.name)
    return here


def spoil(ours: Here, file: str, old: str, new: str) -> None:
    path = ours.folder / "ours" / file
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_one_s_own_rules_are_tried_like_the_built_in_ones(ours: Here) -> None:
    ran = ours.run("rules", "test", "cert-expired", "db-pool-exhaustion", *OURS)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("all as expected\n")
    document = ours.run("rules", "test", "cert-expired", *OURS, "-f", "json").document
    assert (document["passed"], document["failed"]) == (3, 0)
    assert {case["cause"] for case in document["cases"]} == {"cert-expired"}
    assert (document["coverage"], document["mutants"]) == (None, None)


def test_what_differs_is_shown_with_the_ledger(ours: Here) -> None:
    spoil(ours, "causes/cert-expired.yaml", "{at_least: possible}", "ruled out")
    ran = ours.run("rules", "test", "cert-expired", *OURS)
    assert ran.code == 1
    assert "FAILED  cert-expired: every call fails\n  --> ours/causes/cert-expired.yaml:16:5\n" in ran.out
    assert "  - expected  cert-expired: at most ruled out\n" in ran.out
    assert "  + got       cert-expired: possible\n" in ran.out
    assert "    + nearly every call fails: external.errors.ratio 100% >= 90%" in ran.out
    assert ran.out.endswith("3 examples: 1 failed\n")


def test_a_scenario_that_fails_shows_who_came_instead(ours: Here) -> None:
    spoil(ours, "scenarios/friday.yaml", "[db-pool-exhaustion]", "[slow-queries, db-pool-exhaustion]")
    ran = ours.run("rules", "test", "slow-queries", *OURS, "-f", "json")
    assert ran.code == 1
    (failed,) = [case for case in ran.document["cases"] if not case["passed"]]
    assert (failed["name"], failed["file"], failed["line"]) == (
        "the drained pool of last friday",
        "ours/scenarios/friday.yaml",
        1,
    )
    assert {"about": "slow-queries", "expected": "rank 1", "got": "not listed"} in failed["differences"]
    assert {ledger["cause"] for ledger in failed["ledgers"]} == {"slow-queries", "db-pool-exhaustion"}


def test_a_ci_server_gets_junit(ours: Here) -> None:
    spoil(ours, "causes/cert-expired.yaml", "name: calls succeed", 'name: "a <b> & \\x1b[31m"')
    spoil(ours, "causes/cert-expired.yaml", "expect: ruled out", "expect: likely")
    ran = ours.run("rules", "test", "cert-expired", *OURS, "--junit", "rules.xml")
    assert ran.code == 1
    text = (ours.folder / "rules.xml").read_text()
    root = ET.fromstring(text)  # noqa: S314 - written a moment ago
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    (suite,) = root
    assert [case.get("file") for case in suite] == ["ours/causes/cert-expired.yaml"] * 3
    (failure,) = root.iter("failure")
    assert failure.get("message") == "cert-expired: ruled out, expected at least likely"
    assert "    - calls succeed: external.errors.ratio 0% < 1%  [log odds -4.1]" in (failure.text or "")
    assert "\x1b" not in text + ran.out


def test_rows_that_no_example_decides_are_listed(ours: Here) -> None:
    ran = ours.run("rules", "test", "cert-expired", *OURS, "--coverage")
    assert ran.code == 0
    assert "Rows that no example decides: 1 of 3\n  --> ours/causes/cert-expired.yaml:10:7\n" in ran.out
    assert "for cert-expired, weak: external.latency.p95 < 50ms" in ran.out
    assert ours.run("rules", "test", "cert-expired", *OURS, "--coverage", "--strict").code == 1


def test_changes_that_nobody_notices_are_listed(ours: Here) -> None:
    ran = ours.run("rules", "test", "--mutate", "cert-expired", *OURS, "-f", "json", "-o", "found.json")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    document = json.loads((ours.folder / "found.json").read_text())
    fates = {(one["line"], one["change"]): (one["fate"], one["shows_in"]) for one in document["mutants"]}
    assert fates[9, "flipped"] == ("noticed", None)
    assert fates[12, "dropped"] == ("noticed", None)
    assert fates[10, "dropped"][0] == "survived"
    assert {one["cause"] for one in document["mutants"]} == {"cert-expired"}
    assert {"cert-expired", "dependency-down"} < {one["cause"] for one in document["cases"]}  # witnesses


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cert-expird"], "did you mean 'cert-expired'?"),
        (["--within", "5s"], "--within bounds --mutate"),
        (["--mutate", "--within", "soon"], "--within must be a duration"),
        (["--jobs", "0"], "--jobs must be 1 to 64"),
        (["-f", "xml"], "--format must be one of terminal, json"),
        (["--junit", "nowhere/x.xml"], "there is no folder nowhere"),
    ],
)
def test_wrong_use_is_told(ours: Here, arguments: list[str], said: str) -> None:
    ran = ours.run("rules", "test", *OURS, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_wrong_files_are_told_with_their_places(ours: Here) -> None:
    spoil(ours, "scenarios/friday.yaml", "db-pool", "db-poll")
    ran = ours.run("rules", "test", *OURS)
    assert (ran.code, ran.out) == (2, "")
    assert "ours/scenarios/friday.yaml:5:15: unknown cause 'db-poll-exhaustion'" in ran.err
    assert "did you mean 'db-pool-exhaustion'?" in ran.err


def test_a_snapshot_that_is_none_is_told(ours: Here) -> None:
    written(ours.folder / "ours" / "scenarios", "{}", "friday.json")
    ran = ours.run("rules", "test", *OURS)
    assert (ran.code, ran.out) == (2, "")
    assert "friday.json: not a snapshot" in ran.err


def test_a_new_scenario_passes_as_it_stands(here: Here) -> None:
    ran = here.run("rules", "new", "scenario", "black-friday", "--rules", "ours")
    assert (ran.code, ran.out) == (0, "")
    assert here.run("rules", "lint", "--strict", "--rules", "ours").code == 0
    ran = here.run("rules", "test", "db-pool-exhaustion", "--rules", "ours", "-f", "json")
    assert ran.code == 0
    assert "black-friday" in {case["name"] for case in ran.document["cases"]}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a long run in a session of its own, and wait until its processes are there."""
    started = subprocess.Popen(
        [script("fastdiag"), "rules", "test", "--mutate", "--jobs", "2"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while len(children(started.pid)) < 3:  # two that work, and the one that cleans up after them
        assert started.poll() is None
        time.sleep(0.05)
    yield started
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)


def test_ctrl_c_ends_all_processes_without_a_traceback(running: subprocess.Popen[str]) -> None:
    """A terminal sends it to the whole group."""
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=LIMIT_S)
    assert (running.returncode, out, err) == (130, "", "interrupted\n")
    while alive(running.pid):
        time.sleep(0.05)


def test_no_process_survives_the_one_that_asked(running: subprocess.Popen[str]) -> None:
    running.kill()
    running.communicate(timeout=LIMIT_S)
    while alive(running.pid):
        time.sleep(0.05)


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def alive(session: int) -> list[int]:
    """Return the processes of a session, but for dead ones that nobody has reaped."""
    found = psutil.process_iter(["status"])
    return [
        one.pid
        for one in found
        if one.info["status"] != psutil.STATUS_ZOMBIE and session_of(one.pid) == session
    ]


def session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None
