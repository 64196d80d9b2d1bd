"""How the servers are started, as code and deployment files say: workers, timeouts, keep-alive, limits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from fastdiag.audit.deployment_files import Command, commands
from fastdiag.audit.naming import shown
from fastdiag.model.audit import CodePlace, Setting
from fastdiag.source.model import Call, Module
from fastdiag.source.project import Project

GUNICORN: Final[Mapping[str, str]] = {
    "-w": "workers", "--workers": "workers", "-t": "timeout", "--timeout": "timeout",
    "--graceful-timeout": "graceful_timeout", "--keep-alive": "keepalive", "--max-requests": "max_requests",
    "--max-requests-jitter": "max_requests_jitter", "--backlog": "backlog", "-k": "worker_class",
    "--worker-class": "worker_class", "--threads": "threads", "--worker-connections": "worker_connections",
    "--preload": "preload_app",
}  # fmt: skip
UVICORN: Final[Mapping[str, str]] = {
    "--workers": "workers", "--timeout-keep-alive": "timeout_keep_alive", "--backlog": "backlog",
    "--timeout-graceful-shutdown": "timeout_graceful_shutdown", "--limit-concurrency": "limit_concurrency",
    "--limit-max-requests": "limit_max_requests", "--reload": "reload",
}  # fmt: skip
FASTAPI: Final[Mapping[str, str]] = {"--workers": "workers", "--reload": "reload"}
HYPERCORN: Final[Mapping[str, str]] = {
    "-w": "workers", "--workers": "workers", "--keep-alive": "keep_alive_timeout", "--backlog": "backlog",
    "--graceful-timeout": "graceful_timeout", "--max-requests": "max_requests",
}  # fmt: skip
GRANIAN: Final[Mapping[str, str]] = {
    "--workers": "workers", "--backlog": "backlog", "--backpressure": "backpressure",
    "--workers-kill-timeout": "workers_kill_timeout", "--workers-lifetime": "workers_lifetime",
}  # fmt: skip
CELERY: Final[Mapping[str, str]] = {
    "-c": "worker_concurrency", "--concurrency": "worker_concurrency", "--time-limit": "task_time_limit",
    "--prefetch-multiplier": "worker_prefetch_multiplier", "--soft-time-limit": "task_soft_time_limit",
    "--max-tasks-per-child": "worker_max_tasks_per_child",
}  # fmt: skip
SERVERS: Final[Mapping[str, Mapping[str, str]]] = {
    "gunicorn": GUNICORN, "uvicorn": UVICORN, "fastapi": FASTAPI, "hypercorn": HYPERCORN, "granian": GRANIAN,
    "celery": CELERY,
}  # fmt: skip
CONCURRENCY: Final = "WEB_CONCURRENCY"
"""The variable from which gunicorn and uvicorn take the number of workers."""
"""Servers and their options, by the names that the servers' own settings have."""
FLAGS: Final = frozenset({"--reload", "--preload"})
_INSTALLS: Final = frozenset({"install", "add", "echo", "printf", "pip"})
"""Words after which a server's name is not its start."""
_ENDS: Final = frozenset({"&&", "||", ";", "|", "&"})
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


def settings(project: Project) -> Iterator[Setting]:
    """Yield what is configured of servers: `gunicorn.timeout`, `uvicorn.workers`.

    A server that is started without an option yields nothing for it: its default is in force.
    """
    for command in commands(project.folder):
        yield from _of_command(command)
    for module in project.modules.values():
        if _is_gunicorn_file(module):
            yield from _of_module(module)
    for call in project.calls_to("uvicorn.run", "uvicorn.Config"):
        yield from _of_call(project, call)


def configured_workers(project: Project) -> int | None:
    """Return the largest number of workers that is configured; None where none is."""
    found = [one.value for one in settings(project) if one.name.endswith(".workers")]
    numbers = [
        int(value) for value in found if isinstance(value, float | int) and not isinstance(value, bool)
    ]
    return max(numbers, default=None)


def _of_command(command: Command) -> Iterator[Setting]:
    server, is_start = "", True
    words = iter(command.words)
    for word in words:
        base = PurePosixPath(word).name
        if word.startswith(f"{CONCURRENCY}="):
            text = word.partition("=")[2]
            yield _setting("server.workers", CodePlace(command.file, command.line), text)
        elif word in _ENDS:
            server, is_start = "", True
        elif base in _INSTALLS:
            is_start = False
        elif is_start and not server and base in SERVERS:
            server = base
        elif server:
            name, _, given = word.partition("=")
            option = SERVERS[server].get(name)
            if option is not None:
                text = "true" if name in FLAGS else given or next(words, "")
                yield _setting(f"{server}.{option}", CodePlace(command.file, command.line), text)


def _setting(name: str, place: CodePlace, text: str) -> Setting:
    value: float | str | bool | None = text
    if text == "true":
        value = True
    elif _NUMBER.fullmatch(text):
        value = float(text)
    elif "$" in text:
        value = None
    return Setting(name=name, place=place, text=text, value=value)


def _is_gunicorn_file(module: Module) -> bool:
    name = PurePosixPath(module.file).name
    return "gunicorn" in name and "conf" in name


def _of_module(module: Module) -> Iterator[Setting]:
    known = set(GUNICORN.values())
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in known:
                yield Setting(
                    name=f"gunicorn.{name}",
                    place=CodePlace(module.file, statement.lineno, statement.col_offset + 1),
                    text=shown(value),
                    value=_constant(value),
                )
            case _:
                pass


def _constant(value: ast.expr) -> float | str | bool | None:
    match value:
        case ast.Constant(value=bool() | str() as constant):
            return constant
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case _:
            return None


def _of_call(project: Project, call: Call) -> Iterator[Setting]:
    known = set(UVICORN.values())
    for keyword in call.node.keywords:
        if keyword.arg in known:
            value = project.constant(keyword.value, call.within or call.module)
            yield Setting(
                name=f"uvicorn.{keyword.arg}",
                place=call.place,
                text=shown(keyword.value),
                value=value if isinstance(value, int | float | str | bool) else None,
            )
