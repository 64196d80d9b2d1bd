"""A session dependency takes its connection in one thread, and the route needs another to use it."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments_accounts import ACCOUNTS, ACCOUNTS_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

POOL: Final = 10
THREADS: Final = 40


def fault(stage: Stage) -> AbstractContextManager[Load]:
    # All at once; when nothing is answered any more, hardly anything more is sent.
    return more_users(stage, Route(path="/customers/{id}/orders", rps=400), max_in_flight=90)


def manifested(stage: Stage) -> Confirmation:
    cores, seen, threads = stage.service_cores(), stage.load.seen(), stage.app.threads()
    sessions = stage.backends()
    at_work = sum(1 for session in sessions if session.state == "active")
    return Confirmation(
        holds=seen.oldest_s > 4
        and len(sessions) >= POOL
        and not at_work
        and threads >= THREADS
        and cores < 0.4,
        measured=f"{seen}; {len(sessions)} sessions of a pool of {POOL}, {at_work} at work; "
        f"{threads} threads; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="herd-after-push",
    cause="thread-pool-deadlock",
    story="A push message makes ninety apps ask at the same moment; the `def` dependency takes a connection "
    "in one of forty threads, its route waits for the next thread, and all threads wait for connections.",
    deployment=ACCOUNTS,
    traffic=ACCOUNTS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    # Both limits are reached, and neither would be for long without the other.
    consequences=frozenset({"db-pool-exhaustion", "thread-pool-exhaustion"}),
)
