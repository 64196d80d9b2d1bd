"""An audit for scripts (`schema: 1`). Keys may be added, never renamed; every key is always there."""

from __future__ import annotations

from collections import Counter
from typing import Final

from fastdiag import __version__
from fastdiag.model.audit import Check, CodePlace, Dismissed, Finding, Root, Setting, Step, Unread
from fastdiag.model.sinks import SinkKind
from fastdiag.render.audit.sheet import WORST_FIRST, Sheet
from fastdiag.render.json import SCHEMA, Json, dump

_DIGITS: Final = 3


def render(sheet: Sheet) -> str:
    """Return an audit as JSON."""
    return dump(document(sheet))


def document(sheet: Sheet) -> dict[str, Json]:
    """Return the object that ``render`` writes, for documents that hold it as a part."""
    audit = sheet.audit
    numbers = Counter(finding.severity for finding in audit.findings)
    told = (*audit.findings, *(one.finding for one in audit.dismissed))
    named = {one.check for one in told}
    kinds = {kind.id: kind for one in told if (kind := sheet.kind(one)) is not None}
    return {
        "schema": SCHEMA,
        "fastdiag": __version__,
        "folder": audit.folder,
        "files": audit.files,
        "lines": audit.lines,
        "seconds": round(audit.seconds, _DIGITS),
        "from_cache": audit.from_cache,
        "summary": {severity.value: numbers[severity] for severity in WORST_FIRST},
        "findings": [_finding(sheet, one) for one in audit.findings],
        "dismissed": [_dismissed(sheet, one) for one in audit.dismissed],
        "unread": [_unread(sheet, one) for one in audit.unread],
        "checks": [check(one) for one in sheet.checks.values() if one.id in named],
        "kinds": [_kind(kinds[name]) for name in sheet.kinds if name in kinds],
        "roots": [_root(sheet, one) for one in audit.roots],
        "settings": [_setting(sheet, one) for one in audit.settings],
        "packages": list(audit.packages),
    }


def _finding(sheet: Sheet, finding: Finding) -> dict[str, Json]:
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        **_place(sheet, finding.place),
        "message": finding.message,
        "kind": finding.kind or None,
        "sink": finding.sink or None,
        "fix": finding.fix or None,
        "chain": [_step(sheet, step) for step in finding.chain],
        "fingerprint": finding.fingerprint,
    }


def _dismissed(sheet: Sheet, one: Dismissed) -> Json:
    return {**_finding(sheet, one.finding), "by": one.by.value, "reason": one.reason or None}


def _place(sheet: Sheet, place: CodePlace) -> dict[str, Json]:
    """Return a place: ``file`` is relative to the audited folder, ``path`` can be opened from here."""
    return {
        "file": place.file,
        "path": sheet.path(place.file),
        "line": place.line or None,
        "column": place.column or None,
    }


def _step(sheet: Sheet, step: Step) -> Json:
    return {"text": step.text, "function": step.function or None, **_place(sheet, step.place)}


def _unread(sheet: Sheet, one: Unread) -> Json:
    return {**_place(sheet, one.place), "reason": one.reason}


def check(row: Check) -> Json:
    """Return a row of the table of checks."""
    return {
        "id": row.id,
        "title": row.title,
        "severity": row.severity.value,
        "mechanism": row.mechanism,
        "fix": row.fix,
        "items": list(row.items),
        "causes": list(row.causes),
        "references": list(row.references),
    }


def _kind(row: SinkKind) -> Json:
    return {
        "id": row.id,
        "title": row.title,
        "severity": row.severity.value,
        "mechanism": row.mechanism,
        "fix": row.fix,
    }


def _root(sheet: Sheet, root: Root) -> Json:
    return {
        "text": root.text,
        "kind": root.kind,
        "function": root.function,
        "async": root.is_async,
        **_place(sheet, root.place),
    }


def _setting(sheet: Sheet, setting: Setting) -> Json:
    return {
        "name": setting.name,
        "text": setting.text,
        "value": setting.value,
        "default": setting.is_default,
        **_place(sheet, setting.place),
    }
