"""Whether anybody looks at a piece of state: what is only filled makes no difference to any request."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fastdiag.audit.module_state import Held
from fastdiag.audit.state_writes import CHANGES, DROPS


def is_read(held: Held) -> bool:
    """Tell whether a module reads what it holds. What is not private may be read anywhere."""
    name = held.name.rpartition(".")[2]
    if not name.startswith("_"):
        return True
    changed = _only_changed(held.module.tree)
    return any(one not in changed for one in _mentions(held.module.tree, name))


def _mentions(tree: ast.AST, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=mentioned, ctx=ast.Load()) | ast.Name(id=mentioned, ctx=ast.Load()):
                if mentioned == name:
                    yield node
            case _:
                pass


def _only_changed(tree: ast.AST) -> set[ast.expr]:
    """Return what statements fill or empty without a look: `seen.add(x)`, `seen[x] = 1`, `del seen[x]`."""
    found: set[ast.expr] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=container, attr=name))) if (
                name in CHANGES or name in DROPS
            ):
                found.add(container)
            case ast.Subscript(value=container, ctx=ast.Store() | ast.Del()):
                found.add(container)
            case _:
                pass
    return found
