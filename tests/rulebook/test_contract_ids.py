"""Ids that scripts, dashboards and people depend on: they may get company, and never go."""

from __future__ import annotations

from typing import Final

from fastdiag.model.rule import Kind
from tests.engine.tables import builtin

BOOK = builtin()

CAUSES: Final = [
    "db-pool-exhaustion",
    "db-connection-limit",
    "connection-leak",
    "event-loop-blocking",
    "thread-pool-exhaustion",
    "slow-external-dependency",
    "missing-timeout",
    "external-api-retries",
    "database-locks",
    "slow-queries",
    "long-transactions",
    "queue-buildup",
    "in-process-background-tasks",
    "worker-saturation",
    "worker-restarts",
    "worker-local-state",
    "resource-buildup",
    "cpu-saturation",
    "cpu-throttling",
    "downstream-capacity-limit",
    "missing-tracing",
    "missing-dependency-timing",
    "missing-correlation-ids",
]
SYMPTOMS: Final = [
    "low-cpu-high-latency",
    "throughput-plateau",
    "hanging-requests",
    "random-timeouts",
    "silent-task-failure",
    "restart-fixes-temporarily",
    "slow-request-logs-only",
    "high-cpu-high-latency",
    "error-spike",
    "worker-instability",
    "inconsistent-responses",
]
FIRST_SUSPECTS: Final = {
    "low-cpu-high-latency": ("db-pool-exhaustion", "event-loop-blocking", "slow-external-dependency"),
    "throughput-plateau": ("worker-saturation", "downstream-capacity-limit"),
    "hanging-requests": ("db-pool-exhaustion", "event-loop-blocking", "missing-timeout"),
    "random-timeouts": ("external-api-retries", "database-locks", "queue-buildup"),
    "silent-task-failure": ("in-process-background-tasks",),
    "restart-fixes-temporarily": ("connection-leak", "worker-local-state", "resource-buildup"),
    "slow-request-logs-only": ("missing-tracing", "missing-dependency-timing", "missing-correlation-ids"),
}
"""The order in which an expert would suspect them."""


def test_every_cause_of_the_contract_is_in_the_table() -> None:
    assert set(CAUSES) - {cause.id for cause in BOOK.causes} == set()


def test_every_symptom_of_the_contract_is_in_the_table() -> None:
    assert set(SYMPTOMS) - {symptom.id for symptom in BOOK.symptoms} == set()


def test_the_first_suspects_are_those_of_an_expert() -> None:
    suspects = {name: BOOK.symptom(name).suspects for name in FIRST_SUSPECTS}
    assert {name: suspects[name][: len(first)] for name, first in FIRST_SUSPECTS.items()} == FIRST_SUSPECTS


def test_what_only_keeps_people_from_seeing_is_of_the_kind_visibility() -> None:
    lacks = {cause.id for cause in BOOK.causes if cause.kind is Kind.VISIBILITY}
    assert lacks == {cause.id for cause in BOOK.causes if cause.id.startswith("missing-")} - {
        "missing-timeout"
    }
