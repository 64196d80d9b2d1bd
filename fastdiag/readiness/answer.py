"""The checklist, answered: each item by its own function, which looks at the facts and at nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from fastdiag.model.checklist import Answer, Item
from fastdiag.readiness import application, background, database, live, observability, workers
from fastdiag.readiness.facts import Facts
from fastdiag.readiness.judging import Judged, judge

Question = Callable[[Facts, Item], Judged]

QUESTIONS: Final[Mapping[str, Question]] = {
    "async-no-blocking": application.async_no_blocking,
    "sync-orm-reviewed": application.sync_orm_reviewed,
    "cpu-outside-requests": application.cpu_outside_requests,
    "dependency-timeouts": application.dependency_timeouts,
    "large-responses-checked": application.large_responses_checked,
    "pool-size-configured": database.pool_size_configured,
    "connections-tracked": observability.tracked,
    "transactions-short": database.transactions_short,
    "no-lazy-loading": database.no_lazy_loading,
    "slow-queries-monitored": database.slow_queries_monitored,
    "workers-fit-capacity": workers.workers_fit_capacity,
    "request-timeout-defined": workers.request_timeout_defined,
    "graceful-shutdown": workers.graceful_shutdown,
    "no-worker-local-state": workers.no_worker_local_state,
    "spikes-tested": workers.spikes_tested,
    "critical-tasks-identified": background.critical_tasks_identified,
    "long-jobs-queued": background.long_jobs_queued,
    "failed-jobs-tracked": background.failed_jobs_tracked,
    "tasks-idempotent": background.tasks_idempotent,
    "no-hidden-critical-work": background.no_hidden_critical_work,
    "structured-logs": observability.tracked,
    "latency-tracked": observability.tracked,
    "errors-tracked": observability.tracked,
    "dependencies-traced": observability.tracked,
    "alerts-defined": observability.alerts_defined,
}
"""By the ids of rules/checklists/readiness.yaml."""


def of_ones_own(facts: Facts, item: Item) -> Judged:
    """Judge an item that a team has added in its rules: by what it names, else somebody has to vouch."""
    sights = live.of_sight(facts, item) if item.shown_by else ()
    return Judged(evidence=(*sights, *live.of_causes(facts, item)), enough=live.is_visible(facts, item))


def answer(items: Sequence[Item], facts: Facts) -> tuple[Answer, ...]:
    """Return how the service stands on each item. Pure and deterministic, like ``diagnose``."""
    return tuple(judge(item, QUESTIONS.get(item.id, of_ones_own)(facts, item), facts) for item in items)
