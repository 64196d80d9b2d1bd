"""Asks a server for a connection without credentials, to see whether it would give one.

A server without a free slot refuses before it authenticates, with SQLSTATE 53300, whoever asks; SQLSTATE and
routine, unlike the text, are never translated. One exchange of the v3 protocol, about 5 ms, no session:
https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
"""

from __future__ import annotations

import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PROTOCOL_3_0: Final = 196608
TOO_MANY_CONNECTIONS: Final = "53300"
LENGTH_BYTES: Final = 4  # the length field, which counts itself
MAX_MESSAGE_BYTES: Final = 16384  # an ErrorResponse has some hundred bytes; whatever sends more is no server
MAX_MESSAGES: Final = 64
# Both raise 53300 too, for the limit of one role or one database: elog.c puts the C function into the reply.
_OWN_LIMIT_ROUTINES: Final = frozenset({"InitializeSessionUserId", "CheckMyDatabase"})


class Outcome(StrEnum):
    """What became of the attempt."""

    ADMITTED = "admitted"  # the server would go on: it asks for a password, or has opened a session
    REFUSED = "refused"  # the server answered with an error
    SILENT = "silent"  # something accepted the connection and said nothing
    UNREACHABLE = "unreachable"  # no connection
    FOREIGN = "foreign"  # something answered, but not in this protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said. ``sqlstate`` and ``routine`` only when it refused.

    ``is_session`` when it opened one at once (trust): then the slot was certainly free.
    """

    outcome: Outcome
    detail: str = ""
    sqlstate: str | None = None
    routine: str | None = None
    is_session: bool = False

    @property
    def is_full(self) -> bool:
        """Whether the server has no free slot (rather than a role or a database having reached its limit)."""
        return self.sqlstate == TOO_MANY_CONNECTIONS and self.routine not in _OWN_LIMIT_ROUTINES


class _ForeignReplyError(Exception):
    """What came back is not the PostgreSQL protocol."""


def probe(
    host: str, port: int, *, within_s: float, user: str = "fastdiag", database: str = "postgres"
) -> Answer:
    """Ask `host` (a name, an address, or the directory of a Unix socket) for a connection. Never raises."""
    until = time.monotonic() + within_s
    try:
        connection = _dial(host, port, within_s)
    except (OSError, ValueError) as error:
        return Answer(outcome=Outcome.UNREACHABLE, detail=_told(error))
    with connection:
        try:
            connection.sendall(_startup_message(user, database))
            return _read_answer(connection, until)
        except TimeoutError:
            return Answer(outcome=Outcome.SILENT, detail="accepts connections but does not answer")
        except _ForeignReplyError as error:
            return Answer(outcome=Outcome.FOREIGN, detail=str(error))
        except OSError as error:
            return Answer(outcome=Outcome.UNREACHABLE, detail=_told(error))


def _dial(host: str, port: int, within_s: float) -> socket.socket:
    if host.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(within_s)
        try:
            connection.connect(f"{host}/.s.PGSQL.{port}")
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection((host, port), timeout=within_s)


def _startup_message(user: str, database: str) -> bytes:
    pairs = {"user": user, "database": database, "application_name": "fastdiag"}
    body = struct.pack("!i", PROTOCOL_3_0)
    body += b"".join(f"{key}\0{value}\0".encode() for key, value in pairs.items()) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def _read_answer(connection: socket.socket, until: float) -> Answer:
    """Read until the server has decided. Under trust it admits first and may refuse only after that."""
    is_session = False
    for _ in range(MAX_MESSAGES):
        kind, body = _read_message(connection, until)
        match kind:
            case b"E":
                return _refusal(body)
            case b"R" if int.from_bytes(body[:4], "big") != 0:
                return Answer(outcome=Outcome.ADMITTED, detail="asks for authentication")
            case b"Z":
                with suppress(OSError):
                    connection.sendall(b"X" + struct.pack("!i", 4))  # Terminate: leave without a log entry
                return Answer(outcome=Outcome.ADMITTED, detail="admits without a password", is_session=True)
            case b"R" | b"S" | b"K" | b"N" | b"v":
                is_session = True
            case _:
                break
    raise _ForeignReplyError("did not answer as PostgreSQL does" + (" after a while" if is_session else ""))


def _read_message(connection: socket.socket, until: float) -> tuple[bytes, bytes]:
    head = _read_exactly(connection, 5, until)
    kind, length = head[:1], struct.unpack("!i", head[1:])[0]
    if not LENGTH_BYTES <= length <= MAX_MESSAGE_BYTES:
        raise _ForeignReplyError("did not answer as PostgreSQL does")
    return kind, _read_exactly(connection, length - LENGTH_BYTES, until)


def _read_exactly(connection: socket.socket, size: int, until: float) -> bytes:
    received = b""
    while len(received) < size:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(size - len(received))
        if not piece:
            raise _ForeignReplyError("closed the connection without an answer")
        received += piece
    return received


def _refusal(body: bytes) -> Answer:
    fields = {
        field[:1].decode("ascii", "replace"): field[1:].decode("utf-8", "replace")
        for field in body.split(b"\0")
        if field
    }
    return Answer(
        outcome=Outcome.REFUSED,
        detail=fields.get("M", "an error without a text"),
        sqlstate=fields.get("C"),
        routine=fields.get("R"),
    )


def _told(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer from the network"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
