"""A service without any metrics, under `uvicorn --workers 2`, that does its work."""

from typing import Final

from tests.incidents.deployments import TICKETS, TICKETS_TRAFFIC
from tests.incidents.faults import nothing
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    return Confirmation(
        holds=seen.p95_s < 0.4 and not seen.failed and cores < 1.2,
        measured=f"{seen}; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="healthy-unmeasured",
    cause=None,
    story="The help desk was written in a week and never measured; it answers in milliseconds all the same.",
    deployment=TICKETS,
    traffic=TICKETS_TRAFFIC,
    fault=nothing,
    manifested=manifested,
)
