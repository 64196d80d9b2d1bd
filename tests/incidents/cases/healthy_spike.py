"""Three times the usual traffic, which the service carries."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.deployments import SHOP, SHOP_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load

USUAL: Final = tuple(replace(route, rps=route.rps * 0.4) for route in SHOP_TRAFFIC)
USUAL_RPS: Final = sum(route.rps for route in USUAL)


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, *(replace(route, rps=route.rps * 2) for route in USUAL))


def manifested(stage: Stage) -> Confirmation:
    rate = stage.prometheus.value("sum(rate(starlette_requests_total{path!='/metrics'}[5s]))") or 0.0
    cores, seen = stage.service_cores(), stage.load.seen()
    return Confirmation(
        holds=seen.p95_s < 0.4 and not seen.failed and rate > 2 * USUAL_RPS and cores < 1.5,
        measured=f"{seen} by the usual clients; the service counts {rate:.0f} requests a second "
        f"where {USUAL_RPS:.0f} are usual; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="healthy-spike",
    cause=None,
    story="A newsletter goes out and three times as many customers look around; every one is served at once.",
    deployment=SHOP,
    traffic=USUAL,
    fault=fault,
    manifested=manifested,
)
