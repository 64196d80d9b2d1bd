"""Why there is no connection: from libpq's text where it is plain, from the start-up probe where it is not.

libpq tells no SQLSTATE for a failed connection, and the server's text follows its lc_messages. What is
recognised here are the untranslated texts; whatever they do not cover is asked of the start-up probe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from fastdiag.collectors.libpq.dsn import EXAMPLE
from fastdiag.collectors.libpq.startup_probe import TOO_MANY_CONNECTIONS, Answer, Outcome
from fastdiag.collectors.sink import SourceFailed
from fastdiag.collectors.unreachable import FROM_HERE
from fastdiag.model.signal import Reason

MAX_TEXT_CHARS: Final = 300
MASK: Final = "***"


class Failure(Enum):
    """What a failed connection attempt means."""

    FULL = auto()
    OWN_LIMIT = auto()  # CONNECTION LIMIT of the role or of the database
    NO_OPTIONS = auto()  # a pooler that does not pass settings on
    POOLER_ALONE = auto()  # a pooler that cannot reach the server behind it
    STALLED = auto()  # after it had asked for a password, as a pooler does that has no server to give
    POOLER_FULL = auto()  # a pooler that takes no more clients
    CREDENTIALS = auto()
    NOT_ADMITTED = auto()
    NO_DATABASE = auto()
    NOT_READY = auto()
    UNKNOWN_HOST = auto()
    NO_LISTENER = auto()
    NETWORK = auto()
    SILENT = auto()
    TLS = auto()
    FOREIGN = auto()  # what answers is no PostgreSQL
    REFUSED = auto()  # after it had asked for a password, in a language that is not known here
    MISWRITTEN = auto()  # a parameter of the DSN makes no sense
    OTHER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    reason: Reason
    detail: str
    hint: str


# Order matters: the first that matches counts, and a text may tell of several attempts.
_TEXTS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), failure)
    for pattern, failure in (
        (r"invalid (integer value|port number|\w+ value|connection option)", Failure.MISWRITTEN),
        (r"too many connections for (role|database)", Failure.OWN_LIMIT),
        (r"too many clients already|remaining connection slots are reserved", Failure.FULL),
        (r"server login (has been )?fail|cannot connect to server", Failure.POOLER_ALONE),
        (r"query_wait_timeout", Failure.STALLED),
        (r"no more connections allowed", Failure.POOLER_FULL),
        (r"unsupported startup parameter|support.* command-line options", Failure.NO_OPTIONS),
        (r"authentication failed|no password supplied|no such user", Failure.CREDENTIALS),
        (
            r"no pg_hba\.conf entry|FATAL: +not allowed|not permitted to (log in|connect)",
            Failure.NOT_ADMITTED,
        ),
        (r"role \S+ does not exist|permission denied for database", Failure.NOT_ADMITTED),
        (r"database .* does not exist|no such database", Failure.NO_DATABASE),
        (r"the database system is (starting|shutting|in recovery|not )", Failure.NOT_READY),
        (r"failed to resolve host|could not translate host name", Failure.UNKNOWN_HOST),
        (r"connection refused|no such file or directory", Failure.NO_LISTENER),
        (r"no route to host|network is unreachable|permission denied|connection reset", Failure.NETWORK),
        (r"invalid response to SSL negotiation", Failure.FOREIGN),
        (r"error response during SSL exchange", Failure.OTHER),  # the probe hears what it says
        (r"certificate|\bSSL\b|\bTLS\b", Failure.TLS),
        (r"timeout expired|timed out|no answer from the network", Failure.SILENT),
    )
)

_SQLSTATES: Final = {
    "28P01": Failure.CREDENTIALS,
    "28000": Failure.NOT_ADMITTED,
    "42501": Failure.NOT_ADMITTED,
    "3D000": Failure.NO_DATABASE,
    "57P03": Failure.NOT_READY,
}

_MEANINGS: Final = {
    Failure.FULL: _Meaning(
        reason=Reason.FAILED,
        detail="the server has no free slot",
        hint="close or pool connections; a role granted pg_use_reserved_connections (16+) still gets in",
    ),
    Failure.OWN_LIMIT: _Meaning(
        reason=Reason.FAILED,
        detail="the role or the database has reached a connection limit of its own, not max_connections",
        hint="compare rolconnlimit in pg_roles and datconnlimit in pg_database; use another role",
    ),
    Failure.NO_OPTIONS: _Meaning(
        reason=Reason.FAILED,
        detail="the server accepts no session settings",
        hint="point the DSN at the server itself, not at the pooler before it",
    ),
    Failure.POOLER_ALONE: _Meaning(
        reason=Reason.FAILED,
        detail="the pooler cannot reach the server behind it",
        hint="look whether the server runs and has a free slot: point the DSN at the server itself",
    ),
    Failure.STALLED: _Meaning(
        reason=Reason.TIMED_OUT,
        detail="it asks for a password, then does not answer: a pooler without a free server connection does",
        hint="--pgbouncer DSN shows whether its pool is in use or has no server; or try the server itself",
    ),
    Failure.POOLER_FULL: _Meaning(
        reason=Reason.FAILED,
        detail="the pooler takes no more clients (max_client_conn)",
        hint="point the DSN at the server itself; --pgbouncer DSN shows who holds the pooler's connections",
    ),
    Failure.CREDENTIALS: _Meaning(
        reason=Reason.DENIED,
        detail="the server did not accept user and password",
        hint="check user and password of the DSN (special characters percent-encoded), or ~/.pgpass; any role"
        " that may log in will do: CREATE ROLE fastdiag LOGIN IN ROLE pg_monitor; then set its password",
    ),
    Failure.NOT_ADMITTED: _Meaning(
        reason=Reason.DENIED,
        detail="the server does not admit this role from here",
        hint="check the user of the DSN and pg_hba.conf; it takes LOGIN, and CONNECT on the database:"
        " GRANT CONNECT ON DATABASE name TO user",
    ),
    Failure.NO_DATABASE: _Meaning(
        reason=Reason.FAILED,
        detail="the server has no such database",
        hint="any database will do: /postgres exists almost everywhere",
    ),
    Failure.NOT_READY: _Meaning(
        reason=Reason.FAILED,
        detail="the server is starting up, recovering or shutting down",
        hint="look at the server's log for when and why it went down",
    ),
    Failure.UNKNOWN_HOST: _Meaning(
        reason=Reason.FAILED,
        detail="the host name cannot be resolved",
        hint="check the host of the DSN, and that it is known where fastdiag runs",
    ),
    Failure.NO_LISTENER: _Meaning(
        reason=Reason.FAILED,
        detail="nothing listens there",
        hint="check host and port of the DSN, and whether the server runs",
    ),
    Failure.NETWORK: _Meaning(
        reason=Reason.FAILED,
        detail="the network does not let it through",
        hint="check route and firewall between fastdiag and the server",
    ),
    Failure.SILENT: _Meaning(
        reason=Reason.TIMED_OUT,
        detail="no answer",
        hint="check host, port and firewall; a server that is stopped or starved of CPU looks the same",
    ),
    Failure.TLS: _Meaning(
        reason=Reason.FAILED,
        detail="no agreement on TLS",
        hint="check sslmode and sslrootcert of the DSN",
    ),
    Failure.FOREIGN: _Meaning(
        reason=Reason.FAILED,
        detail="what listens there is no PostgreSQL server",
        hint="check host and port of the DSN",
    ),
    Failure.REFUSED: _Meaning(
        reason=Reason.DENIED,
        detail="the server asked for a password and then refused",
        hint="check user and password of the DSN, then the connection limits of role, database and server",
    ),
    Failure.MISWRITTEN: _Meaning(
        reason=Reason.FAILED,
        detail="libpq does not take the DSN",
        hint=f"write {EXAMPLE}",
    ),
    Failure.OTHER: _Meaning(
        reason=Reason.FAILED,
        detail="no connection",
        hint="try the same DSN with psql",
    ),
}


def from_text(text: str) -> Failure:
    """Classify libpq's text of a failed attempt."""
    return next((failure for pattern, failure in _TEXTS if pattern.search(text)), Failure.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachability:
    """What a failed attempt says of whether anybody reaches the server: db.unreachable, and its bias.

    ``is_servers_word``: a server was there and said so; else there was no answer where we looked.
    """

    value: int
    bias: str | None = None
    is_servers_word: bool = False


def unreachable(failure: Failure) -> Unreachability | None:
    """Return what a failed attempt tells of db.unreachable; None for nothing.

    A server that is full is there. One that refuses this role, a name that does not resolve, or something
    that is no PostgreSQL, says nothing of whether the service reaches its database.
    """
    match failure:
        case Failure.FULL:
            return Unreachability(value=0, is_servers_word=True)
        case Failure.NOT_READY | Failure.POOLER_ALONE:
            return Unreachability(value=1, is_servers_word=True)
        case Failure.NO_LISTENER:
            return Unreachability(value=1)
        case Failure.NETWORK | Failure.SILENT:
            return Unreachability(value=1, bias=FROM_HERE)
        case _:
            return None


def from_answer(answer: Answer) -> Failure:
    """Classify what the start-up probe was told; OTHER when that explains nothing."""
    if answer.sqlstate == TOO_MANY_CONNECTIONS:
        return Failure.FULL if answer.is_full else Failure.OWN_LIMIT
    match answer.outcome:
        case Outcome.REFUSED:
            return _SQLSTATES.get(answer.sqlstate or "", Failure.OTHER)
        case Outcome.SILENT:
            return Failure.SILENT
        case Outcome.FOREIGN:
            return Failure.FOREIGN
        case Outcome.UNREACHABLE:  # its detail is the system's word, which is not translated
            return from_text(answer.detail)
        case Outcome.ADMITTED:
            return Failure.OTHER


def as_source_failed(failure: Failure, told: str) -> SourceFailed:
    """Return the failure in the user's words, with what the server or the system said of it."""
    meaning = _MEANINGS[failure]
    detail = f"{meaning.detail}: {told}" if told else meaning.detail
    return SourceFailed(meaning.reason, detail, hint=meaning.hint)


def shorten(text: str, secrets: Iterable[str]) -> str:
    """Return one line of what was said, without libpq's preamble and without any of the secrets."""
    line = next(iter(text.strip().splitlines()), "")
    line = re.sub(r"^(connection failed: )?(connection to server .*? failed: )?", "", line)
    line = re.sub(r"^[A-Z]+:\s+", "", line)
    for secret in sorted(secrets, key=len, reverse=True):
        line = line.replace(secret, MASK)
    return no_statement(line)[:MAX_TEXT_CHARS]


def no_statement(said: str) -> str:
    """Return a server's words so that no statement ends in them: what a reader is told to run is ours."""
    return said.replace(";", ",")
