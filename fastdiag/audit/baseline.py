"""A file that names the findings of today, so that only new ones count from now on.

It is kept beside the code: sorted, one entry a finding, so that a change of it reads well in a review.
A person may add a `reason` to an entry; it stays when the file is written anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from fastdiag.errors import FastdiagError
from fastdiag.model.audit import CodeAudit, Dismissal, Dismissed, Finding

SCHEMA: Final = 1
MAX_FILE_BYTES: Final = 20_000_000
"""A hundred thousand findings: what is larger is another kind of file, given by mistake."""
_HINT: Final = "fastdiag audit --write-baseline FILE makes one"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The findings that were there, by fingerprint, each with its reason (or none)."""

    reasons: Mapping[str, str] = field(default_factory=dict)


def read_baseline(path: Path) -> Baseline:
    """Return what a file names.

    Raises:
        FastdiagError: it cannot be read, or is no baseline; the error says where.

    """
    text = _read(path)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise FastdiagError(f"the baseline is not JSON: {error.msg}", where=where, hint=_HINT) from None
    except RecursionError:
        raise FastdiagError("the baseline is nested too deeply", where=str(path), hint=_HINT) from None
    return Baseline(_reasons(document, path))


def _read(path: Path) -> str:
    if path.exists() and not path.is_file():  # opening a pipe would wait for its writer
        raise FastdiagError("the baseline is not a regular file", where=str(path), hint=_HINT)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror if isinstance(error, OSError) else error
        raise FastdiagError(f"the baseline cannot be read: {why}", where=str(path), hint=_HINT) from None
    if len(data) > MAX_FILE_BYTES:
        raise FastdiagError(f"the baseline is larger than {MAX_FILE_BYTES:,} bytes", where=str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FastdiagError("the baseline is not UTF-8", where=str(path), hint=_HINT) from None


def _reasons(document: object, path: Path) -> Mapping[str, str]:
    rows = document.get("findings") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(rows, list):
        raise FastdiagError("this is no baseline: it has no list 'findings'", where=str(path), hint=_HINT)
    if document.get("schema") != SCHEMA:
        found = document.get("schema")
        raise FastdiagError(
            f"the baseline is of schema {found!r}, and this fastdiag reads {SCHEMA}",
            where=str(path),
            hint=_HINT,
        )
    return dict(_entry(row, number, path) for number, row in enumerate(rows, 1))


def _entry(row: object, number: int, path: Path) -> tuple[str, str]:
    fingerprint = row.get("fingerprint") if isinstance(row, dict) else None
    reason = row.get("reason", "") if isinstance(row, dict) else None
    if not isinstance(fingerprint, str) or not isinstance(reason, str):
        raise FastdiagError(
            f"entry {number} of the baseline needs a fingerprint; it and its reason are texts",
            where=str(path),
            hint=_HINT,
        )
    return fingerprint, reason


def apply(audit: CodeAudit, baseline: Baseline) -> CodeAudit:
    """Return an audit in which the findings that a baseline names are set aside."""
    known = [
        Dismissed(finding=one, by=Dismissal.BASELINE, reason=baseline.reasons[one.fingerprint])
        for one in audit.findings
        if one.fingerprint in baseline.reasons
    ]
    new = tuple(one for one in audit.findings if one.fingerprint not in baseline.reasons)
    return replace(audit, findings=new, dismissed=(*audit.dismissed, *known))


def gone(dismissed: Iterable[Dismissed], baseline: Baseline) -> int:
    """Return how many entries no finding answers to any more."""
    met = {one.finding.fingerprint for one in dismissed if one.by is Dismissal.BASELINE}
    return len(baseline.reasons.keys() - met)


def baseline_file(findings: Iterable[Finding], reasons: Mapping[str, str]) -> str:
    """Return the file that names these findings; ``reasons`` are those of a former one."""
    rows = [_row(finding, reasons) for finding in sorted(findings, key=lambda one: (one.place, one.check))]
    return json.dumps({"schema": SCHEMA, "findings": rows}, indent=2) + "\n"


def _row(finding: Finding, reasons: Mapping[str, str]) -> dict[str, str]:
    """Return an entry. It has no line, which would change with every edit above it."""
    row = {"fingerprint": finding.fingerprint, "check": finding.check, "file": finding.place.file}
    row["message"] = finding.message
    if reason := reasons.get(finding.fingerprint):
        row["reason"] = reason
    return row
