"""A Prometheus server that scrapes the given targets every second."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import MissingServerError, ServerProcess, running

INSTALL_HINT: Final = (
    "Prometheus is not installed (Debian: apt install prometheus; macOS: brew install prometheus)"
)
SCRAPE_INTERVAL_S: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusServer:
    """A running Prometheus."""

    server: ServerProcess
    url: str

    def value(self, query: str) -> float | None:
        """Return the first sample of an instant query, or None when there is none or it is still starting."""
        with suppress(httpx.TransportError):
            answer = httpx.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=5)
            if answer.is_success:
                samples = answer.json()["data"]["result"]
                return float(samples[0]["value"][1]) if samples else None
        return None

    def is_scraping(self, job: str) -> bool:
        """Say whether the last scrape of that job succeeded."""
        return self.value(f'max(up{{job="{job}"}})') == 1


@contextmanager
def prometheus(
    targets: Mapping[str, list[str]], directory: Path, flags: Sequence[str] = (), more: str = ""
) -> Iterator[PrometheusServer]:
    """Start Prometheus with one scrape job for each entry of `targets` (job name to `host:port` list).

    `more` is what else is to stand in its settings.
    """
    program = shutil.which("prometheus")
    if program is None:
        raise MissingServerError(INSTALL_HINT)
    port = free_port()
    settings = directory / "prometheus.yml"
    settings.write_text(_settings(targets) + more, encoding="utf-8")
    command = [
        program,
        f"--config.file={settings}",
        f"--storage.tsdb.path={directory / 'prometheus-data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--log.level=warn",
        *flags,
    ]
    with running(command, name="prometheus", log=directory / "prometheus.log") as server:
        found = PrometheusServer(server=server, url=f"http://{LOOPBACK}:{port}")
        server.wait_ready(lambda: found.value("vector(1)") == 1)
        yield found


def _settings(targets: Mapping[str, list[str]]) -> str:
    jobs = "".join(
        f"  - job_name: {job}\n    static_configs:\n      - targets: {addresses!r}\n"
        for job, addresses in targets.items()
    )
    timing = f"scrape_interval: {SCRAPE_INTERVAL_S}s\n  scrape_timeout: {SCRAPE_INTERVAL_S}s"
    return f"global:\n  {timing}\nscrape_configs:\n{jobs}"
