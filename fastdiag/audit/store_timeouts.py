"""Databases and caches that are asked without a time limit on the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.arguments import Arguments, arguments_of
from fastdiag.audit.engines import engines
from fastdiag.audit.ground import Ground
from fastdiag.audit.spot import at_call, path_of, scope_of
from fastdiag.model.audit import Confidence, Finding
from fastdiag.source.model import Call
from fastdiag.source.project import Project

DATABASE: Final = "database-timeout"
REDIS: Final = "redis-timeout"

_STATEMENT: Final = ("command_timeout", "read_timeout", "statement_timeout", "timeout_ms", "call_timeout")
"""Arguments of drivers that limit a statement: asyncpg, PyMySQL, and others."""
_OPTIONS: Final = ("options", "server_settings", "init_command")
"""What may hold such a limit, put together elsewhere."""
_SPOKEN: Final = ("statement_timeout", "max_execution_time", "MAX_EXECUTION_TIME")
"""What SQL calls the limit: a project that names one of them anywhere sets it there, for all connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """Connections or pools of a driver; ``arguments`` limit a statement, ``example`` is what to write."""

    paths: tuple[str, ...]
    arguments: tuple[str, ...]
    example: str


_DRIVERS: Final = (
    Driver(
        paths=("asyncpg.connect", "asyncpg.create_pool"),
        arguments=("command_timeout", "server_settings"),
        example="command_timeout=10",
    ),
    Driver(
        paths=(
            "psycopg.connect", "psycopg.Connection.connect", "psycopg.AsyncConnection.connect",
            "psycopg2.connect",
        ),
        arguments=("options",),
        example='options="-c statement_timeout=10000", connect_timeout=5',
    ),
    Driver(
        paths=("psycopg_pool.ConnectionPool", "psycopg_pool.AsyncConnectionPool"),
        arguments=("kwargs", "configure"),
        example='kwargs={"options": "-c statement_timeout=10000", "connect_timeout": 5}',
    ),
    Driver(
        paths=("pymysql.connect", "MySQLdb.connect"),
        arguments=("read_timeout",),
        example="connect_timeout=5, read_timeout=10, write_timeout=10",
    ),
    Driver(
        paths=("pymongo.MongoClient", "pymongo.AsyncMongoClient", "motor.motor_asyncio.AsyncIOMotorClient"),
        arguments=("timeoutMS", "socketTimeoutMS", "timeoutms", "sockettimeoutms"),
        example="timeoutMS=10000",
    ),
)  # fmt: skip
_ENGINE_EXAMPLES: Final = {
    "asyncpg": 'connect_args={"command_timeout": 10, "timeout": 5}',
    "mysql": 'connect_args={"connect_timeout": 5, "read_timeout": 10}',
    "postgresql": 'connect_args={"options": "-c statement_timeout=10000", "connect_timeout": 5}',
    "": (
        'connect_args={"options": "-c statement_timeout=10000", "connect_timeout": 5} (psycopg), '
        'connect_args={"command_timeout": 10} (asyncpg), or ALTER ROLE ... SET statement_timeout'
    ),
}
"""What to write, by a word of the address; the last one where that is not known."""

_CLIENTS: Final = ("Redis", "StrictRedis", "ConnectionPool", "BlockingConnectionPool", "RedisCluster")
_REDIS: Final = (
    *(f"redis{part}.{name}" for part in ("", ".asyncio") for name in _CLIENTS),
    *(f"redis{part}.{name}.from_url" for part in ("", ".asyncio") for name in _CLIENTS),
    "redis.from_url",
    "redis.asyncio.from_url",
    "aioredis.from_url",
)


def check(ground: Ground) -> Iterator[Finding]:
    """Yield engines, pools, connections and Redis clients that may wait for an answer for ever."""
    if not _speaks_of(ground.project, _SPOKEN):
        yield from _engines(ground)
        for driver in _DRIVERS:
            yield from _driver(ground, driver)
    yield from _redis(ground)


def _speaks_of(project: Project, words: tuple[str, ...]) -> bool:
    return any(word in line for module in project.modules.values() for line in module.lines for word in words)


def _engines(ground: Ground) -> Iterator[Finding]:
    for engine in engines(ground.project):
        given = engine.connect_args
        if given.is_open or any(given.get(name) is not None for name in (*_STATEMENT, *_OPTIONS)):
            continue
        dialect = engine.url.partition("://")[0]
        example = next(text for word, text in _ENGINE_EXAMPLES.items() if word in dialect)
        yield _unlimited(ground, engine.call, example)


def _driver(ground: Ground, driver: Driver) -> Iterator[Finding]:
    for call in ground.project.calls_to(*driver.paths):
        arguments = arguments_of(call)
        if arguments.is_open or any(arguments.get(name) is not None for name in driver.arguments):
            continue
        yield _unlimited(ground, call, driver.example)


def _unlimited(ground: Ground, call: Call, example: str) -> Finding:
    path = path_of(ground.project, call)
    message = f"{path} sets no limit on how long a statement may run, and nothing else in the project does"
    # The role, the database or the address may set one where the source does not show it.
    return at_call(
        ground, DATABASE, call, message, sink=path, fix=f"Give it {example}.", confidence=Confidence.LIKELY
    )


def _redis(ground: Ground) -> Iterator[Finding]:
    for call in ground.project.calls_to(*_REDIS):
        arguments = arguments_of(call)
        if any(arguments.get(name) is not None for name in ("connection_pool", "connection_class")):
            continue  # what makes the pool gives the limit
        given = arguments.get("socket_timeout")
        path = path_of(ground.project, call)
        if given is not None and ground.project.constant(given, scope_of(call)) is None:
            message, confidence = f"{path} is told to wait for ever: socket_timeout=None", Confidence.CERTAIN
        elif given is None and not arguments.is_open and not _in_address(ground.project, arguments, call):
            message = f"{path} has no socket_timeout: before redis-py 8, which has 5 s, it waits for ever"
            confidence = Confidence.LIKELY
        else:
            continue
        fix = "Give it socket_timeout=2, socket_connect_timeout=2."
        yield at_call(ground, REDIS, call, message, sink=path, fix=fix, confidence=confidence)


def _in_address(project: Project, arguments: Arguments, call: Call) -> bool:
    node = arguments.get("url", 0)
    text = project.constant(node, scope_of(call)) if node is not None else None
    return isinstance(text, str) and "socket_timeout=" in text
