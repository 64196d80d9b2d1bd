"""Redis as a cache beside the service, and what other clients do to it."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from tests.incidents.companions import Beside, Companion, Surroundings
from tests.incidents.stage import Stage
from tests.stack.processes import running
from tests.stack.redis import RedisServer, redis_server

FILL_LIMIT_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """The Redis whose URL the service gets as CACHE_URL."""

    redis: RedisServer

    def seconds_in(self, command: str) -> float:
        """Return how long the server has spent in one kind of command, by its own count."""
        for line in self.redis.cli("INFO", "commandstats").splitlines():
            name, _, figures = line.strip().partition(":")
            if name == f"cmdstat_{command.lower()}":
                told = dict(figure.split("=", 1) for figure in figures.split(","))
                return int(told["usec"]) / 1e6
        return 0.0


def cache(*options: str, sessions: int = 0) -> Beside:
    """Start Redis as the service's cache, shared with others who keep so many sessions in it."""

    @contextmanager
    def start(around: Surroundings) -> Iterator[Companion]:
        with redis_server(around.directory, ("--enable-debug-command", "local", *options)) as redis:
            if sessions:
                fill = [*redis.command(), "DEBUG", "POPULATE", str(sessions), "session"]
                subprocess.run(fill, capture_output=True, timeout=FILL_LIMIT_S, check=True)
            yield Companion(
                handle=Cache(redis=redis),
                environment={"CACHE_URL": redis.url()},
                options=("--cache", redis.url()),
            )

    return start


@contextmanager
def cache_scanned(stage: Stage, pattern: str, *, replicas: int) -> Iterator[None]:
    """Let so many clients list the keys of the cache again and again, each one call after the other."""
    redis = stage.companion(Cache).redis
    with ExitStack() as clients:
        for number in range(replicas):
            forever = [*redis.command(), "-r", "-1", "KEYS", pattern]
            clients.enter_context(
                running(forever, name="sweeper", log=stage.directory / f"sweeper-{number}.log")
            )
        yield
