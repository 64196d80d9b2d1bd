"""RabbitMQ's disk runs short, and it stops taking messages."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.beside.queue import RabbitBroker, Worker, disk_alarm
from tests.incidents.deployments.queues import CHECKOUT_ON_RABBITMQ, CHECKOUT_TRAFFIC, ORDER
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage

ORDERED: Final = 5
"""Orders a look: three come a second."""


def fault(stage: Stage) -> AbstractContextManager[None]:
    return disk_alarm(stage)


def manifested(stage: Stage) -> Confirmation:
    broker, confirmed = stage.companion(RabbitBroker), stage.upstream.counts().calls
    cores, seen = stage.service_cores(), stage.load.seen(route="/orders")
    confirmed_since, held_up = stage.upstream.counts().calls - confirmed, broker.held_up()
    return Confirmation(
        holds=held_up >= 1
        and not confirmed_since
        and seen.finished >= ORDERED
        and not seen.failed
        and stage.companion(Worker).is_alive,
        measured=f"the broker holds up {held_up} connections; no confirmation was rendered in two seconds; "
        f"orders: {seen}; {broker.queue()['messages_ready']} messages ready; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="orders-behind-alarm",
    cause="broker-blocked",
    story="A log file fills the disk of the broker's machine, and RabbitMQ takes no messages; orders are "
    "answered with 201 as ever, their confirmations stay in the service's buffers, and nobody is told.",
    deployment=CHECKOUT_ON_RABBITMQ,
    traffic=(*CHECKOUT_TRAFFIC, ORDER),
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.RABBITMQ}),
)
