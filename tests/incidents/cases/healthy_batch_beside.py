"""A batch job computes on the same machine, with the priority of a batch job."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psutil

from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.processes import running

LOWEST_PRIORITY: Final = "19"
JOB: Final = "import hashlib\nwhile True: hashlib.pbkdf2_hmac('sha256', b'row', b'salt', 100_000)"


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    command = ["nice", "-n", LOWEST_PRIORITY, sys.executable, "-c", JOB]
    with running(command, name="batch", log=stage.directory / "batch.log"):
        yield


def manifested(stage: Stage) -> Confirmation:
    cores, seen, batch = stage.service_cores(), stage.load.seen(), _cores_of_the_job()
    return Confirmation(
        holds=seen.p95_s < 0.4 and not seen.failed and cores < 1.2 and batch > 0.3,
        measured=f"{seen}; {cores:.2f} cores busy in the service, {batch:.2f} in the batch job",
    )


def _cores_of_the_job() -> float:
    job = next(child for child in psutil.Process().children() if JOB in child.cmdline())
    return job.cpu_percent(interval=1.0) / 100


INCIDENT: Final = Incident(
    name="healthy-batch-beside",
    cause=None,
    story="The monthly hashing of customer records takes a whole core of the machine for itself, at the "
    "lowest priority; requests are answered as fast as ever.",
    deployment=ORDERS,
    traffic=ORDERS_TRAFFIC,
    fault=fault,
    manifested=manifested,
)
