"""More computing than both processes on both cores can do."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.deployments.accounts import ACCOUNTS, ACCOUNTS_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/customers/{id}/similar", rps=40), max_in_flight=40)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/terms")
    return Confirmation(
        holds=seen.p95_s > 0.8 and cores > 1.4,
        measured=f"{seen} on a route that computes nothing; {cores:.2f} cores busy in two processes",
    )


INCIDENT: Final = Incident(
    name="similar-customers",
    cause="cpu-saturation",
    story="Marketing shows every visitor what similar customers bought; comparing the baskets takes a tenth "
    "of a second of computing, far more often than two processes can do.",
    deployment=replace(ACCOUNTS, workers=2),
    traffic=ACCOUNTS_TRAFFIC,
    fault=fault,
    manifested=manifested,
)
