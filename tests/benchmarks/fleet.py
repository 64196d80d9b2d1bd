"""What a fleet costs: `python -m tests.benchmarks.fleet [CHECKOUT]`.

First a Prometheus that remembers two services, of 20 and of 2,000 instances with the same metrics, and
snapshots of both by the real command, in turns: bytes and queries by the server's own account, compressed.
Promised: 2,000 instances cost the bytes of 20, give or take what more digits take. Then `fastdiag diagnose`
on 200 saved snapshots. With the folder of another CHECKOUT its figures stand beside, as a comparison. Takes
about four minutes, of which most goes into making up the past, and 2 GB of memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.cost import api_totals
from tests.benchmarks.figures import Sheet
from tests.benchmarks.snapshots import Taken, take
from tests.stack.fleet import Fleet
from tests.stack.history import remembering
from tests.stack.processes import clean_environment
from tests.stack.prometheus import PrometheusServer

SMALL: Final = 20
LARGE: Final = 2000
ROUNDS: Final = 5
PROMISED_RATIO: Final = 1.03
"""Of bytes: sums over a hundred times the instances have two digits more."""
HOSTS: Final = 200
FILES_ROUNDS: Final = 3
PROMISED_S: Final = 60
RECORDED: Final = Path(__file__).parents[1] / "incidents" / "recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one snapshot cost the server, and what it brought home."""

    taken: Taken
    queries: float
    received_bytes: float

    @property
    def readings(self) -> int:
        """How many signals were read."""
        return int(self.taken.source("prometheus")["readings"])


@contextmanager
def both(folder: Path) -> Iterator[tuple[PrometheusServer, float]]:
    """Start a Prometheus that remembers both services, and tell until when it does."""
    now = float(int(time.time()) - 60)
    fleets = (Fleet(job="small", size=SMALL, now=now), Fleet(job="large", size=LARGE, now=now))
    with remembering(dict(one for fleet in fleets for one in fleet.samples()), folder) as server:
        yield server, now


def measure(server: PrometheusServer, service: str, now: float, checkout: Path | None) -> Cost:
    """Take a snapshot of a service as it was at that moment."""
    before = api_totals(server.url)
    taken = take(
        [
            f"--prometheus={server.url}",
            f"--service={service}",
            f"--at={datetime.fromtimestamp(now, UTC).isoformat()}",
            *("--only=prometheus", "--before=10m", "--deadline=30s"),
        ],
        checkout=checkout,
    )
    after = api_totals(server.url)
    return Cost(taken=taken, queries=after[0] - before[0], received_bytes=after[1] - before[1])


def compare(sheet: Sheet, server: PrometheusServer, now: float, checkout: Path | None) -> None:
    """Print what both services cost, in turns, and the ratio."""
    measure(server, "small", now, checkout)
    turns = [
        (measure(server, "small", now, checkout), measure(server, "large", now, checkout))
        for _ in range(ROUNDS)
    ]
    for name, costs in zip(
        (f"{SMALL} instances", f"{LARGE:,} instances"), zip(*turns, strict=True), strict=True
    ):
        sheet.fact(name, f"{costs[-1].readings} readings")
        sheet.figure("  bytes received", [cost.received_bytes for cost in costs], "B")
        sheet.figure("  queries", [cost.queries for cost in costs], "")
        sheet.figure(
            "  the collector", [float(cost.taken.source("prometheus")["seconds"]) for cost in costs], "s"
        )
    ratios = [large.received_bytes / small.received_bytes for small, large in turns]
    if checkout is None:
        sheet.promise("bytes of the large one by those of the small one", ratios, "x", at_most=PROMISED_RATIO)
    else:
        sheet.figure("bytes of the large one by those of the small one", ratios, "x")


def copies(folder: Path) -> list[Path]:
    """Write the recorded incidents over and over, as the snapshots of so many hosts."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RECORDED.glob("*.json"))]
    recorded = [document for document in documents if "signals" in document]
    paths = []
    for number in range(HOSTS):
        document: dict[str, Any] = recorded[number % len(recorded)]
        path = folder / f"web{number:03}.json"
        path.write_text(json.dumps({**document, "service": "shop"}), encoding="utf-8")
        paths.append(path)
    return paths


def diagnose(paths: Sequence[Path]) -> float:
    """Return the seconds of `fastdiag diagnose` on all of them."""
    command = [sys.executable, "-m", "fastdiag", "diagnose", *map(str, paths)]
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, env=clean_environment())
    return time.monotonic() - started


def main() -> None:
    """Print the figures."""
    checkout = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    sheet = Sheet("Fleets: bytes of a snapshot through Prometheus, seconds of many snapshots as one view")
    with tempfile.TemporaryDirectory(prefix="fastdiag-benchmark-") as folder:
        with both(Path(folder)) as (server, now):
            compare(sheet, server, now, None)
            if checkout is not None:
                sheet.fact("the same by the other checkout", str(checkout))
                compare(sheet, server, now, checkout)
        paths = copies(Path(folder))
        size = sum(path.stat().st_size for path in paths)
        sheet.fact("snapshots of hosts", f"{len(paths)}, {size / len(paths) / 1000:.0f} kB each")
        sheet.promise(
            "  diagnose as one view",
            [diagnose(paths) for _ in range(FILES_ROUNDS)],
            "s",
            at_most=PROMISED_S,
        )
    sheet.finish()


if __name__ == "__main__":
    main()
