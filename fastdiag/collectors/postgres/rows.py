"""What the statements in `queries/` return, one class each; fields are the columns. Times are server time."""

from __future__ import annotations

from dataclasses import dataclass

IDLE_IN_TRANSACTION = "idle in transaction"  # also the beginning of `idle in transaction (aborted)`
RUNNING = frozenset({"active", "fastpath function call"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """The server answered."""

    answer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The server's connection limits, and what matters of the asking role.

    pid                 server process that answered
    role                its name, quoted as SQL needs it
    may_use_reserved    it may connect when ordinary roles cannot any more
    provider            who manages the server (`aurora`, `rds`, `cloudsql`, `azure`), as far as that shows
    statements_schema   where pg_stat_statements is in this database, quoted; None: it is not
    statements_version  its version there: `1.10`
    statements_loaded   whether the server has loaded its library
    preloaded           shared_preload_libraries; None where the role may not see it
    logs_slow_statements, logs_lock_waits  what the server writes into its log, as far as it says so
    """

    pid: int
    max_connections: int
    reserved: int
    role: str
    may_use_reserved: bool
    other_fastdiag_sessions: int
    provider: str | None = None
    database: str = ""
    statements_schema: str | None = None
    statements_version: str | None = None
    statements_loaded: bool = False
    preloaded: str | None = None
    logs_slow_statements: bool | None = None
    logs_lock_waits: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One client connection; times are seconds since the epoch, None where there is none or it is hidden.

    listens  its last statement was LISTEN: whoever waits for notifications needs the connection for itself
    """

    pid: int
    client_addr: str | None
    client_port: int | None
    application: str
    user: str
    database: str
    backend_type: str | None
    state: str | None
    wait: str | None
    query_id: int | None
    backend_start: float | None
    xact_start: float | None
    query_start: float | None
    state_change: float | None
    now: float
    listens: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether it belongs to a role of which the asking role may see nothing but the names."""
        return self.backend_type is None

    @property
    def is_untracked(self) -> bool:
        """Whether track_activities is off for it, so that its state is unknown to the server itself."""
        return self.state == "disabled"

    @property
    def is_running(self) -> bool:
        """Whether it runs a statement (which may wait for something)."""
        return self.state in RUNNING

    @property
    def is_idle_in_transaction(self) -> bool:
        """Whether it holds a transaction, aborted or not, and waits for its client."""
        return self.state is not None and self.state.startswith(IDLE_IN_TRANSACTION)

    @property
    def waits_for_lock(self) -> bool:
        """Whether it waits for a lock of another session."""
        return self.wait == "Lock"

    @property
    def is_idle(self) -> bool:
        """Whether it does nothing and holds no transaction."""
        return self.state == "idle"

    @property
    def address(self) -> str:
        """Where its client is: an IP address, `local` for a Unix socket, `hidden`."""
        if self.is_hidden:
            return "hidden"
        return self.client_addr or "local"

    @property
    def client(self) -> str:
        """The client's end of the connection: `10.0.0.3:41522`, `[::1]:41522`, `local`, `hidden`."""
        if self.is_hidden or not self.client_addr:
            return self.address
        host = f"[{self.client_addr}]" if ":" in self.client_addr else self.client_addr
        return f"{host}:{self.client_port}"

    def since(self, moment: float | None) -> float:
        """Return the seconds from a moment of this row until it was read, 0 when there is no such moment."""
        return 0.0 if moment is None else max(0.0, self.now - moment)

    def is_same_session(self, other: Backend) -> bool:
        """Whether both rows are of one session (a pid alone may have been reused)."""
        return (self.pid, self.backend_start) == (other.pid, other.backend_start)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWaits:
    """Statements that wait for locks; the oldest wait in seconds, an upper bound unless `is_exact`."""

    waiting: int
    oldest_s: float | None
    is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocking:
    """One waiter and one session that blocks it; blocker 0 is a prepared transaction."""

    waiter: int
    blocker: int
    blocker_waits: bool
    application: str
    user: str
    backend_type: str | None
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Transactions prepared for a two-phase commit and not ended; the oldest one's age in seconds."""

    transactions: int
    oldest_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What a database has counted since ``stats_reset`` (None: since ever)."""

    database: str
    commits: int
    rollbacks: int
    deadlocks: int
    stats_reset: float | None
    now: float
    temp_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementCounts:
    """Calls and seconds of one statement, and of all; ``entries`` is how many there are, listed or not.

    query_id is None for what the role may not see.
    """

    dbid: int
    query_id: int | None
    calls: float
    seconds: float
    all_calls: float
    all_seconds: float
    entries: int
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementText:
    """A statement's text, with `$1` in the place of literals."""

    query_id: int
    query: str
