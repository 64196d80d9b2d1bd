"""An audit as SARIF 2.1.0, which code scanning of GitHub and GitLab, and editors, read.

A chain becomes a code flow; what somebody set aside stays as a suppressed result; what could not be analysed
is a notification, so that a clean result is not taken for a complete one.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from fastdiag import __version__
from fastdiag.model.audit import (
    Check,
    CodePlace,
    Confidence,
    Dismissal,
    Dismissed,
    Finding,
    Severity,
    Unread,
)
from fastdiag.render.audit.sheet import Sheet
from fastdiag.render.json import Json, dump

VERSION: Final = "2.1.0"
SCHEMA_URI: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
HOME: Final = "https://github.com/fastdiag/fastdiag"
ROOT: Final = "%SRCROOT%"
"""What file names are relative to: where fastdiag was started, usually the root of the repository."""
FINGERPRINT: Final = "fastdiag/v1"
GITHUB_FINGERPRINT: Final = "primaryLocationLineHash"
"""The only one that GitHub's code scanning looks at."""
_LEVELS: Final = {Severity.CRITICAL: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_PROBLEMS: Final = {
    Severity.CRITICAL: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "recommendation",
}
"""GitHub's words for `problem.severity`."""
_RANKS: Final = {Confidence.CERTAIN: 100.0, Confidence.LIKELY: 75.0, Confidence.POSSIBLE: 40.0}
"""How sure a result is, on SARIF's scale from 0 to 100."""
_KINDS: Final = {Dismissal.COMMENT: "inSource", Dismissal.BASELINE: "external"}


def render(sheet: Sheet) -> str:
    """Return an audit as a SARIF log with one run."""
    return dump({"$schema": SCHEMA_URI, "version": VERSION, "runs": [_run(sheet)]})


def _run(sheet: Sheet) -> Json:
    rules = {check: index for index, check in enumerate(sheet.checks)}
    own = (_result(sheet, one, rules) for one in sheet.audit.findings)
    aside = (_suppressed(sheet, one, rules) for one in sheet.audit.dismissed)
    return {
        "tool": {"driver": _driver(sheet)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The folder in which fastdiag was started."}},
        },
        "invocations": [_invocation(sheet)],
        "results": [*own, *aside],
    }


def _driver(sheet: Sheet) -> Json:
    return {
        "name": "fastdiag",
        "version": __version__,
        "informationUri": HOME,
        "rules": [_rule(check) for check in sheet.checks.values()],
    }


def _rule(check: Check) -> Json:
    more = [f"- <{reference}>" for reference in check.references]
    return {
        "id": check.id,
        "name": "".join(word.capitalize() for word in check.id.split("-")),
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.mechanism},
        "help": {
            "text": f"{check.mechanism}\n\nFix: {check.fix}",
            "markdown": "\n".join((f"{check.mechanism}\n", f"**Fix**: {check.fix}\n", *more)),
        },
        **({"helpUri": check.references[0]} if check.references else {}),
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {
            "problem.severity": _PROBLEMS[check.severity],
            "tags": ["fastapi", "production", *check.causes],
        },
    }


def _invocation(sheet: Sheet) -> Json:
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": [_notification(sheet, one) for one in sheet.audit.unread],
    }


def _notification(sheet: Sheet, one: Unread) -> Json:
    return {
        "level": "warning",
        "message": {"text": f"not analysed: {one.reason}"},
        "locations": [{"physicalLocation": _physical(sheet, one.place)}],
    }


def _result(sheet: Sheet, finding: Finding, rules: dict[str, int]) -> dict[str, Json]:
    flows: list[Json] = [_flow(sheet, finding)] if finding.chain else []
    kind = sheet.kind(finding)
    fix = f"Fix: {finding.fix}" if finding.fix else ""
    said = "\n".join(filter(None, (finding.message, kind.mechanism if kind else "", fix)))
    return {
        "ruleId": finding.check,
        **({"ruleIndex": rules[finding.check]} if finding.check in rules else {}),
        "level": _LEVELS[finding.severity],
        "rank": _RANKS[finding.confidence],
        "message": {"text": said},
        "locations": [{"physicalLocation": _physical(sheet, finding.place)}],
        "partialFingerprints": {
            FINGERPRINT: finding.fingerprint,
            GITHUB_FINGERPRINT: finding.fingerprint,
        },
        **({"codeFlows": flows} if flows else {}),
        "properties": {
            "confidence": finding.confidence.value,
            "kind": finding.kind,
            "sink": finding.sink,
        },
    }


def _suppressed(sheet: Sheet, one: Dismissed, rules: dict[str, int]) -> Json:
    justification: dict[str, Json] = {"justification": one.reason} if one.reason else {}
    return {
        **_result(sheet, one.finding, rules),
        "suppressions": [{"kind": _KINDS[one.by], "status": "accepted", **justification}],
    }


def _flow(sheet: Sheet, finding: Finding) -> Json:
    steps: list[Json] = [
        {
            "location": {
                "physicalLocation": _physical(sheet, step.place),
                "message": {"text": step.text},
                **_logical(step.function),
            },
            "nestingLevel": depth,
        }
        for depth, step in enumerate(finding.chain)
    ]
    return {"threadFlows": [{"locations": steps}]}


def _logical(function: str) -> dict[str, Json]:
    return {"logicalLocations": [{"fullyQualifiedName": function}]} if function else {}


def _physical(sheet: Sheet, place: CodePlace) -> Json:
    path = sheet.path(place.file)
    uri = quote(path, errors="surrogateescape")
    if path.startswith("/"):
        return {"artifactLocation": {"uri": f"file://{uri}"}, **_region(sheet, place)}
    return {"artifactLocation": {"uri": uri, "uriBaseId": ROOT}, **_region(sheet, place)}


def _region(sheet: Sheet, place: CodePlace) -> dict[str, Json]:
    if not place.line:
        return {}
    region: dict[str, Json] = {"startLine": place.line}
    if place.column:
        region["startColumn"] = place.column
    if excerpt := sheet.excerpts.get(place):
        region["snippet"] = {"text": excerpt[0]}
    return {"region": region}
