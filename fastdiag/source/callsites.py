"""What callers pass for a parameter that nothing else tells about."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from fastdiag.source.inner import Inner, Inners, union
from fastdiag.source.model import Class, Function, Routine, Type
from fastdiag.source.scopes import Scope

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference

MAX_CANDIDATES: Final = 30
"""Calls by the same name: of a name that is called more often, nothing is concluded."""


def passed(inference: Inference, function: Function, name: str) -> Inners:
    """Return what the calls of a function in the project pass for a parameter."""
    if isinstance(function.node, ast.Lambda):
        return ()
    candidates = _candidates(inference, function)
    if len(candidates) > MAX_CANDIDATES:
        return ()
    found: list[Inners] = []
    for call, scope in candidates:
        skipped = _skipped(inference, function, call, scope)
        given = argument(function.node, call, name, skipped) if skipped is not None else None
        if given is not None:
            found.append(inference.values(given, scope))
    return union(*found)


def _candidates(inference: Inference, function: Function) -> list[tuple[ast.Call, Scope]]:
    """Return the calls by the name of a function; of a constructor, by those of its class and those below."""
    called = inference.sources.called
    if function.owner is None or function.name != "__init__":
        return called(function.name)
    classes = (function.owner, *inference.hierarchy.below(function.owner))
    from_within = (
        each for name in ("cls", "__init__") for each in called(name) if _owner(each[1]) in classes
    )
    return [*(each for cls in classes for each in called(cls.node.name)), *from_within]


def _owner(scope: Scope) -> Class | None:
    """Return the class in which a scope lies."""
    here: Scope | None = scope
    while here is not None and here.cls is None:
        here = here.parent
    return here.cls if here is not None else None


def _skipped(inference: Inference, function: Function, call: ast.Call, scope: Scope) -> int | None:
    """Return how many parameters are passed unseen, as self is; None where another function is meant."""
    for value in inference.values(call.func, scope):
        if isinstance(value, Routine) and value.function is function:
            return 1 if value.receiver is not None else 0
        if isinstance(value, Type) and _constructor(inference, value) is function:
            return 1
    return None


def _constructor(inference: Inference, value: Inner) -> Function | None:
    if not isinstance(value, Type):
        return None
    for base in inference.hierarchy.line(value.cls):
        if isinstance(base, Class) and "__init__" in base.methods:
            return base.methods["__init__"]
    return None


def argument(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    call: ast.Call,
    name: str,
    skipped: int,
) -> ast.expr | None:
    """Return what a call passes for a parameter, where ``skipped`` ones are passed unseen."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    positional = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)][skipped:]
    index = positional.index(name) if name in positional else len(call.args)
    is_spread = any(isinstance(arg, ast.Starred) for arg in call.args[: index + 1])
    return call.args[index] if index < len(call.args) and not is_spread else None
