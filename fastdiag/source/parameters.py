"""What parameters are: self, what annotations and defaults say, what Depends provides."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from fastdiag.source import callsites
from fastdiag.source.inner import Inner, Inners, Manager, Many, Pending, Row, elements, union
from fastdiag.source.model import Class, Function, Object, Outside, Type
from fastdiag.source.scopes import Parameter, Scope
from fastdiag.source.targets import first_parameter

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference

_OF_THE_CLASS: Final = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
PROVIDERS: Final = ("Depends", "Security")
"""What FastAPI calls for the value of a parameter, by the last part of its name."""


def of(inference: Inference, parameter: Parameter, scope: Scope) -> Inners:
    """Return what a parameter may be in the body of its function."""
    function, arg = parameter.function, parameter.arg
    owner = bound_class(function)
    if owner is not None and first_parameter(function.node) is arg:
        return (Type(owner),) if takes_class(function) else (Object(owner),)
    outer = scope.parent or scope
    declared = inference.annotated(arg.annotation, outer)
    if parameter.stars:
        return (Many("dict" if parameter.stars > 1 else "tuple", declared),)
    if declared:
        return declared
    return (
        provided_by_annotation(inference, arg.annotation, outer)
        or _default(inference, parameter.default, outer)
        or (callsites.passed(inference, function, arg.arg) if arg.annotation is None else ())
    )


def bound_class(function: Function) -> Class | None:
    """Return the class whose object or which itself is the first argument; None of static methods."""
    if function.owner is None or isinstance(function.node, ast.Lambda):
        return None
    return None if "staticmethod" in decorator_names(function) else function.owner


def takes_class(function: Function) -> bool:
    """Tell whether the first parameter of a method is the class."""
    names = decorator_names(function)
    return function.name in _OF_THE_CLASS or bool(
        names & {"classmethod", "validator", "root_validator", "declared_attr"}
    )


def decorator_names(function: Function) -> frozenset[str]:
    """Return the last part of the name of each decorator."""
    if isinstance(function.node, ast.Lambda):
        return frozenset()
    found = set()
    for decorator in function.node.decorator_list:
        expr = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(expr, ast.Attribute):
            found.add(expr.attr)
        elif isinstance(expr, ast.Name):
            found.add(expr.id)
    return frozenset(found)


def provided_by_annotation(inference: Inference, annotation: ast.expr | None, scope: Scope) -> Inners:
    """Return what `Annotated[..., Depends(f)]` provides, where the type itself is not known."""
    if not isinstance(annotation, ast.Subscript) or not isinstance(annotation.slice, ast.Tuple):
        return ()
    metadata = annotation.slice.elts[1:]
    return union(*(provided(inference, expr, scope) for expr in metadata if isinstance(expr, ast.Call)))


def _default(inference: Inference, default: ast.expr | None, scope: Scope) -> Inners:
    if default is None or isinstance(default, ast.Constant):
        return ()
    if isinstance(default, ast.Call) and is_provider(inference, default, scope):
        return provided(inference, default, scope)
    return inference.values(default, scope)


def is_provider(inference: Inference, call: ast.Call, scope: Scope) -> bool:
    """Tell whether a call is `Depends(...)`."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in PROVIDERS:
        return True
    values = inference.values(call.func, scope)
    return any(isinstance(value, Outside) and value.path.rpartition(".")[2] in PROVIDERS for value in values)


def provided(inference: Inference, call: ast.Call, scope: Scope) -> Inners:
    """Return what `Depends(f)` gives: what f returns, or yields."""
    if not is_provider(inference, call, scope):
        return ()
    given = call.args[:1] or [keyword.value for keyword in call.keywords if keyword.arg == "dependency"]
    if not given:
        return ()
    results = (inference.called(value, call, scope) for value in inference.values(given[0], scope))
    return union(*(opened(result) for result in results))


def opened(values: Inners) -> Inners:
    """Unwrap coroutines, generators and context managers, as FastAPI does."""
    found: list[Inner] = []
    for value in values:
        match value:
            case Pending(of) | Manager(of):
                found.extend(opened(of))
            case Many(kind="generator"):
                found.extend(elements((value,)))
            case Row() | Many():
                found.append(value)
            case _:
                found.append(value)
    return union(found)
