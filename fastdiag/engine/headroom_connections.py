"""The arithmetic of connections: threads, pools, pooler, slots, each against what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastdiag.engine.headroom_facts import Facts, Lack, Question, say_workers
from fastdiag.model.headroom import Sum
from fastdiag.model.quantity import Unit, format_value

_DEFAULT_POOL: Final = "SQLAlchemy's default is 5 + 10 connections"
_POOLER: Final = "db.pgbouncer.servers.limit"

_SLOTS: Final = Question(
    id="pools-against-slots",
    title="Workers x (pool size + overflow), and the database's slots",
    why="Pools open connections only as they need them, so that a sum that does not fit works until the "
    "first busy day. Then the database refuses connections, to every service that uses it.",
)
_CLIENTS: Final = Question(
    id="pools-against-pooler",
    title="Workers x (pool size + overflow), and PgBouncer's clients",
    why="Beyond max_client_conn PgBouncer closes connections at once: `no more connections allowed`.",
)
_SERVERS: Final = Question(
    id="pooler-against-slots",
    title="PgBouncer's server connections, and the database's slots",
    why="Where PgBouncer may open more than the database has, its clients wait although its pools look free.",
)
_THREADS: Final = Question(
    id="threads-against-pool",
    title="Threads of a worker, and connections of its pool",
    why="Every sync route runs in a thread and may want a connection. Threads beyond the pool wait for one "
    "without using any CPU, until the pool's timeout turns into a 500.",
)


@dataclass(frozen=True, slots=True)
class Demand:
    """Connections that all pools of the service may open together, and how many that is a worker."""

    total: float
    each: float | None
    workers: float | None
    doubt: str

    def __str__(self) -> str:
        if self.each is None or self.workers is None:
            return f"{_count(self.total)} in all"
        return f"{say_workers(self.workers)} x {_count(self.each)} = {_count(self.total)}"


def pools_against_slots(facts: Facts) -> Sum | None:
    """Hold workers x (pool size + overflow) against the slots; a pooler in between takes their place."""
    if isinstance(facts.signal(_POOLER), float):
        return None
    demand, usable = _demand(facts), facts.signal("db.connections.usable")
    if not isinstance(usable, float) or not isinstance(demand, Demand):
        return _SLOTS.open(demand, usable, numbers=_budget(facts, usable))
    others = _others(facts)
    taken = "" if others is None else f", {_count(others) if others else 'none'} held by others"
    left = usable - demand.total - (others or 0.0)
    return _SLOTS.answer(
        fits=left >= 0,
        numbers=f"{demand} of {_count(usable)} usable slots{taken}",
        because=_verdict(left, others, is_alone_too_many=demand.total > usable) + demand.doubt,
    )


def pooler_against_pools(facts: Facts) -> Sum | None:
    """Hold the pools against the clients that PgBouncer admits."""
    limit, demand = facts.signal("db.pgbouncer.clients.limit"), _demand(facts)
    if not isinstance(limit, float):
        return None
    if not isinstance(demand, Demand):
        return _CLIENTS.open(demand, numbers=f"{_count(limit)} clients allowed")
    numbers = f"{demand} of {_count(limit)} clients allowed"
    because = _verdict(limit - demand.total, None, is_alone_too_many=True) + demand.doubt
    return _CLIENTS.answer(fits=demand.total <= limit, numbers=numbers, because=because)


def pooler_against_slots(facts: Facts) -> Sum | None:
    """Hold PgBouncer's server connections against the slots."""
    limit, usable = facts.signal(_POOLER), facts.signal("db.connections.usable")
    if not isinstance(limit, float):
        return None
    if not isinstance(usable, float):
        return _SERVERS.open(usable, numbers=f"{_count(limit)} server connections")
    numbers = f"{_count(limit)} of {_count(usable)} usable slots"
    because = _verdict(usable - limit, None, is_alone_too_many=True)
    return _SERVERS.answer(fits=limit <= usable, numbers=numbers, because=because)


def threads_against_pool(facts: Facts) -> Sum:
    """Hold the threads of a worker, which run sync routes, against the connections of its pool."""
    threads, demand = facts.signal("threads.limiter.size"), _demand(facts)
    if not isinstance(threads, float):
        return _THREADS.open(threads, demand)
    if isinstance(demand, Lack):
        return _THREADS.open(demand, numbers=f"{_count(threads)} threads; {_DEFAULT_POOL}")
    if demand.each is None:
        return _THREADS.open(
            facts.signal("workers.count"), numbers=f"{_count(threads)} threads, pools of {demand}"
        )
    waiting = threads - demand.each
    free = "a connection for every thread"
    because = free if waiting <= 0 else f"{_count(waiting)} threads can wait for a connection"
    numbers = f"{_count(threads)} threads, {_count(demand.each)} connections"
    return _THREADS.answer(fits=waiting <= 0, numbers=numbers, because=because + demand.doubt)


def _verdict(left: float, others: float | None, *, is_alone_too_many: bool) -> str:
    """Say what is left or lacking; ``others`` is what other clients hold now, where that is known."""
    if left < 0:
        return f"{_count(-left)} too many{'' if is_alone_too_many else ' while others hold theirs'}"
    return f"{_count(left)} left {'for others' if others is None else 'beside what others hold now'}"


def _demand(facts: Facts) -> Demand | Lack:
    """Return the connections of all pools.

    A reading without bias counts the pools of all workers; a biased one comes from one worker of several,
    whose page a scrape happened to reach, and counts once for each. Where no metric shows it, $pool_size may.
    """
    size, workers = facts.amount("db.pool.size"), facts.signal("workers.count")
    many = workers if isinstance(workers, float) and workers >= 1 else None
    if isinstance(size, Lack):
        each = facts.parameter("pool_size")
        if isinstance(each, Lack) or many is None:
            return size
        return Demand(each * many, each, many, ", as $pool_size says")
    doubt = f" ({size.signal}: {size.bias})" if size.bias else ""
    if size.bias is None or many is None:
        return Demand(size.value, size.value / many if many else None, many, doubt)
    return Demand(size.value * many, size.value, many, f", if all workers are like the one seen{doubt}")


def _others(facts: Facts) -> float | None:
    """Return the connections that other clients of the database hold now; None when that is not known."""
    total, own = facts.signal("db.connections.total"), facts.amount("db.service.connections")
    if not isinstance(total, float) or isinstance(own, Lack) or own.bias is not None:
        return None
    return max(0.0, total - own.value)


def _budget(facts: Facts, usable: object) -> str:
    """Say what there is to share out, where the pools themselves are not visible."""
    workers = facts.signal("workers.count")
    if not isinstance(usable, float):
        return ""
    slots = f"{_count(usable)} usable slots"
    if not isinstance(workers, float) or workers < 1:
        return slots
    left = max(0.0, usable - (_others(facts) or 0.0))
    return f"{slots}, {say_workers(workers)}: at most {left // workers:.0f} for each pool"


def _count(value: float) -> str:
    return format_value(value, Unit.COUNT)
