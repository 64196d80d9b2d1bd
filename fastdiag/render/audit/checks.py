"""What an audit looks for: the rows of its table."""

from __future__ import annotations

from collections.abc import Sequence

from fastdiag.model.audit import Check
from fastdiag.render.audit.json import check as check_document
from fastdiag.render.json import SCHEMA, dump
from fastdiag.render.paper import Paper


def screen(checks: Sequence[Check], *, width: int, color: bool, encoding: str) -> str:
    """Return all checks for a screen, as the table has them."""
    paper = Paper(width=width, color=color, encoding=encoding)
    longest = max((len(check.id) for check in checks), default=0)
    for check in checks:
        paper.row((f"{check.id:<{longest}}  ", "bold"), (f"{check.severity.value:<8}  ", "dim"), check.title)
    return paper.text()


def json(checks: Sequence[Check]) -> str:
    """Return all checks for scripts: keys may be added, never renamed."""
    return dump({"schema": SCHEMA, "checks": [check_document(one) for one in checks]})
