"""What becomes of a task that create_task gave: thrown away, kept until it ends, or waited for."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from enum import StrEnum

from fastdiag.audit.bodies import own_nodes, parents_in
from fastdiag.source.model import Call, Function


class Keeping(StrEnum):
    """What the code does with the task."""

    DISCARDED = "discarded"  # nobody holds it: the event loop keeps only a weak reference
    WATCHED = "watched"  # nobody holds it, but something is called at its end
    HELD = "held"  # it is in a set or list of tasks that are under way, and nobody waits for it
    OWNED = "owned"  # somebody waits for it, cancels it, or keeps it where one can


def keeping(call: Call, within: Function) -> Keeping:
    """Tell what becomes of the task that a call of create_task in a function gives."""
    parents = parents_in(within)
    parent = parents.get(call.node)
    if isinstance(parent, ast.Expr):
        return Keeping.DISCARDED
    if _is_added(parent):
        return Keeping.HELD
    names = _names_bound(parent)
    if not names:
        return Keeping.OWNED
    return _keeping_of_name(names[0], within, parents)


def _names_bound(parent: ast.AST | None) -> tuple[str, ...]:
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
        case _:
            return ()


def _is_added(parent: ast.AST | None) -> bool:
    """Tell whether it stands in `tasks.add(...)` or `tasks.append(...)`."""
    match parent:
        case ast.Call(func=ast.Attribute(attr="add" | "append")):
            return True
        case _:
            return False


def _keeping_of_name(name: str, within: Function, parents: dict[ast.AST, ast.AST]) -> Keeping:
    uses = [
        parents.get(node)
        for node in own_nodes(within)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]
    if _is_used_elsewhere(name, within):
        return Keeping.OWNED
    others = [use for use in uses if not _is_callback(use)]
    if not others:
        return Keeping.WATCHED if _has_callback(uses) else Keeping.DISCARDED
    return Keeping.HELD if all(_is_added(use) for use in others) else Keeping.OWNED


def _is_callback(use: ast.AST | None) -> bool:
    """Tell whether the task is only given something to call at its end: that holds no reference to it."""
    return isinstance(use, ast.Attribute) and use.attr in {"add_done_callback", "set_name"}


def _has_callback(uses: Iterable[ast.AST | None]) -> bool:
    return any(isinstance(use, ast.Attribute) and use.attr == "add_done_callback" for use in uses)


def _is_used_elsewhere(name: str, within: Function) -> bool:
    """Tell whether a global, or a nested function, holds the name on."""
    for node in own_nodes(within):
        match node:
            case ast.Global(names=names) | ast.Nonlocal(names=names) if name in names:
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                if any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node)):
                    return True
            case _:
                pass
    return False
