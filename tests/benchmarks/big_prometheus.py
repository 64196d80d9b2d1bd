"""A Prometheus of a million series: `python -m tests.benchmarks.big_prometheus`.

A real server scrapes 200 targets of 5,000 series every 15 s. Twenty of them are the service's, with counters
that grow; 60 are other services with the same metric names. Then the collector's time is compared with one
histogram_quantile() over the service's series and the same window, asked by hand, in turns. Promised: at
most twice its time, and at most a megabyte received. Takes four minutes, 5 GB of memory and some disk.

The usual comparison window, an hour ago, is empty here. Where it holds data, reading it costs the server
as much as the present does, whoever asks: so a second figure has a full one, and is compared with the
quantile asked by hand for both windows.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from typing import Final

import httpx

from tests.benchmarks.cost import api_totals
from tests.benchmarks.figures import Sheet
from tests.benchmarks.snapshots import Taken, take
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import MissingServerError, running
from tests.stack.prometheus import INSTALL_HINT, PrometheusServer
from tests.stack.waiting import wait_until

TARGETS: Final = {"shop": 20, "kindred": 60, "foreign": 120}
SERIES: Final = 5_000
BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, float("inf"))
STATUSES: Final = ("2xx", "3xx", "4xx", "5xx")
ROUTES: Final = SERIES // (len(BOUNDS) + 2 + len(STATUSES))
INTERVAL_S: Final = 15
WINDOW_S: Final = 60
BEFORE_S: Final = 75
"""Where the full comparison window ends: it does not touch the present one."""
HISTORY_S: Final = WINDOW_S + BEFORE_S + 15.0
ROUNDS: Final = 7
PROMISED_RATIO: Final = 2.0
PROMISED_KB: Final = 1000
BY_HAND: Final = (
    "histogram_quantile(0.95, sum by (le) ("
    f'increase(http_request_duration_seconds_bucket{{job="shop"}}[{WINDOW_S}s])))'
)
OPTIONS: Final = ("--only=prometheus", "--service=shop", f"--window={WINDOW_S}s", "--deadline=60s")


def template(prefix: str) -> str:
    """Return the page of one process; every value of it is a `%d`."""
    lines = []
    for route in range(ROUTES):
        labels = f'handler="/r/{route}",method="GET"'
        lines += [f'{prefix}_request_duration_seconds_bucket{{{labels},le="{le:g}"}} %d' for le in BOUNDS]
        lines += [f"{prefix}_request_duration_seconds_{what}{{{labels}}} %d" for what in ("count", "sum")]
        lines += [f'{prefix}_requests_total{{{labels},status="{status}"}} %d' for status in STATUSES]
    return "\n".join([*lines, ""]).replace('le="inf"', 'le="+Inf"')


def values(requests: int) -> tuple[int, ...]:
    """Return what a process has counted: a quarter of the requests for each of the bounds in the middle."""
    buckets = [requests * max(0, min(4, number - 3)) // 4 for number in range(len(BOUNDS))]
    return (*buckets, requests, requests // 10, requests, 0, 0, 0) * ROUTES


class _Pages(BaseHTTPRequestHandler):
    """Serves /shop (grows by ten requests a second and route), and pages that stand still."""

    templates: Final = {"shop": template("http"), "kindred": template("http"), "foreign": template("rpc")}
    standing: Final = {name: (text % values(1000)).encode() for name, text in templates.items()}
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = self.path.strip("/").split("/")[0]
        body = self.standing[name]
        if name == "shop":
            start = b"process_start_time_seconds 1700000000\n"
            body = start + (self.templates[name] % values(int(time.monotonic() * 10))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):  # the scraper stops in the middle of a page
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
        """Say nothing."""


@contextmanager
def pages() -> Iterator[int]:
    """Serve the pages on a free loopback port until the block is left."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Pages)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def million_series(folder: Path) -> Iterator[PrometheusServer]:
    """Start a Prometheus that scrapes them all, and wait until a window of it is full."""
    program = which("prometheus")
    if program is None:
        raise MissingServerError(INSTALL_HINT)
    with pages() as port:
        (folder / "prometheus.yml").write_text(_settings(port), encoding="utf-8")
        place = f"{LOOPBACK}:{free_port()}"
        command = [
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={place}",
            "--log.level=warn",
        ]
        with running(command, name="prometheus", log=folder / "prometheus.log") as process:
            server = PrometheusServer(server=process, url=f"http://{place}")
            process.wait_ready(lambda: server.value("vector(1)") == 1)
            total = sum(TARGETS.values())
            wait_until(lambda: server.value("sum(up)") == total, what="all scraped", within_s=180, every_s=1)
            time.sleep(HISTORY_S)
            yield server


