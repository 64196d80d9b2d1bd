"""The roots of a project: every place where FastAPI, the server or a queue calls into its code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from fastdiag.audit import registered, routes
from fastdiag.audit.decorated import Decorated
from fastdiag.audit.dependencies import Dependencies
from fastdiag.audit.entries import Entry, RootKind, decorators
from fastdiag.audit.registered import Registered
from fastdiag.audit.routers import Routers
from fastdiag.audit.routes import Routes
from fastdiag.model.audit import Root
from fastdiag.source.model import Call
from fastdiag.source.project import Project


@dataclass(frozen=True, slots=True)
class Roots:
    """All entries; several may have the same root: a route and its dependencies.

    all    each root once, in the order of files and lines
    """

    entries: tuple[Entry, ...]
    all: tuple[Root, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = dict.fromkeys(one.root for one in self.entries)
        object.__setattr__(self, "all", tuple(sorted(found, key=lambda root: (root.place, root.text))))

    def of_kind(self, *kinds: RootKind) -> Iterator[Root]:
        """Return the roots of some kinds."""
        return (root for root in self.all if root.kind in kinds)


def roots(project: Project) -> Roots:
    """Return every place where the framework enters the code, as far as the source tells."""
    dependencies = Dependencies(project)
    routers = Routers(project, dependencies)
    on_routes = Routes(project, routers, dependencies)
    marked, beside = Decorated(project, routers), Registered(project, routers)
    calls = [call for call in project.calls if isinstance(call.node.func, ast.Attribute)]
    for call in calls:
        routers.note_include(call)
    found = dict.fromkeys(
        (
            *_of_functions(project, on_routes, marked),
            *_of_calls(calls, on_routes, beside),
            *_of_applied(project, on_routes, marked),
            *_of_classes(on_routes, beside),
        )
    )
    return Roots(tuple(found))


def _of_functions(project: Project, on_routes: Routes, marked: Decorated) -> Iterator[Entry]:
    for function in project.functions.values():
        if decorators(function):
            yield from on_routes.decorated(function)
            yield from marked.of(function)


def _of_calls(calls: list[Call], on_routes: Routes, beside: Registered) -> Iterator[Entry]:
    for call in calls:
        name = call.node.func.attr if isinstance(call.node.func, ast.Attribute) else ""
        if name in routes.ADDING:
            yield from on_routes.added(call)
        elif name in registered.ADDING:
            yield from beside.added(call)


def _of_applied(project: Project, on_routes: Routes, marked: Decorated) -> Iterator[Entry]:
    for call in project.calls:
        if isinstance(call.node.func, ast.Call):
            yield from on_routes.applied(call)
            yield from marked.applied(call)


def _of_classes(on_routes: Routes, beside: Registered) -> Iterator[Entry]:
    yield from on_routes.endpoints()
    yield from on_routes.listed()
    yield from beside.middleware_classes()
    yield from beside.route_classes()
    yield from beside.by_signature()
    yield from beside.constructed()
