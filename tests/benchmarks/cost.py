"""What one snapshot costs its sources and this machine: `python -m tests.benchmarks.cost`.

Counted by the servers themselves, not by fastdiag: PostgreSQL's log, Prometheus' own metrics. Promised:
PostgreSQL one authenticated connection and at most 12 statements, Prometheus at most 60 queries, memory of
the whole process at most 100 MB; it leaves no file, no process and no session behind.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.benchmarks.figures import Sheet
from tests.benchmarks.healthy import Healthy, healthy
from tests.benchmarks.snapshots import Taken, take
from tests.stack.postgres import MONITOR, Cluster

RUNS: Final = 5
SETTLE_S: Final = 0.5
MEMORY_MB: Final = 100
STATEMENTS: Final = 12
CONNECTIONS: Final = 1
QUERIES: Final = 60
_LOGGED: Final = re.compile(
    rf"\[{MONITOR}\] LOG: +(?:(?P<statement>statement|execute [^:]*):|(?P<login>.*authorized:))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one snapshot cost, by the servers' own account."""

    taken: Taken
    logins: int
    statements: int
    queries: float
    answered_kb: float
    sessions_left: int


def measure(stage: Healthy, log: Path) -> Cost:
    """Take a snapshot and ask the servers what they saw of it."""
    time.sleep(SETTLE_S)
    start, before = log.stat().st_size, api_totals(stage.stage.prometheus.url)
    taken = take(stage.options)
    time.sleep(SETTLE_S)
    after, lines = api_totals(stage.stage.prometheus.url), log.read_bytes()[start:].decode().splitlines()
    logged = [found for line in lines if (found := _LOGGED.search(line))]
    return Cost(
        taken=taken,
        logins=sum(1 for found in logged if found["login"]),
        statements=sum(1 for found in logged if found["statement"]),
        queries=after[0] - before[0],
        answered_kb=(after[1] - before[1]) / 1000,
        sessions_left=sum(1 for session in stage.stage.sessions() if session.user == MONITOR),
    )


def api_totals(url: str) -> tuple[float, float]:
    """Return how many API requests a Prometheus has answered so far, and with how many bytes."""
    page = httpx.get(f"{url}/metrics", timeout=10).text
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    api = [sample for sample in samples if sample.labels.get("handler", "").startswith("/api/")]

    def total(name: str) -> float:
        return sum(sample.value for sample in api if sample.name == name)

    return total("prometheus_http_requests_total"), total("prometheus_http_response_size_bytes_sum")


def log_statements(cluster: Cluster) -> None:
    """Let the server log every connection and statement with its role."""
    with cluster.connect() as session:
        for setting in ("log_statement = 'all'", "log_connections = on", "log_line_prefix = '[%u] '"):
            session.execute(f"ALTER SYSTEM SET {setting}".encode())
        session.execute("SELECT pg_reload_conf()")


def main() -> None:
    """Print the account."""
    sheet = Sheet("What one `fastdiag snapshot` of a healthy service costs")
    with tempfile.TemporaryDirectory(prefix="fastdiag-benchmark-") as folder, healthy(Path(folder)) as stage:
        log_statements(stage.stage.cluster)
        measure(stage, stage.stage.cluster.server.log)
        costs = [measure(stage, stage.stage.cluster.server.log) for _ in range(RUNS)]
    _servers(sheet, costs)
    marks = [cost.taken.footprint for cost in costs]
    sheet.promise("peak memory", [mark.memory_mb for mark in marks], "MB", at_most=MEMORY_MB)
    sheet.figure("processor time", [cost.taken.cpu_s for cost in costs], "s")
    sheet.figure("threads at once", [mark.threads for mark in marks], "")
    sheet.figure("file descriptors at once", [mark.descriptors for mark in marks], "")
    sheet.figure("child processes at once", [mark.children for mark in marks], "")
    left = [*(thing for cost in costs for thing in cost.taken.left)]
    sheet.fact("files and processes left behind", ", ".join(left) or "none")
    sheet.promise("  how many", [len(cost.taken.left) for cost in costs], "", at_most=0)
    sheet.finish()


def _servers(sheet: Sheet, costs: Iterable[Cost]) -> None:
    seen = list(costs)
    told = [cost.taken.source("postgres")["requests"] for cost in seen]
    sheet.promise("PostgreSQL: connections", [cost.logins for cost in seen], "", at_most=CONNECTIONS)
    sheet.promise("PostgreSQL: statements", [cost.statements for cost in seen], "", at_most=STATEMENTS)
    sheet.figure("PostgreSQL: what fastdiag says of that", told, "requests")
    sheet.promise("PostgreSQL: sessions left", [cost.sessions_left for cost in seen], "", at_most=0)
    told = [cost.taken.source("prometheus")["requests"] for cost in seen]
    sheet.promise("Prometheus: queries", [cost.queries for cost in seen], "", at_most=QUERIES)
    sheet.figure("Prometheus: what fastdiag says of that", told, "requests")
    sheet.figure("Prometheus: bytes answered", [cost.answered_kb for cost in seen], "kB")


if __name__ == "__main__":
    main()
