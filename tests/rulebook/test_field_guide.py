"""How FastAPI services break in production, row by row, and where the table answers each row.

Symptoms and assumptions must match exactly; of layers and mechanisms each row names causes that must be filed
under it, so that rules/README.md (written from the table) points at them.
"""

from __future__ import annotations

from typing import Final

import pytest

from fastdiag.model.rule import Layer
from fastdiag.rulebook.lint import ASSUMPTIONS, MECHANISMS, lint
from tests.engine.tables import builtin

BOOK = builtin()

LAYERS: Final = {
    # layer: (hard limit, first symptom) -> the causes that are that limit, a symptom of the table
    Layer.APPLICATION: (["event-loop-blocking", "thread-pool-exhaustion"], "low-cpu-high-latency"),
    Layer.ORM_SESSION: (["db-pool-exhaustion", "connection-leak", "n-plus-one-queries"], "hanging-requests"),
    Layer.DATABASE: (["db-connection-limit", "pgbouncer-pool-exhaustion"], "random-timeouts"),
    Layer.INFRASTRUCTURE: (["worker-saturation", "fd-exhaustion", "no-backpressure"], "throughput-plateau"),
}
MECHANISM_CAUSES: Final = {
    "blocking code in async routes": ["event-loop-blocking", "large-responses"],
    "synchronous routes": ["thread-pool-exhaustion", "thread-pool-deadlock"],
    "pool arithmetic": ["db-connection-limit", "db-pool-exhaustion", "thread-pool-deadlock"],
    "database mistakes": [
        "db-pool-exhaustion",
        "long-transactions",
        "n-plus-one-queries",
        "missing-timeout",
        "connection-held-during-slow-work",
    ],
    "connection leaks": ["connection-leak"],
    "server defaults": ["no-backpressure", "worker-oversubscription", "keepalive-mismatch", "queue-buildup"],
    "workers share no memory": ["worker-local-state"],
    "in-process background tasks": ["in-process-background-tasks", "queue-consumers-stalled"],
    "observability gap": ["missing-tracing", "missing-dependency-timing", "missing-correlation-ids"],
}
CLASSIC_SEQUENCE: Final = {
    # Traffic grows, latency creeps up, time-outs come now and then, CPU looks healthy, the pool is empty.
    "low-cpu-high-latency": "db-pool-exhaustion",
    "random-timeouts": "db-pool-exhaustion",
    "hanging-requests": "db-pool-exhaustion",
    "throughput-plateau": "db-pool-exhaustion",
    "error-spike": "db-pool-exhaustion",
}
SLOW_REQUEST_MAY_BE: Final = [
    "database-locks",
    "external-api-retries",
    "in-process-background-tasks",
    "db-pool-exhaustion",
    "worker-saturation",
]


@pytest.mark.parametrize("layer", list(Layer))
def test_each_layer_has_its_hard_limits_and_its_first_symptom(layer: Layer) -> None:
    limits, symptom = LAYERS[layer]
    assert {BOOK.cause(name).layer for name in limits} == {layer}
    assert any(symptom in BOOK.cause(name).explains for name in limits)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_each_mechanism_has_its_causes(mechanism: str) -> None:
    filed = {cause.id for cause in BOOK.causes if mechanism in cause.mechanisms}
    assert set(MECHANISM_CAUSES[mechanism]) <= filed


def test_each_assumption_is_broken_by_a_cause_and_each_cause_breaks_one() -> None:
    assert {cause.assumption for cause in BOOK.causes} == set(ASSUMPTIONS)


def test_the_classic_sequence_is_recognised_at_every_step() -> None:
    for symptom, cause in CLASSIC_SEQUENCE.items():
        assert symptom in BOOK.cause(cause).explains


def test_every_reason_that_a_slow_request_may_have_explains_slowness() -> None:
    slow = {"low-cpu-high-latency", "high-latency", "random-timeouts"}
    assert [name for name in SLOW_REQUEST_MAY_BE if not slow & set(BOOK.cause(name).explains)] == []


def test_the_built_in_table_has_no_gaps() -> None:
    assert [f"{finding.where}: {finding.message}" for finding in lint(BOOK)] == []
