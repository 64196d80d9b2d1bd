"""Somebody gives the container less CPU than its traffic needs."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.control_group import IN_THE_GROUP
from tests.incidents.beside.cpu import CpuGroup, cpu_group, cpu_limited
from tests.incidents.deployments import SHOP, SHOP_TRAFFIC
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.needs import Need
from tests.incidents.stage import Stage

OF_WHAT_IS_NEEDED: Final = 0.6


def fault(stage: Stage) -> AbstractContextManager[None]:
    return cpu_limited(stage, cores=max(0.03, OF_WHAT_IS_NEEDED * stage.service_cores()))


def manifested(stage: Stage) -> Confirmation:
    group = stage.companion(CpuGroup)
    before, cores, seen = group.periods(), stage.service_cores(), stage.load.seen(route="/products/{id}")
    stopped = group.stopped_since(before)
    return Confirmation(
        holds=seen.p95_s > 1.0 and stopped > 0.3,
        measured=f"{seen}; stopped by the quota in {stopped:.0%} of the periods; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="quota-too-small",
    cause="cpu-throttling",
    story="To save money somebody lowers the container's CPU limit to what a dashboard showed at night: "
    "six tenths of what the day's traffic needs.",
    deployment=replace(SHOP, beside=(cpu_group(),), under=IN_THE_GROUP),
    traffic=SHOP_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"cpu-saturation"}),  # of the CPU that is left
    needs=frozenset({Need.CONTROL_GROUPS}),
    tier=Tier.QUICK,
)
