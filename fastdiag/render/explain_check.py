"""A check of the audit, explained to a person."""

from __future__ import annotations

from fastdiag.model.audit import Check
from fastdiag.render.sheet import Page


def explain_check(paper: Page, check: Check, *, is_beside_cause: bool) -> None:
    """Write why a kind of finding hurts and what to do; after the cause of the same name, as its section."""
    if is_beside_cause:
        paper.heading(f"In source code: {check.title}")
    else:
        paper.row("", (f"{check.title}  ({check.id}, {check.severity})", "bold"))
    paper.row("", check.mechanism)
    paper.row("Fix                ", check.fix)
    if check.items:
        paper.row("Readiness          ", ", ".join(check.items))
    if check.causes:
        paper.row("Under load becomes ", ", ".join(check.causes))
    paper.row("Find it            ", f"fastdiag audit --only {check.id}")
    paper.row("Set it aside       ", f"# fastdiag: ignore[{check.id}] reason")
    if check.references:
        paper.heading("Read on")
    for reference in check.references:
        paper.command("   ", reference)
