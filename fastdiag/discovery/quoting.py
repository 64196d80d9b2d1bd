"""What the last audit of the code says about the lines in which the service's threads were caught.

The finding becomes a label of the line, so that it is saved, masked and replayed like all that was seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from fastdiag.audit import store
from fastdiag.audit.meeting import meets, spot_of
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.audit import CodeAudit, Finding
from fastdiag.model.signal import Part, Reading
from fastdiag.model.snapshot import Snapshot

LABEL: Final = "audit"
SIGNALS: Final = ("loop.blocking_frame", "loop.computing_frame")
"""Whose parts are lines of the application's code."""
MAX_FILE_BYTES: Final = 2_000_000
"""What is larger, no audit has analysed."""
SLACK_S: Final = 2.0
"""The start of a process is known to a second."""


def quote(taken: Snapshot, proc: Proc | None = None) -> Snapshot:
    """Return the snapshot in which each line that the last audit knows bears what it says.

    Only lines of files that are as they were when they were audited, and when the worker started. Nothing is
    read unless a line was caught; whatever cannot be read, no line is quoted for.
    """
    found = [taken.readings[name] for name in SIGNALS if name in taken.readings and taken.readings[name].by]
    if not found:
        return taken
    quoter = _Quoter(proc or Proc())
    quoted = {one.signal: quoter.reading(one) for one in found}
    return replace(taken, readings={**taken.readings, **quoted})


@dataclass(frozen=True, slots=True)
class _Quoter:
    """Looks lines up in the audits that are kept, each of which is read once."""

    proc: Proc
    kept: dict[Path, CodeAudit | None] = field(default_factory=dict)

    def reading(self, reading: Reading) -> Reading:
        return replace(reading, by=tuple(self._part(part) for part in reading.by))

    def _part(self, part: Part) -> Part:
        labels = dict(part.labels)
        finding = self._finding(labels.get("frame", ""), labels.get("worker", ""))
        if finding is None:
            return part
        return replace(part, labels=tuple(sorted({**labels, LABEL: _said(finding)}.items())))

    def _finding(self, frame: str, worker: str) -> Finding | None:
        spot = spot_of(frame)
        folder, began = self._start(worker)
        if spot is None or folder is None:
            return None
        path = folder / spot.file
        for audit, name in self._audits(path):
            here = spot._replace(file=name)
            finding = next((one for one in audit.findings if meets(one, here)), None)
            if finding is not None:
                return finding if _is_unchanged(path, audit.digests.get(name), began) else None
        return None

    def _start(self, worker: str) -> tuple[Path | None, float]:
        """Return the working directory of a worker, and when it started."""
        pid = int(worker) if worker.isdecimal() else 0
        folder, stat = self.proc.cwd(pid), self.proc.stat(pid)
        if isinstance(folder, Unreadable) or isinstance(stat, Unreadable):
            return None, 0.0
        return folder, stat.started_at

    def _audits(self, path: Path) -> Iterator[tuple[CodeAudit, str]]:
        """Yield the kept audits of the folders around a file, the innermost first, and its name in them."""
        for folder in path.parents:
            if folder not in self.kept:
                self.kept[folder] = store.last(folder)
            audit, name = self.kept[folder], path.relative_to(folder).as_posix()
            if audit is not None and name in audit.digests:
                yield audit, name


def _is_unchanged(path: Path, digest: str | None, began: float) -> bool:
    """Whether a file is as it was when it was audited, and was so when the worker started."""
    try:
        if path.stat().st_mtime > began + SLACK_S or path.stat().st_size > MAX_FILE_BYTES:
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except (OSError, ValueError):
        return False


def _said(finding: Finding) -> str:
    """Return `blocking-call: requests.get waits for an HTTP answer, from GET /orders/{id}`."""
    route = finding.chain[0].text if finding.chain else ""
    told = f", from {route}" if route and route not in finding.message else ""
    return f"{finding.check}: {finding.message}{told}"
