"""What a call leads to, and where that runs: here on the loop, or elsewhere.

A function that is called runs here. One that is handed over runs where the taker runs it: in a thread when it
is a plain def (to_thread, run_in_threadpool, executors, Thread(target=...)), on a loop when it is async.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from fastdiag.audit.entries import callables, decorators, methods
from fastdiag.model.audit import CodePlace
from fastdiag.source.model import Call, Class, Function, Object, Routine
from fastdiag.source.project import Project

_CALL_NOW: Final = frozenset(
    {"map", "filter", "sorted", "min", "max", "functools.reduce", "list.sort", "list.map"}
    | {
        f"asyncio.AbstractEventLoop.{name}"
        for name in ("call_soon", "call_later", "call_at", "call_soon_threadsafe")
    }
)
"""These call what they are given on the thread that they are called on."""
_CONSUMERS: Final = frozenset(
    {
        "list",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "sorted",
        "sum",
        "min",
        "max",
        "any",
        "all",
        "next",
        "join",
        "extend",
        "enumerate",
        "zip",
        "map",
        "filter",
        "deque",
        "Counter",
        "update",
        "writelines",
    }
)
"""Names of what runs through an iterator at once, or hands it to a loop that does."""
_OWN_LOOP: Final = frozenset(
    {"asyncio.run", "asyncio.Runner.run", "asyncio.run_coroutine_threadsafe", "anyio.run", "uvloop.run"}
)
"""These run a coroutine on another loop than that of the requests, where they would fail or wait for ever."""
_MOVING: Final = frozenset(
    {
        "asgiref.sync.sync_to_async",
        "asgiref.sync.SyncToAsync",
        "asyncer.asyncify",
        "channels.db.database_sync_to_async",
        "aiofiles.os.wrap",
        "aiofiles.ospath.wrap",
        "unsync.unsync",
    }
)
"""Decorators that make a plain function one to await, which runs in a thread."""
_PROPERTIES: Final = frozenset({"property", "cached_property"})
MAX_CANDIDATES: Final = 4
"""A call that may mean more functions than these says nothing about any of them."""


class Where(StrEnum):
    """Where a function runs that a function on the event loop leads to."""

    HERE = "here"
    ELSEWHERE = "elsewhere"  # in a thread, a process, or nobody knows


@dataclass(frozen=True, slots=True)
class Edge:
    """One function leads to another.

    sure   False where the call may mean others
    begun  the body runs up to its first `yield` only: `next(get_db())`
    """

    target: Function
    place: CodePlace
    where: Where
    sure: bool
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """What the functions of a project are called: tells cheaply that something cannot be one of them."""

    functions: frozenset[str]
    properties: frozenset[str]

    @classmethod
    def of(cls, project: Project) -> Names:
        """Return the names of all functions, and of those that reading an attribute calls."""
        functions = project.functions.values()
        return cls(
            frozenset(function.name for function in functions),
            frozenset(function.name for function in functions if _is_property(function)),
        )


def edges(project: Project, function: Function, names: Names) -> Iterator[Edge]:
    """Return what the body of a function leads to."""
    uses = _Uses(function)
    for call in function.calls:
        yield from _called(project, call, uses)
        yield from _entered(project, call)
        for expr in _references(call.node, names.functions):
            yield from _handed_over(project, call, expr, function)
    for expr in _attributes(function.node, names.properties) if names.properties else ():
        yield from _read(project, expr, function)


def _called(project: Project, call: Call, uses: _Uses) -> Iterator[Edge]:
    targets = [target for target in project.targets(call) if isinstance(target.value, Routine)]
    if len(targets) > MAX_CANDIDATES:
        return
    for target in targets:
        if isinstance(target.value, Routine):
            function = target.value.function
            where = Where.HERE if _runs_here(project, call, function, uses) else Where.ELSEWHERE
            yield Edge(function, call.place, where, target.sure, _is_begun(call, function, uses))


def _runs_here(project: Project, call: Call, function: Function, uses: _Uses) -> bool:
    """Tell whether the body runs on this thread: a plain generator's only where something iterates it."""
    taker = uses.taker_of.get(call.node)
    if function.is_async:
        return taker is None or not _has_own_loop(project, taker, call)
    if not function.is_generator:
        return not _is_moved(project, function)
    if call.is_entered or call.node in uses.iterated:
        return True
    return taker is not None and _last_name(taker.func) in _CONSUMERS


def _is_begun(call: Call, function: Function, uses: _Uses) -> bool:
    taker = uses.taker_of.get(call.node)
    return function.is_generator and taker is not None and _last_name(taker.func) in {"next", "anext"}


