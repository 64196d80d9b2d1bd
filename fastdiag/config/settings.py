"""One frozen record of everything that was asked for; flags win over the environment, that over the file."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.config.file import ConfigFile, read_config_file
from fastdiag.errors import ConfigError, nearest
from fastdiag.model.quantity import Unit, parse_quantity
from fastdiag.model.target import DEFAULT_BEFORE_S, DEFAULT_DEADLINE_S, DEFAULT_WINDOW_S, Secret

SOURCES: Final = ("prometheus", "scrape", "postgres", "processes", "workers", "probe")
MIN_DEADLINE_S: Final = 1.0
CONFIG_NAME: Final = "fastdiag.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The command line as it was typed; None for what was not given."""

    config: Path | None = None
    service: str | None = None
    prometheus: str | None = None
    selector: str | None = None
    postgres: str | None = None
    app_url: str | None = None
    metrics_url: str | None = None
    pid: int | None = None
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
    parameters: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)


def load_settings(flags: Flags, environ: Mapping[str, str] | None = None) -> Settings:
    """Merge flags, environment and fastdiag.yaml.

    Raises:
        ConfigError: a value that makes no sense, a file that cannot be read; with the nearest right word.

    """
    environ = os.environ if environ is None else environ
    file = _read_file(flags.config)
    texts: dict[str, str] = {}
    origin: dict[str, str] = {}
    for name in ("service", "prometheus", "selector", "postgres", "app_url", "metrics_url"):
        for value, place in _places(name, flags, environ, file):
            if value:
                texts[name], origin[name] = value, place
                break
    return Settings(
        service=texts.get("service"),
        prometheus=_secret(texts.get("prometheus")),
        selector=texts.get("selector"),
        postgres=_secret(texts.get("postgres")),
        app_url=_url("app_url", texts.get("app_url")),
        metrics_url=_url("metrics_url", texts.get("metrics_url")),
        pid=_pid(flags.pid),
        sources=_sources(flags.only, flags.skip),
        observed=flags.observed,
        window_s=_duration("--window", flags.window or file.texts.get("window"), DEFAULT_WINDOW_S, least=1.0),
        before_s=_duration("--before", flags.before or file.texts.get("before"), DEFAULT_BEFORE_S, least=1.0),
        deadline_s=_duration(
            "--deadline",
            flags.deadline or file.texts.get("deadline"),
            DEFAULT_DEADLINE_S,
            least=MIN_DEADLINE_S,
        ),
        rules=(*file.rules, *(_folder(path) for path in flags.rules)),
        parameters=file.parameters,
        origin=origin,
    )


def _read_file(given: Path | None) -> ConfigFile:
    if given is not None:
        return read_config_file(given)
    here = Path(CONFIG_NAME)
    return read_config_file(here) if here.is_file() else ConfigFile()


def _places(
    name: str, flags: Flags, environ: Mapping[str, str], file: ConfigFile
) -> tuple[tuple[str | None, str], ...]:
    """Return the values of a setting with their places, the strongest first."""
    typed = {
        "service": flags.service,
        "prometheus": flags.prometheus,
        "selector": flags.selector,
        "postgres": flags.postgres,
        "app_url": flags.app_url,
        "metrics_url": flags.metrics_url,
    }
    variable = {"prometheus": "PROMETHEUS_URL", "postgres": "DATABASE_URL"}.get(name)
    return (
        (typed[name], f"--{name.replace('_', '-')}"),
        (file.texts.get(name) if file.path else None, str(file.path)),
        (environ.get(variable) if variable else None, variable or ""),
        (_libpq_environment(environ) if name == "postgres" else None, "PG* variables"),
    )


def _libpq_environment(environ: Mapping[str, str]) -> str | None:
    """Return a DSN that lets libpq take everything from PG* variables, when they name a server."""
    named = any(environ.get(variable) for variable in ("PGHOST", "PGHOSTADDR", "PGSERVICE"))
    return "postgresql://" if named else None


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None


def _url(name: str, text: str | None) -> str | None:
    if text is not None and not text.startswith(("http://", "https://")):
        raise ConfigError(
            f"--{name.replace('_', '-')} must be an http:// or https:// URL, and is {text!r}",
            hint=f"did you mean 'http://{text}'?",
        )
    return text


def _pid(pid: int | None) -> int | None:
    if pid is not None and pid < 1:
        raise ConfigError(f"--pid must be a process id, and is {pid}")
    return pid


def _sources(only: Collection[str], skip: Collection[str]) -> tuple[str, ...]:
    for word in (*only, *skip):
        if word not in SOURCES:
            raise ConfigError(
                f"there is no source {word!r}; there are {', '.join(SOURCES)}", hint=nearest(word, SOURCES)
            )
    chosen = tuple(name for name in SOURCES if (not only or name in only) and name not in skip)
    if not chosen:
        raise ConfigError("--only and --skip together leave no source", hint="drop one of the two")
    return chosen


def _duration(option: str, text: str | None, default: float, *, least: float) -> float:
    if text is None:
        return default
    try:
        quantity = parse_quantity(text)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}", hint="write a duration such as 10s, 5m or 1h") from None
    if quantity.unit not in {Unit.SECONDS, None} or quantity.value < least:
        raise ConfigError(
            f"{option} must be a duration of at least {least:g} s, and is {text!r}",
            hint="write a duration such as 10s, 5m or 1h",
        )
    return quantity.value


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ConfigError(f"--rules {path}: there is no such folder")
    return path
