"""The carrier stops answering, and the Celery workers ask it without a timeout."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.beside.queue import RedisBroker, Worker
from tests.incidents.deployments.queues import CHECKOUT, CHECKOUT_TRAFFIC, CONSUMERS
from tests.incidents.faults import slow_upstream
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Route

SEVERAL: Final = 60


def fault(stage: Stage) -> AbstractContextManager[None]:
    return slow_upstream(stage, seconds=600)


def manifested(stage: Stage) -> Confirmation:
    broker, worker = stage.companion(RedisBroker), stage.companion(Worker)
    asked = stage.upstream.counts().calls
    cores, seen, waiting = stage.service_cores(), stage.load.seen(), broker.waiting_for_celery()
    asked_since = stage.upstream.counts().calls - asked
    return Confirmation(
        holds=waiting >= SEVERAL and not asked_since and worker.is_alive and seen.p95_s < 0.5,
        measured=f"{waiting} jobs wait in Redis; the {CONSUMERS} worker processes live and have asked the "
        f"carrier {asked_since} times in two seconds; {seen}; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="couriers-unbooked",
    cause="queue-consumers-stalled",
    story="The carrier accepts connections and answers nothing; `requests.post` without a timeout keeps both "
    "Celery processes in their first booking, alive and idle, while the queue grows behind them.",
    deployment=CHECKOUT,
    traffic=(*CHECKOUT_TRAFFIC, Route(path="/orders/{id}/courier", method="POST", rps=4)),
    fault=fault,
    manifested=manifested,
    config="parameters:\n  job_wait: 10s  # couriers come within the hour\n",
    needs=frozenset({Need.REDIS}),
    consequences=frozenset({"queue-buildup"}),
)
