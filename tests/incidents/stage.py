"""Everything that is up while an incident runs: the service, its users, and what it depends on."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from tests.incidents.companions import Companion, Surroundings
from tests.incidents.deployments import Deployment
from tests.stack.apps import METRICS_PATH, AppServer, app_server
from tests.stack.load import Load, Route, load
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.postgres import APPLICATION, Backend, Cluster
from tests.stack.prometheus import PrometheusServer, prometheus
from tests.stack.upstream import Upstream, upstream

T = TypeVar("T")

APPS: Final = Path(__file__).with_name("apps")
JOB: Final = "shop"
UPSTREAM_SETTINGS: Final = ("CARRIER_URL", "PDF_SERVICE_URL", "RATES_URL")
CPU_SAMPLE_S: Final = 2.0


class Sessions(tuple[Backend, ...]):
    """Client sessions of the service's database at one instant."""

    __slots__ = ()

    @property
    def active(self) -> int:
        """How many run a statement."""
        return sum(1 for session in self if session.state == "active")

    @property
    def held(self) -> int:
        """How many wait for their application in a transaction."""
        return sum(1 for session in self if session.idle_in_transaction)

    @property
    def locked(self) -> int:
        """How many wait for a lock."""
        return sum(1 for session in self if session.waits_for == "Lock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running service under load."""

    app: AppServer
    cluster: Cluster
    database: str
    prometheus: PrometheusServer
    upstream: Upstream
    load: Load
    directory: Path
    company: tuple[Companion, ...] = ()
    has_metrics: bool = True

    def companion(self, kind: type[T]) -> T:
        """Return what stands beside the service and is of this type; KeyError when nothing is."""
        for one in self.company:
            if isinstance(one.handle, kind):
                return one.handle
        raise KeyError(kind.__name__)

    @property
    def metrics_url(self) -> str:
        """Address of the service's /metrics page."""
        return f"{self.app.url}{METRICS_PATH}"

    def sessions(self) -> Sessions:
        """Return the sessions of the service's database, seen by a superuser."""
        return Sessions(self.cluster.backends(self.database))

    def service_cores(self) -> float:
        """CPU cores that the service keeps busy, measured now over two seconds."""
        started, before = time.monotonic(), self.app.cpu_seconds()
        time.sleep(CPU_SAMPLE_S)
        return (self.app.cpu_seconds() - before) / (time.monotonic() - started)


@contextmanager
def stage(
    cluster: Cluster, directory: Path, deployment: Deployment, traffic: Sequence[Route]
) -> Iterator[Stage]:
    """Bring up a service with a database of its own, what stands beside it, Prometheus and clients."""
    with ExitStack() as ready:
        database = cluster.create_database((APPS / deployment.schema).read_text(encoding="utf-8"))
        ready.callback(cluster.drop_database, database)
        port = free_port()
        # First, because Prometheus waits up to five seconds before its first scrape.
        targets = {JOB: [f"{LOOPBACK}:{port}"]} if deployment.metrics else {}
        watching = ready.enter_context(prometheus(targets, directory))
        other = ready.enter_context(upstream(directory, latency_s=deployment.upstream_latency_s))
        environment = {
            "DATABASE_URL": cluster.dsn(APPLICATION, database),
            **dict.fromkeys(UPSTREAM_SETTINGS, other.url),
        }
        company = []
        for beside in deployment.beside:
            around = Surroundings(
                cluster=cluster, database=database, directory=directory, environment=environment
            )
            company.append(ready.enter_context(beside(around)))
            environment |= company[-1].environment
        app = ready.enter_context(
            app_server(
                APPS / deployment.app,
                directory=directory,
                kind=deployment.kind,
                workers=deployment.workers,
                shared_metrics=deployment.shared_metrics,
                environment={**environment, **deployment.environment},
                under=deployment.under,
                port=port,
            )
        )
        yield Stage(
            app=app,
            cluster=cluster,
            database=database,
            prometheus=watching,
            upstream=other,
            load=ready.enter_context(load(app.url, traffic, directory)),
            directory=directory,
            company=tuple(company),
            has_metrics=deployment.metrics,
        )
