"""What assignments bind: names, parts of tuples, attributes of self, and the state of applications."""

from __future__ import annotations

import ast

from fastdiag.source.scopes import Binding, Position, Scope, Source, Survey

Block = tuple[int, int]


def bind(  # noqa: PLR0913 - what, where, and where it holds
    survey: Survey,
    scope: Scope,
    target: ast.expr | str,
    source: Source,
    *,
    at: Position,
    block: Block,
    span: tuple[Position, Position] | None = None,
) -> None:
    """Bind whatever a target holds; ``at`` is where the value begins to be seen."""
    pending: list[tuple[ast.expr | str, tuple[int, ...]]] = [(target, ())]
    while pending:
        node, path = pending.pop()
        binding = Binding(source, scope, at, block, path, span)
        match node:
            case str():
                scope.bind(node, binding)
            case ast.Name():
                scope.bind(node.id, binding)
            case ast.Attribute():
                _attribute(survey, scope, node, binding)
            case ast.Tuple() | ast.List():
                pending.extend((part, (*path, index)) for index, part in enumerate(node.elts))
            case ast.Starred():
                pending.append((node.value, path[:-1]))  # a list of such elements
            case _:
                continue


def _attribute(survey: Survey, scope: Scope, target: ast.Attribute, binding: Binding) -> None:
    if isinstance(target.value, ast.Name):
        owner = _class_of_self(scope, target.value.id)
        if owner is not None:
            owner.attributes.setdefault(target.attr, []).append(binding)
    elif isinstance(target.value, ast.Attribute) and target.value.attr == "state":
        survey.states.setdefault(target.attr, []).append(binding)


def _class_of_self(scope: Scope, name: str) -> Scope | None:
    """Return the scope of the class whose object ``name`` is, by being its method's first parameter."""
    here: Scope | None = scope
    while here is not None and here.function is not None:
        function, parent = here.function, here.parent
        first = first_parameter(function.node)
        if function.owner is not None and parent is not None and first is not None and first.arg == name:
            return parent
        if name in here.names:
            return None
        here = parent
    return None


def first_parameter(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> ast.arg | None:
    """Return the first positional parameter."""
    for parameter in (*node.args.posonlyargs, *node.args.args):
        return parameter
    return None
