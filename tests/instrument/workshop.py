"""A running workshop (apps/workshop.py), its page, its log, and its users."""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.stack.apps import METRICS_PATH, AppServer, ServerKind, app_server
from tests.stack.ports import LOOPBACK
from tests.stack.postgres import APPLICATION, APPLICATION_PASSWORD, Cluster
from tests.stack.waiting import wait_until

APP: Final = Path(__file__).with_name("apps") / "workshop.py"
PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The service, and everything that a test asks of it."""

    app: AppServer
    client: httpx.Client
    users: ThreadPoolExecutor
    log: Path
    database: str
    password: str = APPLICATION_PASSWORD

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a page."""
        return self.client.get(path, headers=_spelt(headers))

    def meanwhile(self, path: str, times: int = 1) -> list[Future[httpx.Response]]:
        """Ask for a page from so many users at once, and go on."""
        return [self.users.submit(self.alone, path) for _ in range(times)]

    @contextmanager
    def closed_gate(self) -> Iterator[None]:
        """Let the routes that hold something keep it for the time of the block."""
        self.client.post("/gate?opened=no").raise_for_status()
        try:
            yield
        finally:
            httpx.post(f"{self.app.url}/gate?opened=yes", timeout=PATIENCE_S).raise_for_status()

    def value(self, name: str, **labels: str) -> float | None:
        """Return the sum of the samples of a metric that have these labels; None when there is none."""
        wanted = labels.items()
        found = [sample.value for sample in self._samples(name) if wanted <= sample.labels.items()]
        return sum(found) if found else None

    def labels(self, name: str) -> list[dict[str, str]]:
        """Return the labels of each sample of a metric."""
        return [sample.labels for sample in self._samples(name)]

    def _samples(self, name: str) -> list[Sample]:
        families = text_string_to_metric_families(self.get(METRICS_PATH).text)
        return [sample for family in families for sample in family.samples if sample.name == name]

    def alone(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a page on a connection of its own: any worker may take it, and close it after an error."""
        return httpx.get(f"{self.app.url}{path}", timeout=PATIENCE_S, headers=_spelt(headers))

    def comes_to(self, value: float, name: str, **labels: str) -> None:
        """Wait until a metric has a value. Raises DeadlineExceededError."""
        wait_until(
            lambda: self.value(name, **labels) == value,
            what=f"{name}{labels} is {value}",
            within_s=PATIENCE_S,
            explain=lambda: str(self.value(name, **labels)),
        )

    def tells(self, pattern: str) -> None:
        """Wait until the log has a line in which a pattern is found. Raises DeadlineExceededError."""
        wait_until(lambda: bool(self.logged(pattern)), what=f"the log tells {pattern!r}", within_s=PATIENCE_S)

    def logged(self, pattern: str) -> list[str]:
        """Return the lines of the log in which a pattern is found."""
        return [
            line for line in self.log.read_text(encoding="utf-8").splitlines() if re.search(pattern, line)
        ]


def _spelt(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def workshop(  # noqa: PLR0913 - what a deployment decides
    cluster: Cluster,
    folder: Path,
    *,
    kind: ServerKind = ServerKind.UVICORN,
    workers: int = 1,
    shared_metrics: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Workshop]:
    """Serve the workshop on a database of its own."""
    database = cluster.create_database("CREATE TABLE parts (id int)")
    settings = {"DATABASE_URL": cluster.dsn(APPLICATION, database), **(environment or {})}
    try:
        with (
            app_server(
                APP,
                directory=folder,
                kind=kind,
                workers=workers,
                shared_metrics=shared_metrics,
                environment=settings,
            ) as app,
            httpx.Client(base_url=app.url, timeout=PATIENCE_S) as client,
            ThreadPoolExecutor(max_workers=48) as users,
        ):
            yield Workshop(
                app=app,
                client=client,
                users=users,
                log=folder / "app.log",
                database=f"{LOOPBACK}:{cluster.port}/{database}",
            )
    finally:
        cluster.drop_database(database)
