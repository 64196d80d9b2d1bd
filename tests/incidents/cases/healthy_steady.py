"""A service that does its work: nothing to find."""

from dataclasses import replace
from typing import Final

from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC
from tests.incidents.faults import nothing
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.stage import Stage


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    waiting = stage.sessions().locked
    return Confirmation(
        holds=seen.p95_s < 0.25 and not seen.failed and cores < 1.2 and not waiting,
        measured=f"{seen}; {cores:.2f} cores busy; {waiting} sessions wait for a lock",
    )


INCIDENT: Final = Incident(
    name="healthy-steady",
    cause=None,
    story="Steady traffic, moderate CPU, every request answered in milliseconds.",
    deployment=ORDERS,
    traffic=tuple(replace(route, rps=route.rps * 1.5) for route in ORDERS_TRAFFIC),
    fault=nothing,
    manifested=manifested,
    tier=Tier.EVERY_RUN,
)
