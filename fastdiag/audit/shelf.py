"""What is asked again and again of the bodies of functions, worked out once each."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fastdiag.audit.bodies import own_nodes, parents_in
from fastdiag.source.model import Function

LOOPS = (ast.For, ast.AsyncFor)


class Gift(NamedTuple):
    """A statement or a comprehension that gives a value to a local name, or each item of one."""

    giver: ast.AST
    value: ast.expr


@dataclass(slots=True)
class Shelf:
    """Keeps the answers for one check."""

    _parents: dict[Function, Mapping[ast.AST, ast.AST]] = field(default_factory=dict)
    _gifts: dict[Function, Mapping[str, Sequence[Gift]]] = field(default_factory=dict)
    _stored: dict[Function, frozenset[str]] = field(default_factory=dict)

    def parents(self, function: Function) -> Mapping[ast.AST, ast.AST]:
        """Return what each node of a function's body stands in."""
        if function not in self._parents:
            self._parents[function] = parents_in(function)
        return self._parents[function]

    def gifts(self, function: Function, name: str) -> Sequence[Gift]:
        """Return what a function gives to a local name, in the order of the text."""
        if function not in self._gifts:
            found: dict[str, list[Gift]] = {}
            for node in own_nodes(function):
                _note(node, found)
            self._gifts[function] = found
        return self._gifts[function].get(name, ())

    def is_local(self, function: Function, name: str) -> bool:
        """Return whether a function makes a name itself: no parameter, nothing from outside."""
        if function not in self._stored:
            given = {one.arg for one in ast.walk(function.node.args) if isinstance(one, ast.arg)}
            names = {
                node.id
                for node in own_nodes(function)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
            self._stored[function] = frozenset(names - given)
        return name in self._stored[function]


def _note(node: ast.AST, found: dict[str, list[Gift]]) -> None:
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            | ast.For(target=ast.Name(id=name), iter=value)
            | ast.AsyncFor(target=ast.Name(id=name), iter=value)
            | ast.comprehension(target=ast.Name(id=name), iter=value)
        ):
            found.setdefault(name, []).append(Gift(node, value))
        case _:
            return
