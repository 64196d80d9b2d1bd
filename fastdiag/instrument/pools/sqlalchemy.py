"""SQLAlchemy's pools, of synchronous and of asynchronous engines (these stand on a synchronous one).

Events tell when a connection was checked out, not when it was asked for: the wait is timed around the one
method of an engine through which all its connections are obtained. Engines that exist already are included.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock, RLock
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from fastdiag.instrument.guard import Guard
from fastdiag.instrument.patching import Method, Patch, wrap
from fastdiag.instrument.pools.levels import LEVELS, Checkout, Level, free_name

if TYPE_CHECKING:
    from sqlalchemy import Engine, QueuePool

_GUARD: Final = Guard("SQLAlchemy's pools")


class _Known:
    """What is known of an engine."""

    __slots__ = ("_lock", "name", "waiting")

    def __init__(self, name: str) -> None:
        self.name = name
        self.waiting = 0
        self._lock = Lock()

    def wait(self, difference: int) -> None:
        if difference:
            with self._lock:
                self.waiting += difference


_lock: Final = RLock()
_engines: Final[WeakKeyDictionary[Engine, _Known]] = WeakKeyDictionary()


def _install() -> None:
    from sqlalchemy.engine import Engine  # noqa: PLC0415 - the application has it
    from sqlalchemy.exc import TimeoutError as GivenUp  # noqa: PLC0415

    wrap(Engine, "raw_connection", lambda original: _timed(original, GivenUp))
    LEVELS.add(_levels)


def _timed(original: Method, given_up: type[Exception]) -> Method:
    def raw_connection(self: Engine) -> object:
        known, queues = None, 0
        with _GUARD:
            pool = _queue_pool(self)
            if pool is not None:
                known, queues = _known(self), int(_is_full(pool))
        if known is None:
            return original(self)
        known.wait(queues)
        try:
            with Checkout(known.name, given_up):
                return original(self)
        finally:
            known.wait(-queues)

    return raw_connection


def _queue_pool(engine: Engine) -> QueuePool | None:
    """Return the engine's pool, if it is one that limits connections and lets queue for them."""
    from sqlalchemy.pool import QueuePool  # noqa: PLC0415 - the application has it

    return engine.pool if isinstance(engine.pool, QueuePool) else None


def _known(engine: Engine) -> _Known:
    with _lock:
        if engine in _engines:
            return _engines[engine]
        name = free_name(_name(engine), {known.name for known in list(_engines.values())})
        known = _engines[engine] = _Known(name)
        return known


def _name(engine: Engine) -> str:
    """Return `host:port/database`, as the semantic conventions name a pool that has no name."""
    url = engine.url
    port = f":{url.port}" if url.port else ""
    database = (url.database or "").rpartition("/")[2]  # of a file its name
    return f"{url.host or url.get_backend_name()}{port}/{database}"


def _is_full(pool: QueuePool) -> bool:
    most = _most(pool)
    return most is not None and pool.checkedout() >= most


def _most(pool: QueuePool) -> int | None:
    limit = pool._max_overflow  # noqa: SLF001 - nothing public tells it
    return None if limit < 0 else pool.size() + limit


def _levels() -> Iterator[Level]:
    seen = set()
    with _lock:
        engines = list(_engines.items())
    for engine, known in engines:
        pool = _queue_pool(engine)
        if pool is None or id(pool) in seen:
            continue  # engines with other execution options share a pool
        seen.add(id(pool))
        yield Level(
            name=known.name,
            used=pool.checkedout(),
            idle=pool.checkedin(),
            waiting=known.waiting,
            most=_most(pool),
            kept=pool.size(),
            overflow=max(0, pool.overflow()),
        )


PATCH: Final = Patch(module="sqlalchemy.pool", needs=("QueuePool",), install=_install)
