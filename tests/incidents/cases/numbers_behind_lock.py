"""An `async def` route waits for a file lock, and the whole service with it."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.incidents.companions import Companion, Surroundings
from tests.incidents.deployments.accounts import INVOICING, INVOICING_TRAFFIC
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Route

HELD_FOR_S: Final = 1.5
PAUSE_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class NumbersFile:
    """The file on the shared disk from which invoices get their numbers."""

    path: Path


@contextmanager
def numbers_file(around: Surroundings) -> Iterator[Companion]:
    """Put the file where the service finds it."""
    path = around.directory / "invoice-numbers"
    yield Companion(handle=NumbersFile(path), environment={"NUMBERS_FILE": str(path)})


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    """Let the accounting script copy the file again and again, under its lock."""
    leave = threading.Event()
    script = threading.Thread(target=_hold, args=(stage.companion(NumbersFile).path, leave), daemon=True)
    script.start()
    try:
        yield
    finally:
        leave.set()
        script.join(10)


def _hold(path: Path, leave: threading.Event) -> None:
    while not leave.wait(PAUSE_S):
        with path.open("a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            leave.wait(HELD_FOR_S)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/products")
    active = stage.sessions().active
    return Confirmation(
        holds=seen.p95_s > 1.0 and cores < 0.5 and active <= 1,
        measured=f"{seen} on a route that needs no number; {active} database sessions active; "
        f"{cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="numbers-behind-lock",
    cause="event-loop-blocking",
    story="Accounting's script keeps the file of invoice numbers locked for a second and a half at a time; "
    "the route that takes the next number waits for the lock with `flock` inside `async def`.",
    deployment=replace(INVOICING, kind=ServerKind.HYPERCORN, beside=(numbers_file,)),
    traffic=(*INVOICING_TRAFFIC, Route(path="/invoices", method="POST", rps=2, body={"order_id": 5})),
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"worker-saturation"}),  # the only worker accepts nobody while its loop is blocked
)
