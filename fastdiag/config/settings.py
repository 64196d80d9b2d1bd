"""One frozen record of what was asked for: flags win over fastdiag.yaml, that over the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.config.checks import (
    SOURCES,
    Given,
    check_duration,
    check_folder,
    check_pid,
    check_sources,
    check_url,
)
from fastdiag.config.file import ConfigFile, Written, read_config_file
from fastdiag.errors import ConfigError
from fastdiag.model.target import DEFAULT_BEFORE_S, DEFAULT_DEADLINE_S, DEFAULT_WINDOW_S, Secret

CONFIG_NAME: Final = "fastdiag.yaml"
MIN_DEADLINE_S: Final = 1.0
MAX_DEADLINE_S: Final = 600.0
"""Who waits longer than this for an answer has gone away."""
MIN_WINDOW_S: Final = 1.0
MAX_WINDOW_S: Final = 86400.0
"""A Prometheus server reads every sample of the window; and a day's average shows no incident."""
MAX_BEFORE_S: Final = 400 * 86400.0
"""A year ago is a fair comparison, with some days to hit the same weekday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The command line as it was typed; None for what was not given. Its repr shows no DSN."""

    config: Path | None = None
    service: str | None = None
    prometheus: str | None = field(default=None, repr=False)
    selector: str | None = None
    postgres: str | None = field(default=None, repr=False)
    app_url: str | None = field(default=None, repr=False)
    metrics_url: str | None = field(default=None, repr=False)
    pid: str | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    observed: tuple[str, ...] = ()
    window: str | None = None
    before: str | None = None
    deadline: str | None = None
    rules: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to look at and how; None is for discovery to find. Durations are in seconds.

    ``origin`` says for a value that was given where it came from ("--postgres", "DATABASE_URL").
    """

    service: str | None = None
    prometheus: Secret | None = None
    selector: str | None = None
    postgres: Secret | None = None
    app_url: str | None = None
    metrics_url: str | None = None
    pid: int | None = None
    sources: tuple[str, ...] = SOURCES
    observed: tuple[str, ...] = ()
    window_s: float = DEFAULT_WINDOW_S
    before_s: float = DEFAULT_BEFORE_S
    deadline_s: float = DEFAULT_DEADLINE_S
    rules: tuple[Path, ...] = ()
    parameters: Mapping[str, Written] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)


def load_settings(
    flags: Flags, environ: Mapping[str, str] | None = None, file: ConfigFile | None = None
) -> Settings:
    """Merge flags, fastdiag.yaml and environment; those that are not passed are the real ones.

    Raises:
        ConfigError: a value that makes no sense, a file that cannot be read; with the nearest right word.

    """
    file = file or _read_file(flags.config)
    given = _merge(flags, os.environ if environ is None else environ, file)
    prometheus = check_url(given.get("prometheus"))
    return Settings(
        service=_text(given.get("service")),
        prometheus=Secret(prometheus) if prometheus else None,
        selector=_text(given.get("selector")),
        postgres=Secret(given["postgres"].text) if "postgres" in given else None,
        app_url=check_url(given.get("app_url")),
        metrics_url=check_url(given.get("metrics_url")),
        pid=check_pid(flags.pid),
        sources=check_sources(flags.only, flags.skip),
        observed=tuple(dict.fromkeys(flags.observed)),
        window_s=check_duration(
            given.get("window"), default_s=DEFAULT_WINDOW_S, least_s=MIN_WINDOW_S, most_s=MAX_WINDOW_S
        ),
        before_s=check_duration(
            given.get("before"), default_s=DEFAULT_BEFORE_S, least_s=MIN_WINDOW_S, most_s=MAX_BEFORE_S
        ),
        deadline_s=check_duration(
            given.get("deadline"), default_s=DEFAULT_DEADLINE_S, least_s=MIN_DEADLINE_S, most_s=MAX_DEADLINE_S
        ),
        rules=(*file.rules, *map(check_folder, flags.rules)),
        parameters=file.parameters,
        origin={name: one.origin for name, one in given.items()},
    )


def _read_file(given: Path | None) -> ConfigFile:
    if given is not None:
        return read_config_file(given)
    here = Path(CONFIG_NAME)
    try:
        exists = here.exists()
    except OSError:  # the working directory is closed to us: `sudo -u fastdiag fastdiag` in root's home
        exists = False
    return read_config_file(here) if exists else ConfigFile()


def _merge(flags: Flags, environ: Mapping[str, str], file: ConfigFile) -> dict[str, Given]:
    """Return of each setting the strongest text that is not empty, with where it came from."""
    typed = {
        "service": flags.service,
        "prometheus": flags.prometheus,
        "selector": flags.selector,
        "postgres": flags.postgres,
        "app_url": flags.app_url,
        "metrics_url": flags.metrics_url,
        "window": flags.window,
        "before": flags.before,
        "deadline": flags.deadline,
    }
    merged = (_strongest(name, text, environ, file) for name, text in typed.items())
    return {name: given for name, given in zip(typed, merged, strict=True) if given is not None}


def _strongest(name: str, typed: str | None, environ: Mapping[str, str], file: ConfigFile) -> Given | None:
    option = f"--{name.replace('_', '-')}"
    written = file.texts.get(name)
    if typed is not None:
        if not typed.strip():
            raise ConfigError(f"{option} is empty", hint="leave it out, or say what it is")
        return Given(text=typed, option=option, origin=option)
    if written is not None:
        return Given(text=written.text, option=option, origin=str(file.path), where=str(written.place))
    for variable, text in _variables(name, environ):
        return Given(text=text, option=option, origin=variable)
    return None


def _variables(name: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what the environment says of a setting, the strongest first."""
    if name == "prometheus" and (url := environ.get("PROMETHEUS_URL")):
        yield "PROMETHEUS_URL", url
    if name == "postgres":
        dsn = environ.get("DATABASE_URL", "")
        if dsn.startswith("postgres"):  # of another kind of database it says nothing to us
            yield "DATABASE_URL", dsn
        if any(environ.get(variable) for variable in ("PGHOST", "PGHOSTADDR", "PGSERVICE")):
            yield "PG* variables", "postgresql://"  # libpq takes everything from them


def _text(given: Given | None) -> str | None:
    return given.text if given else None
