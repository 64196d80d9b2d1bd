"""Programs on this machine that take tasks from a queue: Celery, RQ, Dramatiq and arq."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from fastdiag.host.proc import Proc, ProcessStat
from fastdiag.host.programs import is_python, option_values, program_of
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.target import Secret

__all__ = ["QueueKind", "QueueWorker", "find_queue_workers"]


class QueueKind(StrEnum):
    """The programs that are told apart."""

    CELERY = "celery"
    RQ = "rq"
    DRAMATIQ = "dramatiq"
    ARQ = "arq"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWorker:
    """One worker program.

    ``app`` is as the command line names it (Celery's -A, Dramatiq's module, arq's settings class); None where
    it does not, as with RQ. ``master_pid`` hands tasks to ``workers``; None where one process is all, which
    is its own worker then. ``broker`` holds a password more often than not.
    """

    kind: QueueKind
    app: str | None
    master_pid: int | None
    workers: tuple[int, ...]
    broker: Secret | None

    @property
    def main_pid(self) -> int:
        """The process that was started by hand or by the service manager."""
        return self.master_pid if self.master_pid is not None else self.workers[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """How one program is told: the sub-command of its workers, options, and where its broker's URL stands."""

    kind: QueueKind
    commands: frozenset[str]
    app_flags: tuple[str, ...] = ()
    broker_flags: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()


_ROWS: Final = {
    row.kind.value: row
    for row in (
        _Row(
            kind=QueueKind.CELERY,
            commands=frozenset({"worker"}),
            app_flags=("-A", "--app"),
            broker_flags=("-b", "--broker"),
            variables=("CELERY_BROKER_URL", "BROKER_URL", "CELERY_BROKER"),
        ),
        _Row(
            kind=QueueKind.RQ,
            commands=frozenset({"worker", "worker-pool"}),
            broker_flags=("-u", "--url"),
            variables=("RQ_REDIS_URL", "REDIS_URL"),
        ),
        _Row(
            kind=QueueKind.DRAMATIQ,
            commands=frozenset(),
            variables=("DRAMATIQ_BROKER_URL", "REDIS_URL", "AMQP_URL", "RABBITMQ_URL"),
        ),
        _Row(
            kind=QueueKind.ARQ,
            commands=frozenset(),
            variables=("ARQ_REDIS_URL", "REDIS_URL"),
            flags=frozenset({"--burst", "--check", "--verbose", "-v"}),
        ),
    )
}
_NAMES: Final = (*_ROWS, "[celeryd", "rq:worker", "rq:work-horse")
"""How the names of such processes begin; setproctitle gives them the last three."""
_CELERY_TITLE: Final = re.compile(
    r"\[celeryd: (?P<node>[^\]]*?)(?::(?P<role>[\w-]+))?\](?P<rest>.*)", re.DOTALL
)
_RQ_TITLE: Final = re.compile(r"rq:(worker|work-horse)")
_TITLED_ARGUMENTS: Final = re.compile(r"\((?P<arguments>.*)\)", re.DOTALL)
_SCHEMES: Final = ("redis://", "rediss://", "amqp://", "amqps://", "pyamqp://", "sqs://", "filesystem://")
_MODULE: Final = re.compile(r"[A-Za-z_]\w*(\.\w+)*(:\w+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    pid: int
    row: _Row
    arguments: tuple[str, ...]
    is_child: bool
    stat: ProcessStat


def may_be_queue_worker(comm: str) -> bool:
    """Whether the name of a process is worth reading its command line for."""
    return comm.startswith(("python", "pypy", *_NAMES))


def find_queue_workers(proc: Proc) -> tuple[QueueWorker, ...] | Unreadable:
    """Find all worker programs that this user can see, in order of pid.

    Where `Proc.hides_processes`, an empty answer is no evidence.
    """
    candidates = proc.scan(may_be_queue_worker)
    if isinstance(candidates, Unreadable):
        return candidates
    read = {pid: found for pid in sorted(candidates) if (found := _read(proc, pid))}
    return tuple(_assemble(proc, root, read) for root in _roots(read))


def _read(proc: Proc, pid: int) -> _Process | None:
    cmdline = proc.cmdline(pid)
    recognised = None if isinstance(cmdline, Unreadable) else _recognise(cmdline)
    if recognised is None:
        return None
    stat = proc.stat(pid)
    if isinstance(stat, Unreadable) or stat.is_zombie:
        return None
    row, arguments, is_child = recognised
    return _Process(pid=pid, row=row, arguments=arguments, is_child=is_child, stat=stat)


def _recognise(cmdline: tuple[str, ...]) -> tuple[_Row, tuple[str, ...], bool] | None:
    """Return the program, its arguments, and whether a title says that it is a child."""
    if not cmdline:
        return None
    title = cmdline[0] if len(cmdline) == 1 else ""
    if match := _CELERY_TITLE.match(title):
        role = match["role"] or ""
        told = _TITLED_ARGUMENTS.search(match["rest"])
        arguments = tuple(told["arguments"].split()) if told else ()
        is_worker = role != "MainProcess" or not arguments or "worker" in arguments
        return (_ROWS["celery"], arguments, role != "MainProcess") if is_worker else None
    if match := _RQ_TITLE.match(title):
        return _ROWS["rq"], (), match[1] == "work-horse"
    name, arguments = program_of(cmdline)
    row = _ROWS.get(name if is_python(cmdline) else PurePosixPath(cmdline[0]).name)
    if row is None or (row.commands and not row.commands & set(arguments)):
        return None
    return row, arguments, False


def _roots(read: Mapping[int, _Process]) -> Iterator[_Process]:
    """Yield the processes below none of their own kind: forks repeat their parent's command line."""
    for process in read.values():
        parent = read.get(process.stat.parent_pid)
        if not process.is_child and (parent is None or parent.row is not process.row):
            yield process


def _assemble(proc: Proc, root: _Process, read: Mapping[int, _Process]) -> QueueWorker:
    children = [each for each in read.values() if each.stat.parent_pid == root.pid and each.row is root.row]
    workers = _workers(root, children)
    return QueueWorker(
        kind=root.row.kind,
        app=_app(root),
        master_pid=None if workers == (root.pid,) else root.pid,
        workers=workers,
        broker=_broker(proc, root),
    )


def _workers(root: _Process, children: list[_Process]) -> tuple[int, ...]:
    """Return the processes that run tasks.

    RQ's worker forks a work horse for each task: it is the worker all the same, unless it is a pool's.
    """
    if root.row.kind is QueueKind.RQ and "worker-pool" not in root.arguments:
        return (root.pid,)
    return tuple(child.pid for child in children) or (root.pid,)


def _app(root: _Process) -> str | None:
    match root.row.kind:
        case QueueKind.CELERY:
            return next(option_values(root.arguments, root.row.app_flags), None)
        case QueueKind.RQ:
            return None
        case QueueKind.DRAMATIQ | QueueKind.ARQ:
            # Both take it before the options whose values could be taken for it.
            return next((word for word in root.arguments if _MODULE.fullmatch(word)), None)


def _broker(proc: Proc, root: _Process) -> Secret | None:
    """Return the broker's URL from the command line, else from the environment, where it can be read."""
    for value in option_values(root.arguments, root.row.broker_flags):
        if value.startswith(_SCHEMES):
            return Secret(value)
    for word in root.arguments if root.row.kind is QueueKind.DRAMATIQ else ():
        if word.startswith(_SCHEMES):
            return Secret(word)
    environ = proc.environ(root.pid)
    if isinstance(environ, Unreadable):
        return None
    values = (environ.get(variable, "") for variable in root.row.variables)
    return next((Secret(value) for value in values if value.startswith(_SCHEMES)), None)
