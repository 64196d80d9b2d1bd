"""From the present configuration to a job: on this machine, or in a pod with its files in a ConfigMap."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from fastdiag.config.later.embedded import RULES
from fastdiag.config.later.present import Present, check_printable
from fastdiag.config.later.secrets import Typed
from fastdiag.config.logs import JOURNALS, STDIN
from fastdiag.config.places import CONFIG_NAME
from fastdiag.errors import ConfigError
from fastdiag.model.log_place import LogFile, LogUnit
from fastdiag.model.schedule import Job, Rhythm

READ: Final = ("config", "rules")
"""Options whose path is read; every other one is written."""
FILES: Final = ("token_file", "ca_file")
"""Of the access to a server what is a path."""
LOKI: Final = ("loki:", "loki+")
"""How a log begins that is a query."""
POD_CONFIGURATION: Final = PurePosixPath("/etc/fastdiag")
POD_STATE: Final = PurePosixPath("/var/lib/fastdiag")
MAX_NAME_CHARS: Final = 52
"""Of a CronJob: Kubernetes adds eleven to name its jobs."""
LEAST_LIMIT_S: Final = 120
MARGIN_S: Final = 60
"""For what comes after the deadline of the sources: the window's course, the history, notifications."""
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_USER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?")
_NO_NAME: Final = re.compile(r"[^a-z0-9]+")

Place = Callable[[str, Path], str]
"""Where a path that was typed, for an option of that name, is when the job runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of the schedule itself; ``always`` are options of every run, if nobody typed them."""

    name: str
    rhythm: Rhythm
    program: tuple[str, ...]
    command: str
    always: tuple[Typed, ...] = ()
    user: str | None = None


def name_of(given: str | None, present: Present) -> str:
    """Return the name of the job: the one that was given, or one made of the service's.

    Raises:
        ConfigError: it cannot be the name of a unit and of a CronJob.

    """
    if given is None:
        slug = _NO_NAME.sub("-", (present.settings.service or "").lower()).strip("-")
        return f"fastdiag-{slug}"[:MAX_NAME_CHARS].strip("-")
    if not _NAME.fullmatch(given) or len(given) > MAX_NAME_CHARS:
        raise ConfigError(
            f"--name must be at most {MAX_NAME_CHARS} small letters, digits and dashes, and is {given!r}",
            hint="such as fastdiag-shop",
        )
    return given


def check_user(user: str | None) -> str | None:
    """Return the name of a user. Raise ConfigError when it is none."""
    if user is not None and not _USER.fullmatch(user):
        raise ConfigError(f"--user must be the name of a user, and is {user!r}", hint="such as www-data")
    return user


def job_here(present: Present, asked: Asked) -> Job:
    """Return the job as a machine like this one runs it: every path is absolute."""
    return _job(present, asked, _here, reads=tuple(_reads(present)), writes=tuple(_folders(present)))


def job_in_pod(present: Present, asked: Asked) -> Job:
    """Return the job as a pod runs it, whose root is read-only.

    Raises:
        ConfigError: it reads what is only here, or writes where a pod cannot.

    """
    _check_history(present)
    return _job(present, asked, _in_pod)


def _check_history(present: Present) -> None:
    """Refuse a history that a pod cannot write; one that was typed is seen to like any path."""
    store = present.settings.history.store if present.settings.history else None
    is_typed = any(one.name == "history" for one in present.options)
    if isinstance(store, Path) and not is_typed and not store.is_relative_to(POD_STATE):
        raise ConfigError(
            f"the history in {store} cannot be written in a pod",
            hint=f"--history PostgreSQL-DSN, --history off, or a file below {POD_STATE}",
        )


