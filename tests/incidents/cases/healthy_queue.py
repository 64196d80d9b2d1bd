"""A service that leaves work to Celery, which keeps up with it."""

from typing import Final

from tests.incidents.beside.queue import RedisBroker
from tests.incidents.deployments.queues import CHECKOUT, CHECKOUT_TRAFFIC, ORDER
from tests.incidents.faults import nothing
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage

FEW: Final = 5


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    waiting = stage.companion(RedisBroker).waiting_for_celery()
    return Confirmation(
        holds=seen.p95_s < 0.4 and not seen.failed and waiting <= FEW,
        measured=f"{seen}; {waiting} jobs wait for a Celery worker; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="healthy-queue",
    cause=None,
    story="Each order leaves a confirmation to Celery; two processes send them as fast as they come, and "
    "the queue is empty again after each.",
    deployment=CHECKOUT,
    traffic=(*CHECKOUT_TRAFFIC, ORDER),
    fault=nothing,
    manifested=manifested,
    needs=frozenset({Need.REDIS}),
)
