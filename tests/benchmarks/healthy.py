"""A healthy service for benchmarks: two workers, PostgreSQL, Prometheus, and clients at a steady rate."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC
from tests.incidents.diagnose import options
from tests.incidents.model import Sources
from tests.incidents.stage import JOB, Stage, stage
from tests.stack.load import Route
from tests.stack.postgres import postgres
from tests.stack.waiting import wait_until

WARM_UP_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Healthy:
    """The running stage, and the options that give fastdiag all of its sources."""

    stage: Stage
    options: tuple[str, ...]


@contextmanager
def healthy(folder: Path, traffic: Sequence[Route] = ORDERS_TRAFFIC) -> Iterator[Healthy]:
    """Bring the service up and wait until its metrics have something to say."""
    with postgres() as cluster, stage(cluster, folder, ORDERS, traffic) as running:
        wait_until(lambda: running.prometheus.is_scraping(JOB), what="the first scrape", within_s=20)
        time.sleep(WARM_UP_S)
        yield Healthy(running, (*options(running, Sources.ALL), "--window", "20s"))
