"""A report builds everything in memory, and the kernel ends the worker that does."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.control_group import IN_THE_GROUP
from tests.incidents.beside.memory import MemoryGroup, memory_limit
from tests.incidents.deployments import BACKOFFICE, BACKOFFICE_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/reports/stock-history", rps=0.8), max_in_flight=10)


def manifested(stage: Stage) -> Confirmation:
    group, seen = stage.companion(MemoryGroup), stage.load.seen()
    return Confirmation(
        holds=group.kills() >= 3 and seen.failed > 0,
        measured=f"{seen} on routes that need little; the kernel has killed {group.kills()} processes for "
        f"the limit of {group.limit_bytes >> 20} MiB",
    )


INCIDENT: Final = Incident(
    name="report-killed",
    cause="memory-exhaustion",
    story="At the end of the quarter several people ask for the stock of two years, a line for each product "
    "and day; the route fetches all rows at once, and each one takes its worker over the limit of memory.",
    deployment=replace(BACKOFFICE, beside=(memory_limit(280),), under=IN_THE_GROUP),
    traffic=BACKOFFICE_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"worker-restarts"}),  # gunicorn starts another for each one that is killed
    needs=frozenset({Need.CONTROL_GROUPS}),
)
