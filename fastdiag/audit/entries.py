"""Where the framework enters the code: the kinds of roots, and the functions that it calls there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastdiag.model.audit import Root, Step
from fastdiag.source.model import Class, Function, Object, Partial, Routine, Type, Value
from fastdiag.source.project import Project


class RootKind(StrEnum):
    """What a root is to the framework."""

    ROUTE = "route"
    WEBSOCKET = "websocket"
    HANDLER = "handler"  # of another protocol beside HTTP routes: GraphQL, MCP
    MIDDLEWARE = "middleware"
    EXCEPTION_HANDLER = "exception handler"
    BACKGROUND_TASK = "background task"
    LOOP_TASK = "loop task"  # create_task at start-up: runs beside the requests as long as the worker lives
    LIFESPAN = "lifespan"
    QUEUE_TASK = "queue task"


ON_REQUEST: Final = frozenset(
    {
        RootKind.ROUTE,
        RootKind.WEBSOCKET,
        RootKind.HANDLER,
        RootKind.MIDDLEWARE,
        RootKind.EXCEPTION_HANDLER,
    }
)
"""Somebody waits for what they do."""
BESIDE_REQUESTS: Final = frozenset({RootKind.BACKGROUND_TASK, RootKind.LOOP_TASK})
"""Nobody waits for them, but they run on the loop that serves requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A function that the framework calls for a root: the handler itself, or something it depends on.

    steps  from the root to the function, both included
    """

    root: Root
    function: Function
    steps: tuple[Step, ...]

    @property
    def on_loop(self) -> bool:
        """Whether it runs on the event loop that serves requests."""
        kind = RootKind(self.root.kind)
        return self.function.is_async and (kind in ON_REQUEST or kind in BESIDE_REQUESTS)


def entry(function: Function, text: str, kind: RootKind) -> Entry:
    """Return the entry of a handler that is its own root."""
    root = Root(
        text=text, kind=kind, place=function.place, function=function.qualname, is_async=function.is_async
    )
    return Entry(root=root, function=function, steps=(first_step(root),))


def handler(function: Function, how: str) -> Entry:
    """Return the entry of what `@app.middleware`, `@app.exception_handler` or `@app.on_event` registers."""
    match how:
        case "middleware":
            return entry(function, f"middleware {function.name}", RootKind.MIDDLEWARE)
        case "exception_handler":
            return entry(function, f"exception handler {function.name}", RootKind.EXCEPTION_HANDLER)
        case _:
            return entry(function, f"start-up {function.name}", RootKind.LIFESPAN)


def first_step(root: Root) -> Step:
    """Return the step with which chains from a root begin."""
    return Step(text=root.text, place=root.place, function=root.function)


def callables(project: Project, values: Iterable[Value]) -> Iterator[Function]:
    """Return the functions of the project that run when one of the values is called."""
    for value in values:
        match value:
            case Routine(function=function):
                yield function
            case Partial(of=inner):
                yield from callables(project, (inner,))
            case Object(cls=cls):
                yield from methods(project, cls, "__call__")
            case Type(cls=cls):
                yield from methods(project, cls, "__init__")
            case _:
                continue


def methods(project: Project, cls: Class, *names: str) -> Iterator[Function]:
    """Return the methods of a class of the project under the given names, its own or inherited ones."""
    for name in names:
        found = project.attribute_of(cls, name)
        if isinstance(found, Function):
            yield found


def decorators(function: Function) -> list[ast.expr]:
    """Return the decorators of a function; a lambda has none."""
    return [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list
