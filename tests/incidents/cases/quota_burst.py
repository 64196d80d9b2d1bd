"""On average the service stays below its CPU limit; every burst of computing runs into it."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.control_group import IN_THE_GROUP
from tests.incidents.beside.cpu import CpuGroup, cpu_group, cpu_limited
from tests.incidents.deployments.accounts import ACCOUNTS
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Route

CORES: Final = 0.09


def fault(stage: Stage) -> AbstractContextManager[None]:
    return cpu_limited(stage, cores=CORES)


def manifested(stage: Stage) -> Confirmation:
    group = stage.companion(CpuGroup)
    before, cores = group.periods(), stage.service_cores()
    stopped, seen = group.stopped_since(before), stage.load.seen(10, route="/customers/{id}/similar")
    return Confirmation(
        holds=seen.finished >= 3 and seen.p50_s > 0.8 and stopped > 0.2,
        measured=f"{seen} where something is computed; stopped by the quota in {stopped:.0%} of the periods; "
        f"{cores:.2f} of {CORES} cores busy",
    )


INCIDENT: Final = Incident(
    name="quota-burst",
    cause="cpu-throttling",
    story="The platform team rolls out a default CPU limit of nine hundredths of a core, somewhat more than "
    "the service's average; whatever computes for a tenth of a second now takes a second.",
    deployment=replace(ACCOUNTS, beside=(cpu_group(),), under=IN_THE_GROUP),
    traffic=(
        Route(path="/customers/{id}/similar", rps=0.5),
        Route(path="/customers/{id}", rps=2),
        Route(path="/terms", rps=1),
    ),
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.CONTROL_GROUPS}),
)
