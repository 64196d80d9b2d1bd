"""The settings in force of a server, and where each comes from.

Precedence is the servers' own. gunicorn: command line, GUNICORN_CMD_ARGS, config file, WEB_CONCURRENCY
(workers only), default. uvicorn: command line, UVICORN_*, WEB_CONCURRENCY (workers only), default. granian:
command line, GRANIAN_*, default. hypercorn: command line, config file, default.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from fastdiag.host.gunicorn_config import NO_CONFIG_FILE, Literal, read_gunicorn_config
from fastdiag.host.hypercorn_config import read_hypercorn_config
from fastdiag.host.option_tables import OPTIONS, Option
from fastdiag.host.proc import Proc
from fastdiag.host.programs import ServerKind, option_values, recognise
from fastdiag.host.servers import Server
from fastdiag.host.unreadable import Reason, Unreadable

_TITLED: Final = Unreadable(reason=Reason.ABSENT, detail="a process title replaced the command line")
_MODULE_CONFIG: Final = Unreadable(
    reason=Reason.ABSENT, detail="the config is a Python module, which is not run"
)
_BAD_VALUE: Final = Unreadable(reason=Reason.FAILED, detail="the value given is not a number")
_CONFIG_FLAGS: Final = ("-c", "--config")
_DEFAULT_CONFIG: Final = "gunicorn.conf.py"
_DURATION: Final = re.compile(r"(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d+)?)s?)?")
_SECONDS_IN: Final = {"d": 86_400, "h": 3600, "m": 60, "s": 1}


class Origin(StrEnum):
    """Where a setting comes from."""

    CONTROL_SOCKET = "control socket"
    COMMAND_LINE = "command line"
    ENVIRONMENT = "environment"
    CONFIG_FILE = "config file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting in force; times are in seconds. None means that the server sets no limit."""

    value: float | str | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Where a setting may stand. An unreadable place leaves unknown whatever no better place sets."""

    arguments: tuple[str, ...]
    environ: Mapping[str, str] | Unreadable
    environ_arguments: tuple[str, ...]
    config: Mapping[str, Literal | Unreadable] | Unreadable


def settings_of(proc: Proc, server: Server) -> Mapping[str, Setting | Unreadable]:
    """Return the settings by name; option_tables says which names a kind of server has."""
    options = OPTIONS[server.kind]
    program = recognise(server.cmdline)
    if program is None or program.arguments is None:
        return {option.name: _TITLED for option in options}
    places = _places(proc, server, program.arguments)
    found = {option.name: _setting(option, places) for option in options}
    return _with_backpressure(found) if server.kind is ServerKind.GRANIAN else found


def _with_backpressure(settings: dict[str, Setting | Unreadable]) -> dict[str, Setting | Unreadable]:
    """Compute granian's default: each worker takes its share of the backlog."""
    given = settings["backpressure"]
    if isinstance(given, Unreadable) or given.value is not None:
        return settings
    backlog, workers = settings["backlog"], settings["workers"]
    if isinstance(backlog, Unreadable):
        return settings | {"backpressure": backlog}
    if isinstance(workers, Unreadable):
        return settings | {"backpressure": workers}
    share = _share(backlog.value, workers.value)
    return settings | {"backpressure": share}


def _share(backlog: float | str | None, workers: float | str | None) -> Setting | Unreadable:
    if not isinstance(backlog, int | float) or not isinstance(workers, int | float) or workers < 1:
        return _BAD_VALUE
    return Setting(value=max(1, int(backlog / workers)), origin=Origin.DEFAULT)


def _places(proc: Proc, server: Server, arguments: tuple[str, ...]) -> _Places:
    environ = proc.environ(server.main_pid)
    if server.kind is ServerKind.HYPERCORN:
        config = _hypercorn_config(proc, server.main_pid, arguments)
        return _Places(arguments=arguments, environ={}, environ_arguments=(), config=config)
    if server.kind is not ServerKind.GUNICORN:
        return _Places(arguments=arguments, environ=environ, environ_arguments=(), config={})
    environ_arguments = (
        () if isinstance(environ, Unreadable) else _split(environ.get("GUNICORN_CMD_ARGS", ""))
    )
    return _Places(
        arguments=arguments,
        environ=environ,
        environ_arguments=environ_arguments,
        config=_gunicorn_config(proc, server.main_pid, arguments, environ_arguments),
    )


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()  # gunicorn itself would not have started


