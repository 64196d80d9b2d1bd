"""asyncpg's pools.

They cannot be referenced weakly. So only a few are held, and those that are closed, or of which nobody has
asked for a connection for a while, are let go.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Final, Protocol

from fastdiag.instrument.guard import Guard
from fastdiag.instrument.patching import Method, Patch, wrap
from fastdiag.instrument.pools.levels import LEVELS, Checkout, Level, free_name


class Pool(Protocol):
    """What is used of asyncpg's pools, which has no type information."""

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""

    def get_size(self) -> int:
        """Return how many connections are open."""

    def get_idle_size(self) -> int:
        """Return how many of them are free."""

    def get_max_size(self) -> int:
        """Return how many it may open."""

    def get_min_size(self) -> int:
        """Return how many it keeps open."""


_MODULE: Final = "asyncpg.pool"
MOST_POOLS: Final = 16
HELD_S: Final = 600.0


class _Known:
    """What is known of a pool."""

    __slots__ = ("last_s", "name", "pool", "waiting")

    def __init__(self, pool: Pool, name: str) -> None:
        self.pool = pool
        self.name = name
        self.waiting = 0
        self.last_s = time.monotonic()


_GUARD: Final = Guard("asyncpg's pools")
_pools: Final[dict[int, _Known]] = {}


def _install() -> None:
    # All of acquire, fetch, execute, with and without a context manager, come to this one.
    wrap(sys.modules[_MODULE].Pool, "_acquire", _timed)
    LEVELS.add(_levels)


def _timed(original: Method) -> Method:
    async def acquire(self: Pool, *args: object, **kwargs: object) -> object:
        known, queues = None, 0
        with _GUARD:
            known = _known(self)
            queues = _is_full(self)
        if known is None:
            return await original(self, *args, **kwargs)
        known.waiting += queues
        try:
            with Checkout(known.name, TimeoutError):
                return await original(self, *args, **kwargs)
        finally:
            known.waiting -= queues

    return acquire


def _known(pool: Pool) -> _Known:
    known = _pools.get(id(pool))
    if known is None:
        known = _Known(pool, free_name("asyncpg", {other.name for other in _pools.values()}))
        if len(_pools) < MOST_POOLS:
            _pools[id(pool)] = known
    known.last_s = time.monotonic()
    return known


def _is_full(pool: Pool) -> bool:
    """Whether all connections are taken; looked at without counting them, because each checkout asks."""
    queue = getattr(pool, "_queue", None)
    return queue is not None and bool(queue.empty())


def _levels() -> Iterator[Level]:
    for key, known in list(_pools.items()):
        if known.pool.is_closing() or time.monotonic() - known.last_s > HELD_S:
            del _pools[key]
            continue
        size, idle = known.pool.get_size(), known.pool.get_idle_size()
        yield Level(
            name=known.name,
            used=size - idle,
            idle=idle,
            waiting=known.waiting,
            most=known.pool.get_max_size(),
            kept=known.pool.get_min_size(),
            overflow=max(0, size - known.pool.get_min_size()),
        )


PATCH: Final = Patch(module=_MODULE, needs=("Pool", "create_pool"), install=_install)
