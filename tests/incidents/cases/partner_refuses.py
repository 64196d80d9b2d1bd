"""A partner is down: its machine refuses connections."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments.queues import BOX_OFFICE, BOX_OFFICE_TRAFFIC
from tests.incidents.faults import upstream_gone
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Route
from tests.stack.ports import is_listening


def fault(stage: Stage) -> AbstractContextManager[None]:
    return upstream_gone(stage)


def manifested(stage: Stage) -> Confirmation:
    cores, is_up = stage.service_cores(), is_listening(stage.upstream.port)
    weather, events = stage.load.seen(route="/venues/{id}/weather"), stage.load.seen(route="/events/{id}")
    return Confirmation(
        holds=weather.failure_ratio == 1 and not is_up and not events.failed,
        measured=f"{weather} where the partner is asked, {events.failure_ratio:.0%} failed where it is not; "
        f"the partner {'listens' if is_up else 'refuses connections'}; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="partner-refuses",
    cause="dependency-down",
    story="The weather provider's deployment failed and nobody listens at its port any more; the route that "
    "shows the forecast fails at once, all others do their work.",
    deployment=BOX_OFFICE,
    traffic=(*BOX_OFFICE_TRAFFIC, Route(path="/venues/{id}/weather", rps=6)),
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.REDIS}),
)
