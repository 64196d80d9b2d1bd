"""Walking a function's own body: what stands in it runs with it; nested functions and classes do not."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from fastdiag.source.model import Call, Function, Module

_OTHERS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body in the order of the text; of nested definitions only the head."""
    yield from _walk(_body(function.node))


def import_time_nodes(module: Module) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported, bodies of its classes included."""
    yield from _walk(module.tree.body, into_classes=True)


def nodes_below(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what stands in it, without the bodies of functions that it defines."""
    yield from _walk([node])


def parents_in(function: Function) -> dict[ast.AST, ast.AST]:
    """Return what each node of a function's body stands in."""
    parents: dict[ast.AST, ast.AST] = {}
    for node in own_nodes(function):
        if not isinstance(node, _OTHERS):
            parents.update((child, node) for child in ast.iter_child_nodes(node))
    return parents


def call_of(node: ast.AST | None, within: Function | None) -> Call | None:
    """Return the call that an expression is, as the project knows it; an awaited one too."""
    if isinstance(node, ast.Await):
        node = node.value
    calls = within.calls if within is not None else ()
    return next((call for call in calls if call.node is node), None)


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Sequence[ast.AST]:
    return [node.body] if isinstance(node, ast.Lambda) else node.body


def _walk(nodes: Sequence[ast.AST], *, into_classes: bool = False) -> Iterator[ast.AST]:
    # With a stack of its own: hostile source nests deeper than Python's.
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, _OTHERS) and not (into_classes and isinstance(node, ast.ClassDef)):
            continue
        stack.extend(reversed(list(ast.iter_child_nodes(node))))
