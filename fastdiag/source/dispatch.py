"""What a call may reach: constructors, methods by the receiver's type, overrides below it, names outside."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from fastdiag.source.inner import Inner, Maker, told
from fastdiag.source.model import (
    Class,
    Function,
    Object,
    Outside,
    OutsideObject,
    Partial,
    Routine,
    Target,
    Type,
    Value,
)
from fastdiag.source.parameters import decorator_names
from fastdiag.source.scopes import Scope

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference

MAX_OVERRIDES: Final = 8
"""Overrides that a call may reach: with more of them, only the method itself is told."""

MAX_OBJECTS: Final = 4
"""Objects that are called one through the other: `A.__call__` may be an object again."""


def targets(inference: Inference, call: ast.Call, scope: Scope) -> tuple[Target, ...]:
    """Return what a call may reach; () where nothing is known of what is called."""
    is_super = isinstance(call.func, ast.Attribute) and _is_super(call.func.value)
    found: dict[Value, bool] = {}
    for value in inference.values(call.func, scope):
        is_direct = is_super and isinstance(value, Routine)
        reached = tuple(Target(each) for each in told((value,))) if is_direct else _reached(inference, value)
        for target in reached:
            found[target.value] = found.get(target.value, False) or target.sure
    is_choice = isinstance(call.func, ast.Subscript | ast.Call) and len(found) > 1
    return tuple(Target(value, sure=sure and not is_choice) for value, sure in found.items())


def _is_super(expr: ast.expr) -> bool:
    """Tell whether an expression is `super()`: what it finds is the method itself, never an override."""
    return isinstance(expr, ast.Call) and isinstance(expr.func, ast.Name) and expr.func.id == "super"


def _reached(inference: Inference, value: Inner, depth: int = 0) -> tuple[Target, ...]:
    match value:
        case Type(cls):
            return _constructed(inference, cls)
        case Routine(function, receiver) if receiver is not None:
            return _dispatched(inference, function, receiver)
        case Object(cls):
            callees = inference.attribute(value, "__call__") if depth < MAX_OBJECTS else ()
            return tuple(target for callee in callees for target in _reached(inference, callee, depth + 1))
        case OutsideObject(path):
            return (Target(Outside(f"{path}.__call__")),)
        case Partial(of) | Maker(of):
            return _reached(inference, of, depth)
        case _:
            return tuple(Target(each) for each in told((value,)))


def _constructed(inference: Inference, cls: Class) -> tuple[Target, ...]:
    """Return the code that runs when an object of a class is made."""
    found: list[Target] = []
    for name in ("__init__", "__post_init__"):
        for base in inference.hierarchy.line(cls):
            method = base.methods.get(name) if isinstance(base, Class) else None
            if method is not None:
                found.append(Target(Routine(method, cls)))
                break
    return tuple(found) or (Target(Type(cls)),)


def _dispatched(inference: Inference, function: Function, receiver: Class) -> tuple[Target, ...]:
    """Return a method, and those that override it below the class by which it is called."""
    own = Target(Routine(function, receiver))
    overrides = _overrides(inference, function, receiver)
    if not overrides or len(overrides) > MAX_OVERRIDES:
        return (own,)
    if is_abstract(function):
        return tuple(Target(override, sure=len(overrides) == 1) for override in overrides)
    return (own, *(Target(override, sure=False) for override in overrides))


def _overrides(inference: Inference, function: Function, receiver: Class) -> list[Routine]:
    name = function.name
    if function.owner is None or name.startswith("__"):
        return []
    below = inference.hierarchy.below(receiver)
    if not any(name in cls.methods for cls in below) and inference.hierarchy.is_protocol(function.owner):
        below = inference.hierarchy.implementations(function.owner)
    methods = ((cls.methods.get(name), cls) for cls in below)
    return [Routine(method, cls) for method, cls in methods if method is not None and method is not function]


def is_abstract(function: Function) -> bool:
    """Tell whether a method only says what others do: its body is empty, or it raises NotImplementedError."""
    if "abstractmethod" in decorator_names(function):
        return True
    body = function.node.body if not isinstance(function.node, ast.Lambda) else []
    return bool(body) and all(_says_nothing(statement) for statement in body)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(
            exc=ast.Call(func=ast.Name(id="NotImplementedError")) | ast.Name(id="NotImplementedError")
        ):
            return True
        case _:
            return False
