"""A file of the findings of today: only new ones count, and what it cannot mean is told with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from fastdiag.audit.baseline import Baseline, apply, baseline_file, gone, read_baseline
from fastdiag.errors import FastdiagError
from fastdiag.model.audit import CodeAudit
from tests.audit.output.grown import Grown
from tests.audit.output.test_fingerprint import SLEEPING


def kept(tree: Grown, found: CodeAudit, reasons: Mapping[str, str] | None = None) -> Baseline:
    path = tree.folder.parent / "baseline.json"
    path.write_text(baseline_file(found.findings, reasons or {}), encoding="utf-8")
    return read_baseline(path)


def test_known_findings_are_set_aside_and_new_ones_count(tree: Grown) -> None:
    tree.write(SLEEPING)
    baseline = kept(tree, tree.audit())
    tree.write("# moved down\n" + SLEEPING + "    time.sleep(5)\n")
    left = apply(tree.audit(), baseline)
    assert [one.place.line for one in left.findings if one.check == "blocking-call"] == [9]
    assert all(one.by == "baseline" for one in left.dismissed)
    assert gone(left.dismissed, baseline) == 0


def test_an_entry_whose_finding_is_mended_is_told(tree: Grown) -> None:
    tree.write(SLEEPING)
    baseline = kept(tree, tree.audit())
    tree.write(SLEEPING.replace("time.sleep(1)", "return 1"))
    assert gone(apply(tree.audit(), baseline).dismissed, baseline) == 1


def test_a_reason_that_somebody_wrote_stays_when_the_file_is_written_anew(tree: Grown) -> None:
    tree.write(SLEEPING)
    found = tree.audit()
    (one,) = tree.blocking()
    baseline = kept(tree, found, {one.fingerprint: "waits for the new client"})
    again = kept(tree, found, baseline.reasons)
    reasons = {each.finding.check: each.reason for each in apply(found, again).dismissed}
    assert reasons["blocking-call"] == "waits for the new client"


def test_an_entry_says_what_it_is_but_no_line_that_would_change(tree: Grown) -> None:
    tree.write(SLEEPING)
    rows = json.loads(baseline_file(tree.blocking(), {}))["findings"]
    (row,) = rows
    assert set(row) == {"fingerprint", "check", "file", "message"}
    assert row["file"] == "main.py"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", r"file\.json:1:2: the baseline is not JSON"),
        ("[]", "this is no baseline: it has no list 'findings'"),
        ('{"findings": {}}', "this is no baseline"),
        ('{"schema": 2, "findings": []}', "the baseline is of schema 2, and this fastdiag reads 1"),
        ('{"schema": 1, "findings": [1]}', "entry 1 of the baseline needs a fingerprint"),
        ('{"schema": 1, "findings": [{"fingerprint": "x", "reason": 1}]}', "entry 1 of the baseline"),
        ("[" * 100_000, "nested too deeply|not JSON"),
        ("\udc80", "not UTF-8"),
    ],
)
def test_what_is_no_baseline_is_told(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(FastdiagError, match=said):
        read_baseline(path)


def test_a_missing_file_is_told_with_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(FastdiagError, match="the baseline cannot be read: No such file") as caught:
        read_baseline(tmp_path / "none.json")
    assert caught.value.hint == "fastdiag audit --write-baseline FILE makes one"
