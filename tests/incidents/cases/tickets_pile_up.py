"""More tickets sold than the arq worker can render."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.queue import RedisBroker, Worker
from tests.incidents.deployments.queues import BOX_OFFICE, BOX_OFFICE_TRAFFIC, SALE
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Load

MANY: Final = 180


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, replace(SALE, rps=14))


def manifested(stage: Stage) -> Confirmation:
    broker, worker = stage.companion(RedisBroker), stage.companion(Worker)
    before, rendered_before = broker.in_arq(), stage.upstream.counts().calls
    cores, seen = stage.service_cores(), stage.load.seen()
    waiting, rendered = broker.in_arq(), stage.upstream.counts().calls - rendered_before
    return Confirmation(
        holds=waiting >= MANY and waiting > before and rendered > 0 and worker.is_alive and seen.p95_s < 0.5,
        measured=f"{waiting} jobs in the queue, {waiting - before} more than moments before, in which "
        f"{rendered} were rendered; {seen}; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="tickets-pile-up",
    cause="queue-buildup",
    story="A popular concert goes on sale; tickets are sold at fourteen a second more and rendered at four, "
    "so that they arrive ever later, while the shop itself answers in milliseconds.",
    deployment=replace(BOX_OFFICE, upstream_latency_s=0.4),
    traffic=(*BOX_OFFICE_TRAFFIC, SALE),
    fault=fault,
    manifested=manifested,
    config="parameters:\n  job_wait: 10s  # tickets are shown at once\n",
    needs=frozenset({Need.REDIS}),
)
