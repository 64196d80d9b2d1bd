"""A caught line bears what the last audit said of it, as long as its file is the same; else nothing."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag.audit import store
from fastdiag.discovery.quoting import quote
from fastdiag.model.audit import CodeAudit, CodePlace, Confidence, Finding, Severity, Step
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Part, Reading
from fastdiag.model.snapshot import Snapshot
from fastdiag.redact import redact
from fastdiag.render import snapshot_file
from fastdiag.render.json import render_snapshot
from tests.alerts.bench import shipped

SAID = "blocking-call: time.sleep sleeps on the event loop, from GET /orders"
LONG_AGO = 1_000_000_000.0


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in the folder of a service that was audited; this very process is its worker."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "shop"
    folder.mkdir()
    write(folder / "app.py", "import time\n\n\ntime.sleep(1)\n")
    store.keep(folder, "key", audit(folder))
    monkeypatch.chdir(folder)
    return folder


def write(path: Path, text: str, at: float = LONG_AGO) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at, at))


def audit(folder: Path) -> CodeAudit:
    finding = Finding(
        check="blocking-call",
        place=CodePlace("app.py", 4, 1),
        message="time.sleep sleeps on the event loop",
        confidence=Confidence.CERTAIN,
        severity=Severity.CRITICAL,
        chain=(Step(text="GET /orders", place=CodePlace("app.py", 2, 1), function="app.orders"),),
    )
    digest = hashlib.sha256((folder / "app.py").read_bytes()).hexdigest()
    return CodeAudit(folder="shop", files=1, lines=4, findings=(finding,), digests={"app.py": digest})


OURS = str(os.getpid())


def caught(frame: str, worker: str = OURS) -> Snapshot:
    labels = (("calls", "time.sleep"), ("frame", frame), ("worker", worker))
    reading = Reading(
        signal="loop.blocking_frame",
        unit=Unit.RATIO,
        source="stacks",
        value=0.9,
        by=(Part(labels=labels, value=0.9, count=20.0),),
    )
    return Snapshot(
        service="shop",
        taken_at="2026-11-23T06:00:00Z",
        window_s=300.0,
        readings={"loop.blocking_frame": reading},
        missing={},
    )


def quoted(taken: Snapshot) -> str | None:
    (part,) = quote(taken).readings["loop.blocking_frame"].by
    return dict(part.labels).get("audit")


@pytest.mark.usefixtures("service")
def test_the_line_that_blocks_is_quoted_and_the_line_beside_it_is_not() -> None:
    assert quoted(caught("app.py:4 in orders")) == SAID
    assert quoted(caught("app.py:3 in orders")) is None


def test_a_step_of_the_way_to_the_sink_is_quoted_as_well(service: Path) -> None:
    assert service.exists()
    assert quoted(caught("app.py:2 in orders")) == SAID


def test_the_audit_may_have_been_of_a_folder_around_the_working_directory(
    service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = service / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    write(inner / "app.py", "time.sleep(1)\n")
    assert quoted(caught("app.py:4 in orders")) is None, "another file of the same name"


def test_a_file_that_was_edited_since_is_not_quoted(service: Path) -> None:
    write(service / "app.py", "import time\n\n\ntime.sleep(2)\n")
    assert quoted(caught("app.py:4 in orders")) is None


def test_a_file_that_is_younger_than_the_worker_is_not_what_runs(service: Path) -> None:
    write(service / "app.py", (service / "app.py").read_text(encoding="utf-8"), at=4_000_000_000.0)
    assert quoted(caught("app.py:4 in orders")) is None


@pytest.mark.parametrize("frame", ["", "no line", "/etc/passwd:1 in x", "../../x:4 in y", "app.py:4"])
@pytest.mark.usefixtures("service")
def test_frames_that_lead_nowhere_are_left_alone(frame: str) -> None:
    assert quoted(caught(frame)) is None


@pytest.mark.parametrize("worker", ["", "x", "999999999", "-1"])
@pytest.mark.usefixtures("service")
def test_workers_that_are_gone_are_left_alone(worker: str) -> None:
    assert quoted(caught("app.py:4 in orders", worker)) is None


def test_a_damaged_store_quotes_nothing(service: Path, tmp_path: Path) -> None:
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.write_text('{"audit": {"findings": [7]}}', encoding="utf-8")
    assert service.exists()
    assert quoted(caught("app.py:4 in orders")) is None


@pytest.mark.usefixtures("service")
def test_a_quote_is_saved_and_read_again_byte_for_byte() -> None:
    taken = redact(quote(caught("app.py:4 in orders")), ())
    text = render_snapshot(taken)
    assert SAID in text
    assert render_snapshot(snapshot_file.decode(text, shipped().catalogue, "x.json")) == text


@pytest.mark.usefixtures("service")
def test_without_a_caught_line_the_snapshot_is_the_very_same() -> None:
    taken = replace(caught("app.py:4 in orders"), readings={})
    assert quote(taken) is taken
