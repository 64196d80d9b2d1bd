"""What holds a connection of a database's pool: sessions and connections, how they are had and given back."""

from __future__ import annotations

from typing import Final

_SESSIONS: Final = ("sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession")
_CONNECTIONS: Final = (
    "sqlalchemy.Connection",
    "sqlalchemy.ext.asyncio.AsyncConnection",
    "asyncpg.Connection",
    "asyncpg.connection.Connection",
    "asyncpg.pool.PoolConnectionProxy",
    "psycopg.Connection",
    "psycopg.AsyncConnection",
    "psycopg2.extensions.connection",
)
HOLDERS: Final = (*_SESSIONS, *_CONNECTIONS)
"""Classes whose objects have a connection, or take one with their first statement."""

OPENERS: Final = (
    *_SESSIONS,
    "sqlalchemy.orm.sessionmaker.__call__",
    "sqlalchemy.ext.asyncio.async_sessionmaker.__call__",
    "sqlalchemy.Engine.connect",
    "sqlalchemy.ext.asyncio.AsyncEngine.connect",
    "asyncpg.connect",
    "asyncpg.pool.Pool.acquire",
    "asyncpg.Pool.acquire",
    "psycopg.connect",
    "psycopg.Connection.connect",
    "psycopg.AsyncConnection.connect",
    "psycopg2.connect",
    "psycopg_pool.ConnectionPool.getconn",
    "psycopg_pool.AsyncConnectionPool.getconn",
    "psycopg2.pool.ThreadedConnectionPool.getconn",
    "psycopg2.pool.SimpleConnectionPool.getconn",
)
"""Calls that give one; whoever makes them gives it back."""

TAKERS: Final = (
    "asyncpg.pool.Pool.acquire",
    "asyncpg.Pool.acquire",
    "psycopg_pool.ConnectionPool.connection",
    "psycopg_pool.AsyncConnectionPool.connection",
    "sqlalchemy.Engine.connect",
    "sqlalchemy.Engine.begin",
    "sqlalchemy.ext.asyncio.AsyncEngine.connect",
    "sqlalchemy.ext.asyncio.AsyncEngine.begin",
)
"""Calls that take a connection at once, before any statement."""

_ASKING: Final = (
    "execute", "scalar", "scalars", "get", "get_one", "refresh", "flush", "exec", "stream", "stream_scalars",
    "merge", "query", "fetch", "fetchrow", "fetchval", "executemany", "cursor", "run_sync",
)  # fmt: skip
_RELEASING: Final = ("commit", "rollback", "close", "aclose", "remove", "invalidate", "reset")
USES: Final = frozenset(f"{holder}.{name}" for holder in HOLDERS for name in _ASKING)
"""Statements: the first one takes a connection, and a transaction begins."""
RELEASES: Final = frozenset(f"{holder}.{name}" for holder in HOLDERS for name in _RELEASING)
"""What gives the connection back to the pool (a driver's connection only ends its transaction)."""
