"""Handlers beside the routes that classes and calls register: middleware, lifespan, background work."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from fastdiag.audit.entries import Entry, RootKind, callables, entry, handler, methods
from fastdiag.audit.routers import APPLICATIONS, Routers
from fastdiag.source.model import Call, Class, Function, Module, Type
from fastdiag.source.project import Project

MIDDLEWARE: Final = "starlette.middleware.base.BaseHTTPMiddleware"
ADDING: Final = frozenset({"add_middleware", "add_exception_handler", "add_event_handler", "add_task"})
"""Calls that register a handler which they are given."""
_ASGI: Final = ("scope", "receive", "send")
_BACKGROUND: Final = frozenset({"fastapi.BackgroundTasks", "starlette.background.BackgroundTask"})
_ERRORS: Final = ("Error", "Exception")


class Registered:
    """Finds handlers that classes and calls register, and that are no routes."""

    def __init__(self, project: Project, routers: Routers) -> None:
        self._project = project
        self._routers = routers

    # --- by class ------------------------------------------------------------------------------

    def middleware_classes(self) -> Iterator[Entry]:
        """Return the entries of middleware classes, and of those that speak ASGI themselves."""
        for cls in self._project.classes_below(MIDDLEWARE):
            yield from self._middleware(cls, "dispatch")
        for cls in self._project.classes.values():
            call = cls.methods.get("__call__")
            if call is not None and call.is_async and _parameters(call)[1:4] == _ASGI:
                yield from self._middleware(cls, "__call__")

    def _middleware(self, cls: Class, name: str) -> Iterator[Entry]:
        function = cls.methods.get(name)
        if function is not None:
            yield entry(function, f"middleware {cls.node.name}", RootKind.MIDDLEWARE)

    def route_classes(self) -> Iterator[Entry]:
        """Return what subclasses of APIRoute put around their handlers."""
        for cls in self._project.classes_below("fastapi.routing.APIRoute"):
            for function in methods(self._project, cls, "get_route_handler"):
                for inner in function.nested:
                    yield entry(inner, f"route class {cls.node.name}", RootKind.MIDDLEWARE)

    def by_signature(self) -> Iterator[Entry]:
        """Return exception handlers that tables register: `async def f(request: Request, e: XError)`."""
        for function in self._project.functions.values():
            if function.is_async and function.owner is None and function.parent is None:
                request, error = _annotations(function)
                if request == "Request" and error.endswith(_ERRORS):
                    yield handler(function, "exception_handler")

    # --- by call -------------------------------------------------------------------------------

    def added(self, call: Call) -> Iterator[Entry]:
        """Return the entries of what `app.add_...(f)` and `tasks.add_task(f)` register."""
        func = call.node.func
        if not isinstance(func, ast.Attribute):
            return
        within = call.within or call.module
        if func.attr == "add_task":
            yield from self._background(call, within)
        elif func.attr in ADDING and self._routers.key_of(func.value, within) is not None:
            yield from self._added(func.attr, call.node, within)

    def _added(self, how: str, node: ast.Call, within: Function | Module) -> Iterator[Entry]:
        if how == "add_middleware":
            given = self._project.argument(node, "dispatch") or self._project.argument(
                node, "middleware_class", 0
            )
            yield from self._middlewares(given, within)
            return
        is_event = how == "add_event_handler"
        name = "func" if is_event else "handler"
        for function in self._functions(self._project.argument(node, name, 1), within):
            yield handler(function, "on_event" if is_event else "exception_handler")

    def _middlewares(self, expr: ast.expr | None, within: Function | Module) -> Iterator[Entry]:
        for value in self._project.value(expr, within) if expr is not None else ():
            if isinstance(value, Type):
                for name in ("dispatch", "__call__"):
                    for function in methods(self._project, value.cls, name):
                        yield entry(function, f"middleware {value.cls.node.name}", RootKind.MIDDLEWARE)
            else:
                for function in callables(self._project, (value,)):
                    yield entry(function, f"middleware {function.name}", RootKind.MIDDLEWARE)

    def _background(self, call: Call, within: Function | Module) -> Iterator[Entry]:
        values = [target.value for target in self._project.targets(call)]
        paths = [self._project.outside_path(value) for value in values]
        if any(path and path.removesuffix(".add_task") in _BACKGROUND for path in paths):
            yield from self._in_background(call, within)

    def _in_background(self, call: Call, within: Function | Module) -> Iterator[Entry]:
        for function in self._functions(self._project.argument(call.node, "func", 0), within):
            yield entry(function, f"background task {function.name}", RootKind.BACKGROUND_TASK)

    def constructed(self) -> Iterator[Entry]:
        """Return what FastAPI(...), Middleware(...) and BackgroundTask(...) are given."""
        for call in self._project.calls_to(*APPLICATIONS, "fastapi.APIRouter"):
            yield from self._application(call.node, call.within or call.module)
        for call in self._project.calls_to("starlette.middleware.Middleware"):
            yield from self._middlewares(
                self._project.argument(call.node, "cls", 0), call.within or call.module
            )
        for call in self._project.calls_to("starlette.background.BackgroundTask"):
            yield from self._in_background(call, call.within or call.module)

    def _application(self, node: ast.Call, within: Function | Module) -> Iterator[Entry]:
        for function in self._functions(self._project.argument(node, "lifespan"), within):
            yield entry(function, "lifespan", RootKind.LIFESPAN)
        for name in ("on_startup", "on_shutdown"):
            for function in self._listed(self._project.argument(node, name), within):
                yield handler(function, "on_event")
        for function in self._listed(self._project.argument(node, "exception_handlers"), within):
            yield handler(function, "exception_handler")

    def _listed(self, expr: ast.expr | None, within: Function | Module) -> Iterator[Function]:
        items: Iterable[ast.expr] = ()
        if isinstance(expr, ast.List | ast.Tuple):
            items = expr.elts
        elif isinstance(expr, ast.Dict):
            items = expr.values
        for item in items:
            yield from self._functions(item, within)

    def _functions(self, expr: ast.expr | None, within: Function | Module) -> Iterator[Function]:
        if expr is not None:
            yield from callables(self._project, self._project.value(expr, within))


def _annotations(function: Function) -> tuple[str, str]:
    """Return the last names of the annotations of a function's two parameters; it has no others."""
    arguments = function.node.args
    both = (*arguments.posonlyargs, *arguments.args)
    if len(both) != 2 or arguments.kwonlyargs:  # noqa: PLR2004 - the request and the exception
        return "", ""
    first, second = (_last_name(one.annotation) for one in both)
    return first, second


def _last_name(expr: ast.expr | None) -> str:
    if isinstance(expr, ast.Attribute):
        return expr.attr
    return expr.id if isinstance(expr, ast.Name) else ""


def _parameters(function: Function) -> tuple[str, ...]:
    arguments = function.node.args
    return tuple(one.arg for one in (*arguments.posonlyargs, *arguments.args))
