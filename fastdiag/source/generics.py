"""What generic functions give: the type variable that they return, found in what they are given."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from fastdiag.source.callsites import argument
from fastdiag.source.inner import Inners, Pending, objects_of, union
from fastdiag.source.model import OutsideObject, Routine
from fastdiag.source.parameters import bound_class
from fastdiag.source.scopes import Scope

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference


def returned(inference: Inference, routine: Routine, call: ast.Call, scope: Scope) -> Inners:
    """Return what `def get(cls: type[T]) -> T` gives for the arguments of a call."""
    node = routine.function.node
    own = inference.scope_of(routine.function)
    if isinstance(node, ast.Lambda) or routine.function.is_generator:
        return ()
    name = _variable(inference, node.returns, own.parent or own)
    if not name:
        return ()
    skipped = 1 if routine.receiver is not None and bound_class(routine.function) is not None else 0
    found: list[Inners] = []
    for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        given = argument(node, call, parameter.arg, skipped)
        if given is not None and parameter.annotation is not None:
            found.append(_solved(name, parameter.annotation, inference.values(given, scope), inference))
    values = union(*found)
    return (Pending(values),) if values and routine.function.is_async else values


def _variable(inference: Inference, annotation: ast.expr | None, scope: Scope) -> str:
    """Return the name of the type variable that an annotation is, also as `T | None`; "" for all others."""
    match annotation:
        case ast.Name(id=name):
            values = inference.values(annotation, scope)
            return name if OutsideObject("typing.TypeVar") in values else ""
        case ast.BinOp(left=left, op=ast.BitOr()) | ast.Subscript(value=ast.Name(id="Optional"), slice=left):
            return _variable(inference, left, scope)
        case _:
            return ""


def _solved(name: str, annotation: ast.expr, given: Inners, inference: Inference) -> Inners:
    """Return what the variable stands for, where a parameter annotated so is given some values."""
    match annotation:
        case ast.Name(id=found) if found == name:
            return given
        case ast.Subscript(value=ast.Name(id="type" | "Type"), slice=ast.Name(id=found)) if found == name:
            return objects_of(given)
        case ast.Subscript(slice=ast.Name(id=found)) if found == name:
            return inference.iterated(given)
        case _:
            return ()
