"""A RabbitMQ node of the test's own, with its management API. It takes about ten seconds to start."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.stack.ports import LOOPBACK, free_port, is_listening
from tests.stack.processes import MissingServerError, ServerProcess, clean_environment, running

INSTALL_HINT: Final = "RabbitMQ is not installed (Debian: apt install rabbitmq-server)"
PROGRAMS: Final = (Path("/usr/lib/rabbitmq/bin/rabbitmq-server"), Path("/usr/local/sbin/rabbitmq-server"))
"""Not the wrapper on the PATH: that one changes the user and looks for the machine's own node."""
USER: Final = "boss"
PASSWORD: Final = "boss-hunter2"  # noqa: S105 - of a node that lives for a test
CONTROL: Final = "rabbitmqctl"
CONTROL_LIMIT_S: Final = 30.0
START_LIMIT_S: Final = 60.0
PLUGINS: Final = "[rabbitmq_management,rabbitmq_prometheus]."


@dataclass(frozen=True, slots=True, kw_only=True)
class RabbitServer:
    """A running node and its only administrator."""

    server: ServerProcess
    port: int
    management_port: int
    environment: Mapping[str, str]
    user: str = USER
    password: str = PASSWORD

    @property
    def amqp(self) -> str:
        """URL for clients; the management port is not the usual one, so that it is said."""
        return f"amqp://{self.user}:{self.password}@{LOOPBACK}:{self.port}//"

    @property
    def api(self) -> str:
        """URL of the management API, with credentials."""
        return f"http://{self.user}:{self.password}@{LOOPBACK}:{self.management_port}"

    def put(self, path: str, body: object) -> None:
        """Change something through the API."""
        httpx.put(f"{self.api}{path}", json=body, timeout=5).raise_for_status()

    def ctl(self, *words: str) -> None:
        """Run rabbitmqctl against this node, as its administrator does."""
        program = Path(PROGRAMS[0]).with_name(CONTROL)
        subprocess.run(
            [str(program), "--node", self.environment["RABBITMQ_NODENAME"], *words],
            env={**clean_environment(), **self.environment},
            capture_output=True,
            timeout=CONTROL_LIMIT_S,
            check=True,
        )

    def answers(self) -> bool:
        """Say whether the API is up."""
        try:
            return httpx.get(f"{self.api}/api/overview", timeout=2).is_success
        except httpx.TransportError:
            return False


@contextmanager
def rabbitmq(directory: Path) -> Iterator[RabbitServer]:
    """Start a node with a port mapper of its own, so that nothing stays behind."""
    program = next((path for path in PROGRAMS if os.access(path, os.X_OK)), None)
    epmd = shutil.which("epmd")
    if program is None or epmd is None:
        raise MissingServerError(INSTALL_HINT)
    mapper, port, distribution, management = (free_port() for _ in range(4))
    (directory / "plugins").write_text(PLUGINS, encoding="utf-8")
    (directory / "rabbitmq.conf").write_text(_settings(management), encoding="utf-8")
    environment = {
        "HOME": str(directory),
        "ERL_EPMD_PORT": str(mapper),
        "RABBITMQ_NODENAME": f"fastdiag-{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(directory / "data"),
        "RABBITMQ_LOG_BASE": str(directory / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(directory / "pid"),
        "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(directory / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
    }
    names = [epmd, "-port", str(mapper), "-address", LOOPBACK]
    with running(names, name="epmd", log=directory / "epmd.log") as mapping:
        mapping.wait_ready(lambda: is_listening(mapper))
        with running(
            [str(program)],
            name="rabbitmq",
            log=directory / "rabbitmq.log",
            environment=environment,
            working_directory=directory,
            stop_with=signal.SIGKILL,  # it has nothing to keep
        ) as server:
            found = RabbitServer(
                server=server, port=port, management_port=management, environment=environment
            )
            # It opens the door for messages last, when all its plugins run.
            server.wait_ready(lambda: found.answers() and is_listening(port), within_s=START_LIMIT_S)
            yield found


def _settings(management_port: int) -> str:
    return "\n".join(
        (
            f"management.tcp.ip = {LOOPBACK}",
            f"management.tcp.port = {management_port}",
            f"prometheus.tcp.ip = {LOOPBACK}",
            f"prometheus.tcp.port = {free_port()}",
            f"default_user = {USER}",
            f"default_pass = {PASSWORD}",
            "loopback_users = none",
            "collect_statistics_interval = 500",
            "disk_free_limit.absolute = 1MB",
            "",
        )
    )
