"""From an expression back to the query that it came from: names, calls of helpers, `.scalars().all()`."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.audit.bodies import own_nodes
from fastdiag.audit.shelf import LOOPS, Shelf
from fastdiag.source.model import Class, Function, Module, Object, Outside, OutsideObject, Routine, Type
from fastdiag.source.project import Project

MAX_STEPS: Final = 40
"""Expressions that are followed for one question."""
_QUERIES: Final = frozenset({"select", "query", "get", "get_one"})
_PLAIN: Final = frozenset({"list", "tuple", "sorted", "reversed", "set"})
_OTHER_DATA: Final = frozenset(
    {"count", "exists", "mappings", "model_dump", "dict", "json", "keys", "values", "tuples", "rowcount"}
)
"""Methods whose results are no mapped objects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A query for objects of a mapped class, or a value that is one: ``node``, which stands in ``module``."""

    cls: Class
    node: ast.expr
    module: Module


@dataclass(slots=True)
class Origins:
    """Answers one question: of which of ``classes`` objects are, and which query gave them."""

    project: Project
    classes: Collection[Class]
    shelf: Shelf
    _start: Function | None = None
    _seen: set[ast.AST] = field(default_factory=set)

    def of(self, node: ast.expr, function: Function) -> Iterator[Origin]:
        """Yield where the objects of an expression come from."""
        if node in self._seen or len(self._seen) >= MAX_STEPS:
            return
        self._seen.add(node)
        self._start = self._start or function
        match node:
            case ast.Call():
                yield from self._call(node, function)
            case ast.Name(id=name):
                if function is self._start:  # in a helper, its caller's argument tells more
                    yield from self._known(node, function)
                yield from self._each(self._given(name, node, function), function)
            case ast.Await(value=value) | ast.Subscript(value=value) | ast.NamedExpr(value=value):
                yield from self.of(value, function)
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._each((body, orelse), function)
            case ast.BoolOp(values=values):
                yield from self._each(values, function)
            case ast.ListComp(elt=ast.Name(id=name), generators=[one, *_]):
                if isinstance(one.target, ast.Name) and one.target.id == name:
                    yield from self.of(one.iter, function)
            case _:
                return

    def _each(self, nodes: Collection[ast.expr], function: Function) -> Iterator[Origin]:
        for node in nodes:
            yield from self.of(node, function)

    def _given(self, name: str, use: ast.Name, function: Function) -> list[ast.expr]:
        """Return what a local name may hold where it is used: nothing that a later line has replaced."""
        gifts = [gift for gift in self.shelf.gifts(function, name) if gift.value.lineno <= use.lineno]
        if len(gifts) < 2:  # noqa: PLR2004 - one alone replaces nothing
            return [gift.value for gift in gifts]
        parents = self.shelf.parents(function)
        around = set(_ancestors(use, parents))
        given: list[ast.expr] = []
        for giver, value in gifts:
            if isinstance(giver, ast.stmt) and parents.get(giver) in around and not isinstance(giver, LOOPS):
                given.clear()
            given.append(value)
        return given

    def _known(self, node: ast.expr, function: Function) -> Iterator[Origin]:
        for value in self.project.value(node, function):
            if isinstance(value, Object) and value.cls in self.classes:
                yield Origin(cls=value.cls, node=node, module=function.module)

    def _call(self, node: ast.Call, function: Function) -> Iterator[Origin]:
        values = self.project.value(node.func, function)
        if any(isinstance(value, Type) for value in values):
            yield from self._known(node, function)
            return
        helpers = [value.function for value in values if isinstance(value, Routine)]
        for helper in helpers:
            yield from self._each(_returned(helper), helper)
        if helpers:
            return
        name = _last(node.func)
        asked = list(self._asked(node, function)) if name in _QUERIES and _is_of_sqlalchemy(values) else []
        yield from (Origin(cls=cls, node=node, module=function.module) for cls in asked)
        if asked or name in _OTHER_DATA:
            return
        if isinstance(node.func, ast.Attribute):
            yield from self.of(node.func.value, function)
        if isinstance(node.func, ast.Attribute) or name in _PLAIN:
            yield from self._each(node.args, function)

    def _asked(self, node: ast.Call, function: Function) -> Iterator[Class]:
        """Yield the mapped class of `select(X)`, `session.query(X)`, `session.get(X, id)`; of one only."""
        for value in (value for one in node.args[:1] for value in self.project.value(one, function)):
            if isinstance(value, Type) and value.cls in self.classes:
                yield value.cls


def _is_of_sqlalchemy(values: Collection[object]) -> bool:
    paths = (value.path for value in values if isinstance(value, (Outside, OutsideObject)))
    return any(path.startswith(("sqlalchemy.", "sqlmodel.")) for path in paths)


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _returned(function: Function) -> list[ast.expr]:
    if function.is_generator:
        return []
    if isinstance(function.node, ast.Lambda):
        return [function.node.body]
    return [
        node.value for node in own_nodes(function) if isinstance(node, ast.Return) and node.value is not None
    ]


def _ancestors(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> Iterator[ast.AST | None]:
    here: ast.AST | None = node
    while here is not None:
        here = parents.get(here)
        yield here  # None: the body of the function itself
