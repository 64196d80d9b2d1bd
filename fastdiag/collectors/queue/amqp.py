"""An AMQP broker, knocked at without credentials: whether it opens, and how fast."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Final

from fastdiag.collectors.sink import SourceFailed
from fastdiag.collectors.unreachable import Unreachable, no_connection
from fastdiag.model.signal import Reason

GREETING: Final = b"AMQP\x00\x00\x09\x01"
"""The protocol's header, version 0-9-1. A broker answers with its first frame, or the version it speaks."""
LIMIT_S: Final = 3.0
_ANSWER_BYTES: Final = 4
_HINT: Final = "does the broker run?"
_FRAME: Final = b"\x01\x00\x00"


def knock(host: str, port: int, *, is_tls: bool, until: float) -> float:
    """Return the seconds from our greeting to the broker's. Raises SourceFailed; Unreachable among them.

    The certificate is not checked: nothing secret is sent, and the first bytes are all that is read.
    """
    limit_s = max(0.01, min(LIMIT_S, until - time.monotonic()))
    with _connected(host, port, limit_s) as plain:
        try:
            with _secured(plain, host) if is_tls else plain as connection:
                started = time.monotonic()
                connection.sendall(GREETING)
                answer = connection.recv(_ANSWER_BYTES)
                took_s = time.monotonic() - started
        except TimeoutError as error:
            detail = f"connected, but no answer of the broker within {limit_s:.1f} s"
            raise Unreachable(Reason.TIMED_OUT, detail, hint="is its process stopped?") from error
        except ssl.SSLError as error:
            hint = "does the port speak TLS?"
            raise SourceFailed(Reason.FAILED, f"TLS failed: {error.reason or error}", hint=hint) from error
        except OSError as error:
            raise Unreachable(Reason.FAILED, "the broker closed the connection", hint=_HINT) from error
    if not answer:
        raise Unreachable(Reason.FAILED, "the broker closed the connection", hint=_HINT)
    if not answer.startswith((_FRAME, GREETING[:_ANSWER_BYTES])):
        raise SourceFailed(Reason.FAILED, "this is not an AMQP broker", hint="check host and port")
    return took_s


def _connected(host: str, port: int, limit_s: float) -> socket.socket:
    try:
        return socket.create_connection((host, port), timeout=limit_s)
    except OSError as error:
        raise no_connection(error, limit_s, hint=_HINT) from error
    except ValueError as error:  # a name that DNS cannot carry
        raise SourceFailed(Reason.FAILED, "the host name is none", hint="check the URL's host") from error


def _secured(plain: socket.socket, host: str) -> socket.socket:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=host)
