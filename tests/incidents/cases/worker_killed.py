"""The only Celery worker of a queue on RabbitMQ vanishes."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.beside.queue import RabbitBroker, Worker, worker_gone
from tests.incidents.deployments.queues import CHECKOUT_ON_RABBITMQ, CHECKOUT_TRAFFIC, ORDER
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.needs import Need
from tests.incidents.stage import Stage

SEVERAL: Final = 30


def fault(stage: Stage) -> AbstractContextManager[None]:
    return worker_gone(stage)


def manifested(stage: Stage) -> Confirmation:
    cores, seen, queue = stage.service_cores(), stage.load.seen(), stage.companion(RabbitBroker).queue()
    is_alive = stage.companion(Worker).is_alive
    return Confirmation(
        holds=queue["messages_ready"] >= SEVERAL and not queue["consumers"] and not is_alive,
        measured=f"{queue['messages_ready']} messages ready, {queue['messages_unacknowledged']} taken, "
        f"{queue['consumers']} consumers; {seen}; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="worker-killed",
    cause="queue-consumers-stalled",
    story="The machine with the only Celery worker is gone; orders are taken as before, RabbitMQ keeps their "
    "confirmations, and no customer gets one.",
    deployment=CHECKOUT_ON_RABBITMQ,
    traffic=(*CHECKOUT_TRAFFIC, ORDER),
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.RABBITMQ}),
    tier=Tier.QUICK,
)
