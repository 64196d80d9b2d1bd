"""Where functions write state that outlasts a request, and which of these writes mean something to others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastdiag.audit.bodies import own_nodes
from fastdiag.audit.module_state import Held, Shared
from fastdiag.audit.naming import words_of
from fastdiag.model.audit import CodePlace
from fastdiag.source.model import Function

CHANGES: Final = frozenset({
    "append", "add", "update", "setdefault", "insert", "extend", "appendleft", "__setitem__",
})  # fmt: skip
"""Methods that put something into a container. Those that take something out need one of these first."""
DROPS: Final = frozenset({"pop", "clear", "discard", "remove", "popitem", "popleft"})
_ONCE: Final = frozenset({
    "warned", "warning", "logged", "emitted", "initialized", "initialised", "loaded", "started",
    "reported", "shown", "done", "ready", "registered", "checked",
})  # fmt: skip
"""Words of flags that say that something was done in this process: each worker rightly has its own."""


class Way(StrEnum):
    """How a place changes what it writes to."""

    PUT = "put"
    KEYED = "keyed"  # put under a key, by which a later request may ask for it
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One place at which a function changes what outlasts the request; ``value`` is what it puts there."""

    held: Held
    within: Function
    place: CodePlace
    way: Way
    value: ast.expr | None = None


def writes(function: Function, shared: Shared) -> Iterator[Write]:
    """Yield the writes of one function; names that it binds itself are its own."""
    nodes = list(own_nodes(function))
    declared = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    local = _bound(function, nodes) - declared
    is_setting_up = any(_sets_up(node, name) for node in nodes for name in declared)
    for node in nodes:
        yield from _into_container(node, function, shared, local)
        if declared and not is_setting_up:
            yield from _of_global(node, function, declared)


def _into_container(node: ast.AST, function: Function, shared: Shared, local: set[str]) -> Iterator[Write]:
    for container, value, way in _changed(node):
        if isinstance(container, ast.Name) and container.id in local:
            continue
        held = shared.container(container, function)
        if held:
            yield Write(held=held, within=function, place=_place(node, function), way=way, value=value)


def _changed(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None, Way]]:
    """Yield the containers that a node changes, with what it puts there."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((one.value, value, Way.KEYED) for one in targets if isinstance(one, ast.Subscript))
        case ast.AugAssign(target=ast.Subscript(value=container), value=value):
            yield container, value, Way.KEYED
        case ast.Delete(targets=targets):
            yield from ((one.value, None, Way.DROP) for one in targets if isinstance(one, ast.Subscript))
        case ast.Call(func=ast.Attribute(value=container, attr=name), args=args) if name in CHANGES:
            yield container, args[-1] if args else None, Way.PUT
        case ast.Call(func=ast.Attribute(value=container, attr=name)) if name in DROPS:
            yield container, None, Way.DROP
        case _:
            pass


def _of_global(node: ast.AST, function: Function, declared: set[str]) -> Iterator[Write]:
    """Yield assignments of globals, but not those that drop a thing or note that something is done."""
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AugAssign(target=ast.Name(id=name), value=value)
        ):
            if name in declared and not _is_mark(name, value):
                held = Held(name=name, module=function.module)
                yield Write(
                    held=held, within=function, place=_place(node, function), way=Way.PUT, value=value
                )
        case _:
            pass


def _is_mark(name: str, value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and (value.value is None or bool(_ONCE & set(words_of(name))))


def _sets_up(node: ast.AST, name: str) -> bool:
    """Tell whether a function makes what each worker needs once: it asks first, or notes that it did."""
    match node:
        case ast.Assign(targets=[ast.Name(id=assigned)], value=ast.Constant(value=True)):
            return assigned == name and bool(_ONCE & set(words_of(name)))
        case ast.Compare(left=ast.Name(id=asked), ops=[ast.Is() | ast.IsNot()]):
            return asked == name
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=asked)) | ast.If(test=ast.Name(id=asked)):
            return asked == name
        case _:
            return False


def _bound(function: Function, nodes: list[ast.AST]) -> set[str]:
    arguments = function.node.args
    given = (
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    )
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {one.arg for one in given if one is not None}


def _place(node: ast.AST, function: Function) -> CodePlace:
    line, column = (node.lineno, node.col_offset + 1) if isinstance(node, ast.stmt | ast.expr) else (0, 0)
    return CodePlace(function.module.file, line, column)
