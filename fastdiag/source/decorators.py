"""What a decorated function is: most decorators keep it, some wrap it, few make something else of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from fastdiag.source.inner import Inner, Inners, union
from fastdiag.source.model import Function, Routine
from fastdiag.source.scopes import Scope
from fastdiag.source.targets import first_parameter

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference


def decorated(inference: Inference, function: Function, scope: Scope) -> Inners:
    """Return what the name of a function stands for after its decorators.

    Those of other packages keep the function. One of the project stands for what it returns, and for the
    function as well where that calls it.
    """
    own = Routine(function)
    if isinstance(function.node, ast.Lambda) or not function.node.decorator_list:
        return (own,)
    found: list[Inner] = [own]
    for decorator in function.node.decorator_list:
        for wrapper in _wrappers(inference, decorator, scope):
            if not _calls_wrapped(wrapper):
                found = [value for value in found if value != own]
            found.append(Routine(wrapper))
    return union(found) or (own,)


def _wrappers(inference: Inference, decorator: ast.expr, scope: Scope) -> list[Function]:
    """Return the inner functions that a decorator of the project puts in the place of the decorated one."""
    factory = decorator.func if isinstance(decorator, ast.Call) else decorator
    wrappers: list[Function] = []
    for value in inference.values(factory, scope):
        if not isinstance(value, Routine):
            continue
        inner = _returned(value.function)
        if isinstance(decorator, ast.Call):
            inner = [again for function in inner for again in _returned(function)]
        wrappers.extend(inner)
    return wrappers


def _returned(function: Function) -> list[Function]:
    """Return the nested functions whose names a function returns."""
    if isinstance(function.node, ast.Lambda):
        return []
    names = {
        node.value.id
        for node in _statements(function.node)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Name)
    }
    return [nested for nested in function.nested if nested.name.partition("#")[0] in names]


def _statements(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """Return the statements of a body and of its blocks, those of nested functions excepted."""
    found: list[ast.stmt] = []
    pending: list[ast.AST] = list(node.body)
    while pending:
        here = pending.pop()
        if isinstance(here, ast.stmt):
            found.append(here)
        if not isinstance(here, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            pending.extend(ast.iter_child_nodes(here))
    return found


def _calls_wrapped(wrapper: Function) -> bool:
    """Tell whether a wrapper itself calls what its decorator was given; it may hand it to a thread."""
    outer = wrapper.parent
    first = first_parameter(outer.node) if outer is not None else None
    if first is None:
        return True
    return any(
        isinstance(call.node.func, ast.Name) and call.node.func.id == first.arg
        for function in (wrapper, *wrapper.nested)
        for call in function.calls
    )
