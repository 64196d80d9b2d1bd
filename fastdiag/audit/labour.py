"""Retries and long work in a function: what belongs on a queue and not in the process of a web worker."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.bodies import call_of, nodes_below, own_nodes
from fastdiag.audit.effects import HTTP, MAIL, PROCESS, RETRY, SLEEP, callees, matches, outside
from fastdiag.audit.naming import shown
from fastdiag.model.audit import CodePlace
from fastdiag.source.model import Call, Function
from fastdiag.source.project import Project

LONG_SLEEP_S: Final = 5.0
"""From which on a pause is work that is put off; shorter ones let others run."""
_Loop = ast.For | ast.AsyncFor | ast.While


@dataclass(frozen=True, slots=True, kw_only=True)
class Labour:
    """One reason to call the work retried or long: `retries with tenacity.retry`."""

    kind: str
    text: str
    place: CodePlace
    function: str


def labours(project: Project, start: Function) -> Iterator[Labour]:
    """Yield what is retried or long in a function and its callees, the nearest first."""
    for function in callees(project, start):
        yield from _retried_by_decorator(project, function)
        yield from _in_calls(project, function)
        yield from _in_loops(project, function)


def _retried_by_decorator(project: Project, function: Function) -> Iterator[Labour]:
    decorators = [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list
    for decorator in decorators:
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        path = next((outside(value) for value in project.value(named, function.module)), "")
        if matches(path, RETRY):
            yield _labour("retries", f"retries with {path}", decorator, function)


def _in_calls(project: Project, function: Function) -> Iterator[Labour]:
    for call in function.calls:
        path = _path(project, call)
        if matches(path, RETRY):
            yield _labour("retries", f"retries with {path}", call.node, function)
        elif matches(path, PROCESS):
            yield _labour("long-running", f"runs a program ({path})", call.node, function)
        elif matches(path, SLEEP) and (seconds := _seconds(project, call, function) or 0) >= LONG_SLEEP_S:
            yield _labour("long-running", f"sleeps for {seconds:g} s", call.node, function)


def _in_loops(project: Project, function: Function) -> Iterator[Labour]:
    for node in own_nodes(function):
        if not isinstance(node, _Loop):
            continue
        calls = list(_calls_in(node, function))
        remote = next(filter(None, (_remote(project, call) for call in calls)), "")
        pauses = [_seconds(project, call, function) for call in calls if matches(_path(project, call), SLEEP)]
        sleeps = any(pause != 0 for pause in pauses)
        if sleeps and any(isinstance(inner, ast.Try) for inner in nodes_below(node)):
            yield _labour("retries", "retries in a loop with pauses", node, function)
        elif remote and isinstance(node, ast.For | ast.AsyncFor):
            what = shown(node.iter)
            yield _labour("long-running", f"calls {remote} for each of {what}", node, function)
        elif sleeps:
            yield _labour("long-running", "waits in a loop with pauses", node, function)
        elif pauses:
            yield _labour("long-running", "works in a loop that lets others run now and then", node, function)


def _calls_in(loop: ast.AST, function: Function) -> Iterator[Call]:
    calls = (call_of(node, function) for node in nodes_below(loop) if isinstance(node, ast.Call))
    return filter(None, calls)


def _remote(project: Project, call: Call) -> str:
    path = _path(project, call)
    return path if matches(path, (*HTTP, *MAIL)) else ""


def _path(project: Project, call: Call) -> str:
    return next(filter(None, (outside(target.value) for target in project.targets(call))), "")


def _seconds(project: Project, call: Call, function: Function) -> float | None:
    value = project.constant(call.node.args[0], function) if call.node.args else None
    return float(value) if isinstance(value, int | float) else None


def _labour(kind: str, text: str, node: ast.stmt | ast.expr, function: Function) -> Labour:
    place = CodePlace(function.module.file, node.lineno, node.col_offset + 1)
    return Labour(kind=kind, text=text, place=place, function=function.qualname)
