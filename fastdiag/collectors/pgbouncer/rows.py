"""What SHOW answers, as far as it is used, taken by column name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.pgbouncer.console import DATABASE, Rows
from fastdiag.model.signal import Missing, Reason

PoolKey = tuple[str, str]
"""A pool: its database (as clients name it) and its user."""
_US: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """One row of SHOW POOLS; ``maxwait_s`` is 0 while no server connection was ever to be had."""

    database: str
    user: str
    clients_active: int
    clients_waiting: int
    servers_active: int
    servers_idle: int
    servers_total: int
    maxwait_s: float

    @property
    def key(self) -> PoolKey:
        """Which pool it is."""
        return self.database, self.user

    @property
    def is_stranded(self) -> bool:
        """Whether clients wait although the pool has no server connection that could become free."""
        return self.clients_waiting > 0 and self.servers_total == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One row of SHOW DATABASES; ``limit`` is what each of its pools may open."""

    name: str
    limit: int
    is_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """SHOW STATS, summed over the databases; times in seconds."""

    transactions: float
    queries: float
    query_s: float
    wait_s: float


def pools_of(rows: Rows | Missing) -> list[Pool] | Missing:
    """Return the pools without that of the console, or why they are not known."""
    if isinstance(rows, Missing):
        return rows
    found = [_pool(row) for row in rows if row.get("database") != DATABASE]
    known = [pool for pool in found if pool is not None]
    if len(known) < len(found):
        return Missing(Reason.ABSENT, "this PgBouncer's SHOW POOLS has other columns")
    return known


def databases_of(rows: Rows | Missing) -> dict[str, Database] | Missing:
    """Return the databases by name, or why they are not known."""
    if isinstance(rows, Missing):
        return rows
    return {name: _database(name, row) for row in rows if (name := str(row.get("name"))) != DATABASE}


def totals_of(rows: Rows | Missing) -> Totals | Missing:
    """Return what all databases have counted since PgBouncer started."""
    if isinstance(rows, Missing):
        return rows
    names = ("total_xact_count", "total_query_count", "total_query_time", "total_wait_time")
    sums = [[number(row, name) for row in rows if row.get("database") != DATABASE] for name in names]
    if any(value is None for column in sums for value in column):
        return Missing(Reason.ABSENT, "this PgBouncer's SHOW STATS has other columns")
    transactions, queries, query_us, wait_us = (sum(filter(None, column)) for column in sums)
    return Totals(transactions=transactions, queries=queries, query_s=query_us * _US, wait_s=wait_us * _US)


def entries_of(rows: Rows | Missing, key: str, value: str) -> dict[str, str] | Missing:
    """Return an answer that lists names and values (SHOW LISTS, SHOW CONFIG)."""
    if isinstance(rows, Missing):
        return rows
    return {str(row.get(key)): str(row.get(value)) for row in rows}


def number(row: Mapping[str, object], column: str) -> float | None:
    """Return a column as a number, None when it is not there or none."""
    try:
        return float(str(row[column]))
    except (KeyError, ValueError):
        return None


def _pool(row: Mapping[str, object]) -> Pool | None:
    needed = ("cl_active", "cl_waiting", "sv_active", "sv_idle", "maxwait")
    values = {name: number(row, name) for name in needed}
    if any(value is None for value in values.values()):
        return None
    active, idle = int(values["sv_active"] or 0), int(values["sv_idle"] or 0)
    checked = sum(int(number(row, name) or 0) for name in ("sv_used", "sv_tested"))
    return Pool(
        database=str(row.get("database")),
        user=str(row.get("user")),
        clients_active=int(values["cl_active"] or 0),
        clients_waiting=int(values["cl_waiting"] or 0),
        servers_active=active,
        servers_idle=idle + checked,
        servers_total=active + idle + checked,
        maxwait_s=(values["maxwait"] or 0.0) + (number(row, "maxwait_us") or 0.0) * _US,
    )


def _database(name: str, row: Mapping[str, object]) -> Database:
    """Return a database; its own max_connections counts where it is the smaller limit (0: none)."""
    size, most = int(number(row, "pool_size") or 0), int(number(row, "max_connections") or 0)
    return Database(name=name, limit=min(size, most) if most else size, is_paused=bool(number(row, "paused")))
