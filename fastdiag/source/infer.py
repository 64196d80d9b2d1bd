"""Inference: what expressions may be. Lazy, remembered, bounded in depth, width and steps."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable
from typing import Final

from fastdiag.source import annotated, attributes, classes, expressions, names, results
from fastdiag.source.inner import Inner, Inners, elements, item, union
from fastdiag.source.knowledge import Outsiders
from fastdiag.source.model import Class, Function, Module
from fastdiag.source.scopes import Assigned, Binding, Scope
from fastdiag.source.sources import Sources

MAX_DEPTH: Final = 40
"""Questions that may wait for each other: each costs some frames of Python's stack."""
MAX_STEPS: Final = 4_000
"""Questions that one question from outside may lead to."""
_UNTOUCHED: Final = 1 << 30


class Inference:
    """The answers so far. One that a circle or a bound cut short is kept only for who asked first."""

    def __init__(self, sources: Sources, outsiders: Outsiders) -> None:
        self.sources = sources
        self.outsiders = outsiders
        self.hierarchy = classes.Hierarchy(self)
        self._known: dict[Hashable, Inners] = {}
        self._open: dict[Hashable, int] = {}
        self._low = _UNTOUCHED
        self._steps = 0

    def solve(self, question: Hashable, compute: Callable[[], Inners]) -> Inners:
        """Answer a question once; a question that waits for itself is answered with nothing."""
        answer = self._known.get(question)
        if answer is not None:
            return answer
        depth = len(self._open)
        self._steps = self._steps + 1 if depth else 0
        if question in self._open:
            self._low = min(self._low, self._open[question])
            return ()
        if depth >= MAX_DEPTH or self._steps >= MAX_STEPS:
            self._low = 0
            return ()
        outer, self._low = self._low, _UNTOUCHED
        self._open[question] = depth
        try:
            answer = compute()
        finally:
            del self._open[question]
            low, self._low = self._low, outer
        if low >= depth:
            self._known[question] = answer
        else:
            self._low = min(low, outer)
        return answer

    # --- questions -----------------------------------------------------------------------------

    def values(self, expr: ast.expr, scope: Scope) -> Inners:
        """Return what an expression may be."""
        if isinstance(expr, ast.Name):
            return self.solve(
                expr, lambda: names.look_up(self, expr.id, scope, (expr.lineno, expr.col_offset))
            )
        return self.solve(expr, lambda: expressions.values(self, expr, scope))

    def annotated(self, expr: ast.expr | None, scope: Scope) -> Inners:
        """Return what an annotation says that a value is."""
        if expr is None:
            return ()
        return self.solve(("annotation", expr), lambda: annotated.objects(self, expr, scope))

    def bound(self, binding: Binding) -> Inners:
        """Return what one binding gives to its name."""
        return self.solve(binding, lambda: self._part(binding))

    def _part(self, binding: Binding) -> Inners:
        values = names.given(self, binding)
        for index in binding.path:
            values = item(values, index)
        return values

    def attribute(self, value: Inner, name: str) -> Inners:
        """Return what an attribute of a value may be."""
        return attributes.of(self, value, name)

    def called(self, value: Inner, call: ast.Call, scope: Scope) -> Inners:
        """Return what calling a value gives."""
        return results.of(self, value, call, scope)

    def returns(self, function: Function, receiver: Class | None) -> Inners:
        """Return what a call of a function gives: coroutines and generators are not unwrapped."""
        return self.solve(("returns", function, receiver), lambda: results.returned(self, function, receiver))

    def entered(self, values: Inners) -> Inners:
        """Return what `with` gives of a value."""
        return union(*(self._entered(value) for value in values))

    def iterated(self, values: Inners) -> Inners:
        """Return what a loop over a value gives."""
        return union(elements(values), *(self._iterated(value) for value in values))

    def _entered(self, value: Inner) -> Inners:
        return self.solve(("entered", value), lambda: results.entered(self, value))

    def _iterated(self, value: Inner) -> Inners:
        return self.solve(("iterated", value), lambda: results.iterated(self, value))

    def scope_of(self, owner: Function | Class | Module) -> Scope:
        """Return the scope that is the body of a function, a class or a module."""
        return self.sources.scopes[owner]

    def is_none(self, binding: Binding) -> bool:
        """Tell whether a binding only says that there is nothing yet."""
        source = binding.source
        return (
            isinstance(source, Assigned)
            and isinstance(source.value, ast.Constant)
            and source.value.value is None
        )
