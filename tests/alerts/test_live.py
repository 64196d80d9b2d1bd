"""`fastdiag alerts` against a real Prometheus that scrapes two real applications, measured differently."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from fastdiag.alerts.look import look
from fastdiag.alerts.make import wanted
from fastdiag.collectors import prometheus as collector
from fastdiag.collectors.gather import gather
from fastdiag.model.target import Secret, Target
from tests.alerts.bench import made, promtool, shipped
from tests.cli.command import Ran, fastdiag
from tests.collectors.traffic import instrumented, send
from tests.stack.apps import AppServer
from tests.stack.prometheus import PrometheusServer, prometheus
from tests.stack.waiting import wait_until

LIBRARIES: Final = ("pfi", "otel-stable")
WINDOW_S: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A Prometheus that scrapes both, and reads the rules in a folder."""

    server: PrometheusServer
    folder: Path
    apps: Mapping[str, AppServer]

    def send(self, library: str) -> None:
        """Send requests, of which a sixth fails, and see them scraped."""
        count = f'sum({{job="shop-{library}", __name__=~".*(requests_total|duration_seconds_count)"}})'
        before = self.server.value(count) or 0
        send(self.apps[library].url)
        _wait(self.server, count, before + 150)

    def rules(self, library: str) -> Path:
        return self.folder / f"{library}.rules.yaml"

    def tests(self, library: str) -> Path:
        return self.folder / f"{library}.tests.yaml"

    def alerts(self, library: str, *more: str | Path) -> Ran:
        where = ("--prometheus", self.server.url, "--service", f"shop-{library}")
        return fastdiag("alerts", *where, *more, cwd=self.folder)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    directory, folder = tmp_path_factory.mktemp("servers"), tmp_path_factory.mktemp("rules")
    with ExitStack() as stack:
        apps = {name: stack.enter_context(instrumented(name, directory)) for name in LIBRARIES}
        targets = {f"shop-{name}": [app.address] for name, app in apps.items()}
        more = f"rule_files: ['{folder}/live-*.yaml']\n"
        server = stack.enter_context(prometheus(targets, directory, ["--web.enable-lifecycle"], more))
        for name, app in apps.items():
            send(app.url)  # what has no series yet is counted otherwise, for which other tests are there
            _wait(server, f'count_over_time(up{{job="shop-{name}"}}[1m])', WINDOW_S + 2)
        yield Watched(server=server, folder=folder, apps=apps)


def _wait(server: PrometheusServer, query: str, least: float) -> None:
    wait_until(lambda: (server.value(query) or 0) >= least, what=query, within_s=30)


@pytest.mark.parametrize("library", LIBRARIES)
def test_promtool_takes_what_the_command_writes(watched: Watched, library: str) -> None:
    ran = watched.alerts(library, "-o", watched.rules(library), "--tests", watched.tests(library))
    assert ran.code == 0, ran.err
    assert "alerts over" in ran.err
    text = watched.rules(library).read_text(encoding="utf-8")
    for name in (
        "LowCpuHighLatency",
        "HighCpuHighLatency",
        "RandomTimeouts",
        "ErrorSpike",
        "WorkerInstability",
    ):
        assert f"- alert: {name}\n" in text
    assert f"fastdiag snapshot --prometheus {watched.server.url} --service shop-{library} && " in text
    assert "# PoolSaturation (warning): " in text  # neither application shows its pool
    promtool("check", "rules", watched.rules(library))
    promtool("test", "rules", watched.tests(library))


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_recorded_is_what_a_snapshot_reads(watched: Watched, library: str) -> None:
    watched.send(library)
    now = float(round(time.time(), 3))
    where = Secret(watched.server.url)
    target = Target(prometheus=where, service=f"shop-{library}", at=now, window_s=WINDOW_S)
    (found,) = gather(target, shipped().catalogue, {"prometheus": collector.collect})
    seen = look(target, shipped().catalogue, wanted(shipped()), time.monotonic() + 10)
    records = {record.signal: record.promql for record in made(seen).records}
    same = {name: reading.value for name, reading in found.readings.items() if name in records}
    assert {"service.cpu", "http.latency.p95", "http.latency.p99", "http.errors.ratio"} <= same.keys()
    for name, value in same.items():
        params = {"query": records[name], "time": str(now)}
        (row,) = httpx.get(f"{watched.server.url}/api/v1/query", params=params).json()["data"]["result"]
        # Of a quantile a snapshot knows by all buckets how high it can be, the expression by a few of them.
        assert float(row["value"][1]) == pytest.approx(value, rel=0.1 if "latency" in name else 1e-6), name


def test_the_alert_fires_on_the_real_server(watched: Watched) -> None:
    for library in LIBRARIES:
        ran = watched.alerts(library, "--for", "0s", "--window", f"{WINDOW_S}s")
        text = ran.out.replace("    rules:\n", "    interval: 1s\n    rules:\n", 1)
        (watched.folder / f"live-{library}.yaml").write_text(text, encoding="utf-8")
    httpx.post(f"{watched.server.url}/-/reload").raise_for_status()
    for library in LIBRARIES:
        watched.send(library)
        firing = f'ALERTS{{alertname="ErrorSpike", service="shop-{library}", severity="warning"}}'
        _wait(watched.server, firing, 1)
    told = httpx.get(f"{watched.server.url}/api/v1/alerts").json()["data"]["alerts"]
    spike = next(one for one in told if one["labels"]["alertname"] == "ErrorSpike")
    assert spike["labels"]["fastdiag"] == "error-spike"
    assert spike["annotations"]["summary"].endswith(": Too many requests end in a server error")
    assert "http.errors.ratio 1" in spike["annotations"]["description"]  # in percent
    assert spike["annotations"]["runbook"].endswith("&& fastdiag explain error-spike")
