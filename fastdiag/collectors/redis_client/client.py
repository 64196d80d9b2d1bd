"""One connection to a Redis server, for a handful of commands."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.redis_client import commands, failure
from fastdiag.collectors.redis_client.address import HINT, Address
from fastdiag.collectors.redis_client.commands import Command
from fastdiag.collectors.redis_client.resp import Error, Reader, Reply, encode
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

CONNECT_LIMIT_S: Final = 3.0
_LEAST_S: Final = 0.01
_OPEN_TO_ALL: Final = "without any password configured"
"""What a server without a password says to one; whoever comes in so is let in."""


@dataclass(slots=True)
class Redis:
    """A connection that is logged in and has its database selected. ``requests`` counts commands."""

    address: Address
    until: float
    requests: int = 0
    _connection: socket.socket | None = field(default=None, repr=False)
    _reader: Reader | None = field(default=None, repr=False)

    def call(self, command: Command) -> Reply:
        """Return the answer to one command. Raises SourceFailed, Refused and Unreachable among them."""
        (reply,) = self.pipeline([command])
        if isinstance(reply, Error):
            raise failure.of_answer(reply.text, command.name)
        return reply

    def pipeline(self, batch: Sequence[Command]) -> list[Reply]:
        """Send several commands at once and return their answers in order.

        An Error is one of them where it is about this command or its key; what is about the server as a
        whole is raised, as in ``call``.
        """
        connection, reader = self._open()
        started = time.monotonic()
        self.requests += len(batch)
        try:
            connection.settimeout(max(_LEAST_S, self.until - started))
            connection.sendall(encode(batch))
            return [_accepted(reader.reply(), command) for command in batch]
        except OSError as error:
            last_words = self._last_words(reader)
            self.close()
            waited_s = time.monotonic() - started
            raise last_words or failure.of_network(error, waited_s, is_connected=True) from error
        except SourceFailed:
            self.close()  # the rest of the answer is still on its way
            raise

    def close(self) -> None:
        """Hang up. The next command connects again."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._reader = None, None

    def _open(self) -> tuple[socket.socket, Reader]:
        if self._connection is None or self._reader is None:
            started = time.monotonic()
            try:
                self._connection = _connected(self.address, min(CONNECT_LIMIT_S, self.until - started))
            except OSError as error:
                raise failure.of_network(error, time.monotonic() - started, is_connected=False) from error
            except ValueError as error:  # a name that DNS cannot carry
                raise SourceFailed(Reason.FAILED, "the address is none", hint=HINT) from error
            self._reader = Reader(self._connection, self.until)
            self._enter()
        return self._connection, self._reader

    def _enter(self) -> None:
        address = self.address
        if address.password is not None:
            command = commands.auth(address.user, address.password.reveal())
            (reply,) = self.pipeline([command])
            if isinstance(reply, Error) and _OPEN_TO_ALL not in reply.text:
                self.close()
                raise failure.of_answer(reply.text, command.name)
        if address.database:
            self.call(commands.select(address.database))

    @staticmethod
    def _last_words(reader: Reader) -> SourceFailed | None:
        """Return what the server said before it hung up: a full one tells so and closes at once."""
        try:
            reply = reader.reply()
        except (OSError, SourceFailed):
            return None
        return failure.of_answer(reply.text, "connecting") if isinstance(reply, Error) else None


@contextmanager
def connect(address: Address, until: float) -> Iterator[Redis]:
    """Give a connection for the block; nothing is sent before the first command.

    ``until`` is a point of ``time.monotonic()`` after which no answer is waited for.
    """
    redis = Redis(address, until)
    try:
        yield redis
    finally:
        redis.close()


def _accepted(reply: Reply, command: Command) -> Reply:
    if isinstance(reply, Error) and failure.is_of_server(reply.text):
        raise failure.of_answer(reply.text, command.name)
    return reply


def _connected(address: Address, limit_s: float) -> socket.socket:
    limit_s = max(_LEAST_S, limit_s)
    if address.path is not None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(limit_s)
        try:
            connection.connect(address.path)
        except OSError:
            connection.close()
            raise
        return connection
    plain = socket.create_connection((address.host, address.port), timeout=limit_s)
    return _secured(plain, address) if address.is_tls else plain


def _context(address: Address) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=address.ca_file)
    except OSError as error:
        said = f"{address.ca_file} cannot be read as certificates"
        raise SourceFailed(Reason.FAILED, said, hint="?ssl_ca_certs=FILE names them") from error


def _secured(plain: socket.socket, address: Address) -> socket.socket:
    try:
        context = _context(address)
        if not address.is_verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(plain, server_hostname=address.host)
    except TimeoutError as error:
        plain.close()
        raise failure.HandshakeTimeoutError from error
    except (OSError, ValueError, SourceFailed):
        plain.close()
        raise
