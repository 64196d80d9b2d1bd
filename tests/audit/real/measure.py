"""One measurement: the audit and the other tools on the same files."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastdiag.source.files import find
from tests.audit.real.sample import Found
from tests.audit.real.tools import Alert, alerts

if TYPE_CHECKING:
    from tests.audit.real.applications import Application

RUNS: Final = 3
BLOCKING: Final = frozenset({"blocking-call", "cpu-in-request"})
"""The checks that answer the other tools' rules about blocking calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One application; ``theirs`` tells of each alert whether a finding of ours is about the same."""

    application: str
    files: int
    lines: int
    unread: int
    routes: int
    cold_s: float
    cached_s: float
    findings: tuple[Found, ...]
    theirs: tuple[tuple[Alert, bool], ...]
    only_ours: int


def measure(application: Application, folder: Path, tools: Path) -> Measured:
    """Audit one application and let the others look at it."""
    tree = folder / application.name
    with tempfile.TemporaryDirectory(prefix="fastdiag-real-") as scratch:
        cold = [_audit(tree, scratch, "--no-cache") for _ in range(RUNS)]
        cached = [_audit(tree, scratch) for _ in range(RUNS)]
        told = alerts(tools, _copy(tree, Path(scratch, "tree")))
    document = cold[-1]
    findings = tuple(_found(application.name, row) for row in document["findings"])
    places = [_places(row) for row in document["findings"] if row["check"] in BLOCKING]
    theirs = tuple((alert, any(_meets(alert, seen) for seen in places)) for alert in told)
    blocking = [alert for alert in told if alert.is_blocking]
    return Measured(
        application=application.name,
        files=document["files"],
        lines=document["lines"],
        unread=len(document["unread"]),
        routes=len(document["roots"]) if isinstance(document["roots"], list) else document["roots"],
        cold_s=statistics.median(one["seconds"] for one in cold),
        cached_s=statistics.median(one["seconds"] for one in cached),
        findings=findings,
        theirs=theirs,
        only_ours=sum(not any(_meets(alert, seen) for alert in blocking) for seen in places),
    )


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


def _places(row: dict[str, Any]) -> list[tuple[str, int]]:
    """Return the lines that a finding is about: its own first, then those of the way to it."""
    return [(row["file"], row["line"]), *((step["file"], step["line"]) for step in row["chain"])]


def _meets(alert: Alert, places: Sequence[tuple[str, int]]) -> bool:
    """Tell whether a finding is about the line of an alert, or about the sink that the alert names."""
    if alert.sink is not None:
        return alert.sink == places[0]
    return (alert.path, alert.line) == places[0]


def counted(words: Iterable[str]) -> list[tuple[str, int]]:
    """Return how often each word occurs, the most frequent first."""
    return sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))
