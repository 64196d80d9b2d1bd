"""A Prometheus Pushgateway."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import MissingServerError, ServerProcess, running

INSTALL_HINT: Final = "the Pushgateway is not installed (Debian: apt install prometheus-pushgateway)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushgateway:
    """A running Pushgateway."""

    server: ServerProcess
    url: str

    def metrics(self) -> list[str]:
        """Return the series of fastdiag that it offers to Prometheus."""
        lines = httpx.get(f"{self.url}/metrics", timeout=5).text.splitlines()
        return [line for line in lines if line.startswith("fastdiag_")]

    def is_ready(self) -> bool:
        """Say whether it takes metrics."""
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/-/ready", timeout=5).is_success
        return False


@contextmanager
def pushgateway(directory: Path) -> Iterator[Pushgateway]:
    """Start a Pushgateway on a free port; it keeps nothing on disk."""
    program = shutil.which("prometheus-pushgateway") or shutil.which("pushgateway")
    if program is None:
        raise MissingServerError(INSTALL_HINT)
    address = f"{LOOPBACK}:{free_port()}"
    # Debian's keeps what it was told in /var/lib unless it is told otherwise.
    command = [program, f"--web.listen-address={address}", "--persistence.file=", "--log.level=warn"]
    with running(command, name="pushgateway", log=directory / "pushgateway.log") as server:
        found = Pushgateway(server=server, url=f"http://{address}")
        server.wait_ready(found.is_ready)
        yield found
