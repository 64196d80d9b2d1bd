"""Expressions of a scope: calls and how they stand, lambdas, comprehensions, and names that they bind."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Final

from fastdiag.source import targets
from fastdiag.source.definitions import function_in
from fastdiag.source.model import Call, Function
from fastdiag.source.scopes import (
    Assigned,
    Caught,
    Declared,
    Defined,
    Looped,
    Position,
    Scope,
    Source,
    Survey,
)

_LEAVES: Final = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)


class Reader:
    """The expressions of one scope, walked with a stack: their depth costs no frames.

    scope     in which their names are read
    within    the function in whose body they stand; None at import time
    awaited   expressions that something waits for, marked before they are walked
    entered   those that `with` enters, likewise
    lines     the block in which the walk is
    """

    def __init__(self, result: Survey, scope: Scope, within: Function | None) -> None:
        self.survey = result
        self.scope = scope
        self.within = within
        self.lines = (0, 0)
        self.awaited: set[ast.AST] = set()
        self.entered: set[ast.AST] = set()

    def read(self, roots: Iterable[ast.expr | None]) -> None:
        """Walk expressions: their calls, lambdas, comprehensions, and what they bind."""
        pending: list[ast.AST] = [root for root in roots if root is not None]
        while pending:
            node = pending.pop()
            if isinstance(node, _LEAVES):
                continue
            if isinstance(node, ast.Lambda):
                self._lambda(node)
                continue
            self._expression(node)
            pending.extend(ast.iter_child_nodes(node))

    def _expression(self, node: ast.AST) -> None:
        match node:
            case ast.Call():
                self._call(node)
            case ast.Await():
                self.awaited.add(node.value)
            case ast.Yield() | ast.YieldFrom():
                if self.within is not None:
                    self.within.is_generator = True
            case ast.NamedExpr():
                self.bind(node.target, Assigned(node.value), node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self._comprehension(node)
            case _:
                return

    def _call(self, node: ast.Call) -> None:
        call = Call(
            node=node,
            module=self.survey.module,
            within=self.within,
            is_awaited=node in self.awaited,
            is_entered=node in self.entered,
        )
        owner = self.within or self.survey.module
        owner.calls.append(call)
        if self.scope.cls is not None:
            self.survey.in_class[node] = self.scope

    def _lambda(self, node: ast.Lambda) -> None:
        self.signature(node.args)
        function = function_in(self.survey, self.scope, self.within, node)
        inner = Reader(self.survey, self.survey.scopes[function], function)
        inner.lines = (node.body.lineno, node.body.end_lineno or node.body.lineno)
        inner.read((node.body,))

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        start, end = (
            (node.lineno, node.col_offset),
            (node.end_lineno or node.lineno, node.end_col_offset or 0),
        )
        for generator in node.generators:
            if generator.is_async:
                self.awaited.add(generator.iter)
            targets.bind(
                self.survey,
                self.scope,
                generator.target,
                Looped(generator.iter),
                at=start,
                block=(start[0], end[0]),
                span=(start, end),
            )

    def bind(
        self,
        target: ast.expr | str,
        source: Source,
        node: ast.AST,
        *,
        inside: Sequence[ast.stmt] | None = None,
    ) -> None:
        """Bind the names of a target from a node on, in the block of the walk or ``inside`` another one."""
        lines = self.lines
        if inside:
            lines = (inside[0].lineno, inside[-1].end_lineno or inside[-1].lineno)
        targets.bind(self.survey, self.scope, target, source, at=_end(node, source), block=lines)

    def signature(self, arguments: ast.arguments) -> None:
        """Walk defaults and annotations: they are read where the function is defined."""
        each = (
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        )
        self.read((*arguments.defaults, *arguments.kw_defaults))
        self.read(arg.annotation for arg in each if arg is not None)


def _end(node: ast.AST, source: Source) -> Position:
    """Return where a binding takes effect: a `def` at its name, anything else after its last character."""
    if isinstance(source, Defined | Declared | Caught):
        return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
    return getattr(node, "end_lineno", 0) or 0, getattr(node, "end_col_offset", 0) or 0
