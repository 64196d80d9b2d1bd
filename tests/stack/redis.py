"""A Redis server of the test's own, with nothing in it."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import MissingServerError, ServerProcess, running

INSTALL_HINT: Final = "Redis is not installed (Debian: apt install redis-server; macOS: brew install redis)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisServer:
    """A running Redis; ``socket`` is its Unix socket."""

    server: ServerProcess
    port: int
    socket: Path
    enter: tuple[str, ...] = ()

    def url(self, database: int = 0, userinfo: str = "") -> str:
        """Return the URL of a database, with `user:password@` if wanted."""
        return f"redis://{userinfo}{LOOPBACK}:{self.port}/{database}"

    def cli(self, *words: str, database: int = 0) -> str:
        """Run a command and return what redis-cli prints: what tests write, and what they check."""
        command = [*self.command(database), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()

    def command(self, database: int = 0) -> list[str]:
        """Return how to start redis-cli."""
        program = shutil.which("redis-cli")
        if program is None:
            raise MissingServerError(INSTALL_HINT)
        return [program, "-s", str(self.socket), "-n", str(database), *self.enter]


@contextmanager
def redis_server(directory: Path, options: Sequence[str] = (), password: str = "") -> Iterator[RedisServer]:
    """Start Redis with these options; the path of ``directory`` must be short, for the Unix socket."""
    program = shutil.which("redis-server")
    if program is None:
        raise MissingServerError(INSTALL_HINT)
    port = free_port()
    socket = directory / f"redis-{port}.sock"
    command = [
        *(program, "--bind", LOOPBACK, "--port", str(port), "--unixsocket", str(socket)),
        *("--save", "", "--dir", str(directory), "--databases", "32"),
        *(("--requirepass", password) if password else ()),
        *options,
    ]
    enter = ("--no-auth-warning", "-a", password) if password else ()
    with running(command, name="redis-server", log=directory / f"redis-{port}.log") as server:
        found = RedisServer(server=server, port=port, socket=socket, enter=enter)
        server.wait_ready(lambda: socket.exists() and found.cli("PING") == "PONG")
        yield found
