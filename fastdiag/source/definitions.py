"""Functions and classes as they are defined: their names, their scopes, their parameters."""

from __future__ import annotations

import ast

from fastdiag.source.model import Class, Function
from fastdiag.source.scopes import Binding, Parameter, Scope, Survey

Definition = ast.FunctionDef | ast.AsyncFunctionDef


def function_in(
    survey: Survey, scope: Scope, within: Function | None, node: Definition | ast.Lambda
) -> Function:
    """Add a function that is defined in a scope; ``within`` is the function that the scope lies in."""
    module, owner = survey.module, scope.cls
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    function = Function(
        qualname=f"{_path(survey, scope, within)}.{name}",
        module=module,
        node=node,
        owner=owner,
        parent=within,
        is_async=isinstance(node, ast.AsyncFunctionDef),
    )
    own = Scope(module, parent=scope, function=function)
    survey.scopes[function] = own
    survey.nodes[node] = function
    module.functions.append(function)
    if within is not None:
        within.nested.append(function)
    if owner is not None and not isinstance(node, ast.Lambda) and not _is_side_form(node):
        owner.methods[name] = function
    _bind_parameters(own, function)
    return function


def class_in(survey: Survey, scope: Scope, within: Function | None, node: ast.ClassDef) -> Class:
    """Add a class that is defined in a scope."""
    module = survey.module
    cls = Class(qualname=f"{_path(survey, scope, within)}.{node.name}", module=module, node=node)
    module.classes.append(cls)
    survey.scopes[cls] = Scope(module, parent=scope, cls=cls)
    return cls


def _path(survey: Survey, scope: Scope, within: Function | None) -> str:
    """Return the qualified name of a scope, as Python spells it."""
    if scope.cls is not None:
        return scope.cls.qualname
    return f"{within.qualname}.<locals>" if within is not None else survey.module.name


def _is_side_form(node: Definition) -> bool:
    """Tell whether a `def` only adds to one of the same name: a setter, a deleter, an overload."""
    for decorator in node.decorator_list:
        name = decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", "")
        if name in {"setter", "deleter", "overload"}:
            return True
    return False


def _bind_parameters(scope: Scope, function: Function) -> None:
    arguments, line = function.node.args, function.node.lineno
    end = function.node.end_lineno or line
    positional = (*arguments.posonlyargs, *arguments.args)
    padding = [None] * (len(positional) - len(arguments.defaults))
    pairs: list[tuple[ast.arg | None, ast.expr | None, int]] = [
        *(
            (arg, default, 0)
            for arg, default in zip(positional, (*padding, *arguments.defaults), strict=True)
        ),
        *(
            (arg, default, 0)
            for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ),
        (arguments.vararg, None, 1),
        (arguments.kwarg, None, 2),
    ]
    for arg, default, stars in pairs:
        if arg is not None:
            source = Parameter(function, arg, default, stars)
            scope.bind(arg.arg, Binding(source, scope, (line, 0), (line, end)))
