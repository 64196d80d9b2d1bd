"""More orders than the Celery workers can confirm."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.queue import RedisBroker
from tests.incidents.deployments.queues import CHECKOUT, CHECKOUT_TRAFFIC, CONSUMERS, ORDER
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Load

MANY: Final = 110


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, replace(ORDER, rps=16))


def manifested(stage: Stage) -> Confirmation:
    broker = stage.companion(RedisBroker)
    before = broker.waiting_for_celery()
    cores, held, seen = stage.service_cores(), broker.held_by_celery(), stage.load.seen()
    waiting = broker.waiting_for_celery()
    return Confirmation(
        holds=waiting >= MANY and waiting > before and held >= CONSUMERS and seen.p95_s < 0.5,
        measured=f"{waiting} jobs wait in Redis, {waiting - before} more than moments before; the workers "
        f"hold {held}; {seen}; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="receipts-pile-up",
    cause="queue-buildup",
    story="A sale brings sixteen orders a second more; each leaves a confirmation to two Celery processes, "
    "which render five a second, and customers wait for their e-mail.",
    deployment=replace(CHECKOUT, upstream_latency_s=0.4),
    traffic=(*CHECKOUT_TRAFFIC, ORDER),
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.REDIS}),
)