def _job(
    present: Present,
    asked: Asked,
    place: Place,
    *,
    reads: tuple[Path, ...] = (),
    writes: tuple[Path, ...] = (),
) -> Job:
    arguments = (asked.command, *_arguments(present, asked, place))
    values = (one.value for one in present.variables if one.value)
    for text in (*asked.program, *arguments, *map(str, writes), *values):
        check_printable(f"{text!r}", text)  # a folder on the way to it may have any name
    return Job(
        name=asked.name,
        about=_about(present.settings.service),
        rhythm=asked.rhythm,
        program=asked.program,
        arguments=arguments,
        variables=present.variables,
        reads=reads,
        writes=writes,
        journal=any(isinstance(one, LogUnit) for one in present.settings.logs),
        limit_s=max(LEAST_LIMIT_S, round(2 * present.settings.deadline_s) + MARGIN_S),
        user=asked.user,
    )


def _about(service: str | None) -> str:
    return service if service and service.isprintable() else "the service"


def _arguments(present: Present, asked: Asked, place: Place) -> Iterator[str]:
    if present.file.path is not None:
        yield from ("--config", place("config", present.file.path))
    typed = {one.name for one in present.options}
    for one in (*present.options, *(more for more in asked.always if more.name not in typed)):
        if one.name != "config" and str(one.value) != STDIN:
            path = _path(one, present)
            text = place(one.name, path) if path else one.value
            yield from _words(one.option, None if text is None else str(text))


def _words(option: str, value: str | None) -> Iterator[str]:
    if value is None:
        yield option
    else:
        yield from (f"{option}={value}",) if value.startswith("-") else (option, value)


def _path(one: Typed, present: Present) -> Path | None:
    """Return the path that an option names, whatever else it may name."""
    if one.value is None or isinstance(one.value, Path):
        return one.value
    history = present.settings.history
    is_path = (
        one.value != STDIN and one.value.partition(":")[0] not in JOURNALS and not one.value.startswith(LOKI)
        if one.name == "log"
        else one.name == "history" and history is not None and isinstance(history.store, Path)
    )
    return Path(one.value) if is_path else None


def _here(name: str, path: Path) -> str:
    del name
    return os.path.abspath(path.expanduser())  # noqa: PTH100 - takes `..` out, and follows no link


def _in_pod(name: str, path: Path) -> str:
    match name:
        case "config":
            return str(POD_CONFIGURATION / CONFIG_NAME)
        case "rules":
            return str(POD_CONFIGURATION / RULES / Path(_here(name, path)).name)
        case "log":
            raise ConfigError(
                f"--log {path}: a file of this machine is not in a pod", hint="name a query of Loki instead"
            )
        case _:
            place = PurePosixPath(os.path.normpath(POD_STATE / path))
            if not place.is_relative_to(POD_STATE) or place == POD_STATE:
                raise ConfigError(
                    f"--{name.replace('_', '-')} {path}: a pod can only write below {POD_STATE}",
                    hint=f"give a name without a folder, or one below {POD_STATE}",
                )
            return str(place)


def _reads(present: Present) -> Iterator[Path]:
    """Yield the files and folders that the configuration names for reading."""
    path, settings = present.file.path, present.settings
    if path is not None:
        yield Path(_here("config", path))
        servers = present.file.servers.values()
        named = (one for server in servers for name, one in server.access.items() if name in FILES)
        yield from (Path(_here("", path.parent / one.text)) for one in named if "${" not in one.text)
    yield from (Path(_here("rules", folder)) for folder in settings.rules)
    yield from (Path(_here("log", one.path)) for one in settings.logs if isinstance(one, LogFile))
    yield from (Path(one.value) for one in present.variables if one.value and one.value.startswith("/"))


def _folders(present: Present) -> Iterator[Path]:
    """Yield the folders in which the job writes, each once."""
    yield from dict.fromkeys(Path(_here("", file)).parent for file in _written(present))


def _written(present: Present) -> Iterator[Path]:
    """Yield the files that it writes: those of the options, and those of fastdiag.yaml."""
    for one in present.options:
        if isinstance(one.value, Path) and one.name not in READ and str(one.value) != STDIN:
            yield one.value
    if present.settings.history and isinstance(present.settings.history.store, Path):
        yield present.settings.history.store
    textfile, path = present.file.notify.textfile, present.file.path
    if textfile and path and "${" not in textfile.text:
        yield path.parent / textfile.text
