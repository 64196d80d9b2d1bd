"""Somebody tries passwords, and each wrong one sleeps in a thread."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments.accounts import ACCOUNTS
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

THREADS: Final = 40
GUESS: Final = {"email": "customer7@example.com", "password": "123456"}


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/login", method="POST", rps=20, body=dict(GUESS)), max_in_flight=90)


def manifested(stage: Stage) -> Confirmation:
    cores, seen, threads = stage.service_cores(), stage.load.seen(route="/terms"), stage.app.threads()
    active = sum(1 for session in stage.sessions() if session.state != "idle")
    return Confirmation(
        holds=seen.p95_s > 1.0 and threads >= THREADS and active <= 3 and cores < 0.6,
        measured=f"{seen} on a route that never waits; {threads} threads; "
        f"{active} database sessions in use; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="login-tarpit",
    cause="thread-pool-exhaustion",
    story="A bot tries twenty stolen passwords a second; each wrong one is delayed by three seconds with "
    "`time.sleep` in a `def` route, which needs more than the forty threads that all routes share.",
    deployment=ACCOUNTS,
    # None of these takes a connection in one thread and uses it in the next: that is another story.
    traffic=(Route(path="/terms", rps=20), Route(path="/customers/{id}/similar", rps=1)),
    fault=fault,
    manifested=manifested,
)