def _gunicorn_config(
    proc: Proc, pid: int, arguments: tuple[str, ...], environ_arguments: tuple[str, ...]
) -> Mapping[str, Literal | Unreadable] | Unreadable:
    given = [*option_values(environ_arguments, _CONFIG_FLAGS), *option_values(arguments, _CONFIG_FLAGS)]
    location = given[-1] if given else _DEFAULT_CONFIG
    if location.startswith("python:"):
        return _MODULE_CONFIG
    found = read_gunicorn_config(_seen_by(proc, pid, location.removeprefix("file:")))
    if found is NO_CONFIG_FILE and not given:
        return {}  # no file is the common case
    return found


def _hypercorn_config(
    proc: Proc, pid: int, arguments: tuple[str, ...]
) -> Mapping[str, Literal | Unreadable] | Unreadable:
    given = list(option_values(arguments, _CONFIG_FLAGS))
    if not given:
        return {}
    if given[-1].startswith("python:"):
        return _MODULE_CONFIG
    if given[-1].startswith("file:"):
        return read_gunicorn_config(_seen_by(proc, pid, given[-1].removeprefix("file:")))
    return read_hypercorn_config(_seen_by(proc, pid, given[-1].removeprefix("toml:")))


def _seen_by(proc: Proc, pid: int, location: str) -> Path:
    """Return a path that leads where the process's own does: its root may be a container's."""
    base = proc.root / str(pid)
    return base / "root" / location.lstrip("/") if location.startswith("/") else base / "cwd" / location


def _setting(option: Option, places: _Places) -> Setting | Unreadable:
    for origin, value in _candidates(option, places):
        if isinstance(value, Unreadable):
            return value
        if value is None or option.is_text or not isinstance(value, str):
            return Setting(value=value, origin=origin)
        number = _number(value.strip())
        return _BAD_VALUE if number is None else Setting(value=number, origin=origin)
    return Setting(value=option.default, origin=Origin.DEFAULT)


def _number(text: str) -> float | None:
    """Return a number, or a duration as granian takes it ("1h30m") in seconds."""
    if text.isdecimal():
        return int(text)
    try:
        return float(text)
    except ValueError:
        pass
    match = _DURATION.fullmatch(text) if text else None
    if match is None:
        return None
    return sum(float(match[unit] or 0) * seconds for unit, seconds in _SECONDS_IN.items())


def _candidates(option: Option, places: _Places) -> Iterator[tuple[Origin, Literal | Unreadable]]:
    """Yield what each place says, best place first; the first one is in force."""
    for value in list(option_values(places.arguments, option.flags))[-1:]:
        yield Origin.COMMAND_LINE, value
    reads_environ = option.variables or option.late_variables or option.config_name
    if isinstance(places.environ, Unreadable):
        if reads_environ:
            yield Origin.ENVIRONMENT, places.environ
        return
    for value in list(option_values(places.environ_arguments, option.flags))[-1:]:
        yield Origin.ENVIRONMENT, value
    yield from _from_environ(option.variables, places.environ)
    if option.config_name:
        yield from _from_config(option.config_name, places.config)
    yield from _from_environ(option.late_variables, places.environ)


def _from_environ(variables: tuple[str, ...], environ: Mapping[str, str]) -> Iterator[tuple[Origin, str]]:
    for variable in variables:
        if environ.get(variable):
            yield Origin.ENVIRONMENT, environ[variable]


def _from_config(
    name: str, config: Mapping[str, Literal | Unreadable] | Unreadable
) -> Iterator[tuple[Origin, Literal | Unreadable]]:
    if isinstance(config, Unreadable):
        yield Origin.CONFIG_FILE, config
    elif name in config:
        yield Origin.CONFIG_FILE, config[name]
