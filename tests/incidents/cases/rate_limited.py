"""More visitors than a partner's contract covers: it answers 429."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.incidents.deployments.queues import BOX_OFFICE, BOX_OFFICE_TRAFFIC
from tests.incidents.faults import more_users, upstream_changed
from tests.incidents.measure.partner import watch_partner
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Route

WEATHER: Final = "/venues/{id}/weather"
AGREED_RPS: Final = 6


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    with upstream_changed(stage, per_second=AGREED_RPS), more_users(stage, Route(path=WEATHER, rps=14)):
        yield


def manifested(stage: Stage) -> Confirmation:
    partner = watch_partner(stage)
    weather, events = stage.load.seen(route=WEATHER), stage.load.seen(route="/events/{id}")
    return Confirmation(
        holds=partner.turned_away_ratio > 0.3 and weather.failure_ratio > 0.2 and events.p95_s < 0.25,
        measured=f"{weather} where the partner is asked; {partner}",
    )


INCIDENT: Final = Incident(
    name="rate-limited",
    cause="downstream-capacity-limit",
    story="A storm makes everybody look at the forecast; the weather provider takes six calls a second, as "
    "the contract says, and answers 429 to the others.",
    deployment=BOX_OFFICE,
    traffic=(*BOX_OFFICE_TRAFFIC, Route(path=WEATHER, rps=3)),
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.REDIS}),
    falls_short="one decisive finding about a cause that few symptoms point to",
)
