"""An Alertmanager that hands every alert to one webhook, and a Prometheus with a rule that alerts it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import MissingServerError, ServerProcess, running
from tests.stack.prometheus import PrometheusServer, prometheus

INSTALL_HINT: Final = (
    "Alertmanager is not installed"
    " (Debian: apt install prometheus-alertmanager; macOS: brew install alertmanager)"
)
PROGRAMS: Final = ("prometheus-alertmanager", "alertmanager")
"""As Debian calls it, and as everybody else does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alertmanager:
    """A running Alertmanager."""

    server: ServerProcess
    url: str

    def fire(self, name: str, **labels: str) -> None:
        """Let an alert fire, as Prometheus would."""
        alert = {"labels": {"alertname": name, **labels}, "annotations": {"summary": f"{name} is firing"}}
        answer = httpx.post(f"{self.url}/api/v2/alerts", json=[alert], timeout=5)
        answer.raise_for_status()

    def counted(self, metric: str) -> float:
        """Return the sum of a metric of its own over all its series of webhooks."""
        page = httpx.get(f"{self.url}/metrics", timeout=5).text
        lines = [line for line in page.splitlines() if line.startswith(f"{metric}{{")]
        return sum(float(line.rpartition(" ")[2]) for line in lines if 'integration="webhook"' in line)


@contextmanager
def alertmanager(
    webhook: str, http_config: Mapping[str, object], directory: Path, group_interval: str = "1s"
) -> Iterator[Alertmanager]:
    """Start an Alertmanager on loopback, alone (no cluster), with one receiver."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise MissingServerError(INSTALL_HINT)
    port = free_port()
    settings = directory / "alertmanager.yml"
    settings.write_text(_settings(webhook, http_config, group_interval), encoding="utf-8")
    command = [
        program,
        f"--config.file={settings}",
        f"--storage.path={directory / 'alertmanager-data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--cluster.listen-address=",
        "--log.level=debug",
    ]
    with running(command, name="alertmanager", log=directory / "alertmanager.log") as server:
        found = Alertmanager(server=server, url=f"http://{LOOPBACK}:{port}")
        server.wait_ready(lambda: _is_ready(found.url))
        yield found


@contextmanager
def alerting_prometheus(
    targets: Mapping[str, list[str]], rule: Mapping[str, object], alerts_to: Alertmanager, directory: Path
) -> Iterator[PrometheusServer]:
    """Start a Prometheus that evaluates one alerting rule every second."""
    rules = directory / "rules.json"
    groups = [{"name": "tests", "interval": "1s", "rules": [rule]}]
    rules.write_text(json.dumps({"groups": groups}), encoding="utf-8")  # JSON is YAML
    address = alerts_to.url.removeprefix("http://")
    more = json.dumps([{"static_configs": [{"targets": [address]}]}])
    settings = f"rule_files: [{rules}]\nalerting: {{alertmanagers: {more}}}\n"
    with prometheus(targets, directory, more=settings) as server:
        yield server


def _is_ready(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/-/ready", timeout=2).is_success
    return False


def _settings(webhook: str, http_config: Mapping[str, object], group_interval: str) -> str:
    route = {
        "receiver": "fastdiag",
        "group_by": ["alertname"],
        "group_wait": "0s",
        "group_interval": group_interval,
        "repeat_interval": "1h",
    }
    hook = {"url": webhook, "send_resolved": True, "http_config": dict(http_config)}
    receivers = [{"name": "fastdiag", "webhook_configs": [hook]}]
    return json.dumps({"route": route, "receivers": receivers})
