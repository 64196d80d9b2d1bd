"""psycopg_pool's pools, with threads and with asyncio."""

from __future__ import annotations

from collections.abc import Iterator
from threading import RLock
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from fastdiag.instrument.guard import Guard
from fastdiag.instrument.patching import Method, Patch, wrap
from fastdiag.instrument.pools.levels import LEVELS, Checkout, Level

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

    AnyPool = ConnectionPool[Any] | AsyncConnectionPool[Any]

_GUARD: Final = Guard("psycopg's pools")
_lock: Final = RLock()
_pools: Final[WeakSet[AnyPool]] = WeakSet()


def _install() -> None:
    from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout  # noqa: PLC0415 - as above

    wrap(ConnectionPool, "getconn", lambda original: _timed(original, PoolTimeout))
    wrap(AsyncConnectionPool, "getconn", lambda original: _timed_async(original, PoolTimeout))
    LEVELS.add(_levels)


def _timed(original: Method, given_up: type[PoolTimeout]) -> Method:
    def getconn(self: ConnectionPool[Any], *args: object, **kwargs: object) -> object:
        with Checkout(_known(self), given_up):
            return original(self, *args, **kwargs)

    return getconn


def _timed_async(original: Method, given_up: type[PoolTimeout]) -> Method:
    async def getconn(self: AsyncConnectionPool[Any], *args: object, **kwargs: object) -> object:
        with Checkout(_known(self), given_up):
            return await original(self, *args, **kwargs)

    return getconn


def _known(pool: AnyPool) -> str:
    """Remember a pool, and return its name."""
    with _GUARD:
        if pool not in _pools:
            with _lock:
                _pools.add(pool)
        return pool.name
    return "psycopg_pool"


def _levels() -> Iterator[Level]:
    with _lock:
        pools = list(_pools)
    for pool in pools:
        if pool.closed:
            continue
        now = pool.get_stats()
        idle = now.get("pool_available", 0)
        yield Level(
            name=pool.name,
            used=now.get("pool_size", 0) - idle,
            idle=idle,
            waiting=now.get("requests_waiting", 0),
            most=now.get("pool_max") or None,
            kept=now.get("pool_min"),
            overflow=max(0, now.get("pool_size", 0) - now.get("pool_min", 0)),
        )


PATCH: Final = Patch(
    module="psycopg_pool", needs=("AsyncConnectionPool", "ConnectionPool", "PoolTimeout"), install=_install
)