def _is_moved(project: Project, function: Function) -> bool:
    """Tell whether a decorator hands the body to a thread: `@sync_to_async`."""
    within = function.parent or function.module
    heads = (one.func if isinstance(one, ast.Call) else one for one in decorators(function))
    return any(
        project.outside_path(value) in _MOVING for head in heads for value in project.value(head, within)
    )


def _has_own_loop(project: Project, taker: ast.Call, call: Call) -> bool:
    """Tell whether a coroutine is handed to a loop in another thread: `to_thread(asyncio.run, f())`."""
    within = call.within or call.module
    heads = (taker.func, *taker.args, *(keyword.value for keyword in taker.keywords))
    paths = {project.outside_path(value) for head in heads for value in project.value(head, within)}
    return not paths.isdisjoint(_OWN_LOOP)


def _entered(project: Project, call: Call) -> Iterator[Edge]:
    """Return __enter__ and __exit__ of what a `with` statement enters."""
    if not call.is_entered:
        return
    names = ("__aenter__", "__aexit__") if call.is_awaited else ("__enter__", "__exit__")
    for value in project.value(call.node, call.within or call.module):
        if isinstance(value, Object):
            for function in methods(project, value.cls, *names):
                yield Edge(function, call.place, Where.HERE, sure=True)


def _handed_over(project: Project, call: Call, expr: ast.expr, function: Function) -> Iterator[Edge]:
    """Return the function that a call is given: a plain one may run anywhere, an async one on a loop."""
    for target in callables(project, _routines(project, expr, function)):
        here = target.is_async or _calls_now(project, call)
        yield Edge(target, call.place, Where.HERE if here else Where.ELSEWHERE, sure=True)


def _routines(project: Project, expr: ast.expr, function: Function) -> Iterator[Routine]:
    return (value for value in project.value(expr, function) if isinstance(value, Routine))


def _references(node: ast.Call, names: Container[str]) -> Iterator[ast.expr]:
    """Return the arguments that may be functions. Most are not, which their names tell at once."""
    for expr in (*node.args, *(keyword.value for keyword in node.keywords)):
        if isinstance(expr, ast.Lambda) or _last_name(expr) in names:
            yield expr


def _calls_now(project: Project, call: Call) -> bool:
    return any(project.outside_path(target.value) in _CALL_NOW for target in project.targets(call))


def _attributes(body: ast.AST, names: Container[str]) -> Iterator[ast.Attribute]:
    """Return the attributes that a body reads under some names, those of nested functions excepted."""
    pending = list(ast.iter_child_nodes(body))
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Attribute) and node.attr in names and isinstance(node.ctx, ast.Load):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))


def _read(project: Project, expr: ast.Attribute, function: Function) -> Iterator[Edge]:
    """Return the property that reading an attribute calls."""
    place = CodePlace(function.module.file, expr.lineno, expr.col_offset + 1)
    for value in project.value(expr.value, function):
        if isinstance(value, Object):
            method = _method(project, value.cls, expr.attr)
            if method is not None and _is_property(method):
                yield Edge(method, place, Where.HERE, sure=True)


def _method(project: Project, cls: Class, name: str) -> Function | None:
    own = (base.methods.get(name) for base in project.bases(cls) if isinstance(base, Class))
    return next((method for method in own if method is not None), None)


def _is_property(function: Function) -> bool:
    return any(_last_name(decorator) in _PROPERTIES for decorator in decorators(function))


class _Uses:
    """How the calls in a body are used: what takes their results, and which of them are iterated."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self.taker_of: dict[ast.expr, ast.Call] = {}
        for call in function.calls:
            for expr in (*call.node.args, *(keyword.value for keyword in call.node.keywords)):
                for part in expr.elts if isinstance(expr, ast.Tuple | ast.List) else (expr,):
                    self.taker_of[part.value if isinstance(part, ast.Starred) else part] = call.node

    @cached_property
    def iterated(self) -> frozenset[ast.expr]:
        """What loops, comprehensions and `yield from` run through."""
        nodes = list(ast.walk(self._function.node))
        loops = [node.iter for node in nodes if isinstance(node, ast.For | ast.comprehension)]
        return frozenset((*loops, *(node.value for node in nodes if isinstance(node, ast.YieldFrom))))


def _last_name(expr: ast.expr) -> str:
    if isinstance(expr, ast.Attribute):
        return expr.attr
    return expr.id if isinstance(expr, ast.Name) else ""
