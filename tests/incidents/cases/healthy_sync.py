"""A service with `def` routes that does its work, with a partner that takes a third of a second."""

from dataclasses import replace
from typing import Final

from tests.incidents.deployments import SHOP, SHOP_TRAFFIC
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
    name="healthy-sync",
    cause=None,
    story="Steady traffic on `def` routes; some requests ask a carrier, which takes its usual 0.3 s.",
    deployment=replace(SHOP, upstream_latency_s=0.3),
    traffic=SHOP_TRAFFIC,
    fault=nothing,
    manifested=manifested,
)
