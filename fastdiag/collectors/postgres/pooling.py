"""A pooler between us and the server: whether there is one, and what it means that it keeps us waiting."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.libpq.dial import DEFAULT_PORT, Parameters
from fastdiag.collectors.libpq.failure import Failure
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.model.signal import Missing, Reason
from fastdiag.model.target import Target

PGBOUNCER_PORT: Final = "6432"
"""PgBouncer's default, also its registered port."""
WAIT_TIMEOUT: Final = "query_wait_timeout"
"""What PgBouncer tells a client that got no server connection in time."""
POOLED: Final = "db.pooled"
STALLED: Final = "db.pooled.stalled"
ANOTHERS: Final = "of the DSN that was given; nothing shows that the service uses the same"
OR_SERVER: Final = "a server that hangs behind the pooler looks the same"
DIRECT: Final = "the DSN leads to the server itself, not to a pooler"
HINT: Final = "give the server itself with --postgres, and the pooler's console with --pgbouncer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooling:
    """What is known of a pooler on the way; ``is_pgbouncer`` before anything has answered."""

    sink: Sink
    is_own: bool
    is_pgbouncer: bool

    @classmethod
    def of(cls, parameters: Parameters, target: Target, sink: Sink) -> Pooling:
        """Take a DSN for one of a PgBouncer that was found on this machine, or of any by its port."""
        ports = (parameters.get("port") or os.environ.get("PGPORT") or DEFAULT_PORT).split(",")
        hosts = (parameters.get("host") or parameters.get("hostaddr") or "").split(",")
        here = {(_plain(host), str(port)) for host, port in target.poolers}
        is_found = any((_plain(host), port) in here for host in hosts for port in ports)
        return cls(sink=sink, is_own=target.is_own_database, is_pgbouncer=is_found or PGBOUNCER_PORT in ports)

    def report(self, is_pooled: bool | Missing) -> None:
        """Write whether the database is reached through a pooler, once the server has answered us."""
        if isinstance(is_pooled, Missing):
            for signal in (POOLED, STALLED):
                self.sink.missing(signal, is_pooled.reason, is_pooled.detail)
            return
        self._report_pooled(is_pooled=is_pooled)
        if is_pooled:
            self.sink.reading(STALLED, 0.0)
        else:
            self.sink.missing(STALLED, Reason.ABSENT, DIRECT)

    def starved(self, told: str, *, is_told: bool) -> SourceFailed:
        """Record that a session of ours got no server connection; return that as the source's failure.

        ``is_told``: the pooler says so itself; else nobody answers.
        """
        self._report_pooled(is_pooled=True)
        biases = [None if is_told else OR_SERVER, None if self.is_own else ANOTHERS]
        self.sink.reading(STALLED, 1.0, bias="; ".join(bias for bias in biases if bias) or None)
        pooler = "a PgBouncer" if self.is_pgbouncer or WAIT_TIMEOUT in told else "a pooler"
        return SourceFailed(
            Reason.FAILED if is_told else Reason.TIMED_OUT,
            f"this DSN leads to {pooler} whose pool gives no connection: {told}",
            hint=HINT,
        )

    def is_starved(self, failure: Failure, told: str) -> bool:
        """Whether a failed attempt to log in is that of a pooler without a connection to give."""
        return failure is Failure.STALLED and (self.is_pgbouncer or WAIT_TIMEOUT in told)

    def _report_pooled(self, *, is_pooled: bool) -> None:
        self.sink.reading(POOLED, float(is_pooled), bias=None if self.is_own else ANOTHERS)


def _plain(host: str) -> str:
    return "localhost" if host in {"127.0.0.1", "::1", ""} else host
