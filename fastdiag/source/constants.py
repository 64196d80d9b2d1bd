"""What an expression is when the source says it: literals, module constants, defaults of settings."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from enum import Enum
from types import EllipsisType
from typing import TYPE_CHECKING, Final

from fastdiag.source.model import Object, Outside, Package, Type
from fastdiag.source.scopes import Assigned, Binding, Imported, Parameter, Scope

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference


class Unknown(Enum):
    """What is computed when the program runs; apart from None, which is a value."""

    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = Unknown.UNKNOWN

Literal = str | bytes | int | float | complex | bool | None
Constant = Literal | Unknown

_MAX_DEPTH: Final = 12
_MAX_NUMBER: Final = 1e18
_READERS: Final = frozenset({"os.getenv", "os.environ.get"})
_FIELDS: Final = frozenset({"pydantic.Field", "dataclasses.field", "pydantic_settings.Field"})
_CONVERSIONS: Final[Mapping[str, Callable[[str | float], Literal]]] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
}
_OPERATIONS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}


def constant(  # noqa: PLR0911 - one a form of expression
    inference: Inference, expr: ast.expr, scope: Scope, depth: int = 0
) -> Constant:
    """Return the literal that an expression stands for; UNKNOWN where the source does not say.

    A name stands for its module's constant, an attribute of settings for its default,
    `os.getenv(name, default)` for the default: what applies when nobody configures anything else.
    """
    if depth > _MAX_DEPTH:
        return UNKNOWN
    match expr:
        case ast.Constant():
            return expr.value if not isinstance(expr.value, EllipsisType) else UNKNOWN
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = constant(inference, operand, scope, depth + 1)
            return -value if isinstance(value, int | float) else UNKNOWN
        case ast.BinOp():
            return _computed(inference, expr, scope, depth)
        case ast.Name():
            return _name(inference, expr.id, scope, depth)
        case ast.Attribute():
            return _attribute(inference, expr, scope, depth)
        case ast.Call():
            return _call(inference, expr, scope, depth)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return _first_true(inference, parts, scope, depth)
        case ast.NamedExpr(value=inner):
            return constant(inference, inner, scope, depth + 1)
        case _:
            return UNKNOWN


def _computed(inference: Inference, expr: ast.BinOp, scope: Scope, depth: int) -> Constant:
    """Compute with numbers of a sane size: `60 * 5`."""
    left = constant(inference, expr.left, scope, depth + 1)
    right = constant(inference, expr.right, scope, depth + 1)
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return UNKNOWN
    if abs(left) > _MAX_NUMBER or abs(right) > _MAX_NUMBER:
        return UNKNOWN
    operation = _OPERATIONS.get(type(expr.op))
    if operation is None or (right == 0 and isinstance(expr.op, ast.Div | ast.FloorDiv)):
        return UNKNOWN
    return operation(left, right)


def _first_true(inference: Inference, parts: list[ast.expr], scope: Scope, depth: int) -> Constant:
    for part in parts:
        value = constant(inference, part, scope, depth + 1)
        if value is UNKNOWN or value:
            return value
    return UNKNOWN


def _name(inference: Inference, name: str, scope: Scope, depth: int) -> Constant:
    here: Scope | None = scope
    while here is not None:
        bindings = here.outer.get(name, here).names.get(name)
        lasting = [binding for binding in bindings or () if binding.span is None]
        if lasting and (here.cls is None or here is scope):
            return _bound(inference, lasting, depth)
        here = here.parent
    return UNKNOWN


def _bound(inference: Inference, bindings: list[Binding], depth: int) -> Constant:
    """Return the one literal to which a name is bound; several of them leave it open."""
    if len(bindings) != 1 or bindings[0].path:
        return UNKNOWN
    binding = bindings[0]
    match binding.source:
        case Assigned(value) if value is not None:
            return constant(inference, value, binding.scope, depth + 1)
        case Imported() as imported if imported.name:
            return _imported(inference, imported, binding.scope, depth)
        case Parameter(default=default) if default is not None:
            return UNKNOWN  # callers may say otherwise
        case _:
            return UNKNOWN


def _imported(inference: Inference, imported: Imported, scope: Scope, depth: int) -> Constant:
    sources = inference.sources
    module = sources.module(sources.absolute(imported, scope.module), scope.module)
    if module is None:
        return UNKNOWN
    return _name(inference, imported.name, inference.scope_of(module), depth + 1)


def _attribute(inference: Inference, expr: ast.Attribute, scope: Scope, depth: int) -> Constant:
    for value in inference.values(expr.value, scope):
        match value:
            case Package(module):
                return _name(inference, expr.attr, inference.scope_of(module), depth + 1)
            case Object(cls) | Type(cls):
                for base in inference.hierarchy.line(cls):
                    if isinstance(base, str):
                        continue
                    there = inference.scope_of(base)
                    if expr.attr in there.names or expr.attr in there.attributes:
                        bindings = (*there.names.get(expr.attr, ()), *there.attributes.get(expr.attr, ()))
                        return _bound(inference, list(bindings), depth + 1)
            case _:
                continue
    return UNKNOWN


def _call(inference: Inference, expr: ast.Call, scope: Scope, depth: int) -> Constant:
    for value in inference.values(expr.func, scope):
        if not isinstance(value, Outside):
            continue
        if value.path in _READERS and len(expr.args) > 1:
            return constant(inference, expr.args[1], scope, depth + 1)
        if value.path in _FIELDS:
            return _field(inference, expr, scope, depth)
        if value.path in _CONVERSIONS and len(expr.args) == 1:
            return _converted(value.path, constant(inference, expr.args[0], scope, depth + 1))
    return UNKNOWN


def _field(inference: Inference, expr: ast.Call, scope: Scope, depth: int) -> Constant:
    given = [keyword.value for keyword in expr.keywords if keyword.arg == "default"] or expr.args[:1]
    return constant(inference, given[0], scope, depth + 1) if given else UNKNOWN


def _converted(name: str, value: Constant) -> Constant:
    if not isinstance(value, str | int | float):
        return UNKNOWN
    try:
        return _CONVERSIONS[name](value)
    except (TypeError, ValueError, OverflowError):
        return UNKNOWN
