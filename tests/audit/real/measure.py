"""One measurement: the audit and the other tools on the same files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastdiag.source.files import find
from tests.audit.real.record import Compared, Summary, counts
from tests.audit.real.sample import Found
from tests.audit.real.tools import Alert

if TYPE_CHECKING:
    from tests.audit.real.applications import Application

RUNS: Final = 3
"""The least counts: whatever else the machine does only adds time."""
BLOCKING: Final = frozenset({"blocking-call", "cpu-in-request"})
"""The checks that answer the other tools' rules about blocking calls."""
Places = Sequence[tuple[str, int]]


def measure(
    application: Application, folder: Path, others: Callable[[Path], list[Alert]]
) -> tuple[Summary, tuple[Found, ...]]:
    """Audit one application, let the ``others`` look at it, and return the figures and the findings."""
    tree = folder / application.name
    with tempfile.TemporaryDirectory(prefix="fastdiag-real-") as scratch:
        cold = [_audit(tree, scratch, "--no-cache") for _ in range(RUNS)]
        cached = [_audit(tree, scratch) for _ in range(RUNS)]
        told = others(_copy(tree, Path(scratch, "tree")))
    document = cold[-1]
    findings = tuple(_found(application.name, row) for row in document["findings"])
    places = [_places(row) for row in document["findings"] if row["check"] in BLOCKING]
    theirs = [_compared(alert, is_ours=any(_meets(alert, seen) for seen in places)) for alert in told]
    blocking = [alert for alert in told if alert.is_blocking]
    summary = Summary(
        application=application.name,
        files=document["files"],
        lines=document["lines"],
        unread=len(document["unread"]),
        roots=len(document["roots"]),
        cold_s=round(min(one["seconds"] for one in cold), 2),
        cached_s=round(min(one["seconds"] for one in cached), 2),
        only_ours=sum(not any(_meets(alert, seen) for alert in blocking) for seen in places),
        counts=counts(findings),
        theirs=tuple(theirs),
    )
    return summary, findings


def _audit(tree: Path, scratch: str, *options: str) -> dict[str, Any]:
    """Run the command as a user would, with a cache of its own."""
    environment = {**os.environ, "XDG_CACHE_HOME": scratch, "XDG_STATE_HOME": scratch}
    command = (sys.executable, "-m", "fastdiag", "audit", str(tree), "--format", "json", *options)
    out = subprocess.run(command, check=True, capture_output=True, env=environment).stdout
    document: dict[str, Any] = json.loads(out)
    return document


def _copy(tree: Path, into: Path) -> Path:
    """Lay out the files that the audit reads, and no others: tests are left out for all alike."""
    for file in find(tree).files:
        path = into / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
    return into


def _found(application: str, row: dict[str, Any]) -> Found:
    return Found(
        application=application,
        check=row["check"],
        kind=row["kind"] or "",
        severity=row["severity"],
        confidence=row["confidence"],
        path=row["file"],
        line=row["line"],
        fingerprint=row["fingerprint"],
    )


def _places(row: dict[str, Any]) -> Places:
    """Return the lines that a finding is about: its own first, then those of the way to it."""
    return [(row["file"], row["line"]), *((step["file"], step["line"]) for step in row["chain"])]


def _meets(alert: Alert, places: Places) -> bool:
    """Tell whether a finding is about the line of an alert, or about the sink that the alert names."""
    return (alert.sink or (alert.path, alert.line)) == places[0]


def _compared(alert: Alert, *, is_ours: bool) -> Compared:
    path, line = alert.sink or (alert.path, alert.line)
    return Compared(
        tool=alert.tool,
        rule=alert.rule,
        path=alert.path,
        line=alert.line,
        sink_path=path,
        sink_line=line,
        is_ours=is_ours,
    )
