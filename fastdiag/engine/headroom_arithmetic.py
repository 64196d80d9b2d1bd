"""Settings held against each other: what cannot go together, whatever the traffic is today."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastdiag.engine.headroom_connections import (
    pooler_against_pools,
    pooler_against_slots,
    pools_against_slots,
    threads_against_pool,
)
from fastdiag.engine.headroom_facts import Facts, Question, say_workers
from fastdiag.engine.headroom_timeouts import (
    grace_against_requests,
    grace_against_termination,
    keepalive_against_proxy,
    timeout_against_health_check,
    timeout_against_requests,
)
from fastdiag.engine.look import Look
from fastdiag.model.headroom import Sum
from fastdiag.model.quantity import Unit, format_value

_CORES: Final = Question(
    id="workers-against-cores",
    title="Workers, and the cores they can use",
    why="A worker runs Python on one core at a time. Many workers on few cores compete for them, and each "
    "brings its own pool, memory and threads.",
)
_MEMORY: Final = Question(
    id="worker-against-memory",
    title="One more worker, and the memory that is left",
    why="Beyond the limit the kernel ends a worker with all its requests (OOM).",
)
_BACKLOG: Final = Question(
    id="backlog-against-kernel",
    title="Accept queue asked for, and what the kernel allows",
    why="The kernel cuts a longer queue to its own limit without a word; in a spike the rest is dropped.",
)


MOST_WORKERS_A_CORE: Final = 2.0
"""A worker that waits for others leaves its core to one more; beyond, they only get into each other's way."""


def arithmetic(look: Look) -> tuple[Sum, ...]:
    """Return all sums that concern this service."""
    facts = Facts(look)
    return tuple(found for one in SUMS if (found := one(facts)) is not None)


def workers_against_cores(facts: Facts) -> Sum:
    """Hold the workers against the cores."""
    workers, cores = facts.signal("workers.count"), facts.signal("service.cores")
    if not isinstance(workers, float) or not isinstance(cores, float):
        return _CORES.open(workers, cores)
    fits = workers <= max(1.0, MOST_WORKERS_A_CORE * cores)
    because = "not too many" if fits else f"more than {MOST_WORKERS_A_CORE:.0f} a core take turns under load"
    numbers = f"{say_workers(workers)}, {_count(cores)} {'core' if cores == 1 else 'cores'}"
    return _CORES.answer(fits=fits, numbers=numbers, because=because)


def worker_against_memory(facts: Facts) -> Sum | None:
    """Say whether one more worker would fit: the first remedy that people reach for."""
    workers, used = facts.signal("workers.count"), facts.signal("process.rss")
    limit = facts.signal("process.rss.limit")
    if not isinstance(workers, float) or not isinstance(used, float) or not isinstance(limit, float):
        return _MEMORY.open(workers, used, limit)
    if workers < 1:
        return None
    each, left = used / workers, max(0.0, limit - used)
    fits = each < left
    because = "there is room for one more" if fits else "one more does not fit"
    numbers = f"{_bytes(each)} a worker, {_bytes(left)} of {_bytes(limit)} left"
    return _MEMORY.answer(fits=fits, numbers=numbers, because=because)


def backlog_against_kernel(facts: Facts) -> Sum:
    """Hold the accept queue that the server asked for against the one it got."""
    asked, allowed = facts.signal("server.backlog.configured"), facts.signal("server.backlog.limit")
    if not isinstance(asked, float) or not isinstance(allowed, float):
        return _BACKLOG.open(asked, allowed)
    fits = asked <= allowed
    cut = "cut by net.core.somaxconn of the service's network namespace"
    because = "the kernel allows all of it" if fits else cut
    numbers = f"{_count(asked)} asked, {_count(allowed)} in force"
    return _BACKLOG.answer(fits=fits, numbers=numbers, because=because)


def _bytes(value: float) -> str:
    return format_value(value, Unit.BYTES)


def _count(value: float) -> str:
    return format_value(value, Unit.COUNT)


SUMS: Final[tuple[Callable[[Facts], Sum | None], ...]] = (
    pools_against_slots,
    pooler_against_pools,
    pooler_against_slots,
    threads_against_pool,
    workers_against_cores,
    worker_against_memory,
    backlog_against_kernel,
    keepalive_against_proxy,
    timeout_against_requests,
    timeout_against_health_check,
    grace_against_requests,
    grace_against_termination,
)
"""From the database outwards; None where a sum does not concern the service."""
