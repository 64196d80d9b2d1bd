"""What a project configures of its pools and clients: sizes and timeouts, with the libraries' defaults."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.arguments import arguments_of
from fastdiag.audit.engines import SQLALCHEMY, Engine, engines
from fastdiag.audit.naming import shown
from fastdiag.audit.spot import scope_of
from fastdiag.model.audit import Setting
from fastdiag.source.model import Call, OutsideObject
from fastdiag.source.project import Project


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its argument, and what the library takes where it is not given (None: no limit).

    like  another argument, whose value it then takes
    """

    argument: str
    default: float | bool | None = None
    like: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What makes pools or clients; the names of its settings begin with ``prefix``."""

    prefix: str
    paths: tuple[str, ...]
    options: tuple[Option, ...]


_REDIS_CLIENTS: Final = ("Redis", "StrictRedis", "ConnectionPool")
_SQLALCHEMY: Final = Maker(
    prefix="sqlalchemy",
    paths=SQLALCHEMY,
    options=(
        Option("pool_size", 5),
        Option("max_overflow", 10),
        Option("pool_timeout", 30),
        Option("pool_recycle", -1),
        Option("pool_pre_ping", default=False),
    ),
)
"""Of engines that may have a server at the other end, migrations excepted."""
MAKERS: Final = (
    Maker(
        prefix="asyncpg",
        paths=("asyncpg.create_pool",),
        options=(Option("min_size", 10), Option("max_size", 10), Option("command_timeout")),
    ),
    Maker(
        prefix="psycopg_pool",
        paths=("psycopg_pool.ConnectionPool", "psycopg_pool.AsyncConnectionPool"),
        options=(
            Option("min_size", 4),
            Option("max_size", 4, like="min_size"),
            Option("timeout", 30),
            Option("max_waiting", 0),
        ),
    ),
    Maker(
        prefix="httpx",
        paths=("httpx.Client", "httpx.AsyncClient"),
        options=(Option("timeout", 5),),
    ),
    Maker(
        prefix="httpx",
        paths=("httpx.Limits",),
        options=(Option("max_connections"), Option("max_keepalive_connections")),
    ),
    Maker(
        prefix="redis",
        paths=(
            *(f"redis{part}.{name}" for part in ("", ".asyncio") for name in _REDIS_CLIENTS),
            *(f"redis{part}.{name}.from_url" for part in ("", ".asyncio") for name in _REDIS_CLIENTS),
            "redis.from_url",
            "redis.asyncio.from_url",
        ),
        options=(Option("max_connections"), Option("socket_timeout")),
    ),
    Maker(
        prefix="redis",
        paths=("redis.BlockingConnectionPool", "redis.asyncio.BlockingConnectionPool"),
        options=(Option("max_connections", 50), Option("timeout", 20)),
    ),
)


def settings(project: Project) -> Iterator[Setting]:
    """Yield the settings of pools and clients, those left at the library's default too."""
    for engine in engines(project):
        if engine.is_pooled:
            yield from _settings(project, _SQLALCHEMY, engine.call)
        else:
            yield from _pool_class(engine)
    for maker in MAKERS:
        for call in project.calls_to(*maker.paths):
            yield from _settings(project, maker, call)


def _pool_class(engine: Engine) -> Iterator[Setting]:
    """Yield the class of an engine's pool where that has no size: NullPool."""
    node = engine.arguments.get("poolclass")
    if node is not None:
        text, value = shown(node), shown(node).rpartition(".")[2]
        yield Setting(name="sqlalchemy.poolclass", place=engine.call.place, text=text, value=value)


def _settings(project: Project, maker: Maker, call: Call) -> Iterator[Setting]:
    arguments = arguments_of(call)
    for option in maker.options:
        name, node = f"{maker.prefix}.{option.argument}", arguments.get(option.argument)
        if node is None and option.like:
            node = arguments.get(option.like)
        if node is not None:
            yield Setting(name=name, place=call.place, text=shown(node), value=_value(project, node, call))
        elif not arguments.is_open:
            text = "none" if option.default is None else str(option.default)
            yield Setting(name=name, place=call.place, text=text, value=option.default, is_default=True)


def _value(project: Project, node: ast.expr, call: Call) -> float | str | bool | None:
    """Return a constant, or the first argument of an object such as `httpx.Timeout(10)`."""
    value = project.constant(node, scope_of(call))
    if isinstance(value, (bool, int, float, str)):
        return value
    for one in project.value(node, scope_of(call)):
        inner = one.call.args if isinstance(one, OutsideObject) and one.call is not None else ()
        if inner:
            first = project.constant(inner[0], scope_of(call))
            return first if isinstance(first, (bool, int, float, str)) else None
    return None
