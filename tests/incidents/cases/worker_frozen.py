"""The arq worker is there, and does nothing."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.queue import RedisBroker, Worker, worker_frozen
from tests.incidents.deployments.queues import BOX_OFFICE, BOX_OFFICE_TRAFFIC, SALE
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage

SEVERAL: Final = 90


def fault(stage: Stage) -> AbstractContextManager[None]:
    return worker_frozen(stage)


def manifested(stage: Stage) -> Confirmation:
    before = stage.upstream.counts().calls
    cores, seen = stage.service_cores(), stage.load.seen()
    waiting, rendered = stage.companion(RedisBroker).in_arq(), stage.upstream.counts().calls - before
    is_frozen = stage.companion(Worker).is_frozen
    return Confirmation(
        holds=waiting >= SEVERAL and not rendered and is_frozen,
        measured=f"{waiting} jobs in the queue, {rendered} rendered; the worker "
        f"{'is stopped' if is_frozen else 'runs'}; {seen}; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="worker-frozen",
    cause="queue-consumers-stalled",
    story="A back-up job paused the worker's container and never resumed it; tickets are sold and none is "
    "rendered, while every monitor sees the worker's process.",
    deployment=BOX_OFFICE,
    traffic=(*BOX_OFFICE_TRAFFIC, replace(SALE, rps=6)),
    fault=fault,
    manifested=manifested,
    config="parameters:\n  job_wait: 10s  # tickets are shown at once\n",
    needs=frozenset({Need.REDIS}),
)
