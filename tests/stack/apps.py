"""An ASGI application file under a real server: gunicorn, uvicorn, hypercorn or granian."""

import enum
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil

from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import ServerProcess, running, script

METRICS_PATH: Final = "/metrics"


class ServerKind(enum.Enum):
    """Which server runs the application."""

    GUNICORN = "gunicorn + UvicornWorker"
    UVICORN = "uvicorn"
    HYPERCORN = "hypercorn"
    GRANIAN = "granian"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppServer:
    """A running application."""

    server: ServerProcess
    port: int

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def address(self) -> str:
        """`host:port`, as a scrape target."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the master, or of the only process."""
        return self.server.pid

    def cpu_seconds(self) -> float:
        """CPU time that the master and its workers have used so far, in seconds."""
        times = [process.cpu_times() for process in self._family()]
        return sum(used.user + used.system for used in times)

    def threads(self) -> int:
        """Return how many threads the master and its workers have together."""
        return sum(process.num_threads() for process in self._family())

    def connections_to(self, port: int) -> int:
        """Return how many TCP connections of the service to a loopback port are established."""
        sockets = [socket for process in self._family() for socket in process.net_connections("tcp")]
        return sum(
            1 for socket in sockets if socket.status == psutil.CONN_ESTABLISHED and socket.raddr.port == port
        )

    def pids(self) -> list[int]:
        """Process ids of the master and its workers."""
        return [process.pid for process in self._family()]

    def _family(self) -> list[psutil.Process]:
        master = psutil.Process(self.pid)
        return [master, *master.children(recursive=True)]

    def answers(self) -> bool:
        """Say whether a route that every application here has gives an answer."""
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/openapi.json", timeout=2).is_success
        return False


@contextmanager
def app_server(  # noqa: PLR0913 - what a deployment decides: file, server, workers, settings, place
    file: Path,
    *,
    directory: Path,
    kind: ServerKind = ServerKind.GUNICORN,
    workers: int = 2,
    environment: Mapping[str, str] | None = None,
    shared_metrics: bool = False,
    under: Sequence[str] = (),
    port: int | None = None,
) -> Iterator[AppServer]:
    """Serve `app` of the given file.

    With `shared_metrics` the workers share one /metrics page through a directory of prometheus_client;
    without it each scrape reaches one worker, as in many real deployments. `under` is a command that sets
    limits and then becomes the server, as systemd does.
    """
    port = port or free_port()
    settings = dict(environment or {})
    if shared_metrics:
        (directory / "metrics").mkdir()
        settings["PROMETHEUS_MULTIPROC_DIR"] = str(directory / "metrics")
    command = [*under, *_command(file, kind, port, workers, directory)]
    with running(
        command,
        name=kind.value,
        log=directory / "app.log",
        environment=settings,
        working_directory=file.parent,
    ) as server:
        app = AppServer(server=server, port=port)
        server.wait_ready(app.answers)
        yield app


def _command(file: Path, kind: ServerKind, port: int, workers: int, directory: Path) -> list[str]:
    target = f"{file.stem}:app"
    match kind:
        case ServerKind.GUNICORN:
            bind = ["--bind", f"{LOOPBACK}:{port}", "--workers", str(workers)]
            # The default place is one file in the home directory, which two masters would fight over.
            control = ["--control-socket", str(directory / "gunicorn.ctl")]
            return [
                script("gunicorn"),
                target,
                "--worker-class",
                "uvicorn_worker.UvicornWorker",
                *bind,
                *control,
            ]
        case ServerKind.UVICORN:
            bind = ["--host", LOOPBACK, "--port", str(port)]
            return [script("uvicorn"), target, *bind, *(["--workers", str(workers)] if workers > 1 else [])]
        case ServerKind.HYPERCORN:
            bind = ["--bind", f"{LOOPBACK}:{port}", "--workers", str(workers)]
            return [script("hypercorn"), *bind, target]
        case ServerKind.GRANIAN:
            bind = ["--host", LOOPBACK, "--port", str(port), "--workers", str(workers)]
            return [script("granian"), "--interface", "asgi", *bind, target]
