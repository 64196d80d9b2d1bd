"""Two faults that have nothing to do with each other: a slow partner, and a worker that is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.queue import RedisBroker, Worker, worker_gone
from tests.incidents.deployments.queues import BOX_OFFICE, BOX_OFFICE_TRAFFIC, SALE
from tests.incidents.faults import slow_upstream
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Route

SLOW_S: Final = 3.0
SEVERAL: Final = 90


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    with worker_gone(stage), slow_upstream(stage, seconds=SLOW_S):
        yield


def manifested(stage: Stage) -> Confirmation:
    cores, partner_s = stage.service_cores(), stage.upstream.answers_in_s()
    weather, events = stage.load.seen(route="/venues/{id}/weather"), stage.load.seen(route="/events/{id}")
    waiting, is_alive = stage.companion(RedisBroker).in_arq(), stage.companion(Worker).is_alive
    is_slow = weather.p50_s > 0.7 * SLOW_S and partner_s > 0.7 * SLOW_S and events.p95_s < 0.25
    return Confirmation(
        holds=is_slow and waiting >= SEVERAL and not is_alive,
        measured=f"{weather} where the partner is asked, p95 {events.p95_s:.2f} s where it is not; the "
        f"partner answers in {partner_s:.2f} s; {waiting} jobs in the queue and "
        f"{'a' if is_alive else 'no'} worker; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="slow-partner-dead-worker",
    cause="slow-external-dependency",
    story="The weather provider begins to take three seconds, and in the same minute the arq worker is "
    "killed: visitors wait, and no ticket is rendered.",
    deployment=BOX_OFFICE,
    traffic=(*BOX_OFFICE_TRAFFIC, Route(path="/venues/{id}/weather", rps=6), replace(SALE, rps=6)),
    fault=fault,
    manifested=manifested,
    also_true=frozenset({"queue-consumers-stalled"}),
    consequences=frozenset({"queue-buildup"}),  # confirmed: the jobs that wait are counted in Redis itself
    config="parameters:\n  job_wait: 10s  # tickets are shown at once\n",
    needs=frozenset({Need.REDIS}),
)
