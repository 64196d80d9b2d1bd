"""A port from which no packet ever comes back."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from tests.stack.ports import LOOPBACK


@contextmanager
def black_hole() -> Iterator[int]:
    """Listen with a full accept queue: the system drops whoever else comes, as a firewall does."""
    with ExitStack() as opened:
        listener = opened.enter_context(closing(socket.create_server((LOOPBACK, 0), backlog=0)))
        for _ in range(4):
            waiting = opened.enter_context(closing(socket.socket()))
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
