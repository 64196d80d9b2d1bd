"""A server that says the same to everybody who connects, whatever they say."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.stack.ports import LOOPBACK

Talk = Callable[[socket.socket], None]


@contextmanager
def speaking(talk: bytes | Talk) -> Iterator[int]:
    """Listen on a free port until the block is left; clients are treated one after another."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        ended = threading.Event()
        listener.settimeout(0.05)

        def serve() -> None:
            while not ended.is_set():
                with suppress(OSError), listener.accept()[0] as client:
                    client.settimeout(1)
                    if isinstance(talk, bytes):
                        client.recv(4096)
                        client.sendall(talk)
                        client.shutdown(socket.SHUT_WR)
                        client.recv(4096)
                    else:
                        talk(client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            thread.join()
