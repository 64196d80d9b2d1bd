"""What calls give: constructors, functions by their annotation or by what they return, names outside."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from fastdiag.source import generics, outside
from fastdiag.source.attributes import of_class
from fastdiag.source.inner import (
    Form,
    Inner,
    Inners,
    Maker,
    Manager,
    Many,
    Pending,
    Row,
    Super,
    awaited,
    elements,
    objects_of,
    union,
)
from fastdiag.source.model import (
    Class,
    Function,
    Object,
    Outside,
    OutsideObject,
    Package,
    Partial,
    Routine,
    Type,
)
from fastdiag.source.parameters import decorator_names, takes_class
from fastdiag.source.scopes import Scope

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference

_MANAGERS: Final = frozenset({"contextmanager", "asynccontextmanager"})
MAX_RETURNS: Final = 8
"""`return` statements of one function that are looked at."""


def of(  # noqa: PLR0911 - one a kind of value
    inference: Inference, value: Inner, call: ast.Call, scope: Scope
) -> Inners:
    """Return what calling a value gives."""
    match value:
        case Type(cls):
            return (Object(cls),)
        case Routine(function, receiver):
            known = inference.returns(function, receiver)
            return known if awaited(known) else generics.returned(inference, value, call, scope) or known
        case OutsideObject(_, made) if made is not None and (given := _class_given(inference, made)):
            return given
        case Outside(path):
            return outside.result(inference, path, call, scope)
        case OutsideObject(path):
            return outside.result(inference, f"{path}.__call__", call, scope)
        case Object(cls):
            return inference.solve(("called", cls, call), lambda: _called(inference, cls, call, scope))
        case Partial(inner):
            return inference.called(inner, call, scope)
        case Maker(inner):
            return (Manager(elements(inference.called(inner, call, scope))),)
        case Package() | Many() | Row() | Pending() | Manager() | Form() | Super():
            return ()


def _called(inference: Inference, cls: Class, call: ast.Call, scope: Scope) -> Inners:
    callees = of_class(inference, cls, "__call__", receiver=cls, is_object=True)
    return union(*(inference.called(callee, call, scope) for callee in callees))


def _class_given(inference: Inference, made: ast.Call) -> Inners:
    """Return what a factory makes that was told which class: `sessionmaker(class_=OurSession)`."""
    given = next((keyword.value for keyword in made.keywords if keyword.arg == "class_"), None)
    scope = inference.sources.scope_of(made) if given is not None else None
    return objects_of(inference.values(given, scope)) if given is not None and scope is not None else ()


def returned(inference: Inference, function: Function, receiver: Class | None) -> Inners:
    """Return what a call of a function of the project gives."""
    scope = inference.scope_of(function)
    node = function.node
    if isinstance(node, ast.Lambda):
        return inference.values(node.body, scope)
    declared = _declared(inference, node, scope, receiver)
    if decorator_names(function) & _MANAGERS:
        return (Manager(elements(declared) or _yielded(inference, node, scope)),)
    if function.is_generator:
        return (
            declared if any(elements((value,)) for value in declared) else _generator(inference, node, scope)
        )
    plain = _of_receiver(function, receiver, declared or _inferred(inference, node, scope))
    return (Pending(plain),) if function.is_async else plain


def _declared(
    inference: Inference,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    scope: Scope,
    receiver: Class | None,
) -> Inners:
    outer = scope.parent or scope
    declared = inference.annotated(node.returns, outer)
    if receiver is None or node.returns is None:
        return declared
    name = node.returns.attr if isinstance(node.returns, ast.Attribute) else getattr(node.returns, "id", "")
    return (Object(receiver),) if name == "Self" else declared


def _of_receiver(function: Function, receiver: Class | None, values: Inners) -> Inners:
    """Return objects of the class by which a class method was called, in the place of those of its owner."""
    owner = function.owner
    if receiver is None or owner is None or receiver is owner or not takes_class(function):
        return values
    return tuple(Object(receiver) if value == Object(owner) else value for value in values)


def _generator(inference: Inference, node: ast.AST, scope: Scope) -> Inners:
    return (Many("generator", _yielded(inference, node, scope)),)


def _yielded(inference: Inference, node: ast.AST, scope: Scope) -> Inners:
    found: list[Inners] = []
    for part in own_nodes(node):
        if isinstance(part, ast.Yield) and part.value is not None:
            found.append(inference.values(part.value, scope))
        elif isinstance(part, ast.YieldFrom):
            found.append(inference.iterated(inference.values(part.value, scope)))
    return union(*found[:MAX_RETURNS])


def _inferred(inference: Inference, node: ast.AST, scope: Scope) -> Inners:
    each = (part.value for part in own_nodes(node) if isinstance(part, ast.Return))
    values = [value for value in each if value is not None]
    return union(*(inference.values(value, scope) for value in values[:MAX_RETURNS]))


def own_nodes(node: ast.AST) -> list[ast.AST]:
    """Return the nodes of a function's body in no particular order, those of nested functions excepted."""
    found: list[ast.AST] = []
    pending: list[ast.AST] = list(getattr(node, "body", ()))
    while pending:
        here = pending.pop()
        found.append(here)
        if not isinstance(here, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(here))
    found.sort(key=lambda part: (getattr(part, "lineno", 0), getattr(part, "col_offset", 0)))
    return found


def entered(inference: Inference, value: Inner) -> Inners:
    """Return what `with value` gives."""
    match value:
        case Manager(of=inner):
            return inner
        case Pending(of=inner):
            return inference.entered(inner)
        case Object(cls):
            return _by_method(inference, cls, ("__aenter__", "__enter__")) or (value,)
        case OutsideObject(path):
            typed = outside.by_table(inference, f"{path}.__aenter__") or outside.by_table(
                inference, f"{path}.__enter__"
            )
            return typed or (value,)
        case _:
            return ()


def iterated(inference: Inference, value: Inner) -> Inners:
    """Return what a loop over an object gives."""
    match value:
        case Object(cls):
            found = _by_method(inference, cls, ("__aiter__", "__iter__"))
            if found == (value,):
                return _by_method(inference, cls, ("__anext__", "__next__"))
            return inference.iterated(found)
        case OutsideObject(path):
            return outside.by_table(inference, f"{path}.__iter__")
        case _:
            return ()


def _by_method(inference: Inference, cls: Class, names: tuple[str, ...]) -> Inners:
    for name in names:
        for callee in of_class(inference, cls, name, receiver=cls, is_object=True):
            if isinstance(callee, Routine):
                return awaited(inference.returns(callee.function, callee.receiver))
            if isinstance(callee, Outside):
                return (Object(cls),)
    return ()
