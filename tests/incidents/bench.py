"""Running an incident: healthy traffic, then the fault, then independent confirmation, then fastdiag."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.incidents.diagnose import ask
from tests.incidents.model import Confirmation, Incident, Outcome
from tests.incidents.stage import JOB, Stage, stage
from tests.stack.postgres import Cluster
from tests.stack.waiting import DeadlineExceededError, wait_until

# From confirmation to the first question: the fault then fills a fair part of the 20 s window.
SETTLE_S: Final = 8.0
STILL_WITHIN_S: Final = 10.0
"""What is measured over seconds may just miss its mark once; a fault that is gone misses it for longer."""
FIRST_SCRAPE_LIMIT_S: Final = 10.0
HEALTHY_P95_LIMIT_S: Final = 0.5


def run(incident: Incident, cluster: Cluster, save: Path) -> Outcome:
    """Run one incident on a stack of its own, ask fastdiag, and save the snapshot.

    Raises DeadlineExceededError when the stack is not healthy at first, the fault does not manifest, or is
    gone before fastdiag is asked.
    """
    with manifest(incident, cluster) as (running, confirmed, seconds):
        _say(f"{incident.name}: confirmed after {seconds:.0f} s: {confirmed.measured}")
        time.sleep(SETTLE_S)
        confirmed_again, _ = _confirm(incident, running, within_s=STILL_WITHIN_S)
        answer = ask(running, incident, save)
        return Outcome(
            incident=incident,
            confirmed=confirmed_again,
            manifested_after_s=seconds,
            answered_s=answer.seconds,
            said=answer.causes,
            snapshot=save,
        )


@contextmanager
def manifest(incident: Incident, cluster: Cluster) -> Iterator[tuple[Stage, Confirmation, float]]:
    """Bring the incident about; yield the stage, the confirmation, the seconds from fault to confirmation."""
    directory = Path(tempfile.mkdtemp(prefix=f"fastdiag-{incident.name}-"))
    try:
        with stage(cluster, directory, incident.deployment, incident.traffic) as running:
            _healthy_at_first(incident, running)
            with incident.fault(running):
                confirmed, seconds = _confirm(incident, running, within_s=incident.manifests_within_s)
                yield running, confirmed, seconds
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _healthy_at_first(incident: Incident, running: Stage) -> None:
    wait_until(
        lambda: running.prometheus.is_scraping(JOB) or not running.has_metrics,
        what="Prometheus scrapes the service",
        within_s=FIRST_SCRAPE_LIMIT_S,
    )
    time.sleep(incident.warm_up_s)
    if not (incident.warm_up_s and incident.traffic):
        return
    seen = running.load.seen()
    if seen.failed or not 0 < seen.p95_s < HEALTHY_P95_LIMIT_S:
        raise DeadlineExceededError(f"not healthy before the fault: {seen}")


def _confirm(incident: Incident, running: Stage, *, within_s: float) -> tuple[Confirmation, float]:
    last = Confirmation(holds=False, measured="nothing measured yet")

    def holds() -> bool:
        nonlocal last
        last = incident.manifested(running)
        return last.holds

    seconds = wait_until(
        holds,
        what=f"{incident.name} has manifested",
        within_s=within_s,
        every_s=1.0,
        explain=lambda: last.measured,
    )
    return last, seconds


def _say(sentence: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")
