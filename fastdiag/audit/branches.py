"""Branches of a function: which arms a node stands in, and which of them end with `return` or `raise`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

Parents = Mapping[ast.AST, ast.AST]
"""What each node of a body stands in."""
_LEAVING: Final = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class Arm(NamedTuple):
    """A stretch that control may go around; ``ends`` when it does not come out at its lower end."""

    fork: ast.AST
    name: str
    ends: bool


def arms(node: ast.AST, parents: Parents) -> Iterator[Arm]:
    """Yield the arms of `if`, `match`, `except` and loops in which a node stands, the innermost first."""
    parent = parents.get(node)
    while parent is not None:
        arm = _arm(parent, node)
        if arm is not None:
            yield arm
        node, parent = parent, parents.get(parent)


def is_sure(first: ast.AST, later: ast.AST, parents: Parents) -> bool:
    """Return whether nobody comes to ``later`` but through ``first``: no arm is around that alone."""
    return set(arms(first, parents)) <= set(arms(later, parents))


def is_past(first: ast.AST, later: ast.AST, parents: Parents) -> bool:
    """Return whether ``first`` may lie behind whoever is at ``later``: its arm has not ended before that."""
    around = set(arms(later, parents))
    return all(arm in around for arm in arms(first, parents) if arm.ends)


def _arm(parent: ast.AST, node: ast.AST) -> Arm | None:
    match parent:
        case ast.ExceptHandler(body=body) | ast.match_case(body=body):
            return Arm(parent, "body", _ends(body))
        case ast.IfExp(test=test):
            return (
                None if node is test else Arm(parent, "body" if node is parent.body else "orelse", ends=False)
            )
        case ast.Try() | ast.TryStar():
            return Arm(parent, "orelse", _ends(parent.orelse)) if node in parent.orelse else None
        case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
            for name, body in (("body", parent.body), ("orelse", parent.orelse)):
                if node in body:
                    return Arm(parent, name, _ends(body))
            return None
        case _:
            return None


def _ends(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], _LEAVING)
