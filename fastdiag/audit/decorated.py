"""Handlers beside the routes that decorators register: of the application, of queues, of other protocols."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from fastdiag.audit.entries import Entry, RootKind, callables, decorators, entry, handler
from fastdiag.audit.routers import Routers
from fastdiag.source.model import Call, Function, Module
from fastdiag.source.project import Project

_TASK_DECORATORS: Final = {
    "celery.shared_task": "celery task",
    "celery.Celery.task": "celery task",
    "dramatiq.actor": "dramatiq actor",
    "rq.decorators.job": "rq job",
    "huey.Huey.task": "huey task",
    "taskiq.AsyncBroker.task": "taskiq task",
}
_PERIODIC: Final = {
    "fastapi_utils.tasks.repeat_every": "periodic task",
    "fastapi_restful.tasks.repeat_every": "periodic task",
    "apscheduler.schedulers.asyncio.AsyncIOScheduler.scheduled_job": "scheduled job",
}
"""They run async functions on the loop that serves requests, plain ones in threads."""
_HANDLERS: Final = {
    "strawberry": "GraphQL",
    "mcp.server": "MCP",
    "mcp.server.lowlevel": "MCP",
    "mcp.server.fastmcp": "MCP",
    "fastmcp": "MCP",
}
"""Packages whose decorators register handlers, and what they handle."""


class Decorated:
    """Finds handlers that decorators register, and that are no routes."""

    def __init__(self, project: Project, routers: Routers) -> None:
        self._project = project
        self._routers = routers

    def of(self, function: Function) -> Iterator[Entry]:
        """Return the entries of a function that a decorator registers."""
        for decorator in decorators(function):
            scope = function.parent or function.module
            yield from self._on_application(decorator, function, scope)
            yield from self._by_package(decorator, function, scope)

    def applied(self, call: Call) -> Iterator[Entry]:
        """Return the entries of a function to which a decorator is applied: `app.middleware("http")(f)`."""
        scope = call.within or call.module
        for value in self._project.value(call.node.args[0], scope) if call.node.args else ():
            for function in callables(self._project, (value,)):
                yield from self._on_application(call.node.func, function, scope)

    def _on_application(
        self, decorator: ast.expr, function: Function, scope: Function | Module
    ) -> Iterator[Entry]:
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
            return
        how = decorator.func.attr
        if how not in {"middleware", "exception_handler", "on_event"}:
            return
        if self._routers.key_of(decorator.func.value, scope) is None:
            return
        yield handler(function, how)

    def _by_package(
        self, decorator: ast.expr, function: Function, scope: Function | Module
    ) -> Iterator[Entry]:
        expr = decorator.func if isinstance(decorator, ast.Call) else decorator
        for value in self._project.value(expr, scope):
            path = self._project.outside_path(value) or ""
            if path in _TASK_DECORATORS:
                yield entry(function, f"{_TASK_DECORATORS[path]} {function.name}", RootKind.QUEUE_TASK)
                return
            if path in _PERIODIC:
                yield entry(function, f"{_PERIODIC[path]} {function.name}", RootKind.LOOP_TASK)
                return
            protocol = _HANDLERS.get(_package(path))
            if protocol is not None:
                yield entry(function, f"{protocol} {function.name}", RootKind.HANDLER)
                return


def _package(path: str) -> str:
    """Return the package of `package.function` and of `package.Class.method`."""
    parts = path.split(".")[:-1]
    return ".".join(parts[:-1] if parts and parts[-1][:1].isupper() else parts)
