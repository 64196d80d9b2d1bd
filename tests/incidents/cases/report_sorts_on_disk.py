"""A report that sorts more than fits into work_mem stands on the request path."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import LOYALTY, LOYALTY_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.measure.database import temporary_files
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

MANAGERS: Final = 6


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/reports/best-customers", rps=6), max_in_flight=MANAGERS)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    sessions = stage.sessions()
    files = temporary_files(stage)
    return Confirmation(
        holds=sessions.active >= MANAGERS - 2 and files >= MANAGERS and not sessions.locked and cores < 0.6,
        measured=f"{seen}; {sessions.active} sessions run a statement, {files} temporary files written "
        f"so far, {sessions.locked} wait for a lock; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="report-sorts-on-disk",
    cause="slow-queries",
    story="Six store managers keep reloading the list of best customers; it sorts every purchase in "
    "temporary files, for seconds.",
    deployment=LOYALTY,
    traffic=LOYALTY_TRAFFIC,
    fault=fault,
    manifested=manifested,
    falls_short="statements that take less than a second each do not count as slow",
)
