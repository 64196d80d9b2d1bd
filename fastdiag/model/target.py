"""What to look at: the outcome of options, fastdiag.yaml, environment and discovery."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from fastdiag.model.log_place import LogPlace
from fastdiag.model.signal import Missing


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A string that does not print. ``reveal()`` is for the client library that needs it, nobody else."""

    _value: str

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"


DISCOVERED: Final = "listening port of pid"
"""How the origin of what was found on this machine begins, as opposed to what somebody named."""
NO_PAST: Final = "only Prometheus, Loki and the journal keep the past"
"""Why a source is not asked about another moment than now."""
DEFAULT_WINDOW_S: Final = 300.0
DEFAULT_BEFORE_S: Final = 3600.0
DEFAULT_DEADLINE_S: Final = 10.0
MAX_SAMPLE_GAP_S: Final = 5.0
SAMPLE_GAP_SHARE: Final = 0.4


class Stacks(StrEnum):
    """Whether the stacks of the service's threads are read, which holds it up for 2 ms each time.

    The values are the words of fastdiag.yaml.
    """

    ASKED = "always"
    WHEN_BLOCKED = "auto"  # when cheap signs say that an event loop is blocked or busy, or threads are
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A server process tree on this machine that belongs to the service.

    kind     `uvicorn`, `gunicorn`, ...
    master   parent that supervises the workers; None for a single process
    workers  pids that run the application
    ports    TCP ports it listens on
    """

    kind: str
    app: str | None
    master: int | None
    workers: tuple[int, ...]
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What an HTTP API asks of its callers beside the URL.

    headers  sent with every request, `Authorization` among them; their values do not print
    ca_file  certificates that vouch for the server instead of the machine's own
    """

    headers: tuple[tuple[str, Secret], ...] = ()
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where each source finds what it looks at; None or empty means that nothing is known.

    ``origin`` says for each of these where it came from ("--postgres", "DATABASE_URL of pid 41", ...),
    for the line that tells the user what was used. Durations are in seconds.

    ``queues`` are brokers and monitors of background work (redis://, amqp:// or http(s):// of RabbitMQ's
    management or Flower), ``caches`` Redis servers, ``queue_workers`` the local processes that do background
    work. ``at`` is the moment to look at, in seconds since the
    epoch; None is now, and only a source that keeps the past (Prometheus) can answer for any other.

    ``poolers`` are hosts and ports where a PgBouncer of this machine takes clients. ``is_own_database``: the
    service itself names the place of ``postgres`` or is connected to it, so that what befalls us there
    befalls the service as well.

    ``loki`` is the server that the LokiQuery among ``logs`` ask. ``lost_output`` says of a service whose
    output was looked for why no log came of it ("it goes to a pipe").
    """

    service: str | None = None
    prometheus: Secret | None = None
    prometheus_access: Access = Access()
    selector: str | None = None
    postgres: Secret | None = None
    pgbouncer: Secret | None = None
    queues: tuple[Secret, ...] = ()
    caches: tuple[Secret, ...] = ()
    database_endpoints: tuple[tuple[str, int], ...] = ()
    is_own_database: bool = False
    poolers: tuple[tuple[str, int], ...] = ()
    logs: tuple[LogPlace, ...] = ()
    loki: Secret | None = None
    loki_access: Access = Access()
    lost_output: Missing | None = None
    app_url: str | None = None
    metrics_url: str | None = None
    local: Local | None = None
    stacks: Stacks = Stacks.WHEN_BLOCKED
    queue_workers: tuple[Local, ...] = ()
    window_s: float = DEFAULT_WINDOW_S
    before_s: float = DEFAULT_BEFORE_S
    deadline_s: float = DEFAULT_DEADLINE_S
    slow_s: float = 1.0
    at: float | None = None
    origin: tuple[tuple[str, str], ...] = ()
    secrets: tuple[Secret, ...] = field(default=(), repr=False)

    @property
    def sample_gap_s(self) -> float:
        """Time between the two samples of a two-sample source (design: min(5 s, 40 % of the deadline))."""
        return min(MAX_SAMPLE_GAP_S, SAMPLE_GAP_SHARE * self.deadline_s)

    def origin_of(self, name: str) -> str | None:
        """Return where the named setting came from."""
        return dict(self.origin).get(name)
