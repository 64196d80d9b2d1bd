"""One run of the queue collector."""

from pathlib import Path
from typing import Final

from fastdiag.collectors import queue
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.model.target import Secret, Target
from tests.metrics.catalogue import shipped

PROGRAMS: Final = Path(__file__).parent / "programs"
DEADLINE_S: Final = 1.5


def look(*urls: str, deadline_s: float = DEADLINE_S) -> Gathered:
    target = Target(queues=tuple(map(Secret, urls)), deadline_s=deadline_s)
    (found,) = gather(target, shipped(), {"queue": queue.collect})
    return found


def by_queue(found: Gathered, signal: str) -> dict[str, float]:
    """Return the parts of a reading that belong to a queue."""
    labelled = [(dict(part.labels), part.value) for part in found.readings[signal].by]
    return {labels["queue"]: value for labels, value in labelled if "queue" in labels}
