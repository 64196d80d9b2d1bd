"""An audit as annotations of a GitHub workflow: the worst first, since only the first few are shown."""

from __future__ import annotations

from typing import Final

from fastdiag.model.audit import Finding, Severity
from fastdiag.render.audit.sheet import Sheet, groups
from fastdiag.render.workflow import annotation

_LEVELS: Final = {Severity.CRITICAL: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(sheet: Sheet) -> str:
    """Return workflow commands, one line a finding or a file that could not be analysed."""
    found = (one for group in groups(sheet) for one in group)
    unread = (
        annotation("warning", f"not analysed: {one.reason}", sheet.here(one.place), "fastdiag")
        for one in sheet.audit.unread
    )
    return "".join(f"{line}\n" for line in (*(_annotation(sheet, one) for one in found), *unread))


def _annotation(sheet: Sheet, finding: Finding) -> str:
    steps = [f"{step.text} ({sheet.line(step.place)})" for step in finding.chain]
    fix = finding.fix or sheet.fix(finding)
    message = f"{finding.message} ({finding.confidence})"
    parts = (message, " -> ".join(steps), sheet.mechanism(finding), f"fix: {fix}" if fix else "")
    said = "\n".join(part for part in parts if part)
    title = f"{finding.check}: {sheet.title(finding.check)}"
    return annotation(_LEVELS[finding.severity], said, sheet.here(finding.place), title)
