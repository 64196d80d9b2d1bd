"""Queue tasks that may run twice, as they are acknowledged after their end, and do not expect it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.bodies import own_nodes
from fastdiag.audit.criticality import Duty, Weighed, weigh
from fastdiag.audit.effects import callees
from fastdiag.audit.ground import Ground
from fastdiag.audit.queue_settings import queue_library, settings
from fastdiag.model.audit import CodePlace, Confidence, Finding, Setting, Severity, Step
from fastdiag.source.model import Function, Object, Routine
from fastdiag.source.project import Project

LATE: Final = "late-ack-without-idempotency"
IDS: Final = (LATE,)

_KEYS: Final = re.compile(
    r"idempot|dedup|already_|_once|unique_key|request_key|event_id|message_id|get_or_create|"
    r"on_conflict|with_for_update|setnx|advisory_lock|redlock",
    re.IGNORECASE,
)
"""Names by which code knows work that it has done before."""
_SQL_KEYS: Final = re.compile(
    r"on\s+conflict|insert\s+ignore|for\s+update|where\s+not\s+exists|merge\s+into", re.IGNORECASE
)
_WORKING: Final = ("run", "perform", "process", "__call__")
"""Methods in which an object that is a task does its work."""
_DOES: Final = {
    Duty.PAYMENT: "handles a payment",
    Duty.WEBHOOK: "delivers or handles a webhook",
    Duty.EMAIL: "sends e-mail",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A task of a queue that is acknowledged after its end; ``said`` where that stands, if anywhere."""

    function: Function
    library: str
    said: CodePlace | None


def check(ground: Ground) -> Iterator[Finding]:
    """Yield the tasks that may run twice, do what must happen once, and have nothing to tell by."""
    for task in _late_tasks(ground.project):
        weighed = weigh(ground.project, task.function)
        if weighed and not _has_key(ground.project, task.function):
            yield _finding(task, weighed)


def _late_tasks(project: Project) -> Iterator[_Task]:
    globally = _said_globally(settings(project))
    for function in project.functions.values():
        decorators = [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list
        for decorator in decorators:
            library = queue_library(project, decorator, function)
            if library == "celery":
                yield from _celery_task(decorator, function, globally)
            elif library == "dramatiq":  # acknowledges after the end, and repeats what failed
                yield _Task(function=function, library=library, said=None)
    yield from _actors(project)
    yield from _jobs(project)


def _actors(project: Project) -> Iterator[_Task]:
    """Yield what is made an actor by a call: `dramatiq.actor(work)`, `dramatiq.actor(Work())`."""
    for call in project.calls_to("dramatiq.actor"):
        for value in project.value(call.node.args[0], call.within or call.module) if call.node.args else ():
            match value:
                case Routine(function=function):
                    yield _Task(function=function, library="dramatiq", said=None)
                case Object(cls=cls):
                    own = next((cls.methods[name] for name in _WORKING if name in cls.methods), None)
                    if own:
                        yield _Task(function=own, library="dramatiq", said=None)
                case _:
                    pass


def _jobs(project: Project) -> Iterator[_Task]:
    """Yield the jobs of arq, which runs them again when its worker dies: `functions = [work]`."""
    for cls in project.classes.values():
        for statement in cls.node.body if cls.node.name.endswith("WorkerSettings") else ():
            match statement:
                case ast.Assign(targets=[ast.Name(id="functions")], value=ast.List(elts=named)):
                    values = [value for one in named for value in project.value(one, cls.module)]
                    for value in values:
                        if isinstance(value, Routine):
                            yield _Task(function=value.function, library="arq", said=None)
                case _:
                    pass


def _said_globally(found: Iterable[Setting]) -> CodePlace | None:
    return next(
        (one.place for one in found if one.name == "celery.task_acks_late" and one.value is True), None
    )


def _celery_task(decorator: ast.expr, function: Function, globally: CodePlace | None) -> Iterator[_Task]:
    given = decorator.keywords if isinstance(decorator, ast.Call) else []
    own = next((keyword.value for keyword in given if keyword.arg == "acks_late"), None)
    if isinstance(own, ast.Constant) and own.value is True:
        place = CodePlace(function.module.file, own.lineno, own.col_offset + 1)
        yield _Task(function=function, library="celery", said=place)
    elif own is None and globally is not None:
        yield _Task(function=function, library="celery", said=globally)


def _has_key(project: Project, start: Function) -> bool:
    """Tell whether a task or a callee asks whether the work was done before, in whatever way."""
    return any(_mentions_key(node) for function in callees(project, start) for node in _nodes(function))


def _nodes(function: Function) -> Iterator[ast.AST]:
    yield from ast.walk(function.node.args)
    yield from own_nodes(function)


def _mentions_key(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return bool(_KEYS.search(name))
        case ast.keyword(arg=str() as name):
            return name == "nx" or bool(_KEYS.search(name))
        case ast.Constant(value=str() as text):
            return bool(_SQL_KEYS.search(text) or _KEYS.search(text))
        case _:
            return False


def _finding(task: _Task, weighed: Weighed) -> Finding:
    owner = f"{task.function.owner.node.name}." if task.function.owner else ""
    name = f"{owner}{task.function.name}"
    begins = f"{task.library} task {name}"
    first = Step(text=begins, place=task.function.place, function=task.function.qualname)
    said = f" (acks_late: {task.said})" if task.said else ""
    effect = weighed.effect
    return Finding(
        check=LATE,
        place=task.function.place,
        message=f"{name} {_DOES[weighed.duty]} ({weighed.because}) and is acknowledged after"
        f" its end{said}: a worker that dies in between does it twice, and no key tells that it was done",
        confidence=weighed.confidence if task.said else Confidence.POSSIBLE,
        severity=Severity.NOTE if weighed.duty is Duty.EMAIL else weighed.severity,
        chain=(first, *((Step(text=effect.path, place=effect.call.place),) if effect else ())),
        kind=weighed.duty,
    )
