"""A well observed service on hypercorn that does its work."""

from typing import Final

from tests.incidents.beside.collector import TraceCollector
from tests.incidents.deployments import PARCELS, PARCELS_TRAFFIC
from tests.incidents.faults import nothing
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    batches = stage.companion(TraceCollector).batches()
    return Confirmation(
        holds=seen.p95_s < 0.4 and not seen.failed and cores < 1.2 and batches > 0,
        measured=f"{seen}; {batches} batches of spans have left; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="healthy-traced",
    cause=None,
    story="Parcels are tracked and sent in milliseconds, under hypercorn; spans leave for a collector.",
    deployment=PARCELS,
    traffic=PARCELS_TRAFFIC,
    fault=nothing,
    manifested=manifested,
)
