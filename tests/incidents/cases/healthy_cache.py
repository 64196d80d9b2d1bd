"""A single uvicorn with a Redis cache, an asyncpg pool and arq: everything does its work."""

from typing import Final

from tests.incidents.beside.queue import RedisBroker
from tests.incidents.deployments.queues import BOX_OFFICE, BOX_OFFICE_TRAFFIC, SALE
from tests.incidents.faults import nothing
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage

FEW: Final = 5


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    jobs = stage.companion(RedisBroker).in_arq()
    return Confirmation(
        holds=seen.p95_s < 0.4 and not seen.failed and jobs <= FEW,
        measured=f"{seen}; {jobs} jobs are in arq's queue; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="healthy-cache",
    cause=None,
    story="The box office answers from its cache and leaves its tickets to arq, which prints them at once.",
    deployment=BOX_OFFICE,
    traffic=(*BOX_OFFICE_TRAFFIC, SALE),
    fault=nothing,
    manifested=manifested,
    needs=frozenset({Need.REDIS}),
)
