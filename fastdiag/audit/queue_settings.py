"""What the code configures of its task queues: acknowledgement, time limits, prefetch, retries."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from fastdiag.audit.bodies import import_time_nodes, own_nodes
from fastdiag.audit.naming import shown
from fastdiag.model.audit import CodePlace, Setting
from fastdiag.source.model import Function, Module
from fastdiag.source.project import Project

CELERY: Final = frozenset({
    "task_acks_late", "task_reject_on_worker_lost", "task_acks_on_failure_or_timeout", "task_time_limit",
    "task_soft_time_limit", "task_track_started", "task_ignore_result", "task_default_rate_limit",
    "worker_prefetch_multiplier", "worker_max_tasks_per_child", "worker_concurrency",
    "worker_max_memory_per_child", "broker_transport_options", "broker_connection_timeout",
    "broker_pool_limit", "result_expires",
})  # fmt: skip
"""Settings of a Celery application that bear on lost, repeated and piled-up work."""
ON_TASKS: Final = frozenset({
    "acks_late", "max_retries", "time_limit", "soft_time_limit", "autoretry_for", "retry_backoff",
    "reject_on_worker_lost", "min_backoff", "max_backoff", "max_age", "retry_when", "rate_limit",
    "ignore_result",
})  # fmt: skip
ARQ: Final = frozenset({
    "max_jobs", "job_timeout", "max_tries", "keep_result", "retry_jobs", "queue_read_limit",
    "allow_abort_jobs", "job_completion_wait", "health_check_interval",
})  # fmt: skip
_SIGN: Final = re.compile(r"celery|^\s*(from|import)\s+(dramatiq|arq|rq)\b", re.IGNORECASE)
"""What a module that configures a queue says somewhere."""


def settings(project: Project) -> Iterator[Setting]:
    """Yield what is configured of queues: `celery.task_acks_late`, `celery.time_limit`, `arq.max_jobs`."""
    for module in project.modules.values():
        if _speaks_of_queues(module):
            yield from _at_top(module)
            for function in module.functions:
                yield from _in_function(function)
                yield from _on_task(project, function)
    for cls in project.classes.values():
        if cls.node.name.endswith("WorkerSettings"):
            yield from _in_class(cls.node, cls.module)


def _speaks_of_queues(module: Module) -> bool:
    return any(map(_SIGN.search, module.lines))


def _at_top(module: Module) -> Iterator[Setting]:
    for node in import_time_nodes(module):
        yield from _of_node(node, module)


def _in_function(function: Function) -> Iterator[Setting]:
    for node in own_nodes(function):
        yield from _of_node(node, function.module)


def _of_node(node: ast.AST, module: Module) -> Iterator[Setting]:
    """Yield settings of a Celery application: `conf.x = v`, `x = v`, `update(x=v)`, `{"x": v}`."""
    match node:
        case ast.Assign(targets=[ast.Attribute(attr=name) | ast.Name(id=name)], value=value):
            yield from _celery(name, value, module)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield from _celery(name, value, module)
        case ast.keyword(arg=str() as name, value=value):
            yield from _celery(name, value, module)
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield from _celery(key.value, value, module)
        case _:
            pass


def _celery(written: str, value: ast.expr, module: Module) -> Iterator[Setting]:
    name = written.lower().removeprefix("celery_")
    if name in CELERY:
        yield _setting(f"celery.{name}", value, module)


def _on_task(project: Project, function: Function) -> Iterator[Setting]:
    decorators = [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list
    for decorator in decorators:
        library = queue_library(project, decorator, function)
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) and library else ():
            if keyword.arg in ON_TASKS:
                yield _setting(f"{library}.{keyword.arg}", keyword.value, function.module)


def _in_class(node: ast.ClassDef, module: Module) -> Iterator[Setting]:
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in ARQ:
                yield _setting(f"arq.{name}", value, module)
            case _:
                pass


def queue_library(project: Project, decorator: ast.expr, function: Function) -> str:
    """Return the queue whose task a decorator makes of a function: `celery`, `dramatiq`; empty for others."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    paths = [getattr(value, "path", "") for value in project.value(named, function.module)]
    for path in paths:
        if path in {"celery.shared_task", "celery.Celery.task", "celery.app.base.Celery.task"}:
            return "celery"
        if path == "dramatiq.actor":
            return "dramatiq"
    is_unknown = not paths and isinstance(named, ast.Attribute) and named.attr == "task"
    return "celery" if is_unknown and _names_celery(named) else ""


def _names_celery(named: ast.expr) -> bool:
    return isinstance(named, ast.Attribute) and "celery" in shown(named.value).lower()


def _setting(name: str, value: ast.expr, module: Module) -> Setting:
    constant = value.value if isinstance(value, ast.Constant) else None
    return Setting(
        name=name,
        place=CodePlace(module.file, value.lineno, value.col_offset + 1),
        text=shown(value),
        value=constant if isinstance(constant, bool | int | float | str) else None,
    )
