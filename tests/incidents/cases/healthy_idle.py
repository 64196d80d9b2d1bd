"""Nobody asks: no traffic is no fault."""

from typing import Final

from tests.incidents.deployments import ORDERS
from tests.incidents.faults import nothing
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    active = stage.sessions().active
    return Confirmation(
        holds=not seen.finished and not seen.in_flight and cores < 0.3 and stage.app.answers(),
        measured=f"{seen}; {active} database sessions active; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="healthy-idle",
    cause=None,
    story="The shop of a small town at night: for minutes nobody orders, and only Prometheus asks.",
    deployment=ORDERS,
    traffic=(),
    fault=nothing,
    manifested=manifested,
)
