"""Serving the receiver over HTTP until somebody ends it, with everything about it bounded."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

from fastdiag.errors import FastdiagError
from fastdiag.recorder.receiver import MAX_BODY_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS: Final = 4
MAX_CONNECTIONS: Final = 50
IDLE_S: Final = 20
"""A connection on which nothing comes is closed after so long."""
MAX_HEADER_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def listen(address: Address) -> socket.socket:
    """Return a socket that listens; who connects waits until served. Raise FastdiagError when none can."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        hint = "is it running already? --listen HOST:PORT chooses another place"
        # The sentence of `create_server` repeats the address, as Python writes it.
        number = error.errno or 0
        why = os.strerror(number) if number > 0 else error.strerror or error
        raise FastdiagError(f"cannot listen on {address}: {why}", hint=hint) from None


def serve_http(app: WSGIApplication, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Answer requests until SIGTERM or Ctrl-C, and close the socket; ``ready`` is called before the first."""
    from waitress.server import create_server  # noqa: PLC0415 - only for who serves

    logging.getLogger("waitress").setLevel(logging.ERROR)  # queue depths are no news
    server = create_server(
        app,
        sockets=[listening],
        threads=THREADS,
        connection_limit=MAX_CONNECTIONS,
        channel_timeout=IDLE_S,
        cleanup_interval=IDLE_S // 2,
        max_request_body_size=MAX_BODY_BYTES,
        max_request_header_size=MAX_HEADER_BYTES,
        ident="fastdiag",
    )
    before = signal.signal(signal.SIGTERM, _end)
    try:
        ready()
        server.run()  # returns on SystemExit and on KeyboardInterrupt
    finally:
        signal.signal(signal.SIGTERM, before)
        server.close()


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