def _settings(port: int) -> str:
    """Give every target its path, and all of a kind one job."""
    jobs = "".join(_job(name, count, port) for name, count in TARGETS.items())
    return f"global: {{scrape_interval: {INTERVAL_S}s, scrape_timeout: 10s}}\nscrape_configs:\n{jobs}"


def _job(name: str, count: int, port: int) -> str:
    groups = "".join(
        f"      - {{targets: ['{LOOPBACK}:{port}'], labels: {{instance: '{name}-{number}', "
        f"__metrics_path__: '/{name}/{number}'}}}}\n"
        for number in range(count)
    )
    return f"  - job_name: {name}\n    static_configs:\n{groups}"


def by_hand(server: PrometheusServer, ago_s: int = 0) -> float:
    """Ask for the quantile and return the seconds that it took."""
    started = time.perf_counter()
    params = {"query": BY_HAND, "time": f"{time.time() - ago_s:.3f}"}
    answer = httpx.get(f"{server.url}/api/v1/query", params=params, timeout=120)
    seconds = time.perf_counter() - started
    if not answer.json()["data"]["result"]:
        raise AssertionError(f"no quantile: {answer.text[:500]}")
    return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One quantile by hand, for one window or both, and one snapshot, in turn."""

    hand_s: float
    taken: Taken
    queries: float
    received_kb: float

    @property
    def collector_s(self) -> float:
        """Seconds that the collector took, the import of its client included."""
        return float(self.taken.source("prometheus")["seconds"])

    @property
    def ratio(self) -> float:
        """How many times what the hand took."""
        return self.collector_s / self.hand_s

    @property
    def is_compared(self) -> bool:
        """Whether latency has a value of the comparison window."""
        latency = self.taken.document["signals"].get("http.latency.p95", {})
        return latency.get("before") is not None


def measure(server: PrometheusServer, *, has_past: bool = False) -> Round:
    """Ask by hand and by the command."""
    hand_s = by_hand(server) + (by_hand(server, BEFORE_S) if has_past else 0.0)
    before = api_totals(server.url)
    options = [f"--before={BEFORE_S}s"] if has_past else []
    taken = take([f"--prometheus={server.url}", *OPTIONS, *options])
    after = api_totals(server.url)
    return Round(
        hand_s=hand_s,
        taken=taken,
        queries=after[0] - before[0],
        received_kb=(after[1] - before[1]) / 1000,
    )


def main() -> None:
    """Print the ratio."""
    sheet = Sheet("`fastdiag snapshot --only prometheus` on a Prometheus with a million series")
    with (
        tempfile.TemporaryDirectory(prefix="fastdiag-benchmark-") as folder,
        million_series(Path(folder)) as server,
    ):
        measure(server)
        active, own = _head_series(server), server.value('count({job="shop"})') or 0
        turns = [(measure(server), measure(server, has_past=True)) for _ in range(ROUNDS)]
    rounds, compared = zip(*turns, strict=True)
    source = rounds[-1].taken.source("prometheus")
    sheet.fact("series, and those of the service", f"{active:,.0f}, {own:,.0f}")
    sheet.fact("what the collector brought home", f"{source['status']}, {source['readings']} readings")
    sheet.figure("one quantile by hand", [one.hand_s for one in rounds], "s")
    sheet.figure("the collector", [one.collector_s for one in rounds], "s")
    sheet.promise("  ratio", [one.ratio for one in rounds], "x", at_most=PROMISED_RATIO)
    sheet.figure("the whole command", [one.taken.seconds for one in rounds], "s")
    sheet.figure("queries", [one.queries for one in rounds], "")
    sheet.promise("bytes received", [one.received_kb for one in rounds], "kB", at_most=PROMISED_KB)
    told = sum(one.is_compared for one in compared)
    sheet.fact("comparison window full: snapshots that compared", f"{told} of {len(compared)}")
    sheet.figure("  the quantile by hand, for both windows", [one.hand_s for one in compared], "s")
    sheet.figure("  the collector", [one.collector_s for one in compared], "s")
    sheet.promise("  ratio", [one.ratio for one in compared], "x", at_most=PROMISED_RATIO)
    sheet.promise("  bytes received", [one.received_kb for one in compared], "kB", at_most=PROMISED_KB)
    sheet.finish()


def _head_series(server: PrometheusServer) -> float:
    """Return the active series by the server's own metric, which it does not scrape of itself here."""
    page = httpx.get(f"{server.url}/metrics", timeout=10).text
    line = next(line for line in page.splitlines() if line.startswith("prometheus_tsdb_head_series "))
    return float(line.split()[1])


if __name__ == "__main__":
    main()
