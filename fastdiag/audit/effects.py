"""What a function does to the world outside: the calls of it and its callees that leave the project."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from fastdiag.source.model import Call, Function, Outside, OutsideObject, Partial, Routine, Type, Value
from fastdiag.source.project import Project

MAX_DEPTH: Final = 8
"""Functions from a task to what it does: deeper down, a call says little about the purpose of the task."""
MAX_FUNCTIONS: Final = 80
"""That are looked at for one task; it bounds the cost of a task that reaches half of the project."""

MAIL: Final = (
    "smtplib.*", "aiosmtplib.*", "fastapi_mail.*", "sendgrid.*", "resend.*", "emails.*", "postmarker.*",
    "mailjet_rest.*", "yagmail.*", "redmail.*", "mailgun.*", "postmark.*", "django.core.mail.*",
)  # fmt: skip
PAYMENT: Final = (
    "stripe.*", "braintree.*", "paypalrestsdk.*", "paypalcheckoutsdk.*", "adyen.*", "Adyen.*", "square.*",
    "squareup.*", "mollie.*", "razorpay.*", "gocardless_pro.*", "paddle.*", "paddle_billing.*",
)  # fmt: skip
HTTP: Final = ("requests.*", "httpx.*", "aiohttp.*", "urllib.request.*", "urllib3.*", "niquests.*")
SLEEP: Final = ("time.sleep", "asyncio.sleep", "anyio.sleep", "trio.sleep")
RETRY: Final = (
    "tenacity.*", "backoff.*", "stamina.*", "retrying.*", "retry.*", "aiohttp_retry.*", "opnieuw.*",
)  # fmt: skip
PROCESS: Final = (
    "subprocess.*", "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "os.system",
)  # fmt: skip

TO_THREAD: Final = (
    "asyncio.to_thread", "anyio.to_thread.run_sync", "starlette.concurrency.run_in_threadpool",
    "fastapi.concurrency.run_in_threadpool", "asyncio.AbstractEventLoop.run_in_executor",
)  # fmt: skip
"""What runs a function that it is given, and waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One call that leaves the project, and the functions that lead to it, the first one first."""

    path: str
    call: Call
    via: tuple[Function, ...]
    sure: bool


def matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a dotted name is one of those that patterns such as `requests.*` name."""
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def effects(project: Project, start: Function) -> Iterator[Effect]:
    """Yield what a function and its callees call outside, the nearest first."""
    for via, is_sure in _ways(project, start):
        for call in via[-1].calls:
            for target in project.targets(call):
                path = outside(target.value)
                if path:
                    yield Effect(path=path, call=call, via=via, sure=is_sure and target.sure)


def callees(project: Project, start: Function) -> Iterator[Function]:
    """Yield a function and the functions of the project that it reaches, the nearest first."""
    for via, _ in _ways(project, start):
        yield via[-1]


def _ways(project: Project, start: Function) -> Iterator[tuple[tuple[Function, ...], bool]]:
    """Yield the shortest way to each function that one reaches, and whether no call on it was guessed."""
    todo: deque[tuple[tuple[Function, ...], bool]] = deque([((start,), True)])
    seen = {start}
    while todo:
        via, is_sure = todo.popleft()
        yield via, is_sure
        for callee, sure in _called(project, via[-1]) if len(via) < MAX_DEPTH else ():
            if callee not in seen and len(seen) < MAX_FUNCTIONS:
                seen.add(callee)
                todo.append(((*via, callee), is_sure and sure))


def _called(project: Project, function: Function) -> Iterator[tuple[Function, bool]]:
    """Yield the functions that a function calls, or gives to a thread; not those that it leaves to a task."""
    left = {node for call in function.calls if _begins_task(call) for node in call.node.args}
    for call in function.calls:
        if call.node in left:
            continue
        for target in project.targets(call):
            callee = function_of(project, target.value)
            if callee:
                yield callee, target.sure
            elif matches(outside(target.value), TO_THREAD):
                values = (value for one in call.node.args for value in project.value(one, function))
                yield from (
                    (given, target.sure) for value in values if (given := function_of(project, value))
                )


def _begins_task(call: Call) -> bool:
    match call.node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in {"create_task", "ensure_future"}
        case _:
            return False


def outside(value: Value) -> str:
    """Return the dotted name of what stands outside the project, empty for what stands in it."""
    match value:
        case Outside() | OutsideObject():
            return value.path
        case Partial():
            return outside(value.of)
        case _:
            return ""


def function_of(project: Project, value: Value) -> Function | None:
    """Return the function of the project that runs when a value is called."""
    match value:
        case Routine():
            return value.function
        case Partial():
            return function_of(project, value.of)
        case Type():
            found = project.attribute_of(value.cls, "__init__")
            return found if isinstance(found, Function) else None
        case _:
            return None
