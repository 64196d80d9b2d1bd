"""Time limits that stand around a call: `asyncio.timeout`, `asyncio.wait_for`, `anyio.fail_after`, ..."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from fastdiag.audit.bodies import parents_in
from fastdiag.source.model import Call

_LIMITS: Final = frozenset(
    {"timeout", "timeout_at", "wait_for", "fail_after", "fail_at", "move_on_after", "move_on_at"}
)
"""Last parts of the names of asyncio's, anyio's, trio's and async-timeout's limits."""


def is_bounded(call: Call) -> bool:
    """Return whether a time limit of the event loop stands around a call in the same function."""
    if call.within is None:
        return False
    return any(_limits(node) for node in around(call))


def around(call: Call) -> Iterator[ast.AST]:
    """Yield the nodes in which a call stands within its function, the innermost first."""
    parents = parents_in(call.within) if call.within else {}
    node: ast.AST | None = parents.get(call.node)
    while node is not None:
        yield node
        node = parents.get(node)


def _limits(node: ast.AST) -> bool:
    match node:
        case ast.With(items=items) | ast.AsyncWith(items=items):
            return any(_is_limit(item.context_expr) for item in items)
        case _:
            return _is_limit(node)


def _is_limit(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in _LIMITS
        case _:
            return False
