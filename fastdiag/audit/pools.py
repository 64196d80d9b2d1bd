"""Engines whose pools nobody has sized, and pools that hand out connections which are long dead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.arguments import arguments_of
from fastdiag.audit.engines import Engine, engines
from fastdiag.audit.ground import Ground
from fastdiag.audit.keeping import outlives
from fastdiag.audit.spot import at_call, is_live, path_of, scope_of
from fastdiag.model.audit import Finding

DEFAULTS: Final = "pool-defaults"
PRE_PING: Final = "pool-without-pre-ping"

_SIZES: Final = ("pool_size", "max_overflow")
_RENEWED: Final = ("pool_pre_ping", "pool_recycle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """Pools of a driver: their size unless ``max_size`` is given, and what becomes of who finds none free."""

    paths: tuple[str, ...]
    size: int
    then: str
    fix: str


_DRIVERS: Final = (
    Driver(
        paths=("asyncpg.create_pool",),
        size=10,
        then="who wants one more waits without end",
        fix="Choose max_size, and give acquire() a timeout: asyncpg has none.",
    ),
    Driver(
        paths=("psycopg_pool.ConnectionPool", "psycopg_pool.AsyncConnectionPool"),
        size=4,
        then="who wants one more waits up to 30 s, and then fails",
        fix="Choose min_size, max_size, and a timeout that is shorter than the request's.",
    ),
)


def check(ground: Ground) -> Iterator[Finding]:
    """Yield engines with a pool of the library's size, or without a test of what it hands out."""
    for engine in engines(ground.project):
        if not engine.is_pooled or not outlives(engine.call) or not is_live(ground, engine.call):
            continue  # what a script, or a function for itself, opens once needs no size
        yield from _unsized(ground, engine)
        yield from _untested(ground, engine)
    for driver in _DRIVERS:
        yield from _of_driver(ground, driver)


def _unsized(ground: Ground, engine: Engine) -> Iterator[Finding]:
    if not all(engine.arguments.lacks(name) for name in _SIZES):
        yield from _patient(ground, engine)
        return
    message = (
        "Its pool has the library's size: 5 connections and 10 more in each process; "
        "the next request waits up to 30 s for one, and then fails"
    )
    fix = (
        "Choose pool_size and max_overflow so that processes x (pool_size + max_overflow) stays below the "
        "database's free slots, and a pool_timeout shorter than the request's."
    )
    yield at_call(ground, DEFAULTS, engine.call, message, sink=engine.path, fix=fix)


def _patient(ground: Ground, engine: Engine) -> Iterator[Finding]:
    """Yield an engine with a size of its own, and the library's time to wait for a connection."""
    if engine.arguments.lacks("pool_timeout"):
        message = "Its pool is sized, but who finds it empty waits up to 30 s, the library's pool_timeout"
        fix = "Give it a pool_timeout shorter than the request's: an empty pool then answers in time."
        yield at_call(ground, DEFAULTS, engine.call, message, sink=engine.path, fix=fix)


def _untested(ground: Ground, engine: Engine) -> Iterator[Finding]:
    given = [name for name in _RENEWED if not engine.arguments.lacks(name)]
    ping = engine.arguments.get("pool_pre_ping")
    is_off = ping is not None and ground.project.constant(ping, scope_of(engine.call)) is False
    if given and not (is_off and given == ["pool_pre_ping"]):
        return
    message = "Its pool hands out connections that the server, a proxy or a fail-over has closed meanwhile"
    fix = "Give it pool_pre_ping=True, or a pool_recycle below the idle limit of whatever stands between."
    yield at_call(ground, PRE_PING, engine.call, message, sink=engine.path, fix=fix)


def _of_driver(ground: Ground, driver: Driver) -> Iterator[Finding]:
    """Yield a driver's pools of the library's size."""
    for call in ground.project.calls_to(*driver.paths):
        if arguments_of(call).lacks("max_size") and is_live(ground, call):
            message = (
                f"Its pool has the library's size: {driver.size} connections in each process; {driver.then}"
            )
            sink = path_of(ground.project, call)
            yield at_call(ground, DEFAULTS, call, message, sink=sink, fix=driver.fix)
