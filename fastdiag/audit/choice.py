"""Which checks are told: --only and --skip."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from fastdiag.errors import FastdiagError, nearest
from fastdiag.model.audit import CodeAudit


def wanted(checks: Collection[str], only: Collection[str], skip: Collection[str]) -> frozenset[str]:
    """Return the ids that are asked for.

    Raises:
        FastdiagError: there is no such check, or none is left.

    """
    for name in (*only, *skip):
        if name not in checks:
            hint = nearest(name, checks) or "`fastdiag audit --list` names all"
            raise FastdiagError(f"there is no check {name!r}", hint=hint)
    left = frozenset(only or checks) - frozenset(skip)
    if not left:
        raise FastdiagError("--only and --skip leave no check")
    return left


def choose(audit: CodeAudit, names: Collection[str]) -> CodeAudit:
    """Return an audit with the findings of these checks."""
    return replace(
        audit,
        findings=tuple(one for one in audit.findings if one.check in names),
        dismissed=tuple(one for one in audit.dismissed if one.finding.check in names),
    )
