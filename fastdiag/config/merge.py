"""Which text of a setting is in force: flags win over fastdiag.yaml, that over the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fastdiag.config.addresses import (
    CACHE_VARIABLES,
    QUEUE_SCHEMES,
    QUEUE_VARIABLES,
    REDIS_SCHEMES,
    urls_in,
)
from fastdiag.config.checks import SOURCES, Given, is_postgres_url
from fastdiag.config.file import TEXTS, ConfigFile
from fastdiag.config.flags import Flags
from fastdiag.config.references import expand
from fastdiag.config.written import Written
from fastdiag.errors import ConfigError

_LIBPQ_PLACES: Final = ("PGHOST", "PGHOSTADDR", "PGSERVICE")
"""Of libpq's variables those that say where a server is; the others only say how to log in."""


_SOURCES: Final = {"app_url": "probe", "metrics_url": "scrape", "log": "logs", "loki": "logs"}
"""Sources that are called otherwise than the setting that points them somewhere."""


def merge(
    flags: Flags, environ: Mapping[str, str], file: ConfigFile, asked: Sequence[str]
) -> dict[str, Given]:
    """Return of each setting the strongest text that is not empty, with where it came from.

    ``asked`` are the sources that will be: what only the others need may refer to what is not set.

    Raises:
        ConfigError: an option is empty, or the file refers to a variable that is not set.

    """
    typed: dict[str, str | None] = {name: getattr(flags, name) for name in (*TEXTS, "at")}
    merged = (_strongest(name, text, environ, file, asked) for name, text in typed.items())
    return {name: given for name, given in zip(typed, merged, strict=True) if given is not None}


def merge_several(
    name: str, flags: Flags, environ: Mapping[str, str], file: ConfigFile, asked: Sequence[str]
) -> tuple[Given, ...]:
    """Return the texts of a setting that may be given several times; raises like ``merge``."""
    option = _option(name)
    ours = tuple(_of_option(text, option) for text in getattr(flags, name))
    if ours:
        return ours
    theirs = (_of_file(one, name, environ, file, asked) for one in file.lists.get(name, ()))
    return tuple(filter(None, theirs)) or tuple(_of_environ(name, environ, option))


def loki_server(environ: Mapping[str, str], file: ConfigFile) -> Given | None:
    """Return the Loki server of queries that name none; raises like ``merge``."""
    return _strongest("loki", None, environ, file, SOURCES)


def merge_service(flags: Flags, environ: Mapping[str, str], file: ConfigFile) -> Given | None:
    """Return the service that is asked for; raises like ``merge``."""
    return _strongest("service", flags.service, environ, file, SOURCES)


def _strongest(
    name: str, typed: str | None, environ: Mapping[str, str], file: ConfigFile, asked: Sequence[str]
) -> Given | None:
    option = _option(name)
    if typed is not None:
        return _of_option(typed, option)
    if name in file.texts:
        return _of_file(file.texts[name], name, environ, file, asked)
    return next(_of_environ(name, environ, option), None)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _of_option(text: str, option: str) -> Given:
    if not text.strip():
        raise ConfigError(f"{option} is empty", hint="leave it out, or say what it is")
    return Given(text=text, option=option, origin=option)


def _of_file(
    one: Written, name: str, environ: Mapping[str, str], file: ConfigFile, asked: Sequence[str]
) -> Given | None:
    source = _SOURCES.get(name, name)
    try:
        text = expand(one, environ)
    except ConfigError as error:
        if source not in SOURCES:
            raise
        if source not in asked:
            return None
        hint = f"{error.hint}; `--skip {source}` leaves it out"
        raise ConfigError(error.message, hint=hint, where=error.where) from None
    return Given(text=text, option=_option(name), origin=str(file.path), where=str(one.place))


def _of_environ(name: str, environ: Mapping[str, str], option: str) -> Iterator[Given]:
    for variable, text in _variables(name, environ):
        yield Given(text=text, option=option, origin=variable)


def _variables(name: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what the environment says of a setting, the strongest first."""
    match name:
        case "prometheus" | "pgbouncer":
            variable = f"{name.upper()}_URL"
            if text := environ.get(variable):
                yield variable, text
        case "loki":
            if text := environ.get("LOKI_ADDR"):
                yield "LOKI_ADDR", text
        case "postgres":
            yield from _postgres(environ)
        case "queue":
            yield from urls_in(environ, QUEUE_VARIABLES, QUEUE_SCHEMES)
        case "cache":
            yield from urls_in(environ, CACHE_VARIABLES, REDIS_SCHEMES)
        case _:
            return


def _postgres(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    dsn = environ.get("DATABASE_URL", "")
    if is_postgres_url(dsn):  # of another kind of database it says nothing to us
        yield "DATABASE_URL", dsn
    if any(environ.get(variable) for variable in _LIBPQ_PLACES):
        yield "PG* variables", "postgresql://"  # libpq takes everything from them
