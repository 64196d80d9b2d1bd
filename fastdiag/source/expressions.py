"""What an expression may be, by its form."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from fastdiag.source import annotated, outside
from fastdiag.source.inner import Form, Inner, Inners, Many, Row, awaited, item, union
from fastdiag.source.model import Object, Outside, OutsideObject, Routine, Type
from fastdiag.source.scopes import Scope

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference

_KINDS: Final[Mapping[type[ast.expr], str]] = {
    ast.List: "list",
    ast.ListComp: "list",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.GeneratorExp: "generator",
}
MAX_ELEMENTS: Final = 12
"""Of a display: a large table holds more of the same."""


def values(  # noqa: PLR0911 - one a form
    inference: Inference, expr: ast.expr, scope: Scope
) -> Inners:
    """Return what an expression that is no plain name may be."""
    match expr:
        case ast.Attribute():
            return _attribute(inference, expr, scope)
        case ast.Call():
            callees = inference.values(expr.func, scope)
            return union(*(inference.called(callee, expr, scope) for callee in callees))
        case ast.Await(value=inner):
            return awaited(inference.values(inner, scope))
        case ast.Constant():
            return _constant(expr)
        case ast.IfExp(body=body, orelse=orelse):
            return union(inference.values(body, scope), inference.values(orelse, scope))
        case ast.BoolOp(values=parts):
            return union(*(inference.values(part, scope) for part in parts))
        case ast.NamedExpr(value=inner):
            return inference.values(inner, scope)
        case ast.Subscript():
            return _subscript(inference, expr, scope)
        case ast.Lambda():
            return (Routine(inference.sources.nodes[expr]),)
        case _:
            return _composed(inference, expr, scope)


def _composed(  # noqa: PLR0911 - one a form
    inference: Inference, expr: ast.expr, scope: Scope
) -> Inners:
    match expr:
        case ast.Tuple(elts=parts):
            if any(isinstance(part, ast.Starred) for part in parts):
                return (Many("tuple", _each(inference, parts, scope)),)
            return (Row(tuple(inference.values(part, scope) for part in parts)),)
        case ast.List(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts):
            return (Many(_KINDS[type(expr)], _each(inference, parts, scope)),)
        case (
            ast.ListComp(elt=part)
            | ast.SetComp(elt=part)
            | ast.GeneratorExp(elt=part)
            | ast.DictComp(value=part)
        ):
            return (Many(_KINDS[type(expr)], inference.values(part, scope)),)
        case ast.BinOp():
            return _operation(inference, expr, scope)
        case ast.JoinedStr():
            return (OutsideObject("str"),)
        case ast.Compare():
            return (OutsideObject("bool"),)
        case _:
            return ()


def _each(inference: Inference, parts: list[ast.expr], scope: Scope) -> Inners:
    """Return the elements of a display: of a large table, its first entries are enough."""
    found: list[Inners] = []
    for part in parts[:MAX_ELEMENTS]:
        if isinstance(part, ast.Starred):
            found.append(inference.iterated(inference.values(part.value, scope)))
        else:
            found.append(inference.values(part, scope))
    return union(*found)


def _attribute(inference: Inference, expr: ast.Attribute, scope: Scope) -> Inners:
    owners = inference.values(expr.value, scope)
    is_state = isinstance(expr.value, ast.Attribute) and expr.value.attr == "state"
    if is_state and expr.attr in inference.sources.states:
        return union(*(inference.bound(binding) for binding in inference.sources.states[expr.attr]))
    return union(*(inference.attribute(owner, expr.attr) for owner in owners))


def _constant(expr: ast.Constant) -> Inners:
    """Return the type of a literal; None is no value: what it stands in for is told elsewhere."""
    if expr.value is None or expr.value is ...:
        return ()
    return (OutsideObject(type(expr.value).__name__),)


def _operation(inference: Inference, expr: ast.BinOp, scope: Scope) -> Inners:
    left = inference.values(expr.left, scope)
    if isinstance(expr.op, ast.BitOr) and any(isinstance(value, Type | Outside | Form) for value in left):
        return (Form(expr, scope),)
    return left or inference.values(expr.right, scope)


def _subscript(inference: Inference, expr: ast.Subscript, scope: Scope) -> Inners:
    found: list[Inner] = []
    for owner in inference.values(expr.value, scope):
        match owner:
            case Outside(path) if annotated.is_form(path):
                found.append(Form(expr, scope))
            case Outside(path) if inference.outsiders.is_method(path) and outside.by_table(inference, path):
                held = outside.by_table(inference, path)  # an attribute of an object: `client.shop["orders"]`
                found.extend(entry for each in held for entry in _item_of(inference, each))
            case Outside() | Type():
                found.append(owner)
            case Row() | Many():
                found.extend(_part(owner, expr.slice))
            case OutsideObject("str" | "bytes"):
                found.append(owner)
            case OutsideObject():
                found.extend(_item_of(inference, owner))
            case Object():
                found.extend(_entry(inference, owner, expr))
            case _:
                continue
    return union(found)


def _item_of(inference: Inference, owner: Inner) -> Inners:
    """Return what `owner[...]` gives, as the table says; nothing where it says nothing."""
    path = owner.path if isinstance(owner, OutsideObject) else ""
    return outside.by_table(inference, f"{path}.__getitem__") if path else ()


def _entry(inference: Inference, owner: Object, expr: ast.Subscript) -> Inners:
    """Return an entry of an object: of a TypedDict by its key, of any other by its `__getitem__`."""
    if isinstance(expr.slice, ast.Constant) and isinstance(expr.slice.value, str):
        bases = inference.hierarchy.outside(owner.cls)
        if "typing.TypedDict" in bases:
            return inference.attribute(owner, expr.slice.value)
    methods = (each for each in inference.attribute(owner, "__getitem__") if isinstance(each, Routine))
    return union(*(inference.returns(each.function, each.receiver) for each in methods))


def _part(owner: Row | Many, index: ast.expr) -> Inners:
    if isinstance(index, ast.Slice):
        return (owner,) if isinstance(owner, Many) else (Many("tuple", union(*owner.parts)),)
    if (
        isinstance(index, ast.UnaryOp)
        and isinstance(index.op, ast.USub)
        and isinstance(index.operand, ast.Constant)
    ):
        place = index.operand.value
        return item((owner,), -place) if isinstance(place, int) else ()
    if isinstance(owner, Many):
        return owner.of
    if isinstance(index, ast.Constant) and isinstance(index.value, int):
        return item((owner,), index.value)
    return union(*owner.parts)
