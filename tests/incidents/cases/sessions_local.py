"""Who is logged in stands in the memory of one worker; then there are three."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import httpx

from tests.incidents.deployments import STOREFRONT, STOREFRONT_TRAFFIC
from tests.incidents.measure.footprint import workers
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.waiting import wait_until

MORE_WORKERS: Final = 2
PAGES_OF_A_VISIT: Final = 5
PAUSE_S: Final = 0.03


def _visit(url: str) -> int:
    """Log in, look at the account a few times over new connections, and return how often that was denied."""
    login = httpx.post(f"{url}/login", json={"email": "customer42@example.com"}, timeout=5)
    headers = {"Authorization": f"Bearer {login.raise_for_status().json()['token']}"}
    answers = [httpx.get(f"{url}/account", headers=headers, timeout=5) for _ in range(PAGES_OF_A_VISIT)]
    return sum(1 for answer in answers if answer.status_code == httpx.codes.UNAUTHORIZED)


def _keep_visiting(url: str, leave: threading.Event) -> None:
    while not leave.wait(PAUSE_S):
        _visit(url)


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    if _visit(stage.app.url):
        raise AssertionError("denied while there is one worker")
    for added in range(1, MORE_WORKERS + 1):  # one after the other: signals that wait are merged
        stage.app.server.popen.send_signal(signal.SIGTTIN)
        wait_until(lambda: len(workers(stage.app)) > added, what="one more worker", within_s=10)  # noqa: B023 - awaited here
    leave = threading.Event()
    visitors = threading.Thread(target=_keep_visiting, args=(stage.app.url, leave), daemon=True)
    visitors.start()
    try:
        yield
    finally:
        leave.set()
        visitors.join(10)


def manifested(stage: Stage) -> Confirmation:
    denied, seen = _visit(stage.app.url) + _visit(stage.app.url), stage.load.seen()
    count = len(workers(stage.app))
    return Confirmation(
        holds=count == 1 + MORE_WORKERS and denied > 1 and not seen.failed,
        measured=f"{seen}; of {2 * PAGES_OF_A_VISIT} pages right after a log-in {denied} were denied; "
        f"{count} workers",
    )


INCIDENT: Final = Incident(
    name="sessions-local",
    cause="worker-local-state",
    story="Before a busy weekend somebody tells gunicorn to add two workers (SIGTTIN); log-ins are kept in a "
    "dictionary, so from then on two of three pages say that nobody is logged in.",
    deployment=replace(STOREFRONT, workers=1),
    traffic=STOREFRONT_TRAFFIC,
    fault=fault,
    manifested=manifested,
    observed=("inconsistent-responses",),
    falls_short="that answers differ is what a person reports; nothing that is measured supports it",
)
