"""Which program a command line runs: ASGI servers by a table, and the helpers of multiprocessing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final


class ServerKind(StrEnum):
    """The servers that are told apart."""

    UVICORN = "uvicorn"
    GUNICORN = "gunicorn"
    FASTAPI = "fastapi"  # fastapi run, fastapi dev: uvicorn inside
    HYPERCORN = "hypercorn"
    GRANIAN = "granian"
    PYTHON = "python"  # a Python process that listens by its own means, named by its pid


class WorkersAre(StrEnum):
    """How a server's workers show up among its child processes."""

    SAME_PROGRAM = "children with the same command line or a title of their own"
    SPAWNED = "children started by multiprocessing"
    ITSELF = "no children: the process serves"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRow:
    """One recognised server.

    ``flags`` are its options that take no value, where they may precede the app. ``serves_itself_with`` are
    the numbers of workers with which the process that was started serves by itself.
    """

    kind: ServerKind
    workers_are: WorkersAre
    always_has_master: bool = False
    serves_itself_with: frozenset[str] = frozenset({"1"})
    supervising_flags: frozenset[str] = frozenset()
    workers_flags: tuple[str, ...] = ("--workers",)
    flags: frozenset[str] = frozenset()


def _switches(*names: str) -> frozenset[str]:
    """Return options that are switched on and off: ``--NAME`` and ``--no-NAME``."""
    return frozenset(prefix + name for name in names for prefix in ("--", "--no-"))


ROWS: Final = {
    row.kind.value: row
    for row in (
        ServerRow(
            kind=ServerKind.UVICORN,
            workers_are=WorkersAre.SPAWNED,
            supervising_flags=frozenset({"--reload"}),
            flags=_switches("access-log", "proxy-headers") | {"--reload", "--factory"},
        ),
        ServerRow(
            kind=ServerKind.GUNICORN,
            workers_are=WorkersAre.SAME_PROGRAM,
            always_has_master=True,
            serves_itself_with=frozenset(),
            workers_flags=("-w", "--workers"),
            flags=frozenset({"--preload", "--reload", "--daemon", "-D", "--capture-output", "-R"}),
        ),
        ServerRow(
            kind=ServerKind.FASTAPI,
            workers_are=WorkersAre.SPAWNED,
            supervising_flags=frozenset({"dev", "--reload"}),
            flags=_switches("reload", "proxy-headers") | {"run", "dev"},
        ),
        ServerRow(
            kind=ServerKind.HYPERCORN,
            workers_are=WorkersAre.SPAWNED,
            always_has_master=True,
            serves_itself_with=frozenset({"0"}),
            workers_flags=("-w", "--workers"),
            flags=frozenset({"--reload", "--debug", "-D", "--daemon"}),
        ),
        ServerRow(
            kind=ServerKind.GRANIAN,
            workers_are=WorkersAre.SAME_PROGRAM,
            always_has_master=True,
            serves_itself_with=frozenset(),
            flags=_switches(
                "ws",
                "http1-keep-alive",
                "log",
                "access-log",
                "respawn-failed-workers",
                "factory",
                "metrics",
                "reload",
            ),
        ),
    )
}

GENERIC: Final = ServerRow(kind=ServerKind.PYTHON, workers_are=WorkersAre.ITSELF)

_INTERPRETER = re.compile(r"(python|pypy)[\d.]*t?(-\w+)?")
_INTERPRETER_OPTIONS_WITH_VALUE: Final = frozenset({"-W", "-X", "--check-hash-based-pycs"})
_SPAWNED_WORKER: Final = "--multiprocessing-fork"
_TITLE = re.compile(r"(gunicorn|granian)(?:: | )(?P<rest>.*)", re.DOTALL)
_ASGI_APP = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(.*\))?")
_FILE_OR_MODULE = re.compile(r"[\w./-]+\.py|[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_TITLED_APP = re.compile(r"\[([^\]]+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A recognised server process. ``arguments`` is None when a process title replaced the command line."""

    row: ServerRow
    arguments: tuple[str, ...] | None
    app: str | None


def may_be_server(comm: str) -> bool:
    """Whether the name of a process is worth reading its command line for."""
    return bool(_INTERPRETER.match(comm)) or comm.startswith(tuple(ROWS))


def is_spawned_worker(cmdline: tuple[str, ...]) -> bool:
    """Whether multiprocessing started this process to run something (which its resource tracker is not)."""
    return _SPAWNED_WORKER in cmdline[1:]


def recognise(cmdline: tuple[str, ...]) -> Program | None:
    """Return the server that a command line runs, or None."""
    if not cmdline:
        return None
    titled = _TITLE.fullmatch(" ".join(cmdline)) if len(cmdline) == 1 else None
    if titled:
        return Program(row=ROWS[titled[1]], arguments=None, app=_app_of_title(titled["rest"]))
    name, arguments = program_of(cmdline)
    row = ROWS.get(name)
    if row is None:
        return None
    return Program(row=row, arguments=arguments, app=_app(row, arguments))


def is_python(cmdline: tuple[str, ...]) -> bool:
    """Whether a command line starts a Python interpreter."""
    return bool(cmdline) and bool(_INTERPRETER.fullmatch(PurePosixPath(cmdline[0]).name))


def option_values(arguments: tuple[str, ...], names: tuple[str, ...]) -> Iterator[str]:
    """Yield the values of an option, however spelt: ``--workers 2``, ``--workers=2``, ``-w 2``, ``-w2``."""
    for position, argument in enumerate(arguments):
        if argument in names:
            yield from arguments[position + 1 : position + 2]
            continue
        for name in names:
            separator = "=" if name.startswith("--") else ""
            if argument.startswith(name + separator) and not (separator == "" and argument.startswith("--")):
                yield argument.removeprefix(name + separator)


def program_of(cmdline: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the name of what runs, after interpreter and its options, and the arguments of that."""
    if not is_python(cmdline):
        return PurePosixPath(cmdline[0]).name, cmdline[1:]
    position = 1
    while position < len(cmdline):
        argument = cmdline[position]
        if argument == "-m":
            return "".join(cmdline[position + 1 : position + 2]).removesuffix(".__main__"), cmdline[
                position + 2 :
            ]
        if argument == "-c":
            return "", ()
        if not argument.startswith("-"):
            return PurePosixPath(argument).name, cmdline[position + 1 :]
        position += 2 if argument in _INTERPRETER_OPTIONS_WITH_VALUE else 1
    return "", ()


def _app(row: ServerRow, arguments: tuple[str, ...]) -> str | None:
    """Find the application among the arguments: a positional one first, else anything of its form."""
    before = ("", *arguments)
    positional = [
        argument
        for previous, argument in zip(before, arguments, strict=False)
        if not argument.startswith("-")
        and argument not in row.flags
        and (not previous.startswith("-") or "=" in previous or previous in row.flags)
    ]
    for pattern, candidates in (
        (_ASGI_APP, positional),
        (_ASGI_APP, arguments),
        (_FILE_OR_MODULE, positional),
    ):
        found = next((argument for argument in candidates if pattern.fullmatch(argument)), None)
        if found:
            return found
    return None


def _app_of_title(rest: str) -> str | None:
    bracketed = _TITLED_APP.search(rest)
    if bracketed:
        return bracketed[1]
    return next((word for word in rest.split() if _ASGI_APP.fullmatch(word)), None)
