"""An audit as plain JSON values and back, for the cache; scripts read what render/audit/json.py writes.

Only what this very version wrote is read again (see ``store``), so that a field that is not there is damage.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from fastdiag.model.audit import (
    CodeAudit,
    CodePlace,
    Confidence,
    Dismissal,
    Dismissed,
    Finding,
    Root,
    Setting,
    Severity,
    Step,
    Unread,
)

Row = Mapping[str, Any]
"""What JSON makes of a dataclass; ``Any`` stays within this file."""


def to_row(audit: CodeAudit) -> dict[str, object]:
    """Return an audit as values that JSON can hold."""
    row = {field.name: getattr(audit, field.name) for field in dataclasses.fields(audit)}
    return {name: plain(value) for name, value in row.items()}


def plain(value: object) -> object:
    """Return a value as JSON can hold it: the same in every process, in whatever order sets are walked."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, AbstractSet):
        return sorted(map(str, value))
    return {key: plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def from_row(row: Row) -> CodeAudit:
    """Return the audit that ``to_row`` was given.

    Raises:
        KeyError, TypeError, ValueError: the row is damaged.

    """
    return CodeAudit(
        folder=row["folder"],
        files=row["files"],
        lines=row["lines"],
        findings=tuple(map(_finding, row["findings"])),
        dismissed=tuple(
            Dismissed(finding=_finding(one["finding"]), by=Dismissal(one["by"]), reason=one["reason"])
            for one in row["dismissed"]
        ),
        unread=tuple(Unread(place=_place(one["place"]), reason=one["reason"]) for one in row["unread"]),
        roots=tuple(Root(**{**one, "place": _place(one["place"])}) for one in row["roots"]),
        settings=tuple(Setting(**{**one, "place": _place(one["place"])}) for one in row["settings"]),
        packages=tuple(row["packages"]),
        digests=dict(row["digests"]),
        seconds=row["seconds"],
        from_cache=True,
    )


def _finding(row: Row) -> Finding:
    own = {
        "place": _place(row["place"]),
        "confidence": Confidence(row["confidence"]),
        "severity": Severity(row["severity"]),
        "chain": tuple(Step(**{**one, "place": _place(one["place"])}) for one in row["chain"]),
    }
    return Finding(**{**row, **own})


def _place(parts: Sequence[Any]) -> CodePlace:
    file, line, column = parts
    return CodePlace(str(file), int(line), int(column))
