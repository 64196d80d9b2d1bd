"""Findings of the code joined with what was seen of them on the running service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fastdiag.model.audit import CodeAudit, Finding
from fastdiag.model.checklist import Answer
from fastdiag.readiness.code import CODE
from fastdiag.readiness.stacks import KNOWN


def with_sight(code: CodeAudit, answers: Iterable[Answer]) -> CodeAudit:
    """Return the audit whose findings say what was seen live of them; their fingerprints stay as they are."""
    seen: dict[Finding, dict[str, None]] = {}
    for finding, text in _seen(answers):
        seen.setdefault(finding, {})[text] = None
    findings = tuple(_told(finding, seen.get(finding, ())) for finding in code.findings)
    return replace(code, findings=findings)


def _seen(answers: Iterable[Answer]) -> Iterator[tuple[Finding, str]]:
    for answer in answers:
        for evidence in answer.evidence:
            if evidence.finding is not None and evidence.source != CODE:
                yield evidence.finding, evidence.text.removesuffix(KNOWN)


def _told(finding: Finding, texts: Iterable[str]) -> Finding:
    said = "; ".join(texts)
    return replace(finding, message=f"{finding.message}; seen live: {said}") if said else finding
