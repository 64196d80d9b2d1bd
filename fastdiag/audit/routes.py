"""Routes and WebSocket handlers: decorators, `add_api_route`, endpoint classes, and their dependencies."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.dependencies import Chain, Dependencies
from fastdiag.audit.entries import Entry, RootKind, callables, decorators, first_step
from fastdiag.audit.routers import Key, Routers, joined
from fastdiag.model.audit import Root, Step
from fastdiag.source.model import Call, Function, Module, Routine
from fastdiag.source.project import Project

_METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_ANY_METHOD: Final = frozenset({"api_route", "route", "add_api_route", "add_route"})
_SOCKETS: Final = frozenset(
    {"websocket", "websocket_route", "add_api_websocket_route", "add_websocket_route"}
)
ADDING: Final = frozenset({"add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route"})
"""Calls that register a handler which they are given."""
_DECORATING: Final = (frozenset(_METHODS) | _ANY_METHOD | _SOCKETS) - ADDING
_OF_METHODS: Final = frozenset({"classy_fastapi", "classy_fastapi.decorators"})
"""Packages whose decorators make routes of the methods of a class."""
_ROUTES: Final = {
    "starlette.routing.Route": RootKind.ROUTE,
    "fastapi.routing.APIRoute": RootKind.ROUTE,
    "starlette.routing.WebSocketRoute": RootKind.WEBSOCKET,
    "fastapi.routing.APIWebSocketRoute": RootKind.WEBSOCKET,
}
"""What `FastAPI(routes=[Route("/x", f)])` lists."""
_ENDPOINTS: Final = {
    "starlette.endpoints.HTTPEndpoint": _METHODS,
    "fastapi_utils.Resource": _METHODS,
    "fastapi_restful.Resource": _METHODS,
    "starlette.endpoints.WebSocketEndpoint": ("on_connect", "on_receive", "on_disconnect"),
}


@dataclass(frozen=True, slots=True)
class _Registration:
    """`@router.get("/x")` or `router.add_api_route("/x", f)`: which router, in which way."""

    router: Key
    how: str
    call: ast.Call
    within: Function | Module


class Routes:
    """Finds the routes of a project."""

    def __init__(self, project: Project, routers: Routers, dependencies: Dependencies) -> None:
        self._project = project
        self._routers = routers
        self._dependencies = dependencies

    def decorated(self, function: Function) -> Iterator[Entry]:
        """Return the entries of a function that stands under route decorators."""
        for decorator in decorators(function):
            scope = function.parent or function.module
            found = self._registration(decorator, scope, _DECORATING)
            if found is not None:
                yield from self._entries(function, found)
            elif function.owner is not None:
                yield from self._of_method(decorator, function)

    def _of_method(self, decorator: ast.expr, function: Function) -> Iterator[Entry]:
        """Return the entries of a method under a decorator that needs no router: `@get("/x")`."""
        if not isinstance(decorator, ast.Call):
            return
        for value in self._project.value(decorator.func, function.module):
            package, _, how = (self._project.outside_path(value) or "").rpartition(".")
            if package in _OF_METHODS and how in _DECORATING:
                path = self._routers.text(self._project.argument(decorator, "path", 0), function.module)
                kind = RootKind.WEBSOCKET if how in _SOCKETS else RootKind.ROUTE
                word = "websocket" if how in _SOCKETS else how.upper()
                yield from self._with_dependencies(function, f"{word} {path or '/'}", kind, ())

    def added(self, call: Call) -> Iterator[Entry]:
        """Return the entries of a handler that a call registers."""
        within = call.within or call.module
        found = self._registration(call.node, within, ADDING)
        handler = self._handler(call.node)
        if found is None or handler is None:
            return
        for function in callables(self._project, self._project.value(handler, within)):
            yield from self._entries(function, found)

    def applied(self, call: Call) -> Iterator[Entry]:
        """Return the entries of a handler to which a decorator is applied by a call: `app.get("/x")(f)`."""
        within = call.within or call.module
        found = self._registration(call.node.func, within, _DECORATING)
        if found is None or not call.node.args:
            return
        for function in callables(self._project, self._project.value(call.node.args[0], within)):
            yield from self._entries(function, found)

    def listed(self) -> Iterator[Entry]:
        """Return the entries of routes that are made as objects: `Route("/x", f)`."""
        for path, kind in _ROUTES.items():
            for call in self._project.calls_to(path):
                yield from self._of_object(call, kind)

    def _of_object(self, call: Call, kind: RootKind) -> Iterator[Entry]:
        within = call.within or call.module
        handler = self._project.argument(call, "endpoint", 1)
        if handler is None:
            return
        word = "websocket" if kind is RootKind.WEBSOCKET else self._methods(call.node)
        text = f"{word} {self._routers.text(self._project.argument(call, 'path', 0), within) or '/'}"
        for value in self._project.value(handler, within):
            if isinstance(value, Routine):  # classes are found by what they descend from
                yield from self._with_dependencies(value.function, text, kind, ())

    def endpoints(self) -> Iterator[Entry]:
        """Return the handlers of classes below Starlette's endpoints."""
        for path, names in _ENDPOINTS.items():
            for cls in self._project.classes_below(path):
                for name in names:
                    function = cls.methods.get(name)
                    if function is not None:
                        text = (
                            f"{name.upper()} {cls.node.name}"
                            if name in _METHODS
                            else f"websocket {cls.node.name}"
                        )
                        yield from self._with_dependencies(function, text, RootKind.ROUTE, ())

    def _registration(
        self, expr: ast.expr, within: Function | Module, names: frozenset[str]
    ) -> _Registration | None:
        if not isinstance(expr, ast.Call) or not isinstance(expr.func, ast.Attribute):
            return None
        if expr.func.attr not in names:
            return None
        router = self._routers.key_of(expr.func.value, within)
        return None if router is None else _Registration(router, expr.func.attr, expr, within)

    def _handler(self, node: ast.Call) -> ast.expr | None:
        names = ("endpoint", "route", "func")
        return next(
            (one for name in names if (one := self._project.argument(node, name, 1)) is not None), None
        )

    def _entries(self, function: Function, found: _Registration) -> Iterator[Entry]:
        mounted = self._routers.mounted(found.router)
        path = self._project.argument(found.call, "path", 0)
        whole = joined(mounted.prefix, self._routers.text(path, found.within))
        listed = self._project.argument(found.call, "dependencies")
        chains = (*mounted.chains, *self._dependencies.named_in(listed, found.within))
        kind = RootKind.WEBSOCKET if found.how in _SOCKETS else RootKind.ROUTE
        yield from self._with_dependencies(function, f"{self._word(found)} {whole or '/'}", kind, chains)

    def _word(self, found: _Registration) -> str:
        if found.how in _SOCKETS:
            return "websocket"
        if found.how in _METHODS:
            return found.how.upper()
        return self._methods(found.call)

    def _methods(self, call: ast.Call) -> str:
        given = self._project.argument(call, "methods")
        words = given.elts if isinstance(given, ast.List | ast.Tuple | ast.Set) else ()
        known = [
            word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)
        ]
        return "|".join(known) or "GET"

    def _with_dependencies(
        self, function: Function, text: str, kind: RootKind, chains: tuple[Chain, ...]
    ) -> Iterator[Entry]:
        """Return the handler's entry and one for each of its dependencies, all of the same root."""
        root = Root(
            text=text, kind=kind, place=function.place, function=function.qualname, is_async=function.is_async
        )
        first = first_step(root)
        yield Entry(root=root, function=function, steps=(first,))
        for wrapper in self._project.wrappers(function):
            around = wrapper.parent.name if wrapper.parent is not None else wrapper.name
            step = Step(text=f"wrapped by {around}", place=wrapper.place, function=wrapper.qualname)
            yield Entry(root=root, function=wrapper, steps=(first, step))
        seen: set[Function] = set()
        for steps, dependency in (*self._dependencies.of(function), *chains):
            if dependency not in seen:
                seen.add(dependency)
                yield Entry(root=root, function=dependency, steps=(first, *steps))
