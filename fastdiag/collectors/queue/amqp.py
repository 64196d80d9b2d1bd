"""An AMQP broker, knocked at without credentials: whether it opens, and how fast."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Final

from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

GREETING: Final = b"AMQP\x00\x00\x09\x01"
"""The protocol's header, version 0-9-1. A broker answers with its first frame, or the version it speaks."""
LIMIT_S: Final = 3.0
_ANSWER_BYTES: Final = 4
_FRAME: Final = b"\x01\x00\x00"


def knock(host: str, port: int, *, is_tls: bool, until: float) -> float:
    """Return the seconds from our greeting to the broker's. Raises SourceFailed.

    The certificate is not checked: nothing secret is sent, and the first bytes are all that is read.
    """
    limit_s = max(0.01, min(LIMIT_S, until - time.monotonic()))
    try:
        plain = socket.create_connection((host, port), timeout=limit_s)
        with plain, _secured(plain, host) if is_tls else plain as connection:
            started = time.monotonic()
            connection.sendall(GREETING)
            answer = connection.recv(_ANSWER_BYTES)
            took_s = time.monotonic() - started
    except TimeoutError as error:
        raise SourceFailed(Reason.TIMED_OUT, f"no answer of the broker within {limit_s:.1f} s") from error
    except OSError as error:
        said = error.strerror or str(error)
        raise SourceFailed(Reason.FAILED, said[:1].lower() + said[1:], hint="does the broker run?") from error
    if not answer.startswith((_FRAME, GREETING[:_ANSWER_BYTES])):
        raise SourceFailed(Reason.FAILED, "this is not an AMQP broker", hint="check host and port")
    return took_s


def _secured(plain: socket.socket, host: str) -> socket.socket:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=host)
