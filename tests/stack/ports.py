"""Free loopback ports."""

import socket
from contextlib import closing
from typing import Final

LOOPBACK: Final = "127.0.0.1"


def free_port() -> int:
    """Return a loopback TCP port that was free a moment ago (the kernel rarely reuses it so soon)."""
    with closing(socket.socket()) as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Say whether something accepts TCP connections on that loopback port."""
    with closing(socket.socket()) as client:
        client.settimeout(0.5)
        return client.connect_ex((LOOPBACK, port)) == 0
