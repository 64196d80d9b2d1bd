"""Where the code begins work that no request waits for: BackgroundTasks, create_task, threads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.bodies import call_of
from fastdiag.audit.effects import function_of, outside
from fastdiag.audit.naming import dotted, shown
from fastdiag.audit.task_keeping import Keeping, keeping
from fastdiag.source.model import Call, Function
from fastdiag.source.project import Project

ADD_TASK: Final = (
    "fastapi.BackgroundTasks.add_task", "fastapi.background.BackgroundTasks.add_task",
    "starlette.background.BackgroundTasks.add_task",
)  # fmt: skip
BACKGROUND_TASK: Final = ("starlette.background.BackgroundTask", "fastapi.background.BackgroundTask")
CREATE_TASK: Final = (
    "asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task",
    "asyncio.tasks.create_task",
)  # fmt: skip
THREAD: Final = ("threading.Thread", "threading.Timer")
_LOOPS: Final = frozenset({"loop", "get_event_loop", "get_running_loop", "event_loop"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """One place that begins background work.

    means    `BackgroundTasks`, `create_task` or `Thread`
    target   the function of the project that does the work, where it is known
    path     the function of a library that does it, where it is one
    text     how the code names the work
    names    the same as a list: mailer, send_welcome
    keeping  what becomes of the task; None for BackgroundTasks, which the response keeps
    """

    call: Call
    within: Function
    means: str
    target: Function | None
    path: str
    text: str
    names: tuple[str, ...]
    keeping: Keeping | None = None
    sure: bool = True


def begun(project: Project) -> Iterator[Begun]:
    """Yield every place in a function that begins background work."""
    for call in project.calls_to(*ADD_TASK, *BACKGROUND_TASK):
        work = call.node.args[0] if call.node.args else project.argument(call, "func")
        if call.within and work is not None:
            yield _added(project, call, call.within, work, "BackgroundTasks")
    for call in project.calls_to(*THREAD):
        work = project.argument(call, "target", 1)
        if call.within and work is not None and not _is_joined(call.within):
            yield _added(project, call, call.within, work, "Thread")
    seen: set[ast.Call] = set()
    for call in (*project.calls_to(*CREATE_TASK), *_on_loops(project)):
        if call.within and call.node.args and call.node not in seen:
            seen.add(call.node)
            yield _created(project, call, call.within)


def _on_loops(project: Project) -> Iterator[Call]:
    """Yield `loop.create_task(...)`; the type of a loop is seldom written, its name always is."""
    for function in project.functions.values():
        for call in function.calls:
            match call.node.func:
                case ast.Attribute(attr="create_task", value=receiver) if _names_loop(receiver):
                    yield call
                case _:
                    pass


def _names_loop(receiver: ast.expr) -> bool:
    names = dotted(receiver)
    return bool(names) and names[-1].lstrip("_") in _LOOPS


def _is_joined(within: Function) -> bool:
    """Tell whether a function waits for threads, as in `thread.join()`; a text's join has an argument."""
    nodes = (call.node for call in within.calls)
    return any(
        isinstance(node.func, ast.Attribute) and node.func.attr == "join" and not node.args for node in nodes
    )


def _added(project: Project, call: Call, within: Function, work: ast.expr, means: str) -> Begun:
    values = project.value(work, within)
    targets = [found for value in values if (found := function_of(project, value))]
    path = next(filter(None, map(outside, values)), "")
    return Begun(
        call=call,
        within=within,
        means=means,
        target=targets[0] if targets else None,
        path=path,
        text=shown(work),
        names=dotted(work),
        sure=len(values) == 1,
    )


def _created(project: Project, call: Call, within: Function) -> Begun:
    coroutine = call.node.args[0]
    work = coroutine.func if isinstance(coroutine, ast.Call) else coroutine
    made = call_of(coroutine, within)
    reached = project.targets(made) if made else ()
    targets = [found for one in reached if (found := function_of(project, one.value))]
    return Begun(
        call=call,
        within=within,
        means="create_task",
        target=targets[0] if targets else None,
        path=next(filter(None, (outside(one.value) for one in reached)), ""),
        text=shown(work),
        names=dotted(work),
        keeping=keeping(call, within),
        sure=len(reached) == 1 and reached[0].sure,
    )
